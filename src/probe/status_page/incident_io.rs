//! incident.io's widget API: `/api/v1/summary` of a page, without a key.
//!
//! It lists only what is going on: no components that are up, and no incident that is over.

use serde_json::Value;

use super::super::html_text;
use super::page::{
    PageEndpoint, PageFormat, ParsedPage, incident_state, instant, level, list, made_id, maintenance_state,
    names, over, text, title, work_word, worst,
};
use crate::health::{
    Component, IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// Parses `/api/v1/summary`.
pub(super) fn parse(body: &Value) -> ParsedPage {
    let incidents: Vec<PageIncident> = list(body, "ongoing_incidents").iter().filter_map(incident).collect();
    let maintenances: Vec<PageMaintenance> = list(body, "in_progress_maintenances")
        .iter()
        .filter_map(|m| maintenance(m, MaintenanceState::Running))
        .chain(
            list(body, "scheduled_maintenances")
                .iter()
                .filter_map(|m| maintenance(m, MaintenanceState::Scheduled)),
        )
        .collect();
    let mut components: Vec<Component> = Vec::new();
    for row in list(body, "ongoing_incidents").iter().flat_map(|i| list(i, "affected_components")) {
        let Some(name) = text(row, "name") else { continue };
        let id = text(row, "id").unwrap_or(name);
        let level = text(row, "current_status").map_or(Level::Unknown, level);
        match components.iter_mut().find(|c| c.id == id) {
            Some(known) => known.level = known.level.max(level),
            None => components.push(Component { id: id.to_owned(), name: name.to_owned(), level }),
        }
    }
    // The page lists only what is going on, so an empty list means that all is up.
    let quiet = body.get("ongoing_incidents").filter(|l| l.is_array()).map(|_| Level::Up);
    let unresolved = incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
    let running =
        maintenances.iter().filter(|m| m.state == MaintenanceState::Running).map(|_| Level::Maintenance);
    let page = Page {
        name: text(body, "page_title").unwrap_or_default().to_owned(),
        url: text(body, "page_url").unwrap_or_default().trim_end_matches('/').to_owned(),
        level: worst(
            quiet.into_iter().chain(components.iter().map(|c| c.level)).chain(unresolved).chain(running),
        ),
        components,
        incidents,
        maintenances,
        ..Page::default()
    };
    ParsedPage { page_format: PageFormat::Widget, page, changed: None, part: PageEndpoint::Whole }
}

fn incident(incident: &Value) -> Option<PageIncident> {
    let name = title(incident)?;
    let state = text(incident, "status").map_or(IncidentState::Unknown, incident_state);
    let impact = text(incident, "current_worst_impact").map_or(Level::Unknown, level);
    let (state, impact, resolved) = over(state, impact, instant(incident, "resolved_at"));
    let said = text(incident, "last_update_message").map(html_text::text);
    let updates = said.map(|text| PageUpdate {
        id: made_id(&format!("{state:?}\n{text}")),
        state,
        text,
        at: instant(incident, "last_update_at"),
    });
    Some(PageIncident {
        id: text(incident, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state,
        impact,
        // The widget gives no certain start: without `created_at`, our first check that lists the incident counts.
        began: instant(incident, "created_at"),
        resolved,
        updates: updates.into_iter().collect(),
        components: names(incident, "affected_components"),
        link: text(incident, "url").map(str::to_owned),
    })
}

fn maintenance(maintenance: &Value, listed_as: MaintenanceState) -> Option<PageMaintenance> {
    let name = title(maintenance)?;
    Some(PageMaintenance {
        id: text(maintenance, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state: text(maintenance, "status").map_or(listed_as, maintenance_state),
        from: instant(maintenance, "starts_at").or_else(|| instant(maintenance, "started_at")),
        until: instant(maintenance, "ends_at").or_else(|| instant(maintenance, "scheduled_end_at")),
        components: names(maintenance, "affected_components"),
        link: text(maintenance, "url").map(str::to_owned),
        word: text(maintenance, "status").map(work_word).unwrap_or_default(),
        text: text(maintenance, "last_update_message").map(html_text::text).unwrap_or_default(),
        said: instant(maintenance, "last_update_at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ongoing_incidents_are_read_with_components_and_maintenance() {
        let page = parse(
            &serde_json::from_str(include_str!("../../../tests/data/spotify/widget-summary.json")).unwrap(),
        )
        .page;
        assert_eq!(page.level, Level::Outage);
        let [incident] = page.incidents.as_slice() else { panic!("one incident") };
        assert_eq!(
            (incident.state, incident.components.as_slice()),
            (IncidentState::Identified, &["Login".to_owned()][..])
        );
        assert_eq!(incident.updates.first().map(|u| u.text.as_str()), Some("A fix is on its way."));
        let states: Vec<_> = page.maintenances.iter().map(|m| (m.state, m.until.is_some())).collect();
        assert_eq!(states, [(MaintenanceState::Running, true), (MaintenanceState::Scheduled, true)]);
    }

    #[test]
    fn empty_lists_are_well_and_missing_ones_are_unknown() {
        let read = |body: &str| parse(&serde_json::from_str(body).unwrap()).page.level;
        assert_eq!(read(r#"{"page_title":"A","ongoing_incidents":[]}"#), Level::Up);
        assert_eq!(read(r#"{"page_title":"A"}"#), Level::Unknown);
        assert_eq!(
            read(
                r#"{"page_title":"A","ongoing_incidents":[{"name":"x","current_worst_impact":"full_outage"}]}"#
            ),
            Level::Outage
        );
        assert_eq!(
            read(
                r#"{"page_title":"A","ongoing_incidents":[{"name":"x","current_worst_impact":"sparkling"}]}"#
            ),
            Level::Unknown
        );
    }
}
