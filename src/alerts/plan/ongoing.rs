//! What a channel gets of an outage that goes on.
//!
//! Compares what the channel was notified of with what it sees now, to say what changed. The event itself may concern
//! services outside the subscription, or be older than the state that is posted.

use jiff::SignedDuration;

use super::message_plan::{ChangeSummary, MessageKind, MessagePlan};
use super::{Action, Decided, PlanInput, PlanPolicy, is_catch_up, keeps_start_current, none};
use crate::alerts::scope::{bad_services, is_enough, page_print, scope_to_subscription, services_back};
use crate::alerts::{Audience, NotificationLogEntry, UpdateMode};
use crate::health::{EventKind, Level, Outage, Update};

/// A channel with a message this recent needs no reminder.
const QUIET_BEFORE_REMINDER: SignedDuration = SignedDuration::from_mins(20);

pub(super) fn going_on(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let PlanInput { subscription, log, event, .. } = *input;
    let muted = subscription.acknowledged.contains(&view.id);
    if let Audience::Reminder(turn) = *input.audience {
        return remind(input, turn, muted);
    }
    // Work that turned into an outage is posted as what it is now.
    if !posted_as_outage(log) {
        return begin(input, policy, view, muted);
    }
    if log.revision >= input.newest.revision {
        return none("already posted");
    }
    if view.flapping && log.flapping.is_some() && log.end.is_none() {
        return (vec![Action::EditFlapping], "it is flapping: one message shows the count");
    }
    let bad = bad_services(view);
    let current: &[Action] = if keeps_start_current(subscription) { &[Action::EditStart] } else { &[] };
    let edit = |why| (current.to_vec(), why);
    if log.said >= input.newest.revision {
        return edit("its message is posted: only the start is to be updated");
    }
    let was_over = log.end.is_some() || log.level == Level::Up;
    if was_over && bad.is_empty() {
        return none("what this channel subscribed to is over, even if other services fail");
    }
    let say = |what, why| {
        let planned = MessagePlan::new(what, subscription).silent().late(input, policy);
        ([&[Action::Post(planned)], current].concat(), why)
    };
    if muted {
        return edit("muted here: only its end is posted");
    }
    if view.flapping {
        let planned = MessagePlan::new(MessageKind::Flapping, subscription).silent();
        let acts = [&[Action::Post(planned)], current].concat();
        return (acts, "it is flapping: from now on one message shows the count");
    }
    if was_over {
        return if subscription.events.start {
            say(MessageKind::Again, "it was over here and failed again")
        } else {
            edit("it goes on, but starts are off here")
        };
    }
    if view.level > log.level || !bad.is_subset(&log.services) {
        return if subscription.events.worse {
            say(MessageKind::Worse, "it got worse, or affected another service")
        } else {
            edit("it got worse, but that is off here")
        };
    }
    match (subscription.mode, news(input, view)) {
        (UpdateMode::Edit, _) => edit("it changed: the post is updated"),
        _ if !subscription.events.worse => edit("it changed, but changes are off here"),
        _ if event.kind == EventKind::Updated(Update::FlapCount) => edit("only a count moved"),
        (_, None) => edit("nothing changed that this channel subscribed to"),
        (UpdateMode::Posts, Some(news)) => {
            say(MessageKind::Change(news), "it changed: each change is a message here")
        }
        (UpdateMode::Thread, Some(news)) => {
            say(MessageKind::Change(news), "it changed: posted in its thread")
        }
    }
}

/// Returns what is new for the channel since its last message; `None` if a message would repeat the last one.
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
    // An older version did not store what it posted of the page: there the event decides.
    if log.page.map_or(of_page, |heard| heard != page_print(view)) {
        let closed = !view.page.is_empty() && view.page.iter().all(|voice| voice.closed.is_some());
        return Some(if closed { ChangeSummary::PageClosed } else { ChangeSummary::PageSpoke });
    }
    let seen = view.services.values().any(|hit| hit.failed_probes > 0);
    (seen && event.kind == EventKind::Updated(Update::Confirmed)).then_some(ChangeSummary::Confirmed)
}

/// Whether the channel was notified of it as an outage, not only as announced work.
fn posted_as_outage(log: &NotificationLogEntry) -> bool {
    (log.start.is_some() || log.flapping.is_some()) && log.level != Level::Maintenance
}

/// Decides whether the event becomes the channel's start.
fn begin(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage, muted: bool) -> Decided {
    let PlanInput { subscription, event, .. } = *input;
    if muted {
        return none("muted here before it was posted");
    }
    if !subscription.events.start {
        return none("starts are off here");
    }
    if !is_enough(view.level, subscription) && !was_enough(input, policy, view) {
        return none("not bad enough for this channel");
    }
    let grew = matches!(&event.kind, EventKind::Updated(update) if update.is_worsening());
    let before = subscription.since > view.since && event.kind != EventKind::Started && !grew;
    let (what, ping, why) = match event.kind {
        _ if is_catch_up(input) || before => {
            (MessageKind::Ongoing, false, "subscribed while it goes on: the state is posted once")
        }
        EventKind::Flapping if view.flapping => {
            (MessageKind::Flapping, true, "it is flapping, and its start was not posted")
        }
        EventKind::Updated(_) => (MessageKind::Start, true, "it now affects what this channel subscribed to"),
        _ => (MessageKind::Start, true, "it began"),
    };
    let planned = MessagePlan::new(what, subscription).beginning(subscription, ping).late(input, policy);
    (vec![Action::Post(planned)], why)
}

/// Whether it was bad enough for this channel before anything could be posted, even if it is milder by now. Only what
/// happened after the channel subscribed counts.
fn was_enough(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage) -> bool {
    let PlanInput { subscription, event, .. } = *input;
    if is_catch_up(input) || subscription.since > event.at {
        return false;
    }
    if subscription.since <= view.since && is_enough(view.worst, subscription) {
        return true;
    }
    // It may have failed shortly before the channel subscribed; the event came after.
    scope_to_subscription(&event.outage, &subscription.services, &policy.whole).is_some_and(|then| {
        let level = if event.kind == EventKind::Ended { then.worst } else { then.level };
        is_enough(level, subscription)
    })
}

/// Plans a reminder, if one is wanted and no message is newer.
fn remind(input: &PlanInput<'_>, turn: u32, muted: bool) -> Decided {
    let PlanInput { subscription, log, now, .. } = *input;
    if !subscription.reminders {
        return none("reminders are off here");
    }
    if muted {
        return none("muted here: no reminders");
    }
    if (log.start.is_none() && log.flapping.is_none()) || log.end.is_some() {
        return none("nothing here to be reminded of");
    }
    if input.newest.flapping {
        return none("it is flapping: one message shows the count");
    }
    if log.reminders >= turn {
        return none("reminded already");
    }
    if log.last.is_some_and(|last| now.duration_since(last) < QUIET_BEFORE_REMINDER) {
        return none("something was posted here a moment ago");
    }
    let planned = MessagePlan::new(MessageKind::Reminder(turn), subscription).silent();
    (vec![Action::Post(planned)], "it still goes on")
}
