//! What sources report of a scripted Spotify, on a clock that the test owns.

use std::sync::{Arc, Mutex};

use healthy_upstream::clock::Clock;
use healthy_upstream::health::{Observation, Outcome, RejectionReason, SourceName};
use healthy_upstream::probe::spotify::specs;
use healthy_upstream::probe::{
    Classifiers, ClientCredentials, Exchange, HttpResponse, ProbeIntervals, RecordingReader,
    RecordingTransport, RecordingWriter, Replay, ReplayTransport, ScriptedSpotify, Source, Transport,
    TransportError, sources,
};
use healthy_upstream::secret::Secret;
use healthy_upstream::throttle::Throttle;
use jiff::SignedDuration;

const HALF_A_MINUTE: SignedDuration = SignedDuration::from_secs(30);

struct Watch {
    clock: Clock,
    spotify: ScriptedSpotify,
    throttle: Arc<Throttle>,
    sources: Vec<Box<dyn Source>>,
    recorded: Arc<Mutex<Vec<Exchange>>>,
}

impl Watch {
    fn new(start: &str) -> Self {
        let clock = Clock::owned(start.parse().expect("an instant"));
        let spotify = ScriptedSpotify::new(&clock);
        let recorded: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let listener = {
            let recorded = Arc::clone(&recorded);
            move |exchange: &Exchange| recorded.lock().expect("recorded").push(exchange.clone())
        };
        let transport: Arc<dyn Transport> =
            Arc::new(RecordingTransport::new(Arc::new(spotify.clone()), listener));
        let throttle = Arc::new(Throttle::new(clock.clone()));
        let credentials =
            ClientCredentials { id: "app".into(), secret: Secret::new("s3cret"), token_url: None };
        let built_in = specs(&[]).expect("the built-in catalog");
        let sources =
            sources(&built_in, &ProbeIntervals::default(), Some(&credentials), &transport, &clock, &throttle)
                .expect("sources");
        Self { clock, spotify, throttle, sources, recorded }
    }

    fn source(&self, name: &str) -> &dyn Source {
        self.sources.iter().find(|s| s.name().as_str() == name).expect("a source").as_ref()
    }

    async fn probe(&self, name: &str) -> String {
        announced(&self.source(name).probe().await)
    }
}

fn announced(observation: &Observation) -> String {
    let what = match &observation.seen {
        Outcome::Healthy => "healthy".to_owned(),
        Outcome::Failing(failure) => format!("failing: {}", failure.brief()),
        Outcome::Unreachable(failure) => format!("unreachable: {}", failure.brief()),
        Outcome::Refused { why, detail, until } => {
            format!("refused {why:?}: {detail}{}", until.map_or(String::new(), |u| format!(" until {u:.0}")))
        }
        Outcome::Unclear(why) => format!("unclear: {why}"),
        Outcome::Page(page) => {
            let incidents: Vec<String> =
                page.incidents.iter().map(|i| format!("{} {:?}", i.name, i.state)).collect();
            format!("page {} [{}]", page.level.as_str(), incidents.join(", "))
        }
    };
    format!("{:.0} {}: {what}", observation.at, observation.source)
}

#[tokio::test(start_paused = true)]
async fn every_source_of_a_healthy_spotify_is_healthy() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    for source in &watch.sources {
        let observation = source.probe().await;
        let well = matches!(observation.seen, Outcome::Healthy | Outcome::Page(_));
        assert!(well, "{}", announced(&observation));
    }
    assert_eq!(watch.sources.len(), specs(&[]).expect("the catalog").len(), "each has its own");
}

