//! What an event becomes in one channel, and why.
//!
//! The plan compares the outage as it is *now* with what the channel was *told*, and only looks at the event to know what
//! brought us here. So events that come late, twice or in a heap fall together by themselves: the first of them tells the
//! newest state, the others find it told.

mod ongoing;
mod remark;

use jiff::{SignedDuration, Timestamp};

use self::ongoing::going_on;
pub use self::remark::{News, Remark, Saying};
use super::view::{bad_services, is_enough, is_work, page_print, seen_by};
use super::{Audience, InDoubt, Late, Mode, Subscription, Told, Venue};
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
    /// Five minutes are late (the courier's own work takes seconds); a day is too old (everybody knows by then).
    pub fn new(whole: ServiceName) -> Self {
        let (late_after, too_old_after) = (SignedDuration::from_mins(5), SignedDuration::from_hours(24));
        Self { whole, late_after, too_old_after }
    }
}

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What brought us here.
    pub event: &'a OutageEvent,
    /// Who is to hear it.
    pub audience: &'a Audience,
    /// The outage as it is now.
    pub newest: &'a Outage,
    /// What the channel wants.
    pub subscription: &'a Subscription,
    pub told: &'a Told,
    /// What time it is.
    pub now: Timestamp,
}

/// What a channel gets, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done, in this order; empty for nothing.
    pub acts: Vec<Act>,
    /// The outage as this channel sees it.
    pub view: Outage,
    /// The reason, for people who read logs.
    pub why: &'static str,
    /// It could not be told while it mattered: to be given up with `why`.
    pub give_up: bool,
}

/// One thing to do in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Post(Remark),
    /// Bring the post of the start up to date; where the message that counted was the first, that one.
    EditStart,
    /// Bring the message that counts up to date.
    EditFlapping,
    /// Bring the post of the end up to date: the page said something after it.
    EditEnd,
}

/// A forum's post is a thread of its own and a thread cannot hold another one.
fn opens_thread(subscription: &Subscription) -> bool {
    subscription.mode == Mode::Thread && matches!(subscription.venue, Venue::Text | Venue::Announcement)
}

fn is_catch_up(case: &Case<'_>) -> bool {
    matches!(case.audience, Audience::CatchUp(..))
}

/// Whether an event may tell that the outage is over. A start never does: of an outage that came and went between two
/// looks, start and end are told with the end.
fn tells_end(case: &Case<'_>) -> bool {
    let begins = matches!(case.event.kind, EventKind::Started | EventKind::MaintenanceStarted);
    is_catch_up(case) || (!case.event.outage.is_open() && !begins)
}

/// Whether the first post is kept up to date by edits: not where each change is a message of its own.
fn keeps_start_current(subscription: &Subscription) -> bool {
    subscription.mode != Mode::Posts
}

