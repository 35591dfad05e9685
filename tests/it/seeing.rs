//! What a status page says, and what it does not: recordings of its many forms, from raw exchanges to the posts that people read.

use std::fmt::Write as _;

use healthy_upstream::chat::announce::{Telling, tell};
use healthy_upstream::config::Config;
use healthy_upstream::health::IncidentState::Investigating;
use healthy_upstream::health::{
    Class, EventKind, Judge, Level, Observation, Policy, Profile, Refusal, Seen, Update,
};
use healthy_upstream::spotify::profile::{profile, specs};
use healthy_upstream::spotify::{Answer, Exchange, Looks, Readers, RecordingReader, SourceSpec};
use healthy_upstream::words::Language;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::looker::{self, Looker, cut, failing, refused};

/// What `replay` would print: posts with their first lines, and how many outages started, ended and are open.
struct Told {
    posts: Vec<(Timestamp, EventKind, String)>,
    judge: Judge,
}

impl Told {
    fn new(profile: Profile) -> Self {
        Self { posts: Vec::new(), judge: Judge::new(profile, Policy::default()) }
    }

    fn take(&mut self, observation: &Observation) {
        let mut events = Vec::new();
        while let Some(due) = self.judge.due().filter(|due| *due <= observation.at) {
            let came = self.judge.tick(due);
            if came.is_empty() && self.judge.due() == Some(due) {
                break;
            }
            events.extend(came);
        }
        events.extend(self.judge.take(observation));
        for event in events {
            if event.kind == EventKind::Updated(Update::Counted) {
                continue;
            }
            let profile = self.judge.profile().of_services(event.outage.services.keys());
            let text = tell(&event, &Telling::new(profile, Language::ENGLISH, event.at)).text;
            self.posts.push((event.at, event.kind, text));
        }
    }

    fn count(&self, kind: &EventKind) -> usize {
        self.posts.iter().filter(|(_, known, _)| known == kind).count()
    }

