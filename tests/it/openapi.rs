//! Checks every request body against Discord's own OpenAPI document and against rules that it does not state.
//!
//! The document's path comes from `DISCORD_OPENAPI`; without it, only our own rules are checked, and that is said loudly.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use healthy_upstream::chat::message::{MenuChoice, MenuKind};
use healthy_upstream::chat::{
    ActionRow, Button, ButtonStyle, Choice, Image, Mentions, Menu, Message, Modal, ModalField, Png, Reply,
    TextFile,
};
use healthy_upstream::commands::ALL;
use healthy_upstream::discord::simulator::rules::{RequestBodyKind, flaws};
use healthy_upstream::discord::{InteractionResponse, Post, codec};
use healthy_upstream::ids::{ChannelId, MessageId, RoleId, UserId};
use serde_json::{Value, json};

/// The document, if its path is given.
static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path = std::env::var_os("DISCORD_OPENAPI")?;
    let text =
        std::fs::read_to_string(Path::new(&path)).expect("DISCORD_OPENAPI names a file that can be read");
    Some(serde_json::from_str(&text).expect("DISCORD_OPENAPI is JSON"))
});

/// Compiled schemas by template, and how many bodies each has seen.
static SCHEMAS: LazyLock<Mutex<BTreeMap<String, (jsonschema::Validator, usize)>>> =
    LazyLock::new(Mutex::default);

/// The templates of the requests that carry a body.
const TEMPLATES: [(&str, &str); 16] = [
    ("PUT", "/applications/{application_id}/commands"),
    ("POST", "/applications/{application_id}/commands"),
    ("PATCH", "/applications/{application_id}/commands/{command_id}"),
    ("PUT", "/applications/{application_id}/guilds/{guild_id}/commands"),
    ("POST", "/applications/{application_id}/guilds/{guild_id}/commands"),
    ("PATCH", "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}"),
    ("POST", "/channels/{channel_id}/messages"),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"),
    ("POST", "/channels/{channel_id}/messages/{message_id}/threads"),
    ("POST", "/channels/{channel_id}/threads"),
    ("POST", "/interactions/{interaction_id}/{interaction_token}/callback"),
    ("POST", "/users/@me/channels"),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"),
    ("POST", "/channels/{channel_id}/messages/{message_id}/crosspost"),
];

fn template(method: &str, path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(w, p)| w == p || w.starts_with('{'))
    };
    TEMPLATES.iter().find(|(m, t)| *m == method && fits(t)).map(|(_, template)| *template)
}

/// Checks a request's body if its template carries one. The loopback Discord calls this for each request.
pub(crate) fn check_request(method: &str, path: &str, body: &Value) -> Vec<String> {
    let Some(template) = template(method, path).filter(|_| !body.is_null()) else { return Vec::new() };
    let wrong = check_body(method, template, body);
    wrong.into_iter().map(|wrong| format!("{method} {template}: {wrong}")).collect()
}

/// Everything that is wrong with a body, by Discord's document and by the rules that it does not state.
pub(crate) fn check_body(method: &str, template: &str, body: &Value) -> Vec<String> {
    let mut wrong = by_document(method, template, body);
    wrong.extend(by_rules(method, template, body));
    wrong
}

fn by_document(method: &str, template: &str, body: &Value) -> Vec<String> {
    let Some(document) = &*DOCUMENT else { return Vec::new() };
    let key = format!("{method} {template}");
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    let (schema, seen) = schemas.entry(key).or_insert_with(|| {
        let at = format!(
            "/paths/{}/{}/requestBody/content/application~1json/schema",
            template.replace('/', "~1"),
            method.to_lowercase()
        );
        let mut schema =
            document.pointer(&at).unwrap_or_else(|| panic!("the document knows {method} {template}")).clone();
        schema["components"] = document["components"].clone();
        (jsonschema::validator_for(&schema).expect("a schema"), 0)
    });
    *seen += 1;
    let body = with_integer_permissions(body.clone());
    schema
        .iter_errors(&body)
        .map(|e| format!("{:.300} at {}", e.masked().to_string(), e.instance_path()))
        .collect()
}

