//! Probes over real sockets: what arrives, and how it is classified. On real time, without waiting.

use std::io::Write as _;
use std::sync::Arc;

use healthy_upstream::clock::Clock;
use healthy_upstream::health::{FailureKind, IncidentState, Level, Outcome, RejectionReason};
use healthy_upstream::probe::spotify::specs;
use healthy_upstream::probe::{
    ClientCredentials, HttpOptions, HttpTransport, ProbeIntervals, Source, SourceConfig, Transport, sources,
};
use healthy_upstream::proxy::Proxy;
use healthy_upstream::secret::Secret;
use healthy_upstream::throttle::Throttle;
use jiff::SignedDuration;

use crate::faulty_server::{Loopback, Reply, answer, json};

const PAGE: &str =
    r#"{"page":{"name":"Tune"},"status":{"indicator":"none","description":"All Systems Operational"}}"#;
const MIB: u64 = 1024 * 1024;

struct Probing {
    throttle: Arc<Throttle>,
    sources: Vec<Box<dyn Source>>,
}

fn probing_with(
    options: HttpOptions,
    changes: &[SourceConfig],
    credentials: Option<&ClientCredentials>,
) -> Probing {
    let clock = Clock::system();
    let throttle = Arc::new(Throttle::new(clock.clone()));
    let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new(options, &clock).expect("a client"));
    let specs = specs(changes).expect("a catalog");
    let sources = sources(&specs, &ProbeIntervals::default(), credentials, &transport, &clock, &throttle)
        .expect("sources");
    Probing { throttle, sources }
}

/// One built-in source that probes another address.
fn probing(source: &str, url: &str) -> Probing {
    probing_with(HttpOptions::default(), &[at(source, url)], None)
}

fn at(source: &str, url: &str) -> SourceConfig {
    SourceConfig { name: source.into(), url: Some(url.into()), ..SourceConfig::default() }
}

impl Probing {
    async fn probe(&self, source: &str) -> Outcome {
        let source = self.sources.iter().find(|s| s.name().as_str() == source).expect("a source");
        source.probe().await.seen
    }
}

fn class(seen: &Outcome) -> Option<FailureKind> {
    match seen {
        Outcome::Failing(failure) | Outcome::Unreachable(failure) => Some(failure.class),
        _ => None,
    }
}