    /// `1 started, 1 ended, 0 open`: outages that were told.
    fn sums(&self) -> String {
        let open = self.judge.tracker().cases.iter().filter(|case| case.is_open_outage() && case.announced);
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

fn built_in() -> (Vec<SourceSpec>, Profile) {
    let specs = specs(&[]).expect("the built-in sources");
    let profile = profile(&specs, "");
    (specs, profile)
}

/// A recording of `tests/data/recordings/seeing`.
fn replayed(name: &str, (specs, profile): (Vec<SourceSpec>, Profile)) -> Told {
    let path = format!("{}/tests/data/recordings/seeing/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let file = std::io::BufReader::new(std::fs::File::open(&path).expect("a recording"));
    let readers = Readers::new(&specs);
    let recording = RecordingReader::new(file, name, readers.names().cloned().collect::<Vec<_>>());
    let mut told = Told::new(profile);
    for observation in Looks::new(recording, readers) {
        told.take(&observation.expect("a look"));
    }
    told
}

/// One check a minute from 12:00 on: what the page answers from which minute on, and when the Web API fails.
struct Tale {
    minutes: i64,
    page: Vec<(i64, Answer)>,
    fails: Vec<(i64, i64)>,
}

impl Tale {
    fn of(minutes: i64) -> Self {
        Self { minutes, page: vec![(0, statuspage(&json!({})))], fails: Vec::new() }
    }

    fn page(mut self, minute: i64, answer: Answer) -> Self {
        self.page.retain(|(known, _)| *known != minute);
        self.page.push((minute, answer));
        self
    }

    fn fails(mut self, from: i64, until: i64) -> Self {
        self.fails.push((from, until));
        self
    }

    fn told(&self) -> Told {
        let (specs, profile) = built_in();
        let mut readers = Readers::new(&specs);
        let mut told = Told::new(profile);
        for minute in 0..self.minutes {
            let fails = self.fails.iter().any(|(from, until)| (*from..*until).contains(&minute));
            let web_api = if fails {
                Answer::text(503, "no healthy upstream")
            } else {
                Answer::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)
            };
            let page = self.page.iter().rev().find(|(from, _)| *from <= minute).expect("a page").1.clone();
            let looks = [("control", Answer::text(200, "ok")), ("web-api", web_api), ("status-page", page)];
            for (n, (source, answer)) in (0..).zip(looks) {
                let at = at(minute) + SignedDuration::from_secs(n);
                let took = SignedDuration::from_millis(40);
                let exchange = Exchange::answered(&source.into(), at, took, answer);
                told.take(&readers.read(&exchange).expect("a known source"));
            }
        }
        told
    }
}

/// So many minutes after 12:00 of 1 March 2026.
fn at(minute: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_mins(minute)
}

fn time(minute: i64) -> String {
    at(minute).to_string()
}

/// A Statuspage on which all is well but for `more`.
fn statuspage(more: &Value) -> Answer {
    let mut body = json!({
        "page": {"id": "p1", "name": "Spotify", "url": "https://spotify.statuspage.io"},
        "status": {"indicator": "none", "description": "All Systems Operational"},
        "components": [], "incidents": [], "scheduled_maintenances": [],
    });
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    Answer::json(200, &body.to_string()).with("x-statuspage-version", "1")
}

/// Announced work that the page calls running.
fn work(components: &[&str], from: i64, until: Option<i64>) -> Answer {
    let components: Vec<Value> = components.iter().map(|name| json!({"id": name, "name": name})).collect();
    statuspage(&json!({"scheduled_maintenances": [{
        "id": "m1", "name": "Storage work", "status": "in_progress", "impact": "maintenance",
        "scheduled_for": time(from), "scheduled_until": until.map(time),
        "incident_updates": [{"id": "u", "status": "in_progress", "body": "Work is going on.", "display_at": time(from)}],
        "components": components,
    }]}))
}

/// An incident as a Statuspage lists it; `more` replaces its keys.
fn incident(id: &str, status: &str, components: &[&str], more: &Value) -> Answer {
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
    let told = replayed("r01-maintenance-of-unwatched-component", built_in());
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open");
    assert_eq!(
        told.first_lines(),
        "12:07:01  🔴 Spotify Web API is down: 503 \"no healthy upstream\"\n12:18:01  🟢 Spotify Web API is back. It was down for 10 min 0 s.\n"
    );
}

#[test]
fn maintenance_excuses_only_what_it_names_and_only_in_its_window() {
    let start = |page: Answer| {
        let told = Tale::of(60).page(0, page).fails(10, 25).told();
        assert_eq!(told.sums(), "1 started, 1 ended, 0 open", "{}", told.first_lines());
        let (_, _, text) =
            told.posts.iter().find(|(_, kind, _)| *kind == EventKind::Started).expect("a start").clone();
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
fn what_outlasts_the_window_of_maintenance_is_an_outage() {
    let told = Tale::of(90).page(0, work(&["Web API"], -60, Some(30))).fails(10, 60).told();
    let lines = told.first_lines();
    assert!(lines.contains("🟡 Spotify Web API has trouble"), "{lines}");
    assert!(lines.contains("12:30:00  🔴 Spotify Web API got worse: down now"), "{lines}");
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open");
}

#[test]
fn running_maintenance_is_quoted_with_its_own_state() {
    let told = replayed("r10-maintenance-text-is-not-quoted", built_in());
    let all = told.all();
    assert!(all.contains("\"In progress\": \"Catalogue storage is being moved.\""), "{all}");
    assert!(!all.contains("something new"), "{all}");
}

// The scope of what a page says is never widened.

#[test]
fn an_incident_on_an_unwatched_component_is_nobodys_outage() {
    let file = format!("{}/deploy/two-services.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("the file");
    let config = Config::read("two-services.toml", &text, &[], &[]).expect("valid");
    let told = replayed("r09-two-services-unwatched-component", config.watched().expect("two vendors"));
    assert_eq!(told.first_lines(), "");
    for components in [&["Codespaces"][..], &["Podcasts", "Ads"], &["Spotify for Artists"]] {
        let told = Tale::of(30).page(3, incident("i1", "investigating", components, &json!({}))).told();
        assert_eq!(told.first_lines(), "", "{components:?}");
        let page = told.judge.picture(at(30)).page.expect("a page");
        assert_eq!(page.incidents.len(), 1, "it is the page's own line");
    }
}

#[test]
fn an_incident_that_names_a_service_or_the_whole_is_told() {
    for (components, named) in [
        (&["Web API", "Podcasts"][..], "Web API"),
        (&["Spotify Web API"], "Web API"),
        (&["web player"], "Web player"),
        (&["Spotify"], "Spotify"),
        (&[], "Spotify"),
    ] {
        let told = Tale::of(30).page(3, incident("i1", "investigating", components, &json!({}))).told();
        let expected =
            format!("12:03:02  🔴 Spotify's page reports an outage of {named}: \"Some calls are refused\"\n");
        assert_eq!(told.first_lines(), expected, "{components:?}");
    }
}

// Feeds.

#[test]
fn a_feed_of_resolved_history_hides_nothing_that_comes() {
    let told = replayed("r03-incident-io-feed-resolved-history", built_in());
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open");
    assert!(told.judge.picture(at(80)).open.is_empty());
    assert!(told.all().replace('\\', "").contains("Sign-in fails"), "{}", told.all());
    let told = replayed("r04-instatus-feed-oldest-update-first", built_in());
    assert_eq!((told.first_lines(), told.judge.picture(at(30)).open.len()), (String::new(), 0));
}

fn feed(rss: bool, entries: &[(&str, i64, i64, &str)]) -> Answer {
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
    Answer::text(200, &body).with("content-type", "application/xml")
}

#[test]
fn feeds_of_every_vendor_tell_the_next_incident_once_and_its_end() {
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
            let told = Tale::of(40)
                .page(0, feed(rss, &quiet()))
                .page(6, with(true, 5))
                .page(16, with(false, 15))
                .told();
            assert_eq!(
                told.sums(),
                "1 started, 1 ended, 0 open",
                "form {n}, rss {rss}: {}",
                told.first_lines()
            );
            assert!(told.all().contains("\"We look.\""), "form {n}, rss {rss}: {}", told.all());
            assert!(told.judge.picture(at(40)).open.is_empty());
        }
    }
}

// Dates and words.

#[test]
fn dates_of_every_form_keep_history_silent() {
    let told = replayed("r08-instatus-javascript-date", built_in());
    assert_eq!(told.first_lines(), "");
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
        let told = Tale::of(20).page(0, page).told();
        assert_eq!(told.first_lines(), "", "{began}");
    }
}

#[test]
fn what_begins_in_the_future_has_not_begun() {
    let later = json!({"started_at": time(20), "created_at": time(20), "incident_updates": []});
    let told = Tale::of(40).page(3, incident("i1", "investigating", &["Web API"], &later)).told();
    assert!(told.first_lines().starts_with("12:15:02  🔴"), "{}", told.first_lines());
    let told = Tale::of(12).page(3, incident("i1", "investigating", &["Web API"], &later)).told();
    assert_eq!((told.first_lines(), told.judge.picture(at(12)).open.len()), (String::new(), 0));
}

#[test]
fn an_unknown_word_is_over_with_resolved_at_and_unclear_without() {
    for name in ["r12-row-with-status-maintenance-complete", "r13-row-with-status-completed"] {
        let told = replayed(name, built_in());
        assert_eq!((told.first_lines(), told.judge.picture(at(30)).open.len()), (String::new(), 0), "{name}");
    }
    for word in ["closed", "mitigated", "wontfix", "done", "archived"] {
        let over = json!({"resolved_at": time(2)});
        let told = Tale::of(20).page(3, incident("i1", word, &["Web API"], &over)).told();
        assert_eq!(told.judge.picture(at(20)).open.len(), 0, "{word}: {}", told.first_lines());
        let unclear = json!({"impact": "none"});
        let told = Tale::of(20).page(3, incident("i1", word, &["Web API"], &unclear)).told();
        assert_eq!(told.first_lines(), "", "{word}");
        assert!(!told.all().contains("something new\""), "{word}");
        let told = Tale::of(20).page(3, incident("i1", word, &["Web API"], &json!({}))).told();
        assert!(
            !told.all().contains('🔴') && !told.all().contains("\"something new"),
            "{word}: {}",
            told.all()
        );
    }
}

// Components without an incident.

fn component(status: &str) -> Answer {
    statuspage(&json!({"components": [{"id": "c1", "name": "Web API", "status": status}]}))
}

#[test]
fn a_component_that_is_red_without_an_incident_is_told() {
    let told = replayed("r15-component-red-without-incident", built_in());
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open");
    let all = told.all();
    assert!(all.contains("Spotify's status page shows an outage of Web API"), "{all}");
    assert!(!all.contains("fail") && !all.contains("taken its report"), "{all}");
    let end = told.judge.tracker().cases[0].outage.clone();
    assert_eq!(
        (end.since.to_string(), end.until.map(|at| at.to_string())),
        ("2026-03-01T12:02:06Z".into(), Some("2026-03-01T12:15:06Z".into()))
    );
}

#[test]
fn a_component_is_told_with_hysteresis_and_never_twice() {
    let told = |steps: &[(i64, &str)]| {
        let tale =
            steps.iter().fold(Tale::of(60), |tale, (minute, status)| tale.page(*minute, component(status)));
        tale.told()
    };
    let well = "operational";
    assert_eq!(told(&[(0, well), (5, "major_outage"), (7, well)]).first_lines(), "", "too short");
    assert_eq!(told(&[(0, well), (5, "degraded_performance")]).first_lines(), "", "not red");
    assert_eq!(told(&[(0, well), (5, "under_maintenance")]).first_lines(), "");
    let flicker = told(&[(0, well), (5, "major_outage"), (10, well), (12, "partial_outage"), (20, well)]);
    assert_eq!(flicker.sums(), "1 started, 1 ended, 0 open", "{}", flicker.first_lines());
    // An incident that names it speaks for it.
    let mut both = json!({"components": [{"id": "c1", "name": "Web API", "status": "major_outage"}]});
    let with_incident = incident("i1", "investigating", &["Web API"], &json!({}));
    let body: Value = serde_json::from_slice(&with_incident.body).expect("JSON");
    both["incidents"] = body["incidents"].clone();
    let told =
        Tale::of(40).page(0, component(well)).page(3, statuspage(&both)).page(20, component(well)).told();
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open", "{}", told.first_lines());
    assert!(!told.all().contains("status page shows"), "{}", told.all());
    let podcasts =
        statuspage(&json!({"components": [{"id": "c2", "name": "Podcasts", "status": "major_outage"}]}));
    assert_eq!(Tale::of(30).page(3, podcasts).told().first_lines(), "", "nobody watches it");
}

// Sentences come from what was seen.

#[test]
fn a_page_that_flaps_while_checks_pass_is_counted_and_blames_no_check() {
    let told = replayed("r06-page-flaps-while-looks-are-fine", built_in());
    let all = told.all();
    assert!(!all.contains("fail"), "{all}");
    assert!(all.contains("came and went 6 times"), "{all}");
    assert_eq!(told.sums(), "1 started, 1 ended, 0 open");
}

#[test]
fn flap_counts_are_true_and_no_post_says_that_a_passing_check_fails() {
    for (times, gap) in [(3, 3), (4, 6), (5, 2), (6, 6), (4, 8)] {
        let mut tale = Tale::of(60 + i64::from(times) * 20);
        for n in 0..times {
            let began = json!({"started_at": time(i64::from(n) * (6 + gap) + 3), "created_at": null, "incident_updates": []});
            let from = i64::from(n) * (6 + gap) + 3;
            tale = tale
                .page(from, incident(&format!("k{n}"), "investigating", &["Web API"], &began))
                .page(from + 6, statuspage(&json!({})));
        }
        let told = tale.told();
        let all = told.all();
        assert!(all.contains(&format!("came and went {times} times")), "{times} with gaps of {gap}: {all}");
        assert!(!all.contains("fail"), "{all}");
        // Before it is seen to come and go, a longer pause is an end.
        let sums = told.sums();
        assert!(sums.starts_with("1 started") && sums.ends_with("0 open"), "{sums}: {}", told.first_lines());
    }
    // Our own checks: so many failures, so many times.
    let tale = Tale::of(120).fails(5, 9).fails(14, 18).fails(23, 27).fails(32, 36);
    let told = tale.told();
    assert!(told.all().contains("came and went 4 times"), "{}", told.all());
}

// Several sources of one service, and several controls.

#[test]
fn one_of_two_sources_is_trouble_and_both_are_an_outage() {
    let no_upstream = failing(503, "no healthy upstream");
    let first = |bot: &Looker| {
        let event = bot.events.first().expect("a start");
        let text = tell(event, &Telling::new(bot.judge.profile(), Language::ENGLISH, event.at)).text;
        (event.outage.level, text)
    };
    let mut bot = Looker::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone()).run("12:00", "13:20");
    let (level, text) = first(&bot);
    assert_eq!(level, Level::Degraded, "{}", bot.told());
    assert!(text.starts_with("🟡 ") && text.contains("1 of 2 checks fails."), "{text}");
    assert_eq!(bot.lines(), 2, "{}", bot.told());
    let mut bot = Looker::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone())
        .answers("accounts-discovery", "12:20", "12:40", no_upstream.clone())
        .run("12:00", "13:20");
    let (level, text) = first(&bot);
    assert_eq!((level, text.contains("checks fail")), (Level::Outage, false), "{text}");
    // The other tells nothing: what is seen is all that there is.
    let mut bot = Looker::new();
    bot.answers("accounts", "12:20", "12:40", no_upstream.clone())
        .answers("accounts-discovery", "12:00", "13:20", refused(Refusal::Quota, "429"))
        .run("12:00", "13:20");
    assert_eq!(first(&bot).0, Level::Outage, "{}", bot.told());
    // One comes back: no longer an outage, and said so.
    let mut bot = Looker::new();
    bot.answers("accounts", "12:20", "13:00", no_upstream.clone())
        .answers("accounts-discovery", "12:20", "12:40", no_upstream.clone())
        .run("12:00", "13:20");
    assert!(bot.told().contains("Better  degraded [login]"), "{}", bot.told());
    // As many as are asked for.
    let mut both = looker::profile();
    both.services[1].needs = Some(2);
    let mut bot = Looker::with(both, Policy::default());
    bot.answers("accounts", "12:20", "12:40", no_upstream).run("12:00", "13:20");
    assert_eq!(bot.told(), "");
}

