//! What an event becomes in one channel, and why.
//!
//! The plan compares the outage as it is *now* with what the channel was *told*, and only looks at the event to know what
//! brought us here. So events that come late, twice or in a heap fall together by themselves: the first of them tells the
//! newest state, the others find it told.
//!
//! Never: no words, no sending, no clock; nothing here depends on whether sending works.

use jiff::{SignedDuration, Timestamp};

use super::view::{bad_services, is_enough, is_work, seen_by};
use super::{Audience, Mode, Subscription, Told, Venue};
use crate::health::{EventKind, Level, Outage, OutageEvent, ServiceName, Update};

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
    /// What it was told.
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
    /// Post a message.
    Post(Remark),
    /// Bring the post of the start up to date.
    EditStart,
    /// Bring the message that counts up to date.
    EditFlapping,
    /// Bring the post of the end up to date: the page said something after it.
    EditEnd,
}

/// A message to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it says.
    pub what: Saying,
    /// Roles are pinged: at the channel's start alone.
    pub ping: bool,
    /// It makes no sound.
    pub quiet: bool,
    /// It is published to followers, in an announcement channel.
    pub publish: bool,
    /// A thread is opened on it.
    pub thread: bool,
    /// It is told so much later than we knew.
    pub late: Option<SignedDuration>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Saying {
    /// An outage began.
    Start,
    /// An outage goes on, to a channel that did not hear of its start.
    Ongoing,
    /// It got worse, or hit another service.
    Worse,
    /// It changed without getting worse, where each change is a message of its own.
    Change,
    /// It was over and goes on.
    Again,
    /// It is over.
    End,
    /// It began and ended before this channel was told.
    CameAndWent,
    /// It comes and goes.
    Flapping,
    /// Announced work began.
    WorkStart,
    /// Announced work ended.
    WorkEnd,
    /// It still goes on: the n-th reminder.
    Reminder(u32),
}

impl Saying {
    /// Its word, which goes into the nonce.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start | Self::Ongoing => "start",
            Self::WorkStart => "work",
            Self::Worse => "worse",
            Self::Change => "change",
            Self::Again => "again",
            Self::End | Self::WorkEnd => "end",
            Self::CameAndWent => "came-and-went",
            Self::Flapping => "flapping",
            Self::Reminder(_) => "reminder",
        }
    }
}

impl Remark {
    /// A message that is heard, pings nobody and is told in time.
    pub fn plain(what: Saying) -> Self {
        Self { what, ping: false, quiet: false, publish: false, thread: false, late: None }
    }

    /// An ordinary message to a channel: heard unless the channel is quiet.
    fn new(what: Saying, subscription: &Subscription) -> Self {
        Self { quiet: subscription.quiet, ..Self::plain(what) }
    }

    fn silent(mut self) -> Self {
        self.quiet = true;
        self
    }

    fn published(mut self, subscription: &Subscription) -> Self {
        self.publish = subscription.publish && subscription.venue == Venue::Announcement;
        self
    }

    fn late(mut self, case: &Case<'_>, policy: &PlanPolicy) -> Self {
        let late = case.now.duration_since(case.event.at);
        self.late = (late > policy.late_after && !is_catch_up(case)).then_some(late);
        self
    }

    /// The channel's start: roles pinged, a thread in that mode, published where that is wanted.
    fn beginning(mut self, subscription: &Subscription, ping: bool) -> Self {
        self.ping = ping && !subscription.roles.is_empty();
        self.thread = opens_thread(subscription);
        self.published(subscription)
    }
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
    if view.until.is_some_and(|until| case.now.duration_since(until) > policy.too_old_after)
        && case.told.end.is_none()
        && !is_catch_up(case)
    {
        let why = "it ended more than a day ago and could not be told before";
        return Plan { acts: Vec::new(), view, why, give_up: true };
    }
    if !case.newest.is_open() && !tells_end(case) {
        return nothing(view, "it is over: told with its end, which is owed too");
    }
    let (acts, why) = match (is_work(&view), view.until.is_some()) {
        (true, over) => work(case, policy, over),
        (false, false) => going_on(case, policy, &view),
        (false, true) => over(case, policy, &view),
    };
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
        EventKind::Updated(_) => Saying::Change,
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

/// An outage that goes on.
fn going_on(case: &Case<'_>, policy: &PlanPolicy, view: &Outage) -> Decided {
    let Case { subscription, told, event, .. } = *case;
    let muted = subscription.acknowledged.as_ref() == Some(&view.id);
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
    let current: &[Act] = match (told.flapping, keeps_start_current(subscription)) {
        (Some(_), _) => &[Act::EditFlapping],
        (None, true) => &[Act::EditStart],
        (None, false) => &[],
    };
    let edit = |why| (current.to_vec(), why);
    let say = |what, why| {
        let remark = Remark::new(what, subscription).silent().late(case, policy);
        ([&[Act::Post(remark)], current].concat(), why)
    };
    if told.flapping.is_some() {
        return edit("it comes and goes: one message counts");
    }
    if muted {
        return edit("acknowledged here: the rest is not told, its end excepted");
    }
    if event.kind == EventKind::Flapping {
        let remark = Remark::new(Saying::Flapping, subscription).silent();
        return (vec![Act::Post(remark)], "it comes and goes: from now on one message counts");
    }
    if told.end.is_some() {
        return if subscription.events.start {
            say(Saying::Again, "it was over here and goes on")
        } else {
            edit("it goes on, but starts are off here")
        };
    }
    if view.level > told.level || !bad_services(view).is_subset(&told.services) {
        return if subscription.events.worse {
            say(Saying::Worse, "it got worse, or hit another service")
        } else {
            edit("it got worse, but that is off here")
        };
    }
    match subscription.mode {
        Mode::Edit => edit("it changed: the post is kept up to date"),
        Mode::Posts | Mode::Thread if !subscription.events.worse => {
            edit("it changed, but changes are off here")
        }
        Mode::Posts | Mode::Thread if event.kind == EventKind::Updated(Update::Counted) => {
            edit("only a count moved")
        }
        Mode::Posts => say(Saying::Change, "it changed: each change is a message here"),
        Mode::Thread => say(Saying::Change, "it changed: told in its thread"),
    }
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
    if !is_enough(view.level, subscription) {
        return none("not bad enough for this channel");
    }
    let grew = matches!(&event.kind, EventKind::Updated(update) if update.is_worsening());
    let before = subscription.since > view.since && event.kind != EventKind::Started && !grew;
    let (what, ping, why) = match event.kind {
        _ if is_catch_up(case) || before => {
            (Saying::Ongoing, false, "subscribed while it goes on: told the state once")
        }
        EventKind::Flapping => (Saying::Flapping, true, "it comes and goes, and its start was not told"),
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
    if told.start.is_none() || told.end.is_some() || told.flapping.is_some() {
        return none("nothing here to be reminded of");
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

/// A channel that heard something so lately needs no reminder.
const QUIET_BEFORE_REMINDER: SignedDuration = SignedDuration::from_mins(20);

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

/// What the channel has been told once a plan is carried out: the newest state, so that stale events find it told.
pub fn settle_told(told: &mut Told, plan: &Plan, case: &Case<'_>) {
    if plan.acts.is_empty() {
        return;
    }
    told.revision = told.revision.max(case.newest.revision);
    told.level = plan.view.level;
    told.services = bad_services(&plan.view);
    told.last = Some(case.now);
}
