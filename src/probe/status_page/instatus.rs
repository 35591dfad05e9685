//! Instatus: `/summary.json` of a page, and its components at `/v2/components.json`.
//!
//! A quiet page leaves out both lists. A maintenance may lack its start. The lists also contain rows that are over. The
//! page's own word may contradict them: the worst counts.

use serde_json::Value;

use super::super::html_text;
use super::page::{
    PageEndpoint, PageFormat, ParsedPage, incident_state, instant, is_ignored, level, list, made_id,
    maintenance_state, names, over, text, title, work_word, worst,
};
use crate::health::{
    Component, IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// Parses `summary.json`, with its components if it contains them.
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

/// Parses `/v2/components.json`: the components, and nothing else of the page.
pub(super) fn parse_components(body: &Value, ignored: &[String]) -> ParsedPage {
    let components = components(body, "components", ignored);
    let page = Page { level: worst(components.iter().map(|c| c.level)), components, ..Page::default() };
    ParsedPage { page_format: PageFormat::Instatus, page, changed: None, part: PageEndpoint::Components }
}

/// Returns the leaf components: the children of a group instead of the group.
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

/// Returns the page's word as its own site shows it.
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
    let updates = updates(incident);
    let impact = text(incident, "impact").map_or(Level::Unknown, level);
    let (state, impact, resolved) = over(state, impact, instant(incident, "resolved"));
    Some(PageIncident {
        id: text(incident, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state,
        impact,
        began: instant(incident, "started"),
        resolved,
        updates,
        components: names(incident, "components"),
        link: text(incident, "url").map(str::to_owned),
    })
}

/// Returns the updates of a row, newest first, in whichever order they are listed.
fn updates(row: &Value) -> Vec<PageUpdate> {
    let mut updates: Vec<PageUpdate> = list(row, "updates").iter().map(update).collect();
    updates.sort_by_key(|update| std::cmp::Reverse(update.at));
    updates
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
    let updates = updates(maintenance);
    let newest = updates.first();
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
        word: text(maintenance, "status").map(work_word).unwrap_or_default(),
        text: newest.map(|update| update.text.clone()).unwrap_or_default(),
        said: newest.and_then(|update| update.at),
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
        let page = read(include_str!("../../../tests/data/spotify/instatus-issues.json"));
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
