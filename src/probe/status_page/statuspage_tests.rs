//! Pages in shapes that were really seen.

use super::*;
use crate::probe::exchange::HttpResponse;
use crate::probe::status_page::{self, PageEndpoint, ParsedPage};

fn read(body: &str) -> ParsedPage {
    status_page::read(&HttpResponse::json(200, body), &["fax".to_owned()]).unwrap()
}

#[test]
fn full_page_is_read_with_leaf_components_and_plain_text() {
    let reading = read(include_str!("../../../tests/data/spotify/statuspage-summary.json"));
    let page = reading.page;
    assert_eq!(page.level, Level::Degraded);
    let components: Vec<_> = page.components.iter().map(|c| (c.name.as_str(), c.level)).collect();
    assert_eq!(components, [("Web player", Level::Degraded), ("Desktop", Level::Up)]);
    let [incident] = page.incidents.as_slice() else { panic!("one incident") };
    assert_eq!(incident.name, "Slow search");
    assert_eq!(incident.components, ["Web player"]);
    assert_eq!(incident.began, Some("2026-02-15T20:55:00Z".parse().unwrap()));
    let said: Vec<_> = incident.updates.iter().map(|u| (u.id.as_str(), u.text.as_str())).collect();
    assert_eq!(said, [("u2", "Found it.\n\nA fix is & will be out."), ("u1", "Looking.")]);
    let work = page.maintenances.first().unwrap();
    assert_eq!(
        (work.state, work.from),
        (MaintenanceState::Scheduled, Some("2026-03-01T09:00:00Z".parse().unwrap()))
    );
    assert_eq!(reading.changed, Some("2026-02-15T21:37:37.407Z".parse().unwrap()));
}

#[test]
fn missing_keys_and_nulls_are_a_page_all_the_same() {
    let quiet = read(include_str!("../../../tests/data/spotify/statuspage-quiet.json")).page;
    assert_eq!(
        (quiet.level, quiet.incidents.len(), quiet.url.as_str()),
        (Level::Up, 0, "https://status.tune.example")
    );
    let nulls = read(include_str!("../../../tests/data/spotify/statuspage-nulls.json")).page;
    assert_eq!(nulls.level, Level::Outage);
    let incident = nulls.incidents.first().unwrap();
    assert!(incident.id.starts_with("made-"));
    assert_eq!((incident.state, incident.began), (IncidentState::Monitoring, None));
}

#[test]
fn contradictory_page_takes_its_worst_level() {
    let level = |body: &str| read(body).page.level;
    let open = r#"{"page":{},"status":{"indicator":"none"},"incidents":[{"name":"x","status":"investigating","impact":"critical"}]}"#;
    assert_eq!(level(open), Level::Outage);
    let red_child = r#"{"page":{},"status":{"indicator":"none"},"components":[{"name":"g","group":true,"status":"operational"},{"name":"c","status":"major_outage"}]}"#;
    assert_eq!(level(red_child), Level::Outage);
    let over = r#"{"page":{},"status":{"indicator":"none"},"incidents":[{"name":"x","status":"postmortem","impact":"critical"}]}"#;
    assert_eq!(level(over), Level::Up);
    assert_eq!(level(r#"{"page":{},"status":{"indicator":"serene"}}"#), Level::Unknown);
    assert_eq!(
        level(r#"{"page":{},"status":{"indicator":"maintenance","description":""}}"#),
        Level::Maintenance
    );
}

#[test]
fn incident_history_is_detected_and_postmortem_is_resolved() {
    let reading = read(include_str!("../../../tests/data/spotify/statuspage-incidents.json"));
    assert_eq!(reading.part, PageEndpoint::Past);
    let incident = reading.page.incidents.first().unwrap();
    assert_eq!(incident.state, IncidentState::Resolved);
    assert_eq!(incident.resolved, Some("2026-02-15T22:08:39.333Z".parse().unwrap()));
    assert_eq!(
        read(include_str!("../../../tests/data/spotify/statuspage-quiet.json")).part,
        PageEndpoint::Whole
    );
}
