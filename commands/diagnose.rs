//! `/diagnose [error] [file]` and the message command "Explain this error": what a pasted error means.

use super::{
    Attachment, Command, CommandContexts, Facts, Input, Invocation, Need, OptionKind, OptionSpec,
    OptionValue, Part, Response, Spec, UserError,
};
use crate::chat::limits::MESSAGE;
use crate::chat::reason::reason;
use crate::chat::replies::{diagnose, faq};
use crate::chat::{Message, Reply};
use crate::i18n::Language;
use crate::ids::{MessageId, UserId};

/// The message command's name. It is a word too: `command-diagnose-on-message`.
const EXPLAIN: &str = "Explain this error";

/// The largest file that is read: 1 MiB, far more log than anybody reads.
const LARGEST: u64 = 1024 * 1024;

/// Characters that an option can hold (Discord's limit for text options is 6,000).
const OPTION: u16 = 6_000;

pub(super) struct DiagnoseCommand;

impl Command for DiagnoseCommand {
    fn spec(&self) -> Spec {
        Spec {
            name: "diagnose",
            message_command: Some(EXPLAIN),
            options: vec![
                OptionSpec::optional("error", OptionKind::Text { most: OPTION }),
                OptionSpec::optional("file", OptionKind::File),
            ],
            contexts: CommandContexts::Anywhere,
            ..Spec::default()
        }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        let readable = |file: &&Attachment| file.size <= LARGEST && is_text(file);
        file(asked).filter(readable).map(|file| Need::File(file.clone())).into_iter().collect()
    }

    fn reads_at_length(&self, asked: &Invocation) -> bool {
        matches!(
            asked.input,
            Input::Command { .. } | Input::ModalSubmit { .. } | Input::MessageCommand { .. }
        )
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        match &asked.input {
            Input::Command { .. } => typed(asked, facts),
            Input::ModalSubmit { action, fields } => {
                if action != "paste" {
                    return Err(asked.unknown());
                }
                let text = fields.get("error").map(String::as_str).unwrap_or_default();
                explain(text, None, asked, facts)
            }
            Input::MessageCommand { author, message, .. } => {
                let (text, parts) = whole_message(asked, facts)?;
                if text.trim().is_empty() {
                    return Err(UserError(asked.language.say("diagnose-empty")));
                }
                let author = (*author != asked.invoker.id).then_some(*author);
                let of = Explained { message: message.0, author, parts };
                explain(&text, Some(of), asked, facts)
            }
            Input::Component { .. } => share(asked, facts),
            Input::Autocomplete { .. } => Ok(Response::Nothing),
        }
    }
}

fn file(asked: &Invocation) -> Option<&Attachment> {
    match (&asked.input, asked.option("file")) {
        (Input::MessageCommand { file, .. }, _) => file.as_ref(),
        (_, Some(OptionValue::File(file))) => Some(file),
        _ => None,
    }
}

/// Whether a file can be text: Discord says `text/plain; charset=utf-8`, `application/json`, or nothing for a `.log`.
fn is_text(file: &Attachment) -> bool {
    let Some(kind) = &file.kind else { return true };
    let kind = kind.to_ascii_lowercase();
    !["image/", "video/", "audio/", "font/"].iter().any(|other| kind.starts_with(other))
        && !["zip", "pdf", "gzip", "x-tar", "x-7z"].iter().any(|other| kind.contains(other))
}

fn typed(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    if asked.text("error").is_none() && file(asked).is_none() {
        return Ok(Response::Ask(diagnose::form(asked.language)));
    }
    let text = with_file(asked.text("error").unwrap_or_default(), asked, facts)?;
    explain(&text, None, asked, facts)
}

/// A message that is explained.
struct Explained {
    message: u64,
    /// Who wrote it, where that is not the asker.
    author: Option<UserId>,
    /// What of it was read.
    parts: Vec<Part>,
}

