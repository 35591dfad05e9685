//! The Atom or RSS feed of a status page, `/history.atom`: the last resort.
//!
//! One entry for each incident, revised in place. Its content is HTML with one update or all of them, depending on the vendor:
//! Statuspage lists the newest first and begins each with its word in bold. Instatus lists the oldest first. incident.io gives
//! only the newest, which begins with `Status:`. So words are searched line by line. Dates give the order, else the words do.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use jiff::Timestamp;

use super::super::{dates, html_text};
use super::page::{
    PageEndpoint, PageFormat, ParsedPage, incident_state, made_id, maintenance_state, work_word, worst,
};
use crate::health::{
    IncidentState, Level, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate,
};

/// More entries than this are old history; Statuspage's own feeds have 25.
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
    /// The full content of a feed that also gives a summary.
    encoded: String,
}

/// Parses a feed. The error says why it is none.
pub(super) fn parse(body: &[u8]) -> Result<ParsedPage, String> {
    let mut classifier = Reader::from_reader(body);
    let mut is_rss = false;
    let (mut path, mut feed, mut entries) = (Vec::<String>::new(), Entry::default(), Vec::<Entry>::new());
    loop {
        match classifier.read_event().map_err(|e| format!("a feed that cannot be read: {e}"))? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                let is_root = name == "feed" || name == "rss" || (is_rss && name == "channel");
                if path.is_empty() && !is_root {
                    return Err(format!("XML that is no Atom or RSS feed (<{}>)", html_text::text(&name)));
                }
                if path.is_empty() && name == "rss" {
                    is_rss = true;
                    continue; // its channel corresponds to Atom's feed
                }
                if path.len() >= MOST_DEPTH {
                    return Err("a feed that is nested too deeply".to_owned());
                }
                if (name == "entry" || name == "item") && path.len() == 1 {
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
            // The reader returns `&lt;` as an event of its own.
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

/// Returns `&lt;` as `<`. Spaces stay, because a tag may consist of pieces.
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
    let Some(href) = value("href") else { return };
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
        [_, entry, key] if entry == "entry" || entry == "item" => {
            entries.last_mut().and_then(|e| field(e, key))
        }
        _ => None,
    };
    if let Some(target) = target {
        target.push_str(text);
    }
}

fn field<'a>(entry: &'a mut Entry, key: &str) -> Option<&'a mut String> {
    match key {
        "id" | "guid" => Some(&mut entry.id),
        "title" => Some(&mut entry.title),
        "published" | "pubDate" | "date" => Some(&mut entry.published),
        "updated" | "lastBuildDate" => Some(&mut entry.updated),
        "link" => Some(&mut entry.link),
        "content" | "summary" | "description" => Some(&mut entry.content),
        "encoded" => Some(&mut entry.encoded),
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
            Some(Reported::Incident(incident)) => page.incidents.push(incident),
            Some(Reported::Maintenance(maintenance)) => page.maintenances.push(maintenance),
            None => {}
        }
    }
    let unresolved = page.incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
    let running =
        page.maintenances.iter().filter(|m| m.state == MaintenanceState::Running).map(|_| Level::Maintenance);
    page.level = worst(std::iter::once(Level::Up).chain(unresolved).chain(running));
    let changed = dates::parse(&feed.updated);
    ParsedPage { page_format: PageFormat::Feed, page, changed, part: PageEndpoint::Whole }
}

enum Reported {
    Incident(PageIncident),
    Maintenance(PageMaintenance),
}

/// One update of an entry: its word, its text, and its time if that is readable.
#[derive(Clone, Debug, Default)]
struct FeedUpdate {
    word: String,
    text: String,
    at: Option<Timestamp>,
}

