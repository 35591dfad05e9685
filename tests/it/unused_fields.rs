//! The content of a field that we do not use never changes the meaning of an interaction.
//!
//! Every path of a recorded object that is not listed as used is removed, or holds junk: the reading is the same to the
//! last byte, and so is the answer, which knows nothing else.

use std::fmt::Debug;

use healthy_upstream::discord::codec::{self, ApiChannel, ApiGuild, IncomingInteraction, Node, OwnMember};
use serde_json::{Value, json};

/// What replaces a field, as JSON text; `KEY` is the field's own name.
fn junk() -> Vec<String> {
    let mut junk: Vec<String> = [
        "null",
        "true",
        "-1",
        "1e999",
        "18446744073709551616",
        "\"\"",
        "\"x\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[null,{\"id\":\"7\"}]",
        "{\"id\":\"7\",\"type\":10,\"content\":\"503\"}",
        // Twice the same key.
        "1,\"KEY\":[]",
        "{\"a\":1,\"a\":{}},\"KEY\":1e999",
    ]
    .map(str::to_owned)
    .into();
    junk.push(format!("{}{}", "[".repeat(300), "]".repeat(300)));
    junk.push(format!("{}0{}", "{\"\\udfff\":".repeat(300), "}".repeat(300)));
    junk
}

/// Every path in a value, as the keys that lead there.
fn places(value: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, inner)| (key.clone(), inner)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, inner)| (n.to_string(), inner)).collect(),
        _ => Vec::new(),
    };
    for (key, inner) in inner {
        at.push(key);
        found.push(at.clone());
        places(inner, at, found);
        at.pop();
    }
}

/// Whether a path is used, or leads to one that is. `*` matches any key.
fn is_used(place: &[String], used: &[&str]) -> bool {
    used.iter().any(|used| {
        let used: Vec<&str> = used.split('.').collect();
        used.len() >= place.len() && used.iter().zip(place).all(|(key, at)| *key == "*" || key == at)
    })
}

fn pointer(place: &[String]) -> String {
    place.iter().map(|key| format!("/{key}")).collect::<Vec<_>>().concat()
}

/// Reads the object with each unused path spoilt in each way; nothing may change what is read.
fn nothing_unused_matters<T: PartialEq + Debug>(
    name: &str,
    whole: &Value,
    used: &[&str],
    read: impl Fn(&str) -> T,
) {
    const HERE: &str = "@@here@@";
    let expected = read(&whole.to_string());
    let (mut found, mut tried) = (Vec::new(), 0);
    places(whole, &mut Vec::new(), &mut found);
    for place in found.iter().filter(|place| !is_used(place, used)) {
        let (key, parent) = place.split_last().expect("a key");
        let mut without = whole.clone();
        match without.pointer_mut(&pointer(parent)).expect("it is there") {
            Value::Object(map) => drop(map.remove(key)),
            // What follows in a list would move.
            _ => continue,
        }
        assert_eq!(read(&without.to_string()), expected, "{name} without {place:?}");
        let mut spoilt = whole.clone();
        *spoilt.pointer_mut(&pointer(place)).expect("it is there") = json!(HERE);
        let spoilt = spoilt.to_string();
        for junk in junk() {
            let sent = spoilt.replacen(&format!("\"{HERE}\""), &junk.replace("KEY", key), 1);
            assert_eq!(read(&sent), expected, "{name}: {place:?} is {}", &junk[..junk.len().min(60)]);
            tried += 1;
        }
    }
    assert!(tried > 0, "{name}: there are unused fields");
}

fn read_interaction(json: &str) -> String {
    match codec::read_interaction(json) {
        Ok(IncomingInteraction::Asked(asked, token)) => {
            format!("{asked:?} {} {}", token.application, token.token)
        }
        other => panic!("{other:?}"),
    }
}

/// What is used of every interaction.
const AROUND: [&str; 14] = [
    "id",
    "application_id",
    "type",
    "token",
    "guild_id",
    "channel_id",
    "context",
    "app_permissions",
    "locale",
    "authorizing_integration_owners.*",
    "member.user.id",
    "member.roles.*",
    "member.permissions",
    "channel.type",
];

