//! Wires the parts, runs them side by side, and stops them cleanly.
//!
//! Four loops: the watcher looks and judges, the courier tells, the desk answers, the caretaker tidies. The same app runs
//! on the real Spotify and Discord, in the demo, and in every test.
//!
//! Never: no decision of the domain; it only carries what one part gives to the next.

mod desk;
mod facts;
mod gallery;
mod standing;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::Limits;
use crate::courier::{self, Courier, OperatorNotice};
use crate::discord::{Discord, Incoming};
use crate::faq::Handbook;
use crate::health::{Judge, Picture, Policy, Profile};
use crate::spotify::Source;
use crate::store::{Store, StoreError};
use crate::throttle::{Allowance, Ban, Cooldowns, Throttle};
use crate::vitals::Vitals;
use crate::watcher::{Watcher, stopped};
use desk::Desk;

/// How often what has had its time is forgotten.
const TIDY_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// How long the lead in watching is held: as long as the process lives, where nobody else shares the store.
const LEAD: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long the parts may take to park what they hold; then they are dropped. SIGTERM gives 10 s in all.
const PARK_WITHIN: SignedDuration = SignedDuration::from_secs(8);

/// What an app is made of.
pub struct Parts {
    /// The clock of every part.
    pub clock: Clock,
    /// Where things are kept.
    pub store: Arc<dyn Store>,
    /// Discord, or its rehearsal.
    pub discord: Arc<dyn Discord>,
    /// What comes in from it.
    pub incoming: mpsc::Receiver<Incoming>,
    /// The sources to look at.
    pub sources: Vec<Arc<dyn Source>>,
    /// What is watched.
    pub profile: Arc<Profile>,
    /// When we believe what.
    pub policy: Policy,
    /// The handbook; a new one may be put in its place while the app runs.
    pub handbook: watch::Receiver<Arc<Handbook>>,
    /// Budgets and bans of the hosts that are looked at.
    pub throttle: Arc<Throttle>,
    /// What one server and one person may ask.
    pub limits: Limits,
    /// Where the operator hears what the courier had to give up; none: in the log alone.
    pub notices: Option<mpsc::Sender<OperatorNotice>>,
    /// What is counted.
    pub vitals: Vitals,
    /// Questions without an answer keep their text, redacted.
    pub collect_questions: bool,
}

/// A running app. Dropped, it stops at once as if the process had been killed; [`App::stop`] parks first.
pub struct App {
    clock: Clock,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Option<String>>,
    picture: watch::Receiver<Arc<Picture>>,
    fatal: watch::Receiver<Option<String>>,
}

