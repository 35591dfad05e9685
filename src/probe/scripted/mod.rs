//! The scripted Spotify: a test double that ships, behind the same transport as the real one.
//!
//! It returns raw exchanges, which pass through the real classifiers. Every service is up unless the script says
//! otherwise:
//!
//! ```
//! # use healthy_upstream::{clock::Clock, probe::ScriptedSpotify};
//! # let clock = Clock::owned("2025-04-16T08:00:00Z".parse().unwrap());
//! let spotify = ScriptedSpotify::new(&clock);
//! spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");
//! spotify.from("09:00").until("09:07").on(&["accounts"]).times_out();
//! spotify.page().opens("09:05", "Web API is down", "critical", &["Web API"]).resolves("09:12", "It is back.");
//! ```

mod page;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use page::{PageScript, ScriptedIncident};

use super::exchange::{Exchange, ExchangeOutcome, HttpResponse, TransportError, TransportFailure};
use super::transport::{ProbeRequest, Transport};
use crate::clock::Clock;
use crate::health::SourceName;

/// How long a healthy response takes.
const USUALLY: SignedDuration = SignedDuration::from_millis(40);
/// The source of a stretch that names none.
const USUAL_SOURCE: &str = "web-api";
/// How long a request to a Spotify that hangs waits, as the real transport does by default.
const GIVES_UP: SignedDuration = SignedDuration::from_secs(8);

/// A Spotify that follows a script, on its clock. Cheap to clone; clones share the script.
#[derive(Clone, Debug)]
pub struct ScriptedSpotify {
    clock: Clock,
    day: Date,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    stretches: Vec<Stretch>,
    page: page::ScriptedPages,
    asked: u64,
    /// The latest requests: source and time.
    askings: VecDeque<(SourceName, Timestamp)>,
}

/// How many requests are stored: enough for an afternoon of scripts, and a demo that is left running stays small.
const ASKINGS: usize = 10_000;

#[derive(Clone, Debug)]
struct Stretch {
    from: Timestamp,
    until: Option<Timestamp>,
    sources: Sources,
    outcome: ExchangeOutcome,
    takes: SignedDuration,
}

#[derive(Clone, Debug)]
enum Sources {
    These(Vec<String>),
    /// All but the page and the connectivity check.
    Spotify,
    All,
}

impl Sources {
    fn include(&self, source: &str) -> bool {
        match self {
            Self::These(names) => names.iter().any(|name| name == source),
            Self::Spotify => !matches!(source, "status-page" | "control"),
            Self::All => true,
        }
    }
}

/// A stretch of the script under construction.
#[derive(Debug)]
#[must_use = "the stretch is added only once its response is given"]
pub struct ScriptBuilder<'a> {
    spotify: &'a ScriptedSpotify,
    from: Timestamp,
    until: Option<Timestamp>,
    sources: Sources,
    takes: Option<SignedDuration>,
}

impl ScriptedSpotify {
    /// Returns a Spotify that is up. Times of the script are on the day that `clock` shows now, in UTC.
    pub fn new(clock: &Clock) -> Self {
        let day = clock.now().to_zoned(TimeZone::UTC).date();
        Self { clock: clock.clone(), day, script: Arc::default() }
    }

    /// Begins a stretch at this time: `09:00`, `09:00:30`, or a whole instant. Later stretches override earlier ones.
    pub fn from(&self, time: &str) -> ScriptBuilder<'_> {
        let sources = Sources::These(vec![USUAL_SOURCE.to_owned()]);
        ScriptBuilder { spotify: self, from: self.at(time), until: None, sources, takes: None }
    }

    /// Returns the status page's script.
    pub fn page(&self) -> PageScript<'_> {
        PageScript { spotify: self }
    }

    /// Returns how many requests were made.
    pub fn asked(&self) -> u64 {
        self.script().asked
    }

    /// Returns when a source was recently checked, oldest first.
    pub fn asked_at(&self, source: &str) -> Vec<Timestamp> {
        let script = self.script();
        script.askings.iter().filter(|(name, _)| name.as_str() == source).map(|(_, at)| *at).collect()
    }

    fn at(&self, time: &str) -> Timestamp {
        if let Ok(instant) = time.parse() {
            return instant;
        }
        let time = time.parse::<Time>().ok().and_then(|time| {
            self.day.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        });
        // A programmer writes the script, so a wrong time in it is a bug that must fail at once.
        time.expect("a time of a script is `09:00`, `09:00:30` or an RFC 3339 instant")
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outcome(&self, request: &ProbeRequest, now: Timestamp) -> (ExchangeOutcome, SignedDuration) {
        let mut script = self.script();
        script.asked += 1;
        script.askings.push_back((request.source.clone(), now));
        if script.askings.len() > ASKINGS {
            script.askings.pop_front();
        }
        let source = request.source.as_str();
        let in_force = script.stretches.iter().rev().find(|stretch| {
            stretch.sources.include(source)
                && stretch.from <= now
                && stretch.until.is_none_or(|until| now < until)
        });
        if let Some(stretch) = in_force {
            return (stretch.outcome.clone(), stretch.takes);
        }
        let answer =
            if source == "status-page" { script.page.answer(request, now) } else { healthy(request) };
        (ExchangeOutcome::Answer(answer), USUALLY)
    }
}