/// The one deviation that is known: the document types `default_member_permissions` as an integer, while Discord's
/// reference says a string, and takes that.
fn with_integer_permissions(mut body: Value) -> Value {
    let all = match &mut body {
        Value::Array(all) => all.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for command in all {
        if let Some(bits) = command["default_member_permissions"].as_str().and_then(|b| b.parse::<u64>().ok())
        {
            command["default_member_permissions"] = json!(bits);
        }
    }
    body
}

fn by_rules(method: &str, template: &str, body: &Value) -> Vec<String> {
    let said = |flaws: Vec<healthy_upstream::discord::simulator::rules::Violation>| {
        flaws.into_iter().map(|f| format!("{} at {}", f.code, f.path)).collect::<Vec<_>>()
    };
    if template.contains("/commands") {
        let commands = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
        return commands.iter().flat_map(|c| said(flaws(RequestBodyKind::Command, c))).collect();
    }
    let edit = method == "PATCH";
    let (kind, message) = match (template, body["type"].as_u64()) {
        (t, Some(4)) if t.ends_with("/callback") => (RequestBodyKind::Message, &body["data"]),
        (t, Some(7)) if t.ends_with("/callback") => (RequestBodyKind::Edit, &body["data"]),
        (t, Some(8)) if t.ends_with("/callback") => {
            return said(flaws(RequestBodyKind::Suggestions, &body["data"]));
        }
        (t, Some(9)) if t.ends_with("/callback") => return said(flaws(RequestBodyKind::Form, &body["data"])),
        (t, _) if t.ends_with("/callback") || t.ends_with("@me/channels") => return Vec::new(),
        ("/channels/{channel_id}/messages/{message_id}/threads", _) => {
            return said(flaws(RequestBodyKind::Thread, body));
        }
        ("/channels/{channel_id}/threads", _) => (RequestBodyKind::Message, &body["message"]),
        _ if edit => (RequestBodyKind::Edit, body),
        _ => (RequestBodyKind::Message, body),
    };
    let mut wrong = said(flaws(kind, message));
    if message["allowed_mentions"]["parse"] != json!([]) {
        wrong.push("allowed_mentions.parse must be there and empty".into());
    }
    wrong
}

fn rich() -> Message {
    let button = |n: u8| Button::Ask {
        label: format!("Button {n}"),
        action: format!("status:press:{n}"),
        style: [ButtonStyle::Plain, ButtonStyle::Main, ButtonStyle::Good, ButtonStyle::Danger]
            [usize::from(n % 4)],
        disabled: n == 3,
    };
    let choice = |n: u8| MenuChoice {
        label: format!("Choice {n}"),
        about: if n == 0 { String::new() } else { "more".into() },
        value: n.to_string(),
        chosen: n < 2,
    };
    let choices = Menu {
        action: "alerts:services".into(),
        hint: "Services".into(),
        of: MenuKind::Choices((0..25).map(choice).collect()),
        count: (1, 25),
    };
    let roles = Menu {
        action: "alerts:roles".into(),
        hint: String::new(),
        of: MenuKind::Roles(vec![RoleId(4)]),
        count: (0, 5),
    };
    let link = Button::Link { label: "More".into(), url: "https://example.com/".into() };
    let snapshot =
        Image { name: "status.png".into(), alt: "all green".into(), png: Png::Drawn(vec![1, 2, 3]) };
    Message {
        text: "🔴 ".repeat(600),
        rows: vec![
            ActionRow::Buttons((0..5).map(button).collect()),
            ActionRow::Menu(choices),
            ActionRow::Menu(roles),
            ActionRow::Buttons(vec![link]),
        ],
        images: vec![snapshot.clone(), Image { name: "two.png".into(), ..snapshot }],
        file: Some(TextFile { name: "data.json".into(), text: "{}".into() }),
        mentions: Mentions { roles: vec![RoleId(4), RoleId(5)], people: vec![UserId(6)] },
        quiet: true,
    }
}

fn bodies() -> Vec<(&'static str, &'static str, Value)> {
    const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";
    const ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
    let messages = [Message::text("🟢 up"), rich()];
    let mut all = Vec::new();
    for message in &messages {
        let post = Post {
            channel: ChannelId(1),
            message: message.clone(),
            nonce: "n".repeat(25),
            reply_to: Some(MessageId(3)),
        };
        all.push(("POST", "/channels/{channel_id}/messages", codec::post_body(&post)));
        all.push((
            "POST",
            "/channels/{channel_id}/messages",
            codec::post_body(&Post { reply_to: None, ..post }),
        ));
        all.push(("PATCH", "/channels/{channel_id}/messages/{message_id}", codec::edit_body(message)));
        all.push(("POST", "/channels/{channel_id}/threads", codec::forum_post_body("Web API", message)));
        all.push(("PATCH", ORIGINAL, codec::edit_answer_body(message)));
        for reply in [
            Reply::public(message.clone()),
            Reply::private(message.clone()),
            Reply::in_place(message.clone()),
        ] {
            all.push(("POST", "/webhooks/{webhook_id}/{webhook_token}", codec::follow_up_body(&reply)));
            all.push(("POST", CALLBACK, codec::answer_body(&InteractionResponse::Reply(reply))));
        }
    }
    all.push(("POST", "/channels/{channel_id}/messages/{message_id}/threads", codec::thread_body("Web API")));
    let field = |n: u8| ModalField {
        name: format!("field-{n}"),
        label: "Error or log".into(),
        hint: if n == 0 { String::new() } else { "503 no healthy upstream".into() },
        paragraph: n == 0,
        most: 4000,
    };
    let form = Modal {
        action: "diagnose:read".into(),
        title: "Paste it".into(),
        fields: (0..5).map(field).collect(),
    };
    let choice = |n: u8| Choice { label: format!("Entry {n}"), value: format!("entry-{n}") };
    all.push(("POST", CALLBACK, codec::answer_body(&InteractionResponse::Form(form))));
    all.push((
        "POST",
        CALLBACK,
        codec::answer_body(&InteractionResponse::Suggestions((0..25).map(choice).collect())),
    ));
    all.push(("POST", CALLBACK, codec::answer_body(&InteractionResponse::Suggestions(Vec::new()))));
    for private in [true, false] {
        all.push(("POST", CALLBACK, codec::answer_body(&InteractionResponse::Deferred { private })));
    }
    all.push(("POST", CALLBACK, codec::answer_body(&InteractionResponse::DeferredUpdate)));
    let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
    let commands = codec::command_bodies(&specs);
    all.extend(commands.iter().map(|c| ("POST", "/applications/{application_id}/commands", c.clone())));
    all.push(("PUT", "/applications/{application_id}/commands", Value::Array(commands)));
    all
}

#[test]
fn every_request_body_matches_discords_document() {
    let mut wrong = Vec::new();
    for (method, template, body) in bodies() {
        wrong.extend(
            check_body(method, template, &body).into_iter().map(|w| format!("{method} {template}: {w}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if DOCUMENT.is_none() {
        // Written to stderr directly: the test harness hides the output of a test that passes.
        let said = "NOT RUN: DISCORD_OPENAPI is not set, so no body was checked against Discord's document";
        writeln!(std::io::stderr(), "\n{said}").expect("somebody reads it");
        return;
    }
    for (key, (_, seen)) in SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        eprintln!("{seen:4} bodies of {key}");
    }
}

#[test]
fn each_command_declares_its_contexts_and_audience() {
    let specs: Vec<_> = ALL.iter().map(|command| command.spec()).collect();
    let lines = codec::command_bodies(&specs).into_iter().map(|it| {
        let (installs, contexts) = (&it["integration_types"], &it["contexts"]);
        let may = it["default_member_permissions"].as_str().unwrap_or("everybody");
        format!("{} {}: installed {installs}, in {contexts}, {may}", it["type"], it["name"])
    });
    // Installed 0 in a server, 1 by a person; in 0 servers, 1 the bot's own conversations, 2 those of others; 16 is
    // Manage Channels (reference, "Application integration types", "Interaction context types", "Permissions").
    expect_test::expect![[r#"
        1 "status": installed [0,1], in [0,1,2], everybody
        1 "outages": installed [0,1], in [0,1,2], everybody
        1 "uptime": installed [0,1], in [0,1,2], everybody
        1 "faq": installed [0,1], in [0,1,2], everybody
        1 "diagnose": installed [0,1], in [0,1,2], everybody
        1 "alerts": installed [0], in [0], 16
        1 "about": installed [0,1], in [0,1,2], everybody
        3 "Explain this error": installed [0,1], in [0,1,2], everybody"#]]
    .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn body_that_discord_would_refuse_is_detected() {
    let create = "/channels/{channel_id}/messages";
    let good = json!({ "content": "x", "allowed_mentions": { "parse": [] } });
    assert_eq!(check_body("POST", create, &good), [""; 0]);
    let mut long = good.clone();
    long["content"] = json!("x".repeat(2001));
    assert_eq!(check_body("POST", create, &long), ["BASE_TYPE_MAX_LENGTH at content"]);
    let loud = json!({ "content": "@everyone" });
    assert_eq!(check_body("POST", create, &loud), ["allowed_mentions.parse must be there and empty"]);
}
