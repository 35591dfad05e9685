//! A running notifier: a store whose contents outlive it, a simulated Discord, a clock, and an outage that the test controls.

use std::sync::Arc;

use healthy_upstream::alerts::{Audience, ChannelKind, Reason, Subscription, SubscriptionEdit};
use healthy_upstream::clock::Clock;
use healthy_upstream::discord::simulator::{SimulatedChannel, Simulator};
use healthy_upstream::health::{
    EventKind, IncidentState, Level, Outage, OutageEvent, PageReport, ServiceName, ServiceView,
    StatusSnapshot, Update,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use healthy_upstream::notifier::{Notifier, NotifierOptions, NotifierStats, OperatorEvent, Unauthorized};
use healthy_upstream::store::{Committed, EditResult, MemoryStore, Store, WatcherStep};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::fixtures::{catalog, failure, impact, outage_since};

/// A running notifier with its surroundings.
pub(crate) struct Newsroom {
    pub(crate) clock: Clock,
    pub(crate) discord: Simulator,
    pub(crate) store: Arc<dyn Store>,
    memory: MemoryStore,
    /// Other instances of the bot work on the same store.
    shared: bool,
    /// One per instance; `None` for a dead one.
    running: Vec<Option<Running>>,
    alerts: (mpsc::Sender<OperatorEvent>, mpsc::Receiver<OperatorEvent>),
    pictures: watch::Sender<Arc<StatusSnapshot>>,
    asked: u64,
    /// The default language of posts, from the next start on.
    pub(crate) language: Language,
    /// The outage as last announced.
    pub(crate) outage: Outage,
}

struct Running {
    notifier: Notifier,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), Unauthorized>>,
}

pub(crate) fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

pub(crate) fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

impl Newsroom {
    /// It is nine o'clock, nobody is subscribed, and the notifier runs.
    pub(crate) fn new() -> Self {
        Self::with(&healthy_upstream::store::StoreOptions::default())
    }

    /// The same on a store with these options.
    pub(crate) fn with(options: &healthy_upstream::store::StoreOptions) -> Self {
        Self::of(1, options)
    }

    /// Runs this many instances of the bot on one store.
    pub(crate) fn of_several(instances: usize) -> Self {
        Self::of(instances, &healthy_upstream::store::StoreOptions::default())
    }

    fn of(instances: usize, options: &healthy_upstream::store::StoreOptions) -> Self {
        let clock = Clock::owned("2025-04-16T09:00:00Z".parse().expect("an instant"));
        let memory = MemoryStore::with(options);
        let shared = instances > 1;
        let store: Arc<dyn Store> = if shared {
            Arc::new(memory.beside().expect("empty contents open"))
        } else {
            Arc::new(memory.open().expect("empty contents open"))
        };
        let discord = Simulator::new(clock.clone());
        let outage = outage_since(clock.now());
        let alerts = mpsc::channel(1000);
        let pictures = watch::Sender::new(Arc::new(snapshot(clock.now(), Level::Up)));
        let mut room = Self {
            clock,
            discord,
            store,
            memory,
            shared,
            running: Vec::new(),
            alerts,
            pictures,
            asked: 0,
            language: Language::ENGLISH,
            outage,
        };
        room.running.resize_with(instances, || None);
        for instance in 0..instances {
            room.starts(instance);
        }
        room
    }

    /// Starts an instance.
    fn starts(&mut self, instance: usize) {
        let store = if self.shared {
            Arc::new(self.memory.beside().expect("shared contents open"))
        } else {
            Arc::clone(&self.store)
        };
        let catalog = Arc::new(catalog());
        let mut options = NotifierOptions::new(&catalog);
        options.events = Some(self.alerts.0.clone());
        options.images = Some(self.pictures.subscribe());
        options.language = self.language;
        let notifier =
            Notifier::new(store, Arc::new(self.discord.clone()), self.clock.clone(), catalog, options);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn({
            let notifier = notifier.clone();
            async move { notifier.run(stopped).await }
        });
        self.running[instance] = Some(Running { notifier, stop, task });
    }

