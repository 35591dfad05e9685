//! What was recognised in a pasted error: the words, which software wrote them, whose fault it is, what to do and what to avoid.

use super::status::StatusReply;
use crate::chat::escape;
use crate::chat::limits::{self, fit, shorten};
use crate::chat::message::{
    ActionRow, Button, ButtonStyle, Menu, MenuChoice, MenuKind, Message, Modal, ModalField,
};
use crate::faq::diagnose::{Diagnosis, Finding};
use crate::faq::redact::FoundCredential;
use crate::i18n::Language;
use crate::ids::UserId;

/// Characters of the matched words that are quoted.
const QUOTE: usize = 120;

/// Kinds of secrets that are shown with advice, and the length of the list that names the others, in characters.
const KINDS: usize = 5;
const NAMES: usize = 300;

/// Findings that are shown after the first, one line each.
const ALSO: usize = 4;

/// The form for a paste, which preserves its line breaks.
pub fn form(language: Language) -> Modal {
    Modal {
        action: "diagnose:paste".to_owned(),
        title: language.say("form-title"),
        fields: vec![ModalField {
            name: "error".to_owned(),
            label: language.say("form-error"),
            hint: language.say("form-error-hint"),
            paragraph: true,
            most: limits::FIELD,
        }],
    }
}

/// What was found in a paste, for the invoker alone. `of` is the message that was explained: its link is offered if the finding
/// is shared.
pub fn findings(
    diagnosis: &Diagnosis<'_>,
    warning: Option<String>,
    share: &str,
    seen: &StatusReply<'_>,
) -> Message {
    let language = seen.language;
    let mut lines: Vec<String> = warning.into_iter().collect();
    let Some((first, others)) = diagnosis.findings.split_first() else {
        lines.push(language.say("diagnose-none"));
        lines.push(language.say("diagnose-none-foot"));
        return Message::text(fit(&lines.join("\n"), "…", "", limits::MESSAGE));
    };
    lines.extend(explain(first, others.len(), seen));
    let also = others.iter().take(ALSO).map(|other| {
        let parts = [
            ("title", (&other.entry.title).into()),
            ("line", number(other.line).into()),
            ("quote", escape::code(&other.matched, QUOTE).into()),
        ];
        language.say_with("diagnose-also", &parts)
    });
    lines.extend(also);
    Message {
        text: fit(&lines.join("\n"), "…", "", limits::MESSAGE),
        rows: rows(first, others, share, seen),
        ..Message::default()
    }
}

/// The same with a last line that says which parts of a message were read.
pub fn with_parts(text: &str, parts: &[String], language: Language) -> String {
    let read = language.say_with("diagnose-read", &[("parts", parts.join(", ").into())]);
    fit(text, "…", &format!("-# {read}"), limits::MESSAGE)
}

fn explain(finding: &Finding<'_>, others: usize, seen: &StatusReply<'_>) -> Vec<String> {
    let (entry, language) = (finding.entry, seen.language);
    let labels = super::faq::labels(entry, language);
    let title = if others == 0 { "diagnose-found" } else { "diagnose-found-more" };
    let quote = escape::code(&finding.matched, QUOTE);
    let (said, who) = match finding.says {
        Some(who) => ("diagnose-line-who", who),
        None => ("diagnose-line", ""),
    };
    let parts = [("line", number(finding.line).into()), ("quote", quote.into()), ("who", who.into())];
    let mut lines = vec![
        language.say_with(title, &[("title", (&entry.title).into()), ("n", number(others).into())]),
        language.say_with(said, &parts),
    ];
    lines.extend(finding.service.map(|service| super::faq::of_service(service, language)));
    lines.push(entry.short.clone());
    if entry.live.is_some() {
        lines.push(seen.headline(None));
    }
    lines.push(labels.say_with("diagnose-fault", &[("yours", (&entry.yours).into())]));
    lines.push(labels.say("diagnose-now"));
    lines.extend((1..).zip(&entry.steps).map(|(n, step)| format!("{n}. {step}")));
    lines.extend(super::faq::dont(entry, language));
    lines.extend(super::faq::in_english(entry, language));
    lines
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn rows(first: &Finding<'_>, others: &[Finding<'_>], share: &str, seen: &StatusReply<'_>) -> Vec<ActionRow> {
    let language = seen.language;
    let ask = |label: &str, action: &str, style: ButtonStyle| Button::ask(language.say(label), action, style);
    let id = &first.entry.id;
    let mut buttons = vec![
        ask("button-share", &format!("diagnose:share:{id}:{share}"), ButtonStyle::Main),
        ask("button-more", &format!("faq:more:{id}"), ButtonStyle::Plain),
        ask("button-helped", &format!("faq:helped:{id}"), ButtonStyle::Good),
        ask("button-not-helped", &format!("faq:not-helped:{id}"), ButtonStyle::Plain),
    ];
    if let Some(outage) = seen.outage(None).filter(|_| first.entry.live.is_some()) {
        buttons.push(ask("button-notify-me", &format!("status:tell-me:{}", outage.id), ButtonStyle::Plain));
    }
    let choice = |finding: &Finding<'_>| MenuChoice {
        label: shorten(&finding.entry.title, limits::CHOICE),
        about: shorten(&finding.entry.short, limits::CHOICE),
        value: shorten(&finding.entry.id, limits::CHOICE),
        chosen: false,
    };
    let choices: Vec<MenuChoice> = others.iter().take(limits::CHOICES).map(choice).collect();
    let mut rows = vec![ActionRow::Buttons(buttons)];
    if !choices.is_empty() {
        let menu = Menu {
            action: "faq:related".to_owned(),
            hint: language.say("diagnose-hint"),
            of: MenuKind::Choices(choices),
            count: (1, 1),
        };
        rows.push(ActionRow::Menu(menu));
    }
    rows
}

/// The secrets in a paste: what they are and how to revoke them, never their text. `author` wrote the message that was explained,
/// if that is somebody else.
pub fn secrets(secrets: &[FoundCredential], author: Option<UserId>, language: Language) -> Option<String> {
    let mut kinds: Vec<_> = secrets.iter().map(|secret| secret.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return None;
    }
    let title = if author.is_some() { "secrets-theirs" } else { "secrets-yours" };
    let mut lines = vec![language.say(title)];
    let (reported, more) = kinds.split_at(kinds.len().min(KINDS));
    lines.extend(reported.iter().map(|kind| {
        let maker = kind.maker().map_or(("", ""), |maker| (maker.name(), maker.revoke()));
        let about = [("maker", maker.0.into()), ("link", maker.1.into())];
        let name = language.say_with(&format!("secret-{}", kind.id()), &about);
        let fix = language.say_with(&format!("secret-{}-fix", kind.id()), &about);
        language.say_with("secrets-line", &[("name", name.into()), ("fix", fix.into())])
    }));
    if !more.is_empty() {
        let names: Vec<_> =
            more.iter().map(|kind| kind.maker().map_or(kind.name(), |maker| maker.name().into())).collect();
        let names = shorten(&names.join(", "), NAMES);
        lines.push(language.say_with("secrets-more", &[("makers", names.into())]));
    }
    if let Some(author) = author {
        lines.push(language.say_with("secrets-notify-owner", &[("person", author.to_string().into())]));
    }
    lines.push(language.say("secrets-foot"));
    Some(lines.join("\n"))
}
