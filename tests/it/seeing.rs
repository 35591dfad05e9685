//! What a status page says, and what it does not: recordings of its many forms, from raw exchanges to the posts that people read.

use std::fmt::Write as _;

use healthy_upstream::chat::announce::{RenderContext, notify};
use healthy_upstream::config::Config;
use healthy_upstream::health::IncidentState::Investigating;
use healthy_upstream::health::{
    Detector, EventKind, FailureKind, Level, Observation, Outcome, Policy, RejectionReason, ServiceCatalog,
    Update,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::probe::spotify::{catalog, specs};
use healthy_upstream::probe::{Classifiers, Exchange, HttpResponse, RecordingReader, Replay, SourceSpec};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::prober::{self, Prober, cut, failing, refused};

/// What `replay` prints: posts with their first lines, and how many outages started, ended and are open.
struct Posted {
    posts: Vec<(Timestamp, EventKind, String)>,
    detector: Detector,
}

impl Posted {
    fn new(catalog: ServiceCatalog) -> Self {
        Self { posts: Vec::new(), detector: Detector::new(catalog, Policy::default()) }
    }

    fn take(&mut self, observation: &Observation) {
        let mut events = Vec::new();
        while let Some(due) = self.detector.due().filter(|due| *due <= observation.at) {
            let came = self.detector.tick(due);
            if came.is_empty() && self.detector.due() == Some(due) {
                break;
            }
            events.extend(came);
        }
        events.extend(self.detector.take(observation));
        for event in events {
            if event.kind == EventKind::Updated(Update::FlapCount) {
                continue;
            }
            let catalog = self.detector.catalog().of_services(event.outage.services.keys());
            let text = notify(&event, &RenderContext::new(catalog, Language::ENGLISH, event.at)).text;
            self.posts.push((event.at, event.kind, text));
        }
    }

    fn count(&self, kind: &EventKind) -> usize {
        self.posts.iter().filter(|(_, known, _)| known == kind).count()
    }

    /// `1 started, 1 ended, 0 open`: outages that were announced.
    fn sums(&self) -> String {
        let open = self
            .detector
            .tracker()
            .tracked
            .iter()
            .filter(|tracked| tracked.is_open_outage() && tracked.announced);
        format!(
            "{} started, {} ended, {} open",
            self.count(&EventKind::Started),
            self.count(&EventKind::Ended),
            open.count()
        )
    }

    fn first_lines(&self) -> String {
        let mut lines = String::new();
        for (at, _, text) in &self.posts {
            let first = text.lines().next().unwrap_or_default().replace("**", "");
            let _ = writeln!(lines, "{}  {first}", at.strftime("%H:%M:%S"));
        }
        lines
    }

    fn all(&self) -> String {
        self.posts.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>().join("\n\n")
    }
}

fn built_in() -> (Vec<SourceSpec>, ServiceCatalog) {
    let specs = specs(&[]).expect("the built-in sources");
    let catalog = catalog(&specs, "");
    (specs, catalog)
}

/// A recording of `tests/data/recordings/seeing`.
fn replayed(name: &str, (specs, catalog): (Vec<SourceSpec>, ServiceCatalog)) -> Posted {
    let path = format!("{}/tests/data/recordings/seeing/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let file = std::io::BufReader::new(std::fs::File::open(&path).expect("a recording"));
    let classifiers = Classifiers::new(&specs);
    let recording = RecordingReader::new(file, name, classifiers.names().cloned().collect::<Vec<_>>());
    let mut posted = Posted::new(catalog);
    for observation in Replay::new(recording, classifiers) {
        posted.take(&observation.expect("a probe"));
    }
    posted
}

/// One check a minute from 12:00 on: what the page answers from which minute on, and when the Web API fails.
struct Tale {
    minutes: i64,
    page: Vec<(i64, HttpResponse)>,
    fails: Vec<(i64, i64)>,
}

impl Tale {
    fn of(minutes: i64) -> Self {
        Self { minutes, page: vec![(0, statuspage(&json!({})))], fails: Vec::new() }
    }

    fn page(mut self, minute: i64, answer: HttpResponse) -> Self {
        self.page.retain(|(known, _)| *known != minute);
        self.page.push((minute, answer));
        self
    }

    fn fails(mut self, from: i64, until: i64) -> Self {
        self.fails.push((from, until));
        self
    }

    fn posted(&self) -> Posted {
        let (specs, catalog) = built_in();
        let mut classifiers = Classifiers::new(&specs);
        let mut posted = Posted::new(catalog);
        for minute in 0..self.minutes {
            let fails = self.fails.iter().any(|(from, until)| (*from..*until).contains(&minute));
            let web_api = if fails {
                HttpResponse::text(503, "no healthy upstream")
            } else {
                HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)
            };
            let page = self.page.iter().rev().find(|(from, _)| *from <= minute).expect("a page").1.clone();
            let probes =
                [("control", HttpResponse::text(200, "ok")), ("web-api", web_api), ("status-page", page)];
            for (n, (source, answer)) in (0..).zip(probes) {
                let at = at(minute) + SignedDuration::from_secs(n);
                let took = SignedDuration::from_millis(40);
                let exchange = Exchange::answered(&source.into(), at, took, answer);
                posted.take(&classifiers.read(&exchange).expect("a known source"));
            }
        }
        posted
    }
}

/// This many minutes after 12:00 of 1 March 2026.
fn at(minute: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_mins(minute)
}

fn time(minute: i64) -> String {
    at(minute).to_string()
}

/// A Statuspage that is healthy but for `more`.
fn statuspage(more: &Value) -> HttpResponse {
    let mut body = json!({
        "page": {"id": "p1", "name": "Spotify", "url": "https://spotify.statuspage.io"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [], "incidents": [], "scheduled_maintenances": [],
    });
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    HttpResponse::json(200, &body.to_string()).with("x-statuspage-version", "1")
}

/// Announced work that the page calls running.
fn work(components: &[&str], from: i64, until: Option<i64>) -> HttpResponse {
    let components: Vec<Value> = components.iter().map(|name| json!({"id": name, "name": name})).collect();
    statuspage(&json!({"scheduled_maintenances": [{
        "id": "m1", "name": "Storage work", "status": "in_progress", "impact": "maintenance",
        "scheduled_for": time(from), "scheduled_until": until.map(time),
        "incident_updates": [{"id": "u", "status": "in_progress", "body": "Work is going on.", "display_at": time(from)}],
        "components": components,
    }]}))
}

/// An incident as a Statuspage lists it; `more` replaces its keys.
fn incident(id: &str, status: &str, components: &[&str], more: &Value) -> HttpResponse {
    let components: Vec<Value> = components.iter().map(|name| json!({"id": name, "name": name})).collect();
    let mut incident = json!({
        "id": id, "name": "Some calls are refused", "status": status, "impact": "major", "created_at": time(2),
        "started_at": time(2), "resolved_at": null, "components": components,
        "incident_updates": [{"id": "u1", "status": status, "body": "We look.", "display_at": time(2)}],
    });
    for (key, value) in more.as_object().expect("an object") {
        incident[key] = value.clone();
    }
    statuspage(&json!({"incidents": [incident]}))
}

// Announced work excuses only what it names, and only inside its own window.

#[test]
fn maintenance_of_an_unwatched_component_excuses_nothing() {
    let posted = replayed("r01-maintenance-of-unwatched-component", built_in());
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open");
    assert_eq!(
        posted.first_lines(),
        "12:07:01  🔴 Spotify Web API is down: 503 \"no healthy upstream\"\n12:18:01  🟢 Spotify Web API is back. It was down for 10 min 0 s.\n"
    );
}

#[test]
fn maintenance_excuses_only_named_components_within_its_window() {
    let start = |page: HttpResponse| {
        let posted = Tale::of(60).page(0, page).fails(10, 25).posted();
        assert_eq!(posted.sums(), "1 started, 1 ended, 0 open", "{}", posted.first_lines());
        let (_, _, text) =
            posted.posts.iter().find(|(_, kind, _)| *kind == EventKind::Started).expect("a start").clone();
        text
    };
    let red = |text: &str| text.starts_with("🔴 **Spotify Web API is down**");
    for (why, page) in [
        ("it names an unwatched component", work(&["Podcasts for creators"], -60, Some(600))),
        ("it names nothing", work(&[], -60, Some(600))),
        ("it names another service", work(&["Web player"], -60, Some(600))),
        ("its window ended days ago", work(&["Web API"], -4320, Some(-4000))),
        ("its window ended before the failure began", work(&["Web API"], -60, Some(5))),
        ("its end is not given and its start is long ago", work(&["Web API"], -4320, None)),
        ("its window is to come", work(&["Web API"], 300, Some(600))),
    ] {
        let text = start(page);
        assert!(red(&text), "{why}: {text}");
        assert!(!text.contains("Storage work"), "{why}: {text}");
    }
    for page in
        [work(&["Web API"], -60, Some(600)), work(&["Spotify"], -60, Some(600)), work(&["web-api"], -5, None)]
    {
        let text = start(page);
        assert!(text.starts_with("🟡 **Spotify Web API has trouble**"), "{text}");
        assert!(text.contains("Storage work"), "the work is named: {text}");
        assert!(text.contains("\"In progress\": \"Work is going on.\""), "and quoted as it is: {text}");
    }
}

#[test]
fn failure_beyond_the_maintenance_window_is_an_outage() {
    let posted = Tale::of(90).page(0, work(&["Web API"], -60, Some(30))).fails(10, 60).posted();
    let lines = posted.first_lines();
    assert!(lines.contains("🟡 Spotify Web API has trouble"), "{lines}");
    assert!(lines.contains("12:30:00  🔴 Spotify Web API got worse: now down"), "{lines}");
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open");
}

#[test]
fn running_maintenance_is_quoted_with_its_own_state() {
    let posted = replayed("r10-maintenance-text-is-not-quoted", built_in());
    let all = posted.all();
    assert!(all.contains("\"In progress\": \"Catalogue storage is being moved.\""), "{all}");
    assert!(!all.contains("something new"), "{all}");
}

// The scope of what a page says is never widened.

#[test]
fn incident_on_an_unwatched_component_is_no_outage() {
    let file = format!("{}/deploy/two-services.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("the file");
    let config = Config::read("two-services.toml", &text, &[], &[]).expect("valid");
    let posted = replayed("r09-two-services-unwatched-component", config.watched().expect("two vendors"));
    assert_eq!(posted.first_lines(), "");
    for components in [&["Codespaces"][..], &["Podcasts", "Ads"], &["Spotify for Artists"]] {
        let posted = Tale::of(30).page(3, incident("i1", "investigating", components, &json!({}))).posted();
        assert_eq!(posted.first_lines(), "", "{components:?}");
        let page = posted.detector.snapshot(at(30)).page.expect("a page");
        assert_eq!(page.incidents.len(), 1, "it is the page's own line");
    }
}

#[test]
fn incident_naming_a_service_or_all_is_posted() {
    for (components, named) in [
        (&["Web API", "Podcasts"][..], "Web API"),
        (&["Spotify Web API"], "Web API"),
        (&["web player"], "Web player"),
        (&["Spotify"], "Spotify"),
        (&[], "Spotify"),
    ] {
        let posted = Tale::of(30).page(3, incident("i1", "investigating", components, &json!({}))).posted();
        let expected =
            format!("12:03:02  🔴 Spotify's page reports an outage of {named}: \"Some calls are refused\"\n");
        assert_eq!(posted.first_lines(), expected, "{components:?}");
    }
}

// Feeds.

#[test]
fn feed_of_resolved_incidents_hides_no_new_one() {
    let posted = replayed("r03-incident-io-feed-resolved-history", built_in());
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open");
    assert!(posted.detector.snapshot(at(80)).open.is_empty());
    assert!(posted.all().replace('\\', "").contains("Sign-in fails"), "{}", posted.all());
    let posted = replayed("r04-instatus-feed-oldest-update-first", built_in());
    assert_eq!((posted.first_lines(), posted.detector.snapshot(at(30)).open.len()), (String::new(), 0));
}

fn feed(rss: bool, entries: &[(&str, i64, i64, &str)]) -> HttpResponse {
    let escaped = |html: &str| html.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let entry = |(id, began, revised, html): &(&str, i64, i64, &str)| {
        let link = format!("https://spotify.statuspage.io/incidents/{id}");
        let published = at(*began);
        if rss {
            let date = published.strftime("%a, %d %b %Y %H:%M:%S +0000");
            let html = escaped(html);
            format!(
                "<item><title>Trouble {id}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate><description>{html}</description></item>"
            )
        } else {
            let (revised, html) = (at(*revised), escaped(html));
            format!(
                "<entry><id>{link}</id><title>Trouble {id}</title><link href=\"{link}\"/><published>{published}</published><updated>{revised}</updated><content type=\"html\">{html}</content></entry>"
            )
        }
    };
    let entries: String = entries.iter().map(entry).collect();
    let body = if rss {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Spotify status</title><link>https://spotify.statuspage.io</link>{entries}</channel></rss>"
        )
    } else {
        format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>x</id><title>Spotify status</title>{entries}</feed>"
        )
    };
    HttpResponse::text(200, &body).with("content-type", "application/xml")
}

#[test]
fn every_feed_format_posts_the_next_incident_and_recovery_once() {
    let old = "<b>Status: Resolved</b><br/><br/>Over.";
    let statuspage = |open: bool| {
        let first = "<p><small>Mar 1, 12:05 UTC</small><br><strong>Investigating</strong> - We look.</p>";
        let last = "<p><small>Mar 1, 12:15 UTC</small><br><strong>Resolved</strong> - Done.</p>";
        if open { first.to_owned() } else { format!("{last}{first}") }
    };
    let instatus = |open: bool| {
        let first =
            "<p><small>Mar 1, 12:05:00 GMT+0</small><br><strong>Investigating</strong> - We look.</p>";
        let last = "<p><small>Mar 1, 12:15:00 GMT+0</small><br><strong>Resolved</strong> - Done.</p>";
        if open { first.to_owned() } else { format!("{first}{last}") }
    };
    let incident_io = |open: bool| {
        let (word, text) = if open { ("Investigating", "We look.") } else { ("Resolved", "Done.") };
        format!("<b>Status: {word}</b><br/><br/>{text}")
    };
    let forms: [&dyn Fn(bool) -> String; 3] = [&statuspage, &instatus, &incident_io];
    for (n, form) in forms.iter().enumerate() {
        for rss in [false, true] {
            let quiet = || [("a", -4000, -3900, old), ("b", -9000, -8900, old)];
            let with = |open: bool, revised: i64| {
                let html = form(open);
                let mut entries = vec![("c", 5, revised, html.as_str())];
                entries.extend(quiet());
                feed(rss, &entries)
            };
            let posted = Tale::of(40)
                .page(0, feed(rss, &quiet()))
                .page(6, with(true, 5))
                .page(16, with(false, 15))
                .posted();
            assert_eq!(
                posted.sums(),
                "1 started, 1 ended, 0 open",
                "form {n}, rss {rss}: {}",
                posted.first_lines()
            );
            assert!(posted.all().contains("\"We look.\""), "form {n}, rss {rss}: {}", posted.all());
            assert!(posted.detector.snapshot(at(40)).open.is_empty());
        }
    }
}

// Dates and words.

#[test]
fn old_incidents_are_silent_in_every_date_format() {
    let posted = replayed("r08-instatus-javascript-date", built_in());
    assert_eq!(posted.first_lines(), "");
    for began in [
        json!("2026-02-26T11:55:50Z"),
        json!("Thu, 26 Feb 2026 11:55:50 GMT"),
        json!("Thu Feb 26 2026 12:55:50 GMT+0100 (Central European Standard Time)"),
        json!(1_772_106_950),
        json!(1_772_106_950_000_i64),
        json!("1772106950"),
        json!("2026-02-26 11:55:50"),
    ] {
        let page = incident(
            "i1",
            "investigating",
            &["Web API"],
            &json!({"started_at": began, "created_at": began, "incident_updates": []}),
        );
        let posted = Tale::of(20).page(0, page).posted();
        assert_eq!(posted.first_lines(), "", "{began}");
    }
}

#[test]
fn incident_dated_in_the_future_has_not_begun() {
    let later = json!({"started_at": time(20), "created_at": time(20), "incident_updates": []});
    let posted = Tale::of(40).page(3, incident("i1", "investigating", &["Web API"], &later)).posted();
    assert!(posted.first_lines().starts_with("12:15:02  🔴"), "{}", posted.first_lines());
    let posted = Tale::of(12).page(3, incident("i1", "investigating", &["Web API"], &later)).posted();
    assert_eq!((posted.first_lines(), posted.detector.snapshot(at(12)).open.len()), (String::new(), 0));
}

#[test]
fn unknown_incident_state_is_resolved_only_with_resolved_at() {
    for name in ["r12-row-with-status-maintenance-complete", "r13-row-with-status-completed"] {
        let posted = replayed(name, built_in());
        assert_eq!(
            (posted.first_lines(), posted.detector.snapshot(at(30)).open.len()),
            (String::new(), 0),
            "{name}"
        );
    }
    for word in ["closed", "mitigated", "wontfix", "done", "archived"] {
        let over = json!({"resolved_at": time(2)});
        let posted = Tale::of(20).page(3, incident("i1", word, &["Web API"], &over)).posted();
        assert_eq!(posted.detector.snapshot(at(20)).open.len(), 0, "{word}: {}", posted.first_lines());
        let unclear = json!({"impact": "none"});
        let posted = Tale::of(20).page(3, incident("i1", word, &["Web API"], &unclear)).posted();
        assert_eq!(posted.first_lines(), "", "{word}");
        assert!(!posted.all().contains("something new\""), "{word}");
        let posted = Tale::of(20).page(3, incident("i1", word, &["Web API"], &json!({}))).posted();
        assert!(
            !posted.all().contains('🔴') && !posted.all().contains("\"something new"),
            "{word}: {}",
            posted.all()
        );
    }
}

// Components without an incident.

fn component(status: &str) -> HttpResponse {
    statuspage(&json!({"components": [{"id": "c1", "name": "Web API", "status": status}]}))
}

#[test]
fn red_component_without_incident_is_posted() {
    let posted = replayed("r15-component-red-without-incident", built_in());
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open");
    let all = posted.all();
    assert!(all.contains("Spotify's status page shows an outage of Web API"), "{all}");
    assert!(!all.contains("fail") && !all.contains("taken its report"), "{all}");
    let end = posted.detector.tracker().tracked[0].outage.clone();
    assert_eq!(
        (end.since.to_string(), end.until.map(|at| at.to_string())),
        ("2026-03-01T12:02:06Z".into(), Some("2026-03-01T12:15:06Z".into()))
    );
}

#[test]
fn component_outage_has_hysteresis_and_is_posted_once() {
    let posted = |steps: &[(i64, &str)]| {
        let tale =
            steps.iter().fold(Tale::of(60), |tale, (minute, status)| tale.page(*minute, component(status)));
        tale.posted()
    };
    let well = "operational";
    assert_eq!(posted(&[(0, well), (5, "major_outage"), (7, well)]).first_lines(), "", "too short");
    assert_eq!(posted(&[(0, well), (5, "degraded_performance")]).first_lines(), "", "not red");
    assert_eq!(posted(&[(0, well), (5, "under_maintenance")]).first_lines(), "");
    let flicker = posted(&[(0, well), (5, "major_outage"), (10, well), (12, "partial_outage"), (20, well)]);
    assert_eq!(flicker.sums(), "1 started, 1 ended, 0 open", "{}", flicker.first_lines());
    // An incident that names the component is announced in its place.
    let mut both = json!({"components": [{"id": "c1", "name": "Web API", "status": "major_outage"}]});
    let with_incident = incident("i1", "investigating", &["Web API"], &json!({}));
    let body: Value = serde_json::from_slice(&with_incident.body).expect("JSON");
    both["incidents"] = body["incidents"].clone();
    let posted =
        Tale::of(40).page(0, component(well)).page(3, statuspage(&both)).page(20, component(well)).posted();
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open", "{}", posted.first_lines());
    assert!(!posted.all().contains("status page shows"), "{}", posted.all());
    let podcasts =
        statuspage(&json!({"components": [{"id": "c2", "name": "Podcasts", "status": "major_outage"}]}));
    assert_eq!(Tale::of(30).page(3, podcasts).posted().first_lines(), "", "nobody watches it");
}

// Sentences come from what was seen.

#[test]
fn flapping_page_is_counted_while_checks_pass() {
    let posted = replayed("r06-page-flaps-while-looks-are-fine", built_in());
    let all = posted.all();
    assert!(!all.contains("fail"), "{all}");
    assert!(all.contains("came and went 6 times"), "{all}");
    assert_eq!(posted.sums(), "1 started, 1 ended, 0 open");
}

#[test]
fn flap_counts_are_true_and_passing_checks_are_not_blamed() {
    for (times, gap) in [(3, 3), (4, 6), (5, 2), (6, 6), (4, 8)] {
        let mut tale = Tale::of(60 + i64::from(times) * 20);
        for n in 0..times {
            let began = json!({"started_at": time(i64::from(n) * (6 + gap) + 3), "created_at": null, "incident_updates": []});
            let from = i64::from(n) * (6 + gap) + 3;
            tale = tale
                .page(from, incident(&format!("k{n}"), "investigating", &["Web API"], &began))
                .page(from + 6, statuspage(&json!({})));
        }
        let posted = tale.posted();
        let all = posted.all();
        assert!(all.contains(&format!("came and went {times} times")), "{times} with gaps of {gap}: {all}");
        assert!(!all.contains("fail"), "{all}");
        // Before it is seen to come and go, a longer pause is an end.
        let sums = posted.sums();
        assert!(
            sums.starts_with("1 started") && sums.ends_with("0 open"),
            "{sums}: {}",
            posted.first_lines()
        );
    }
    // Our own checks fail four times.
    let tale = Tale::of(120).fails(5, 9).fails(14, 18).fails(23, 27).fails(32, 36);
    let posted = tale.posted();
    assert!(posted.all().contains("came and went 4 times"), "{}", posted.all());
}

// Several sources of one service, and several controls.

#[test]
fn one_failing_source_is_degraded_and_two_are_an_outage() {
    let no_upstream = failing(503, "no healthy upstream");
    let first = |bot: &Prober| {
        let event = bot.events.first().expect("a start");
        let text =
            notify(event, &RenderContext::new(bot.detector.catalog(), Language::ENGLISH, event.at)).text;
        (event.outage.level, text)
    };
    let mut bot = Prober::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone()).run("12:00", "13:20");
    let (level, text) = first(&bot);
    assert_eq!(level, Level::Degraded, "{}", bot.announced());
    assert!(text.starts_with("🟡 ") && text.contains("1 of 2 checks fails."), "{text}");
    assert_eq!(bot.lines(), 2, "{}", bot.announced());
    let mut bot = Prober::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone())
        .answers("accounts-discovery", "12:20", "12:40", no_upstream.clone())
        .run("12:00", "13:20");
    let (level, text) = first(&bot);
    assert_eq!((level, text.contains("checks fail")), (Level::Outage, false), "{text}");
    // The other source is silent: only one source counts.
    let mut bot = Prober::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone())
        .answers("accounts-discovery", "12:00", "13:20", refused(RejectionReason::Quota, "429"))
        .run("12:00", "13:20");
    assert_eq!(first(&bot).0, Level::Outage, "{}", bot.announced());
    // One comes back: no longer an outage, and said so.
    let mut bot = Prober::new();
    bot.answers("accounts", "12:20", "13:00", no_upstream.clone())
        .answers("accounts-discovery", "12:20", "12:40", no_upstream.clone())
        .run("12:00", "13:20");
    assert!(bot.announced().contains("Better  degraded [login]"), "{}", bot.announced());
    // The catalog requires both to fail.
    let mut both = crate::fixtures::catalog();
    both.services[1].needs = Some(2);
    let mut bot = Prober::with(both, Policy::default());
    bot.answers("accounts", "12:20", "12:40", no_upstream).run("12:00", "13:20");
    assert_eq!(bot.announced(), "");
}

