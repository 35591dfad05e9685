//! What changed about an outage → at most one event, or none; and when it is over.

use jiff::Timestamp;

use super::assessment::span;
use super::step::{Changes, Round};
use super::tracker::Case;
use super::{EventKind, Kind, Level, Outage, OutageEvent, Policy, Update, What};

impl Case {
    pub(super) fn new(outage: Outage) -> Self {
        Self {
            outage,
            announced: true,
            sighted: std::collections::BTreeSet::new(),
            back: std::collections::BTreeSet::new(),
            told_level: Level::Unknown,
            comebacks: std::collections::VecDeque::new(),
            lines: std::collections::VecDeque::new(),
            folded: false,
        }
    }

    /// How bad it is now: as its worst hit. Without one it is waiting to be calm, and that is not "up" yet.
    fn weigh(&mut self) {
        let outage = &mut self.outage;
        let hits = outage.services.values().filter(|hit| hit.until.is_none());
        outage.level = match outage.until {
            Some(_) => Level::Up,
            None => hits.map(|hit| hit.level).max().unwrap_or(Level::Degraded),
        };
        outage.worst = outage.worst.max(outage.level);
    }

    /// When it ended, if nothing of it is left: by our looks if we saw it, else by the page.
    fn over_since(&self) -> Option<Timestamp> {
        if !self.outage.is_open() {
            return None;
        }
        if self.sighted.is_empty() {
            let closed = self.outage.page.iter().map(|voice| voice.closed);
            return closed.collect::<Option<Vec<_>>>()?.into_iter().max();
        }
        self.last_back()
    }

    fn end(&mut self, until: Timestamp) {
        let until = until.max(self.outage.since);
        self.outage.until = Some(until);
        for hit in self.outage.services.values_mut() {
            hit.level = Level::Up;
            hit.until = Some(hit.until.unwrap_or(until).max(hit.since));
        }
        self.outage.remember(until, What::Ended);
        self.back.clear();
        self.folded = false;
    }
}

impl Round<'_> {
    pub(super) fn settle_all(&mut self) {
        for index in 0..self.tracker.cases.len() {
            let id = &self.tracker.cases[index].outage.id;
            let changes = self.changes.remove(id);
            let case = &self.tracker.cases[index];
            if changes.is_some() || case.folded || !case.back.is_empty() || case.over_since().is_some() {
                self.settle(index, changes.unwrap_or_default());
            }
        }
    }

    fn settle(&mut self, index: usize, mut changes: Changes) {
        let (policy, now) = (self.policy, self.now);
        let all_coming_back = self.all_coming_back(index);
        let case = &mut self.tracker.cases[index];
        if changes.comeback {
            case.count_comeback(now);
        }
        case.weigh();
        let mut over = case.over_since();
        // Calm for long already, as where a page closes hours later: that is the end, however often it came and went.
        let just_over = over.is_some_and(|until| now.duration_since(until) < policy.calm_after);
        let begins_to_flap = !case.folded
            && case.announced
            && case.comes_and_goes(policy, now)
            && (just_over || (changes.comeback && over.is_none()));
        if begins_to_flap {
            case.folded = true;
            case.outage.remember(now, What::Flapping);
        }
        if case.folded && just_over {
            over = None;
        }
        let came_to_stay = case.folded
            && over.is_none()
            && case.last_back().is_none()
            && case.is_steady(policy, now)
            && !begins_to_flap;
        if came_to_stay {
            case.folded = false; // from now on it is told as any other
            changes.why.push(format!("came to stay: no comeback for {}", span(policy.flapping_within)));
        }
        let was_announced = case.announced;
        case.announced |= changes.news;
        changes.started |= case.announced && !was_announced;
        if changes.started && case.announced {
            case.outage.remember(now, What::Told);
        }
        if over.is_some() && changes.why.is_empty() {
            let calm = format!("calm for {}", span(policy.calm_after));
            changes.why.push(if case.folded { calm } else { "no longer watched".to_owned() });
        }
        let folded = case.folded;
        let ended = over.is_some();
        let started = changes.started;
        let kind = if begins_to_flap {
            Some(EventKind::Flapping)
        } else if changes.started {
            Some(EventKind::Started)
        } else if ended {
            None // told below
        } else {
            let lines = case.lines_lately(policy, now);
            let update = case.update(&changes, all_coming_back, folded);
            // That it counts no more is kept, though nobody is alerted.
            let update = update.or(came_to_stay.then_some(Update::Counted));
            update.map(|update| EventKind::Updated(quieted(update, lines, policy)))
        };
        if let Some(until) = over {
            case.end(until);
            case.weigh();
        }
        let Some(kind) = kind.map(|kind| of_kind(case.outage.kind, kind)) else {
            if ended {
                self.tell(index, EventKind::Ended, changes.why);
            }
            return;
        };
        self.tell(index, kind, changes.why.clone());
        if ended && started {
            self.tell(index, EventKind::Ended, changes.why);
        }
    }

    /// Commits a change: every one is a revision, but nothing is told of an outage that was history when we came.
    fn tell(&mut self, index: usize, kind: EventKind, why: Vec<String>) {
        let case = &mut self.tracker.cases[index];
        let kind = of_kind(case.outage.kind, kind);
        case.outage.revision = case.outage.revision.saturating_add(1);
        case.outage.folded = case.folded;
        case.told_level = case.outage.level;
        if !case.announced {
            return;
        }
        case.count_line(&kind, self.now);
        self.events.push(OutageEvent { at: self.now, kind, outage: case.outage.clone(), why });
    }

    /// Whether what still fails looks as if it were about to come back too.
    fn all_coming_back(&self, index: usize) -> bool {
        let case = &self.tracker.cases[index];
        case.sighted.iter().filter(|service| case.is_hit(service)).all(|service| {
            self.assessment.of(service).is_some_and(|finding| finding.recovering && finding.bad.is_none())
        })
    }
}

impl Case {
    /// The one update that says most.
    fn update(&mut self, changes: &Changes, all_coming_back: bool, folded: bool) -> Option<Update> {
        let level = self.outage.level;
        let open = self.outage.is_open();
        if open && folded {
            let moved = changes.comeback || !changes.joined.is_empty() || !self.back.is_empty();
            self.back.clear();
            if moved {
                return Some(Update::Counted);
            }
        }
        if changes.reopened {
            return Some(Update::Reopened);
        }
        if open && !folded {
            if !changes.joined.is_empty() {
                return Some(Update::Joined(changes.joined.clone()));
            }
            if level > self.told_level {
                return Some(Update::Worse);
            }
            if !self.back.is_empty() && !all_coming_back {
                return Some(Update::Back(std::mem::take(&mut self.back).into_iter().collect()));
            }
            if level < self.told_level && self.back.is_empty() {
                return Some(Update::Better);
            }
        }
        if changes.page_closed {
            return Some(Update::PageClosed);
        }
        if changes.page_spoke {
            return Some(Update::PageSpoke);
        }
        changes.confirmed.then_some(Update::Confirmed)
    }
}

/// Good news by degrees is a line of its own twice; the flapping that may come needs the rest of its six lines.
fn quieted(update: Update, lines: u32, policy: &Policy) -> Update {
    match update {
        Update::Back(_) | Update::Better if lines + 1 >= policy.flapping_lines => Update::Counted,
        other => other,
    }
}

fn of_kind(kind: Kind, event: EventKind) -> EventKind {
    match (kind, event) {
        (Kind::Maintenance, EventKind::Started) => EventKind::MaintenanceStarted,
        (Kind::Maintenance, EventKind::Ended) => EventKind::MaintenanceEnded,
        (_, event) => event,
    }
}