#[tokio::test]
async fn probes_of_a_healthy_spotify_identify_themselves() {
    let server = Loopback::start(|request| {
        if request.starts_with("POST /api/token") {
            json("400 Bad Request", r#"{"error":"unsupported_grant_type"}"#)
        } else {
            json("401 Unauthorized", r#"{"error":{"status":401,"message":"No token provided"}}"#)
        }
    })
    .await;
    let changes = [at("web-api", &server.url("/v1/me")), at("accounts", &server.url("/api/token"))];
    let schedule = probing_with(HttpOptions::default(), &changes, None);
    assert_eq!(schedule.probe("web-api").await, Outcome::Healthy);
    assert_eq!(schedule.probe("accounts").await, Outcome::Healthy);
    let requests = server.requests().join("\n").to_lowercase();
    assert!(
        requests.contains("user-agent: healthyupstream/") && requests.contains("(+https://"),
        "{requests}"
    );
    assert!(requests.contains("content-type: application/x-www-form-urlencoded"), "{requests}");
    assert!(!requests.contains("authorization") && !requests.contains("cookie"), "{requests}");
}

#[tokio::test]
async fn configured_proxy_is_never_used_for_loopback() {
    let unauthorized =
        |_: &str| json("401 Unauthorized", r#"{"error":{"status":401,"message":"No token provided"}}"#);
    let (proxy, mirror) = (Loopback::start(unauthorized).await, Loopback::start(unauthorized).await);
    let options =
        HttpOptions { proxy: Proxy::read(&proxy.url("")).expect("a proxy"), ..HttpOptions::default() };
    let changes = [at("web-api", "http://api.spotify.invalid/v1/me"), at("control", &mirror.url("/trace"))];
    let schedule = probing_with(options, &changes, None);
    assert_eq!(schedule.probe("web-api").await, Outcome::Healthy);
    assert_eq!(schedule.probe("control").await, Outcome::Healthy);
    assert_eq!(proxy.asked(), ["GET http://api.spotify.invalid/v1/me"]);
    assert_eq!(mirror.asked(), ["GET /trace"]);
}

#[tokio::test]
async fn phrase_in_response_is_outage_and_challenge_page_is_not() {
    let server = Loopback::start(|request| {
        if request.starts_with("GET /v1/me") {
            answer(
                "503 Service Unavailable",
                &[("content-type", "text/plain"), ("via", "1.1 google")],
                "no healthy upstream",
            )
        } else {
            answer(
                "200 OK",
                &[("content-type", "text/html")],
                "<!doctype html><title>Just a moment...</title>",
            )
        }
    })
    .await;
    let changes =
        [at("web-api", &server.url("/v1/me")), at("status-page", &server.url("/api/v2/summary.json"))];
    let schedule = probing_with(HttpOptions::default(), &changes, None);
    assert_eq!(class(&schedule.probe("web-api").await), Some(FailureKind::NoHealthyUpstream));
    let Outcome::Unclear(why) = schedule.probe("status-page").await else { panic!("unclear") };
    assert!(why.contains("Just a moment..."), "{why}");
}

#[tokio::test]
async fn oversized_body_is_not_read_even_without_length() {
    let server = Loopback::start(|request| {
        if request.starts_with("GET /announced") {
            Reply::Flood(b"HTTP/1.1 200 OK\r\ncontent-length: 5242880\r\n\r\n".to_vec(), 5 * MIB)
        } else {
            Reply::Flood(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec(), 512 * MIB)
        }
    })
    .await;
    for path in ["/announced", "/endless"] {
        let seen = probing("status-page", &server.url(path)).probe("status-page").await;
        assert_eq!(seen, Outcome::Unclear("the answer is larger than we read".into()), "{path}");
    }
    assert!(server.sent() < 64 * MIB, "{} bytes were sent: what is not wanted is not taken", server.sent());
}

#[tokio::test]
async fn response_with_many_headers_is_never_unreachable() {
    let server = Loopback::start(|request| {
        let count = if request.starts_with("GET /some") { 90 } else { 101 };
        let mut head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_owned();
        for nth in 0..count {
            head.push_str(&format!("x-many-{nth}: 1\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{PAGE}", PAGE.len()));
        Reply::Flood(head.into_bytes(), 0)
    })
    .await;
    let seen = probing("status-page", &server.url("/some")).probe("status-page").await;
    assert!(matches!(seen, Outcome::Page(_)), "{seen:?}");
    let seen = probing("status-page", &server.url("/many")).probe("status-page").await;
    assert_eq!(seen, Outcome::Unclear("the answer is larger than we read".into()));
    let seen = probing("control", &server.url("/many")).probe("control").await;
    assert_eq!(seen, Outcome::Healthy, "our network works");
}

#[tokio::test]
async fn decompression_bomb_is_not_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&vec![b' '; 8 << 20]).expect("packed");
    let packed = packed.finish().expect("packed");
    let server = Loopback::start(move |_| {
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len())
                .into_bytes();
        bytes.extend(&packed);
        Reply::Bytes(bytes)
    })
    .await;
    let seen = probing("status-page", &server.url("/api/v2/summary.json")).probe("status-page").await;
    assert_eq!(seen, Outcome::Unclear("the answer is larger than we read".into()));
}

#[tokio::test]
async fn html_page_is_detected_by_its_head() {
    let server = Loopback::start(|_| {
        Reply::Flood(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html>"
                .to_vec(),
            256 * MIB,
        )
    })
    .await;
    assert_eq!(probing("web-player", &server.url("/")).probe("web-player").await, Outcome::Healthy);
    assert!(server.sent() < 64 * MIB);
}

#[tokio::test]
async fn every_transport_failure_is_classified() {
    let server = Loopback::start(|request| match request.split(' ').nth(1) {
        Some("/cut") => {
            Reply::Cut(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 100\r\n\r\n{\"error\":".to_vec())
        }
        Some("/nothing") => Reply::Cut(Vec::new()),
        Some("/noise") => Reply::Cut(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Some("/half") => {
            Reply::Bytes(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 100\r\n\r\n{\"error\":".to_vec())
        }
        _ => Reply::Silence,
    })
    .await;
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let quick = || HttpOptions { timeout: SignedDuration::from_millis(300), ..HttpOptions::default() };
    let seen =
        async |url: &str| class(&probing_with(quick(), &[at("web-api", url)], None).probe("web-api").await);
    assert_eq!(seen(&server.url("/cut")).await, Some(FailureKind::Reset));
    assert_eq!(seen(&server.url("/nothing")).await, Some(FailureKind::Reset));
    assert_eq!(seen(&server.url("/noise")).await, Some(FailureKind::Reset));
    assert_eq!(seen(&server.url("/silence")).await, Some(FailureKind::Timeout));
    assert_eq!(seen(&server.url("/half")).await, Some(FailureKind::Timeout));
    assert_eq!(seen(&format!("http://{nobody}/")).await, Some(FailureKind::Connect));
    // A name with a label of more than 63 letters is refused before any request is sent.
    assert_eq!(seen(&format!("http://{}.invalid/", "a".repeat(64))).await, Some(FailureKind::Dns));
}

#[tokio::test]
async fn host_without_tls_is_reported_as_such() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = server.local_addr().expect("an address");
    let talk = tokio::spawn(async move {
        while let Ok((mut socket, _)) = server.accept().await {
            let _gone =
                tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let seen = probing("web-api", &format!("https://{address}/v1/me")).probe("web-api").await;
    talk.abort();
    assert_eq!(class(&seen), Some(FailureKind::Tls), "{seen:?}");
}

#[tokio::test]
async fn unchanged_page_is_not_sent_again() {
    let server = Loopback::start(|request| {
        if request.to_lowercase().contains("if-none-match: w/\"1\"") {
            answer("304 Not Modified", &[("age", "9"), ("etag", "W/\"1\"")], "")
        } else {
            answer(
                "200 OK",
                &[("etag", "W/\"1\""), ("last-modified", "Fri, 20 Nov 2026 09:00:00 GMT"), ("age", "4")],
                PAGE,
            )
        }
    })
    .await;
    let schedule = probing("status-page", &server.url("/api/v2/summary.json"));
    for age in [4, 9, 9] {
        let Outcome::Page(page) = schedule.probe("status-page").await else { panic!("a page") };
        assert_eq!((page.level, page.copy_age), (Level::Up, SignedDuration::from_secs(age)));
    }
    let asked = server.requests();
    assert!(asked.last().is_some_and(|r| r.to_lowercase().contains("if-modified-since: fri, 20 nov 2026")));
}

#[tokio::test]
async fn redirect_is_followed_on_its_own_host_only() {
    let other = Loopback::start(|_| json("200 OK", PAGE)).await;
    let elsewhere = other.url("/api/v2/summary.json");
    let server = Loopback::start(move |request| match request.split(' ').nth(1) {
        Some("/old") => answer("301 Moved Permanently", &[("location", "/api/v2/summary.json")], ""),
        Some("/circle") => answer("302 Found", &[("location", "/circle")], ""),
        Some("/away") => answer("302 Found", &[("location", &elsewhere)], ""),
        _ => json("200 OK", PAGE),
    })
    .await;
    let seen = async |path: &str| probing("status-page", &server.url(path)).probe("status-page").await;
    assert!(matches!(seen("/old").await, Outcome::Page(_)));
    let Outcome::Unclear(why) = seen("/circle").await else { panic!("unclear") };
    assert_eq!(why, "302: redirects to /circle");
    let Outcome::Unclear(why) = seen("/away").await else { panic!("unclear") };
    assert!(why.contains("redirects to another host") && why.contains(other.address()), "{why}");
    assert_eq!(other.connections(), 0, "nobody went there");
    assert_eq!(server.asked().iter().filter(|line| line.ends_with("/circle")).count(), 4);
}

#[tokio::test]
async fn too_many_requests_pauses_only_its_probe() {
    let server = Loopback::start(|request| {
        if request.starts_with("POST") {
            answer(
                "429 Too Many Requests",
                &[("retry-after", "19056"), ("server", "envoy")],
                "Too many requests",
            )
        } else {
            json("200 OK", r#"{"issuer":"here"}"#)
        }
    })
    .await;
    let changes =
        [at("accounts", &server.url("/api/token")), at("accounts-discovery", &server.url("/.well-known"))];
    let schedule = probing_with(HttpOptions::default(), &changes, None);
    for _ in 0..3 {
        let Outcome::Refused { why, detail, until } = schedule.probe("accounts").await else {
            panic!("refused")
        };
        assert_eq!(
            (why, detail.as_str(), until.is_some()),
            (RejectionReason::Rate, "429 Too many requests", true)
        );
        assert_eq!(schedule.probe("accounts-discovery").await, Outcome::Healthy);
    }
    assert_eq!(server.asked().iter().filter(|line| line.starts_with("POST")).count(), 1);
    let holds = schedule.throttle.holds();
    assert_eq!(
        holds.iter().map(|b| (b.host.as_str(), b.source.as_str())).collect::<Vec<_>>(),
        [(server.address(), "accounts")]
    );
}

#[tokio::test]
async fn page_format_is_detected_and_remembered() {
    let instatus = Loopback::start(|request| match request.split(' ').nth(1) {
        Some("/summary.json") => json("200 OK", r#"{"page":{"name":"Shop","status":"HASISSUES"}}"#),
        Some("/v2/components.json") => {
            json("200 OK", r#"{"components":[{"id":"1","name":"Checkout","status":"MAJOROUTAGE"}]}"#)
        }
        // A site of one page answers everything with it.
        _ => answer("200 OK", &[("content-type", "text/html")], "<!doctype html><title>Status</title>"),
    })
    .await;
    let page = probing("status-page", &instatus.url("/"));
    for _ in 0..2 {
        let Outcome::Page(page) = page.probe("status-page").await else { panic!("a page") };
        assert_eq!((page.name.as_str(), page.level), ("Shop", Level::Outage), "its components are worse");
        assert_eq!(page.components.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Checkout"]);
    }
    assert_eq!(
        instatus.asked(),
        [
            "GET /",
            "GET /api/v2/summary.json",
            "GET /api/v1/summary",
            "GET /summary.json",
            "GET /v2/components.json",
            "GET /summary.json",
            "GET /v2/components.json"
        ]
    );

    let atlassian = Loopback::start(|request| match request.split(' ').nth(1) {
        Some("/history.atom") => {
            answer("200 OK", &[("content-type", "application/atom+xml")], "<feed><title>Tune</title></feed>")
        }
        _ => answer(
            "404 Not Found",
            &[("x-statuspage-version", "31499eb2"), ("content-type", "text/html")],
            "<html>",
        ),
    })
    .await;
    let page = probing("status-page", &atlassian.url("/api/v2/summary.json"));
    assert!(matches!(page.probe("status-page").await, Outcome::Page(page) if page.name == "Tune"));
    assert_eq!(atlassian.asked(), ["GET /api/v2/summary.json", "GET /history.atom"]);
}

#[tokio::test]
async fn unknown_page_format_is_not_searched_every_time() {
    let server = Loopback::start(|_| answer("404 Not Found", &[], "")).await;
    let page = probing("status-page", &server.url("/api/v2/summary.json"));
    for _ in 0..3 {
        assert_eq!(page.probe("status-page").await, Outcome::Unclear("404".into()));
    }
    assert_eq!(server.asked().len(), 4 + 2);
}

#[tokio::test]
async fn vanished_incidents_outcome_is_looked_up() {
    let incident = |state: &str| {
        format!(
            r#"{{"id":"a","name":"Trouble","status":"{state}","impact":"major","started_at":"2026-11-20T09:00:00Z"}}"#
        )
    };
    let (open, closed) = (incident("investigating"), incident("resolved"));
    let probes = std::sync::atomic::AtomicU32::new(0);
    let server = Loopback::start(move |request| {
        if request.starts_with("GET /api/v2/incidents.json") {
            return json("200 OK", &format!(r#"{{"page":{{}},"incidents":[{closed}]}}"#));
        }
        let first = probes.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        let incidents = if first { open.as_str() } else { "" };
        json(
            "200 OK",
            &format!(r#"{{"page":{{}},"status":{{"indicator":"none"}},"incidents":[{incidents}]}}"#),
        )
    })
    .await;
    let page = probing("status-page", &server.url("/api/v2/summary.json"));
    let mut polls = Vec::new();
    for _ in 0..3 {
        let Outcome::Page(page) = page.probe("status-page").await else { panic!("a page") };
        polls.push((page.level, page.incidents.iter().map(|i| i.state).collect::<Vec<_>>()));
    }
    assert_eq!(
        polls,
        [
            (Level::Outage, vec![IncidentState::Investigating]),
            (Level::Up, vec![IncidentState::Resolved]),
            (Level::Up, vec![IncidentState::Resolved]),
        ]
    );
    assert_eq!(server.asked().iter().filter(|line| line.contains("incidents.json")).count(), 1);
}

#[tokio::test]
async fn token_is_fetched_with_credentials_and_shown_to_nobody() {
    let server = Loopback::start(|request| {
        let request = request.to_lowercase();
        if request.starts_with("post /api/token") && request.contains("authorization: basic yxbwonmzy3jlda==")
        {
            json("200 OK", r#"{"access_token":"t0ken","token_type":"Bearer","expires_in":3600}"#)
        } else if request.contains("authorization: bearer t0ken") {
            json("200 OK", r#"{"artists":{"items":[]}}"#)
        } else {
            json("401 Unauthorized", r#"{"error":{"status":401,"message":"No token provided"}}"#)
        }
    })
    .await;
    let credentials = ClientCredentials {
        id: "app".into(),
        secret: Secret::new("s3cret"),
        token_url: Some(server.url("/api/token")),
    };
    let changes = [at("web-api-search", &server.url("/v1/search")), at("web-api", &server.url("/v1/me"))];
    let schedule = probing_with(HttpOptions::default(), &changes, Some(&credentials));
    assert_eq!(schedule.probe("web-api-search").await, Outcome::Healthy);
    assert_eq!(schedule.probe("web-api").await, Outcome::Healthy);
    assert!(!format!("{credentials:?}").contains("s3cret"));
    let to_probe: Vec<String> =
        server.requests().into_iter().filter(|r| r.starts_with("GET /v1/me")).collect();
    assert!(to_probe.iter().all(|r| !r.to_lowercase().contains("authorization")));
}

#[tokio::test]
async fn connections_are_reused_and_then_renewed() {
    let healthy = || json("401 Unauthorized", r#"{"error":{"status":401}}"#);
    for (renew_after, expected) in [(SignedDuration::from_mins(4), 1), (SignedDuration::ZERO, 3)] {
        let server = Loopback::start(move |_| healthy()).await;
        let options = HttpOptions { renew_after, ..HttpOptions::default() };
        let schedule = probing_with(options, &[at("web-api", &server.url("/v1/me"))], None);
        for _ in 0..3 {
            assert_eq!(schedule.probe("web-api").await, Outcome::Healthy);
        }
        assert_eq!(server.connections(), expected);
    }
}
