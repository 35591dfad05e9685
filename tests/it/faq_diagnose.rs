//! What `/diagnose` finds in pasted text, and what it ignores.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use healthy_upstream::faq::{Faq, diagnose::DiagnosisVerdict};

/// Returns the findings, one per line: topic, line of the paste, and the quoted words.
fn announced(paste: &str) -> String {
    Faq::builtin().diagnose(paste).findings.iter().fold(String::new(), |mut log, finding| {
        let _ = writeln!(log, "{} · line {} · {}", finding.topic(), finding.line, finding.matched);
        log
    })
}

#[track_caller]
fn first_topic(paste: &str) -> &'static str {
    Faq::builtin().diagnose(paste).findings.first().map_or("nothing", |finding| finding.topic())
}

fn check(paste: &str, findings: &Expect) {
    findings.assert_eq(&announced(paste));
}

#[test]
fn curl_to_spotifys_envoy_names_spotify() {
    let paste = "* Connected to api.spotify.com (35.186.224.24) port 443\n> GET /v1/me HTTP/2\n> Host: api.spotify.com\n\
                 < HTTP/2 503\n< content-length: 19\n< server: envoy\n<\nno healthy upstream";
    check(
        paste,
        &expect![[r#"
            spotify-nhu · line 8 · no healthy upstream
            spotify-5xx · line 1 · api.spotify.com
        "#]],
    );
}

#[test]
fn status_code_alone_loses_to_exact_error_words() {
    for (paste, entry) in [
        ("HTTP/1.1 429 Too Many Requests", "spotify-429-rate-limit"),
        ("429 Too Many Requests", "spotify-429-rate-limit"),
        ("HTTP/2 503", "gateway-5xx"),
        ("curl: (22) The requested URL returned error: 503", "gateway-5xx"),
        (
            "10.0.0.1 - - [30/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 502 157 \"-\" \"curl/8\"",
            "gateway-5xx",
        ),
        ("< HTTP/2 503\n< content-length: 19\n< content-type: text/plain\n< server: envoy\n<", "nhu-meaning"),
        ("DEBUG urllib3 http://localhost:8004 \"POST /od-server/ HTTP/1.1\" 503 19", "nhu-meaning"),
        ("HTTP/1.1 503 Service Unavailable\nreset reason: overflow", "envoy-overflow"),
        ("HTTP/1.1 503 Service Unavailable\n\nno healthy upstream", "nhu-meaning"),
        ("API Error (503 no healthy upstream) · Retrying in 4 seconds", "nhu-other-service"),
    ] {
        let faq = Faq::builtin();
        let found = faq.diagnose(paste);
        assert_eq!(found.findings.first().map(|it| it.entry.id.as_str()), Some(entry), "{paste}");
    }
    let quoted =
        &Faq::builtin().diagnose("first\nHTTP/1.1 429 Too Many Requests").findings[0].matched.clone();
    assert_eq!(quoted, "HTTP/1.1 429 Too Many Requests");
    for fine in [
        "it took 503 ms",
        "< HTTP/2 200\n< content-length: 503",
        "discord.errors.HTTPException: 429 Too Many Requests",
    ] {
        assert_eq!(
            Faq::builtin().diagnose(fine).verdict,
            DiagnosisVerdict::None,
            "{fine}: {}",
            announced(fine)
        );
    }
}

#[test]
fn several_errors_are_listed_most_specific_first() {
    let paste = "10:00 upstream connect error or disconnect/reset before headers. reset reason: overflow\n\n\n\n\n\n\n\n\n\
                 10:05 Player command failed: No active device found\n\n\n\n\n\n\n\n\n10:09 invalid_grant Refresh token revoked";
    let faq = Faq::builtin();
    let found = faq.diagnose(paste);
    let lines: Vec<_> = found.findings.iter().map(|finding| (finding.topic(), finding.line)).collect();
    assert!(lines.contains(&("envoy-overflow", 1)), "{lines:?}");
    assert!(lines.contains(&("spotify-404-device", 10)), "{lines:?}");
    assert!(lines.contains(&("spotify-refresh-token", 19)), "{lines:?}");
    assert!(found.findings.is_sorted_by(|a, b| a.rank >= b.rank));
}

#[test]
fn response_flag_counts_only_in_its_own_log_field() {
    assert_eq!(first_topic("\"GET /x HTTP/1.1\" 503 UH - \"-\" 0 19 0"), "envoy-nhu");
    assert_eq!(first_topic("\"GET /x HTTP/1.1\" 503 UF,URX - \"-\" 0 91 12"), "envoy-connect-failure");
    assert_eq!(first_topic("{\"response_code\":503,\"response_flags\":\"UO\"}"), "envoy-overflow");
    assert_eq!(first_topic("\"GET /stream HTTP/2\" 0 DC - \"-\" 0 0 1832"), "envoy-downstream");
    for prose in [
        "UH yes, mr NR said",
        "I moved from DC to UT in 2019",
        "buh 503 uhm",
        "id=UF-UH-77",
        "the NR of 404 pages",
    ] {
        assert_eq!(first_topic(prose), "nothing", "{prose}");
    }
}

#[test]
fn lone_response_flag_is_treated_as_a_log_excerpt() {
    for (pasted, topic) in [
        ("UH", "envoy-nhu"),
        (" `UH`\n", "envoy-nhu"),
        ("UF,URX", "envoy-connect-failure"),
        ("\"UO\"", "envoy-overflow"),
        ("[DC]", "envoy-downstream"),
    ] {
        assert_eq!(first_topic(pasted), topic, "{pasted}");
    }
    assert_eq!(first_topic("uh"), "nothing");
    assert_eq!(first_topic("UH huh"), "nothing");
}

#[test]
fn number_inside_an_id_is_no_status() {
    for id in [
        "played 4uLU429CjMI75M1A2tKUQC for 3 min",
        "trace=4bf92f3577b34da6a3ce429d0e0e4736 ok",
        "took 12,503 ms",
        "2024-01-01 10:00:00.503 INFO up",
        "user 429503111 joined",
    ] {
        assert_eq!(first_topic(id), "nothing", "{id}");
    }
}

#[test]
fn github_rate_limit_in_spicetify_is_not_spotifys() {
    assert_eq!(
        first_topic("spicetify v2.42\nerror GitHub response: API rate limit exceeded for 1.2.3.4"),
        "spicetify"
    );
    assert_eq!(
        first_topic("GET api.spotify.com/v1/search 429 API rate limit exceeded"),
        "spotify-429-rate-limit"
    );
}

#[test]
fn spotipy_429_after_server_errors_is_a_server_error() {
    let paste = "spotipy.exceptions.SpotifyException: http status: 429, code:-1 - https://api.spotify.com/v1/me:\n \
                 Max Retries, reason: too many 503 error responses";
    assert_eq!(first_topic(paste), "spotify-5xx");
}

#[test]
fn formatting_and_cut_text_hide_no_error() {
    for paste in [
        "\u{1b}[31mERROR\u{1b}[0m The access \u{1b}[1mtoken\u{1b}[0m expired (https://api.spotify.com)",
        "[31mERROR[0m The access [1mtoken[0m expired",
        "```\nhttp status: 401\r\nThe   access\ttoken\r\nexpired\r\n```",
        "…s://api.spotify.com/v1/me: THE ACCESS TOKEN EXPIRED\", 'statu",
        "\"{\\\"message\\\":\\\"The access token\\nexpired\\\"}\"",
        "hola, me sale esto y no sé qué hacer: «The access token expired» gracias",
        "помогите, ошибка: The access token expired",
    ] {
        assert_eq!(first_topic(paste), "spotify-401-token", "{paste}");
    }
}

#[test]
fn quote_is_verbatim_from_the_paste() {
    let paste = "x\nError: Player Command Failed:  NO ACTIVE device found!";
    let faq = Faq::builtin();
    let found = faq.diagnose(paste);
    let quoted = &found.findings[0].matched;
    assert_eq!(found.findings[0].line, 2);
    assert!(paste.split_whitespace().collect::<Vec<_>>().join(" ").contains(quoted.as_str()), "{quoted}");
}

#[test]
fn unrelated_stack_traces_get_no_diagnosis() {
    for paste in [
        "RuntimeError: CUDA out of memory. Tried to allocate 92.00 MiB",
        "java.lang.NullPointerException: Cannot invoke \"String.length()\"\n\tat com.example.Main.main(Main.java:5)",
        "error[E0502]: cannot borrow `x` as mutable because it is also borrowed as immutable",
        "DiscordAPIError[50013]: Missing Permissions",
        "",
        "   \n\n",
    ] {
        assert_eq!(
            Faq::builtin().diagnose(paste).verdict,
            DiagnosisVerdict::None,
            "{paste}: {}",
            announced(paste)
        );
    }
}

#[test]
fn error_deep_in_a_large_log_keeps_its_line() {
    let fine = "[2026-11-20T10:00:00.429Z] \"GET /v1/tracks/4uLU6hMCjMI75M1A2tKUQC HTTP/2\" 200 - via_upstream - \"-\" 0 503 12\n";
    let mut log = fine.repeat(9_000);
    log.push_str("[2026-11-20T10:00:01Z] \"GET / HTTP/2\" 404 NR route_not_found - \"-\" 0 0 0\n");
    log.push_str(&fine.repeat(100));
    let faq = Faq::builtin();
    let found = faq.diagnose(&log);
    assert_eq!(found.findings[0].topic(), "envoy-no-route");
    assert_eq!(found.findings[0].line, 9_001);
}
