//! A status page over many checks.

use super::*;
use crate::probe::exchange::HttpResponse;

const URL: &str = "https://status.tune.example/api/v2/summary.json";

struct Story {
    classifier: StatusPageTracker,
    at: Timestamp,
}

impl Story {
    fn new() -> Self {
        Self { classifier: StatusPageTracker::new(URL, &[]), at: "2026-02-15T21:00:00Z".parse().unwrap() }
    }

    /// Half a minute later this arrives; returns what the page then says, on one line.
    fn then(&mut self, answer: HttpResponse) -> String {
        self.at += SignedDuration::from_secs(30);
        let exchange =
            Exchange::answered(&"status-page".into(), self.at, SignedDuration::from_millis(90), answer);
        match self.classifier.read(&exchange) {
            Outcome::Page(page) => {
                let incidents: Vec<String> =
                    page.incidents.iter().map(|i| format!("{} {:?}", i.id, i.state).to_lowercase()).collect();
                let age = page.copy_age.as_secs();
                format!("{} [{}] {age} s old", page.level.as_str(), incidents.join(", "))
            }
            other => format!("{other:?}"),
        }
    }
}

fn summary(changed: &str, incidents: &str) -> HttpResponse {
    let indicator = if incidents.is_empty() { "none" } else { "major" };
    HttpResponse::json(
        200,
        &format!(
            r#"{{"page":{{"updated_at":"2026-02-15T{changed}Z"}},"status":{{"indicator":"{indicator}"}},"incidents":[{incidents}]}}"#
        ),
    )
}

fn incident(id: &str, state: &str, began: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"Trouble","status":"{state}","impact":"major","started_at":"2026-02-15T{began}Z"}}"#
    )
}

