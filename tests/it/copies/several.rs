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

use super::line::{Crowd, Line, State};
use crate::world::{at, bot, told_once};

pub(crate) struct Several {
    pub(crate) clock: Clock,
    pub(crate) spotify: ScriptedSpotify,
    pub(crate) discord: Simulator,
    memory: MemoryStore,
    /// Set when a step was kept although another copy led by then.
    stale: Arc<AtomicBool>,
    copies: Vec<One>,
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
    vitals: Metrics,
    line: watch::Sender<State>,
}

impl Several {
    /// It is 08:55, Spotify is well, and so many copies have just started, one after the other.
    pub(crate) async fn new(copies: usize) -> Self {
        let clock = Clock::owned(at("08:55"));
        let discord = Simulator::new(clock.clone());
        discord.register(&commands::specs(), None).await.expect("the commands are taken");
        let (answers, who) = watch::channel(0);
        let (doors, behind) = watch::channel(Vec::<mpsc::Sender<Incoming>>::new());
        let mut incoming = discord.incoming(1_000);
        let hall = tokio::spawn(async move {
            while let Some(next) = incoming.recv().await {
                let door = behind.borrow().get(*who.borrow()).cloned();
                if let Some(door) = door {
                    let _ = door.send(next).await;
                }
            }
        });
        let spotify = ScriptedSpotify::new(&clock);
        let memory = MemoryStore::default();
        let stale = Arc::default();
        let empty = Vec::new();
        let mut several =
            Self { clock, spotify, discord, memory, stale, copies: empty, answers, doors, hall };
        for _ in 0..copies {
            let (line, _) = watch::channel(State::Well);
            let clock = Clock::owned(several.clock.now());
            several.copies.push(One { app: None, clock, vitals: Metrics::default(), line });
            several.doors.send_modify(|doors| doors.push(mpsc::channel(1).0));
            several.starts(several.copies.len() - 1).await;
        }
        several
    }

    /// A copy starts, again.
    pub(crate) async fn starts(&mut self, copy: usize) {
        let one = &mut self.copies[copy];
        one.vitals = Metrics::default();
        one.line.send_replace(State::Well);
        let store = Arc::new(self.memory.beside().expect("shared"));
        let (state, clock) = (one.line.subscribe(), self.clock.clone());
        let tells_time = true;
        let line =
            Line { store, state, clock, tells_time, stale: Arc::clone(&self.stale), crowd: Crowd::default() };
        let (door, incoming) = mpsc::channel(1_000);
        self.doors.send_modify(|doors| doors[copy] = door);
        let mut parts = bot(&one.clock, &self.spotify, &self.discord, Arc::new(line), incoming);
        parts.metrics = one.vitals.clone();
        one.app = Some(App::start(parts).await.expect("it starts"));
    }

    /// From now on the time of a copy's machine is wrong, by so much more.
    pub(crate) fn is_wrong_by(&self, copy: usize, by: SignedDuration) {
        self.copies[copy].clock.set(by);
    }

    /// SIGKILL.
    pub(crate) fn dies(&mut self, copy: usize) {
        self.copies[copy].app = None;
    }

    /// SIGTERM.
    pub(crate) async fn stops(&mut self, copy: usize) {
        if let Some(app) = self.copies[copy].app.take() {
            app.stop().await;
        }
    }

    /// From now on a copy's line to the store is so.
    pub(crate) fn line(&self, copy: usize, state: State) {
        self.copies[copy].line.send_replace(state);
    }

    /// From now on every copy's line is so: the store itself.
    pub(crate) fn store_is(&self, state: State) {
        for copy in 0..self.copies.len() {
            self.line(copy, state);
        }
    }

    /// Which copies believe that they lead.
    pub(crate) fn leaders(&self) -> Vec<usize> {
        let leads = |one: &One| one.app.as_ref().is_some_and(|app| app.duty().leads());
        (0..self.copies.len()).filter(|copy| leads(&self.copies[*copy])).collect()
    }

    /// Which copies surely lead, by their own reckoning.
    pub(crate) fn surely_lead(&self) -> usize {
        self.copies.iter().filter(|one| one.app.as_ref().is_some_and(|app| app.duty().is_ours())).count()
    }

    /// Whether a step was kept although another copy led by then.
    pub(crate) fn kept_what_is_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst)
    }

    /// How often a copy looked at anything since it started.
    pub(crate) fn looks_of(&self, copy: usize) -> u64 {
        let printed = self.copies[copy].vitals.print();
        let looks = printed.lines().filter(|line| line.starts_with("healthy_upstream_probes_total"));
        looks.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// How many deliveries a copy made since it started.
    pub(crate) fn deliveries_of(&self, copy: usize) -> u64 {
        let printed = self.copies[copy].vitals.print();
        let delivered = "healthy_upstream_deliveries_total{outcome=\"delivered\"}";
        let line = printed.lines().find(|line| line.starts_with(delivered));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// The store as one more copy would see it, whatever lines are cut.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.memory.beside().expect("shared"))
    }

    /// You ask; this copy answers. The first lines of what you read.
    pub(crate) async fn asks(&self, copy: usize, text: &str) -> String {
        self.answers.send_replace(copy);
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
        let apps = self.copies.iter_mut().filter_map(|one| one.app.as_mut());
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
        told_once(&self.discord);
        assert!(!self.kept_what_is_stale(), "who led before changes nothing any more");
    }
}