    /// The process dies at this instant, whatever it was doing. Nothing runs until [`Newsroom::restarts`].
    pub(crate) async fn crashes(&mut self) {
        for running in &mut self.running {
            if let Some(running) = running.take() {
                running.task.abort();
                let _ = running.task.await;
            }
        }
    }

    /// New processes on the same contents.
    pub(crate) fn restarts(&mut self) {
        if !self.shared {
            self.store = Arc::new(self.memory.open().expect("the contents open again"));
        }
        for instance in 0..self.running.len() {
            self.starts(instance);
        }
    }

    /// Whether nothing runs.
    pub(crate) fn is_dead(&self) -> bool {
        self.running.iter().all(Option::is_none)
    }

    /// New processes, if nothing runs.
    pub(crate) fn restarts_if_dead(&mut self) {
        if self.is_dead() {
            self.restarts();
        }
    }

    /// Stops the notifier in order.
    pub(crate) async fn stops(&mut self) -> Result<(), Unauthorized> {
        let running = self.running[0].take().expect("a running notifier");
        running.stop.send_replace(true);
        running.task.await.expect("no panic")
    }

    /// Waits until the notifier ends without being stopped, and returns its result.
    pub(crate) async fn ends_by_itself(&mut self) -> Result<(), Unauthorized> {
        self.running[0].take().expect("a running notifier").task.await.expect("no panic")
    }

    pub(crate) fn stats(&self) -> Arc<NotifierStats> {
        self.running[0].as_ref().expect("a running notifier").notifier.stats()
    }

    fn nudge(&self) {
        for running in self.running.iter().flatten() {
            running.notifier.nudge();
        }
    }

    /// Lets time pass.
    pub(crate) async fn passes(&self, span: SignedDuration) {
        self.clock.sleep(span).await;
    }

    /// Returns the operator events since the last call.
    pub(crate) fn heard(&mut self) -> Vec<OperatorEvent> {
        std::iter::from_fn(|| self.alerts.1.try_recv().ok()).collect()
    }

    /// A person requests a change.
    pub(crate) async fn changes(&mut self, change: SubscriptionEdit) -> EditResult {
        self.asked += 1;
        let (asked, now) = (InteractionId(self.asked), self.clock.now());
        let changed = self.store.change(&change, asked, now).await.expect("saved");
        self.nudge();
        changed
    }

    /// A channel subscribes with good defaults, changed as wanted.
    pub(crate) async fn subscribes(
        &mut self,
        channel: &SimulatedChannel,
        wanted: impl FnOnce(&mut Subscription),
    ) {
        let mut subscription = Subscription::new(channel.guild, channel.id, self.clock.now());
        wanted(&mut subscription);
        assert_eq!(self.changes(SubscriptionEdit::Subscribe(Box::new(subscription))).await, EditResult::Now);
    }

    /// A text channel that is subscribed to everything with good defaults.
    pub(crate) async fn subscribed(&mut self, name: &str) -> SimulatedChannel {
        let channel = self.discord.channel(name);
        self.subscribes(&channel, |_| ()).await;
        channel
    }

    /// Subscribes this many hundreds of channels, a hundred per server.
    pub(crate) async fn hundreds(&mut self, hundreds: usize) -> Vec<SimulatedChannel> {
        let mut channels = Vec::new();
        for server in 0..hundreds {
            let guild = self.discord.server(&format!("Server {server}"));
            for nth in 0..100 {
                let kind = healthy_upstream::discord::simulator::rules::RulesChannelKind::Text;
                let channel = self.discord.channel_of_kind(guild, &format!("#ops-{nth}"), kind);
                self.subscribes(&channel, |_| ()).await;
                channels.push(channel);
            }
        }
        channels
    }

