//! An entry of the FAQ as an answer, and what is said when no entry is sure to be meant.

use super::status::StatusReply;
use crate::chat::escape;
use crate::chat::limits::{self, fit, shorten};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Menu, MenuChoice, MenuKind, Message};
use crate::faq::entry::Live;
use crate::faq::{Faq, FaqEntry, TopicPath};
use crate::health::ServiceName;
use crate::i18n::Language;
use crate::ids::UserId;

/// Where the sources of entries can be read and mended.
const SOURCE: &str = "https://github.com/healthy-upstream/healthy-upstream";

/// Characters of somebody's question that are repeated to them.
const QUESTION: usize = 150;

/// An entry's public answer: the live line first, what it means, is it you, the steps, one don't.
pub fn entry(entry: &FaqEntry, all_entries: &Faq, seen: &StatusReply<'_>, deletable: bool) -> Message {
    let mut lines = Vec::new();
    let service = live_service(entry, seen);
    // In a terminal nobody looks, and a line that says so would answer a question that was not asked.
    let somebody_probes = seen.snapshot.checked_at().is_some() || seen.snapshot.next_check.is_some();
    if entry.live.is_some() && somebody_probes {
        lines.push(seen.headline(service.as_ref()));
    }
    lines.push(format!("**{}**", entry.title));
    lines.push(entry.short.clone());
    lines.push(String::new());
    lines.push(entry.meaning.clone());
    lines.push(seen.language.say_with("entry-is-it-you", &[("yours", (&entry.yours).into())]));
    lines.extend((1..).zip(&entry.steps).map(|(n, step)| format!("{n}. {step}")));
    lines.extend(dont(entry, seen.language));
    let cut = seen.language.say("entry-cut");
    Message {
        text: fit(&lines.join("\n"), &cut, "", limits::MESSAGE),
        rows: rows(entry, all_entries, seen, service.as_ref(), deletable),
        ..Message::default()
    }
}

/// "**Don't** log users out": the one thing that does harm.
pub(super) fn dont(entry: &FaqEntry, language: Language) -> Option<String> {
    let dont = entry.dont.as_deref()?;
    let rest = dont.strip_prefix("Don't ").or_else(|| dont.strip_prefix("Don’t "));
    let message = if rest.is_some() { "entry-dont" } else { "entry-dont-other" };
    Some(language.say_with(message, &[("dont", rest.unwrap_or(dont).into())]))
}

/// The service whose live state stands above an entry; none for the whole, or where it is not watched.
fn live_service(entry: &FaqEntry, seen: &StatusReply<'_>) -> Option<ServiceName> {
    let name = entry.live.and_then(Live::service).map(ServiceName::from);
    name.filter(|name| seen.snapshot.service(name).is_some())
}

fn rows(
    entry: &FaqEntry,
    all_entries: &Faq,
    seen: &StatusReply<'_>,
    service: Option<&ServiceName>,
    deletable: bool,
) -> Vec<ActionRow> {
    let language = seen.language;
    let ask = |label: &str, action: &str, style: ButtonStyle| Button::ask(language.say(label), action, style);
    let mut first = vec![
        ask("button-more", &format!("faq:more:{}", entry.id), ButtonStyle::Main),
        ask("button-helped", &format!("faq:helped:{}", entry.id), ButtonStyle::Good),
        ask("button-not-helped", &format!("faq:not-helped:{}", entry.id), ButtonStyle::Plain),
    ];
    if let Some(outage) = seen.outage(service).filter(|_| entry.live.is_some()) {
        first.push(ask("button-tell-me", &format!("status:tell-me:{}", outage.id), ButtonStyle::Plain));
    }
    let mut second = Vec::new();
    if deletable {
        second.push(ask("button-delete", "faq:delete", ButtonStyle::Plain));
    }
    second.push(Button::Link {
        label: language.say("button-fix"),
        url: format!("{SOURCE}/edit/main/{}", source(entry)),
    });
    let related: Vec<&FaqEntry> = entry.related.iter().filter_map(|id| all_entries.entry(id)).collect();
    let mut rows = vec![ActionRow::Buttons(first), ActionRow::Buttons(second)];
    rows.extend(menu("faq:related", "related-hint", &related, language).map(ActionRow::Menu));
    rows
}

/// The file that an entry stands in.
fn source(entry: &FaqEntry) -> String {
    let folder = entry.language.as_ref().map_or_else(String::new, |tag| format!("{tag}/"));
    format!("src/faq/entries/{folder}{}.md", entry.id)
}

