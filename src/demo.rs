//! The demo: the whole bot on a scripted Spotify and a simulated Discord, without token and network.
//!
//! It runs the real app on test doubles. First it plays a story: a channel is subscribed, an outage starts and is posted with its
//! evidence, members ask, the outage ends. Then people may type `/commands` themselves.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::app::{App, Deps};
use crate::clock::Clock;
use crate::cluster::LeaseManager;
use crate::commands;
use crate::config::{Config, ConfigError};
use crate::discord::simulator::Simulator;
use crate::discord::{Discord, DiscordError};
use crate::faq::Faq;
use crate::metrics::Metrics;
use crate::probe::{ProbeIntervals, ScriptedSpotify, SourcesError, Transport, sources};
use crate::store::{MemoryStore, Store, StoreError};
use crate::throttle::{Jitter, Throttle};

/// When the demo starts, on its own clock.
pub const BEGINS: &str = "2025-04-16T12:16:00Z";

/// How often new messages are printed, on the demo's clock.
const PRINT_EVERY: SignedDuration = SignedDuration::from_secs(3);

/// How long people wait for an answer, on the demo's clock: three seconds of real time at the usual speed.
const TIMEOUTS: SignedDuration = SignedDuration::from_mins(3);

/// What people do in the story, and when.
const STORY: &[(&str, &str, &str)] = &[
    ("12:16:10", "#status", "/alerts subscribe channel:#status"),
    ("12:17:00", "#help", "/status"),
    ("12:22:30", "#help", "/status"),
    ("12:22:50", "#help", "press Notify me when it's back"),
    ("12:23:20", "#help", "/faq question:why does spotify say no healthy upstream"),
    ("12:34:00", "#help", "/outages"),
];

/// When the story ends.
const ENDS: &str = "12:34:30";

/// Why the demo cannot run: a bug in the bot or the demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The built-in configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Sources(#[from] SourcesError),
    /// The store in memory.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Discord(#[from] DiscordError),
    /// A user in the story got no answer.
    #[error("{asked}: {why}")]
    Unanswered {
        /// What was typed or pressed.
        asked: String,
        why: String,
    },
}

/// The demo: an app, its doubles, and how much was printed so far.
pub struct Demo {
    clock: Clock,
    discord: Simulator,
    app: App,
    printed: usize,
}

impl Demo {
    /// Starts the bot against Spotify's script: 503s from 12:20 to 12:30, and a status page that posts at 12:27.
    pub async fn start(clock: Clock) -> Result<Self, DemoError> {
        let config = Config::read("demo", "location = \"Frankfurt\"", &[], &[])?;
        let (specs, catalog) = config.watched()?;
        let spotify = ScriptedSpotify::new(&clock);
        spotify.from("12:20:05").until("12:30:00").answers(503, "no healthy upstream");
        spotify
            .page()
            .opens("12:27:00", "Issues with the Web API", "major", &["Web API"])
            .resolves("12:33:00", "This incident has been resolved.");
        let throttle = Arc::new(Throttle::new(clock.clone()));
        let transport: Arc<dyn Transport> = Arc::new(spotify);
        let sources = sources(&specs, &ProbeIntervals::default(), None, &transport, &clock, &throttle)?;

        let discord = Simulator::new(clock.clone());
        // The demo's clock runs faster than real time, but people wait in real time.
        discord.arrange(|model| model.timeouts = TIMEOUTS);
        discord.channel("#status");
        discord.channel("#help");
        discord.register(&commands::specs(), None).await?;
        let (_, faq) = watch::channel(Faq::builtin());
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open()?);
        let roles = LeaseManager::new(store.clone(), clock.clone(), config.lease)?;
        let parts = Deps {
            clock: clock.clone(),
            store,
            incoming: discord.incoming(64),
            discord: Arc::new(discord.clone()),
            sources: sources.into_iter().map(Arc::from).collect(),
            jitter: Jitter::none(), // the story is the same every time
            catalog: Arc::new(catalog),
            policy: config.checks.policy,
            faq,
            throttle,
            limits: config.limits,
            language: config.language,
            operator_events: None,
            metrics: Metrics::default(),
            collect_questions: false,
            paste_steps: crate::faq::fuel::PASTE,
            roles,
        };
        let app = App::start(parts).await?;
        Ok(Self { clock, discord, app, printed: 0 })
    }

    /// Plays the story, printing what people see as it comes.
    pub async fn play(&mut self, print: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
        for (time, channel, what) in STORY {
            self.pass_until(at(time), print).await;
            self.does(channel, what, print).await?;
        }
        self.pass_until(at(ENDS), print).await;
        Ok(())
    }

    /// A user in `channel` types `/…`, or presses a button: `press Refresh`. Prints what they see.
    pub async fn does(
        &mut self,
        channel: &str,
        what: &str,
        print: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), DemoError> {
        let done = match what.strip_prefix("press ") {
            Some(button) => self.discord.presses(channel, button).await,
            None => self.discord.types(channel, what).await,
        };
        self.print_new(print);
        done.map(drop).map_err(|why| DemoError::Unanswered { asked: what.to_owned(), why })
    }

    /// Lets time pass, printing what people see meanwhile.
    pub async fn pass_until(&mut self, until: Timestamp, print: &mut (dyn FnMut(&str) + Send)) {
        while self.clock.now() < until {
            self.clock.sleep_until(until.min(self.clock.now() + PRINT_EVERY)).await;
            self.print_new(print);
        }
    }

    /// Lets a moment pass, printing what people see meanwhile.
    pub async fn pass(&mut self, print: &mut (dyn FnMut(&str) + Send)) {
        self.clock.sleep(PRINT_EVERY).await;
        self.print_new(print);
    }

    fn print_new(&mut self, print: &mut (dyn FnMut(&str) + Send)) {
        let (said, printed) = self.discord.transcript_since(self.printed);
        self.printed = printed;
        if !said.is_empty() {
            print(said.trim_end());
        }
    }

    /// Shuts the bot down gracefully.
    pub async fn stop(self) {
        self.app.stop().await;
    }
}

/// An instant of the demo's day.
fn at(time: &str) -> Timestamp {
    // cannot fail: the times are constants above, and a test plays the story
    format!("{}T{time}Z", &BEGINS[..10]).parse().unwrap_or(Timestamp::MAX)
}