    /// The watcher commits an event of the outage as it now is.
    pub(crate) async fn tells(&mut self, kind: EventKind) {
        self.announces_to(kind, Audience::Subscribers).await;
    }

    pub(crate) async fn announces_to(&mut self, kind: EventKind, audience: Audience) {
        self.outage.revision += 1;
        let event = self.event(kind);
        let step = WatcherStep {
            state: Vec::new(),
            outages: vec![self.outage.clone()],
            events: vec![(event, audience)],
        };
        let lease = SignedDuration::from_secs(10);
        let lead = self.store.acquire_lease("watch", "the newsroom", lease, self.clock.now()).await;
        let fence = lead.expect("an answer").expect("nobody else leads");
        assert_eq!(self.store.commit(&step, &fence).await, Ok(Committed::Stored));
        self.nudge();
    }

    pub(crate) fn event(&self, kind: EventKind) -> OutageEvent {
        OutageEvent { at: self.clock.now(), kind, outage: self.outage.clone(), why: Vec::new() }
    }

    /// The Web API has failed since a moment ago, and this is announced.
    pub(crate) async fn breaks(&mut self) {
        self.outage = outage_since(self.clock.now() - seconds(45));
        self.tells(EventKind::Started).await;
    }

    /// The Web API has been at this level since a moment ago, and this is announced.
    pub(crate) async fn begins_at(&mut self, level: Level) {
        self.outage = outage_since(self.clock.now() - seconds(45));
        (self.outage.level, self.outage.worst) = (level, level);
        for hit in self.outage.services.values_mut() {
            (hit.level, hit.worst) = (level, level);
        }
        self.tells(EventKind::Started).await;
    }

    /// Another service fails now too.
    pub(crate) async fn spreads_to(&mut self, service: &str) {
        let now = self.clock.now();
        self.outage.services.insert(service.into(), impact(now, Level::Outage, failure()));
        self.tells(EventKind::Updated(Update::ServiceAffected(vec![service.into()]))).await;
    }

    /// A service is back, others are not.
    pub(crate) async fn brings_back(&mut self, service: &str) {
        let now = self.clock.now();
        let name = ServiceName::from(service);
        let hit = self.outage.services.get_mut(&name).expect("a service that fails");
        (hit.level, hit.until) = (Level::Up, Some(now));
        self.tells(EventKind::Updated(Update::ServiceRecovered(vec![name]))).await;
    }

    /// Its level changes.
    pub(crate) async fn becomes(&mut self, level: Level, update: Update) {
        (self.outage.level, self.outage.worst) = (level, self.outage.worst.max(level));
        for hit in self.outage.services.values_mut().filter(|hit| hit.until.is_none()) {
            (hit.level, hit.worst) = (level, hit.worst.max(level));
        }
        self.tells(EventKind::Updated(update)).await;
    }

    /// A service that was back fails again.
    pub(crate) async fn fails_again(&mut self, service: &str) {
        let name = ServiceName::from(service);
        let hit = self.outage.services.get_mut(&name).expect("a service that was back");
        (hit.level, hit.until) = (Level::Outage, None);
        self.outage.until = None;
        self.tells(EventKind::Updated(Update::ServiceAffected(vec![name]))).await;
    }

    /// The outage came and went this many times, and is announced as one that flaps.
    pub(crate) async fn flaps(&mut self, times: u32) {
        self.outage.flaps = times;
        let first = !std::mem::replace(&mut self.outage.flapping, true);
        self.tells(if first { EventKind::Flapping } else { EventKind::Updated(Update::FlapCount) }).await;
    }

    /// The outage no longer flaps: it lasts.
    pub(crate) async fn stays(&mut self) {
        self.outage.flapping = false;
        self.tells(EventKind::Updated(Update::FlapCount)).await;
    }

