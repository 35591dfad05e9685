//! Turns what changed about an outage into at most one event, and decides when the outage is over.

use jiff::Timestamp;

use super::assessment::span;
use super::detector_state::TrackedOutage;
use super::transition::{OutageChanges, Transition};
use super::{EventKind, Level, Outage, OutageEvent, OutageKind, Policy, TimelineEvent, Update};

impl TrackedOutage {
    pub(super) fn new(outage: Outage) -> Self {
        Self {
            outage,
            announced: true,
            sighted: std::collections::BTreeSet::new(),
            back: std::collections::BTreeSet::new(),
            posted_level: Level::Unknown,
            comebacks: std::collections::VecDeque::new(),
            lines: std::collections::VecDeque::new(),
            flapping: false,
        }
    }

    /// Sets the level to that of the worst service that still fails. If none fails, it waits for calm and is not "up" yet.
    fn weigh(&mut self) {
        let outage = &mut self.outage;
        let hits = outage.services.values().filter(|hit| hit.until.is_none());
        outage.level = match outage.until {
            Some(_) => Level::Up,
            None => hits.map(|hit| hit.level).max().unwrap_or(Level::Degraded),
        };
        outage.worst = outage.worst.max(outage.level);
    }

    /// Returns when it ended, if nothing of it is left: by our checks if they saw it, else by the page.
    fn over_since(&self) -> Option<Timestamp> {
        if !self.outage.is_open() {
            return None;
        }
        if self.sighted.is_empty() {
            let closed = self.outage.page.iter().map(|report| report.closed);
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
        self.outage.remember(until, TimelineEvent::Ended);
        self.back.clear();
        self.flapping = false;
    }
}

impl Transition<'_> {
    pub(super) fn settle_all(&mut self) {
        for index in 0..self.state.tracked.len() {
            let id = &self.state.tracked[index].outage.id;
            let changes = self.changes.remove(id);
            let tracked = &self.state.tracked[index];
            if changes.is_some()
                || tracked.flapping
                || !tracked.back.is_empty()
                || tracked.over_since().is_some()
            {
                self.settle(index, changes.unwrap_or_default());
            }
        }
    }

    fn settle(&mut self, index: usize, mut changes: OutageChanges) {
        let (policy, now) = (self.policy, self.now);
        let all_coming_back = self.all_coming_back(index);
        let tracked = &mut self.state.tracked[index];
        if changes.comeback {
            tracked.count_comeback(now);
        }
        tracked.weigh();
        let mut over = tracked.over_since();
        // A flapping outage that was calm for long already has ended, such as one whose page closes hours later.
        let just_over = over.is_some_and(|until| now.duration_since(until) < policy.calm_after);
        let begins_to_flap = !tracked.flapping
            && tracked.announced
            && tracked.comes_and_goes(policy, now)
            && (just_over || (changes.comeback && over.is_none()));
        if begins_to_flap {
            tracked.flapping = true;
            tracked.outage.remember(now, TimelineEvent::Flapping);
        }
        if tracked.flapping && just_over {
            over = None;
        }
        let came_to_stay = tracked.flapping
            && over.is_none()
            && tracked.last_back().is_none()
            && tracked.is_steady(policy, now)
            && !begins_to_flap;
        if came_to_stay {
            tracked.flapping = false; // from now on it is reported as any other outage
            changes.why.push(format!("no longer flapping: no comeback for {}", span(policy.flapping_within)));
        }
        let was_announced = tracked.announced;
        tracked.announced |= changes.news;
        changes.started |= tracked.announced && !was_announced;
        if changes.started && tracked.announced {
            tracked.outage.remember(now, TimelineEvent::Reported);
        }
        if over.is_some() && changes.why.is_empty() {
            let calm = format!("calm for {}", span(policy.calm_after));
            changes.why.push(if tracked.flapping { calm } else { "no longer watched".to_owned() });
        }
        let flapping = tracked.flapping;
        let ended = over.is_some();
        let started = changes.started;
        let kind = if begins_to_flap {
            Some(EventKind::Flapping)
        } else if changes.started {
            Some(EventKind::Started)
        } else if ended {
            None // the end is reported below
        } else {
            let lines = tracked.lines_lately(policy, now);
            let update = tracked.update(&changes, all_coming_back, flapping);
            // That it stopped flapping is stored, but nobody is alerted.
            let update = update.or(came_to_stay.then_some(Update::FlapCount));
            update.map(|update| EventKind::Updated(quieted(update, lines, policy)))
        };
        if let Some(until) = over {
            tracked.end(until);
            tracked.weigh();
        }
        let Some(kind) = kind.map(|kind| of_kind(tracked.outage.kind, kind)) else {
            if ended {
                self.notify(index, EventKind::Ended, changes.why);
            }
            return;
        };
        self.notify(index, kind, changes.why.clone());
        if ended && started {
            self.notify(index, EventKind::Ended, changes.why);
        }
    }

    /// Commits a change as a new revision. Posts nothing for an outage that was already history when we first read of it.
    fn notify(&mut self, index: usize, kind: EventKind, why: Vec<String>) {
        let tracked = &mut self.state.tracked[index];
        let kind = of_kind(tracked.outage.kind, kind);
        tracked.outage.revision = tracked.outage.revision.saturating_add(1);
        tracked.outage.flapping = tracked.flapping;
        tracked.posted_level = tracked.outage.level;
        if !tracked.announced {
            return;
        }
        tracked.count_line(&kind, self.now);
        self.events.push(OutageEvent { at: self.now, kind, outage: tracked.outage.clone(), why });
    }

    /// Whether all services that still fail seem to be recovering too.
    fn all_coming_back(&self, index: usize) -> bool {
        let tracked = &self.state.tracked[index];
        tracked.sighted.iter().filter(|service| tracked.is_hit(service)).all(|service| {
            self.assessment.of(service).is_some_and(|assessed| assessed.recovering && assessed.bad.is_none())
        })
    }
}

impl TrackedOutage {
    /// Returns the one update that says most.
    fn update(&mut self, changes: &OutageChanges, all_coming_back: bool, flapping: bool) -> Option<Update> {
        let level = self.outage.level;
        let open = self.outage.is_open();
        if open && flapping {
            let by_page = self.sighted.is_empty() && (changes.page_closed || changes.page_spoke);
            let moved = changes.comeback || !changes.joined.is_empty() || !self.back.is_empty() || by_page;
            self.back.clear();
            if moved {
                return Some(Update::FlapCount);
            }
        }
        if changes.reopened {
            return Some(Update::Reopened);
        }
        if open && !flapping {
            if !changes.joined.is_empty() {
                return Some(Update::ServiceAffected(changes.joined.clone()));
            }
            if level > self.posted_level {
                return Some(Update::Worse);
            }
            if !self.back.is_empty() && !all_coming_back {
                return Some(Update::ServiceRecovered(std::mem::take(&mut self.back).into_iter().collect()));
            }
            if level < self.posted_level && self.back.is_empty() {
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

/// Posts partial recoveries as lines of their own twice at most, so that flapping still fits into six lines.
fn quieted(update: Update, lines: u32, policy: &Policy) -> Update {
    match update {
        Update::ServiceRecovered(_) | Update::Better if lines + 1 >= policy.flapping_lines => {
            Update::FlapCount
        }
        other => other,
    }
}

fn of_kind(kind: OutageKind, event: EventKind) -> EventKind {
    match (kind, event) {
        (OutageKind::Maintenance, EventKind::Started) => EventKind::MaintenanceStarted,
        (OutageKind::Maintenance, EventKind::Ended) => EventKind::MaintenanceEnded,
        (_, event) => event,
    }
}