impl App {
    /// Reads what is remembered and starts the loops.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let Parts {
            clock,
            store,
            discord,
            incoming,
            sources,
            profile,
            policy,
            handbook,
            throttle,
            limits,
            vitals,
            ..
        } = parts;
        let fence = store.lead(Watcher::ROLE, &holder()?, LEAD, clock.now()).await?;
        let fence =
            fence.ok_or_else(|| StoreError::InUse("another copy of the bot watches already".to_owned()))?;
        let remembered = store.recall().await?;
        let judge = match &remembered.tracker {
            Some(tracker) => {
                let tracker = serde_json::from_slice(tracker).map_err(|e| {
                    StoreError::Damaged(format!("the tracker in the store cannot be read: {e}"))
                })?;
                Judge::resume((*profile).clone(), policy, tracker)
            }
            None => Judge::new((*profile).clone(), policy),
        };
        let salt = salt(&*store).await?;
        restore_bans(&*store, &throttle).await?;
        let (stop, stopping) = watch::channel(false);
        let (picture_out, picture) = watch::channel(Arc::new(judge.picture(clock.now())));
        let (reports_out, reports) = watch::channel(0);
        let (fatal_out, fatal) = watch::channel(None);
        let mut tasks = JoinSet::new();

        let options = courier::Options {
            pictures: Some(picture.clone()),
            notices: parts.notices,
            vitals: vitals.clone(),
            ..courier::Options::new(&profile)
        };
        let courier = Courier::new(
            Arc::clone(&store),
            Arc::clone(&discord),
            clock.clone(),
            Arc::clone(&profile),
            options,
        );
        let owed: Arc<dyn Fn() + Send + Sync> = {
            let courier = courier.clone();
            Arc::new(move || courier.nudge())
        };
        let stopped = stopping.clone();
        tasks.spawn(async move { courier.run(stopped).await.err().map(|refused| refused.to_string()) });

        let watcher = Watcher::new(
            clock.clone(),
            (Arc::clone(&store), fence),
            judge,
            sources,
            picture_out,
            Arc::clone(&owed),
            vitals.clone(),
        );
        tasks.spawn(none(watcher.run(reports, stopping.clone())));

        let desk = Arc::new(Desk::new(desk::Parts {
            clock: clock.clone(),
            store: Arc::clone(&store),
            discord,
            profile,
            handbook,
            picture: picture.clone(),
            cooldowns: cooldowns(&clock, &limits),
            throttle: Arc::clone(&throttle),
            limits,
            vitals,
            salt,
            owed,
            reports: reports_out,
            fatal: fatal_out,
            collect_questions: parts.collect_questions,
        }));
        tasks.spawn(none(Arc::clone(&desk).serve(incoming, stopping.clone())));
        tasks.spawn(none(desk.count_people(stopping.clone())));
        tasks.spawn(none(keep_bans(Arc::clone(&store), throttle, stopping.clone())));
        tasks.spawn(none(tidy(clock.clone(), store, stopping)));
        Ok(Self { clock, stop, tasks, picture, fatal })
    }

    /// What is believed now, and every newer picture.
    pub fn picture(&self) -> watch::Receiver<Arc<Picture>> {
        self.picture.clone()
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

/// Forgets what has had its time.
async fn tidy(clock: Clock, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = clock.sleep(TIDY_EVERY) => {}
        }
        loop {
            match store.tidy(clock.now()).await {
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

/// A name for this process that no other has.
fn holder() -> Result<String, StoreError> {
    let mut name = [0; 8];
    getrandom::fill(&mut name)
        .map_err(|e| StoreError::Away(format!("the system gives no randomness: {e}")))?;
    Ok(format!("{:016x}", u64::from_be_bytes(name)))
}

/// The salt under which people are counted: made once, kept, and worth nothing without the store.
async fn salt(store: &dyn Store) -> Result<[u8; 16], StoreError> {
    const NAME: &str = "salt";
    if let Some(salt) = store.kept(NAME).await?.and_then(|kept| kept.try_into().ok()) {
        return Ok(salt);
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|e| StoreError::Away(format!("the system gives no randomness: {e}")))?;
    store.keep(NAME, Some(&salt)).await?;
    Ok(salt)
}

/// The name under which bans are kept.
const BANS: &str = "bans";

/// Takes in the bans of the last run: a ban of a day outlives a restart.
async fn restore_bans(store: &dyn Store, throttle: &Throttle) -> Result<(), StoreError> {
    let Some(kept) = store.kept(BANS).await? else { return Ok(()) };
    match serde_json::from_slice::<Vec<Ban>>(&kept) {
        Ok(bans) => throttle.import(bans),
        Err(e) => tracing::warn!(error = %e, "the kept bans cannot be read; they are forgotten"),
    }
    Ok(())
}

/// Keeps every ban as it is given.
async fn keep_bans(store: Arc<dyn Store>, throttle: Arc<Throttle>, mut stop: watch::Receiver<bool>) {
    let mut told = throttle.watch_bans();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            changed = told.changed() => if changed.is_err() { return },
        }
        let bans = told.borrow_and_update().clone();
        for ban in &bans {
            tracing::warn!(host = ban.host, source = ban.source, until = %ban.until, why = ban.why, "banned");
        }
        // cannot fail: a ban is strings and an instant
        let kept = serde_json::to_vec(&bans).unwrap_or_default();
        if let Err(error) = store.keep(BANS, Some(&kept)).await {
            tracing::error!(%error, "a ban could not be kept; it does not outlive a restart");
        }
    }
}

fn cooldowns(clock: &Clock, limits: &Limits) -> Cooldowns {
    let allowance = |rate: crate::config::Rate| Allowance::new(rate.count, rate.within);
    Cooldowns::new(clock, allowance(limits.per_person), allowance(limits.per_server))
}
