//! What an event becomes in one channel, and why.
//!
//! The plan compares the outage as it is *now* with the channel's notification log. The event only says what triggered the
//! plan. So late, duplicate or piled-up events need no special case: the first one posts the newest state, and the others
//! find it in the log.

mod message_plan;
mod ongoing;

use jiff::{SignedDuration, Timestamp};

pub use self::message_plan::{ChangeSummary, MessageKind, MessagePlan, back_marker};
use self::ongoing::going_on;
use super::scope::{bad_services, is_enough, is_work, page_print, scope_to_subscription};
use super::{Audience, ChannelKind, Delay, InDoubt, NotificationLogEntry, Subscription, UpdateMode};
use crate::health::{EventKind, Outage, OutageEvent, ServiceName};

/// The thresholds of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPolicy {
    /// The service that represents the whole: its incidents concern every channel.
    pub whole: ServiceName,
    /// A message that is later than this after the event says so.
    pub late_after: SignedDuration,
    /// An outage that ended longer ago than this is not posted any more, because it would only confuse.
    pub too_old_after: SignedDuration,
}

impl PlanPolicy {
    /// Five minutes are late (the notifier's own work takes seconds); a day is too old (everybody has noticed by then).
    pub fn new(whole: ServiceName) -> Self {
        let (late_after, too_old_after) = (SignedDuration::from_mins(5), SignedDuration::from_hours(24));
        Self { whole, late_after, too_old_after }
    }
}

/// Everything that a plan depends on.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The event that triggered the plan.
    pub event: &'a OutageEvent,
    /// Who is to be notified.
    pub audience: &'a Audience,
    /// The outage as it is now.
    pub newest: &'a Outage,
    /// What the channel wants.
    pub subscription: &'a Subscription,
    pub log: &'a NotificationLogEntry,
    /// What time it is.
    pub now: Timestamp,
}

/// What a channel gets, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What to do, in this order; empty for nothing.
    pub acts: Vec<Action>,
    /// The outage as this channel sees it.
    pub view: Outage,
    /// The reason, for people who read logs.
    pub why: &'static str,
    /// It could not be posted while it mattered: the delivery is given up with `why`.
    pub give_up: bool,
}

/// One thing to do in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Post(MessagePlan),
    /// Update the post of the start; if the flapping message was the first, update that.
    EditStart,
    /// Update the flapping message.
    EditFlapping,
    /// Update the post of the end, because the page said something after it.
    EditEnd,
}

/// A forum's post is a thread itself, and a thread cannot contain another one.
fn opens_thread(subscription: &Subscription) -> bool {
    subscription.mode == UpdateMode::Thread
        && matches!(subscription.channel_kind, ChannelKind::Text | ChannelKind::Announcement)
}

fn is_catch_up(input: &PlanInput<'_>) -> bool {
    matches!(input.audience, Audience::CatchUp(..))
}

/// Whether an event may announce that the outage is over. A start never does: if an outage came and went between two
/// checks, its start and end are posted with the end.
fn announces_end(input: &PlanInput<'_>) -> bool {
    let begins = matches!(input.event.kind, EventKind::Started | EventKind::MaintenanceStarted);
    is_catch_up(input) || (!input.event.outage.is_open() && !begins)
}

/// Whether the first post is updated by edits: not if each change is a message of its own.
fn keeps_start_current(subscription: &Subscription) -> bool {
    subscription.mode != UpdateMode::Posts
}