/// A person with everything that a client may decorate them with.
fn person(id: &str) -> Value {
    json!({ "id": id, "username": "ada", "discriminator": "0", "global_name": "Ada", "avatar": "a_builder_1", "bot": false,
        "public_flags": 17_592_186_044_416_u64, "flags": 1, "banner": null, "accent_color": null, "premium_type": 2,
        "avatar_decoration_data": { "asset": "v2_a_624192b47596d66e5f15a6b0932afbd3", "sku_id": "1", "expires_at": null },
        "collectibles": { "nameplate": { "sku_id": "1", "asset": "x", "palette": "new" } }, "primary_guild": null })
}

/// An interaction of a kind, in a thread of a server.
fn interaction(kind: u8, data: &Value) -> Value {
    json!({ "id": "1480000000000000001", "application_id": "1000", "type": kind, "token": "tok", "version": 1,
        "guild_id": "2000", "guild": { "id": "2000", "locale": "en-US", "features": ["COMMUNITY"] }, "channel_id": "1100",
        "channel": { "id": "1100", "type": 11, "guild_id": "2000", "name": "help", "permissions": "8", "flags": 0,
            "parent_id": "1099", "thread_metadata": { "archived": false, "archive_timestamp": "2026-01-01" } },
        "member": { "user": person("3000"), "roles": ["2001", "2002"], "joined_at": "2026-01-01T00:00:00+00:00",
            "deaf": false, "mute": false, "nick": null, "avatar": null, "flags": 0, "pending": false, "premium_since": null,
            "communication_disabled_until": null, "permissions": "2251799813685247", "banner": null },
        "app_permissions": "2251799813685247", "locale": "de", "guild_locale": "fr", "entitlements": [{ "id": "1" }],
        "authorizing_integration_owners": { "0": "2000", "1": "3000" }, "context": 0,
        "attachment_size_limit": 10_485_760, "data": data })
}

fn check(name: &str, whole: &Value, used: &[&str]) {
    let used = [&AROUND[..], &["guild_locale", "channel.parent_id"], used].concat();
    nothing_unused_matters(name, whole, &used, read_interaction);
}

