//! Instatus: `/summary.json` of a page, and its components, which stand at `/v2/components.json`.
//!
//! On a quiet page both lists are left out; a maintenance may lack its start; the lists also carry rows that are over;
//! and the page's own word may contradict them: the worst counts.

use serde_json::Value;

use super::html_text;
use super::page_format::{
    PageEndpoint, PageFormat, ParsedPage, incident_state, instant, is_ignored, level, list, made_id,
    maintenance_state, names, text, title, worst,
};
use crate::health::{
    Component, IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// Reads `summary.json`; components too, where they stand in it.
pub(super) fn parse(body: &Value, ignored: &[String]) -> ParsedPage {
    let nothing = Value::Null;
    let page = body.get("page").unwrap_or(&nothing);
    let word = text(page, "status").unwrap_or_default();
    let components = components(body, "components", ignored);
    let incidents: Vec<PageIncident> = list(body, "activeIncidents").iter().filter_map(incident).collect();
    let maintenances: Vec<PageMaintenance> =
        list(body, "activeMaintenances").iter().filter_map(maintenance).collect();
    let unresolved = incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
    let running =
        maintenances.iter().filter(|m| m.state == MaintenanceState::Running).map(|_| Level::Maintenance);
    let all =
        [level(word)].into_iter().chain(components.iter().map(|c| c.level)).chain(unresolved).chain(running);
    let page = Page {
        name: text(page, "name").unwrap_or_default().to_owned(),
        url: text(page, "url").unwrap_or_default().trim_end_matches('/').to_owned(),
        level: worst(all),
        headline: headline(word),
        components,
        incidents,
        maintenances,
        ..Page::default()
    };
    ParsedPage { page_format: PageFormat::Instatus, page, changed: None, part: PageEndpoint::Whole }
}

/// Reads `/v2/components.json`: the components, and nothing else of the page.
pub(super) fn parse_components(body: &Value, ignored: &[String]) -> ParsedPage {
    let components = components(body, "components", ignored);
    let page = Page { level: worst(components.iter().map(|c| c.level)), components, ..Page::default() };
    ParsedPage { page_format: PageFormat::Instatus, page, changed: None, part: PageEndpoint::Components }
}

/// Leaf components: of a group, those that stand in it.
fn components(body: &Value, key: &str, ignored: &[String]) -> Vec<Component> {
    let rows = list(body, key).iter();
    let leaves = rows.flat_map(|row| match list(row, "children") {
        [] => std::slice::from_ref(row),
        children => children,
    });
    let component = |row: &Value| {
        let name = text(row, "name").filter(|name| !is_ignored(name, ignored))?;
        let id = text(row, "id").unwrap_or(name).to_owned();
        let level = text(row, "status").map_or(Level::Unknown, level);
        Some(Component { id, name: name.to_owned(), level })
    };
    leaves.filter_map(component).collect()
}

/// The page's word as its own site says it.
fn headline(word: &str) -> String {
    match word.to_ascii_uppercase().as_str() {
        "UP" => "All systems operational".to_owned(),
        "HASISSUES" => "Experiencing issues".to_owned(),
        "UNDERMAINTENANCE" => "Under maintenance".to_owned(),
        _ => html_text::text(word),
    }
}

fn incident(incident: &Value) -> Option<PageIncident> {
    let name = title(incident)?;
    let state = text(incident, "status").map_or(IncidentState::Unknown, incident_state);
    let updates = list(incident, "updates").iter().map(update).collect();
    Some(PageIncident {
        id: text(incident, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state,
        impact: text(incident, "impact").map_or(Level::Unknown, level),
        began: instant(incident, "started"),
        resolved: instant(incident, "resolved").filter(|_| state == IncidentState::Resolved),
        updates,
        components: names(incident, "components"),
        link: text(incident, "url").map(str::to_owned),
    })
}

fn update(update: &Value) -> PageUpdate {
    let said = text(update, "message").map(html_text::text).unwrap_or_default();
    let word = text(update, "status").unwrap_or_default();
    PageUpdate {
        id: text(update, "id").map_or_else(|| made_id(&format!("{word}\n{said}")), str::to_owned),
        state: incident_state(word),
        text: said,
        at: instant(update, "started"),
    }
}

fn maintenance(maintenance: &Value) -> Option<PageMaintenance> {
    let name = title(maintenance)?;
    let from = instant(maintenance, "start");
    // `duration` is in minutes.
    let minutes = maintenance.get("duration").and_then(|d| d.as_i64().or_else(|| d.as_str()?.parse().ok()));
    let until = from.zip(minutes).and_then(|(from, minutes)| {
        from.checked_add(jiff::SignedDuration::from_secs(minutes.checked_mul(60)?)).ok()
    });
    Some(PageMaintenance {
        id: text(maintenance, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state: text(maintenance, "status").map_or(MaintenanceState::Unknown, maintenance_state),
        from,
        until,
        components: names(maintenance, "components"),
        link: text(maintenance, "url").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Page {
        parse(&serde_json::from_str(body).unwrap(), &[]).page
    }

    #[test]
    fn a_quiet_page_leaves_both_lists_out_and_is_up() {
        let page = read(r#"{"page":{"name":"Demo","url":"https://demo.example/","status":"UP"}}"#);
        assert_eq!((page.level, page.headline.as_str()), (Level::Up, "All systems operational"));
        assert_eq!(page.url, "https://demo.example");
    }

    #[test]
    fn the_worst_counts_and_what_is_over_does_not() {
        let page = read(include_str!("../../tests/data/spotify/instatus-issues.json"));
        assert_eq!(page.level, Level::Outage);
        let incidents: Vec<_> = page.incidents.iter().map(|i| (i.name.as_str(), i.state, i.impact)).collect();
        assert_eq!(
            incidents,
            [
                ("Payments fail", IncidentState::Investigating, Level::Outage),
                ("Slow pages", IncidentState::Monitoring, Level::Unknown),
                ("Old trouble", IncidentState::Resolved, Level::Outage),
            ]
        );
        let states: Vec<_> = page.maintenances.iter().map(|m| m.state).collect();
        assert_eq!(
            states,
            [MaintenanceState::Scheduled, MaintenanceState::Running, MaintenanceState::Completed]
        );
        assert!(page.maintenances.last().is_some_and(|m| m.from.is_none()));
        assert_eq!(read(r#"{"page":{"status":"UP"},"activeIncidents":[{"name":"x","status":"RESOLVED","impact":"MAJOROUTAGE"}]}"#).level, Level::Up);
        assert_eq!(read(r#"{"page":{"status":"SPARKLING"}}"#).level, Level::Unknown);
    }

    #[test]
    fn components_are_leaves_and_unknown_status_is_unknown() {
        let body = r#"{"components":[
            {"id":"a","name":"API","status":"OPERATIONAL"},
            {"id":"g","name":"Apps","status":"OPERATIONAL","children":[{"id":"b","name":"Desktop","status":"MAJOROUTAGE"}]},
            {"name":"Web","status":"SPARKLING"}]}"#;
        let reading = parse_components(&serde_json::from_str(body).unwrap(), &["api".to_owned()]);
        let reported: Vec<_> = reading.page.components.iter().map(|c| (c.id.as_str(), c.level)).collect();
        assert_eq!(reported, [("b", Level::Outage), ("Web", Level::Unknown)]);
        assert_eq!((reading.part, reading.page.level), (PageEndpoint::Components, Level::Outage));
    }
}
