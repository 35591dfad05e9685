//! `/faq question [for] [private]`: the FAQ's answer, a choice of the nearest, or an honest "I do not know".

use jiff::SignedDuration;

use super::{
    Command, CommandContexts, Facts, Input, Invocation, OptionKind, OptionSpec, OptionValue, PendingChange,
    Response, Spec, UserError,
};
use crate::alerts::SubscriptionEdit;
use crate::chat::limits::{CHOICE, shorten};
use crate::chat::replies::{diagnose, faq, notes};
use crate::chat::{Choice, Message, Reply};
use crate::faq::redact::{Redacted, redact};
use crate::faq::search::SearchVerdict;
use crate::faq::suggest::SuggestionKind;
use crate::faq::{FaqEntry, ForeignService, TopicPath as Seen};
use crate::ids::UserId;

/// If an entry is asked again this soon in a channel, the answer is private, with a link to the earlier answer. The time is
/// about as long as people scroll back.
const AGAIN: SignedDuration = SignedDuration::from_mins(15);

pub(super) struct FaqCommand;

impl Command for FaqCommand {
    fn spec(&self) -> Spec {
        Spec {
            name: "faq",
            options: vec![
                OptionSpec::required("question", OptionKind::Suggested),
                OptionSpec::optional("for", OptionKind::Person),
                OptionSpec::optional("private", OptionKind::Flag),
            ],
            contexts: CommandContexts::Anywhere,
            ..Spec::default()
        }
    }

    fn suggest(&self, asked: &Invocation, facts: &Facts) -> Vec<Choice> {
        let Input::Autocomplete { text, .. } = &asked.input else { return Vec::new() };
        let label = |kind: SuggestionKind, entry: &FaqEntry| {
            let sign = match kind {
                SuggestionKind::Pinned => "📌",
                SuggestionKind::Exact => "🎯",
                SuggestionKind::Alias => "💬",
                SuggestionKind::Title => "📖",
                SuggestionKind::Body => "🔎",
            };
            shorten(&format!("{sign} {}", entry.title), CHOICE)
        };
        let offered = facts.book(asked).suggest(text).into_iter();
        offered
            .map(|it| Choice { label: label(it.kind, it.entry), value: shorten(&it.entry.id, CHOICE) })
            .collect()
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        let Some((action, rest)) = asked.action() else { return typed(asked, facts) };
        let chosen = || asked.chosen().first().map(String::as_str).unwrap_or_default();
        match action {
            "entry" => private_entry(rest, asked, facts),
            "related" => private_entry(chosen(), asked, facts),
            "pick" => picked(chosen(), Readers::from_action(rest), asked, facts),
            "more" => {
                let message = faq::more(entry(rest, asked, facts)?, asked.language);
                Ok(Response::Say(Reply::private(message)))
            }
            "helped" | "not-helped" => vote(rest, action == "helped", asked, facts),
            "where" => {
                let mut parts = rest.splitn(3, ':');
                let audience = Readers::from_action(parts.next().unwrap_or_default());
                let Some(place) = parts.next().and_then(Seen::from_id) else { return Err(asked.unknown()) };
                let question = parts.next().unwrap_or_default();
                Ok(search(&format!("{question} {}", place.words()), false, audience, asked, facts))
            }
            "delete" => delete(asked),
            _ => Err(asked.unknown()),
        }
    }
}

/// Who reads the answer.
#[derive(Clone, Copy)]
enum Readers {
    Everybody,
    Person(UserId),
    Private,
}

impl Readers {
    /// The form used in the actions of a follow-up question, so that a choice is answered like the original question.
    fn id(self) -> String {
        match self {
            Self::Everybody => "all".to_owned(),
            Self::Person(person) => person.to_string(),
            Self::Private => "me".to_owned(),
        }
    }

    /// The action of a menu of entries.
    fn pick(self) -> String {
        format!("faq:pick:{}", self.id())
    }

    fn from_action(action: &str) -> Self {
        match (action, action.parse()) {
            ("all", _) => Self::Everybody,
            (_, Ok(person)) => Self::Person(UserId(person)),
            _ => Self::Private,
        }
    }
}

fn typed(asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let private = asked.flag("private");
    let audience = match asked.option("for") {
        Some(OptionValue::Person(_)) if private => {
            return Err(UserError(asked.language.say("faq-for-private")));
        }
        Some(OptionValue::Person(person)) => Readers::Person(*person),
        _ if private => Readers::Private,
        _ => Readers::Everybody,
    };
    let question = asked.text("question").unwrap_or_default();
    if let Some(entry) = facts.book(asked).entry(question) {
        return Ok(say(entry, None, audience, asked, facts));
    }
    Ok(search(question, true, audience, asked, facts))
}

