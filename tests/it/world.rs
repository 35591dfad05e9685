//! A world: an app, a scripted Spotify, a simulated Discord, and a clock that the test owns.
//!
//! A test states a situation, lets time pass, and reads what people saw. When a world goes away it checks what must always
//! hold: nothing pending and unexplained, at most one start and one end of each outage in a channel, no request of Discord's
//! refused, no loop broken.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use healthy_upstream::app::{App, Deps};
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::commands;
use healthy_upstream::config::Config;
use healthy_upstream::discord::simulator::{Simulator, TranscriptChange, TranscriptEntry};
use healthy_upstream::discord::{Discord, Incoming, InteractionResponse};
use healthy_upstream::faq::Faq;
use healthy_upstream::ids::ChannelId;
use healthy_upstream::metrics::Metrics;
use healthy_upstream::probe::{ProbeIntervals, ScriptedSpotify, Transport, sources};
use healthy_upstream::store::{MemoryStore, Outbox as _, Store, StoreOptions};
use healthy_upstream::throttle::{Jitter, Throttle};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

use crate::fixtures::at;
use crate::instances::faulty_connection::{Crowd, Line, State};

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) spotify: ScriptedSpotify,
    pub(crate) discord: Simulator,
    /// The disk on which the store lies: as quick as memory unless the test says otherwise.
    pub(crate) disk: watch::Sender<State>,
    /// How many ask it the same at once.
    pub(crate) crowd: Crowd,
    memory: MemoryStore,
    /// The clock of the machine that the bot runs on, as the process has it that runs there.
    machine: Clock,
    app: Option<App>,
    /// Set if a test ends with pending deliveries on purpose.
    pub(crate) ends_in_the_middle: bool,
    /// How many requests Discord may have refused: above zero only if a test takes a permission away.
    pub(crate) may_be_refused: usize,
    /// The steps that reading one paste may take, from the next start on.
    pub(crate) paste_steps: u64,
}

impl World {
    /// It is 08:55, Spotify is healthy, and the bot has just started.
    pub(crate) async fn new() -> Self {
        Self::with(&StoreOptions::default()).await
    }

    /// The same, on a store with these options.
    pub(crate) async fn with(options: &StoreOptions) -> Self {
        let clock = Clock::owned(at("08:55"));
        let mut world = Self {
            spotify: ScriptedSpotify::new(&clock),
            discord: Simulator::new(clock.clone()),
            disk: watch::Sender::new(State::Well),
            crowd: Crowd::default(),
            memory: MemoryStore::with(options),
            machine: clock.clone(),
            clock,
            app: None,
            ends_in_the_middle: false,
            may_be_refused: 0,
            paste_steps: healthy_upstream::faq::fuel::PASTE,
        };
        world.start().await;
        world
    }

    /// Starts the bot on what is stored.
    pub(crate) async fn start(&mut self) {
        let incoming = self.discord.incoming(1_000);
        let mut parts = bot(&self.machine, &self.spotify, &self.discord, self.store(), incoming);
        parts.paste_steps = self.paste_steps;
        self.discord.register(&commands::specs(), None).await.expect("the commands are taken");
        self.app = Some(App::start(parts).await.expect("the app starts"));
    }

    /// The stored data, as the next instance of the bot would open it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        let store = Arc::new(self.memory.open().expect("nobody else has it open"));
        let (state, clock) = (self.disk.subscribe(), self.machine.clone());
        let crowd = self.crowd.clone();
        Arc::new(Line { store, state, clock, tells_time: false, stale: Arc::default(), crowd })
    }

    /// What is stored, to read it while the bot goes on with it.
    pub(crate) fn reads(&self) -> Arc<dyn Store> {
        Arc::new(self.memory.beside().expect("it opens"))
    }

    /// The process is stopped in order, and started again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// The process is killed, and the machine's time is set back by `by` before it starts again. Probes are stamped by that
    /// machine, so Spotify's responses from here on depend on the time that the bot shows.
    pub(crate) fn crash_and_set_the_machine_back(&mut self, by: SignedDuration) {
        self.crash();
        self.machine = Clock::owned(self.clock.now() - by);
        self.spotify = ScriptedSpotify::new(&self.machine);
    }

    /// The process is stopped in order.
    pub(crate) async fn stop(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
    }

    /// The process is killed at this very instant.
    pub(crate) fn crash(&mut self) {
        self.app = None;
    }

    /// Lets time pass until `clock_persistence` of the day.
    pub(crate) async fn run_until(&mut self, time: &str) {
        let until = at(time);
        assert!(until >= self.clock.now(), "{time} is over");
        match &mut self.app {
            Some(app) => tokio::select! {
                biased;
                why = app.broken() => panic!("the bot broke: {why}"),
                () = self.clock.sleep_until(until) => {}
            },
            None => self.clock.sleep_until(until).await,
        }
    }

    /// You subscribe a channel as a moderator does, with good defaults.
    pub(crate) async fn subscribes(&self, channel: &str) {
        self.discord.channel(channel);
        let answer = self.discord.you().types(channel, &format!("/alerts subscribe channel:{channel}")).await;
        assert!(matches!(answer, Ok(InteractionResponse::Reply(_))), "{answer:?}");
    }

    /// Everything that was said, whole, with what each invoker alone could read.
    pub(crate) fn all_of_it(&self) -> String {
        self.discord
            .transcript_in_full()
            .lines()
            .fold(String::new(), |all, line| all + line.trim_end() + "\n")
    }

    /// What everybody read in the channels, answers left out: the first line of each post.
    pub(crate) fn posts(&self) -> String {
        self.discord.transcript()
    }
}