/// Returns the incident or maintenance of an entry; `None` for an entry without any state, such as an announcement.
fn described(entry: &Entry) -> Option<Reported> {
    let link = Some(entry.link.trim().to_owned()).filter(|l| !l.is_empty());
    // The API's id is in the link. The entry's own id is another number.
    let id =
        link.as_deref().and_then(|l| l.trim_end_matches('/').rsplit('/').next()).filter(|id| !id.is_empty());
    let id = id.map_or_else(|| made_id(entry.id.trim()), str::to_owned);
    let (published, revised) = (dates::parse(&entry.published), dates::parse(&entry.updated));
    let content = if entry.encoded.len() > entry.content.len() { &entry.encoded } else { &entry.content };
    let (mut updates, components) = updates(content, revised.or(published));
    let name = html_text::text(&entry.title);
    if updates.is_empty() {
        let word = head(&name).map(|(word, _)| word)?; // `[Resolved] Log-in fails`
        updates.push(FeedUpdate { word, text: html_text::text(content), at: None });
    }
    // Only the newest update gets the entry's own time, which has a year.
    if let Some(newest) = updates.first_mut() {
        newest.at = revised.or(newest.at);
    }
    // "Update" says nothing about the state: uses the newest word that does.
    let words = || updates.iter().map(|said| said.word.as_str());
    let state = words().map(incident_state).find(|s| *s != IncidentState::Unknown).unwrap_or_default();
    let began = published.into_iter().chain(updates.iter().filter_map(|said| said.at)).min();
    let is_work = words().any(|word| {
        matches!(maintenance_state(word), MaintenanceState::Scheduled | MaintenanceState::Running)
            || (maintenance_state(word) == MaintenanceState::Completed
                && !matches!(incident_word(word).as_str(), "resolved" | "postmortem"))
    });
    if is_work {
        let work = words().map(maintenance_state).find(|s| *s != MaintenanceState::Unknown);
        let state = work.unwrap_or_default();
        return Some(Reported::Maintenance(PageMaintenance {
            id,
            name,
            state,
            from: began.filter(|_| state != MaintenanceState::Scheduled),
            until: revised.filter(|_| state == MaintenanceState::Completed),
            components,
            link,
            word: words().map(work_word).find(|s| *s != IncidentState::Unknown).unwrap_or_default(),
            text: updates.first().map(|said| said.text.clone()).unwrap_or_default(),
            said: updates.first().and_then(|said| said.at),
        }));
    }
    let over = updates.iter().rev().find(|said| incident_state(&said.word) == IncidentState::Resolved);
    let resolved = over.and_then(|said| said.at).or(revised).or(published);
    let said = updates.iter().map(|said| PageUpdate {
        id: made_id(&format!("{}\n{}", said.word, said.text)),
        state: incident_state(&said.word),
        text: said.text.clone(),
        at: said.at,
    });
    Some(Reported::Incident(PageIncident {
        id,
        name,
        state,
        impact: if state == IncidentState::Unknown { Level::Unknown } else { Level::Degraded },
        began,
        resolved: resolved.filter(|_| state == IncidentState::Resolved),
        updates: said.collect(),
        components,
        link,
    }))
}

/// Mark the start and the end of bold text, so that it is found after its tags are gone.
const BOLD: (char, char) = ('\u{2063}', '\u{2064}');
/// The longest word for a state.
const WORD_CHARS: usize = 30;