#[tokio::test(start_paused = true)]
async fn outage_is_detected_while_it_lasts_and_page_reports_later() {
    let watch = Watch::new("2026-11-20T08:59:30Z");
    watch.spotify.from("09:00").until("09:07").answers(503, "no healthy upstream");
    watch.spotify.from("09:00").until("09:01").on(&["accounts"]).times_out();
    let incident = watch.spotify.page().opens("09:01", "Web API is down", "critical", &["Web API"]);
    incident.updates("09:01:20", "identified", "We know why.").resolves("09:02", "It is back.");
    let mut lines = Vec::new();
    for _ in 0..6 {
        for name in ["web-api", "accounts", "status-page"] {
            lines.push(watch.probe(name).await);
        }
        watch.clock.sleep(HALF_A_MINUTE).await;
    }
    expect_test::expect![[r"
        2026-11-20T08:59:30Z web-api: healthy
        2026-11-20T08:59:30Z accounts: healthy
        2026-11-20T08:59:30Z status-page: page up []
        2026-11-20T09:00:00Z web-api: failing: 503 no healthy upstream
        2026-11-20T09:00:00Z accounts: unreachable: timeout
        2026-11-20T09:00:08Z status-page: page up []
        2026-11-20T09:00:38Z web-api: failing: 503 no healthy upstream
        2026-11-20T09:00:38Z accounts: unreachable: timeout
        2026-11-20T09:00:46Z status-page: page up []
        2026-11-20T09:01:16Z web-api: failing: 503 no healthy upstream
        2026-11-20T09:01:16Z accounts: healthy
        2026-11-20T09:01:16Z status-page: page outage [Web API is down Investigating]
        2026-11-20T09:01:46Z web-api: failing: 503 no healthy upstream
        2026-11-20T09:01:46Z accounts: healthy
        2026-11-20T09:01:46Z status-page: page outage [Web API is down Identified]
        2026-11-20T09:02:16Z web-api: failing: 503 no healthy upstream
        2026-11-20T09:02:16Z accounts: healthy
        2026-11-20T09:02:16Z status-page: page up [Web API is down Resolved]"]]
    .assert_eq(&lines.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn long_quota_hold_stops_only_search_and_for_one_hour() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    let quota = r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#;
    let refused = HttpResponse::json(429, quota).with("retry-after", "46800");
    watch.spotify.from("09:00").until("09:10").on(&["web-api-search"]).answers_with(refused);

    // The token request uses the same script, so it is refused first: only that check is lost.
    let first = watch.source("web-api-search").probe().await;
    assert!(
        matches!(first.seen, Outcome::Refused { why: RejectionReason::Quota, .. }),
        "{}",
        announced(&first)
    );
    let asked = watch.spotify.asked();
    watch.clock.sleep(SignedDuration::from_mins(45)).await;
    expect_test::expect![
        "2026-11-20T09:45:00Z web-api-search: refused Quota: 429 QUOTA_EXCEEDED until 2026-11-20T10:00:00Z"
    ]
    .assert_eq(&watch.probe("web-api-search").await);
    assert_eq!(watch.spotify.asked(), asked, "nothing was sent");
    assert!(watch.probe("web-api").await.ends_with("healthy"));
    assert_eq!(watch.throttle.holds().len(), 1);
    watch.clock.sleep(SignedDuration::from_mins(16)).await;
    assert!(watch.probe("web-api-search").await.ends_with("healthy"));
}

#[tokio::test(start_paused = true)]
async fn token_expires_normally_and_outages_never_drop_credentials() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    assert!(watch.probe("web-api-search").await.ends_with("healthy"));
    assert_eq!(watch.spotify.asked(), 2, "a token and a search");
    watch.clock.sleep(SignedDuration::from_mins(15)).await;
    assert!(watch.probe("web-api-search").await.ends_with("healthy"));
    assert_eq!(watch.spotify.asked(), 3, "the token is still good");

    let false_word =
        HttpResponse::json(400, r#"{"error":"invalid_grant","error_description":"Invalid refresh token"}"#);
    watch.spotify.from("10:00").until("10:20").on(&["web-api-search"]).answers_with(false_word);
    watch.clock.sleep(SignedDuration::from_mins(46)).await;
    let line = watch.probe("web-api-search").await;
    assert!(line.contains("refused Credential: no token: 400 invalid_grant"), "{line}");
    watch.clock.sleep(SignedDuration::from_mins(30)).await;
    assert!(watch.probe("web-api-search").await.ends_with("healthy"));
    assert_eq!(watch.throttle.holds(), []);
}

#[tokio::test(start_paused = true)]
async fn search_probe_stays_within_its_daily_budget() {
    let watch = Watch::new("2026-11-20T00:00:00Z");
    let mut probed = 0;
    for _ in 0..24 * 60 {
        if matches!(watch.source("web-api-search").probe().await.seen, Outcome::Healthy) {
            probed += 1;
        }
        watch.clock.sleep(SignedDuration::from_secs(59)).await;
    }
    assert!((96..=100).contains(&probed), "{probed} probes in a day");
    assert!(watch.source("web-api-search").probe_if_budget().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn concurrent_probes_are_one_and_rechecks_have_own_budget() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    let api = watch.source("web-api");
    let (first, second, third) = tokio::join!(api.probe(), api.probe(), api.probe_if_budget());
    assert_eq!((watch.spotify.asked(), &first, Some(&first)), (1, &second, third.as_ref()));
    let mut rechecks = 0;
    while api.probe_if_budget().await.is_some() {
        rechecks += 1;
    }
    assert!((2..=8).contains(&rechecks), "{rechecks} rechecks at once");
    assert!(announced(&api.probe().await).ends_with("healthy"));
}

#[tokio::test(start_paused = true)]
async fn recording_replays_identically_and_holds_no_token() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    watch
        .spotify
        .from("09:00:40")
        .until("09:02")
        .everywhere()
        .answers(502, "<html><title>502 Bad Gateway</title>");
    let incident = watch.spotify.page().opens("09:00:45", "Trouble", "major", &[]);
    incident.withdrawn("09:01:40");
    let mut live = Vec::new();
    for _ in 0..6 {
        for source in &watch.sources {
            live.push(source.probe().await);
        }
        watch.clock.sleep(HALF_A_MINUTE).await;
    }
    let mut file = Vec::new();
    let mut writer = RecordingWriter::new(&mut file, SignedDuration::from_secs(10));
    for exchange in watch.recorded.lock().expect("recorded").drain(..) {
        writer.add(exchange).expect("written");
    }
    writer.finish().expect("written");
    let text = String::from_utf8(file).expect("text");
    assert!(!text.contains("access_token") && !text.contains("s3cret") && !text.contains("rehearsal"));

    let names = played_like(&live, &text);

    let clock = Clock::owned("2026-11-20T09:00:00Z".parse().expect("an instant"));
    let transport: Arc<dyn Transport> = Arc::new(
        ReplayTransport::new(&clock, RecordingReader::new(text.as_bytes(), "x.jsonl", names))
            .expect("readable"),
    );
    let throttle = Arc::new(Throttle::new(clock.clone()));
    let built_in = specs(&[]).expect("the built-in catalog");
    let again =
        sources(&built_in, &ProbeIntervals::default(), None, &transport, &clock, &throttle).expect("sources");
    clock.sleep(SignedDuration::from_secs(75)).await;
    let api = again.iter().find(|s| s.name().as_str() == "web-api").expect("a source");
    assert!(announced(&api.probe().await).contains("failing: 502 Bad Gateway"));
}

/// Checks that a replay sees exactly the probes that the bot made. Returns the names of the sources.
fn played_like(live: &[Observation], recording: &str) -> Vec<SourceName> {
    let classifiers = Classifiers::new(&specs(&[]).expect("the built-in catalog"));
    let names: Vec<_> = classifiers.names().cloned().collect();
    let lines = RecordingReader::new(recording.as_bytes(), "x.jsonl", names.clone());
    let played: Vec<Observation> =
        Replay::new(lines, classifiers).map(|probe| probe.expect("a line")).collect();
    // A token that was refused, or never sent, is not in a recording.
    for name in names.iter().filter(|name| name.as_str() != "web-api-search") {
        let of = |all: &[Observation]| {
            all.iter().filter(|probe| probe.source == *name).map(announced).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(of(&played), of(live));
    }
    names
}

#[tokio::test(start_paused = true)]
async fn vanished_incident_is_the_same_live_and_replayed() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    watch.spotify.page().opens("09:00:15", "Trouble", "major", &[]).resolves("09:01:15", "Mended.");
    let mut live = Vec::new();
    for _ in 0..5 {
        for name in ["status-page", "web-api"] {
            live.push(watch.source(name).probe().await);
        }
        watch.clock.sleep(HALF_A_MINUTE).await;
    }
    let exchanges: Vec<Exchange> = watch.recorded.lock().expect("recorded").drain(..).collect();
    assert!(exchanges.len() > live.len(), "the page was asked for its past incidents too");
    let lines: Vec<String> =
        exchanges.iter().map(|exchange| serde_json::to_string(exchange).expect("a line")).collect();
    played_like(&live, &lines.join("\n"));
    expect_test::expect![[r"
        2026-11-20T09:00:00Z status-page: page up []
        2026-11-20T09:00:30Z status-page: page outage [Trouble Investigating]
        2026-11-20T09:01:00Z status-page: page outage [Trouble Investigating]
        2026-11-20T09:01:30Z status-page: page up [Trouble Resolved]
        2026-11-20T09:02:00Z status-page: page up [Trouble Resolved]"]]
    .assert_eq(&live.iter().step_by(2).map(announced).collect::<Vec<_>>().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn own_network_failure_is_never_an_outage() {
    let watch = Watch::new("2026-11-20T09:00:00Z");
    watch.spotify.from("09:00").for_us().fails(TransportError::Dns);
    for source in &watch.sources {
        let line = announced(&source.probe().await);
        assert!(line.ends_with("unreachable: dns") || line.ends_with("unclear: no token: dns"), "{line}");
    }
}
