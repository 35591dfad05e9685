//! Builds the parts, runs them side by side, and stops them cleanly.
//!
//! Four loops: the watcher probes and assesses, the notifier posts, the interaction service answers, and the garbage
//! collection removes expired data. The same app runs on the real Spotify and Discord, in the demo, and in every test.

mod clock_persistence;
mod gateway_events;
pub mod registration;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::{Clock, stopped};
use crate::cluster::{Leadership, LeaseManager, rate_limit_holds};
use crate::config::CommandLimits;
use crate::discord::{Discord, Incoming};
use crate::faq::SharedFaq;
use crate::health::{Detector, Policy, ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::interactions::{self, InteractionService};
use crate::metrics::Metrics;
use crate::notifier::{self, Notifier, OperatorEvent};
use crate::probe::Source;
use crate::store::{Meta, Store, StoreError};
use crate::throttle::{Jitter, Throttle};
use crate::watcher::{self, Watcher};
use gateway_events::GatewayEvents;

/// How often expired data is removed.
const TIDY_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Lease of a notifier's claim on a shared store. What an instance had claimed when it died is sent after this time. Nothing
/// is sent with less than 15 s of it left.
const SHARED_CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// How long the parts may take to store their work; then they are dropped. SIGTERM gives 10 s in all.
const PARK_WITHIN: SignedDuration = SignedDuration::from_secs(8);

/// The dependencies of an [`App`].
pub struct Deps {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    pub discord: Arc<dyn Discord>,
    /// What Discord sends.
    pub incoming: mpsc::Receiver<Incoming>,
    pub sources: Vec<Arc<dyn Source>>,
    /// Keeps many bots from probing at the same instant.
    pub jitter: Jitter,
    pub catalog: Arc<ServiceCatalog>,
    pub policy: Policy,
    /// The FAQ; a new one may replace it while the app runs.
    pub faq: watch::Receiver<SharedFaq>,
    /// Request budgets and rate-limit holds of the hosts that are checked.
    pub throttle: Arc<Throttle>,
    /// How often one server and one user may use commands.
    pub limits: CommandLimits,
    /// The language of posts in a server that has set none.
    pub language: Language,
    /// Receives what the notifier had to give up; if `None`, only the log has it.
    pub operator_events: Option<mpsc::Sender<OperatorEvent>>,
    pub metrics: Metrics,
    /// Whether unanswered questions are stored with their redacted text.
    pub collect_questions: bool,
    /// The steps that reading one paste may take.
    pub paste_steps: u64,
    /// This instance's part in the leases that all instances on its store share.
    pub roles: LeaseManager,
}

/// A running app. Dropping it stops it at once, as if the process had been killed; [`App::stop`] stores its work first.
pub struct App {
    clock: Clock,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Option<String>>,
    snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    leadership: Leadership,
    fatal: watch::Receiver<Option<String>>,
}

impl App {
    /// Loads the stored state and starts the loops.
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
        // The lease comes before the state: from then on, no other instance changes the state.
        let (recent_answers, leadership) = roles.clone().campaign().await?;
        let remembered = store.load_state().await?;
        let detector = match &remembered.state {
            Some(state) => {
                let state = serde_json::from_slice(state).map_err(|e| {
                    StoreError::Damaged(format!("the detector state in the store cannot be read: {e}"))
                })?;
                Detector::resume((*catalog).clone(), policy, state)
            }
            None => Detector::new((*catalog).clone(), policy),
        };
        // Earlier versions hashed all user ids with one salt. Nothing uses it any longer.
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
            leadership: Some(leadership.clone()),
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
            leadership: leadership.clone(),
            sources,
            jitter,
            snapshot: snapshot_out,
            pending: Arc::clone(&pending),
            metrics: metrics.clone(),
        });
        // The lease is released only after the assessed state is stored.
        tasks.spawn(none(recent_answers.stand(watcher.run(reports, stopping.clone()))));

        let events = GatewayEvents {
            clock: clock.clone(),
            store: Arc::clone(&store),
            discord: Arc::clone(&discord),
            metrics: metrics.clone(),
            fatal: fatal_out.clone(),
        };
        let (on_event, saving) = events.start(stopping.clone());
        tasks.spawn(none(saving));
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
            paste_steps: parts.paste_steps,
        }));
        tasks.spawn(none(Arc::clone(&interactions).serve(incoming, on_event, stopping.clone())));
        tasks.spawn(none(interactions.count_people(stopping.clone())));
        tasks.spawn(none(rate_limit_holds::share(
            store.clone(),
            throttle,
            leadership.clone(),
            clock.clone(),
            stopping.clone(),
        )));
        tasks.spawn(none(clock_persistence::note(clock.clone(), Arc::clone(&store), stopping.clone())));
        tasks.spawn(none(until(stopping, tidy_while_leader(clock.clone(), store, leadership.clone()))));
        Ok(Self { clock, stop, tasks, snapshot, leadership, fatal })
    }

    /// Returns a receiver of the current status snapshot and of every newer one.
    pub fn snapshot(&self) -> watch::Receiver<Arc<StatusSnapshot>> {
        self.snapshot.clone()
    }

    /// Returns this instance's leadership: whether it does the work that only one instance may do.
    pub fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Waits until the app cannot go on, and returns the reason: Discord refuses it for good, or one of its loops failed.
    pub async fn broken(&mut self) -> String {
        tokio::select! {
            fatal = self.fatal.wait_for(Option::is_some) => {
                fatal.ok().and_then(|f| f.clone()).unwrap_or_else(|| "the interaction service has ended".to_owned())
            }
            ended = self.tasks.join_next() => match ended {
                Some(Err(e)) => format!("a task of the bot failed: {e}"),
                Some(Ok(Some(why))) => why,
                _ => "a task of the bot ended unexpectedly".to_owned(),
            },
        }
    }

    /// Stops accepting commands, stores unfinished work, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let clock = self.clock.clone();
        let parked = clock.timeout(PARK_WITHIN, async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(e) = ended {
                    tracing::error!(error = %e, "a task of the bot failed while it stopped");
                }
            }
        });
        if parked.await.is_none() {
            tracing::warn!(
                "not all work was stored in time; pending deliveries are in the store and go on at the next start"
            );
        }
    }
}

/// Adapts a loop that ends only when it is stopped, and so has no reason to report.
async fn none(run: impl Future<Output = ()>) -> Option<String> {
    run.await;
    None
}

/// Removes expired data forever, on the leading instance only.
async fn tidy_while_leader(clock: Clock, store: Arc<dyn Meta>, leadership: Leadership) {
    leadership.during(|| tidy(&clock, &*store)).await;
}

async fn tidy(clock: &Clock, store: &dyn Meta) {
    loop {
        clock.sleep(TIDY_EVERY).await;
        loop {
            match store.gc(clock.now()).await {
                Ok(0) => break,
                Ok(gone) => tracing::debug!(gone, "removed expired data"),
                Err(error) => {
                    tracing::warn!(%error, "expired data could not be removed");
                    break;
                }
            }
        }
    }
}

/// Runs `work` until `stop` turns true; then drops it, wherever it is.
async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = work => {}
    }
}
