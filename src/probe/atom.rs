//! The Atom feed of a Statuspage, `/history.atom`: the last resort.
//!
//! One entry for each incident, revised in place; its content is HTML with all updates, newest first, each led by its
//! word in bold. The times inside have no year, so only the entry's own are read.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::html_text;
use super::page_format::{PageEndpoint, PageFormat, ParsedPage, incident_state, made_id, maintenance_state};
use crate::health::{
    IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// More entries than this are history that nobody asks about; Statuspage's own feeds have 25.
const MOST_ENTRIES: usize = 100;
/// Deeper nesting is not a feed.
const MOST_DEPTH: usize = 32;

#[derive(Default)]
struct Entry {
    id: String,
    title: String,
    published: String,
    updated: String,
    link: String,
    content: String,
}

/// Reads a feed. The error says why it is none.
pub(super) fn parse(body: &[u8]) -> Result<ParsedPage, String> {
    let mut classifier = Reader::from_reader(body);
    let (mut path, mut feed, mut entries) = (Vec::<String>::new(), Entry::default(), Vec::<Entry>::new());
    loop {
        match classifier.read_event().map_err(|e| format!("a feed that cannot be read: {e}"))? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                if path.is_empty() && name != "feed" {
                    return Err(format!("XML that is no Atom feed (<{}>)", html_text::text(&name)));
                }
                if path.len() >= MOST_DEPTH {
                    return Err("a feed that is nested too deeply".to_owned());
                }
                if name == "entry" && path.len() == 1 {
                    if entries.len() == MOST_ENTRIES {
                        break;
                    }
                    entries.push(Entry::default());
                }
                read_link(&tag, &name, &path, &mut feed, &mut entries);
                path.push(name);
            }
            Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                read_link(&tag, &name, &path, &mut feed, &mut entries);
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => {
                add(&text.xml10_content().unwrap_or_default(), &path, &mut feed, &mut entries);
            }
            Event::CData(text) => add(&String::from_utf8_lossy(&text), &path, &mut feed, &mut entries),
            // The reader gives `&lt;` as an event of its own.
            Event::GeneralRef(name) => {
                let entity = format!("&{};", String::from_utf8_lossy(&name));
                add(&resolved(&entity), &path, &mut feed, &mut entries);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if feed.id.is_empty() && feed.title.is_empty() && entries.is_empty() {
        return Err("an empty feed".to_owned());
    }
    Ok(reading(&feed, entries))
}

/// `&lt;` as `<`; spaces stay, for a tag may be made of pieces.
fn resolved(entity: &str) -> String {
    match entity {
        "&nbsp;" => " ".to_owned(),
        other => {
            let text = html_text::text(other);
            if text.is_empty() { " ".to_owned() } else { text }
        }
    }
}

fn read_link(tag: &BytesStart<'_>, name: &str, path: &[String], feed: &mut Entry, entries: &mut [Entry]) {
    if name != "link" {
        return;
    }
    let value = |key: &str| {
        let found = tag.attributes().flatten().find(|a| a.key.as_ref() == key.as_bytes())?;
        Some(html_text::text(&String::from_utf8_lossy(&found.value)))
    };
    if value("rel").is_some_and(|rel| rel != "alternate") {
        return;
    }
    let href = value("href").unwrap_or_default();
    match path.len() {
        1 => feed.link = href,
        2 => {
            if let Some(entry) = entries.last_mut() {
                entry.link = href;
            }
        }
        _ => {}
    }
}

fn add(text: &str, path: &[String], feed: &mut Entry, entries: &mut [Entry]) {
    let target = match path {
        [_, key] => field(feed, key),
        [_, entry, key] if entry == "entry" => entries.last_mut().and_then(|e| field(e, key)),
        _ => None,
    };
    if let Some(target) = target {
        target.push_str(text);
    }
}

fn field<'a>(entry: &'a mut Entry, key: &str) -> Option<&'a mut String> {
    match key {
        "id" => Some(&mut entry.id),
        "title" => Some(&mut entry.title),
        "published" => Some(&mut entry.published),
        "updated" => Some(&mut entry.updated),
        "content" | "summary" => Some(&mut entry.content),
        _ => None,
    }
}

fn reading(feed: &Entry, entries: Vec<Entry>) -> ParsedPage {
    let mut page = Page {
        name: html_text::text(&feed.title).trim_end_matches(" - Incident History").to_owned(),
        url: feed.link.trim_end_matches('/').to_owned(),
        ..Page::default()
    };
    for entry in entries {
        match described(&entry) {
            Reported::Incident(incident) => page.incidents.push(incident),
            Reported::Maintenance(maintenance) => page.maintenances.push(maintenance),
        }
    }
    let unresolved = page.incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
    let running =
        page.maintenances.iter().filter(|m| m.state == MaintenanceState::Running).map(|_| Level::Maintenance);
    page.level = unresolved.chain(running).max().unwrap_or(Level::Up);
    let changed = feed.updated.trim().parse().ok();
    ParsedPage { page_format: PageFormat::Feed, page, changed, part: PageEndpoint::Whole }
}