/// Returns the updates of an entry's HTML, newest first, and the components that it names.
fn updates(html: &str, near: Option<Timestamp>) -> (Vec<FeedUpdate>, Vec<String>) {
    let text = html_text::text(&with_bold_marked(html));
    let (mut updates, mut components) = (Vec::<FeedUpdate>::new(), Vec::<String>::new());
    let mut date = None;
    let (mut dates_lead, mut lists_components) = (false, false);
    for line in text.lines() {
        let bare = line.replace([BOLD.0, BOLD.1], "");
        let bare = bare.trim();
        if is_title_of_components(bare) {
            lists_components = true;
            continue;
        }
        if lists_components {
            if bare.is_empty() {
                continue;
            }
            if let Some(name) = bare.strip_prefix("- ") {
                let name = name.rsplit_once(" (").map_or(name, |(name, _)| name).trim();
                components.push(name.to_owned());
                continue;
            }
            lists_components = false;
        }
        // A date may be in the same line as the word that it precedes.
        let led = line.find(BOLD.0).and_then(|at| Some((line.get(..at)?, line.get(at..)?)));
        let led = led.and_then(|(before, rest)| Some((dates::parse_near(before, near)?, rest)));
        let found = led.map_or_else(|| head(line), |(_, rest)| head(rest));
        if let Some((word, rest)) = found {
            let at = led.map(|(at, _)| at).or_else(|| date.take());
            updates.push(FeedUpdate { word, text: rest, at });
        } else if let Some(at) = dates::parse_near(bare, near) {
            dates_lead |= updates.is_empty();
            match updates.last_mut().filter(|last| !dates_lead && last.at.is_none() && last.text.is_empty()) {
                Some(last) => last.at = Some(at),
                None => date = Some(at),
            }
        } else if let Some(last) = updates.last_mut() {
            if !last.text.is_empty() {
                last.text.push('\n');
            }
            last.text.push_str(bare);
        }
    }
    for said in &mut updates {
        said.text = said.text.trim().to_owned();
    }
    if is_oldest_first(&updates) {
        updates.reverse();
    }
    (updates, components)
}

/// Whether the list begins with its oldest update: by the dates, else by the words.
fn is_oldest_first(updates: &[FeedUpdate]) -> bool {
    let (Some(first), Some(last)) = (updates.first(), updates.last()) else { return false };
    if let (Some(first), Some(last)) = (first.at, last.at)
        && first != last
    {
        return first < last;
    }
    let progress = |said: &FeedUpdate| match (incident_state(&said.word), maintenance_state(&said.word)) {
        (IncidentState::Resolved, _) | (_, MaintenanceState::Completed) => Some(4),
        (IncidentState::Monitoring, _) => Some(3),
        (IncidentState::Identified, _) | (_, MaintenanceState::Running) => Some(2),
        (IncidentState::Investigating, _) | (_, MaintenanceState::Scheduled) => Some(1),
        _ => None,
    };
    let mut known = updates.iter().filter_map(progress);
    let first = known.next();
    first.zip(known.next_back()).is_some_and(|(first, last)| first < last)
}

/// Returns the word at the head of a line and what follows it: `Resolved - It is back.`, `Status: Resolved`, `[Resolved] …`.
fn head(line: &str) -> Option<(String, String)> {
    let is_known = |word: &str| {
        incident_state(word) != IncidentState::Unknown
            || maintenance_state(word) != MaintenanceState::Unknown
            || incident_word(word) == "update"
    };
    let bold = line.trim_start().strip_prefix(BOLD.0).and_then(|rest| rest.split_once(BOLD.1));
    if let Some((bold, rest)) = bold {
        let rest = rest.replace([BOLD.0, BOLD.1], "");
        let word = tidy_word(bold);
        let stands_alone = rest.trim().is_empty() || rest.trim_start().starts_with(SEPARATORS);
        if is_known(&word) || (stands_alone && !word.is_empty() && word.chars().count() <= WORD_CHARS) {
            return Some((word, without_separator(&rest)));
        }
        if let Some((word, rest_of_bold)) = plain_head(bold, is_known) {
            return Some((word, format!("{rest_of_bold} {rest}").trim().to_owned()));
        }
        return None;
    }
    plain_head(&line.replace([BOLD.0, BOLD.1], ""), is_known)
}

const SEPARATORS: [char; 6] = ['-', '–', '—', ':', '|', ']'];

