//! Presses and forms that nobody was offered, and interactions that Discord would not send: each gets a clear answer or an
//! error, and none does what its invoker has no permission for.

use std::collections::BTreeSet;

use healthy_upstream::alerts::{Reason, Subscription, SubscriptionEdit, UpdateMode};
use healthy_upstream::chat::announce::{RenderContext, current, notify};
use healthy_upstream::chat::{ActionRow, Button, Message};
use healthy_upstream::commands::{
    Context, Facts, Input, Invocation, PendingChange, Response, UserError, find,
};
use healthy_upstream::discord::codec::{self, IncomingInteraction};
use healthy_upstream::discord::simulator::rules::DiscordRules;
use healthy_upstream::health::{EventKind, Outage, OutageEvent, OutageId};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::every_answer::{check_reply, hostile};
use crate::fixtures::{at, by_moderator, catalog, decide, during, ended, facts, outage, pressed, typed};

const GUILD: GuildId = GuildId(20);
const HERE: ChannelId = ChannelId(30);

/// Returns the facts of an outage, with everything that an answer may need.
fn known() -> Facts {
    let mut subscription = Subscription::new(GUILD, HERE, at("08:00:00"));
    subscription.roles = vec![RoleId(4)];
    let over = Outage { id: OutageId("web-api-20250401".into()), ..ended(outage(), "12:40:00") };
    Facts {
        outage: Some(outage()),
        outages: vec![outage(), over],
        subscriptions: vec![subscription],
        undelivered: vec![healthy_upstream::commands::UndeliveredAlert {
            channel: HERE,
            outage: outage().id,
            why: Reason::Other("Missing Access".into()),
            given_up: false,
        }],
        counts: vec![("subscriptions".into(), 1)],
        server: Some(Ok(u64::MAX)),
        ..facts(during(&outage(), "13:32:05"))
    }
}

/// Returns the custom ids of a message.
fn ids_of(message: &Message) -> Vec<String> {
    let of_row = |row: &ActionRow| match row {
        ActionRow::Buttons(buttons) => buttons
            .iter()
            .filter_map(|button| match button {
                Button::Ask { action, .. } => Some(action.clone()),
                Button::Link { .. } => None,
            })
            .collect(),
        ActionRow::Menu(menu) => vec![menu.action.clone()],
    };
    message.rows.iter().flat_map(of_row).collect()
}

fn ids_in(decision: Result<Response, UserError>) -> Vec<String> {
    match decision {
        Ok(Response::Say(reply)) => ids_of(&reply.message),
        Ok(Response::Change(asked)) => {
            let PendingChange { stored, same, not_saved, .. } = *asked;
            [Some(stored), same, Some(not_saved)]
                .iter()
                .flatten()
                .flat_map(|it| ids_of(&it.message))
                .collect()
        }
        Ok(Response::Ask(form)) => vec![form.action],
        _ => Vec::new(),
    }
}

/// Returns every custom id that the bot offers, found by running commands and pressing until nothing new comes.
fn custom_ids() -> BTreeSet<String> {
    let facts = known();
    let mut found = BTreeSet::new();
    let typed_in = [
        typed("status", &[]),
        typed("outages", &[]),
        typed("uptime", &[]),
        typed("faq", &[("question", "spotify no healthy upstream")]),
        typed("faq", &[("question", "503 after restart")]),
        typed("faq", &[("question", "how do I bake bread")]),
        typed("diagnose", &[]),
        typed("diagnose", &[("error", "HTTP/2 503\nserver: envoy\n\nno healthy upstream")]),
        typed("about", &[]),
        typed("alerts list", &[]),
        typed("alerts doctor", &[]),
        typed("alerts delete-data", &[]),
        typed("alerts export-data", &[]),
        pressed("alerts:toggle-quiet:30", &[]),
    ];
    for asked in typed_in {
        found.extend(ids_in(decide(&by_moderator(asked), &facts)));
    }
    let catalog = catalog();
    for mode in [UpdateMode::Edit, UpdateMode::Posts, UpdateMode::Thread] {
        let context =
            RenderContext { mode, ..RenderContext::new(&catalog, Language::ENGLISH, at("13:32:05")) };
        let kind = EventKind::Started;
        let event = OutageEvent { at: at("12:20:50"), kind, outage: outage(), why: Vec::new() };
        found.extend(ids_of(&notify(&event, &context)));
        found.extend(ids_of(&current(&outage(), &context)));
    }
    // The buttons of the answers to these buttons.
    for _ in 0..3 {
        for id in found.clone() {
            found.extend(ids_in(decide(&by_moderator(pressed(&id, &["spotify-nhu"])), &facts)));
        }
    }
    found
}

