//! Statuspage's API v2, as Atlassian and incident.io serve it.
//!
//! Every field is optional. incident.io leaves out `time_zone`, `incidents` and `scheduled_maintenances`, and sends
//! `group: null`, `components: null` and `shortlink: null`. Its timestamps have no fraction. A page outside UTC has
//! offsets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::html_text;
use super::page::{
    PageEndpoint, PageFormat, ParsedPage, incident_state, instant, is_ignored, level, list, made_id,
    maintenance_state, names, over, text, title, work_word, worst,
};
use crate::health::{
    Component, IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// Parses `summary.json`, or the list of `incidents.json`. The error says why it is neither.
pub(super) fn parse(body: &Value, ignored: &[String]) -> Result<ParsedPage, String> {
    let nothing = Value::Null;
    let page = body.get("page").unwrap_or(&nothing);
    let status = body.get("status").filter(|s| s.is_object());
    let has_components = body.get("components").is_some_and(Value::is_array);
    let has_incidents = body.get("incidents").is_some_and(Value::is_array);
    if status.is_none() && !has_components && !has_incidents {
        return Err("a status page without status, components and incidents".to_owned());
    }

    let indicator = status.and_then(|s| text(s, "indicator")).map(level);
    let components: Vec<Component> =
        list(body, "components").iter().filter_map(|c| component(c, ignored)).collect();
    let by_id: BTreeMap<&str, &str> =
        list(body, "components").iter().filter_map(|c| Some((text(c, "id")?, text(c, "name")?))).collect();
    let incidents: Vec<PageIncident> =
        list(body, "incidents").iter().filter_map(|i| incident(i, &by_id)).collect();
    let maintenances: Vec<PageMaintenance> =
        list(body, "scheduled_maintenances").iter().filter_map(maintenance).collect();

    let unresolved = incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
    let running =
        maintenances.iter().filter(|m| m.state == MaintenanceState::Running).map(|_| Level::Maintenance);
    // Page and components can disagree (indicator `none` with an open incident): the worst counts.
    let all =
        indicator.into_iter().chain(components.iter().map(|c| c.level)).chain(unresolved).chain(running);
    let level = worst(all);
    let page = Page {
        name: text(page, "name").unwrap_or_default().to_owned(),
        url: text(page, "url").unwrap_or_default().trim_end_matches('/').to_owned(),
        level,
        headline: status.and_then(|s| text(s, "description")).map(html_text::text).unwrap_or_default(),
        components,
        incidents,
        maintenances,
        ..Page::default()
    };
    let changed = body.get("page").and_then(|p| instant(p, "updated_at"));
    let part = if status.is_none() && !has_components { PageEndpoint::Past } else { PageEndpoint::Whole };
    Ok(ParsedPage { page_format: PageFormat::Statuspage, page, changed, part })
}

/// Parses a leaf component. A component that is listed only while degraded is up if it is absent, so nothing is missed
/// without it.
fn component(component: &Value, ignored: &[String]) -> Option<Component> {
    if component.get("group").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let name = text(component, "name")?;
    if is_ignored(name, ignored) {
        return None;
    }
    let id = text(component, "id").unwrap_or(name).to_owned();
    let level = text(component, "status").map_or(Level::Unknown, level);
    Some(Component { id, name: name.to_owned(), level })
}

fn incident(incident: &Value, by_id: &BTreeMap<&str, &str>) -> Option<PageIncident> {
    let name = title(incident)?;
    let mut updates: Vec<PageUpdate> = list(incident, "incident_updates").iter().map(update).collect();
    updates.sort_by_key(|u| std::cmp::Reverse(u.at));
    let state = text(incident, "status").map_or(IncidentState::Unknown, incident_state);
    let mut components = names(incident, "components");
    for affected in list(incident, "incident_updates").iter().flat_map(|u| names(u, "affected_components")) {
        if !components.contains(&affected) {
            components.push(affected);
        }
    }
    // incident.io may name components by id.
    for name in &mut components {
        if let Some(known) = by_id.get(name.as_str()) {
            *name = (*known).to_owned();
        }
    }
    // `monitoring_at` may be null on a resolved incident. `resolved_at` may be missing: then the resolving update gives the time.
    let resolved = instant(incident, "resolved_at")
        .or_else(|| updates.iter().rev().find(|u| u.state == IncidentState::Resolved).and_then(|u| u.at));
    let impact = text(incident, "impact").map_or(Level::Unknown, level);
    let (state, impact, resolved) = over(state, impact, resolved);
    Some(PageIncident {
        id: text(incident, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state,
        impact,
        began: instant(incident, "started_at").or_else(|| instant(incident, "created_at")),
        resolved,
        updates,
        components,
        link: text(incident, "shortlink").map(str::to_owned),
    })
}

fn update(update: &Value) -> PageUpdate {
    let said = text(update, "body").map(html_text::text).unwrap_or_default();
    let word = text(update, "status").unwrap_or_default();
    PageUpdate {
        id: text(update, "id").map_or_else(|| made_id(&format!("{word}\n{said}")), str::to_owned),
        state: incident_state(word),
        text: said,
        at: instant(update, "display_at").or_else(|| instant(update, "created_at")),
    }
}

fn maintenance(maintenance: &Value) -> Option<PageMaintenance> {
    let name = title(maintenance)?;
    let mut updates: Vec<PageUpdate> = list(maintenance, "incident_updates").iter().map(update).collect();
    updates.sort_by_key(|u| std::cmp::Reverse(u.at));
    let newest = updates.first();
    Some(PageMaintenance {
        id: text(maintenance, "id").map_or_else(|| made_id(name), str::to_owned),
        name: html_text::text(name),
        state: text(maintenance, "status").map_or(MaintenanceState::Unknown, maintenance_state),
        // Work may begin before its scheduled start.
        from: instant(maintenance, "started_at").or_else(|| instant(maintenance, "scheduled_for")),
        until: instant(maintenance, "scheduled_until"),
        components: names(maintenance, "components"),
        link: text(maintenance, "shortlink").map(str::to_owned),
        word: text(maintenance, "status").map(work_word).unwrap_or_default(),
        text: newest.map(|update| update.text.clone()).unwrap_or_default(),
        said: newest.and_then(|update| update.at),
    })
}

#[cfg(test)]
#[path = "statuspage_tests.rs"]
mod tests;
