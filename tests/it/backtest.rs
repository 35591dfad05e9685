//! Replays every publicly known outage as raw exchanges, through classifiers and detector: how fast and how sure are we?
//!
//! The README shows the table that the first test makes.

use std::fmt::Write as _;

use expect_test::{expect, expect_file};
use healthy_upstream::health::{Detector, EventKind, OutageEvent, Policy, SourceName};
use healthy_upstream::probe::spotify::{catalog, specs};
use healthy_upstream::probe::{
    Classifiers, Exchange, HttpResponse, RecordingReader, RecordingWriter, SourceSpec, TransportError,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::prober::notify;

#[derive(Deserialize)]
struct Book {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    began: toml::value::Datetime,
    ended: toml::value::Datetime,
    watched_from: Option<toml::value::Datetime>,
    #[serde(rename = "told")]
    posted: usize,
    #[serde(default)]
    fails: Vec<Failure>,
    #[serde(default)]
    page: Vec<Incident>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    on: Vec<String>,
    answer: String,
    from: Option<toml::value::Datetime>,
    until: Option<toml::value::Datetime>,
}

/// One incident of the status page, by the times at which it changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incident {
    opens: toml::value::Datetime,
    listed: Option<toml::value::Datetime>,
    edited: Option<toml::value::Datetime>,
    resolves: Option<toml::value::Datetime>,
    postmortem: Option<toml::value::Datetime>,
    reverted: Option<toml::value::Datetime>,
    deleted: Option<toml::value::Datetime>,
}

