//! Probes in, events out: what our checks find.

use expect_test::expect;
use healthy_upstream::health::{Detector, FailureKind, Level, Observation, Outcome, Policy, RejectionReason};
use jiff::SignedDuration;

use crate::fixtures::{at, catalog};
use crate::prober::{Prober, cut, failing, refused};

fn nhu() -> Outcome {
    failing(503, "no healthy upstream")
}

#[test]
fn three_failures_open_and_four_successes_end_with_true_times() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "12:27", nhu()).run("12:10", "12:40");
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        12:28:11  ended  up [web-api] since 12:20:01 until 12:27:11  web-api: healthy (4 checks in 1 min)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn services_that_fail_at_the_same_time_are_one_outage() {
    let mut bot = Prober::new();
    bot.all_answer("12:20", "12:27", &failing(502, "")).run("12:10", "12:40");
    expect![[r#"
        12:20:31  started  outage [apps login web-api web-player] since 12:20:01  web-api: 502 (3 checks in 30 s); accounts-discovery: 502 (2 checks in 15 s); client-bootstrap: 502 (2 checks in 15 s); web-player: 502 (2 checks in 15 s)
        12:28:14  ended  up [apps login web-api web-player] since 12:20:01 until 12:27:14  web-player: healthy (4 checks in 1 min)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn three_failing_sources_of_one_service_share_the_threshold() {
    let of_one_service = |sources: &[&str]| {
        let mut catalog = catalog();
        catalog.services.truncate(1);
        catalog.services[0].sources = sources.iter().map(|source| (*source).into()).collect();
        let mut bot = Prober::with(catalog, Policy::default());
        bot.all_answer("12:20", "12:27", &failing(502, "")).run("12:10", "12:21");
        bot.announced()
    };
    expect![[r#"
        12:20:03  started  outage [web-api] since 12:20:01  client-bootstrap: 502 (3 checks in 2 s)
    "#]]
    .assert_eq(&of_one_service(&["web-api", "accounts", "client-bootstrap"]));
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: 502 (3 checks in 30 s)
    "#]]
    .assert_eq(&of_one_service(&["web-api", "accounts"]));
}

#[test]
fn late_service_joins_and_early_recovery_is_posted() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "13:00", nhu())
        .answers("client-bootstrap", "12:40", "12:50", failing(502, ""))
        .run("12:10", "13:10");
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        12:40:33  ServiceAffected apps  outage [apps web-api] since 12:20:01  client-bootstrap: 502 (3 checks in 30 s)
        12:51:13  ServiceRecovered apps  outage [web-api] since 12:20:01  client-bootstrap: healthy (4 checks in 1 min)
        13:01:11  ended  up [apps web-api] since 12:20:01 until 13:00:11  web-api: healthy (4 checks in 1 min)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn one_or_two_failed_checks_are_noise() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20:00", "12:20:15", failing(502, "")).run("12:10", "12:40");
    assert_eq!(bot.announced(), "");
}

#[test]
fn failure_of_our_network_is_no_outage() {
    let mut bot = Prober::new();
    bot.all_answer("12:20", "12:30", &cut(FailureKind::Timeout))
        .answers("control", "12:20", "12:30", cut(FailureKind::Dns))
        .answers("status-page", "12:20", "12:30", cut(FailureKind::Dns))
        .run("12:10", "12:25");
    let snapshot = bot.detector.snapshot(at("12:25"));
    assert_eq!(
        snapshot.own_network_down_since.map(|at| at.to_string()),
        Some("2025-04-16T12:20:00Z".to_owned())
    );
    assert!(snapshot.services.iter().all(|service| service.level == Level::Unknown), "we cannot see");
    bot.run("12:25", "12:40");
    assert_eq!(bot.announced(), "");
}

#[test]
fn http_answer_is_never_blamed_on_our_network() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "12:27", nhu())
        .answers("control", "12:00", "13:00", cut(FailureKind::Connect))
        .run("12:10", "12:40");
    assert_eq!(bot.lines(), 2, "{}", bot.announced());
}

#[test]
fn unanswered_probes_count_when_the_connectivity_check_answers() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "12:27", cut(FailureKind::TlsExpired)).run("12:10", "12:40");
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: tls_expired (3 checks in 30 s)
        12:28:11  ended  up [web-api] since 12:20:01 until 12:27:11  web-api: healthy (4 checks in 1 min)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn rejected_probes_are_never_an_outage() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "23:00", refused(RejectionReason::Quota, "429 QUOTA_EXCEEDED"))
        .answers("accounts", "12:20", "23:00", refused(RejectionReason::Credential, "400 invalid_client"))
        .answers(
            "client-bootstrap",
            "12:20",
            "23:00",
            refused(RejectionReason::Country, "403 unavailable in this country"),
        )
        .answers(
            "web-player",
            "12:20",
            "23:00",
            Outcome::Unclear("HTML with 200: Just a moment...".to_owned()),
        )
        .run("12:10", "23:30");
    assert_eq!(bot.announced(), "");
}

