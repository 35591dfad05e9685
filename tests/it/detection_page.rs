//! Probes in, events out: what the status page reports, joined with what our checks find.

use expect_test::expect;
use healthy_upstream::health::IncidentState::{Identified, Investigating, Monitoring, Resolved};
use healthy_upstream::health::{Level, MaintenanceState, Outcome, Page};
use jiff::SignedDuration;

use crate::fixtures::at;
use crate::prober::{Prober, failing, incident, page, work};

#[test]
fn failed_checks_before_a_page_report_are_one_outage() {
    let mut bot = Prober::new();
    let first = ("12:45", Investigating, "We're aware");
    bot.all_answer("12:20", "15:45", &failing(502, ""))
        .page("12:45", "14:00", page(&[incident("i1", &[], &[first])]))
        .page("14:00", "16:30", page(&[incident("i1", &[], &[first, ("14:00", Monitoring, "Fixed")])]))
        .run("12:10", "17:00");
    expect![[r#"
        12:20:31  started  outage [apps login web-api web-player] since 12:20:01  web-api: 502 (3 checks in 30 s); accounts-discovery: 502 (2 checks in 15 s); client-bootstrap: 502 (2 checks in 15 s); web-player: 502 (2 checks in 15 s)
        12:45:00  (PageSpoke)  outage [apps login web-api web-player] since 12:20:01  status-page: "Some issues right now" investigating
        14:00:00  (PageSpoke)  outage [apps login web-api web-player] since 12:20:01  status-page: "Some issues right now" monitoring
        15:46:14  ended  up [apps login web-api web-player] since 12:20:01 until 15:45:14  web-player: healthy (4 checks in 1 min)
        16:31:30  (PageClosed)  up [apps login web-api web-player] since 12:20:01 until 15:45:14  status-page: no longer lists it (4 checks)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn page_report_before_failed_checks_is_one_outage() {
    let mut bot = Prober::new();
    bot.page("12:10", "13:00", page(&[incident("i1", &["Web API"], &[("12:09", Investigating, "Looking")])]))
        .answers("web-api", "12:20", "12:40", failing(502, ""))
        .answers("client-bootstrap", "12:25", "12:40", failing(502, ""))
        .run("12:00", "13:20");
    expect![[r#"
        12:10:00  started  outage [web-api] since 12:09:00  status-page: "Some issues right now" investigating
        12:20:31  (Confirmed)  outage [web-api] since 12:09:00  web-api: 502 (3 checks in 30 s)
        12:25:33  ServiceAffected apps  outage [apps web-api] since 12:09:00  client-bootstrap: 502 (3 checks in 30 s)
        12:41:13  ended  up [apps web-api] since 12:09:00 until 12:40:13  client-bootstrap: healthy (4 checks in 1 min)
        13:01:30  (PageClosed)  up [apps web-api] since 12:09:00 until 12:40:13  status-page: no longer lists it (4 checks)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn page_only_outage_ends_with_the_page_incident() {
    let mut bot = Prober::new();
    let first = ("12:10", Investigating, "Looking");
    bot.page("12:11", "12:30", page(&[incident("i1", &["web player!"], &[first])]))
        .page(
            "12:30",
            "13:00",
            page(&[incident("i1", &["web player!"], &[first, ("12:29", Resolved, "Done")])]),
        )
        .run("12:00", "13:20");
    expect![[r#"
        12:11:00  started  outage [web-player] since 12:10:00  status-page: "Some issues right now" investigating
        12:30:00  ended  up [web-player] since 12:10:00 until 12:29:00  status-page: "Some issues right now" resolved
    "#]].assert_eq(&bot.announced());
}

/// Regression: the end was reported as flapping, which nothing ended.
#[test]
fn reopened_page_incident_closed_in_the_past_is_over() {
    let mut bot = Prober::new();
    let mut spoken = vec![];
    for (from, state, until) in [
        ("12:10", Investigating, "12:15"),
        ("12:15", Resolved, "12:20"),
        ("12:20", Investigating, "12:25"),
        ("12:25", Identified, "12:30"),
        ("12:30", Monitoring, "12:50"),
    ] {
        spoken.push((from, state, "Looking"));
        bot.page(from, until, page(&[incident("i1", &["Web API"], &spoken)]));
    }
    spoken.push(("12:31", Resolved, "Done"));
    bot.page("12:50", "13:20", page(&[incident("i1", &["Web API"], &spoken)])).run("12:00", "13:30");
    expect![[r#"
        12:10:00  started  outage [web-api] since 12:10:00  status-page: "Some issues right now" investigating
        12:15:00  ended  up [web-api] since 12:10:00 until 12:15:00  status-page: "Some issues right now" resolved
        12:20:00  Reopened  outage [web-api] since 12:10:00  status-page: "Some issues right now" investigating
        12:25:00  (PageSpoke)  outage [web-api] since 12:10:00  status-page: "Some issues right now" identified
        12:30:00  (PageSpoke)  outage [web-api] since 12:10:00  status-page: "Some issues right now" monitoring
        12:50:00  ended  up [web-api] since 12:10:00 until 12:31:00  status-page: "Some issues right now" resolved
    "#]].assert_eq(&bot.announced());
}

#[test]
fn vanished_incident_ends_at_the_first_probe_without_it() {
    let mut bot = Prober::new();
    bot.page("12:11", "12:30", page(&[incident("i1", &[], &[("12:10", Investigating, "Looking")])]))
        .run("12:00", "13:20");
    expect![[r#"
        12:11:00  started  outage [spotify] since 12:10:00  status-page: "Some issues right now" investigating
        12:31:30  ended  up [spotify] since 12:10:00 until 12:30:00  status-page: no longer lists it (4 checks)
    "#]]
    .assert_eq(&bot.announced());
    let voice = &bot.events.last().expect("an end").outage.page[0];
    assert!(voice.withdrawn);
}

#[test]
fn edits_and_postmortems_are_silent() {
    let mut bot = Prober::new();
    let (a, b) = (("12:10", Investigating, "Looking"), ("12:20", Identified, "Found"));
    let (done, edited) = (("12:29", Resolved, "Done"), ("12:20", Identified, "Found it!"));
    let after = ("12:50", Resolved, "Postmortem: a bad deploy");
    bot.page("12:11", "12:20", page(&[incident("i1", &[], &[a])]))
        .page("12:20", "12:25", page(&[incident("i1", &[], &[a, b])]))
        .page("12:25", "12:30", page(&[incident("i1", &[], &[a, edited])]))
        .page("12:30", "12:50", page(&[incident("i1", &[], &[a, edited, done])]))
        .page("12:50", "13:00", page(&[incident("i1", &[], &[a, edited, done, after])]))
        .page("13:00", "13:10", page(&[incident("i1", &[], &[a, edited, done])]))
        .run("12:00", "13:20");
    expect![[r#"
        12:11:00  started  outage [spotify] since 12:10:00  status-page: "Some issues right now" investigating
        12:20:00  (PageSpoke)  outage [spotify] since 12:10:00  status-page: "Some issues right now" identified
        12:25:00  (PageSpoke)  outage [spotify] since 12:10:00  status-page: "Some issues right now" identified
        12:30:00  ended  up [spotify] since 12:10:00 until 12:29:00  status-page: "Some issues right now" resolved
    "#]].assert_eq(&bot.announced());
}

#[test]
fn first_run_posts_no_history() {
    let mut bot = Prober::new();
    let history = page(&[
        incident("i3", &[], &[("11:30", Investigating, "Looking"), ("11:50", Resolved, "Done")]),
        incident("i2", &["Web API"], &[("08:00", Investigating, "Since this morning")]),
        incident(
            "i1",
            &[],
            &[("2025-03-01T00:00:00Z", Investigating, "x"), ("2025-03-01T01:00:00Z", Resolved, "y")],
        ),
    ]);
    bot.page("12:00", "13:00", history).run("12:00", "13:20");
    assert_eq!(bot.announced(), "", "neither history nor what began four hours ago, and no end of it");
}

#[test]
fn first_run_shows_ongoing_incidents_and_posts_recent_ones() {
    let mut bot = Prober::new();
    bot.page("12:00", "13:00", page(&[incident("i1", &["Web API"], &[("11:30", Investigating, "Looking")])]));
    bot.run("12:00", "12:01");
    let open = bot.detector.snapshot(at("12:01")).open;
    assert!(open.len() == 1 && open[0].ongoing_at_first_probe);
    bot.run("12:01", "13:20");
    expect![[r#"
        12:00:00  started  outage [web-api] since 11:30:00  status-page: "Some issues right now" investigating
        13:01:30  ended  up [web-api] since 11:30:00 until 13:00:00  status-page: no longer lists it (4 checks)
    "#]]
    .assert_eq(&bot.announced());
}

#[test]
fn incident_entered_after_it_was_over_posts_nothing() {
    let mut bot = Prober::new();
    let old = [("2025-04-15T10:00:00Z", Investigating, "x"), ("2025-04-15T11:00:00Z", Resolved, "y")];
    bot.page("12:20", "13:00", page(&[incident("i1", &[], &old)])).run("12:00", "13:20");
    let just = [("11:00", Investigating, "x"), ("11:40", Resolved, "y")];
    bot.page("13:30", "14:00", page(&[incident("i2", &[], &just)])).run("13:20", "14:20");
    assert_eq!(bot.announced(), "");
}

#[test]
fn incident_between_two_polls_is_posted_once_afterwards() {
    let mut bot = Prober::new();
    bot.run("12:00", "12:10").restart();
    let gone = [("12:12", Investigating, "Looking"), ("12:16", Resolved, "Done")];
    bot.page("12:20", "13:00", page(&[incident("i1", &["Web API"], &gone)])).run("12:20", "13:20");
    expect![[r#"
        12:20:00  started  up [web-api] since 12:12:00 until 12:16:00  status-page: "Some issues right now" resolved
        12:20:00  ended  up [web-api] since 12:12:00 until 12:16:00  status-page: "Some issues right now" resolved
    "#]].assert_eq(&bot.announced());
    assert!(bot.events.iter().all(|event| !event.outage.is_open()), "alerts make one post of it");
}

#[test]
fn stale_page_is_unknown_and_changes_nothing() {
    let mut bot = Prober::new();
    let stale = Page { copy_age: SignedDuration::from_mins(40), ..page(&[]) };
    bot.page("12:11", "12:30", page(&[incident("i1", &[], &[("12:10", Investigating, "Looking")])]))
        .page("12:30", "13:00", stale)
        .page("13:00", "13:20", page(&[incident("i1", &[], &[("12:10", Investigating, "Looking")])]))
        .run("12:00", "12:55");
    let seen = bot.detector.snapshot(at("12:55")).page.expect("a page");
    assert_eq!((seen.level, seen.problem.as_deref()), (Level::Unknown, Some("the copy is 40 min old")));
    bot.run("12:55", "13:15");
    assert_eq!(bot.lines(), 1, "one start and no end: {}", bot.announced());
}

#[test]
fn unreadable_page_is_unknown_and_never_up() {
    let mut bot = Prober::new();
    bot.answers(
        "status-page",
        "12:10",
        "13:00",
        Outcome::Unclear("HTML with 200: Just a moment...".to_owned()),
    );
    bot.run("12:00", "12:30");
    assert_eq!(bot.detector.snapshot(at("12:30")).page.map(|page| page.level), Some(Level::Unknown));
    assert_eq!(bot.announced(), "");
}

#[test]
fn announced_maintenance_is_posted_and_lowers_failures() {
    let mut bot = Prober::new();
    bot.page("11:50", "12:10", work(MaintenanceState::Scheduled, "12:10", &["Web API"]))
        .page("12:10", "12:40", work(MaintenanceState::Running, "12:10", &["Web API"]))
        .page("12:40", "12:50", work(MaintenanceState::Completed, "12:10", &["Web API"]))
        .answers("web-api", "12:15", "12:30", failing(503, ""))
        .run("11:50", "13:20");
    expect![[r#"
        12:10:00  maintenance_started  maintenance [web-api] since 12:10:00  status-page: "Database upgrade" in progress
        12:15:31  started  degraded [web-api] since 12:15:01  web-api: 503 (3 checks in 30 s)
        12:31:11  ended  up [web-api] since 12:15:01 until 12:30:11  web-api: healthy (4 checks in 1 min)
        12:40:00  maintenance_ended  up [web-api] since 12:10:00 until 12:40:00  status-page: "Database upgrade" completed
    "#]].assert_eq(&bot.announced());
}

#[test]
fn maintenance_end_repeats_no_outage_and_hides_no_recovery() {
    let mut bot = Prober::new();
    bot.page("12:10", "12:40", work(MaintenanceState::Running, "12:10", &["Web API"]))
        .answers("web-api", "12:05", "12:50", failing(503, ""))
        .run("11:50", "13:20");
    expect![[r#"
        12:05:31  started  outage [web-api] since 12:05:01  web-api: 503 (3 checks in 30 s)
        12:10:00  maintenance_started  maintenance [web-api] since 12:10:00  status-page: "Database upgrade" in progress
        12:41:30  maintenance_ended  up [web-api] since 12:10:00 until 12:40:00  status-page: "Database upgrade" no longer listed
        12:51:11  ended  up [web-api] since 12:05:01 until 12:50:11  web-api: healthy (4 checks in 1 min)
    "#]].assert_eq(&bot.announced());
    let mut bot = Prober::new();
    bot.page("12:10", "12:40", work(MaintenanceState::Running, "12:10", &["Web API"]))
        .answers("web-api", "12:15", "12:50", failing(503, ""))
        .run("11:50", "13:20");
    expect![[r#"
        12:10:00  maintenance_started  maintenance [web-api] since 12:10:00  status-page: "Database upgrade" in progress
        12:15:31  started  degraded [web-api] since 12:15:01  web-api: 503 (3 checks in 30 s)
        12:41:30  maintenance_ended  up [web-api] since 12:10:00 until 12:40:00  status-page: "Database upgrade" no longer listed
        12:41:30  Worse  outage [web-api] since 12:15:01  web-api: 503 (20 checks in 26 min 10 s)
        12:51:11  ended  up [web-api] since 12:15:01 until 12:50:11  web-api: healthy (4 checks in 1 min)
    "#]].assert_eq(&bot.announced());
}

#[test]
fn backdated_incident_is_not_attached_to_a_current_outage() {
    let mut bot = Prober::new();
    let old = [("2025-03-15T10:00:00Z", Investigating, "x"), ("2025-03-15T11:00:00Z", Resolved, "y")];
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .page("12:15", "13:00", page(&[incident("i1", &[], &old)]))
        .run("12:00", "13:20");
    assert_eq!(bot.lines(), 2);
    assert!(bot.events.iter().all(|event| event.outage.page.is_empty()), "{}", bot.announced());
}

#[test]
fn page_incident_after_recovery_starts_nothing() {
    let mut bot = Prober::new();
    let first = ("12:24", Monitoring, "We saw problems");
    bot.answers("web-api", "12:10", "12:20", failing(503, ""))
        .page("12:25", "12:50", page(&[incident("i1", &["Web API"], &[first])]))
        .page("12:50", "13:00", page(&[incident("i1", &["Web API"], &[first, ("12:50", Resolved, "Done")])]))
        .run("12:00", "13:20");
    expect![[r#"
        12:10:31  started  outage [web-api] since 12:10:01  web-api: 503 (3 checks in 30 s)
        12:21:11  ended  up [web-api] since 12:10:01 until 12:20:11  web-api: healthy (4 checks in 1 min)
        12:25:30  (PageSpoke)  up [web-api] since 12:10:01 until 12:20:11  status-page: "Some issues right now" monitoring
        12:50:00  (PageClosed)  up [web-api] since 12:10:01 until 12:20:11  status-page: "Some issues right now" resolved
    "#]].assert_eq(&bot.announced());
}

#[test]
fn long_incident_elsewhere_hides_no_new_outage() {
    let mut bot = Prober::new();
    bot.page("10:00", "14:00", page(&[incident("i1", &["Web player"], &[("10:00", Investigating, "Some")])]))
        .answers("client-bootstrap", "12:20", "12:40", failing(502, ""))
        .run("09:50", "14:10");
    expect![[r#"
        10:00:00  started  outage [web-player] since 10:00:00  status-page: "Some issues right now" investigating
        12:20:33  started  outage [apps] since 12:20:03  client-bootstrap: 502 (3 checks in 30 s)
        12:41:13  ended  up [apps] since 12:20:03 until 12:40:13  client-bootstrap: healthy (4 checks in 1 min)
        14:01:30  ended  up [web-player] since 10:00:00 until 14:00:00  status-page: no longer lists it (4 checks)
    "#]].assert_eq(&bot.announced());
}