fn search(question: &str, ask_back: bool, audience: Readers, asked: &Invocation, facts: &Facts) -> Response {
    let Redacted { text: question, secrets } = redact(question);
    let language = asked.language;
    if let Some(warning) = diagnose::secrets(&secrets, None, language) {
        return Response::Say(Reply::private(Message::text(warning)));
    }
    let found = facts.book(asked).search(&question);
    let entries = || found.hits.iter().map(|hit| hit.entry).collect::<Vec<_>>();
    match (found.verdict, found.hits.first()) {
        (SearchVerdict::Answer, Some(best)) => say(best.entry, found.service, audience, asked, facts),
        (_, Some(best)) if found.shows_best => {
            let book = facts.book(asked);
            let answer = faq::entry(best.entry, found.service, book, &facts.seen(asked), false);
            let others = entries().split_off(1);
            let asks = (found.ask_where && ask_back).then_some(question.as_str());
            let (audience, action) = (audience.id(), audience.pick());
            Response::Say(Reply::private(faq::likely(answer, &others, asks, &audience, &action, language)))
        }
        (_, Some(_)) if found.ask_where && ask_back => {
            Response::Say(Reply::private(faq::ask_where(&question, &audience.id(), language)))
        }
        (_, Some(_)) => Response::Say(Reply::private(faq::unsure(&entries(), &audience.pick(), language))),
        (_, None) => {
            let honest = faq::unknown(&question, facts.book(asked), &audience.pick(), language);
            let honest = Reply::private(honest);
            let text = facts.collects_questions.then_some(question);
            Response::Change(Box::new(PendingChange {
                change: SubscriptionEdit::Unanswered { text },
                stored: honest.clone(),
                same: None,
                undone: None,
                not_saved: honest.clone(),
                in_doubt: honest,
            }))
        }
    }
}

fn say(
    entry: &FaqEntry,
    service: Option<&ForeignService>,
    audience: Readers,
    asked: &Invocation,
    facts: &Facts,
) -> Response {
    let seen = facts.seen(asked);
    let message = |deletable| faq::entry(entry, service, facts.book(asked), &seen, deletable);
    match audience {
        Readers::Private => Response::Say(Reply::private(message(false))),
        // The answer is for a named user: it is posted even if the channel already has it.
        Readers::Person(person) => {
            let message = faq::for_person(message(true), person, asked.language);
            Response::Say(Reply { stands_as: Some(name(entry)), ..Reply::public(message) })
        }
        Readers::Everybody => facts.once(message(true), name(entry), AGAIN, asked),
    }
}

/// The name of an entry's answer in the memory of recent answers.
pub(super) fn name(entry: &FaqEntry) -> String {
    format!("faq:{}", entry.id)
}

fn entry<'a>(id: &str, asked: &Invocation, facts: &'a Facts) -> Result<&'a FaqEntry, UserError> {
    facts.book(asked).entry(id).ok_or_else(|| UserError(asked.language.say("entry-gone")))
}

fn private_entry(id: &str, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    Ok(say(entry(id, asked, facts)?, None, Readers::Private, asked, facts))
}

fn picked(id: &str, audience: Readers, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    Ok(say(entry(id, asked, facts)?, None, audience, asked, facts))
}

fn vote(id: &str, helped: bool, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
    let entry = entry(id, asked, facts)?;
    let thanks = asked.language.say(if helped { "voted-helped" } else { "voted-not-helped" });
    Ok(Response::Change(Box::new(PendingChange {
        change: SubscriptionEdit::Vote { entry: entry.id.clone(), helped },
        stored: Reply::private(Message::text(thanks)),
        same: None,
        undone: None,
        not_saved: Reply::private(notes::not_saved(asked.language)),
        in_doubt: Reply::private(notes::in_doubt(asked.language)),
    })))
}

fn delete(asked: &Invocation) -> Result<Response, UserError> {
    let Input::Component { message: Some(message), asked_by, .. } = asked.input else {
        return Err(asked.unknown());
    };
    let Some(channel) = asked.context.channel() else { return Err(asked.unknown()) };
    if asked_by != Some(asked.invoker.id) && !asked.invoker.manages_messages {
        return Err(UserError(asked.language.say("delete-not-yours")));
    }
    Ok(Response::Delete { channel, message })
}