#[test]
fn unused_fields_do_not_change_interactions() {
    let role = json!({ "id": "55", "name": "ops", "mentionable": true, "permissions": "0", "color": 0, "position": 1,
        "colors": { "primary_color": 0 }, "flags": 0, "hoist": false, "managed": false, "icon": null });
    let channel = json!({ "id": "1101", "type": 5, "name": "news", "permissions": "8", "app_permissions": "1024",
        "flags": 0, "parent_id": null, "topic": null, "position": 3, "last_message_id": null });
    let given = json!([{ "name": "channel", "type": 7, "value": "1101" }, { "name": "role", "type": 8, "value": "55" }]);
    let data = json!({ "id": "77", "name": "alerts", "type": 1, "guild_id": "2000",
        "options": [{ "name": "subscribe", "type": 1, "options": given }],
        "resolved": { "channels": { "1101": channel }, "roles": { "55": role }, "users": { "3000": person("3000") },
            "members": { "3000": { "nick": 7 } } } });
    let options = [
        "data.name",
        "data.type",
        "data.options.*.name",
        "data.options.*.type",
        "data.options.*.options.*.name",
        "data.options.*.options.*.type",
        "data.options.*.options.*.value",
        "data.resolved.channels.*.type",
        "data.resolved.channels.*.app_permissions",
        "data.resolved.roles.*.mentionable",
    ];
    check("subscribe", &interaction(2, &data), &options);

    let file = json!({ "id": "9", "url": "https://cdn.discordapp.com/a/1/2/x.log", "filename": "x.log", "size": 7,
        "content_type": "text/plain", "proxy_url": "x", "width": null, "height": null, "ephemeral": true, "flags": 0 });
    let data = json!({ "id": "77", "name": "diagnose", "type": 1,
        "options": [{ "name": "file", "type": 11, "value": "9", "focused": false }], "resolved": { "attachments": { "9": file } } });
    let used = [
        "data.name",
        "data.type",
        "data.options.*.name",
        "data.options.*.type",
        "data.options.*.value",
        "data.resolved.attachments.*.url",
        "data.resolved.attachments.*.filename",
        "data.resolved.attachments.*.size",
        "data.resolved.attachments.*.content_type",
    ];
    check("diagnose", &interaction(2, &data), &used);

    let data = json!({ "id": "77", "name": "faq", "type": 1,
        "options": [{ "name": "question", "type": 3, "value": "no hea", "focused": true, "options": [] }] });
    let used = [
        "data.name",
        "data.options.*.name",
        "data.options.*.type",
        "data.options.*.value",
        "data.options.*.focused",
    ];
    check("autocomplete", &interaction(4, &data), &[&used[..], &["data.options.*.options"]].concat());

    let mut pressed = interaction(
        3,
        &json!({ "custom_id": "alerts:set-roles:1100", "component_type": 6, "id": 4,
        "values": ["55"], "resolved": { "roles": { "55": role } } }),
    );
    pressed["message"] = json!({ "id": "1200", "author": person("1000"), "application_id": "1000", "content": "x",
        "interaction_metadata": { "id": "1", "type": 2, "user": person("3000"), "authorizing_integration_owners": {} },
        "embeds": [{ "timestamp": "2026-01-01" }], "components": [{ "type": 42, "components": [{ "type": 99 }] }],
        "attachments": [{ "id": "1" }], "flags": 64, "timestamp": "today", "mentions": [person("3001")], "type": 99 });
    let used = [
        "data.custom_id",
        "data.values.*",
        "data.resolved.roles.*.mentionable",
        "message.id",
        "message.author.id",
        "message.application_id",
        "message.interaction_metadata.user.id",
    ];
    check("pressed", &pressed, &used);

    let field = json!({ "type": 4, "custom_id": "error", "value": "503\nno healthy upstream", "id": 2 });
    let label = json!({ "type": 18, "id": 1, "component": field, "label": "Error" });
    for (name, components) in [
        ("form in rows", json!([{ "type": 1, "id": 1, "components": [field] }])),
        ("form in labels", json!([label])),
    ] {
        let used = [
            "data.custom_id",
            "data.components.*.type",
            "data.components.*.components.*.type",
            "data.components.*.components.*.custom_id",
            "data.components.*.components.*.value",
            "data.components.*.component.type",
            "data.components.*.component.custom_id",
            "data.components.*.component.value",
        ];
        check(
            name,
            &interaction(5, &json!({ "custom_id": "diagnose:paste", "components": components })),
            &used,
        );
    }
}

#[test]
fn unused_fields_do_not_change_an_explained_message() {
    let embed = json!({ "type": "rich", "title": "t", "description": "503", "timestamp": "2026-01-01", "color": 7,
        "fields": [{ "name": "n", "value": "v", "inline": true }], "footer": { "text": "f", "icon_url": "x" },
        "author": { "name": "a" }, "provider": {}, "image": { "url": "x", "width": 1 } });
    let components = json!([{ "type": 17, "id": 1, "accent_color": 7, "components": [
        { "type": 10, "id": 2, "content": "deep" }, { "type": 12, "items": [{ "media": { "url": "x" } }] }] }]);
    let file = json!({ "id": "9", "url": "https://cdn.discordapp.com/a/1/2/x.log", "filename": "x.log", "size": 7,
        "content_type": "text/plain", "proxy_url": "x", "waveform": 7 });
    let snapshot = json!({ "message": { "content": "forwarded", "embeds": [embed], "components": components,
        "attachments": [], "timestamp": "x", "type": 0, "flags": 0, "mentions": [person("3002")] } });
    let message = json!({ "id": "1200", "channel_id": "1100", "author": person("3001"), "content": "<@3000> 503",
        "timestamp": "x", "edited_timestamp": null, "tts": false, "mention_everyone": false, "pinned": false, "type": 0,
        "mentions": [person("3000")], "mention_roles": ["1"], "attachments": [file], "embeds": [embed], "flags": 16_384,
        "components": components, "message_reference": { "type": 1, "message_id": "5" }, "message_snapshots": [snapshot],
        "poll": { "question": { "text": "?" } }, "sticker_items": [{ "format_type": 9 }], "call": {}, "thread": { "id": 1 } });
    let data = json!({ "id": "78", "name": "Explain this error", "type": 3, "target_id": "1200",
        "resolved": { "messages": { "1200": message }, "users": { "3001": person("3001") } } });
    let parts = [
        "content",
        "embeds.*.title",
        "embeds.*.description",
        "embeds.*.fields.*.name",
        "embeds.*.fields.*.value",
        "embeds.*.footer.text",
        "components.*.components.*.type",
        "components.*.components.*.content",
        "components.*.type",
        "attachments.*.url",
        "attachments.*.filename",
        "attachments.*.size",
        "attachments.*.content_type",
        "components.*.components.*.components",
        "components.*.content",
    ];
    let own = parts.map(|part| format!("data.resolved.messages.*.{part}"));
    let forwarded = parts.map(|part| format!("data.resolved.messages.*.message_snapshots.*.message.{part}"));
    let mut used = vec!["data.name", "data.type", "data.target_id", "data.resolved.messages.*.author.id"];
    used.extend(own.iter().chain(&forwarded).map(String::as_str));
    check("explained", &interaction(2, &data), &used);
}