#[test]
fn hour_of_flapping_posts_at_most_six_lines() {
    let mut bot = Prober::new();
    for minute in (0..60).step_by(6) {
        let (from, until) = (format!("12:{minute:02}"), format!("12:{:02}", minute + 3));
        bot.all_answer(&from, &until, &nhu());
    }
    bot.run("11:50", "13:40");
    expect![[r#"
        12:00:31  started  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); accounts-discovery: 503 no healthy upstream (2 checks in 15 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s)
        12:04:14  ended  up [apps login web-api web-player] since 12:00:01 until 12:03:14  web-player: healthy (4 checks in 1 min)
        12:06:32  Reopened  outage [apps login web-api web-player] since 12:00:01  accounts: 503 no healthy upstream (3 checks in 30 s); web-api: 503 no healthy upstream (2 checks in 15 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s)
        12:10:12  ended  up [apps login web-api web-player] since 12:00:01 until 12:09:12  accounts: healthy (4 checks in 1 min)
        12:12:31  flapping  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s); accounts: 503 no healthy upstream (2 checks in 15 s)
        12:16:11  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:16:13  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:16:14  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:16:17  (FlapCount)  degraded [] since 12:00:01  accounts-discovery: healthy (4 checks in 1 min)
        12:18:41  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s); accounts-discovery: 503 no healthy upstream (2 checks in 15 s)
        12:22:01  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:22:03  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:22:04  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:22:12  (FlapCount)  degraded [] since 12:00:01  accounts: healthy (4 checks in 1 min)
        12:24:31  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s); accounts: 503 no healthy upstream (2 checks in 15 s)
        12:28:02  (FlapCount)  outage [apps web-api web-player] since 12:00:01  accounts-discovery: healthy (4 checks in 1 min)
        12:28:11  (FlapCount)  outage [apps web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:28:13  (FlapCount)  outage [web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:28:14  (FlapCount)  degraded [] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:30:32  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  accounts-discovery: 503 no healthy upstream (3 checks in 30 s); web-api: 503 no healthy upstream (2 checks in 15 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s)
        12:34:01  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:34:03  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:34:04  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:34:17  (FlapCount)  degraded [] since 12:00:01  accounts: healthy (4 checks in 1 min)
        12:36:31  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); accounts-discovery: 503 no healthy upstream (2 checks in 15 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s)
        12:40:11  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:40:12  (FlapCount)  outage [apps web-player] since 12:00:01  accounts-discovery: healthy (4 checks in 1 min)
        12:40:13  (FlapCount)  outage [web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:40:14  (FlapCount)  degraded [] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:42:32  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  accounts: 503 no healthy upstream (3 checks in 30 s); web-api: 503 no healthy upstream (2 checks in 15 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s)
        12:46:01  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:46:03  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:46:04  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:46:12  (FlapCount)  degraded [] since 12:00:01  accounts: healthy (4 checks in 1 min)
        12:48:31  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s); accounts: 503 no healthy upstream (2 checks in 15 s)
        12:52:11  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:52:13  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:52:14  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:52:17  (FlapCount)  degraded [] since 12:00:01  accounts-discovery: healthy (4 checks in 1 min)
        12:54:41  (FlapCount)  outage [apps login web-api web-player] since 12:00:01  web-api: 503 no healthy upstream (3 checks in 30 s); client-bootstrap: 503 no healthy upstream (2 checks in 15 s); web-player: 503 no healthy upstream (2 checks in 15 s); accounts-discovery: 503 no healthy upstream (2 checks in 15 s)
        12:58:01  (FlapCount)  outage [apps login web-player] since 12:00:01  web-api: healthy (4 checks in 1 min)
        12:58:03  (FlapCount)  outage [login web-player] since 12:00:01  client-bootstrap: healthy (4 checks in 1 min)
        12:58:04  (FlapCount)  outage [login] since 12:00:01  web-player: healthy (4 checks in 1 min)
        12:58:12  (FlapCount)  degraded [] since 12:00:01  accounts: healthy (4 checks in 1 min)
        13:12:12  ended  up [apps login web-api web-player] since 12:00:01 until 12:57:12  calm for 15 min
    "#]].assert_eq(&bot.announced());
    assert!(bot.lines() <= 6);
}