#[test]
fn one_control_that_is_away_is_not_our_own_network() {
    let mut two = looker::profile();
    two.more_controls = vec!["control-2".into()];
    let timeout = cut(Class::Timeout);
    let run = |second: bool| {
        let mut bot = Looker::with(two.clone(), Policy::default());
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
fn another_service_that_fails_soon_after_an_end_is_another_outage() {
    let mut bot = Looker::new();
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .answers("client-bootstrap", "12:26", "12:40", failing(502, ""))
        .run("12:00", "13:20");
    let starts: Vec<_> = bot.events.iter().filter(|event| event.kind == EventKind::Started).collect();
    assert_eq!(starts.len(), 2, "{}", bot.told());
    assert!(bot.events.iter().all(|event| event.outage.flaps == 0), "{}", bot.told());
}

#[test]
fn a_new_incident_of_the_page_soon_after_an_end_is_another_outage() {
    let mut bot = Looker::new();
    let first = ("12:24", Investigating, "We see problems");
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .page("12:25", "12:50", looker::page(&[looker::incident("i1", &["Web API"], &[first])]))
        .run("12:00", "13:20");
    let starts = bot.events.iter().filter(|event| event.kind == EventKind::Started).count();
    assert_eq!(starts, 2, "{}", bot.told());
}

#[test]
fn slowness_is_called_slow_with_its_seconds() {
    let mut bot = Looker::new();
    bot.takes("web-api", "12:20", "12:40", Seen::Healthy, 2_900).run("12:00", "13:20");
    let texts: Vec<_> = bot
        .events
        .iter()
        .map(|event| tell(event, &Telling::new(bot.judge.profile(), Language::ENGLISH, event.at)).text)
        .collect();
    assert!(texts[0].starts_with("🟡 **Spotify Web API is slow**: 2.9 s"), "{texts:?}");
    assert!(texts.last().is_some_and(|text| text.contains("is quick again.** It was slow for")), "{texts:?}");
    assert!(!texts.concat().contains("fail"), "{texts:?}");
}

#[test]
fn two_vendors_that_fail_at_once_are_two_outages_under_their_own_names() {
    let file = format!("{}/deploy/two-services.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("the file");
    let config = Config::read("two-services.toml", &text, &[], &[]).expect("valid");
    let (specs, profile) = config.watched().expect("two vendors");
    let mut readers = Readers::new(&specs);
    let mut told = Told::new(profile);
    for minute in 0..60 {
        let fails = (10..25).contains(&minute);
        let api = |well: Answer| if fails { Answer::text(503, "upstream down") } else { well };
        let vague = json!([{"id": "g1", "name": "Many things fail", "status": "investigating", "impact": "major", "started_at": time(10)}]);
        let github = if fails { json!({"incidents": vague}) } else { json!({}) };
        for (n, (source, answer)) in (0..).zip([
            ("control", Answer::text(200, "ok")),
            ("github-api", api(Answer::text(200, "Keep it."))),
            ("discord-api", api(Answer::json(200, r#"{"url":"wss://x"}"#))),
            ("github-status", statuspage(&github)),
            ("discord-status", statuspage(&json!({}))),
        ]) {
            let (at, took) = (at(minute) + SignedDuration::from_secs(n), SignedDuration::from_millis(40));
            told.take(&readers.read(&Exchange::answered(&source.into(), at, took, answer)).expect("known"));
        }
    }
    assert_eq!(told.sums(), "2 started, 2 ended, 0 open", "{}", told.first_lines());
    assert!(!told.all().contains("GitHub and Discord"), "{}", told.all());
    assert!(!told.all().contains("spotify-"), "{}", told.all());
}
