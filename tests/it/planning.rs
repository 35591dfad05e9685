//! What an event becomes in a channel: every rule of the plan, with its reason.

use std::collections::BTreeSet;

use healthy_upstream::alerts::plan::{Action, Plan, PlanInput, PlanPolicy, plan};
use healthy_upstream::alerts::{
    Audience, EventFilter, NotificationLogEntry, ServiceFilter, Severity, Subscription, UpdateMode,
};
use healthy_upstream::health::{EventKind, Level, Outage, OutageEvent, OutageKind, Update};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId};
use jiff::{SignedDuration, Timestamp};

use crate::notifier_harness::{minutes, outage};

const SUBSCRIBERS: Audience = Audience::Subscribers;

/// A case that can be changed: an outage of the Web API since nine, told a minute after it began.
struct Situation {
    kind: EventKind,
    then: Outage,
    newest: Outage,
    audience: Audience,
    subscription: Subscription,
    log: NotificationLogEntry,
    /// When we knew, where that is not a minute after it began.
    known: Option<Timestamp>,
    now: Timestamp,
}

impl Situation {
    fn new() -> Self {
        let nine: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
        let outage = Outage { revision: 1, ..outage(nine) };
        let subscription = Subscription::new(GuildId(1), ChannelId(2), nine - minutes(600));
        Self {
            kind: EventKind::Started,
            then: outage.clone(),
            newest: outage,
            audience: SUBSCRIBERS,
            subscription,
            log: NotificationLogEntry::default(),
            known: None,
            now: nine + minutes(1),
        }
    }

    /// The channel was told the start.
    fn announced() -> Self {
        let mut it = Self::new();
        it.log = NotificationLogEntry {
            start: Some(MessageId(7)),
            revision: 1,
            level: Level::Outage,
            services: BTreeSet::from(["web-api".into()]),
            ..NotificationLogEntry::default()
        };
        it.changed(EventKind::Updated(Update::PageSpoke));
        it
    }

    /// The outage changed, and this is told.
    fn changed(&mut self, kind: EventKind) {
        self.newest.revision += 1;
        self.then = self.newest.clone();
        self.kind = kind;
    }

    /// The outage is over, and this is told.
    fn over(&mut self) {
        let now = self.now;
        (self.newest.until, self.newest.level) = (Some(now), Level::Up);
        for hit in self.newest.services.values_mut() {
            (hit.until, hit.level) = (Some(now), Level::Up);
        }
        self.changed(EventKind::Ended);
    }

    fn plan(&self) -> Plan {
        let at = self.known.unwrap_or(self.now.min(self.newest.since + minutes(1)));
        let event = OutageEvent { at, kind: self.kind.clone(), outage: self.then.clone(), why: Vec::new() };
        let case = PlanInput {
            event: &event,
            audience: &self.audience,
            newest: &self.newest,
            subscription: &self.subscription,
            log: &self.log,
            now: self.now,
        };
        plan(&case, &PlanPolicy::new("spotify".into()))
    }

    /// What is done, in short, and why.
    fn says(&self) -> String {
        let plan = self.plan();
        let act = |act: &Action| match act {
            Action::Post(planned) => {
                let marks =
                    [(planned.ping, " ping"), (planned.quiet, " quiet"), (planned.late.is_some(), " late")];
                let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
                format!("{:?}{marks}", planned.what)
            }
            other => format!("{other:?}"),
        };
        let acts: Vec<String> = plan.acts.iter().map(act).collect();
        let acts = if acts.is_empty() { "nothing".to_owned() } else { acts.join(", ") };
        format!("{acts}: {}", plan.why)
    }
}

fn says(situation: Situation, change: impl FnOnce(&mut Situation)) -> String {
    let mut situation = situation;
    change(&mut situation);
    situation.says()
}