#[test]
fn restart_within_fifteen_minutes_reopens_the_outage() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "12:27", nhu())
        .answers("web-api", "12:38", "12:45", nhu())
        .answers("web-api", "13:10", "13:15", nhu())
        .run("12:10", "13:30");
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        12:28:11  ended  up [web-api] since 12:20:01 until 12:27:11  web-api: healthy (4 checks in 1 min)
        12:38:41  Reopened  outage [web-api] since 12:20:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        12:46:01  ended  up [web-api] since 12:20:01 until 12:45:01  web-api: healthy (4 checks in 1 min)
        13:10:31  started  outage [web-api] since 13:10:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        13:16:11  ended  up [web-api] since 13:10:01 until 13:15:11  web-api: healthy (4 checks in 1 min)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn slow_probes_are_degraded_not_down() {
    let mut bot = Prober::new();
    bot.takes("accounts", "12:20", "12:40", Outcome::Healthy, 2_900).run("12:10", "13:00");
    expect![[r#"
        12:22:05  started  degraded [login] since 12:20:02  accounts: slow, 2900 ms (5 checks in 2 min)
        12:41:02  ended  up [login] since 12:20:02 until 12:40:02  accounts: healthy (4 checks in 1 min)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn partial_probe_failures_are_degraded() {
    let steady = Policy { recheck_interval: SignedDuration::from_secs(30), ..Policy::default() };
    let mut bot = Prober::with(catalog(), steady);
    for minute in 20..40 {
        let (from, until) = (format!("12:{minute:02}:00"), format!("12:{minute:02}:15"));
        bot.answers("web-api", &from, &until, failing(503, "upstream connect error"));
    }
    bot.run("12:10", "13:10");
    expect![[r#"
        12:23:01  started  degraded [web-api] since 12:20:01  web-api: 503 upstream connect error now and then (4 checks in 3 min)
        12:44:41  ended  up [web-api] since 12:20:01 until 12:39:21  web-api: healthy (17 checks in 5 min 20 s)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn first_start_during_an_outage_posts_it_as_ongoing() {
    let mut bot = Prober::new();
    bot.answers("web-api", "11:00", "12:27", nhu()).run("12:20", "12:40");
    expect![[r#"
        12:20:31  started  outage [web-api] since 12:20:01  web-api: 503 no healthy upstream (3 checks in 30 s)
        12:28:11  ended  up [web-api] since 12:20:01 until 12:27:11  web-api: healthy (4 checks in 1 min)
    "#]]
    .assert_eq(&bot.announced());
    assert!(bot.events.iter().all(|event| event.outage.ongoing_at_first_probe));
}

#[test]
fn first_start_during_an_outage_shows_it_at_once() {
    let mut bot = Prober::new();
    bot.answers("web-api", "11:00", "12:27", nhu()).run("12:20", "12:20:05");
    let snapshot = bot.detector.snapshot(at("12:20:05"));
    let levels: Vec<_> = snapshot.services.iter().map(|service| service.level).collect();
    assert_eq!(levels, [Level::Outage, Level::Up, Level::Up, Level::Up]);
    assert_eq!(snapshot.services[0].reasons, ["web-api: 503 no healthy upstream (1 check in 0 s)"]);
    assert_eq!(bot.announced(), "", "one check is not posted");
}

#[test]
fn restarts_during_an_outage_change_no_event() {
    let story = |restarts: bool| {
        let mut bot = Prober::new();
        bot.answers("web-api", "12:20", "12:27", nhu());
        for minute in 10..40 {
            bot.run(&format!("12:{minute}"), &format!("12:{}", minute + 1));
            if restarts {
                bot.restart();
            }
        }
        let kinds: Vec<_> = bot.events.iter().map(|event| event.kind.clone()).collect();
        (kinds, bot.events.last().map(|event| event.outage.until))
    };
    assert_eq!(story(true), story(false));
}

#[test]
fn duplicate_or_late_probe_counts_once() {
    let mut bot = Prober::new();
    bot.run("12:10", "12:20");
    let probe = |time: &str| Observation {
        source: "web-api".into(),
        at: at(time),
        took: SignedDuration::from_millis(40),
        seen: nhu(),
        certificate_expires: None,
    };
    for time in ["12:20:00", "12:20:00", "12:20:00", "12:20:30", "12:20:00"] {
        bot.give(&probe(time));
    }
    assert_eq!(bot.announced(), "");
    bot.give(&probe("12:20:15"));
    expect![[r#"
        12:20:15  started  outage [web-api] since 12:20:00  web-api: 503 no healthy upstream (3 checks in 30 s)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn removed_source_leaves_no_outage_open() {
    let mut bot = Prober::new();
    bot.answers("client-bootstrap", "12:20", "13:00", nhu()).run("12:10", "12:30");
    let mut fewer = catalog();
    fewer.services.retain(|service| service.name.as_str() != "apps");
    bot.detector = Detector::resume(fewer, Policy::default(), bot.detector.tracker().clone());
    bot.run("12:30", "12:40");
    expect![[r#"
        12:20:33  started  outage [apps] since 12:20:03  client-bootstrap: 503 no healthy upstream (3 checks in 30 s)
        12:30:00  ended  up [apps] since 12:20:03 until 12:29:53  no longer watched
    "#]].assert_eq(&bot.announced());
}

#[test]
fn rate_limited_service_is_unknown_until_its_recovery_is_seen() {
    let mut bot = Prober::new();
    let limited =
        Outcome::Refused { why: RejectionReason::Rate, detail: "429".to_owned(), until: Some(at("13:25")) };
    bot.answers("web-api", "12:20", "12:25", nhu()).answers("web-api", "12:25", "13:25", limited);
    let level = |bot: &Prober, time: &str| {
        bot.detector.snapshot(at(time)).service(&"web-api".into()).map(|service| service.level)
    };
    bot.run("12:10", "12:25");
    assert_eq!(level(&bot, "12:25"), Some(Level::Outage));
    bot.run("12:25", "12:28");
    assert_eq!(level(&bot, "12:28"), Some(Level::Unknown), "older checks say nothing about now");
    let snapshot = bot.detector.snapshot(at("12:28"));
    assert!(snapshot.is_unchecked(&snapshot.open[0]), "the outage is open, and its state is unknown");
    bot.run("12:28", "13:40");
    assert_eq!(level(&bot, "13:40"), Some(Level::Up));
    assert!(bot.detector.snapshot(at("13:40")).open.is_empty(), "it ends as soon as it can be checked again");
}

#[test]
fn expiring_certificate_is_a_warning_not_an_outage() {
    let mut bot = Prober::new();
    bot.run("12:10", "12:20");
    bot.give(&Observation {
        source: "web-api".into(),
        at: at("12:20"),
        took: SignedDuration::from_millis(40),
        seen: Outcome::Healthy,
        certificate_expires: Some(at("2025-04-22T00:00:00Z")),
    });
    let warnings = bot.detector.certificate_warnings(at("12:20"));
    assert_eq!(warnings.iter().map(|warning| warning.source.as_str()).collect::<Vec<_>>(), ["web-api"]);
    assert_eq!(bot.detector.certificate_warnings(at("2025-04-10T00:00:00Z")), []);
    assert_eq!(bot.announced(), "");
}

#[test]
fn snapshot_shows_level_since_and_reason_of_each_service() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:20", "12:40", nhu()).takes(
        "accounts",
        "12:20",
        "12:40",
        Outcome::Healthy,
        2_900,
    );
    bot.run("12:00", "12:30");
    let snapshot = bot.detector.snapshot(at("12:30"));
    let line = |service: &healthy_upstream::health::ServiceView| {
        let since = service.since.map(|since| since.strftime("%H:%M:%S").to_string()).unwrap_or_default();
        let share = service.good_share.map_or(0.0, |share| share * 100.0);
        let name = &service.name;
        format!(
            "{name}: {} since {since}, {share:.0} % good, {}\n",
            service.level.as_str(),
            service.reasons.join("; ")
        )
    };
    expect![[r#"
        web-api: outage since 12:20:01, 0 % good, web-api: 503 no healthy upstream (20 checks in 9 min 50 s)
        login: degraded since 12:20:02, 0 % good, accounts: slow, 2900 ms (20 checks in 6 min 20 s)
        apps: up since 12:00:03, 0 % good, client-bootstrap: healthy (20 checks in 29 min 30 s)
        web-player: up since 12:00:04, 0 % good, web-player: healthy (20 checks in 29 min 30 s)
    "#]]
    .assert_eq(&snapshot.services.iter().map(line).collect::<String>());
    assert_eq!(snapshot.open.len(), 1, "one cause, one outage");
    assert_eq!(
        snapshot.checked_at(),
        snapshot.services.iter().filter_map(|service| service.checked_at).max()
    );
    assert!(snapshot.next_check > Some(at("12:30")));
}

#[test]
fn outage_is_probed_faster_and_first_failure_at_once() {
    let mut bot = Prober::new();
    let intervals = |bot: &Prober, source: &str| bot.detector.pace(&source.into()).as_secs();
    bot.answers("web-api", "12:20", "12:40", cut(FailureKind::Timeout)).run("12:10", "12:20");
    assert_eq!((intervals(&bot, "web-api"), intervals(&bot, "control")), (30, 60), "calm");
    bot.run("12:20", "12:20:10");
    assert_eq!((intervals(&bot, "web-api"), intervals(&bot, "control")), (15, 15), "after one failure");
    bot.run("12:20:10", "12:25");
    assert_eq!((intervals(&bot, "web-api"), intervals(&bot, "control")), (20, 30), "in an outage");
    assert!(
        bot.detector.due().is_some_and(|due| due > at("12:25")),
        "without probes the snapshot becomes stale"
    );
}