#[test]
fn one_failed_connectivity_check_is_not_our_network() {
    let mut two = crate::fixtures::catalog();
    two.more_controls = vec!["control-2".into()];
    let timeout = cut(FailureKind::Timeout);
    let run = |second: bool| {
        let mut bot = Prober::with(two.clone(), Policy::default());
        bot.answers("control", "12:10", "12:50", timeout.clone()).all_answer("12:20", "12:40", &timeout);
        if second {
            bot.answers("control-2", "12:10", "12:50", timeout.clone());
        }
        bot.run("12:00", "13:20");
        bot.events.iter().filter(|event| event.kind == EventKind::Started).count()
    };
    assert_eq!((run(false), run(true)), (1, 0));
}

// Each outage is its own.

#[test]
fn other_service_failing_soon_after_recovery_is_another_outage() {
    let mut bot = Prober::new();
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .answers("client-bootstrap", "12:26", "12:40", failing(502, ""))
        .run("12:00", "13:20");
    let starts: Vec<_> = bot.events.iter().filter(|event| event.kind == EventKind::Started).collect();
    assert_eq!(starts.len(), 2, "{}", bot.announced());
    assert!(bot.events.iter().all(|event| event.outage.flaps == 0), "{}", bot.announced());
}

#[test]
fn new_page_incident_soon_after_recovery_is_another_outage() {
    let mut bot = Prober::new();
    let first = ("12:24", Investigating, "We see problems");
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .page("12:25", "12:50", prober::page(&[prober::incident("i1", &["Web API"], &[first])]))
        .run("12:00", "13:20");
    let starts = bot.events.iter().filter(|event| event.kind == EventKind::Started).count();
    assert_eq!(starts, 2, "{}", bot.announced());
}

