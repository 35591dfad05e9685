//! What is delivered beside the binary: examples that can be read, and dashboards that show what exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use healthy_upstream::clock::Clock;
use healthy_upstream::config::Config;
use healthy_upstream::health::{Judge, Policy};
use healthy_upstream::operator::http::{self, Pages};
use healthy_upstream::store::Memory;
use healthy_upstream::throttle::{Caller, Throttle};
use healthy_upstream::vitals::Vitals;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use tokio::sync::watch;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Everything counted once, so that every name is printed.
fn vitals() -> Vitals {
    let (vitals, span) = (Vitals::default(), SignedDuration::from_secs(1));
    vitals.looked("web-api", "healthy", span);
    vitals.answered("status", span);
    vitals.unreadable();
    vitals.watching(true);
    vitals.connected(true);
    vitals.delivered("delivered");
    vitals.odd_delivery("shortened");
    vitals.lagged(span);
    vitals.outages_open(1);
    vitals.budget("api.spotify.com", 1.0, false);
    vitals.records("subscription", 1);
    vitals.space(Some(1), Some(1));
    vitals.backed_up(Timestamp::from_second(1).expect("an instant"));
    vitals
}

/// The names of all series: `healthy_upstream_looks_total`.
fn names(metrics: &str) -> BTreeSet<String> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect()
}

fn named_in(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"healthy_upstream_[a-z_]+").expect("a pattern");
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn the_dashboard_and_the_alert_rules_can_be_read_and_name_only_what_exists() {
    let known = names(&vitals().print());
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/dashboard.json")).expect("JSON");
    let rules: serde_json::Value = serde_yaml_ng::from_str(&read("deploy/alerts.yml")).expect("YAML");
    let rules = &rules["groups"][0]["rules"];
    let expressions: Vec<&serde_json::Value> = dashboard["panels"]
        .as_array()
        .expect("panels")
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"))
        .chain(rules.as_array().expect("rules"))
        .map(|holder| &holder["expr"])
        .collect();
    assert!(expressions.len() > 20, "{}", expressions.len());
    for expression in expressions {
        let expression = expression.as_str().expect("an expression");
        let named = named_in(expression);
        assert!(!named.is_empty(), "{expression} names no metric");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{expression}: {unknown:?} are not among {known:#?}");
        assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{expression}");
    }
    for rule in rules.as_array().expect("rules") {
        assert!(rule["annotations"]["summary"].as_str().is_some_and(|s| s.ends_with('.')), "{rule}");
    }
}

#[test]
fn every_metric_stands_in_the_table_for_operators_and_in_the_dashboard() {
    let plain = |name: &String| {
        ["_bucket", "_sum", "_count"]
            .iter()
            .fold(name.clone(), |name, end| name.trim_end_matches(end).to_owned())
    };
    let known: BTreeSet<String> =
        names(&vitals().print()).iter().filter(|n| !n.is_empty()).map(plain).collect();
    let table = named_in(&read(".github/OPERATING.md"));
    assert_eq!(table, known);
    let shown: BTreeSet<String> = named_in(&read("deploy/dashboard.json")).iter().map(plain).collect();
    assert_eq!(shown, known);
}

#[test]
fn the_example_of_two_services_is_read_and_watches_both() {
    let config =
        Config::read("two-services.toml", &read("deploy/two-services.toml"), &[], &[]).expect("reads");
    let (specs, profile) = config.watched().expect("a profile");
    let mut names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["control", "discord-api", "discord-status", "github-api", "github-status"]);
    let services: Vec<&str> = profile.services.iter().map(|service| service.display.as_str()).collect();
    assert_eq!(services, ["GitHub API", "Discord API"]);
    assert_eq!((profile.pages.len(), profile.control.is_some()), (2, true));
}

#[test]
fn the_unit_tells_systemd_and_the_image_runs_as_nobody() {
    let unit = read("deploy/healthy-upstream.service");
    for line in [
        "Type=notify",
        "WatchdogSec=60s",
        "DynamicUser=yes",
        "LoadCredential=token:/etc/healthy-upstream/token",
    ] {
        assert!(unit.lines().any(|l| l == line), "{line} is not in the unit");
    }
    let image = read("deploy/Dockerfile");
    assert!(image.contains("USER 65532:65532") && image.contains("\"check\", \"--health\""), "{image}");
}

/// What `/metrics` shows of budgets, bans and the store is read when it is asked for.
#[tokio::test]
async fn a_bot_that_listens_answers_its_own_health_check_and_shows_bans_and_bytes() {
    let clock = Clock::system();
    let throttle = Arc::new(Throttle::new(clock.clone()));
    throttle.set_budget("api.example", 10, 5, 2);
    let caller = Caller { host: "api.example".into(), credential: None, source: "api".into() };
    throttle.ban(&caller, clock.now() + SignedDuration::from_hours(1), "429");
    let (_, profile) = Config::default_for_tests().watched().expect("built in");
    let (_picture, pictures) =
        watch::channel(Arc::new(Judge::new(profile, Policy::default()).picture(clock.now())));
    let pages = Pages {
        clock,
        vitals: Vitals::default(),
        store: Arc::new(Memory::default().open().expect("opens")),
        picture: pictures,
        throttle,
    };
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopping) = watch::channel(false);
    let serving = tokio::spawn(http::serve(listener, pages, stopping));
    http::ask_health(address).await.expect("alive");
    let metrics = reqwest::get(format!("http://127.0.0.1:{}/metrics", address.port())).await.expect("served");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("healthy_upstream_banned{host=\"api.example\"} 1"), "{metrics}");
    assert!(metrics.contains("healthy_upstream_budget_left{host=\"api.example\"} 12"), "{metrics}");
    stop.send_replace(true);
    serving.await.expect("ends in order");
    http::ask_health(address).await.expect_err("nobody listens any more");
}