/// Decides what a channel gets.
pub fn plan(input: &PlanInput<'_>, policy: &PlanPolicy) -> Plan {
    if matches!(input.audience, Audience::Preview(..)) {
        return preview(input);
    }
    let was_posted = input.log.start.is_some() || input.log.flapping.is_some();
    let view = match scope_to_subscription(input.newest, &input.subscription.services, &policy.whole) {
        Some(view) => view,
        // The services of the subscription changed after the start was posted: what began must end.
        None if was_posted => input.newest.clone(),
        None => return nothing(input.newest.clone(), "it affects none of this channel's services"),
    };
    if !input.newest.is_open() && !announces_end(input) {
        return nothing(view, "it is over: posted with its end, which is pending too");
    }
    let (acts, why) = match (is_work(&view), view.until.is_some()) {
        (true, over) => work(input, policy, over),
        (false, false) => going_on(input, policy, &view),
        (false, true) => over(input, policy, &view),
    };
    let too_old = |at: Timestamp| {
        view.until.is_some_and(|until| at.duration_since(until) > policy.too_old_after) && !is_catch_up(input)
    };
    if acts.iter().any(|act| matches!(act, Action::Post(_))) && too_old(input.now) {
        // An event this late, such as a page that closes after days, was never due as an end.
        if too_old(input.event.at) {
            return nothing(view, "it was over for more than a day when this came up");
        }
        let why = "it ended more than a day ago and could not be told before";
        return Plan { acts: Vec::new(), view, why, give_up: true };
    }
    Plan { acts, view, why, give_up: false }
}

fn nothing(view: Outage, why: &'static str) -> Plan {
    Plan { acts: Vec::new(), view, why, give_up: false }
}

/// A preview changes no state, pings nobody and looks like the real message.
fn preview(input: &PlanInput<'_>) -> Plan {
    let what = match &input.event.kind {
        EventKind::Started => MessageKind::Start,
        EventKind::Updated(update) if update.is_worsening() => MessageKind::Worse,
        // The event supplies the words.
        EventKind::Updated(_) => MessageKind::Change(ChangeSummary::PageSpoke),
        EventKind::Ended => MessageKind::End,
        EventKind::MaintenanceStarted => MessageKind::WorkStart,
        EventKind::MaintenanceEnded => MessageKind::WorkEnd,
        EventKind::Flapping => MessageKind::Flapping,
    };
    let acts = vec![Action::Post(MessagePlan::new(what, input.subscription))];
    Plan { acts, view: input.event.outage.clone(), why: "a preview", give_up: false }
}