/// A menu of entries; none where there are none to choose from.
fn menu(action: &str, hint: &str, entries: &[&FaqEntry], language: Language) -> Option<Menu> {
    let choice = |entry: &&FaqEntry| MenuChoice {
        label: shorten(&entry.title, limits::CHOICE),
        about: shorten(&entry.short, limits::CHOICE),
        value: shorten(&entry.id, limits::CHOICE),
        chosen: false,
    };
    let choices: Vec<MenuChoice> = entries.iter().take(limits::CHOICES).map(choice).collect();
    (!choices.is_empty()).then(|| Menu {
        action: shorten(action, limits::ACTION),
        hint: language.say(hint),
        of: MenuKind::Choices(choices),
        count: (1, 1),
    })
}

/// Behind **More**: snippet, all causes, sources. What does not fit is a link to the entry's source.
pub fn more(entry: &FaqEntry, language: Language) -> Message {
    let mut lines = vec![language.say_with("more-title", &[("title", (&entry.title).into())])];
    for (title, section) in [("more-developers", &entry.developers), ("more-causes", &entry.causes)] {
        if let Some(section) = section {
            lines.push(format!("\n{}\n{section}", language.say(title)));
        }
    }
    if !entry.sources.is_empty() {
        let reviewed = entry.reviewed.to_string();
        lines.push(format!("\n{}", language.say_with("more-sources", &[("reviewed", reviewed.into())])));
        lines.extend(entry.sources.iter().map(|source| format!("• <{source}>")));
    }
    if lines.len() == 1 {
        lines.push(language.say("more-nothing"));
    }
    let url = format!("{SOURCE}/blob/main/{}", source(entry));
    let cut = language.say_with("more-cut", &[("url", url.into())]);
    Message::text(fit(&lines.join("\n"), &cut, "", limits::MESSAGE))
}

/// An answer for somebody else: only they are pinged, in the first line.
pub fn for_person(mut message: Message, person: UserId, language: Language) -> Message {
    let parts = [("person", person.to_string().into()), ("line", "".into())];
    let text =
        format!("{}{}", language.say_with("entry-for", &parts).trim_end(), format_args!(" {}", message.text));
    message.text = fit(&text, "…", "", limits::MESSAGE);
    message.mentions.people.push(person);
    message
}

/// The nearest entries to a question that none surely answers. `action` takes the choice.
pub fn unsure(entries: &[&FaqEntry], action: &str, language: Language) -> Message {
    let mut lines = vec![language.say("faq-unsure")];
    lines.extend(
        entries.iter().map(|entry| language.say_with("faq-unsure-line", &[("title", (&entry.title).into())])),
    );
    lines.push(language.say("faq-unsure-foot"));
    Message {
        text: fit(&lines.join("\n"), "…", "", limits::MESSAGE),
        rows: menu(action, "faq-unsure-hint", entries, language).map(ActionRow::Menu).into_iter().collect(),
        ..Message::default()
    }
}

/// Asks back where it was seen, when the same words mean different things in different places. `audience` says in the
/// action who is to read the answer.
pub fn ask_where(question: &str, audience: &str, language: Language) -> Message {
    let button = |place: TopicPath| {
        let label = language.say(&format!("where-{}", place.id()));
        Button::ask(label, &format!("faq:where:{audience}:{}:{question}", place.id()), ButtonStyle::Plain)
    };
    let buttons: Vec<Button> = TopicPath::OFFERED.into_iter().map(button).collect();
    let rows = buttons.chunks(limits::BUTTONS).map(|row| ActionRow::Buttons(row.to_vec())).collect();
    let text = format!("{}\n-# {}", language.say("faq-where"), language.say("faq-where-foot"));
    Message { text, rows, ..Message::default() }
}

/// Nothing near.
pub fn unknown(question: &str, all_entries: &Faq, action: &str, language: Language) -> Message {
    let question = escape::quoted(question, QUESTION);
    let first = language.say_with("faq-none", &[("question", (&question).into())]);
    let menu = menu(action, "faq-none-hint", &all_entries.pinned().collect::<Vec<_>>(), language);
    Message {
        text: format!("{first}\n{}", language.say("faq-none-foot")),
        rows: menu.map(ActionRow::Menu).into_iter().collect(),
        ..Message::default()
    }
}