#[test]
fn unused_fields_do_not_change_what_is_read_back() {
    fn whole<T: Debug>(read: impl Fn(Node<'_>) -> T) -> impl Fn(&str) -> String {
        move |json| format!("{:?}", read(Node::parse(json).expect("JSON")))
    }
    let overwrite = json!({ "id": "2000", "type": 0, "allow": "0", "deny": "1048576", "note": 1 });
    let channel = json!({ "id": "1100", "type": 2, "guild_id": "2000", "name": "c", "parent_id": "1", "flags": 16,
        "permission_overwrites": [overwrite], "topic": null, "nsfw": false, "rtc_region": 7, "user_limit": "x",
        "available_tags": [{ "id": "1", "emoji_id": {} }], "default_reaction_emoji": {}, "thread_metadata": {} });
    let used = [
        "type",
        "guild_id",
        "parent_id",
        "flags",
        "permission_overwrites.*.id",
        "permission_overwrites.*.type",
        "permission_overwrites.*.allow",
        "permission_overwrites.*.deny",
    ];
    nothing_unused_matters("channel", &channel, &used, whole(ApiChannel::read));

    let role = json!({ "id": "2000", "name": "everyone", "permissions": "1024", "mentionable": false, "color": "red",
        "colors": {}, "icon": 7, "tags": { "bot_id": null }, "flags": -1 });
    let server = json!({ "id": "2000", "name": "s", "owner_id": "3", "roles": [role], "emojis": [{}], "features": [7],
        "premium_tier": 99, "nsfw_level": "x", "welcome_screen": null, "incidents_data": {} });
    let used = ["owner_id", "roles.*.id", "roles.*.name", "roles.*.permissions", "roles.*.mentionable"];
    nothing_unused_matters("server", &server, &used, whole(ApiGuild::read));

    let member = json!({ "user": person("1000"), "roles": ["7"], "communication_disabled_until": null, "flags": 1_u64 << 40,
        "avatar": 7, "joined_at": "x" });
    let used = ["roles.*", "communication_disabled_until"];
    nothing_unused_matters("member", &member, &used, whole(OwnMember::read));

    let threads = json!({ "threads": [{ "id": "1", "parent_id": "2", "owner_id": "3", "type": 99, "name": 7 }],
        "members": [{ "id": 1e9 }], "has_more": "no" });
    let used = ["threads.*.id", "threads.*.parent_id", "threads.*.owner_id"];
    nothing_unused_matters("threads", &threads, &used, whole(codec::read_threads));

    let application = json!({ "id": "1", "name": "app", "bot": person("1000"), "flags": 1e300, "owner": person("1"),
        "team": {}, "install_params": 7, "redirect_uris": {} });
    let used = ["id", "bot.id", "bot.username"];
    nothing_unused_matters("application", &application, &used, whole(codec::read_identity));

    let gateway = json!({ "url": "wss://gateway.discord.gg", "shards": 2, "note": {}, "session_start_limit":
        { "total": 1000, "remaining": 999, "reset_after": 7, "max_concurrency": 1, "note": [] } });
    let used = [
        "url",
        "shards",
        "session_start_limit.total",
        "session_start_limit.remaining",
        "session_start_limit.reset_after",
        "session_start_limit.max_concurrency",
    ];
    nothing_unused_matters("gateway", &gateway, &used, whole(codec::read_gateway));

    let ready = json!({ "v": 10, "user": person("1000"), "guilds": [{ "id": "7", "unavailable": true }, { "id": "9" }],
        "session_id": "s", "resume_gateway_url": "wss://x", "shard": [0, 1], "application": { "id": "1", "flags": -1 },
        "auth": {}, "_trace": ["x"] });
    nothing_unused_matters("ready", &ready, &["guilds.*.id"], whole(codec::read_ready));

    let message = json!({ "id": "1", "author": person("1000"), "content": "-# web-api-1/start", "embeds": [{ "type": 7 }],
        "components": [{ "type": 1, "components": [{ "type": 2, "custom_id": "x", "label": 7, "style": 99 }] }] });
    let used = [
        "id",
        "author.id",
        "content",
        "components.*.custom_id",
        "components.*.components.*.custom_id",
        "components.*.components.*.components",
    ];
    let read = |it: Node<'_>| {
        let marked = ["web-api-1/start", "x", "web-api-2"].map(|marker| codec::carries(it, marker));
        (codec::is_by(it, healthy_upstream::ids::UserId(1000)), marked, it.get("id").id())
    };
    nothing_unused_matters("message", &message, &used, whole(read));
}