#[test]
fn every_kind_of_button_menu_and_form_is_found() {
    let ids = custom_ids();
    let family = |id: &String| {
        let action = id.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
        action.split('@').next().unwrap_or_default().to_owned()
    };
    let families: BTreeSet<String> = ids.iter().map(family).collect();
    expect_test::expect![[r#"
        about:details
        about:forget-me
        alerts:acknowledge
        alerts:delete-data
        alerts:me-too
        alerts:post-now
        alerts:set-events
        alerts:set-mode
        alerts:set-roles
        alerts:set-services
        alerts:tell-me
        alerts:test
        alerts:toggle-quiet
        alerts:toggle-reminders
        alerts:toggle-weekly
        alerts:unsubscribe
        diagnose:paste
        diagnose:share
        faq:delete
        faq:entry
        faq:helped
        faq:more
        faq:not-helped
        faq:pick
        faq:related
        faq:where
        outages:open
        status:day
        status:fails
        status:refresh
        status:tell-me"#]]
    .assert_eq(&families.into_iter().collect::<Vec<_>>().join("\n"));
}

/// A custom id as an attacker would change it: cut, joined with another, pointed at another channel, server or outage, or with
/// any text inserted.
fn forged_ids() -> impl Strategy<Value = String> {
    let ids: Vec<String> = custom_ids().into_iter().collect();
    let one = prop::sample::select(ids);
    (one.clone(), one, any::<prop::sample::Index>(), hostile(), 0..8u8).prop_map(
        |(id, other, place, words, how)| {
            let cut: String = id.chars().take(place.index(id.chars().count() + 1)).collect();
            let last = id.rsplit_once(':').map_or(id.as_str(), |(head, _)| head).to_owned();
            match how {
                0 => id,
                1 => cut,
                2 => format!("{cut}{words}"),
                3 => format!("{id}:{other}"),
                4 => format!("{last}:{}", u64::MAX - 7), // a channel of another server
                5 => format!("{last}:{words}"),
                6 => format!("{last}:0"),
                _ => format!("{id}{}", ":9".repeat(60)),
            }
        },
    )
}

/// A press or a submitted form by anybody, anywhere, with any values.
fn forged() -> impl Strategy<Value = Invocation> {
    let values = prop::collection::vec(
        prop_oneof![hostile(), Just("4".into()), Just("0".into()), Just("edit".into())],
        0..4,
    );
    (forged_ids(), values, any::<[bool; 4]>(), 0..4u8).prop_map(
        |(id, values, [form, moderator, ours, invoker], place)| {
            let (command, action) = id.split_once(':').unwrap_or((&id, ""));
            let input = if form {
                let fields = [("error".to_owned(), values.concat())].into();
                Input::ModalSubmit { action: action.into(), fields }
            } else {
                Input::Component {
                    action: action.into(),
                    values,
                    mentionable: Vec::new(),
                    message: Some(MessageId(50)),
                    ours,
                    asked_by: invoker.then_some(UserId(40)),
                }
            };
            let mut asked = crate::fixtures::ask(command, input);
            asked.context = match (place, asked.context) {
                (0, _) => Context::Direct(ChannelId(9)),
                (1, _) => Context::Elsewhere(ChannelId(9)),
                // By user install, where the bot is no member.
                (2, Context::Server { guild, channel, parent, may, language, .. }) => {
                    Context::Server { guild, channel, parent, may, member: false, language }
                }
                (_, server) => server,
            };
            if moderator { by_moderator(asked) } else { asked }
        },
    )
}

/// Returns the guild and the channel of a change that needs "Manage Channels", and that is possible only in a guild that the
/// bot is a member of.
fn needs_a_moderator(change: &SubscriptionEdit) -> Option<(GuildId, Option<ChannelId>)> {
    match change {
        SubscriptionEdit::Subscribe(it) => Some((it.guild, Some(it.channel))),
        SubscriptionEdit::Unsubscribe(guild, channel)
        | SubscriptionEdit::Preview(guild, channel, _)
        | SubscriptionEdit::CatchUp(guild, channel, _)
        | SubscriptionEdit::LiveMessage(guild, channel, _)
        | SubscriptionEdit::Acknowledge(guild, channel, _) => Some((*guild, Some(*channel))),
        SubscriptionEdit::EndLiveStatus(guild, _) | SubscriptionEdit::DeleteData(guild) => {
            Some((*guild, None))
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn forged_press_gains_no_rights_and_is_answered(asked in forged()) {
        let facts = known();
        // An unknown command is answered in `interactions`, with an id that the operator finds in the log.
        let Some(command) = find(&asked.command) else { return Ok(()) };
        command.needs(&asked);
        let decision = command.answer(&asked, &facts);
        let forged = asked.is_forged();
        let text = match decision {
            Err(misuse) => misuse.0,
            Ok(Response::Nothing) => {
                prop_assert!(forged, "only a press on a message of another author gets no answer");
                return Ok(());
            }
            Ok(Response::Say(reply)) => {
                check_reply(&reply)?;
                reply.message.text
            }
            Ok(Response::Ask(form)) => form.title,
            Ok(Response::Delete { channel, message }) => {
                let own = matches!(asked.input, Input::Component { asked_by: Some(UserId(40)), .. });
                prop_assert!(own || asked.invoker.manages_messages, "somebody else's answer");
                prop_assert_eq!((Some(channel), message), (asked.context.channel(), MessageId(50)));
                return Ok(());
            }
            Ok(Response::Change(change)) => {
                if let Some((guild, channel)) = needs_a_moderator(&change.change) {
                    prop_assert!(asked.invoker.manages_channels, "{:?}", change.change);
                    prop_assert_eq!(Some(guild), asked.context.guild(), "another guild");
                    // No other channel was checked, so nothing is known about it.
                    prop_assert!(channel.is_none_or(|it| it == HERE), "{:?}", change.change);
                }
                check_reply(&change.stored)?;
                check_reply(&change.not_saved)?;
                change.stored.message.text
            }
        };
        prop_assert!(!forged, "a press on a message of another author got an answer: {}", text);
        prop_assert!(!text.trim().is_empty(), "no answer");
    }
}

/// Discord gives no id of 0, and the types of its requests panic on one.
#[test]
fn id_of_zero_is_rejected_everywhere() {
    let (facts, alerts) = (known(), find("alerts").expect("ours"));
    let ids = custom_ids();
    let of_a_channel: Vec<_> =
        ids.iter().filter_map(|id| id.strip_suffix(":30")).filter(|id| id.starts_with("alerts:")).collect();
    assert!(of_a_channel.len() >= 3, "{of_a_channel:?}");
    for id in of_a_channel {
        let asked = by_moderator(pressed(&format!("{id}:0"), &[]));
        let needs = format!("{:?}", alerts.needs(&asked));
        assert!(!needs.contains("ChannelId(0)"), "{id}: {needs}");
        decide(&asked, &facts).expect_err(id);
    }
    let chosen = decide(&by_moderator(pressed("alerts:set-roles:30", &["0"])), &facts);
    let Ok(Response::Change(chosen)) = chosen else { panic!("{chosen:?}") };
    let chosen = format!("{:?}", chosen.change);
    assert!(chosen.contains("roles: []"), "{chosen}");
}

/// A form with the custom id of a button does not do what the button does.
#[test]
fn form_that_was_never_offered_does_nothing() {
    let facts = known();
    let mut forged = 0;
    for id in custom_ids() {
        let Some((command, action)) = id.split_once(':').filter(|(command, _)| find(command).is_some())
        else {
            continue;
        };
        let fields = [("error".to_owned(), "yes".to_owned())].into();
        let asked =
            by_moderator(crate::fixtures::ask(command, Input::ModalSubmit { action: action.into(), fields }));
        let decision = decide(&asked, &facts);
        match (command, action) {
            ("diagnose", "paste") => continue,
            ("diagnose", _) => assert!(decision.is_err(), "{id}: {decision:?}"),
            _ => assert!(matches!(decision, Ok(Response::Nothing)), "{id}: {decision:?}"),
        }
        forged += 1;
    }
    assert!(forged >= 20, "{forged}");
}

/// Returns a `/diagnose` with this text, as Discord sends it.
fn interaction(text: &str) -> Value {
    let now = at("13:00:00");
    let mut model = DiscordRules::new();
    let guild = model.add_guild("Developers", now);
    let channel = model.add_channel(
        Some(guild),
        "help",
        healthy_upstream::discord::simulator::rules::RulesChannelKind::Text,
        now,
    );
    let ada = model.add_person("ada", now);
    let (id, token) = model.ask(channel, ada, None, now);
    let option = json!({ "name": "error", "type": 3, "value": text });
    let data = json!({ "id": "1", "name": "diagnose", "type": 1, "options": [option] });
    crate::loopback::interaction(&model, (id, &token), 2, (channel, ada, 0), &data, None)
}

/// Returns the text of a decoded `/diagnose`.
fn text_of(read: Result<IncomingInteraction, String>) -> Option<String> {
    let Ok(IncomingInteraction::Asked(asked, _)) = read else { return None };
    asked.text("error").map(str::to_owned)
}

#[test]
fn binary_input_is_an_error_that_repeats_nothing() {
    let sent = interaction("SECRET-WORDS").to_string();
    // Halves of surrogate pairs, which JSON can contain and text cannot.
    for half in ["\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud83d x"] {
        let sent = sent.replace("SECRET-WORDS", &format!("SECRET-WORDS {half}"));
        let error = codec::read_interaction(&sent).expect_err("half a character");
        assert!(!error.contains("SECRET"), "{error}");
    }
    let whole = sent.replace("SECRET-WORDS", "\\ud83d\\udd25 \\u0000 nul");
    assert_eq!(text_of(codec::read_interaction(&whole)).as_deref(), Some("🔥 \0 nul"));
    for broken in ["", "{", "[]", "null", "{\"type\":2}", "\u{feff}{}"] {
        codec::read_interaction(broken).expect_err("no interaction");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn options_of_any_length_and_script_are_answered(
        text in prop_oneof![
            "\\PC{0,200}",
            "[\\x00-\\x1f\\x7f]{0,40}",
            // Right to left with direction marks, marks without width, and one letter with a hundred marks.
            "[א-ת\u{202a}-\u{202e}\u{2066}-\u{2069} ]{0,200}",
            "[\u{200b}-\u{200f}\u{2060}\u{feff}a-z]{0,400}",
            "a\u{301}{100,400}",
            "[👩‍👧🇩🇪🏴\u{fe0f}]{0,300}",
            hostile().prop_map(|text| text.repeat(20).chars().take(6_000).collect::<String>()),
            Just("9".repeat(6_000)),
        ],
    ) {
        let read = codec::read_interaction(&interaction(&text).to_string());
        let Ok(IncomingInteraction::Asked(asked, _)) = read else { panic!("{read:?}") };
        let trimmed = Some(text.trim()).filter(|it| !it.is_empty());
        prop_assert_eq!(asked.text("error"), trimmed);
        match decide(&asked, &known()) {
            Ok(Response::Say(reply)) => check_reply(&reply)?,
            Ok(Response::Ask(_)) => prop_assert!(trimmed.is_none()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arbitrary_interactions_are_decoded_or_rejected(
        at in any::<prop::sample::Index>(),
        put in prop_oneof![Just(Value::Null), Just(json!([])), Just(json!({})), Just(json!(-1)), Just(json!("")),
            Just(json!(1e300)), Just(json!("18446744073709551616")), hostile().prop_map(Value::String)],
    ) {
        let mut sent = interaction("503");
        let mut pointers = Vec::new();
        collect(&sent, String::new(), &mut pointers);
        let pointer = &pointers[at.index(pointers.len())];
        *sent.pointer_mut(pointer).expect("it is there") = put;
        // Any result is fine, as long as it does not panic.
        let _read = codec::read_interaction(&sent.to_string());
    }
}

/// Collects the JSON pointers of everything in a value.
fn collect(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                collect(inner, format!("{at}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (n, inner) in list.iter().enumerate() {
                collect(inner, format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
    if !at.is_empty() {
        found.push(at);
    }
}
