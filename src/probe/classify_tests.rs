//! What real responses mean, one line each.

use proptest::prelude::*;

use super::super::exchange::ResponseHeaders;
use super::super::spotify;
use super::*;

fn expect_of(source: &str) -> Expect {
    spotify::specs(&[]).unwrap().into_iter().find(|s| s.name.as_str() == source).unwrap().expect
}

fn seen(source: &str, answer: HttpResponse) -> Outcome {
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let exchange = Exchange::answered(&source.into(), at, SignedDuration::from_millis(40), answer);
    classify(&exchange, &expect_of(source))
}

/// Returns it on one line, as the operator reads it.
fn described(source: &str, answer: HttpResponse) -> String {
    match seen(source, answer) {
        Outcome::Healthy => "healthy".to_owned(),
        Outcome::Failing(failure) => format!("failing {}: {}", failure.class.as_str(), failure.brief()),
        Outcome::Unreachable(failure) => format!("unreachable: {}", failure.brief()),
        Outcome::Refused { why, detail, until } => {
            format!("refused {why:?}: {detail}{}", until.map_or(String::new(), |u| format!(" until {u}")))
        }
        Outcome::Unclear(why) => format!("unclear: {why}"),
        Outcome::Page(_) => "page".to_owned(),
    }
}

#[test]
fn healthy_sources_answer_as_the_catalog_expects() {
    let healthy = [
        ("web-api", HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)),
        (
            "accounts",
            HttpResponse::json(
                400,
                r#"{"error":"unsupported_grant_type","error_description":"grant_type parameter is missing"}"#,
            ),
        ),
        ("accounts", HttpResponse::json(400, r#"{"error":"invalid_client"}"#)),
        ("accounts-discovery", HttpResponse::json(200, r#"{"issuer":"https://accounts.spotify.com"}"#)),
        (
            "client-bootstrap",
            HttpResponse::json(200, r#"{"accesspoint":["ap.example:4070"],"dealer":["d:443"]}"#),
        ),
        ("client-bootstrap", HttpResponse::json(200, r#"{"ap_list":["ap.example:4070"]}"#)),
        ("web-player", HttpResponse::html(200, "<!DOCTYPE html><title>Spotify – Web Player</title>")),
        ("web-api-search", HttpResponse::text(200, r#"{"artists":{"items":[]}}"#)),
    ];
    for (source, answer) in healthy {
        assert_eq!(described(source, answer), "healthy", "{source}");
    }
}

#[test]
fn every_kind_of_failure_is_classified() {
    let edge = "<html><head><title>502 Server Error</title></head></html>";
    let nginx = "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n</html>";
    let connect = "upstream connect error or disconnect/reset before headers. ";
    let lines = [
        described("web-api", HttpResponse::text(503, "no healthy upstream")),
        described("web-api", HttpResponse::text(503, " No Healthy Upstream\r\n")),
        described(
            "accounts",
            HttpResponse::text(503, &format!("{connect}reset reason: connection termination")),
        ),
        described(
            "accounts",
            HttpResponse::text(
                503,
                &format!(
                    "{connect}retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: 111"
                ),
            ),
        ),
        described("accounts", HttpResponse::text(503, connect.trim())),
        described("web-api", HttpResponse::text(504, "upstream request timeout")),
        described("web-api", HttpResponse::text(503, "").with("server", "envoy")),
        described("web-api", HttpResponse::text(503, "")),
        described("client-bootstrap", HttpResponse::html(502, edge)),
        described("web-api", HttpResponse::html(504, nginx)),
        described("web-api", HttpResponse::html(502, edge).with("server", "envoy")),
        described(
            "web-api",
            HttpResponse::json(500, r#"{"error":{"status":500,"message":"Server error."}}"#),
        ),
        described(
            "web-api",
            HttpResponse::json(502, r#"{ "error" : { "status" : 502, "message" : "Bad gateway." } }"#),
        ),
        described("accounts", HttpResponse::json(503, r#"{"error":"server_error"}"#)),
        described("web-api", HttpResponse::text(530, "")),
        described("client-bootstrap", HttpResponse::json(200, r#"{"accesspoint":["a"],"dealer":[]}"#)),
        described("client-bootstrap", HttpResponse::json(200, "{}")),
    ];
    expect_test::expect![[r"
        failing no_healthy_upstream: 503 no healthy upstream
        failing no_healthy_upstream: 503 no healthy upstream
        failing upstream_connect: 503 upstream connect error: connection termination
        failing upstream_connect: 503 upstream connect error: remote connection failure
        failing upstream_connect: 503 upstream connect error
        failing upstream_timeout: 504 upstream request timeout
        failing envoy_empty: 503 empty answer
        failing server_error: 503
        failing edge_error: 502 Server Error
        failing edge_error: 504 Gateway Time-out
        failing server_error: 502 Server Error
        failing api_server_error: 500 Server error.
        failing api_server_error: 502 Bad gateway.
        failing server_error: 503 server_error
        failing server_error: 530
        failing empty: 200 dealer is empty
        failing empty: 200 no lists"]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn our_own_rejections_are_never_an_outage() {
    let lines = [
        described("web-api", HttpResponse::text(429, "Too many requests").with("retry-after", "19056")),
        described(
            "web-api",
            HttpResponse::json(429, r#"{"error":{"status":429,"message":"API rate limit exceeded"}}"#),
        ),
        described(
            "web-api-search",
            HttpResponse::json(
                429,
                r#"{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}"#,
            )
            .with("Retry-After", "48925"),
        ),
        described(
            "web-api",
            HttpResponse::text(429, "").with("retry-after", "Fri, 20 Nov 2026 11:00:00 GMT"),
        ),
        described("web-api", HttpResponse::text(429, "").with("retry-after", "99999999999")),
        described("web-api", HttpResponse::text(429, "").with("retry-after", "soon")),
        described("web-api", HttpResponse::html(429, "<html>slow down")),
        described(
            "web-api-search",
            HttpResponse::json(
                403,
                r#"{"error":{"status":403,"message":"Active premium subscription required for the owner of the app"}}"#,
            ),
        ),
        described(
            "web-api-search",
            HttpResponse::text(
                403,
                "Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few hours before requests are allowed again.",
            ),
        ),
        described(
            "web-api",
            HttpResponse::json(
                403,
                r#"{ "error" : { "status" : 403, "message" : "Spotify is unavailable in this country" } }"#,
            ),
        ),
        described(
            "web-api-search",
            HttpResponse::json(401, r#"{"error":{"status":401,"message":"The access token expired"}}"#),
        ),
        described(
            "web-api-search",
            HttpResponse::json(400, r#"{"error":"invalid_client","error_description":"Invalid client"}"#),
        ),
    ];
    expect_test::expect![[r"
        refused Rate: 429 Too many requests until 2026-11-20T11:00:00.04Z
        refused Rate: 429 API rate limit exceeded
        refused Quota: 429 QUOTA_EXCEEDED until 2026-11-20T11:00:00.04Z
        refused Rate: 429 until 2026-11-20T11:00:00Z
        refused Rate: 429 until 2026-11-20T11:00:00.04Z
        refused Rate: 429
        refused Rate: 429
        refused Credential: 403 Active premium subscription required for the owner of the app
        refused Credential: 403 Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few…
        refused Country: 403 Spotify is unavailable in this country
        refused Credential: 401 The access token expired
        refused Credential: 400 invalid_client: Invalid client"]].assert_eq(&lines.join("\n"));
}

#[test]
fn inconclusive_answers_are_neither_green_nor_red() {
    let challenge = "<!DOCTYPE html><html><head><title>Just a moment...</title>";
    let lines = [
        described("web-api", HttpResponse::text(200, "no healthy upstream")),
        described("web-api", HttpResponse::html(401, "<html><title>Log in to the airport</title>")),
        described("accounts-discovery", HttpResponse::html(200, challenge)),
        described("web-player", HttpResponse::html(200, challenge)),
        described("web-player", HttpResponse::json(200, "{}")),
        described("web-api", HttpResponse::html(403, challenge)),
        described(
            "web-player",
            HttpResponse::default_status(302).with("location", "https://portal.example/login?from=x"),
        ),
        described("web-api", HttpResponse::json(400, r#"{"error":{"status":400,"message":"Bad"}}"#)),
        described("web-api", HttpResponse::text(404, "")),
        described("accounts", HttpResponse::json(405, "")),
        described("accounts-discovery", HttpResponse::json(200, "[1]")),
        described("accounts-discovery", HttpResponse::json(200, "{\"issuer\":")),
        described("web-api-search", HttpResponse::json(200, "{}")),
        described("web-api", HttpResponse::html(511, "<html>")),
        described("web-api", HttpResponse::default_status(304)),
        described("accounts-discovery", HttpResponse { truncated: true, ..HttpResponse::json(200, "{}") }),
    ];
    expect_test::expect![[r#"
        unclear: 200 (no healthy upstream) where 401 belongs
        unclear: 401 with HTML where JSON belongs ("Log in to the airport")
        unclear: 200 with HTML where JSON belongs ("Just a moment...")
        unclear: 200 with a challenge page
        unclear: 200 without the expected HTML
        unclear: 403 (HTML ("Just a moment...")) where 401 belongs
        unclear: 302: redirects to https://portal.example/login?from=x
        unclear: 400 (Bad) where 401 belongs
        unclear: 404 where 401 belongs
        unclear: 405 where 400 belongs
        unclear: 200 with JSON that is no object
        unclear: 200 with something else where JSON belongs
        unclear: 200 with JSON that has no `artists`
        unclear: 511: our network requires a login
        unclear: 304: redirects
        unclear: 200 with a body that was cut at our size cap"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn phrase_counts_only_as_whole_body_of_a_503() {
    let class = |answer| match seen("web-player", answer) {
        Outcome::Failing(failure) => Some(failure.class),
        _ => None,
    };
    let page = "<!doctype html><title>What does no healthy upstream mean?</title><p>no healthy upstream</p>";
    assert_eq!(class(HttpResponse::html(200, page)), None);
    assert_eq!(seen("web-player", HttpResponse::html(200, page)), Outcome::Healthy);
    assert_eq!(class(HttpResponse::html(503, page)), Some(FailureKind::EdgeError));
    assert_eq!(class(HttpResponse::text(500, "no healthy upstream")), Some(FailureKind::ServerError));
    assert_eq!(class(HttpResponse::text(503, "error: no healthy upstream")), Some(FailureKind::ServerError));
    assert_eq!(
        class(HttpResponse { truncated: true, ..HttpResponse::text(503, "no healthy upstream") }),
        Some(FailureKind::ServerError)
    );
}

#[test]
fn transport_failures_are_unreachable_and_connectivity_check_takes_any_answer() {
    let at = Timestamp::UNIX_EPOCH;
    let failed = |error| Exchange::failed(&"web-api".into(), at, SignedDuration::ZERO, error);
    let expect = expect_of("web-api");
    for (error, class) in [
        (TransportError::Dns, FailureKind::Dns),
        (TransportError::Connect, FailureKind::Connect),
        (TransportError::Tls, FailureKind::Tls),
        (TransportError::TlsExpired, FailureKind::TlsExpired),
        (TransportError::Timeout, FailureKind::Timeout),
        (TransportError::Reset, FailureKind::Reset),
    ] {
        let Outcome::Unreachable(failure) = classify(&failed(error), &expect) else { panic!("unreachable") };
        assert_eq!((failure.class, failure.brief().as_str()), (class, error.as_str()));
        assert!(matches!(classify_connectivity_check(&failed(error)), Outcome::Unreachable(_)));
    }
    assert!(matches!(classify(&failed(TransportError::BodyTooLarge), &expect), Outcome::Unclear(_)));
    assert_eq!(classify_connectivity_check(&failed(TransportError::BodyTooLarge)), Outcome::Healthy);
    let teapot =
        Exchange::answered(&"control".into(), at, SignedDuration::ZERO, HttpResponse::default_status(418));
    assert_eq!(classify_connectivity_check(&teapot), Outcome::Healthy);
}

impl HttpResponse {
    fn default_status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

const PIECES: &str = "no healthy upstream|upstream connect error or disconnect/reset before headers|reset reason:|upstream request timeout|<html>|<title>|</title>|\\{|\\}|\"error\"|:|\"status\"|503|null|\\[|,| |\u{feff}|ß|\u{0}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes_never_panic_and_only_5xx_fails(
        status in 100u16..=999,
        pieces in proptest::collection::vec(PIECES, 0..12),
        noise: Vec<u8>,
        kind in prop_oneof!["text/html", "application/json", "\\PC{0,20}"],
        retry in prop_oneof!["[0-9]{1,30}", "\\PC{0,30}", "-1", "NaN", "1e400", "inf"],
        truncated: bool,
        source in prop_oneof![Just("web-api"), Just("accounts"), Just("client-bootstrap"), Just("web-player")],
    ) {
        let mut body = pieces.concat().into_bytes();
        body.extend(noise);
        let headers: ResponseHeaders = [("content-type", &kind), ("retry-after", &retry), ("location", &kind)].into_iter().collect();
        match seen(source, HttpResponse { status, headers, body, truncated }) {
            Outcome::Failing(s) if s.class == FailureKind::Empty => prop_assert!(status == 200 && source == "client-bootstrap"),
            Outcome::Failing(s) => {
                prop_assert!((500..600).contains(&status));
                prop_assert_eq!(s.status, Some(status));
                prop_assert!(s.detail.chars().count() <= DETAIL_CHARS + 30 && !s.detail.contains('\n'));
            }
            Outcome::Refused { .. } => prop_assert!(matches!(status, 400 | 401 | 403 | 429)),
            Outcome::Unreachable(_) | Outcome::Page(_) => prop_assert!(false, "an answer is neither"),
            Outcome::Healthy | Outcome::Unclear(_) => {}
        }
    }
}
