//! An FAQ entry as an answer, and the answer if no entry matches for sure. A likely entry is marked as likely and lists others;
//! an unknown question gets an honest "no".

use super::status::StatusReply;
use crate::chat::escape;
use crate::chat::limits::{self, fit, shorten};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Menu, MenuChoice, MenuKind, Message};
use crate::faq::entry::Live;
use crate::faq::{Faq, FaqEntry, ForeignService, TopicPath};
use crate::health::ServiceName;
use crate::i18n::Language;
use crate::ids::UserId;

/// Where the sources of entries can be read and corrected.
const SOURCE: &str = env!("CARGO_PKG_REPOSITORY");

/// Length of a user's question when it is repeated to them, in characters.
const QUESTION: usize = 150;

/// An entry's public answer: the live status line, what it means, is it you, the steps, one don't. An open outage that the entry
/// is about is the answer: it replaces the possible causes. `service` is one that the entry answers for without naming it.
pub fn entry(
    entry: &FaqEntry,
    service: Option<&ForeignService>,
    all_entries: &Faq,
    seen: &StatusReply<'_>,
    deletable: bool,
) -> Message {
    let labels = labels(entry, seen.language);
    let mut lines: Vec<String> = service.map(|it| of_service(it, seen.language)).into_iter().collect();
    let watched = live_service(entry, seen);
    let outage = seen.outage(None).filter(|_| entry.live == Some(Live::Any));
    // In a terminal nothing is checked, and a line about that would answer a question that was not asked.
    let somebody_probes = seen.snapshot.checked_at().is_some() || seen.snapshot.next_check.is_some();
    if outage.is_some() {
        lines.extend(seen.body(None));
        lines.push(String::new());
    } else if entry.live.is_some() && somebody_probes {
        lines.push(seen.headline(watched.as_ref()));
    }
    lines.push(format!("**{}**", entry.title));
    lines.push(entry.short.clone());
    if outage.is_none() {
        lines.push(String::new());
        lines.push(entry.meaning.clone());
        lines.push(labels.say_with("entry-is-it-you", &[("yours", (&entry.yours).into())]));
        lines.extend((1..).zip(&entry.steps).map(|(n, step)| format!("{n}. {step}")));
    }
    lines.extend(dont(entry, seen.language));
    lines.extend(in_english(entry, seen.language));
    let cut = seen.language.say("entry-cut");
    Message {
        text: fit(&lines.join("\n"), &cut, "", limits::MESSAGE),
        rows: rows(entry, all_entries, seen, watched.as_ref(), deletable),
        ..Message::default()
    }
}

/// The language of an entry's labels: a label in one language above text in another would be confusing.
pub(super) fn labels(entry: &FaqEntry, language: Language) -> Language {
    if entry.language.is_some() { language } else { Language::ENGLISH }
}

/// The line that explains why an entry is not in the reader's language.
pub(super) fn in_english(entry: &FaqEntry, language: Language) -> Option<String> {
    let translated = entry.language.is_some() || language == Language::ENGLISH;
    (!translated).then(|| language.say("entry-in-english"))
}

/// Whose fault it is if another service fails, and where to check.
pub(super) fn of_service(service: &ForeignService, language: Language) -> String {
    let name = service.name.as_str();
    match &service.page {
        Some(page) => {
            language.say_with("entry-service-page", &[("service", name.into()), ("page", page.into())])
        }
        None => language.say_with("entry-service", &[("service", name.into())]),
    }
}

/// "**Don't** log users out": the one thing that makes it worse.
pub(super) fn dont(entry: &FaqEntry, language: Language) -> Option<String> {
    let dont = entry.dont.as_deref()?;
    let rest = dont.strip_prefix("Don't ").or_else(|| dont.strip_prefix("Don’t "));
    let message = if rest.is_some() { "entry-dont" } else { "entry-dont-other" };
    Some(labels(entry, language).say_with(message, &[("dont", rest.unwrap_or(dont).into())]))
}

/// The service whose live state is above an entry. `None` for the catalog as a whole, or if the service is not checked.
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
        first.push(ask("button-notify-me", &format!("status:tell-me:{}", outage.id), ButtonStyle::Plain));
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

/// The file that contains an entry.
fn source(entry: &FaqEntry) -> String {
    let folder = entry.language.as_ref().map_or_else(String::new, |tag| format!("{tag}/"));
    format!("src/faq/entries/{folder}{}.md", entry.id)
}

/// A menu of entries, or `None` if there are none to choose from.
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

/// The answer to **More**: snippet, all causes, sources. A link to the entry's source replaces what does not fit.
pub fn more(entry: &FaqEntry, language: Language) -> Message {
    let labels = labels(entry, language);
    let mut lines = vec![labels.say_with("more-title", &[("title", (&entry.title).into())])];
    for (title, section) in [("more-developers", &entry.developers), ("more-causes", &entry.causes)] {
        if let Some(section) = section {
            lines.push(format!("\n{}\n{section}", labels.say(title)));
        }
    }
    if !entry.sources.is_empty() {
        let reviewed = entry.reviewed.to_string();
        lines.push(format!("\n{}", labels.say_with("more-sources", &[("reviewed", reviewed.into())])));
        lines.extend(entry.sources.iter().map(|source| format!("• <{source}>")));
    }
    if lines.len() == 1 {
        lines.push(labels.say("more-nothing"));
    }
    lines.extend(in_english(entry, language));
    let url = format!("{SOURCE}/blob/main/{}", source(entry));
    let cut = language.say_with("more-cut", &[("url", url.into())]);
    Message::text(fit(&lines.join("\n"), &cut, "", limits::MESSAGE))
}

/// An answer for another user: pings only them, in the first line.
pub fn for_person(mut message: Message, person: UserId, language: Language) -> Message {
    let parts = [("person", person.to_string().into()), ("line", "".into())];
    let text =
        format!("{}{}", language.say_with("entry-for", &parts).trim_end(), format_args!(" {}", message.text));
    message.text = fit(&text, "…", "", limits::MESSAGE);
    message.mentions.people.push(person);
    message
}

/// The entries nearest to a question that none surely answers. `action` handles the choice.
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

/// The likeliest entry, shown to the invoker alone, with the others in a menu below it. If they differ by where the error was
/// seen, `question` asks that too.
pub fn likely(
    mut best: Message,
    others: &[&FaqEntry],
    question: Option<&str>,
    audience: &str,
    action: &str,
    language: Language,
) -> Message {
    let mut lines = vec![language.say("faq-likely"), best.text];
    // The menu of alternatives replaces the menu of related entries.
    best.rows.retain(|row| !matches!(row, ActionRow::Menu(_)));
    if let Some(question) = question {
        lines.push(language.say("faq-where"));
        best.rows.extend(ask_where(question, audience, language).rows);
    }
    best.rows.extend(menu(action, "faq-others-hint", others, language).map(ActionRow::Menu));
    best.text = fit(&lines.join("\n"), "…", "", limits::MESSAGE);
    best
}

/// Asks where the error was seen, because the same words mean different things in different programs. `audience` in the action
/// says who gets the answer.
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

/// The answer if no entry is near.
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