fn past(incidents: &str) -> HttpResponse {
    HttpResponse::json(200, &format!(r#"{{"page":{{}},"incidents":[{incidents}]}}"#))
}

#[test]
fn vanished_incident_is_looked_up_as_resolved_or_withdrawn() {
    let mut story = Story::new();
    let open =
        [incident("a", "investigating", "20:59:00"), incident("b", "monitoring", "20:59:00")].join(",");
    assert_eq!(story.then(summary("21:00:00", &open)), "outage [a investigating, b monitoring] 0 s old");
    assert!(story.classifier.wants().is_none());
    assert_eq!(story.then(summary("21:01:00", "")), "up [] 0 s old");
    assert!(story.classifier.wants() == Some(PageEndpoint::Past));
    let reported = story.then(past(&incident("a", "resolved", "20:59:00")));
    assert_eq!(reported, "up [a resolved] 0 s old", "a was resolved; b was withdrawn");
    assert!(story.classifier.wants().is_none());
    assert_eq!(story.then(summary("21:01:00", "")), "up [a resolved] 0 s old");
    story.at += SignedDuration::from_hours(1);
    assert_eq!(story.then(summary("21:01:00", "")), "up [] 0 s old", "after an hour it is history");
}

#[test]
fn incident_between_probes_is_seen_and_old_ones_are_history() {
    let mut story = Story::new();
    story.then(summary("21:00:00", ""));
    assert_eq!(story.then(summary("21:00:55", "")), "up [] 0 s old");
    assert!(story.classifier.wants() == Some(PageEndpoint::Past), "the page changed, though nothing shows");
    let reported = story.then(past(
        &[incident("quick", "resolved", "21:00:40"), incident("old", "resolved", "09:00:00")].join(","),
    ));
    assert_eq!(reported, "up [quick resolved] 0 s old");
}

#[test]
fn older_cached_copy_never_undoes_a_newer_one() {
    let mut story = Story::new();
    story.then(summary("21:00:00", ""));
    story.then(summary("21:00:40", &incident("a", "investigating", "21:00:40")));
    assert_eq!(story.then(summary("21:00:00", "").with("age", "900")), "outage [a investigating] 900 s old");
    story.at += SignedDuration::from_hours(1);
    assert_eq!(story.then(summary("21:00:00", "")), "up [] 0 s old", "after an hour it is the page itself");
}

#[test]
fn not_modified_repeats_the_page_and_means_nothing_without_one() {
    let mut story = Story::new();
    let unchanged = || HttpResponse { status: 304, ..HttpResponse::default() };
    assert_eq!(story.then(unchanged()), r#"Unclear("304 without a page before it")"#);
    story.then(summary("21:00:00", ""));
    assert_eq!(story.then(unchanged().with("age", "7")), "up [] 7 s old");
}

#[test]
fn unreadable_incident_history_is_retried_a_few_times() {
    let mut story = Story::new();
    story.then(summary("21:00:00", &incident("a", "investigating", "20:59:00")));
    story.then(summary("21:01:00", ""));
    for _ in 0..MOST_TRIES {
        assert!(story.classifier.wants() == Some(PageEndpoint::Past));
        story.classifier.missed();
    }
    assert!(story.classifier.wants().is_none());
}

#[test]
fn component_shown_only_while_degraded_is_up_when_hidden() {
    let mut story = Story::new();
    let with = |components: &str| {
        HttpResponse::json(
            200,
            &format!(r#"{{"page":{{}},"status":{{"indicator":"none"}},"components":[{components}]}}"#),
        )
    };
    let extra = r#"{"id":"x","name":"Extra","status":"degraded_performance","only_show_if_degraded":true,"group":null}"#;
    assert_eq!(story.then(with(extra)), "degraded [] 0 s old");
    assert_eq!(story.then(with("")), "up [] 0 s old");
}

fn instatus(word: &str) -> HttpResponse {
    HttpResponse::json(200, &format!(r#"{{"page":{{"name":"Shop","status":"{word}"}}}}"#))
}

#[test]
fn instatus_page_is_read_with_components_and_worst_level() {
    let mut story = Story::new();
    assert_eq!(story.then(instatus("UP")), "up [] 0 s old");
    assert_eq!(story.classifier.wants(), Some(PageEndpoint::Components));
    let components = r#"{"components":[{"id":"1","name":"Web","status":"MAJOROUTAGE"}]}"#;
    assert_eq!(
        story.then(HttpResponse::json(200, components)),
        "outage [] 0 s old",
        "whatever the page's own word is"
    );
    assert_eq!(story.classifier.wants(), None);
    assert_eq!(story.then(instatus("UP")), "outage [] 0 s old", "as they were, until they are read");
    for _ in 1..MOST_TRIES {
        story.classifier.missed();
        story.then(instatus("UP"));
    }
    story.classifier.missed();
    assert_eq!(story.then(instatus("UP")), "up [] 0 s old", "what nobody confirms any more is not known");
    assert_eq!(story.classifier.wants(), None, "and nobody is asked in vain for ever");
    story.at += SignedDuration::from_hours(1);
    story.then(instatus("UP"));
    assert_eq!(story.classifier.wants(), Some(PageEndpoint::Components));
}

#[test]
fn vanished_incident_still_open_in_history_stays_open() {
    let mut story = Story::new();
    story.then(summary("21:00:00", &incident("a", "investigating", "20:59:00")));
    story.then(summary("21:00:00", ""));
    assert_eq!(story.then(past(&incident("a", "identified", "20:59:00"))), "outage [a identified] 0 s old");
    assert_eq!(story.then(summary("21:00:00", "")), "outage [a identified] 0 s old");
    assert!(story.classifier.wants() == Some(PageEndpoint::Past), "and is looked up again until it is over");
    assert_eq!(story.then(past(&incident("a", "resolved", "20:59:00"))), "up [a resolved] 0 s old");
}

#[test]
fn foreign_host_and_fetch_errors_are_reported_as_such() {
    let mut story = Story::new();
    let redirect = |to: &str| HttpResponse { status: 301, ..HttpResponse::default() }.with("location", to);
    expect_test::expect![[r#"Unclear("301: the page redirects to another host, https://status.new.example/: if that is right, set it as the source's url")"#]]
        .assert_eq(&story.then(redirect("https://status.new.example/")));
    expect_test::expect![[r#"Unclear("301: redirects to /api")"#]].assert_eq(&story.then(redirect("/api")));
    expect_test::expect![[r#"Failing(Failure { class: EdgeError, status: Some(502), detail: "Bad" })"#]]
        .assert_eq(&story.then(HttpResponse::html(502, "<html><title>502 Bad</title>")));
    expect_test::expect![[r#"Unclear("HTML where a status page's JSON belongs (\"Just a moment...\")")"#]]
        .assert_eq(&story.then(HttpResponse::html(200, "<html><title>Just a moment...</title>")));
    assert!(
        story.then(HttpResponse::text(429, "").with("retry-after", "60")).starts_with("Refused { why: Rate")
    );
}

mod any {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_page_sequence_never_panics_and_resolved_page_stays_bounded(
            probes in proptest::collection::vec((0u8..5, 0u8..60, proptest::collection::vec((0u8..6, 0u8..5), 0..6)), 1..40),
        ) {
            let mut story = Story::new();
            for (kind, changed, incidents) in probes {
                let states = ["investigating", "identified", "resolved", "postmortem", "sparkling"];
                let rows: Vec<String> = incidents
                    .iter()
                    .map(|(id, state)| incident(&format!("i{id}"), states[usize::from(*state)], "20:59:00"))
                    .collect();
                let rows = rows.join(",");
                let answer = match kind {
                    0 => past(&rows),
                    1 => HttpResponse { status: 304, ..HttpResponse::default() },
                    2 => HttpResponse::text(503, "no healthy upstream"),
                    _ => summary(&format!("21:{changed:02}:00"), &rows),
                };
                story.then(answer);
                prop_assert!(story.classifier.past.len() <= 6);
            }
        }
    }
}

#[test]
fn links_to_other_sites_are_dropped_from_page_incidents() {
    let mut story = Story::new();
    let body = r#"{"page":{"url":"https://evil.example/"},"status":{"indicator":"minor"},
        "incidents":[
            {"id":"a","name":"A","status":"investigating","shortlink":"https://stspg.io/abc"},
            {"id":"b","name":"B","status":"investigating","shortlink":"https://status.tune.example@evil.example/b"},
            {"id":"c","name":"C","status":"investigating","shortlink":"https://status.tune.example/incidents/c"}],
        "scheduled_maintenances":[{"id":"d","name":"D","status":"scheduled","shortlink":"https://evil.example/d"}]}"#;
    story.at += SignedDuration::from_secs(30);
    let took = SignedDuration::from_millis(90);
    let exchange = Exchange::answered(&"status-page".into(), story.at, took, HttpResponse::json(200, body));
    let Outcome::Page(page) = story.classifier.read(&exchange) else { panic!("a page") };
    assert_eq!(page.url, "https://status.tune.example");
    let links: Vec<_> = page.incidents.iter().map(|it| it.link.as_deref().unwrap_or("none")).collect();
    assert_eq!(links, ["https://stspg.io/abc", "none", "https://status.tune.example/incidents/c"]);
    assert_eq!(page.maintenances[0].link, None);
}