fn instant(time: &toml::value::Datetime) -> Timestamp {
    time.to_string().parse().expect("an instant")
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

impl Incident {
    /// Returns the incident as the page shows it at `now`, or `None` if the page does not list it.
    fn shown(&self, now: Timestamp) -> Option<serde_json::Value> {
        let since = |time: &Option<_>| time.as_ref().is_some_and(|time| instant(time) <= now);
        let listed = instant(self.listed.as_ref().unwrap_or(&self.opens));
        if now < listed || since(&self.deleted) {
            return None;
        }
        let update = |id: &str, status: &str, body: &str, at: &toml::value::Datetime| json!({"id": id, "status": status, "body": body, "created_at": at.to_string(), "display_at": at.to_string()});
        let first = if since(&self.edited) { "We are aware, and looking." } else { "We are aware." };
        let mut updates = vec![update("u1", "investigating", first, &self.opens)];
        let mut status = "investigating";
        if let Some(at) = self.resolves.as_ref().filter(|at| instant(at) <= now) {
            status = "resolved";
            updates.insert(0, update("u2", "resolved", "It is over.", at));
        }
        if let Some(at) = self.postmortem.as_ref().filter(|at| instant(at) <= now && !since(&self.reverted)) {
            status = "postmortem";
            updates.insert(0, update("u3", "postmortem", "It was a deploy.", at));
        }
        let resolved =
            (status != "investigating").then(|| self.resolves.as_ref().map(ToString::to_string)).flatten();
        Some(json!({
            "id": "i1", "name": "Something is wrong", "status": status, "impact": "major", "components": [],
            "started_at": self.opens.to_string(), "created_at": self.opens.to_string(), "resolved_at": resolved,
            "incident_updates": updates,
        }))
    }
}

const FRONT_END: &str =
    "<html><head><title>502 Server Error</title></head><body>Please try again in 30 seconds.</body></html>";
const CHALLENGE: &str =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
const ABOUT: &str = "<html><body><h1>What no healthy upstream means</h1>no healthy upstream</body></html>";

/// Returns the response with this name, or the error if the request got none.
fn answer(name: &str) -> Result<HttpResponse, TransportError> {
    let api = |status: u16, message: &str| {
        HttpResponse::json(status, &json!({"error": {"status": status, "message": message}}).to_string())
    };
    Ok(match name {
        "timeout" => return Err(TransportError::Timeout),
        "dns" => return Err(TransportError::Dns),
        "tls_expired" => return Err(TransportError::TlsExpired),
        "503 empty" => HttpResponse::text(503, "").with("server", "envoy"),
        "502 html" => HttpResponse::html(502, FRONT_END),
        "500 json" => api(500, "Server error."),
        "429 quota" => HttpResponse::json(
            429,
            r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#,
        )
        .with("retry-after", "46800"),
        "403 premium" => api(403, "Active premium subscription required for the owner of the app."),
        "403 country" => api(403, "Spotify is unavailable in this country"),
        "400 invalid_client" => {
            HttpResponse::json(400, r#"{"error":"invalid_client","error_description":"Invalid client"}"#)
        }
        "400 invalid_grant" => HttpResponse::json(
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid refresh token"}"#,
        ),
        "200 challenge" => HttpResponse::html(200, CHALLENGE),
        "200 phrase" => HttpResponse::html(200, ABOUT),
        "200 stale" => summary(&[
            json!({"id": "old", "name": "Long over", "status": "investigating", "impact": "major"}),
        ])
        .with("age", "2400"),
        "200 nulls" => HttpResponse::json(
            200,
            r#"{"page":{"id":"01J","name":"Spotify","url":"https://x/"},"status":{"indicator":"none","description":""},"components":[{"id":"1","name":"Web API","status":"operational","group":null}]}"#,
        ),
        text => {
            let (status, body) = text.split_once(' ').expect("a status and a body");
            HttpResponse::text(status.parse().expect("a status"), body)
        }
    })
}

fn summary(incidents: &[serde_json::Value]) -> HttpResponse {
    let body = json!({
        "page": {"id": "p1", "name": "Spotify", "url": "https://spotify.statuspage.io"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [], "incidents": incidents, "scheduled_maintenances": [],
    });
    HttpResponse::json(200, &body.to_string()).with("x-statuspage-version", "1")
}

fn healthy(source: &str) -> HttpResponse {
    match source {
        "web-api" | "playback" => {
            HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)
        }
        "accounts" => HttpResponse::json(400, r#"{"error":"unsupported_grant_type"}"#),
        "accounts-discovery" => HttpResponse::json(200, r#"{"issuer":"https://accounts.spotify.com"}"#),
        "client-bootstrap" => HttpResponse::json(
            200,
            r#"{"accesspoint":["ap:4070"],"dealer":["dealer:443"],"spclient":["sp:443"]}"#,
        ),
        "web-player" => HttpResponse::html(200, "<!doctype html><title>Spotify</title>"),
        _ => HttpResponse::text(204, ""),
    }
}

const SOURCES: [&str; 9] = [
    "control",
    "status-page",
    "web-api",
    "accounts",
    "accounts-discovery",
    "client-bootstrap",
    "web-player",
    "playback",
    "control-2",
];

impl Case {
    /// Returns the exchange of a probe of `source` at this time.
    fn exchange(&self, source: &str, at: Timestamp) -> Exchange {
        let covers = |failure: &&Failure| {
            let from = instant(failure.from.as_ref().unwrap_or(&self.began));
            let until = instant(failure.until.as_ref().unwrap_or(&self.ended));
            failure.on.iter().any(|on| on == source) && from <= at && at < until
        };
        let name = SourceName::from(source);
        let came = match self.fails.iter().find(covers) {
            Some(failure) => answer(&failure.answer),
            None if source == "status-page" => {
                Ok(summary(&self.page.iter().filter_map(|incident| incident.shown(at)).collect::<Vec<_>>()))
            }
            None => Ok(healthy(source)),
        };
        match came {
            Ok(answer) => Exchange::answered(&name, at, SignedDuration::from_millis(41), answer),
            Err(TransportError::Timeout) => Exchange::failed(&name, at, seconds(8), TransportError::Timeout),
            Err(error) => Exchange::failed(&name, at, SignedDuration::from_millis(120), error),
        }
    }

    /// Returns the probes of all sources in time order: one every 30 s each, from an hour before the outage to an hour after it.
    fn probes(&self) -> impl Iterator<Item = Exchange> + '_ {
        let hour = seconds(3600);
        let from = self.watched_from.as_ref().map_or(instant(&self.began) - hour, instant);
        let rounds = (instant(&self.ended) + hour).duration_since(from).as_secs() / 30;
        // Sources are checked 3.7 s apart, the last two a little closer, so that no outage starts exactly at a check.
        let offset = |n: usize| {
            let n = i64::try_from(n).expect("nine");
            SignedDuration::from_millis(if n < 7 { 1_300 + 3_700 * n } else { 26_000 + 1_900 * (n - 7) })
        };
        (0..rounds).flat_map(move |round| {
            let at = from + seconds(30 * round);
            SOURCES.iter().enumerate().map(move |(n, source)| self.exchange(source, at + offset(n)))
        })
    }
}

/// Turns raw exchanges into events, with the real classifiers and the real detector.
struct Replay {
    classifiers: Classifiers,
    detector: Detector,
    events: Vec<OutageEvent>,
}

impl Replay {
    fn new() -> Self {
        let specs: Vec<SourceSpec> = specs(&[]).expect("the built-in sources");
        let detector = Detector::new(catalog(&specs, "Frankfurt"), Policy::default());
        Self { classifiers: Classifiers::new(&specs), detector, events: vec![] }
    }

    fn probe(&mut self, exchange: &Exchange) {
        let observation = self.classifiers.read(exchange).expect("a known source");
        self.events.extend(self.detector.take(&observation));
    }

    fn of(&self, kind: &EventKind) -> Vec<&OutageEvent> {
        self.events.iter().filter(|event| event.kind == *kind).collect()
    }
}

#[test]
fn every_known_outage_is_posted_in_time_without_false_alarms() {
    let book: Book =
        toml::from_str(include_str!("../data/backtest/outages.toml")).expect("the backtest's data");
    let mut table =
        format!("{:<50} {:>13} {:>15} {:>12}\n", "case", "alerted after", "recovered after", "false alarms");
    for case in &book.case {
        let mut replay = Replay::new();
        for exchange in case.probes() {
            replay.probe(&exchange);
        }
        let (began, ended) = (instant(&case.began), instant(&case.ended));
        let (starts, ends) = (replay.of(&EventKind::Started), replay.of(&EventKind::Ended));
        assert_eq!(
            (starts.len(), ends.len()),
            (case.posted, case.posted),
            "{}: {}",
            case.name,
            notify(&replay.events)
        );
        assert!(
            replay.detector.tracker().tracked.iter().all(|case| !case.is_open_outage()),
            "{}: open",
            case.name
        );
        let after = |event: &OutageEvent, since: Timestamp| event.at.duration_since(since).as_secs();
        let _ = write!(table, "{:<50} ", case.name);
        let (Some(start), Some(end)) = (starts.first(), ends.first()) else {
            let _ = writeln!(table, "{:>13} {:>15} {:>12}", "-", "-", starts.len());
            continue;
        };
        let watched = case.watched_from.as_ref().map_or(began, |from| instant(from).max(began));
        assert!(start.at.duration_since(watched) <= seconds(90 + 30), "{}: posted too late", case.name);
        assert!(end.at.duration_since(ended) <= seconds(180), "{}: its end was posted too late", case.name);
        let until = end.outage.until.expect("an end");
        assert!(until.duration_since(ended).abs() <= seconds(40), "{}: ended {until}", case.name);
        assert!(
            start.outage.since.duration_since(watched).abs() <= seconds(40),
            "{}: {}",
            case.name,
            start.outage.since
        );
        let _ = writeln!(
            table,
            "{:>11} s {:>13} s {:>12}",
            after(start, watched),
            after(end, ended),
            starts.len() - 1
        );
    }
    let readme = include_str!("../../README.md");
    let (_, shown) = readme.split_once("<!-- backtest").expect("the README shows the table");
    let (_, shown) = shown.split_once("```text\n").expect("an opening fence");
    let (shown, _) = shown.split_once("```").expect("a closing fence");
    assert_eq!(shown, table, "the README's table of the backtest is outdated");
}

/// A month of checks, one every 30 s, of which 1 in 500 gets a 5xx: Spotify's background noise, with a fixed random seed.
#[test]
fn quiet_month_of_noise_posts_nothing() {
    let quiet: Case = toml::from_str(
        "name = 'quiet'\nbegan = 2026-05-01T00:00:00Z\nended = 2026-05-01T00:00:00Z\ntold = 0",
    )
    .expect("a quiet case");
    let mut replay = Replay::new();
    let mut dice = 0x2545_F491_4F6C_DD1D_u64;
    let (start, names) = (instant(&quiet.began), SOURCES.map(SourceName::from));
    let (mut noise, mut worst) = (0, healthy_upstream::health::Level::Unknown);
    // Healthy responses are classified once; failed ones each time.
    let healthy: Vec<_> = SOURCES
        .iter()
        .map(|source| replay.classifiers.read(&quiet.exchange(source, start)).expect("a known source"))
        .collect();
    for round in 0..30 * 24 * 120 {
        for (n, name) in (0_i64..).zip(&names) {
            let at = start + seconds(30 * round) + SignedDuration::from_millis(3_300 * n);
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            if n >= 2 && dice.is_multiple_of(500) {
                noise += 1;
                let answer = answer("500 json").expect("an answer");
                replay.probe(&Exchange::answered(name, at, SignedDuration::from_millis(41), answer));
            } else {
                let mut probe = healthy[usize::try_from(n).expect("seven")].clone();
                probe.at = at;
                replay.events.extend(replay.detector.take(&probe));
            }
        }
        worst = worst.max(
            replay.detector.assessment().findings.iter().map(|finding| finding.level).max().expect("four"),
        );
    }
    assert!(noise > 700, "one check in 500 of 432,000 failed: {noise}");
    assert_eq!(notify(&replay.events), "");
    assert_eq!(worst, healthy_upstream::health::Level::Up);
}

/// The recording that is stored for `replay`: the checks of 2025-04-16, one every 30 s around the start and the end, one every
/// minute in between.
#[test]
fn recording_of_2025_04_16_has_one_outage() {
    let book: Book =
        toml::from_str(include_str!("../data/backtest/outages.toml")).expect("the backtest's data");
    let case = book.case.iter().find(|case| case.name.starts_with("2025-04-16")).expect("that day");
    let (began, ended) = (instant(&case.began), instant(&case.ended));
    let near = |at: Timestamp, edge: Timestamp| at.duration_since(edge).abs() <= seconds(600);
    let window = (began - seconds(600))..(ended + seconds(1800));
    let mut written = vec![];
    let mut writer = RecordingWriter::new(&mut written, seconds(10));
    // The recording is older than the last two sources. A source that is missing from a recording counts as nonexistent.
    let is_kept = |exchange: &Exchange| !["playback", "control-2"].contains(&exchange.source.as_str());
    for exchange in case.probes().filter(|exchange| window.contains(&exchange.at) && is_kept(exchange)) {
        let even_minute = exchange.at.as_second().rem_euclid(60) < 30;
        if even_minute || near(exchange.at, began) || near(exchange.at, ended) {
            writer.add(exchange).expect("to memory");
        }
    }
    writer.finish().expect("to memory");
    let written = String::from_utf8(written).expect("JSON Lines");
    expect_file!["../data/recordings/2025-04-16.jsonl"].assert_eq(&written);

    let mut replay = Replay::new();
    let known: Vec<SourceName> = replay.classifiers.names().cloned().collect();
    for exchange in RecordingReader::new(written.as_bytes(), "2025-04-16.jsonl", known) {
        replay.probe(&exchange.expect("a readable line"));
    }
    expect![[r#"
        12:21:08  started  outage [apps login web-api web-player] since 12:20:08  web-api: 502 Server Error (3 checks in 1 min); accounts-discovery: 502 Server Error (2 checks in 30 s); client-bootstrap: 502 Server Error (2 checks in 30 s); web-player: 502 Server Error (2 checks in 30 s)
        12:45:05  (PageSpoke)  outage [apps login web-api web-player] since 12:20:08  status-page: "Something is wrong" investigating
        15:46:53  ended  up [apps login web-api web-player] since 12:20:08 until 15:45:23  web-player: healthy (4 checks in 1 min 30 s)
        16:05:05  (PageClosed)  up [apps login web-api web-player] since 12:20:08 until 15:45:23  status-page: "Something is wrong" resolved
    "#]].assert_eq(&notify(&replay.events));
}