/// All texts of a message, one below the other, and where they were read.
fn whole_message(asked: &Invocation, facts: &Facts) -> Result<(String, Vec<Part>), UserError> {
    let Input::MessageCommand { text, more, .. } = &asked.input else {
        return Ok((String::new(), Vec::new()));
    };
    let passages = std::iter::once((Part::Text, text)).chain(more.iter().map(|(part, text)| (*part, text)));
    let (mut whole, mut parts) = (String::new(), Vec::new());
    for (part, text) in passages.filter(|(_, text)| !text.trim().is_empty()) {
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(text);
        parts.push(part);
    }
    let with_file = with_file(&whole, asked, facts)?;
    if with_file.len() > whole.len() {
        parts.push(Part::File);
    }
    parts.dedup();
    Ok((with_file, parts))
}

/// What was typed, and the text of the attached file below it.
fn with_file(text: &str, asked: &Invocation, facts: &Facts) -> Result<String, UserError> {
    let Some(file) = file(asked) else { return Ok(text.to_owned()) };
    // On somebody's message, a picture beside the text must not stand in the way of the text.
    let refuse = |message: &str| match asked.input {
        Input::MessageCommand { .. } if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(UserError(asked.language.say(message))),
    };
    if !is_text(file) {
        return refuse("diagnose-file-kind");
    }
    if file.size > LARGEST {
        return refuse("diagnose-file-large");
    }
    match &facts.file {
        Some(Ok(read)) => Ok(if text.is_empty() { read.clone() } else { format!("{text}\n{read}") }),
        Some(Err(why)) => {
            let why = reason(why, 200, asked.language);
            Err(UserError(asked.language.say_with("diagnose-file-unread", &[("why", why.into())])))
        }
        None => refuse("diagnose-file-kind"),
    }
}

fn explain(
    text: &str,
    of: Option<Explained>,
    asked: &Invocation,
    facts: &Facts,
) -> Result<Response, UserError> {
    let read = facts.book(asked).diagnose_within(text, &mut facts.fuel.clone());
    let Ok(diagnosis) = read else { return Err(too_much(asked.language)) };
    let author = of.as_ref().and_then(|of| of.author);
    let warning = diagnose::secrets(&diagnosis.secrets, author, asked.language);
    let shared = of.as_ref().map_or_else(String::new, |of| of.message.to_string());
    let mut message = diagnose::findings(&diagnosis, warning, &shared, &facts.seen(asked));
    if let Some(of) = of {
        let words: Vec<_> = of.parts.iter().map(|part| part.word()).collect();
        message.text = diagnose::with_parts(&message.text, &words, asked.language);
    }
    Ok(Response::Say(Reply::private(message)))
}

/// What is said to a paste that takes more work than one may.
pub fn too_much(language: Language) -> UserError {
    UserError(language.say("diagnose-too-much"))
}

/// **Share here**: the FAQ's answer for everybody, with a link to the message that was explained. Nothing of the
/// paste is in it.
fn share(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let Some(("share", rest)) = asked.action() else { return Err(asked.unknown()) };
    let (id, explained) = rest.split_once(':').unwrap_or((rest, ""));
    let Some(entry) = facts.book(asked).entry(id) else {
        return Err(UserError(asked.language.say("entry-gone")));
    };
    let mut message = faq::entry(entry, facts.book(asked), &facts.seen(asked), true);
    if let Some(link) = MessageId::read(explained).and_then(|message| asked.place.link(message)) {
        message = with_link(message, &link, asked);
    }
    let name = super::faq::name(entry);
    Ok(Response::Say(Reply { stands_as: Some(name), ..Reply::public(message) }))
}

fn with_link(mut message: Message, link: &str, asked: &Invocation) -> Message {
    let tail = format!("-# {}", asked.language.say_with("diagnose-shared", &[("link", link.into())]));
    message.text = crate::chat::limits::fit(&message.text, "…", &tail, MESSAGE);
    message
}
