//! Wires the parts, runs them side by side, and stops them cleanly.
//!
//! Four loops: the watcher looks and judges, the notifier tells, the desk answers, the caretaker tidies. The same app runs
//! on the real Spotify and Discord, in the demo, and in every test.

mod admission;
mod clock_persistence;
mod facts;
mod gateway_events;
mod image_cache;
mod interactions;
mod mutations;
mod paste_admission;
mod rate_limit_holds;
mod recent_answers;
pub mod registration;
mod responses;
mod shared_limits;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::CommandLimits;
use crate::discord::{Discord, Incoming};
use crate::faq::Faq;
use crate::health::{Detector, Policy, ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::lease_manager::{Leadership, LeaseManager};
use crate::metrics::Metrics;
use crate::notifier::{self, Notifier, OperatorEvent};
use crate::probe::Source;
use crate::store::{Store, StoreError};
use crate::throttle::{Jitter, Throttle};
use crate::watcher::{self, Watcher, stopped};
use interactions::InteractionService;

pub use shared_limits::StoreSharedLimits;

/// How often what has had its time is forgotten.
const TIDY_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// How long a notifier's claim is its own where others share the store: what a copy had claimed when it died goes out after
/// this. Nothing is sent with less than 15 s of it left.
const SHARED_CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// How long the parts may take to park what they hold; then they are dropped. SIGTERM gives 10 s in all.
const PARK_WITHIN: SignedDuration = SignedDuration::from_secs(8);

/// What an app is made of.
pub struct Deps {
    /// The clock of every part.
    pub clock: Clock,
    /// Where things are kept.
    pub store: Arc<dyn Store>,
    /// Discord, or its simulator.
    pub discord: Arc<dyn Discord>,
    /// What comes in from it.
    pub incoming: mpsc::Receiver<Incoming>,
    /// The sources to look at.
    pub sources: Vec<Arc<dyn Source>>,
    /// What keeps many bots from looking at the same instant.
    pub jitter: Jitter,
    pub catalog: Arc<ServiceCatalog>,
    /// When we believe what.
    pub policy: Policy,
    /// The FAQ; a new one may be put in its place while the app runs.
    pub faq: watch::Receiver<Arc<Faq>>,
    /// Budgets and bans of the hosts that are checked.
    pub throttle: Arc<Throttle>,
    /// What one server and one person may ask.
    pub limits: CommandLimits,
    /// The language of posts where a server has none.
    pub language: Language,
    /// Where the operator hears what the notifier had to give up; none: in the log alone.
    pub operator_events: Option<mpsc::Sender<OperatorEvent>>,
    pub metrics: Metrics,
    /// Questions without an answer keep their text, redacted.
    pub collect_questions: bool,
    /// This copy's hand in the roles that the copies on its store share out.
    pub roles: LeaseManager,
}

/// A running app. Dropped, it stops at once as if the process had been killed; [`App::stop`] parks first.
pub struct App {
    clock: Clock,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Option<String>>,
    snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    duty: Leadership,
    fatal: watch::Receiver<Option<String>>,
}

impl App {
    /// Reads what is remembered and starts the loops.
    pub async fn start(parts: Deps) -> Result<Self, StoreError> {
        let Deps {
            clock,
            store,
            discord,
            incoming,
            sources,
            jitter,
            catalog,
            policy,
            faq,
            throttle,
            limits,
            language,
            metrics,
            ..
        } = parts;
        let roles = parts.roles;
        clock_persistence::resume(&clock, &*store).await?;
        // First the lead, then what is remembered: nobody else changes it from there on.
        let (recent_answers, duty) = roles.clone().stand_for_duty().await?;
        let remembered = store.load_state().await?;
        let detector = match &remembered.state {
            Some(state) => {
                let state = serde_json::from_slice(state).map_err(|e| {
                    StoreError::Damaged(format!("the tracker in the store cannot be read: {e}"))
                })?;
                Detector::resume((*catalog).clone(), policy, state)
            }
            None => Detector::new((*catalog).clone(), policy),
        };
        // Earlier versions counted everybody under one salt. Nothing is hashed under it any more.
        store.put_meta("salt", None).await?;
        rate_limit_holds::restore(&*store, &throttle).await?;
        let (stop, stopping) = watch::channel(false);
        let (snapshot_out, snapshot) = watch::channel(Arc::new(detector.snapshot(clock.now())));
        let (reports_out, reports) = watch::channel(0);
        let (fatal_out, fatal) = watch::channel(None);
        let mut tasks = JoinSet::new();

        let alone = notifier::NotifierOptions::new(&catalog);
        let options = notifier::NotifierOptions {
            images: Some(snapshot.clone()),
            events: parts.operator_events,
            metrics: metrics.clone(),
            duty: Some(duty.clone()),
            language,
            lease: if store.is_shared() { SHARED_CLAIM } else { alone.lease },
            ..alone
        };
        let notifier = Notifier::new(
            Arc::clone(&store),
            Arc::clone(&discord),
            clock.clone(),
            Arc::clone(&catalog),
            options,
        );
        let pending: Arc<dyn Fn() + Send + Sync> = {
            let notifier = notifier.clone();
            Arc::new(move || notifier.nudge())
        };
        let stopped = stopping.clone();
        tasks.spawn(async move { notifier.run(stopped).await.err().map(|refused| refused.to_string()) });

        let watcher = Watcher::new(watcher::Deps {
            clock: clock.clone(),
            store: Arc::clone(&store),
            detector,
            duty: duty.clone(),
            sources,
            jitter,
            snapshot: snapshot_out,
            pending: Arc::clone(&pending),
            metrics: metrics.clone(),
        });
        // The lead is given back only when what was judged is kept.
        tasks.spawn(none(recent_answers.stand(watcher.run(reports, stopping.clone()))));

        let interactions = Arc::new(InteractionService::new(interactions::Deps {
            clock: clock.clone(),
            store: Arc::clone(&store),
            discord,
            catalog,
            faq,
            snapshot: snapshot.clone(),
            throttle: Arc::clone(&throttle),
            limits,
            language,
            metrics,
            pending,
            reports: reports_out,
            fatal: fatal_out,
            collect_questions: parts.collect_questions,
        }));
        tasks.spawn(none(Arc::clone(&interactions).serve(incoming, stopping.clone())));
        tasks.spawn(none(interactions.count_people(stopping.clone())));
        tasks.spawn(none(rate_limit_holds::share(
            Arc::clone(&store),
            throttle,
            duty.clone(),
            clock.clone(),
            stopping.clone(),
        )));
        tasks.spawn(none(clock_persistence::note(clock.clone(), Arc::clone(&store), stopping.clone())));
        tasks.spawn(none(until(stopping, tidy_on_duty(clock.clone(), store, duty.clone()))));
        Ok(Self { clock, stop, tasks, snapshot, duty, fatal })
    }

    /// What is believed now, and every newer picture.
    pub fn snapshot(&self) -> watch::Receiver<Arc<StatusSnapshot>> {
        self.snapshot.clone()
    }

    /// Whether this copy is the one that does what only one may do.
    pub fn duty(&self) -> Leadership {
        self.duty.clone()
    }

    /// Waits until the app cannot go on, and says why: Discord refuses it for good, or one of its loops broke.
    pub async fn broken(&mut self) -> String {
        tokio::select! {
            fatal = self.fatal.wait_for(Option::is_some) => {
                fatal.ok().and_then(|f| f.clone()).unwrap_or_else(|| "the desk is closed".to_owned())
            }
            ended = self.tasks.join_next() => match ended {
                Some(Err(e)) => format!("a part of the bot broke: {e}"),
                Some(Ok(Some(why))) => why,
                _ => "a part of the bot ended by itself".to_owned(),
            },
        }
    }

    /// Stops taking commands, parks what is owed, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let clock = self.clock.clone();
        let parked = clock.timeout(PARK_WITHIN, async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(e) = ended {
                    tracing::error!(error = %e, "a part of the bot broke while it stopped");
                }
            }
        });
        if parked.await.is_none() {
            tracing::warn!(
                "not everything was parked in time; what is owed is in the store and goes on at the next start"
            );
        }
    }
}

/// A loop that ends only when it is told to, and so has no reason to give.
async fn none(run: impl Future<Output = ()>) -> Option<String> {
    run.await;
    None
}

/// Forgets what has had its time, forever; only one copy does.
async fn tidy_on_duty(clock: Clock, store: Arc<dyn Store>, duty: Leadership) {
    duty.during(|| tidy(&clock, &*store)).await;
}

async fn tidy(clock: &Clock, store: &dyn Store) {
    loop {
        clock.sleep(TIDY_EVERY).await;
        loop {
            match store.gc(clock.now()).await {
                Ok(0) => break,
                Ok(gone) => tracing::debug!(gone, "forgot what has had its time"),
                Err(error) => {
                    tracing::warn!(%error, "could not tidy the store");
                    break;
                }
            }
        }
    }
}

/// Does something until it is time to stop; it is dropped wherever it stands.
async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = work => {}
    }
}
