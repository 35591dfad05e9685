//! Shared parsing of invocations (options, presses), and the answers that several commands give.

use jiff::SignedDuration;

use super::{
    Context, Facts, Input, Invocation, Need, OptionValue, PendingChange, Response, UserError, permissions,
};
use crate::alerts::SubscriptionEdit;
use crate::chat::limits::{CHOICE, CHOICES, shorten};
use crate::chat::reason::reason;
use crate::chat::replies::notes;
use crate::chat::replies::status::StatusReply;
use crate::chat::{Choice, Message, Reply, escape};
use crate::faq::Faq;
use crate::health::{OutageId, ServiceName, StatusSnapshot};
use crate::i18n::Language;
use crate::ids::{ChannelId, RoleId};

/// The commands that open a form; each knows its own actions.
const HAVE_A_FORM: &[&str] = &["diagnose"];

impl Invocation {
    /// The trimmed text of an option, or `None` if it was not given or is blank.
    pub fn text(&self, option: &str) -> Option<&str> {
        match self.option(option) {
            Some(OptionValue::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    pub fn number(&self, option: &str) -> Option<i64> {
        match self.option(option) {
            Some(OptionValue::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Returns whether an option was given as "yes".
    pub fn flag(&self, option: &str) -> bool {
        matches!(self.option(option), Some(OptionValue::Flag(true)))
    }

    /// An option of a typed command.
    pub fn option(&self, option: &str) -> Option<&OptionValue> {
        match &self.input {
            Input::Command { options, .. } => {
                options.iter().find(|(name, _)| name == option).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The subcommand of a typed command.
    pub fn subcommand(&self) -> Option<&str> {
        match &self.input {
            Input::Command { subcommand, .. } | Input::Autocomplete { subcommand, .. } => {
                subcommand.as_deref()
            }
            _ => None,
        }
    }

    /// The action of a press or of a form, cut at its first colon: `fails` and `web-api` of `fails:web-api`, and of
    /// `fails@de:web-api`.
    pub fn action(&self) -> Option<(&str, &str)> {
        let (action, about) = self.whole_action()?;
        Some((action.split_once('@').map_or(action, |(action, _)| action), about))
    }

    fn whole_action(&self) -> Option<(&str, &str)> {
        match &self.input {
            Input::Component { action, .. } | Input::ModalSubmit { action, .. } => {
                Some(action.split_once(':').unwrap_or((action, "")))
            }
            _ => None,
        }
    }

    /// The language of the pressed message, which other people read too. The button names it (`fails@de`). Buttons of older
    /// versions name none: then it is the invoker's.
    pub fn pressed_in(&self) -> Language {
        let tag = self.whole_action().and_then(|(action, _)| action.split_once('@')).map(|(_, tag)| tag);
        tag.and_then(|tag| Language::all().find(|ours| ours.tag() == tag)).unwrap_or(self.language)
    }

    /// What was chosen from a menu.
    pub fn chosen(&self) -> &[String] {
        match &self.input {
            Input::Component { values, .. } => values,
            _ => &[],
        }
    }

    /// Returns whether a role that was chosen from a menu may be mentioned by anybody.
    pub fn is_mentionable(&self, role: RoleId) -> bool {
        matches!(&self.input, Input::Component { mentionable, .. } if mentionable.contains(&role))
    }

    /// The language of lasting posts for everybody here: the server's. Outside servers that the bot is a member of, it is the
    /// invoker's.
    pub fn posts_in(&self, facts: &Facts) -> Language {
        match self.context {
            Context::Server { member: true, language, .. } => language.unwrap_or(facts.language),
            _ => self.language,
        }
    }

    /// The answer to an unknown press or form: of an older version, or forged.
    pub fn unknown(&self) -> UserError {
        UserError(self.language.say("misuse-old-button"))
    }

    /// Returns whether a press is on a message that is not ours, or a form of a command that has none. Both are ignored.
    pub fn is_forged(&self) -> bool {
        match &self.input {
            Input::Component { ours, .. } => !ours,
            Input::ModalSubmit { .. } => !HAVE_A_FORM.contains(&self.command.as_str()),
            _ => false,
        }
    }
}

impl Facts {
    /// The status, to be rendered for the invoker.
    pub fn seen(&self, asked: &Invocation) -> StatusReply<'_> {
        self.seen_in(asked.language)
    }

    /// The status, to be rendered in this language.
    pub fn seen_in(&self, language: Language) -> StatusReply<'_> {
        StatusReply { snapshot: &self.snapshot, catalog: &self.catalog, language, now: self.now }
    }

    /// The answer of `/status` in this language, for one service or for all.
    pub fn status(&self, language: Language, service: Option<&ServiceName>) -> Message {
        self.said.answer(&self.snapshot, self.seen_in(language), service)
    }

    /// The FAQ in the invoker's language, if it is translated.
    pub fn book(&self, asked: &Invocation) -> &Faq {
        self.faq.in_language(asked.language.tag())
    }

    /// The link to an answer of this name that the channel already has and that is not older than `within`.
    pub fn stands(&self, name: &str, within: SignedDuration) -> Option<&str> {
        let same = self.recent_answers.iter().filter(|recent_answers| recent_answers.name == name);
        let fresh = |at: jiff::Timestamp| self.now.duration_since(at) <= within;
        same.filter(|recent_answers| fresh(recent_answers.at))
            .map(|recent_answers| recent_answers.link.as_str())
            .next()
    }

    /// A public answer, or a private one with a link if the channel already has the same.
    pub fn once(
        &self,
        message: Message,
        name: String,
        within: SignedDuration,
        asked: &Invocation,
    ) -> Response {
        if let Some(link) = self.stands(&name, within) {
            return Response::Say(Reply::private(notes::stands_already(message, link, asked.language)));
        }
        Response::Say(Reply { stands_as: Some(name), ..Reply::public(message) })
    }
}

/// The service with this name or display name. `None` is the catalog as a whole.
pub(super) fn service(
    named: &str,
    asked: &Invocation,
    facts: &Facts,
) -> Result<Option<ServiceName>, UserError> {
    let same = |name: &str| name.eq_ignore_ascii_case(named);
    if same(facts.catalog.whole.as_str()) || same(&facts.catalog.display) {
        return Ok(None);
    }
    let known = facts.catalog.services.iter();
    let meant = known.clone().find(|service| same(service.name.as_str()) || same(&service.display));
    let Some(meant) = meant else {
        let all: Vec<&str> = known.map(|service| service.display.as_str()).collect();
        let named = escape::plain(named, 60);
        let parts = [("named", (&named).into()), ("known", all.join(", ").into())];
        return Err(UserError(asked.language.say_with("misuse-service", &parts)));
    };
    Ok(Some(meant.name.clone()))
}

/// Services whose name contains the text that is being typed.
pub(super) fn suggest_services(typed: &str, facts: &Facts) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&typed);
    let services = facts.catalog.services.iter();
    let meant = services.filter(|service| fits(&service.display) || fits(service.name.as_str()));
    let choice = |service: &crate::health::Service| Choice {
        label: shorten(&service.display, CHOICE),
        value: shorten(service.name.as_str(), CHOICE),
    };
    meant.map(choice).take(CHOICES).collect()
}

/// Counts "it fails for me" once per user, and shows the count in the answer to the same press.
pub(super) fn count_report(
    asked: &Invocation,
    facts: &Facts,
    outage: Option<OutageId>,
    draw: impl Fn(&StatusSnapshot) -> Message,
) -> Response {
    // Until the count is known, the invoker is taken for one more.
    let reports = facts.reports.unwrap_or(facts.snapshot.reports.saturating_add(1));
    let counted = StatusSnapshot { reports, ..StatusSnapshot::clone(&facts.snapshot) };
    Response::Change(Box::new(PendingChange {
        change: SubscriptionEdit::Report { outage, person: asked.invoker.id },
        stored: Reply::in_place(draw(&counted)),
        same: Some(Reply::private(notes::counted_already(asked.language))),
        undone: None,
        not_saved: Reply::private(notes::not_saved(asked.language)),
        in_doubt: Reply::private(notes::in_doubt(asked.language)),
    }))
}

/// What is needed to notify a user by direct message, if the bot cannot post in the context of the invocation.
pub(super) fn needs_direct(asked: &Invocation) -> Option<Need> {
    let elsewhere = matches!(asked.context, Context::Elsewhere(_) | Context::Server { member: false, .. });
    (elsewhere && !asked.is_forged()).then_some(Need::Direct(asked.invoker.id))
}

/// Requests a notification of the recovery: in the channel of the invocation, or by direct message if the bot cannot post there.
/// `with` is the subscribed channel whose end post will be in that channel, if there is one.
pub(super) fn notify_on_recovery(
    asked: &Invocation,
    facts: &Facts,
    with: Option<ChannelId>,
) -> Result<Response, UserError> {
    let Some(outage) = &facts.outage else {
        return Err(UserError(asked.language.say("misuse-no-such-outage")));
    };
    if !outage.is_open() {
        let message = crate::chat::replies::outages::over_already(outage, &facts.seen(asked));
        return Ok(Response::Say(Reply::private(message)));
    }
    let (guild, channel, direct) = match asked.context {
        Context::Server { guild, channel, parent, member: true, may, .. } => {
            let send = if parent.is_some() { permissions::SEND_IN_THREADS } else { permissions::SEND };
            let lacking = permissions::lacking(may, &[permissions::VIEW, send]);
            if !lacking.is_empty() {
                let names = permissions::names(&lacking, asked.language);
                let parts = [("permissions", (&names).into())];
                return Err(UserError(asked.language.say_with("misuse-cannot-notify-here", &parts)));
            }
            (Some(guild), with.unwrap_or(channel), false)
        }
        Context::Direct(channel) => (None, channel, true),
        // The bot is no member there: it can only notify the invoker by direct message.
        Context::Server { .. } | Context::Elsewhere(_) => match &facts.direct {
            Some(Ok(channel)) => (None, *channel, true),
            refused => {
                let why = refused.as_ref().and_then(|it| it.as_ref().err());
                let why = why.map(|why| reason(why, 200, asked.language)).unwrap_or_default();
                let parts = [("why", why.into())];
                return Err(UserError(asked.language.say_with("misuse-no-direct", &parts)));
            }
        },
        Context::Terminal => return Err(UserError(asked.language.say("misuse-needs-discord"))),
    };
    let message = match asked.input {
        Input::Component { message, .. } => message,
        _ => None,
    };
    let subject = crate::chat::symbols::Subject::of(&facts.catalog, outage.services.keys(), asked.language);
    let change = SubscriptionEdit::NotifyOnRecovery {
        outage: outage.id.clone(),
        person: asked.invoker.id,
        guild,
        channel,
        message,
        direct,
        language: asked.posts_in(facts).tag().to_owned(),
    };
    Ok(Response::Change(Box::new(PendingChange {
        change,
        stored: Reply::private(notes::will_notify(&subject, direct, asked.language)),
        same: Some(Reply::private(notes::will_notify(&subject, direct, asked.language))),
        undone: Some(Reply::private(notes::will_not_notify(asked.language))),
        not_saved: Reply::private(notes::not_saved(asked.language)),
        in_doubt: Reply::private(notes::in_doubt(asked.language)),
    })))
}