#[test]
fn slowness_is_called_slow_with_its_seconds() {
    let mut bot = Prober::new();
    bot.takes("web-api", "12:20", "12:40", Outcome::Healthy, 2_900).run("12:00", "13:20");
    let texts: Vec<_> = bot
        .events
        .iter()
        .map(|event| {
            notify(event, &RenderContext::new(bot.detector.catalog(), Language::ENGLISH, event.at)).text
        })
        .collect();
    assert!(texts[0].starts_with("🟡 **Spotify Web API is slow**: 2.9 s"), "{texts:?}");
    assert!(texts.last().is_some_and(|text| text.contains("is quick again.** It was slow for")), "{texts:?}");
    assert!(!texts.concat().contains("fail"), "{texts:?}");
}

#[test]
fn two_vendors_failing_at_once_are_two_named_outages() {
    let file = format!("{}/deploy/two-services.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("the file");
    let config = Config::read("two-services.toml", &text, &[], &[]).expect("valid");
    let (specs, catalog) = config.watched().expect("two vendors");
    let mut classifiers = Classifiers::new(&specs);
    let mut posted = Posted::new(catalog);
    for minute in 0..60 {
        let fails = (10..25).contains(&minute);
        let api = |well: HttpResponse| if fails { HttpResponse::text(503, "upstream down") } else { well };
        let vague = json!([{"id": "g1", "name": "Many things fail", "status": "investigating", "impact": "major", "started_at": time(10)}]);
        let github = if fails { json!({"incidents": vague}) } else { json!({}) };
        for (n, (source, answer)) in (0..).zip([
            ("control", HttpResponse::text(200, "ok")),
            ("github-api", api(HttpResponse::text(200, "Keep it."))),
            ("discord-api", api(HttpResponse::json(200, r#"{"url":"wss://x"}"#))),
            ("github-status", statuspage(&github)),
            ("discord-status", statuspage(&json!({}))),
        ]) {
            let (at, took) = (at(minute) + SignedDuration::from_secs(n), SignedDuration::from_millis(40));
            posted.take(
                &classifiers.read(&Exchange::answered(&source.into(), at, took, answer)).expect("known"),
            );
        }
    }
    assert_eq!(posted.sums(), "2 started, 2 ended, 0 open", "{}", posted.first_lines());
    assert!(!posted.all().contains("GitHub and Discord"), "{}", posted.all());
    assert!(!posted.all().contains("spotify-"), "{}", posted.all());
}
