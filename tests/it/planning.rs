//! What an event becomes in a channel: every rule of the plan, with its reason.

use std::collections::BTreeSet;

use healthy_upstream::alerts::plan::{Action, Plan, PlanInput, PlanPolicy, plan, posted_after};
use healthy_upstream::alerts::{
    Audience, EventFilter, NotificationLogEntry, ServiceFilter, Severity, Subscription, UpdateMode,
};
use healthy_upstream::health::{EventKind, Level, Outage, OutageEvent, OutageKind, Update};
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId};
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::outage_since as outage;
use crate::notifier_harness::minutes;

const SUBSCRIBERS: Audience = Audience::Subscribers;

/// A case that can be changed: an outage of the Web API since nine, announced a minute after it began.
struct Situation {
    kind: EventKind,
    then: Outage,
    newest: Outage,
    audience: Audience,
    subscription: Subscription,
    log: NotificationLogEntry,
    /// When the bot knew; `None` means a minute after it began.
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

    /// The start was posted in the channel.
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

    /// The outage changed, and this is announced.
    fn changed(&mut self, kind: EventKind) {
        self.newest.revision += 1;
        self.then = self.newest.clone();
        self.kind = kind;
    }

    /// The outage is over, and this is announced.
    fn over(&mut self) {
        let now = self.now;
        (self.newest.until, self.newest.level) = (Some(now), Level::Up);
        for hit in self.newest.services.values_mut() {
            (hit.until, hit.level) = (Some(now), Level::Up);
        }
        self.changed(EventKind::Ended);
    }

    fn with_input<T>(&self, then: impl FnOnce(&PlanInput<'_>) -> T) -> T {
        let at = self.known.unwrap_or(self.now.min(self.newest.since + minutes(1)));
        let event = OutageEvent { at, kind: self.kind.clone(), outage: self.then.clone(), why: Vec::new() };
        then(&PlanInput {
            event: &event,
            audience: &self.audience,
            newest: &self.newest,
            subscription: &self.subscription,
            log: &self.log,
            now: self.now,
        })
    }

    fn plan(&self) -> Plan {
        self.with_input(|input| plan(input, &PlanPolicy::new("spotify".into())))
    }

    /// Posts the planned message, so that the channel's log has it.
    fn posts(&mut self) {
        let plan = self.plan();
        let [Action::Post(planned)] = &plan.acts[..] else { panic!("one post: {:?}", plan.acts) };
        self.log = self.with_input(|input| posted_after(input, planned, &plan.view, None));
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
        says(new(), |it| {
            (it.newest.level, it.newest.worst) = (Level::Degraded, Level::Degraded);
            it.then = it.newest.clone();
        }),
        says(new(), |it| {
            it.newest.level = Level::Degraded; // by now; it was an outage when it was announced
            it.subscription.since = it.newest.since + SignedDuration::from_secs(45);
        }),
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
        Start: it began
        nothing: it affects none of this channel's services
        nothing: muted here before it was posted
        Ongoing: subscribed while it goes on: the state is posted once
        Ongoing: subscribed while it goes on: the state is posted once
        Start: a preview
        Start: it now affects what this channel subscribed to
        Flapping: it is flapping, and its start was not posted
        Start: it began"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn change_is_planned_per_mode_and_filter() {
    let announced = Situation::announced;
    let rows = [
        says(announced(), |_| ()),
        says(announced(), |it| it.log.revision = it.newest.revision),
        says(announced(), |it| it.subscription.mode = UpdateMode::Posts),
        says(announced(), |it| it.subscription.mode = UpdateMode::Thread),
        says(announced(), |it| it.log.level = Level::Degraded),
        says(announced(), |it| it.log.services.clear()),
        says(announced(), |it| {
            it.log.services.clear();
            it.subscription.events = EventFilter { worse: false, ..EventFilter::default() };
        }),
        says(announced(), |it| {
            it.log.services.clear();
            it.subscription.acknowledged = [it.newest.id.clone()].into();
        }),
        says(announced(), |it| it.log.end = Some(MessageId(8))),
        says(announced(), |it| it.log.level = Level::Maintenance),
        says(announced(), |it| {
            it.newest.flapping = true;
            it.changed(EventKind::Flapping);
        }),
        says(announced(), |it| {
            it.newest.flapping = true;
            it.log.flapping = Some(MessageId(9));
        }),
        says(announced(), |it| (it.log.flapping, it.log.start) = (Some(MessageId(9)), None)),
        says(announced(), |it| (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true)),
        says(announced(), |it| it.audience = Audience::Reminder(1)),
        says(announced(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.reminders = 1;
        }),
        says(announced(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.last = Some(it.now);
        }),
        says(announced(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.log.flapping = Some(MessageId(9));
        }),
        says(announced(), |it| {
            (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
            it.newest.flapping = true;
        }),
    ];
    expect_test::expect![[r#"
        EditStart: it changed: the post is updated
        nothing: already posted
        Change(PageSpoke) quiet: it changed: each change is a message here
        Change(PageSpoke) quiet, EditStart: it changed: posted in its thread
        Worse quiet, EditStart: it got worse, or affected another service
        Worse quiet, EditStart: it got worse, or affected another service
        EditStart: it got worse, but that is off here
        EditStart: muted here: only its end is posted
        Again quiet, EditStart: it was over here and failed again
        Start: it now affects what this channel subscribed to
        Flapping quiet, EditStart: it is flapping: from now on one message shows the count
        EditFlapping: it is flapping: one message shows the count
        EditStart: it changed: the post is updated
        Reminder(1) quiet: it still goes on
        nothing: reminders are off here
        nothing: reminded already
        nothing: something was posted here a moment ago
        Reminder(1) quiet: it still goes on
        nothing: it is flapping: one message shows the count"#]]
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
        CameAndWent: it began and ended before this channel was notified: one message for both
        nothing: it was over before this channel subscribed
        nothing: it was not bad enough for this channel
        nothing: it is over: posted with its end, which is pending too
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
    let under_way = || {
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
        says(under_way(), end),
        says(work(), end),
    ];
    expect_test::expect![[r#"
        WorkStart quiet: announced work began
        nothing: maintenance is off here
        WorkEnd quiet: announced work ended
        nothing: the work is over and its start was not posted here"#]]
    .assert_eq(&rows.join("\n"));
}

/// The edit that would have said "degraded" was skipped. The reminder said it, so "down" is news again.
#[test]
fn worsening_is_posted_after_a_milder_reminder() {
    let mut it = Situation::announced();
    it.newest.level = Level::Degraded;
    it.changed(EventKind::Updated(Update::Better));
    (it.audience, it.subscription.reminders) = (Audience::Reminder(1), true);
    it.now = it.newest.since + minutes(180);
    it.posts();
    it.newest.level = Level::Outage;
    it.changed(EventKind::Updated(Update::Worse));
    it.audience = SUBSCRIBERS;
    assert!(it.says().starts_with("Worse"), "{}", it.says());
}