fn plain_head(line: &str, is_known: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let line = line.trim();
    let after_status = line
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("status:"))
        .and_then(|start| line.get(start.len()..))
        .map(str::trim_start);
    let bare = after_status.unwrap_or(line).trim_start_matches('[');
    let end = bare.find(|c: char| SEPARATORS.contains(&c)).unwrap_or(bare.len());
    // `In-progress - under way`: the separator may be part of the word.
    let second = bare.get(end + 1..).and_then(|rest| rest.find(SEPARATORS)).map(|at| end + 1 + at);
    [Some(end), second].into_iter().flatten().find_map(|end| {
        let (word, rest) = (tidy_word(bare.get(..end)?), bare.get(end..)?);
        let fits = !word.is_empty() && word.chars().count() <= WORD_CHARS;
        (fits && (is_known(&word) || (after_status.is_some() && rest.is_empty())))
            .then(|| (word, without_separator(rest)))
    })
}

fn tidy_word(word: &str) -> String {
    let word = word.trim();
    let word = word
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("status:"))
        .and_then(|start| word.get(start.len()..))
        .unwrap_or(word);
    word.trim_matches(|c: char| c.is_whitespace() || "[]:-–—|.".contains(c)).to_owned()
}

fn without_separator(rest: &str) -> String {
    rest.trim_start_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c)).trim_end().to_owned()
}

