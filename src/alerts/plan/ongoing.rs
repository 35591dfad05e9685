//! What a channel gets of an outage that goes on.
//!
//! Which words a change has is read from what the channel was told and what it sees now: the event may concern what it does
//! not hear of, or be older than what is told with it.

use jiff::SignedDuration;

use super::remark::{News, Remark, Saying};
use super::{Act, Case, Decided, PlanPolicy, is_catch_up, keeps_start_current, none};
use crate::alerts::view::{bad_services, is_enough, page_print, services_back};
use crate::alerts::{Audience, Mode, Told};
use crate::health::{EventKind, Level, Outage, Update};

/// A channel that heard something so lately needs no reminder.
const QUIET_BEFORE_REMINDER: SignedDuration = SignedDuration::from_mins(20);

pub(super) fn going_on(case: &Case<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let Case { subscription, told, event, .. } = *case;
    let muted = subscription.acknowledged.contains(&view.id);
    if let Audience::Reminder(turn) = *case.audience {
        return remind(case, turn, muted);
    }
    // Work that turned into an outage is told as what it is now.
    if !told_as_outage(told) {
        return begin(case, policy, view, muted);
    }
    if told.revision >= case.newest.revision {
        return none("told already");
    }
    if view.folded && told.flapping.is_some() && told.end.is_none() {
        return (vec![Act::EditFlapping], "it comes and goes: one message counts");
    }
    let bad = bad_services(view);
    let current: &[Act] = if keeps_start_current(subscription) { &[Act::EditStart] } else { &[] };
    let edit = |why| (current.to_vec(), why);
    if told.said >= case.newest.revision {
        return edit("its message stands: only the post is to be brought up to date");
    }
    let was_over = told.end.is_some() || told.level == Level::Up;
    if was_over && bad.is_empty() {
        return none("what this channel hears of is over, whatever else fails");
    }
    let say = |what, why| {
        let remark = Remark::new(what, subscription).silent().late(case, policy);
        ([&[Act::Post(remark)], current].concat(), why)
    };
    if muted {
        return edit("acknowledged here: the rest is not told, its end excepted");
    }
    if view.folded {
        let remark = Remark::new(Saying::Flapping, subscription).silent();
        return (vec![Act::Post(remark)], "it comes and goes: from now on one message counts");
    }
    if was_over {
        return if subscription.events.start {
            say(Saying::Again, "it was over here and goes on")
        } else {
            edit("it goes on, but starts are off here")
        };
    }
    if view.level > told.level || !bad.is_subset(&told.services) {
        return if subscription.events.worse {
            say(Saying::Worse, "it got worse, or hit another service")
        } else {
            edit("it got worse, but that is off here")
        };
    }
    match (subscription.mode, news(case, view)) {
        (Mode::Edit, _) => edit("it changed: the post is kept up to date"),
        _ if !subscription.events.worse => edit("it changed, but changes are off here"),
        _ if event.kind == EventKind::Updated(Update::Counted) => edit("only a count moved"),
        (_, None) => edit("nothing of it changed that this channel hears of"),
        (Mode::Posts, Some(news)) => say(Saying::Change(news), "it changed: each change is a message here"),
        (Mode::Thread, Some(news)) => say(Saying::Change(news), "it changed: told in its thread"),
    }
}

/// What is new in what the channel sees, against what it was told; none where it would read the same again.
fn news(case: &Case<'_>, view: &Outage) -> Option<News> {
    let Case { told, event, .. } = *case;
    let fails = !bad_services(view).is_empty();
    if fails && !services_back(view, &told.services).is_empty() {
        return Some(News::Back);
    }
    if fails && view.level < told.level {
        return Some(News::Better);
    }
    let of_page = matches!(event.kind, EventKind::Updated(Update::PageSpoke | Update::PageClosed));
    // Of a channel that was told by an older version nobody knows what it heard of the page: there the event counts.
    if told.page.map_or(of_page, |heard| heard != page_print(view)) {
        let closed = !view.page.is_empty() && view.page.iter().all(|voice| voice.closed.is_some());
        return Some(if closed { News::PageClosed } else { News::PageSpoke });
    }
    let seen = view.services.values().any(|hit| hit.failed_looks > 0);
    (seen && event.kind == EventKind::Updated(Update::Confirmed)).then_some(News::Confirmed)
}

/// Whether the channel was told of it as an outage, not only as announced work.
fn told_as_outage(told: &Told) -> bool {
    (told.start.is_some() || told.flapping.is_some()) && told.level != Level::Maintenance
}

/// The channel's start, if it is one.
fn begin(case: &Case<'_>, policy: &PlanPolicy, view: &Outage, muted: bool) -> Decided {
    let Case { subscription, event, .. } = *case;
    if muted {
        return none("acknowledged here before it was told");
    }
    if !subscription.events.start {
        return none("starts are off here");
    }
    // It was worse before this channel could be told, and is milder by now: it still hears of it.
    let was_enough =
        subscription.since <= view.since && !is_catch_up(case) && is_enough(view.worst, subscription);
    if !is_enough(view.level, subscription) && !was_enough {
        return none("not bad enough for this channel");
    }
    let grew = matches!(&event.kind, EventKind::Updated(update) if update.is_worsening());
    let before = subscription.since > view.since && event.kind != EventKind::Started && !grew;
    let (what, ping, why) = match event.kind {
        _ if is_catch_up(case) || before => {
            (Saying::Ongoing, false, "subscribed while it goes on: told the state once")
        }
        EventKind::Flapping if view.folded => {
            (Saying::Flapping, true, "it comes and goes, and its start was not told")
        }
        EventKind::Updated(_) => (Saying::Start, true, "it grew into what this channel hears of"),
        _ => (Saying::Start, true, "it began"),
    };
    let remark = Remark::new(what, subscription).beginning(subscription, ping).late(case, policy);
    (vec![Act::Post(remark)], why)
}

/// A reminder, if one is wanted and nothing newer was said.
fn remind(case: &Case<'_>, turn: u32, muted: bool) -> Decided {
    let Case { subscription, told, now, .. } = *case;
    if !subscription.reminders {
        return none("reminders are off here");
    }
    if muted {
        return none("acknowledged here: no reminders");
    }
    if (told.start.is_none() && told.flapping.is_none()) || told.end.is_some() {
        return none("nothing here to be reminded of");
    }
    if case.newest.folded {
        return none("it comes and goes: one message counts");
    }
    if told.reminders >= turn {
        return none("reminded already");
    }
    if told.last.is_some_and(|last| now.duration_since(last) < QUIET_BEFORE_REMINDER) {
        return none("something was said here a moment ago");
    }
    let remark = Remark::new(Saying::Reminder(turn), subscription).silent();
    (vec![Act::Post(remark)], "it still goes on")
}
