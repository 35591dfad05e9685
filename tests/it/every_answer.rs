//! Whatever people type, press or send, in whatever state: Discord accepts the reply, and nobody is pinged who was not
//! chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use healthy_upstream::alerts::{ChannelKind, Reason, Subscription};
use healthy_upstream::chat::replies::about::{BudgetLine, Sessions};
use healthy_upstream::chat::{Message, Reply, limits};
use healthy_upstream::commands::{
    ALL, Context, Facts, Input, Invocation, OptionKind, OptionValue, Response, UndeliveredAlert, find,
};
use healthy_upstream::discord::{InteractionResponse, codec};
use healthy_upstream::health::{Failure, IncidentState, Level, Outage, OutageId, StatusSnapshot};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use proptest::prelude::*;

use crate::fixtures::{ask, at, by_moderator, during, ended, facts, hits_too, outage, page_spoke, well};

/// Text that somebody with bad intent would send.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let traps = prop::sample::select(vec![
        "@everyone",
        "<@&20>",
        "<@1>",
        "```",
        "`",
        "<t:1:R>",
        "[x](https://a.b)",
        "\u{202e}",
        "**",
        "\n# ",
        "discord.gg/x",
        "👩‍👩‍👧‍👦",
        "no healthy upstream",
        "web-api",
        "spotify 503",
        "spotify-nhu",
        "\\",
    ]);
    prop::collection::vec(prop_oneof![traps.prop_map(str::to_owned), "\\PC{0,40}"], 0..30)
        .prop_map(|it| it.concat())
}

/// The states in which commands run, with hostile texts from the status page and the probes.
fn states() -> impl Strategy<Value = Facts> {
    (0..5u8, hostile(), any::<bool>()).prop_map(|(state, words, wide)| {
        let mut bad = page_spoke(outage(), IncidentState::Identified);
        bad.page[0].text.clone_from(&words);
        bad.page[0].name.clone_from(&words);
        if wide {
            bad = hits_too(bad, "login", Level::Degraded, "12:50:00");
        }
        for hit in bad.services.values_mut() {
            hit.failure = hit.failure.take().map(|failure| Failure { detail: words.clone(), ..failure });
        }
        let over = ended(bad.clone(), "12:59:00");
        let snapshot = match state {
            0 => well("13:00:00"),
            1 => during(&bad, "13:00:00"),
            2 => StatusSnapshot {
                own_network_down_since: Some(at("12:00:00")),
                reports: 3,
                ..well("13:00:00")
            },
            3 => StatusSnapshot { services: Vec::new(), page: None, next_check: None, ..well("13:00:00") },
            _ => StatusSnapshot { reports: 900, ..during(&bad, "13:00:00") },
        };
        let mut subscription = Subscription::new(GuildId(20), ChannelId(30), at("08:00:00"));
        subscription.roles = (0..25).map(|n| RoleId(u64::MAX - n)).collect();
        Facts {
            now: at("13:00:10"),
            snapshot: Arc::new(snapshot),
            outage: Some(if wide { bad.clone() } else { over.clone() }),
            outages: (0..40)
                .map(|n| Outage {
                    id: OutageId(format!("outage-{n}")),
                    ..if n % 2 == 0 { &bad } else { &over }.clone()
                })
                .collect(),
            subscriptions: vec![subscription],
            undelivered: vec![UndeliveredAlert {
                channel: ChannelId(30),
                outage: outage().id,
                why: Reason::Other(words.clone()),
                given_up: true,
            }],
            budgets: vec![budget(&words); 30],
            sessions: Some(Sessions { begun: 199, most: 200 }),
            counts: vec![(words, 7)],
            ..facts(well("13:00:00"))
        }
    })
}

fn budget(words: &str) -> BudgetLine {
    let refused = Some((words.to_owned(), words.to_owned(), at("13:00:00")));
    BudgetLine { host: words.to_owned(), per_minute: 30, left: 7, refused }
}

fn typed_any() -> impl Strategy<Value = Invocation> {
    let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
    (prop::sample::select(specs), any::<prop::sample::Index>(), hostile(), any::<[bool; 4]>()).prop_map(
        |(spec, sub, text, given)| {
            let subcommand = (!spec.subcommands.is_empty()).then(|| sub.get(&spec.subcommands).clone());
            let options = subcommand.as_ref().map_or(spec.options, |sub| sub.options.clone());
            let value = |kind: &OptionKind| match kind {
                OptionKind::Number { most, .. } => OptionValue::Number(*most),
                OptionKind::Flag => OptionValue::Flag(true),
                OptionKind::Channel => OptionValue::Channel(ChannelId(30), Some(ChannelKind::Text)),
                OptionKind::Role => OptionValue::Role { id: RoleId(20), mentionable: true },
                OptionKind::Person => OptionValue::Person(UserId(41)),
                _ => OptionValue::Text(text.clone()),
            };
            let options = options.iter().zip(given).filter(|(_, given)| *given);
            let options = options.map(|(option, _)| (option.name.to_owned(), value(&option.kind))).collect();
            ask(spec.name, Input::Command { subcommand: subcommand.map(|sub| sub.name.to_owned()), options })
        },
    )
}