fn incident_word(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_title_of_components(line: &str) -> bool {
    let word = incident_word(line);
    matches!(word.as_str(), "affectedcomponents" | "affectedservices" | "componentsaffected" | "affected")
}

/// Returns the HTML with bold text and headings marked.
fn with_bold_marked(html: &str) -> String {
    let mut marked = String::with_capacity(html.len() + 16);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        marked.push_str(before);
        let end = from.find('>').map_or(from.len(), |end| end + 1);
        let (tag, after) = from.split_at(end);
        let name = tag.trim_start_matches(['<', '/']);
        let name: String =
            name.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let is_bold = matches!(name.as_str(), "strong" | "b" | "h1" | "h2" | "h3" | "h4" | "dt");
        match (is_bold, tag.starts_with("</")) {
            (true, true) => {
                marked.push(BOLD.1);
                marked.push_str(tag);
            }
            (true, false) => {
                marked.push_str(tag);
                marked.push(BOLD.0);
            }
            _ => marked.push_str(tag),
        }
        rest = after;
    }
    marked.push_str(rest);
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read() -> Page {
        parse(include_bytes!("../../../tests/data/spotify/history.atom")).unwrap().page
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
                (IncidentState::Identified, "The cause is known: <1 % of calls fail.", true),
            ]
        );
        let closed = page.incidents.get(1).unwrap();
        assert_eq!((closed.state, closed.resolved.is_some()), (IncidentState::Resolved, true));
        assert_eq!(page.maintenances.first().map(|m| m.state), Some(MaintenanceState::Completed));
    }

    #[test]
    fn what_is_no_feed_is_refused_with_what_it_is() {
        let reported = |body: &str| parse(body.as_bytes()).unwrap_err();
        assert_eq!(reported("<opml/><a></a>"), "XML that is no Atom or RSS feed (<a>)");
        assert_eq!(reported("<rss><channel/></rss>"), "an empty feed");
        assert_eq!(reported("<feed/>"), "an empty feed");
        assert!(reported("<feed><entry></feed>").starts_with("a feed that cannot be read"));
    }

    /// Parses one feed with one entry, as Atom and as RSS, and returns what it says: state, texts newest first, components.
    fn one(title: &str, content: &str) -> String {
        let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let atom = format!(
            "<feed><title>T</title><entry><title>{title}</title><link href=\"https://a.example/incidents/x1\"/>\
             <published>2026-02-25T09:00:00Z</published><updated>2026-02-25T09:20:00Z</updated>\
             <content type=\"html\">{escaped}</content></entry></feed>"
        );
        let rss = format!(
            "<rss version=\"2.0\"><channel><title>T</title><item><title>{title}</title><link>https://a.example/incidents/x1</link>\
             <guid>9</guid><pubDate>Wed, 25 Feb 2026 09:00:00 GMT</pubDate><description><![CDATA[{content}]]></description>\
             </item></channel></rss>"
        );
        let reported = |feed: &str| {
            let page = parse(feed.as_bytes()).unwrap().page;
            let work = page
                .maintenances
                .iter()
                .map(|work| format!("work {:?} {:?}: {}", work.state, work.word, work.text));
            let incidents = page.incidents.iter().map(|it| {
                let texts: Vec<_> = it.updates.iter().map(|u| u.text.replace('\n', " ")).collect();
                format!("{} {:?}: {} [{}]", it.id, it.state, texts.join(" | "), it.components.join(", "))
            });
            work.chain(incidents).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(reported(&atom), reported(&rss), "one entry says the same in both kinds of feed");
        reported(&atom)
    }

    #[test]
    fn updates_of_every_vendor_are_read_in_any_order() {
        let oldest = "<p><small>Feb 25, 09:00:00 GMT+0</small><br><strong>Investigating</strong> - We look.</p><p><small>Feb 25, 09:20:00 GMT+0</small><br><strong>Resolved</strong> - Done.</p>";
        let newest = "<p><small>Feb <var data-var='date'>25</var>, <var data-var='time'>09:20</var> UTC</small><br><strong>Resolved</strong> - Done.</p><p><small>Feb 25, 09:00 UTC</small><br><strong>Investigating</strong> - We look.</p>";
        for content in [
            oldest,
            newest,
            "<strong>Investigating</strong> - We look.<br><strong>Resolved</strong> - Done.",
            "<h3>Resolved</h3><p>Done.</p><h3>Investigating</h3><p>We look.</p>",
            "Investigating: We look.<br/>Resolved: Done.",
            "<p>[Resolved] Done.</p><p>[Investigating] We look.</p>",
            "<div><small>Feb 25, 09:20 UTC</small> <b>Resolved</b>: Done.</div><div><small>Feb 25, 09:00 UTC</small> <b>Investigating</b>: We look.</div>",
        ] {
            assert_eq!(one("Payments slow", content), "x1 Resolved: Done. | We look. []", "{content}");
        }
        assert_eq!(
            one(
                "Login",
                "<b>Status: Resolved</b><br/><br/>All is well.<br/><br/><b>Affected components</b><ul><li>Login (Operational)</li><li>Web API (Operational)</li></ul>"
            ),
            "x1 Resolved: All is well. [Login, Web API]"
        );
        assert_eq!(
            one("Login", "<b>Status: Identified</b><br/><br/>A fix is near."),
            "x1 Identified: A fix is near. []"
        );
        assert_eq!(one("Login", "<strong>Mitigated</strong> - Better."), "x1 Unknown: Better. []");
        assert_eq!(one("[Resolved] Login", "It is <b>all</b> well."), "x1 Resolved: It is all well. []");
        assert_eq!(one("We move", "Our page moves to another address."), "");
        assert_eq!(
            one(
                "Disks",
                "<p><strong>Scheduled</strong> - Planned.</p><p><strong>In progress</strong> - Under way.</p>"
            ),
            "work Running InProgress: Under way."
        );
        assert_eq!(
            one("Disks", "<b>Status: Maintenance complete</b><br/>Done."),
            "work Completed Unknown: Done."
        );
    }

    #[test]
    fn finished_entry_without_revisions_ended_when_it_says() {
        let page = parse(b"<rss><channel><title>T</title><item><title>Slow</title><link>https://a.example/i/1</link><pubDate>Wed, 25 Feb 2026 09:00:00 +0000</pubDate><description>&lt;p&gt;&lt;small&gt;Feb 25, 09:30 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - Done.&lt;/p&gt;</description></item></channel></rss>").unwrap().page;
        let incident = page.incidents.first().unwrap();
        let reported =
            [incident.began, incident.resolved].map(|at| at.map(|at| at.to_string()).unwrap_or_default());
        assert_eq!(reported, ["2026-02-25T09:00:00Z", "2026-02-25T09:30:00Z"]);
        assert_eq!(page.level, Level::Up);
    }
}
