//! What an event becomes in one channel, and why.
//!
//! The plan compares the outage as it is *now* with what the channel was *told*, and only looks at the event to know what
//! brought us here. So events that come late, twice or in a heap fall together by themselves: the first of them tells the
//! newest state, the others find it told.

mod message_plan;
mod ongoing;

use jiff::{SignedDuration, Timestamp};

pub use self::message_plan::{ChangeSummary, MessageKind, MessagePlan};
use self::ongoing::going_on;
use super::scope::{bad_services, is_enough, is_work, page_print, scope_to_subscription};
use super::{Audience, ChannelKind, Delay, InDoubt, NotificationLogEntry, Subscription, UpdateMode};
use crate::health::{EventKind, Outage, OutageEvent, ServiceName};

/// Numbers of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPolicy {
    /// The service that stands for the whole: its incidents concern every channel.
    pub whole: ServiceName,
    /// What is told later than this after we knew says so.
    pub late_after: SignedDuration,
    /// An outage that ended longer ago than this is not told any more: it would only confuse.
    pub too_old_after: SignedDuration,
}

impl PlanPolicy {
    /// Five minutes are late (the notifier's own work takes seconds); a day is too old (everybody knows by then).
    pub fn new(whole: ServiceName) -> Self {
        let (late_after, too_old_after) = (SignedDuration::from_mins(5), SignedDuration::from_hours(24));
        Self { whole, late_after, too_old_after }
    }
}

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// What brought us here.
    pub event: &'a OutageEvent,
    /// Who is to hear it.
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
    /// What is to be done, in this order; empty for nothing.
    pub acts: Vec<Action>,
    /// The outage as this channel sees it.
    pub view: Outage,
    /// The reason, for people who read logs.
    pub why: &'static str,
    /// It could not be told while it mattered: to be given up with `why`.
    pub give_up: bool,
}

/// One thing to do in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Post(MessagePlan),
    /// Bring the post of the start up to date; where the message that counted was the first, that one.
    EditStart,
    /// Bring the message that counts up to date.
    EditFlapping,
    /// Bring the post of the end up to date: the page said something after it.
    EditEnd,
}

/// A forum's post is a thread of its own and a thread cannot hold another one.
fn opens_thread(subscription: &Subscription) -> bool {
    subscription.mode == UpdateMode::Thread
        && matches!(subscription.channel_kind, ChannelKind::Text | ChannelKind::Announcement)
}

fn is_catch_up(input: &PlanInput<'_>) -> bool {
    matches!(input.audience, Audience::CatchUp(..))
}

/// Whether an event may tell that the outage is over. A start never does: of an outage that came and went between two
/// looks, start and end are told with the end.
fn announces_end(input: &PlanInput<'_>) -> bool {
    let begins = matches!(input.event.kind, EventKind::Started | EventKind::MaintenanceStarted);
    is_catch_up(input) || (!input.event.outage.is_open() && !begins)
}

/// Whether the first post is kept up to date by edits: not where each change is a message of its own.
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
        // The services were changed after the start was told: what began must end.
        None if was_posted => input.newest.clone(),
        None => return nothing(input.newest.clone(), "it hits none of this channel's services"),
    };
    if !input.newest.is_open() && !announces_end(input) {
        return nothing(view, "it is over: told with its end, which is owed too");
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
        // What came up so late, such as a page that closes after days, was never owed as an end.
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

/// A preview touches no state, pings nobody and looks as the real one would.
fn preview(input: &PlanInput<'_>) -> Plan {
    let what = match &input.event.kind {
        EventKind::Started => MessageKind::Start,
        EventKind::Updated(update) if update.is_worsening() => MessageKind::Worse,
        // Its words are those of the event.
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

/// Announced work: named, quiet, nobody pinged; least severity is about outages and does not count here.
fn work(input: &PlanInput<'_>, policy: &PlanPolicy, over: bool) -> Decided {
    let PlanInput { subscription, log, .. } = *input;
    if !subscription.events.maintenance {
        return none("maintenance is off here");
    }
    match (log.start.is_some(), over) {
        (false, true) => none("the work is over and nobody here was told of it"),
        (false, false) => {
            let planned = MessagePlan::new(MessageKind::WorkStart, subscription).silent();
            (vec![Action::Post(planned.late(input, policy))], "announced work began")
        }
        (true, _) if log.revision >= input.newest.revision => none("told already"),
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

/// An outage that is over for this channel.
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
            return none("told already");
        }
        current.push(Action::EditEnd);
        return (current, "the page said something after the end");
    }
    if !subscription.events.end {
        return if fresh { none("told already") } else { (current, "it is over, but ends are off here") };
    }
    let planned =
        MessagePlan::new(MessageKind::End, subscription).published(subscription).late(input, policy);
    current.insert(0, Action::Post(planned));
    (current, "it is over")
}

/// It is over and its start was never told: one message for both.
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
    (vec![Action::Post(planned)], "it began and ended before this channel was told: one message for both")
}

/// What the channel has been told if a message arrives, whose id is not known yet. That its posts are up to date is
/// settled later: until then the edits that belong to it are owed.
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
        // What it was before, it is over no more: its end is still to be told.
        MessageKind::Flapping => (log.flapping, log.end) = (id, None),
        MessageKind::Again => log.end = None,
        MessageKind::End | MessageKind::WorkEnd => (log.end, log.end_late) = (id, late),
        MessageKind::CameAndWent => (log.start, log.end, log.start_late) = (id, id, late),
        MessageKind::Worse | MessageKind::Change(_) => {}
        MessageKind::Reminder(turn) => {
            log.reminders = turn;
            return log;
        }
    }
    log.said = log.said.max(input.newest.revision);
    if matches!(
        planned.what,
        MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart | MessageKind::CameAndWent
    ) {
        log.revision = log.revision.max(input.newest.revision); // it is all that there is, and up to date
    }
    note_seen(&mut log, view);
    log
}

/// Notes what a channel has read of an outage.
fn note_seen(log: &mut NotificationLogEntry, view: &Outage) {
    log.level = view.level;
    log.services = bad_services(view);
    log.page = Some(page_print(view));
}

/// What the channel has been told once a plan is carried out: the newest state, so that stale events find it told.
pub fn complete_log(log: &mut NotificationLogEntry, plan: &Plan, input: &PlanInput<'_>) {
    let was_posted = log.start.is_some() || log.flapping.is_some();
    // Where ends are off, the next start goes on from there all the same.
    let unsaid_end =
        was_posted && !plan.view.is_open() && !input.subscription.events.end && announces_end(input);
    // A reminder says nothing new: what changed meanwhile is told by its own delivery, which comes behind it.
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
