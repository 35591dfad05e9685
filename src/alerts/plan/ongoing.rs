//! What a channel gets of an outage that goes on.
//!
//! Which words a change has is read from what the channel was told and what it sees now: the event may concern what it does
//! not hear of, or be older than what is told with it.

use jiff::SignedDuration;

use super::message_plan::{ChangeSummary, MessageKind, MessagePlan};
use super::{Action, Decided, PlanInput, PlanPolicy, is_catch_up, keeps_start_current, none};
use crate::alerts::scope::{bad_services, is_enough, page_print, services_back};
use crate::alerts::{Audience, NotificationLogEntry, UpdateMode};
use crate::health::{EventKind, Level, Outage, Update};

/// A channel that heard something so lately needs no reminder.
const QUIET_BEFORE_REMINDER: SignedDuration = SignedDuration::from_mins(20);

pub(super) fn going_on(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let PlanInput { subscription, log, event, .. } = *input;
    let muted = subscription.acknowledged.contains(&view.id);
    if let Audience::Reminder(turn) = *input.audience {
        return remind(input, turn, muted);
    }
    // Work that turned into an outage is told as what it is now.
    if !posted_as_outage(log) {
        return begin(input, policy, view, muted);
    }
    if log.revision >= input.newest.revision {
        return none("told already");
    }
    if view.flapping && log.flapping.is_some() && log.end.is_none() {
        return (vec![Action::EditFlapping], "it comes and goes: one message counts");
    }
    let bad = bad_services(view);
    let current: &[Action] = if keeps_start_current(subscription) { &[Action::EditStart] } else { &[] };
    let edit = |why| (current.to_vec(), why);
    if log.said >= input.newest.revision {
        return edit("its message stands: only the post is to be brought up to date");
    }
    let was_over = log.end.is_some() || log.level == Level::Up;
    if was_over && bad.is_empty() {
        return none("what this channel hears of is over, whatever else fails");
    }
    let say = |what, why| {
        let planned = MessagePlan::new(what, subscription).silent().late(input, policy);
        ([&[Action::Post(planned)], current].concat(), why)
    };
    if muted {
        return edit("acknowledged here: the rest is not told, its end excepted");
    }
    if view.flapping {
        let planned = MessagePlan::new(MessageKind::Flapping, subscription).silent();
        return (vec![Action::Post(planned)], "it comes and goes: from now on one message counts");
    }
    if was_over {
        return if subscription.events.start {
            say(MessageKind::Again, "it was over here and goes on")
        } else {
            edit("it goes on, but starts are off here")
        };
    }
    if view.level > log.level || !bad.is_subset(&log.services) {
        return if subscription.events.worse {
            say(MessageKind::Worse, "it got worse, or hit another service")
        } else {
            edit("it got worse, but that is off here")
        };
    }
    match (subscription.mode, news(input, view)) {
        (UpdateMode::Edit, _) => edit("it changed: the post is kept up to date"),
        _ if !subscription.events.worse => edit("it changed, but changes are off here"),
        _ if event.kind == EventKind::Updated(Update::FlapCount) => edit("only a count moved"),
        (_, None) => edit("nothing of it changed that this channel hears of"),
        (UpdateMode::Posts, Some(news)) => {
            say(MessageKind::Change(news), "it changed: each change is a message here")
        }
        (UpdateMode::Thread, Some(news)) => say(MessageKind::Change(news), "it changed: told in its thread"),
    }
}

/// What is new in what the channel sees, against what it was told; none where it would read the same again.
fn news(input: &PlanInput<'_>, view: &Outage) -> Option<ChangeSummary> {
    let PlanInput { log, event, .. } = *input;
    let fails = !bad_services(view).is_empty();
    if fails && !services_back(view, &log.services).is_empty() {
        return Some(ChangeSummary::Back);
    }
    if fails && view.level < log.level {
        return Some(ChangeSummary::Better);
    }
    let of_page = matches!(event.kind, EventKind::Updated(Update::PageSpoke | Update::PageClosed));
    // Of a channel that was told by an older version nobody knows what it heard of the page: there the event counts.
    if log.page.map_or(of_page, |heard| heard != page_print(view)) {
        let closed = !view.page.is_empty() && view.page.iter().all(|voice| voice.closed.is_some());
        return Some(if closed { ChangeSummary::PageClosed } else { ChangeSummary::PageSpoke });
    }
    let seen = view.services.values().any(|hit| hit.failed_probes > 0);
    (seen && event.kind == EventKind::Updated(Update::Confirmed)).then_some(ChangeSummary::Confirmed)
}

/// Whether the channel was told of it as an outage, not only as announced work.
fn posted_as_outage(log: &NotificationLogEntry) -> bool {
    (log.start.is_some() || log.flapping.is_some()) && log.level != Level::Maintenance
}

/// The channel's start, if it is one.
fn begin(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage, muted: bool) -> Decided {
    let PlanInput { subscription, event, .. } = *input;
    if muted {
        return none("acknowledged here before it was told");
    }
    if !subscription.events.start {
        return none("starts are off here");
    }
    // It was worse before this channel could be told, and is milder by now: it still hears of it.
    let was_enough =
        subscription.since <= view.since && !is_catch_up(input) && is_enough(view.worst, subscription);
    if !is_enough(view.level, subscription) && !was_enough {
        return none("not bad enough for this channel");
    }
    let grew = matches!(&event.kind, EventKind::Updated(update) if update.is_worsening());
    let before = subscription.since > view.since && event.kind != EventKind::Started && !grew;
    let (what, ping, why) = match event.kind {
        _ if is_catch_up(input) || before => {
            (MessageKind::Ongoing, false, "subscribed while it goes on: told the state once")
        }
        EventKind::Flapping if view.flapping => {
            (MessageKind::Flapping, true, "it comes and goes, and its start was not told")
        }
        EventKind::Updated(_) => (MessageKind::Start, true, "it grew into what this channel hears of"),
        _ => (MessageKind::Start, true, "it began"),
    };
    let planned = MessagePlan::new(what, subscription).beginning(subscription, ping).late(input, policy);
    (vec![Action::Post(planned)], why)
}

/// A reminder, if one is wanted and nothing newer was said.
fn remind(input: &PlanInput<'_>, turn: u32, muted: bool) -> Decided {
    let PlanInput { subscription, log, now, .. } = *input;
    if !subscription.reminders {
        return none("reminders are off here");
    }
    if muted {
        return none("acknowledged here: no reminders");
    }
    if (log.start.is_none() && log.flapping.is_none()) || log.end.is_some() {
        return none("nothing here to be reminded of");
    }
    if input.newest.flapping {
        return none("it comes and goes: one message counts");
    }
    if log.reminders >= turn {
        return none("reminded already");
    }
    if log.last.is_some_and(|last| now.duration_since(last) < QUIET_BEFORE_REMINDER) {
        return none("something was said here a moment ago");
    }
    let planned = MessagePlan::new(MessageKind::Reminder(turn), subscription).silent();
    (vec![Action::Post(planned)], "it still goes on")
}