#[test]
fn missing_required_field_is_named_without_its_value() {
    let whole = interaction(2, &json!({ "id": "1", "name": "status", "type": 1 }));
    for key in ["id", "application_id", "type", "token"] {
        let mut sent = whole.clone();
        sent[key] = json!({ "secret": "SECRET" });
        let why = codec::read_interaction(&sent.to_string()).expect_err("unreadable");
        assert_eq!(why, format!("an interaction whose `{key}` cannot be read"));
    }
    let mut sent = whole.clone();
    sent["guild_id"] = json!("SECRET");
    sent["guild"] = json!(null);
    let why = codec::read_interaction(&sent.to_string()).expect_err("never taken for a direct conversation");
    assert_eq!(why, "an interaction whose `guild_id` cannot be read");
    sent = interaction(
        2,
        &json!({ "id": "1", "name": "faq", "type": 1,
        "options": [{ "name": "question", "type": 3, "value": ["SECRET"] }] }),
    );
    let why = codec::read_interaction(&sent.to_string()).expect_err("unreadable");
    assert_eq!(why, "an interaction whose `data.options[0].value` cannot be read");
}

#[test]
fn missing_permission_fields_fail_closed() {
    let asked = |change: fn(&mut Value)| {
        let mut sent = interaction(2, &json!({ "id": "1", "name": "status", "type": 1 }));
        change(&mut sent);
        match codec::read_interaction(&sent.to_string()).expect("it is read nevertheless") {
            IncomingInteraction::Asked(asked, _) => asked,
            IncomingInteraction::Ping => panic!("no ping"),
        }
    };
    assert!(asked(|_| {}).invoker.administers);
    for junk in [
        |sent: &mut Value| sent["member"]["permissions"] = json!([8]),
        |sent: &mut Value| {
            sent["member"]["permissions"] = json!(-1);
        },
    ] {
        let who = asked(junk).invoker;
        assert!(!who.administers && !who.manages_channels && !who.manages_messages, "{who:?}");
    }
    let owners = asked(|sent| sent["authorizing_integration_owners"] = json!(["2000"]));
    assert_eq!(owners.context.guild(), None, "the bot is not taken for a member");
    let roles = asked(|sent| sent["member"]["roles"] = json!(["2001", {}]));
    assert!(roles.invoker.roles.contains(&healthy_upstream::discord::permissions::UNREAD_ROLE));
}