/// Decides what a channel gets.
pub fn plan(case: &Case<'_>, policy: &PlanPolicy) -> Plan {
    if matches!(case.audience, Audience::Preview(..)) {
        return preview(case);
    }
    let was_told = case.told.start.is_some() || case.told.flapping.is_some();
    let view = match seen_by(case.newest, &case.subscription.services, &policy.whole) {
        Some(view) => view,
        // The services were changed after the start was told: what began must end.
        None if was_told => case.newest.clone(),
        None => return nothing(case.newest.clone(), "it hits none of this channel's services"),
    };
    if !case.newest.is_open() && !tells_end(case) {
        return nothing(view, "it is over: told with its end, which is owed too");
    }
    let (acts, why) = match (is_work(&view), view.until.is_some()) {
        (true, over) => work(case, policy, over),
        (false, false) => going_on(case, policy, &view),
        (false, true) => over(case, policy, &view),
    };
    let too_old = |at: Timestamp| {
        view.until.is_some_and(|until| at.duration_since(until) > policy.too_old_after) && !is_catch_up(case)
    };
    if acts.iter().any(|act| matches!(act, Act::Post(_))) && too_old(case.now) {
        // What came up so late, such as a page that closes after days, was never owed as an end.
        if too_old(case.event.at) {
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
fn preview(case: &Case<'_>) -> Plan {
    let what = match &case.event.kind {
        EventKind::Started => Saying::Start,
        EventKind::Updated(update) if update.is_worsening() => Saying::Worse,
        // Its words are those of the event.
        EventKind::Updated(_) => Saying::Change(News::PageSpoke),
        EventKind::Ended => Saying::End,
        EventKind::MaintenanceStarted => Saying::WorkStart,
        EventKind::MaintenanceEnded => Saying::WorkEnd,
        EventKind::Flapping => Saying::Flapping,
    };
    let acts = vec![Act::Post(Remark::new(what, case.subscription))];
    Plan { acts, view: case.event.outage.clone(), why: "a preview", give_up: false }
}

type Decided = (Vec<Act>, &'static str);

fn none(why: &'static str) -> Decided {
    (Vec::new(), why)
}

/// Announced work: named, quiet, nobody pinged; least severity is about outages and does not count here.
fn work(case: &Case<'_>, policy: &PlanPolicy, over: bool) -> Decided {
    let Case { subscription, told, .. } = *case;
    if !subscription.events.maintenance {
        return none("maintenance is off here");
    }
    match (told.start.is_some(), over) {
        (false, true) => none("the work is over and nobody here was told of it"),
        (false, false) => {
            let remark = Remark::new(Saying::WorkStart, subscription).silent();
            (vec![Act::Post(remark.late(case, policy))], "announced work began")
        }
        (true, _) if told.revision >= case.newest.revision => none("told already"),
        (true, false) => (vec![Act::EditStart], "the announced work changed"),
        (true, true) if told.end.is_some() => (vec![Act::EditEnd], "the page said something after the work"),
        (true, true) => {
            let remark = Remark::new(Saying::WorkEnd, subscription).silent().late(case, policy);
            (vec![Act::Post(remark)], "announced work ended")
        }
    }
}

/// An outage that is over for this channel.
fn over(case: &Case<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let Case { subscription, told, .. } = *case;
    if matches!(case.audience, Audience::Reminder(_)) {
        return none("it is over: no reminder");
    }
    if told.start.is_none() && told.flapping.is_none() {
        return came_and_went(case, policy, view);
    }
    let fresh = told.revision >= case.newest.revision;
    let mut current = Vec::new();
    if told.flapping.is_some() {
        current.push(Act::EditFlapping);
    }
    if keeps_start_current(subscription) && told.start.is_some() && told.start != told.end {
        current.push(Act::EditStart);
    }
    if told.end.is_some() {
        if fresh {
            return none("told already");
        }
        current.push(Act::EditEnd);
        return (current, "the page said something after the end");
    }
    if !subscription.events.end {
        return if fresh { none("told already") } else { (current, "it is over, but ends are off here") };
    }
    let remark = Remark::new(Saying::End, subscription).published(subscription).late(case, policy);
    current.insert(0, Act::Post(remark));
    (current, "it is over")
}

/// It is over and its start was never told: one message for both.
fn came_and_went(case: &Case<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let Case { subscription, .. } = *case;
    if !subscription.events.start && !subscription.events.end {
        return none("starts and ends are off here");
    }
    if !is_enough(view.worst, subscription) {
        return none("it was not bad enough for this channel");
    }
    if view.until.is_some_and(|until| subscription.since > until) && !is_catch_up(case) {
        return none("it was over before this channel subscribed");
    }
    let remark = Remark::new(Saying::CameAndWent, subscription).published(subscription).late(case, policy);
    (vec![Act::Post(remark)], "it began and ended before this channel was told: one message for both")
}

/// What the channel has been told if a message arrives, whose id is not known yet. That its posts are up to date is
/// settled later: until then the edits that belong to it are owed.
pub fn told_after(case: &Case<'_>, remark: &Remark, view: &Outage, late: Option<Late>) -> Told {
    let (id, late) = (Some(InDoubt::MESSAGE), late.map(Box::new));
    let mut told = Told { in_doubt: None, last: Some(case.now), ..case.told.clone() };
    match remark.what {
        Saying::Start | Saying::Ongoing | Saying::WorkStart => {
            (told.start, told.start_late, told.end) = (id, late, None);
        }
        // What it was before, it is over no more: its end is still to be told.
        Saying::Flapping => (told.flapping, told.end) = (id, None),
        Saying::Again => told.end = None,
        Saying::End | Saying::WorkEnd => (told.end, told.end_late) = (id, late),
        Saying::CameAndWent => (told.start, told.end, told.start_late) = (id, id, late),
        Saying::Worse | Saying::Change(_) => {}
        Saying::Reminder(turn) => {
            told.reminders = turn;
            return told;
        }
    }
    told.said = told.said.max(case.newest.revision);
    if matches!(remark.what, Saying::Start | Saying::Ongoing | Saying::WorkStart | Saying::CameAndWent) {
        told.revision = told.revision.max(case.newest.revision); // it is all that there is, and up to date
    }
    note_seen(&mut told, view);
    told
}

/// Notes what a channel has read of an outage.
fn note_seen(told: &mut Told, view: &Outage) {
    told.level = view.level;
    told.services = bad_services(view);
    told.page = Some(page_print(view));
}

/// What the channel has been told once a plan is carried out: the newest state, so that stale events find it told.
pub fn settle_told(told: &mut Told, plan: &Plan, case: &Case<'_>) {
    let was_told = told.start.is_some() || told.flapping.is_some();
    // Where ends are off, the next start goes on from there all the same.
    let unsaid_end = was_told && !plan.view.is_open() && !case.subscription.events.end && tells_end(case);
    // A reminder says nothing new: what changed meanwhile is told by its own delivery, which comes behind it.
    let reminds = matches!(case.audience, Audience::Reminder(_));
    if reminds || (plan.acts.is_empty() && !unsaid_end) {
        return;
    }
    told.revision = told.revision.max(case.newest.revision);
    note_seen(told, &plan.view);
    if !plan.acts.is_empty() {
        told.last = Some(case.now);
    }
}
