//! Several instances of the bot, each with its own connection to the shared store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{pending, select_all};
use healthy_upstream::app::App;
use healthy_upstream::clock::Clock;
use healthy_upstream::commands;
use healthy_upstream::discord::simulator::Simulator;
use healthy_upstream::discord::{Discord, Incoming, InteractionResponse};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::probe::ScriptedSpotify;
use healthy_upstream::store::{MemoryStore, Store};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::faulty_connection::{Crowd, Line, State};
use crate::fixtures::at;
use crate::world::{bot, posted_once};

pub(crate) struct Several {
    pub(crate) clock: Clock,
    pub(crate) spotify: ScriptedSpotify,
    pub(crate) discord: Simulator,
    memory: MemoryStore,
    /// Set when a step was stored although another instance was already the leader.
    stale: Arc<AtomicBool>,
    instances: Vec<One>,
    /// Which instance answers people: the one that holds the shard of the server.
    answers: watch::Sender<usize>,
    doors: watch::Sender<Vec<mpsc::Sender<Incoming>>>,
    hall: JoinHandle<()>,
}

/// One instance, or its slot while it is dead.
struct One {
    app: Option<App>,
    /// The clock of its machine, which may be wrong.
    clock: Clock,
    metrics: Metrics,
    line: watch::Sender<State>,
}

impl Several {
    /// Starts this many instances, one after the other, at 08:55 with a healthy Spotify.
    pub(crate) async fn new(instances: usize) -> Self {
        let clock = Clock::owned(at("08:55"));
        let discord = Simulator::new(clock.clone());
        discord.register(&commands::specs(), None).await.expect("the commands are taken");
        let (answers, who) = watch::channel(0);
        let (doors, behind) = watch::channel(Vec::<mpsc::Sender<Incoming>>::new());
        let mut incoming = discord.incoming(1_000);
        let hall = tokio::spawn(async move {
            while let Some(next) = incoming.recv().await {
                let admission = behind.borrow().get(*who.borrow()).cloned();
                if let Some(admission) = admission {
                    let _ = admission.send(next).await;
                }
            }
        });
        let spotify = ScriptedSpotify::new(&clock);
        let memory = MemoryStore::default();
        let stale = Arc::default();
        let empty = Vec::new();
        let mut several =
            Self { clock, spotify, discord, memory, stale, instances: empty, answers, doors, hall };
        for _ in 0..instances {
            let (line, _) = watch::channel(State::Well);
            let clock = Clock::owned(several.clock.now());
            several.instances.push(One { app: None, clock, metrics: Metrics::default(), line });
            several.doors.send_modify(|doors| doors.push(mpsc::channel(1).0));
            several.starts(several.instances.len() - 1).await;
        }
        several
    }

    /// Starts an instance, also again.
    pub(crate) async fn starts(&mut self, instance: usize) {
        let one = &mut self.instances[instance];
        one.metrics = Metrics::default();
        one.line.send_replace(State::Well);
        let store = Arc::new(self.memory.beside().expect("shared"));
        let (state, clock) = (one.line.subscribe(), self.clock.clone());
        let tells_time = true;
        let line =
            Line { store, state, clock, tells_time, stale: Arc::clone(&self.stale), crowd: Crowd::default() };
        let (admission, incoming) = mpsc::channel(1_000);
        self.doors.send_modify(|doors| doors[instance] = admission);
        let mut parts = bot(&one.clock, &self.spotify, &self.discord, Arc::new(line), incoming);
        parts.metrics = one.metrics.clone();
        one.app = Some(App::start(parts).await.expect("it starts"));
    }

    /// Moves the clock of an instance's machine by `by`.
    pub(crate) fn is_wrong_by(&self, instance: usize, by: SignedDuration) {
        self.instances[instance].clock.set(by);
    }

    /// Kills an instance, as SIGKILL does.
    pub(crate) fn dies(&mut self, instance: usize) {
        self.instances[instance].app = None;
    }