fn pressed_any() -> impl Strategy<Value = Invocation> {
    let actions = prop::sample::select(vec![
        "status:refresh",
        "status:fails",
        "status:tell-me:x",
        "status:day",
        "faq:entry:spotify-nhu",
        "faq:more:spotify-5xx",
        "faq:where:all:spotify:",
        "faq:pick:41",
        "faq:related",
        "faq:delete",
        "diagnose:share:spotify-nhu:7",
        "outages:open",
        "about:details",
        "about:forget-me",
        "alerts:me-too:x",
        "alerts:acknowledge:x",
        "alerts:set-roles:30",
        "alerts:set-events:30",
        "alerts:post-now:30",
        "alerts:test:30",
        "alerts:delete-data:yes",
        "alerts:set-services:30",
    ]);
    (actions, hostile(), prop::collection::vec(hostile(), 0..3), any::<bool>()).prop_map(
        |(action, tail, values, exact)| {
            let (command, action) = action.split_once(':').expect("a command and an action");
            let action = if exact { action.to_owned() } else { format!("{action}{tail}") };
            let (message, asked_by) = (Some(MessageId(50)), None);
            let mentionable = Vec::new();
            ask(command, Input::Component { action, values, mentionable, message, ours: true, asked_by })
        },
    )
}

fn other_any() -> impl Strategy<Value = Invocation> {
    (hostile(), any::<bool>()).prop_map(|(text, filled)| {
        if filled {
            let fields = BTreeMap::from([("error".to_owned(), text)]);
            return ask("diagnose", Input::ModalSubmit { action: "paste".into(), fields });
        }
        let (message, author) = (MessageId(1), UserId(41));
        ask(
            "Explain this error",
            Input::MessageCommand { message, text, author, more: Vec::new(), files: Vec::new() },
        )
    })
}

/// The same invocation with the languages of invoker and server set to `language`.
fn in_a_language(mut asked: Invocation, language: Language) -> Invocation {
    asked.language = language;
    if let Context::Server { language: servers, .. } = &mut asked.context {
        *servers = Some(language);
    }
    asked
}

fn languages() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::all().collect::<Vec<_>>())
}

const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";
const FOLLOW_UP: &str = "/webhooks/{webhook_id}/{webhook_token}";
const ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";

/// Checks that a body matches what Discord documents.
fn check_body(method: &str, template: &str, body: &serde_json::Value) -> Result<(), TestCaseError> {
    prop_assert_eq!(crate::openapi::check_body(method, template, body), [""; 0], "{}", body);
    Ok(())
}

/// Checks a reply as the answer itself, as the edit after "thinking…", and as a follow-up message.
pub(crate) fn check_reply(reply: &Reply) -> Result<(), TestCaseError> {
    check_body("POST", CALLBACK, &codec::answer_body(&InteractionResponse::Reply(reply.clone())))?;
    check_body("PATCH", ORIGINAL, &codec::edit_answer_body(&reply.message))?;
    check_body("POST", FOLLOW_UP, &codec::follow_up_body(reply))
}

fn check(message: &Message, people: &[UserId], language: Language) -> Result<(), TestCaseError> {
    let broken = limits::broken(message);
    prop_assert!(broken.is_empty(), "{broken:?}\n{}", message.text);
    prop_assert!(message.mentions.roles.is_empty(), "an answer pings no role");
    prop_assert!(message.mentions.people.iter().all(|person| people.contains(person)));
    // One of our own texts contains the word. In a code span Discord mentions nobody.
    let outside: String =
        message.text.replace(&language.say("misuse-everyone"), "").split('`').step_by(2).collect();
    prop_assert!(!outside.contains("@everyone"), "{}", message.text);
    let turned = message.text.contains("\u{202e}");
    prop_assert!(!turned, "the text changes the reading direction");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn every_answer_is_valid_and_pings_only_chosen_people(
        asked in prop_oneof![typed_any(), pressed_any(), other_any()],
        facts in states(),
        moderator in any::<bool>(),
        direct in any::<bool>(),
        language in languages(),
    ) {
        let asked = in_a_language(asked, language);
        let mut asked = if moderator { by_moderator(asked) } else { asked };
        if direct {
            asked.context = Context::Direct(ChannelId(9));
        }
        let command = find(&asked.command).expect("a command of ours");
        command.needs(&asked);
        // The person that `for:` names, or a menu below an answer for them.
        let chosen = [UserId(41)];
        let replies: Vec<Reply> = match command.answer(&asked, &facts) {
            Ok(Response::Say(reply)) => vec![reply],
            Ok(Response::Change(asked)) => {
                [Some(asked.stored), asked.same, Some(asked.not_saved), Some(asked.in_doubt)].into_iter().flatten().collect()
            }
            Ok(Response::Ask(form)) => {
                prop_assert_eq!(limits::broken_in_form(&form), Vec::<String>::new());
                check_body("POST", CALLBACK, &codec::answer_body(&InteractionResponse::Form(form)))?;
                Vec::new()
            }
            Ok(Response::Delete { .. } | Response::Nothing) => Vec::new(),
            Err(misuse) => vec![Reply::private(Message::text(misuse.0))],
        };
        for reply in &replies {
            check(&reply.message, &chosen, language)?;
            check_reply(reply)?;
        }
    }

    #[test]
    fn suggestions_stay_within_discords_limits(
        text in hostile(),
        facts in states(),
        which in 0..3usize,
        language in languages(),
    ) {
        let (command, option) = [("status", "service"), ("faq", "question"), ("outages", "id")][which];
        let asked = ask(command, Input::Autocomplete { subcommand: None, option: option.into(), text });
        let asked = in_a_language(asked, language);
        let choices = find(command).expect("a command of ours").suggest(&asked, &facts);
        prop_assert!(choices.len() <= limits::CHOICES);
        check_body("POST", CALLBACK, &codec::answer_body(&InteractionResponse::Suggestions(choices.clone())))?;
        for choice in choices {
            let fits = |text: &str| (1..=limits::CHOICE).contains(&limits::length(text));
            prop_assert!(fits(&choice.label) && fits(&choice.value), "{choice:?}");
        }
    }
}