/// The parts of a bot that probes this Spotify and talks to this Discord.
pub(crate) fn bot(
    clock: &Clock,
    spotify: &ScriptedSpotify,
    discord: &Simulator,
    store: Arc<dyn Store>,
    incoming: mpsc::Receiver<Incoming>,
) -> Deps {
    let config = Config::default_for_tests();
    let (specs, catalog) = config.watched().expect("the built-in catalog");
    let throttle = Arc::new(Throttle::new(clock.clone()));
    let transport: Arc<dyn Transport> = Arc::new(spotify.clone());
    let probes =
        sources(&specs, &ProbeIntervals::default(), None, &transport, clock, &throttle).expect("the sources");
    let (_, faq) = watch::channel(Faq::builtin());
    let roles = LeaseManager::new(store.clone(), clock.clone(), config.lease).expect("a name");
    Deps {
        clock: clock.clone(),
        store,
        discord: Arc::new(discord.clone()),
        incoming,
        sources: probes.into_iter().map(Arc::from).collect(),
        jitter: Jitter::none(),
        catalog: Arc::new(catalog),
        policy: config.checks.policy.clone(),
        faq,
        throttle,
        limits: config.limits.clone(),
        language: config.language,
        operator_events: None,
        metrics: Metrics::default(),
        collect_questions: false,
        paste_steps: healthy_upstream::faq::fuel::PASTE,
        roles,
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what everybody read\n{}", self.discord.transcript_in_full());
            return;
        }
        self.holds();
    }
}

impl World {
    /// What must always hold.
    fn holds(&self) {
        posted_once_despite(&self.discord, self.may_be_refused);
        // The store in memory answers at once.
        let due = self.memory.open().ok().and_then(|store| store.next_due().now_or_never());
        if let (false, Some(Ok(Some(due)))) = (self.ends_in_the_middle, due) {
            assert!(due > self.clock.now(), "a delivery has been due since {due} without a known reason");
        }
    }
}

/// At most one start and one end of each outage in a channel, and no request of Discord's refused.
pub(crate) fn posted_once(discord: &Simulator) {
    posted_once_despite(discord, 0);
}

/// The same, if a test made Discord refuse some requests.
fn posted_once_despite(discord: &Simulator, may_be_refused: usize) {
    // An outage that came back within a quarter of an hour is the same one, and ends once more; the same holds for one that is
    // announced as flapping from then on.
    let goes_on = |entry: &TranscriptEntry| {
        let posted = matches!(entry.what, TranscriptChange::Posted(_));
        posted && (entry.text.contains("fails again") || entry.text.contains("/flapping"))
    };
    let again = discord.entries().iter().filter(|entry| goes_on(entry)).count();
    for ((channel, marker), times) in announced(discord) {
        let most = if marker.ends_with("/end") { 1 + again } else { 1 };
        assert!(times <= most, "{channel} got {marker} {times} times");
    }
    let refused = discord.invalid_requests();
    assert!(refused <= may_be_refused, "Discord refused {refused} requests of ours");
}

/// How often each start and end of an outage was posted in each channel, by its marker; edits and previews are not posts.
pub(crate) fn announced(discord: &Simulator) -> BTreeMap<(ChannelId, String), usize> {
    let parent = |id: ChannelId| discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let mut counts = BTreeMap::new();
    for entry in discord.entries() {
        let is_post = match entry.what {
            TranscriptChange::Posted(_) => true,
            // A thread that begins on a post repeats it; in a forum it is the post.
            TranscriptChange::Thread(_) => parent(entry.channel).is_some(),
            _ => false,
        };
        let marker = entry.text.lines().rev().find_map(|line| line.strip_prefix("-# "));
        let marker = marker.and_then(|facts| facts.rsplit(" · ").next()).unwrap_or_default();
        if is_post && (marker.ends_with("/start") || marker.ends_with("/end")) {
            let channel = parent(entry.channel).unwrap_or(entry.channel);
            *counts.entry((channel, marker.to_owned())).or_default() += 1;
        }
    }
    counts
}