impl ScriptBuilder<'_> {
    /// Ends the stretch; without it, the stretch never ends.
    pub fn until(mut self, time: &str) -> Self {
        self.until = Some(self.spotify.at(time));
        self
    }

    /// Applies it to these sources, instead of only the Web API's probe.
    pub fn on(mut self, sources: &[&str]) -> Self {
        self.sources = Sources::These(sources.iter().map(|s| (*s).to_owned()).collect());
        self
    }

    /// Applies it to all of Spotify: every source except the page and the connectivity check.
    pub fn everywhere(mut self) -> Self {
        self.sources = Sources::Spotify;
        self
    }

    /// Applies it to every source there is: our own network fails.
    pub fn for_us(mut self) -> Self {
        self.sources = Sources::All;
        self
    }

    /// Sets how long responses take.
    pub fn taking(mut self, span: SignedDuration) -> Self {
        self.takes = Some(span);
        self
    }

    /// Responds with this text, as HTML or JSON if it begins like that.
    pub fn answers(self, status: u16, body: &str) {
        let answer = match body.trim_start().chars().next() {
            Some('<') => HttpResponse::html(status, body),
            Some('{' | '[') => HttpResponse::json(status, body),
            _ => HttpResponse::text(status, body),
        };
        self.answers_with(answer);
    }

    /// Responds with exactly this, headers included.
    pub fn answers_with(self, answer: HttpResponse) {
        let takes = self.takes.unwrap_or(USUALLY);
        self.write(ExchangeOutcome::Answer(answer), takes);
    }

    /// Fails without a response.
    pub fn fails(self, error: TransportError) {
        let takes = self.takes.unwrap_or(if error == TransportError::Timeout { GIVES_UP } else { USUALLY });
        self.write(ExchangeOutcome::Failed(TransportFailure { error, detail: None }), takes);
    }

    /// Fails without a response in time.
    pub fn times_out(self) {
        self.fails(TransportError::Timeout);
    }

    /// Is up (slow, with [`taking`](Self::taking)): an interruption of a longer failure.
    pub fn is_well(self) {
        let takes = self.takes.unwrap_or(USUALLY);
        let Sources::These(names) = &self.sources else { return };
        for name in names.clone() {
            let request = ProbeRequest::to(&name.as_str().into(), "");
            let stretch = Stretch {
                from: self.from,
                until: self.until,
                sources: Sources::These(vec![name]),
                outcome: ExchangeOutcome::Answer(healthy(&request)),
                takes,
            };
            self.spotify.script().stretches.push(stretch);
        }
    }

    fn write(self, outcome: ExchangeOutcome, takes: SignedDuration) {
        let Self { spotify, from, until, sources, .. } = self;
        spotify.script().stretches.push(Stretch { from, until, sources, outcome, takes });
    }
}

#[async_trait]
impl Transport for ScriptedSpotify {
    async fn ask(&self, request: &ProbeRequest) -> Exchange {
        let at = self.clock.now();
        let (outcome, takes) = self.outcome(request, at);
        self.clock.sleep(takes).await;
        let ms = u64::try_from(takes.as_millis()).unwrap_or(0);
        Exchange { at, source: request.source.clone(), ms, outcome, certificate_expires: None }
    }
}

/// Returns what a healthy Spotify responds.
fn healthy(request: &ProbeRequest) -> HttpResponse {
    if request.confidential {
        return HttpResponse::json(
            200,
            r#"{"access_token":"rehearsal","token_type":"Bearer","expires_in":3600}"#,
        );
    }
    match request.source.as_str() {
        "web-api" | "playback" => {
            HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)
        }
        "accounts" => HttpResponse::json(400, r#"{"error":"unsupported_grant_type"}"#),
        "accounts-discovery" => HttpResponse::json(200, r#"{"issuer":"https://accounts.spotify.com"}"#),
        "client-bootstrap" => {
            HttpResponse::json(200, r#"{"accesspoint":["ap:4070"],"dealer":["d:443"],"spclient":["s:443"]}"#)
        }
        "web-player" => HttpResponse::html(200, "<!DOCTYPE html><title>Spotify</title>"),
        "web-api-search" => HttpResponse::json(200, r#"{"artists":{"items":[{"name":"A"}]}}"#),
        "control" | "control-2" => HttpResponse::text(200, "ok"),
        _ => HttpResponse::json(200, "{}"),
    }
}