    /// Stops an instance, as SIGTERM does.
    pub(crate) async fn stops(&mut self, instance: usize) {
        if let Some(app) = self.instances[instance].app.take() {
            app.stop().await;
        }
    }

    /// Sets the state of an instance's connection to the store.
    pub(crate) fn line(&self, instance: usize, state: State) {
        self.instances[instance].line.send_replace(state);
    }

    /// Sets the state of every connection, as a fault of the store itself does.
    pub(crate) fn store_is(&self, state: State) {
        for instance in 0..self.instances.len() {
            self.line(instance, state);
        }
    }

    /// Returns the instances that believe they lead.
    pub(crate) fn leaders(&self) -> Vec<usize> {
        let leads = |one: &One| one.app.as_ref().is_some_and(|app| app.leadership().leads());
        (0..self.instances.len()).filter(|instance| leads(&self.instances[*instance])).collect()
    }

    /// Returns how many instances are sure to lead, by their own clock and lease.
    pub(crate) fn surely_lead(&self) -> usize {
        self.instances
            .iter()
            .filter(|one| one.app.as_ref().is_some_and(|app| app.leadership().is_ours()))
            .count()
    }

    /// Whether a step was stored although another instance was already the leader.
    pub(crate) fn committed_while_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst)
    }

    /// Returns the probes that an instance has made since it started.
    pub(crate) fn probes_of(&self, instance: usize) -> u64 {
        let printed = self.instances[instance].metrics.print();
        let probes = printed.lines().filter(|line| line.starts_with("healthy_upstream_probes_total"));
        probes.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Returns the deliveries that an instance has made since it started.
    pub(crate) fn deliveries_of(&self, instance: usize) -> u64 {
        let printed = self.instances[instance].metrics.print();
        let delivered = "healthy_upstream_deliveries_total{outcome=\"delivered\"}";
        let line = printed.lines().find(|line| line.starts_with(delivered));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// Opens the store as one more instance would, with a healthy connection.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.memory.beside().expect("shared"))
    }

    /// Types a command that this instance answers. Returns the text of the answer.
    pub(crate) async fn asks(&self, instance: usize, text: &str) -> String {
        self.answers.send_replace(instance);
        match self.discord.you().types("#help", text).await {
            Ok(InteractionResponse::Reply(reply)) => reply.message.text,
            other => format!("{other:?}"),
        }
    }

    /// Subscribes a channel with the defaults.
    pub(crate) async fn subscribes(&self, channel: &str) {
        self.discord.channel("#help");
        self.discord.channel(channel);
        let said = self.asks(0, &format!("/alerts subscribe channel:{channel}")).await;
        assert!(said.starts_with("✅"), "{said}");
    }

    /// Lets time pass until this time of the day.
    pub(crate) async fn run_until(&mut self, time: &str) {
        let until = at(time);
        assert!(until >= self.clock.now(), "{time} has passed already");
        self.run_to(until).await;
    }

    pub(crate) async fn run_to(&mut self, until: jiff::Timestamp) {
        let clock = self.clock.clone();
        let apps = self.instances.iter_mut().filter_map(|one| one.app.as_mut());
        let mut broken: Vec<_> = apps.map(|app| Box::pin(app.broken())).collect();
        let any = async {
            if broken.is_empty() {
                pending::<()>().await;
            }
            select_all(broken.iter_mut()).await.0
        };
        tokio::select! {
            biased;
            why = any => panic!("an instance broke: {why}"),
            () = clock.sleep_until(until) => {}
        }
    }
}

impl Drop for Several {
    fn drop(&mut self) {
        self.hall.abort();
        if std::thread::panicking() {
            eprintln!("--- what everybody read\n{}", self.discord.transcript_in_full());
            return;
        }
        posted_once(&self.discord);
        assert!(!self.committed_while_stale(), "a former leader stores nothing");
    }
}
