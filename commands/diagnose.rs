//! `/diagnose [error] [file]` and the message command "Explain this error": what a pasted error means.

use super::{
    Attachment, Command, CommandContexts, Facts, Input, Invocation, Need, OptionKind, OptionSpec,
    OptionValue, Part, Response, Spec, UserError,
};
use crate::chat::limits::MESSAGE;
use crate::chat::reason::reason;
use crate::chat::replies::{diagnose, faq};
use crate::chat::{Message, Reply, escape};
use crate::faq::redact::redact;
use crate::i18n::Language;
use crate::ids::{MessageId, UserId};

/// The message command's name. It has a translation too: `command-diagnose-on-message`.
const EXPLAIN: &str = "Explain this error";

/// The largest file that is read: 1 MiB, far more log than anybody reads.
const LARGEST: u64 = 1024 * 1024;

/// Attachments of a message, at most.
const FILES: usize = 10;

/// Characters of a file's name that are shown.
const NAME: usize = 60;

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
        readable(files(asked)).into_iter().map(|file| Need::File(file.clone())).collect()
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

/// The attached files, in their order.
fn files(asked: &Invocation) -> &[Attachment] {
    match (&asked.input, asked.option("file")) {
        (Input::MessageCommand { files, .. }, _) => files,
        (_, Some(OptionValue::File(file))) => std::slice::from_ref(file),
        _ => &[],
    }
}

/// The files that are read: text, up to [`LARGEST`] together. A file that is too large does not exclude a later one.
fn readable(files: &[Attachment]) -> Vec<&Attachment> {
    let mut left = LARGEST;
    let fits = |file: &&Attachment| {
        let fits = is_text(file) && file.size <= left;
        left -= if fits { file.size } else { 0 };
        fits
    };
    files.iter().filter(fits).take(FILES).collect()
}

/// Returns whether a file can be text: Discord says `text/plain; charset=utf-8`, `application/json`, or nothing for a `.log`.
fn is_text(file: &Attachment) -> bool {
    let Some(kind) = &file.kind else { return true };
    let kind = kind.to_ascii_lowercase();
    !["image/", "video/", "audio/", "font/"].iter().any(|other| kind.starts_with(other))
        && !["zip", "pdf", "gzip", "x-tar", "x-7z"].iter().any(|other| kind.contains(other))
}

fn typed(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    if asked.text("error").is_none() && files(asked).is_empty() {
        return Ok(Response::Ask(diagnose::form(asked.language)));
    }
    let (text, _) = with_files(asked.text("error").unwrap_or_default(), asked, facts)?;
    explain(&text, None, asked, facts)
}

/// A message to explain.
struct Explained {
    message: u64,
    /// Who wrote it, if it was not the invoker.
    author: Option<UserId>,
    /// Which parts of it were read, in the invoker's language.
    parts: Vec<String>,
}

/// All texts of a message, one below the other, and in which parts they were read.
fn whole_message(asked: &Invocation, facts: &Facts) -> Result<(String, Vec<String>), UserError> {
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
    parts.dedup();
    let mut parts: Vec<String> = parts.into_iter().map(|part| asked.language.say(part.word())).collect();
    let (whole, read) = with_files(&whole, asked, facts)?;
    // If there is only one file, its name adds nothing.
    match (files(asked).len(), &read[..]) {
        (_, []) => {}
        (1, _) => parts.push(asked.language.say(Part::File.word())),
        _ => parts.extend(read.iter().map(|file| escape::code(&redact(&file.name).text, NAME))),
    }
    Ok((whole, parts))
}

/// The typed text, then the texts of the attached files in order; and which files those are.
fn with_files<'a>(
    text: &str,
    asked: &'a Invocation,
    facts: &Facts,
) -> Result<(String, Vec<&'a Attachment>), UserError> {
    let files = files(asked);
    // In a message, an image beside the text must not prevent reading the text.
    let refuse = |message: &str| match asked.input {
        Input::MessageCommand { .. } if !text.trim().is_empty() => Ok((text.to_owned(), Vec::new())),
        _ => Err(UserError(asked.language.say(message))),
    };
    if files.is_empty() {
        return Ok((text.to_owned(), Vec::new()));
    }
    let readable = readable(files);
    if readable.is_empty() || facts.files.is_empty() {
        let large = files.iter().any(|file| is_text(file) && file.size > LARGEST);
        return refuse(if large { "diagnose-file-large" } else { "diagnose-file-kind" });
    }
    let (mut whole, mut read) = (text.to_owned(), Vec::new());
    let mut left = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    for (file, content) in readable.into_iter().zip(&facts.files) {
        let Ok(content) = content else { continue };
        // Discord does not always report how large a file is.
        let most = (0..=left.min(content.len())).rev().find(|at| content.is_char_boundary(*at)).unwrap_or(0);
        if most == 0 {
            continue;
        }
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(&content[..most]);
        left -= most;
        read.push(file);
    }
    let unread = facts.files.iter().find_map(|content| content.as_ref().err());
    match unread.filter(|_| read.is_empty()) {
        Some(why) => {
            let why = reason(why, 200, asked.language);
            Err(UserError(asked.language.say_with("diagnose-file-unread", &[("why", why.into())])))
        }
        None => Ok((whole, read)),
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
        message.text = diagnose::with_parts(&message.text, &of.parts, asked.language);
    }
    Ok(Response::Say(Reply::private(message)))
}

/// The answer to a paste that needs more work than is allowed.
pub fn too_much(language: Language) -> UserError {
    UserError(language.say("diagnose-too-much"))
}

/// **Share here**: the FAQ's answer for everybody, with a link to the message that was explained. It contains nothing of the
/// paste.
fn share(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let Some(("share", rest)) = asked.action() else { return Err(asked.unknown()) };
    let (id, explained) = rest.split_once(':').unwrap_or((rest, ""));
    let Some(entry) = facts.book(asked).entry(id) else {
        return Err(UserError(asked.language.say("entry-gone")));
    };
    let mut message = faq::entry(entry, None, facts.book(asked), &facts.seen(asked), true);
    if let Some(link) = MessageId::read(explained).and_then(|message| asked.context.link(message)) {
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