enum Reported {
    Incident(PageIncident),
    Maintenance(PageMaintenance),
}

fn described(entry: &Entry) -> Reported {
    let updates = updates(&entry.content);
    let link = Some(entry.link.clone()).filter(|l| !l.is_empty());
    // The API's id is in the link; the entry's own is another number.
    let id =
        link.as_deref().and_then(|l| l.trim_end_matches('/').rsplit('/').next()).filter(|id| !id.is_empty());
    let id = id.map_or_else(|| made_id(&entry.id), str::to_owned);
    let (published, revised) = (entry.published.trim().parse().ok(), entry.updated.trim().parse().ok());
    let name = html_text::text(&entry.title);
    // "Update" says nothing about where it stands: the newest word that does.
    let work =
        updates.iter().map(|(word, _)| maintenance_state(word)).find(|s| *s != MaintenanceState::Unknown);
    let state = updates.iter().map(|(word, _)| incident_state(word)).find(|s| *s != IncidentState::Unknown);
    let is_work = updates.iter().any(|(word, _)| {
        matches!(maintenance_state(word), MaintenanceState::Scheduled | MaintenanceState::Running)
            || word.eq_ignore_ascii_case("completed")
    });
    if is_work {
        let state = work.unwrap_or_default();
        let from = published.filter(|_| state != MaintenanceState::Scheduled);
        let until = revised.filter(|_| state == MaintenanceState::Completed);
        return Reported::Maintenance(PageMaintenance {
            id,
            name,
            state,
            from,
            until,
            components: Vec::new(),
            link,
        });
    }
    let state = state.unwrap_or_default();
    let said = updates
        .into_iter()
        .enumerate()
        .map(|(nth, (word, text))| PageUpdate {
            id: made_id(&format!("{word}\n{text}")),
            state: incident_state(&word),
            text,
            // Only the newest has a time with a year.
            at: revised.filter(|_| nth == 0),
        })
        .collect();
    Reported::Incident(PageIncident {
        id,
        name,
        state,
        impact: Level::Degraded,
        // `published` is revised with the entry: it is the start only while nothing was added.
        began: published,
        resolved: revised.filter(|_| state == IncidentState::Resolved),
        updates: said,
        components: Vec::new(),
        link,
    })
}

/// The updates of an entry's HTML, newest first: word and text.
fn updates(html: &str) -> Vec<(String, String)> {
    let mut updates = Vec::new();
    for piece in html.split("<strong>").skip(1) {
        let Some((word, rest)) = piece.split_once("</strong>") else { continue };
        // What follows the paragraph is the next update's date.
        let rest = rest.split("<small>").next().unwrap_or_default();
        let text = html_text::text(rest);
        let text = text.trim_start_matches(['-', '–', ' ']).to_owned();
        updates.push((html_text::text(word), text));
    }
    updates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read() -> Page {
        parse(include_bytes!("../../tests/data/spotify/history.atom")).unwrap().page
    }

    #[test]
    fn an_entry_is_an_incident_with_its_updates_newest_first() {
        let page = read();
        assert_eq!((page.name.as_str(), page.level), ("Tune Status", Level::Degraded));
        let open = page.incidents.first().unwrap();
        assert_eq!((open.id.as_str(), open.state), ("q1w2e3r4t5", IncidentState::Identified));
        let said: Vec<_> = open.updates.iter().map(|u| (u.state, u.text.as_str(), u.at.is_some())).collect();
        assert_eq!(
            said,
            [
                (IncidentState::Unknown, "Still at it & hopeful.", true),
                (IncidentState::Identified, "The cause is known: <1 % of calls fail.", false),
            ]
        );
        let closed = page.incidents.get(1).unwrap();
        assert_eq!((closed.state, closed.resolved.is_some()), (IncidentState::Resolved, true));
        assert_eq!(page.maintenances.first().map(|m| m.state), Some(MaintenanceState::Completed));
    }

    #[test]
    fn what_is_no_feed_is_refused_with_what_it_is() {
        let reported = |body: &str| parse(body.as_bytes()).unwrap_err();
        assert_eq!(reported("<rss><channel/></rss>"), "XML that is no Atom feed (<rss>)");
        assert_eq!(reported("<feed/>"), "an empty feed");
        assert!(reported("<feed><entry></feed>").starts_with("a feed that cannot be read"));
    }
}