#[test]
fn start_goes_to_matching_subscriptions() {
    let new = Situation::new;
    let rows = [
        says(new(), |it| it.subscription.roles = vec![RoleId(1)]),
        says(new(), |it| it.now += minutes(30)),
        says(new(), |it| it.subscription.events = EventFilter { start: false, ..EventFilter::default() }),
        says(new(), |it| (it.newest.level, it.newest.worst) = (Level::Degraded, Level::Degraded)),
        says(new(), |it| {
            it.newest.level = Level::Degraded;
            it.subscription.min_severity = Severity::Slowdowns;
        }),
        says(new(), |it| it.subscription.services = ServiceFilter::Only(BTreeSet::from(["login".into()]))),
        says(new(), |it| it.subscription.acknowledged = [it.newest.id.clone()].into()),
        says(new(), |it| {
            it.kind = EventKind::Updated(Update::PageSpoke);
            it.subscription.since = it.now;
        }),
        says(new(), |it| it.audience = Audience::CatchUp(GuildId(1), ChannelId(2))),
        says(new(), |it| it.audience = Audience::Preview(GuildId(1), ChannelId(2))),
        says(new(), |it| it.changed(EventKind::Updated(Update::Worse))),
        says(new(), |it| {
            it.newest.flapping = true;
            it.changed(EventKind::Flapping);
        }),
        says(new(), |it| it.changed(EventKind::Flapping)),
    ];
    expect_test::expect![[r#"
        Start ping: it began
        Start late: it began
        nothing: starts are off here
        nothing: not bad enough for this channel
        Start: it began
        nothing: it hits none of this channel's services
        nothing: acknowledged here before it was told
        Ongoing: subscribed while it goes on: told the state once
        Ongoing: subscribed while it goes on: told the state once
        Start: a preview
        Start: it grew into what this channel hears of
        Flapping: it comes and goes, and its start was not told
        Start: it began"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn what_a_change_becomes() {
    let log = Situation::announced;
    let rows = [
        says(log(), |_| ()),
        says(log(), |it| it.log.revision = it.newest.revision),
        says(log(), |it| it.subscription.mode = UpdateMode::Posts),
        says(log(), |it| it.subscription.mode = UpdateMode::Thread),
        says(log(), |it| it.log.level = Level::Degraded),
        says(log(), |it| it.log.services.clear()),
        says(log(), |it| {
            it.log.services.clear();
            it.subscription.events = EventFilter { worse: false, ..EventFilter::default() };
        }),
        says(log(), |it| {
            it.log.services.clear();
            it.subscription.acknowledged = [it.newest.id.clone()].into();
        }),
        says(log(), |it| it.log.end = Some(MessageId(8))),
        says(log(), |it| it.log.level = Level::Maintenance),
        says(log(), |it| {
            it.newest.flapping = true;
            it.changed(EventKind::Flapping);
        }),
        says(log(), |it| {
            it.newest.flapping = true;
            it.log.flapping = Some(MessageId(9));
        }),
        says(log(), |it| (it.log.flapping, it.log.start) = (Some(MessageId(9)), None)),
        says(log(), |it| (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true)),
        says(log(), |it| it.audience = Audience::Reminder(1)),
        says(log(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.reminders = 1;
        }),
        says(log(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.last = Some(it.now);
        }),
        says(log(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.flapping = Some(MessageId(9));
        }),
        says(log(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.newest.flapping = true;
        }),
    ];
    expect_test::expect![[r#"
        EditStart: it changed: the post is kept up to date
        nothing: told already
        Change(PageSpoke) quiet: it changed: each change is a message here
        Change(PageSpoke) quiet, EditStart: it changed: told in its thread
        Worse quiet, EditStart: it got worse, or hit another service
        Worse quiet, EditStart: it got worse, or hit another service
        EditStart: it got worse, but that is off here
        EditStart: acknowledged here: the rest is not told, its end excepted
        Again quiet, EditStart: it was over here and goes on
        Start: it grew into what this channel hears of
        Flapping quiet: it comes and goes: from now on one message counts
        EditFlapping: it comes and goes: one message counts
        EditStart: it changed: the post is kept up to date
        Reminder(1) quiet: it still goes on
        nothing: reminders are off here
        nothing: reminded already
        nothing: something was said here a moment ago
        Reminder(1) quiet: it still goes on
        nothing: it comes and goes: one message counts"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn recovery_is_planned_per_mode() {
    let rows = [
        says(Situation::announced(), Situation::over),
        says(Situation::announced(), |it| {
            it.over();
            it.subscription.events = EventFilter { end: false, ..EventFilter::default() };
        }),
        says(Situation::announced(), |it| {
            it.over();
            it.subscription.mode = UpdateMode::Posts;
        }),
        says(Situation::announced(), |it| {
            it.over();
            it.log.end = Some(MessageId(8));
            it.changed(EventKind::Updated(Update::PageClosed));
        }),
        says(Situation::new(), Situation::over),
        says(Situation::new(), |it| {
            it.over();
            it.subscription.since = it.now + minutes(1);
        }),
        says(Situation::new(), |it| {
            it.over();
            it.newest.worst = Level::Degraded;
        }),
        says(Situation::new(), |it| {
            it.over();
            it.kind = EventKind::Started;
        }),
        says(Situation::announced(), |it| {
            it.over();
            it.now += SignedDuration::from_hours(30);
        }),
        says(Situation::announced(), |it| {
            it.over();
            it.now += SignedDuration::from_hours(30);
            it.subscription.events = EventFilter { end: false, ..EventFilter::default() };
        }),
        says(Situation::announced(), |it| {
            it.over();
            it.now += SignedDuration::from_hours(30);
            (it.kind, it.known) = (EventKind::Updated(Update::PageClosed), Some(it.now));
        }),
    ];
    expect_test::expect![[r#"
        End, EditStart: it is over
        EditStart: it is over, but ends are off here
        End: it is over
        EditStart, EditEnd: the page said something after the end
        CameAndWent: it began and ended before this channel was told: one message for both
        nothing: it was over before this channel subscribed
        nothing: it was not bad enough for this channel
        nothing: it is over: told with its end, which is owed too
        nothing: it ended more than a day ago and could not be told before
        EditStart: it is over, but ends are off here
        nothing: it was over for more than a day when this came up"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn maintenance_is_planned_per_mode() {
    let work = || {
        let mut it = Situation::new();
        (it.newest.kind, it.newest.level) = (OutageKind::Maintenance, Level::Maintenance);
        it.changed(EventKind::MaintenanceStarted);
        it
    };
    let log = || {
        let mut it = work();
        it.log.start = Some(MessageId(7));
        it.log.level = Level::Maintenance;
        it
    };
    let end = |it: &mut Situation| {
        it.over();
        it.kind = EventKind::MaintenanceEnded;
    };
    let rows = [
        says(work(), |it| it.subscription.roles = vec![RoleId(1)]),
        says(work(), |it| {
            it.subscription.events = EventFilter { maintenance: false, ..EventFilter::default() }
        }),
        says(log(), end),
        says(work(), end),
    ];
    expect_test::expect![[r#"
        WorkStart quiet: announced work began
        nothing: maintenance is off here
        WorkEnd quiet: announced work ended
        nothing: the work is over and nobody here was told of it"#]]
    .assert_eq(&rows.join("\n"));
}