    /// The page says something.
    pub(crate) async fn page_speaks(&mut self) {
        let now = self.clock.now();
        let first_said = self.outage.page.first().map_or(now, |voice| voice.first_said);
        self.outage.page = vec![PageReport {
            incident: "incident".to_owned(),
            name: "Something is wrong".to_owned(),
            state: IncidentState::Investigating,
            text: format!("We look into it since {now}."),
            first_said,
            last_said: now,
            closed: None,
            withdrawn: false,
            link: None,
        }];
        self.tells(EventKind::Updated(Update::PageSpoke)).await;
    }

    /// It is over.
    pub(crate) async fn mends(&mut self) {
        let now = self.clock.now();
        (self.outage.level, self.outage.until, self.outage.flapping) = (Level::Up, Some(now), false);
        for hit in self.outage.services.values_mut() {
            (hit.level, hit.until) = (Level::Up, hit.until.or(Some(now)));
        }
        self.tells(EventKind::Ended).await;
    }

    /// It was over and goes on.
    pub(crate) async fn breaks_again(&mut self) {
        (self.outage.level, self.outage.until) = (Level::Outage, None);
        for hit in self.outage.services.values_mut() {
            (hit.level, hit.until) = (Level::Outage, None);
        }
        self.tells(EventKind::Updated(Update::Reopened)).await;
    }

    /// Somebody presses "Notify me when it's back".
    pub(crate) async fn asks(
        &mut self,
        person: UserId,
        channel: &SimulatedChannel,
        message: Option<MessageId>,
    ) {
        let change = SubscriptionEdit::NotifyOnRecovery {
            outage: self.outage.id.clone(),
            person,
            guild: Some(channel.guild),
            channel: channel.id,
            message,
            direct: false,
            language: "en".to_owned(),
        };
        self.changes(change).await;
    }

    /// Somebody whose Discord speaks this language presses it in their conversation with the bot.
    pub(crate) async fn asks_in_person(&mut self, person: UserId, channel: ChannelId, language: &str) {
        let change = SubscriptionEdit::NotifyOnRecovery {
            outage: self.outage.id.clone(),
            person,
            guild: None,
            channel,
            message: None,
            direct: true,
            language: language.to_owned(),
        };
        self.changes(change).await;
    }

    /// The watcher publishes a snapshot in which the Web API is at this level.
    pub(crate) fn sees(&self, level: Level) {
        self.pictures.send_replace(Arc::new(snapshot(self.clock.now(), level)));
    }

    /// Pending and failed deliveries in the home server.
    pub(crate) async fn undelivered(&self) -> Vec<(ChannelId, Option<Reason>, bool)> {
        self.undelivered_in(self.discord.home()).await
    }

    pub(crate) async fn undelivered_in(&self, guild: GuildId) -> Vec<(ChannelId, Option<Reason>, bool)> {
        let pending = self.store.undelivered(guild, 1000).await.expect("readable");
        pending.into_iter().map(|it| (it.channel, it.last_error, it.given_up.is_some())).collect()
    }
}

/// A snapshot with the Web API at this level, just checked.
fn snapshot(at: Timestamp, level: Level) -> StatusSnapshot {
    let service = ServiceView {
        name: "web-api".into(),
        display: "Web API".to_owned(),
        level,
        since: None,
        checked_at: Some(at),
        took: None,
        good_share: None,
        failure: None,
        reasons: Vec::new(),
    };
    StatusSnapshot {
        at,
        display: "Spotify".to_owned(),
        location: "Frankfurt".to_owned(),
        services: vec![service],
        sources: Vec::new(),
        page: None,
        open: Vec::new(),
        answered: Some(at),
        own_network_down_since: None,
        reports: 0,
        next_check: None,
        interval: None,
    }
}

/// Sets a subscription's kind of channel.
pub(crate) fn in_a(channel_kind: ChannelKind) -> impl FnOnce(&mut Subscription) {
    move |subscription| subscription.channel_kind = channel_kind
}
