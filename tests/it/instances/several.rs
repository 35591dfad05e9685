//! Copies of the bot, each with a line of its own to the store that they share.

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
use crate::world::{at, bot, posted_once};

pub(crate) struct Several {
    pub(crate) clock: Clock,
    pub(crate) spotify: ScriptedSpotify,
    pub(crate) discord: Simulator,
    memory: MemoryStore,
    /// Set when a step was kept although another copy led by then.
    stale: Arc<AtomicBool>,
    instances: Vec<One>,
    /// Which copy answers people: the one whose shard the server is of.
    answers: watch::Sender<usize>,
    doors: watch::Sender<Vec<mpsc::Sender<Incoming>>>,
    hall: JoinHandle<()>,
}

/// One of them, or its place while it is dead.
struct One {
    app: Option<App>,
    /// The time of its machine, which may be wrong.
    clock: Clock,
    metrics: Metrics,
    line: watch::Sender<State>,
}

impl Several {
    /// It is 08:55, Spotify is well, and so many copies have just started, one after the other.
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

    /// A copy starts, again.
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

    /// From now on the time of a copy's machine is wrong, by so much more.
    pub(crate) fn is_wrong_by(&self, instance: usize, by: SignedDuration) {
        self.instances[instance].clock.set(by);
    }

    /// SIGKILL.
    pub(crate) fn dies(&mut self, instance: usize) {
        self.instances[instance].app = None;
    }

    /// SIGTERM.
    pub(crate) async fn stops(&mut self, instance: usize) {
        if let Some(app) = self.instances[instance].app.take() {
            app.stop().await;
        }
    }

    /// From now on a copy's line to the store is so.
    pub(crate) fn line(&self, instance: usize, state: State) {
        self.instances[instance].line.send_replace(state);
    }

    /// From now on every copy's line is so: the store itself.
    pub(crate) fn store_is(&self, state: State) {
        for instance in 0..self.instances.len() {
            self.line(instance, state);
        }
    }

    /// Which copies believe that they lead.
    pub(crate) fn leaders(&self) -> Vec<usize> {
        let leads = |one: &One| one.app.as_ref().is_some_and(|app| app.duty().leads());
        (0..self.instances.len()).filter(|instance| leads(&self.instances[*instance])).collect()
    }

    /// Which copies surely lead, by their own reckoning.
    pub(crate) fn surely_lead(&self) -> usize {
        self.instances.iter().filter(|one| one.app.as_ref().is_some_and(|app| app.duty().is_ours())).count()
    }

    /// Whether a step was kept although another copy led by then.
    pub(crate) fn committed_while_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst)
    }

    /// How often a copy looked at anything since it started.
    pub(crate) fn probes_of(&self, instance: usize) -> u64 {
        let printed = self.instances[instance].metrics.print();
        let probes = printed.lines().filter(|line| line.starts_with("healthy_upstream_probes_total"));
        probes.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// How many deliveries a copy made since it started.
    pub(crate) fn deliveries_of(&self, instance: usize) -> u64 {
        let printed = self.instances[instance].metrics.print();
        let delivered = "healthy_upstream_deliveries_total{outcome=\"delivered\"}";
        let line = printed.lines().find(|line| line.starts_with(delivered));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// The store as one more copy would see it, whatever lines are cut.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.memory.beside().expect("shared"))
    }

    /// You ask; this copy answers. The first lines of what you read.
    pub(crate) async fn asks(&self, instance: usize, text: &str) -> String {
        self.answers.send_replace(instance);
        match self.discord.you().types("#help", text).await {
            Ok(InteractionResponse::Reply(reply)) => reply.message.text,
            other => format!("{other:?}"),
        }
    }

    /// You subscribe a channel, with good defaults.
    pub(crate) async fn subscribes(&self, channel: &str) {
        self.discord.channel("#help");
        self.discord.channel(channel);
        let said = self.asks(0, &format!("/alerts subscribe channel:{channel}")).await;
        assert!(said.starts_with("✅"), "{said}");
    }

    /// Lets time pass until `clock_persistence` of the day.
    pub(crate) async fn run_until(&mut self, time: &str) {
        let until = at(time);
        assert!(until >= self.clock.now(), "{time} is over");
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
            why = any => panic!("a copy broke: {why}"),
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
        assert!(!self.committed_while_stale(), "who led before changes nothing any more");
    }
}