type Decided = (Vec<Action>, &'static str);

fn none(why: &'static str) -> Decided {
    (Vec::new(), why)
}

/// Plans announced work: named, quiet, without pings. The minimum severity is about outages and does not apply.
fn work(input: &PlanInput<'_>, policy: &PlanPolicy, over: bool) -> Decided {
    let PlanInput { subscription, log, .. } = *input;
    if !subscription.events.maintenance {
        return none("maintenance is off here");
    }
    match (log.start.is_some(), over) {
        (false, true) => none("the work is over and its start was not posted here"),
        (false, false) => {
            let planned = MessagePlan::new(MessageKind::WorkStart, subscription).silent();
            (vec![Action::Post(planned.late(input, policy))], "announced work began")
        }
        (true, _) if log.revision >= input.newest.revision => none("already posted"),
        (true, false) => (vec![Action::EditStart], "the announced work changed"),
        (true, true) if log.end.is_some() => {
            (vec![Action::EditEnd], "the page said something after the work")
        }
        (true, true) => {
            let planned = MessagePlan::new(MessageKind::WorkEnd, subscription).silent().late(input, policy);
            (vec![Action::Post(planned)], "announced work ended")
        }
    }
}

/// Plans an outage that is over for this channel.
fn over(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let PlanInput { subscription, log, .. } = *input;
    if matches!(input.audience, Audience::Reminder(_)) {
        return none("it is over: no reminder");
    }
    if log.start.is_none() && log.flapping.is_none() {
        return came_and_went(input, policy, view);
    }
    let fresh = log.revision >= input.newest.revision;
    let mut current = Vec::new();
    if log.flapping.is_some() {
        current.push(Action::EditFlapping);
    }
    if keeps_start_current(subscription) && log.start.is_some() && log.start != log.end {
        current.push(Action::EditStart);
    }
    if log.end.is_some() {
        if fresh {
            return none("already posted");
        }
        current.push(Action::EditEnd);
        return (current, "the page said something after the end");
    }
    if !subscription.events.end {
        return if fresh { none("already posted") } else { (current, "it is over, but ends are off here") };
    }
    let planned =
        MessagePlan::new(MessageKind::End, subscription).published(subscription).late(input, policy);
    current.insert(0, Action::Post(planned));
    (current, "it is over")
}

/// Plans one message for both, because the outage is over and its start was never posted.
fn came_and_went(input: &PlanInput<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let PlanInput { subscription, .. } = *input;
    if !subscription.events.start && !subscription.events.end {
        return none("starts and ends are off here");
    }
    if !is_enough(view.worst, subscription) {
        return none("it was not bad enough for this channel");
    }
    if view.until.is_some_and(|until| subscription.since > until) && !is_catch_up(input) {
        return none("it was over before this channel subscribed");
    }
    let planned =
        MessagePlan::new(MessageKind::CameAndWent, subscription).published(subscription).late(input, policy);
    (vec![Action::Post(planned)], "it began and ended before this channel was notified: one message for both")
}

/// Returns the channel's log if a message arrives whose id is not known yet. The revision is updated later, after the edits
/// that belong to it: they are pending until then.
pub fn posted_after(
    input: &PlanInput<'_>,
    planned: &MessagePlan,
    view: &Outage,
    late: Option<Delay>,
) -> NotificationLogEntry {
    let (id, late) = (Some(InDoubt::MESSAGE), late.map(Box::new));
    let mut log = NotificationLogEntry { in_doubt: None, last: Some(input.now), ..input.log.clone() };
    match planned.what {
        MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart => {
            (log.start, log.start_late, log.end) = (id, late, None);
        }
        // Whatever it was before, it is not over any more: its end is still to be posted.
        MessageKind::Flapping => (log.flapping, log.end) = (id, None),
        MessageKind::Again => log.end = None,
        MessageKind::End | MessageKind::WorkEnd => (log.end, log.end_late) = (id, late),
        MessageKind::CameAndWent => (log.start, log.end, log.start_late) = (id, id, late),
        MessageKind::Worse | MessageKind::Change(_) => {}
        MessageKind::Reminder(turn) => {
            log.reminders = turn;
            // It says how bad the outage is now. What should have said so before may have been skipped, and then a
            // later worsening is news to the channel.
            log.level = log.level.min(view.level);
            return log;
        }
    }
    log.said = log.said.max(input.newest.revision);
    if matches!(
        planned.what,
        MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart | MessageKind::CameAndWent
    ) {
        log.revision = log.revision.max(input.newest.revision); // no edit belongs to it, so the channel is up to date
    }
    note_seen(&mut log, view);
    log
}

/// Records what a channel has seen of an outage.
fn note_seen(log: &mut NotificationLogEntry, view: &Outage) {
    log.level = view.level;
    log.services = bad_services(view);
    log.page = Some(page_print(view));
}

/// Updates the channel's log after a plan is done: it holds the newest state, so that older events find it posted.
pub fn complete_log(log: &mut NotificationLogEntry, plan: &Plan, input: &PlanInput<'_>) {
    let was_posted = log.start.is_some() || log.flapping.is_some();
    // Records the end even if end messages are disabled, so that the next start is a new one.
    let unsaid_end =
        was_posted && !plan.view.is_open() && !input.subscription.events.end && announces_end(input);
    // A reminder says nothing new: what changed meanwhile is posted by its own delivery, which follows.
    let reminds = matches!(input.audience, Audience::Reminder(_));
    if reminds || (plan.acts.is_empty() && !unsaid_end) {
        return;
    }
    log.revision = log.revision.max(input.newest.revision);
    note_seen(log, &plan.view);
    if !plan.acts.is_empty() {
        log.last = Some(input.now);
    }
}
