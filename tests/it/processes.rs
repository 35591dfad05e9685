//! The program itself, in a process of its own: on a store on the disk, against a Discord and a Spotify on this machine.
//!
//! Real time, because processes have no other; nothing sleeps to see what comes: every wait is for something that arrives.

mod balancer;
mod bot;
mod disk;
mod failures;
mod flood;
mod instances;
mod kills;
mod memory;
mod operators;
mod spotify;

use expect_test::expect;
use healthy_upstream::discord::permissions::{MANAGE_CHANNELS, VIEW_CHANNEL};
use serde_json::json;

use crate::loopback::interaction;
use bot::{Home, is_end, is_start};

#[tokio::test]
async fn subscription_outage_recovery_and_restart_end_to_end() {
    let home = Home::with_channels(1).await;
    let (_, channel) = home.channels[0];
    let state = &home.discord.state;
    let bot = home.start();
    let connection = state.hub.connection(0).await;
    let event = {
        let mut model = state.model();
        let now = state.clock.now();
        let ada = model.add_person("ada", now);
        let (id, token) = model.ask(channel, ada, None, now);
        let here = json!({ "id": channel.to_string(), "name": "ops", "type": 0, "permissions": "0" });
        let resolved = json!({ "channels": { channel.to_string(): here } });
        let given = json!([{ "name": "channel", "type": 7, "value": channel.to_string() }]);
        let sub = json!({ "name": "subscribe", "type": 1, "options": given });
        let data = json!({ "id": "1", "name": "alerts", "type": 1, "resolved": resolved, "options": [sub] });
        let invoker = (channel, ada, VIEW_CHANNEL | MANAGE_CHANNELS);
        interaction(&model, (id, &token), 2, invoker, &data, None)
    };
    connection.dispatch("INTERACTION_CREATE", event);
    let answered = state.sees(|r| r.path.ends_with("/callback")).await;
    assert!(answered.body.to_string().contains("✅ **"), "{answered:?}");
    home.is_watched().await;

    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());

    let bot = home.start();
    assert!(state.hub.connection(1).await.resumed, "the session goes on: RESUME");
    assert_eq!(state.hub.identifies().len(), 1, "and IDENTIFY, which is scarce, was sent once");
    home.settles(bot).await;
    assert_eq!((home.counts(is_start), home.counts(is_end)), (vec![1], vec![1]));
}

#[tokio::test]
async fn status_prints_each_answer_with_its_classification() {
    let home = Home::with_channels(1).await;
    home.spotify.fails(&["web-api"]);
    let (code, posted, beside) = home.prints(&["status"]).await;
    assert_eq!((code, beside.as_str()), (Some(0), ""), "no progress line where nobody watches");
    let durations = regex::Regex::new(r" +\d+ ms").expect("a pattern");
    let ports = regex::Regex::new(r"http://127\.0\.0\.1:\d+").expect("a regex");
    expect![[r#"
        Spotify has trouble from here: Web API failed one check

        control              200 … ms  healthy: any answer proves our own network
        control-2            200 … ms  healthy: any answer proves our own network
        status-page          200 … ms  a status page that says up: open incidents: 0, components that are not up: 0 of 0
        web-api              503 … ms  failing: 503 no healthy upstream (no_healthy_upstream), which counts towards an outage
        accounts             400 … ms  healthy: 400 with JSON that has `error` is what a healthy one answers
        accounts-discovery   200 … ms  healthy: 200 with JSON is what a healthy one answers
        client-bootstrap     200 … ms  healthy: 200 with JSON whose lists are not empty is what a healthy one answers
        web-player           200 … ms  healthy: 200 with HTML is what a healthy one answers
        playback             401 … ms  healthy: 401 with JSON is what a healthy one answers

        Spotify says: All Systems Operational (Spotify, http://127.0.0.1:…)
    "#]]
    .assert_eq(&ports.replace_all(&durations.replace_all(&posted, " … ms"), "http://127.0.0.1:…"));

    let (code, checked, _) = home.prints(&["check", "--live"]).await;
    assert_eq!(code, Some(0), "{checked}");
    assert!(
        checked.contains("failing: 503 no healthy upstream") && checked.contains("discord: we are"),
        "{checked}"
    );
}

#[tokio::test]
async fn replay_is_deterministic_and_names_broken_lines() {
    let home = Home::with_channels(1).await;
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recordings/2025-04-16.jsonl");
    let (code, posted, beside) = home.prints(&["replay", "--json", recording]).await;
    assert_eq!((code, beside.as_str()), (Some(0), ""));
    let events = posted.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let short = |event: serde_json::Value| match event["event"].as_str() {
        Some("summary") => event.to_string(),
        _ => format!("{} {} {} {}", event["at"], event["event"], event["level"], event["duration_s"]),
    };
    expect![[r#"
        "2025-04-16T12:21:08.741Z" "started" "outage" null
        "2025-04-16T12:45:05.041Z" "updated" "outage" null
        "2025-04-16T15:45:53.541Z" "ended" "up" 12315
        "2025-04-16T16:05:05.041Z" "updated" "up" 12315
        {"checks":1995,"ended":1,"event":"summary","open":[],"started":1}"#]]
    .assert_eq(&events.map(short).collect::<Vec<_>>().join("\n"));
    assert_eq!(home.prints(&["replay", "--json", recording]).await.1, posted, "the same bytes");

    let broken = home.folder.path().join("broken.jsonl");
    let line = r#"{"at":"2025-04-16T12:20:05Z","source":"web-ap","ms":41,"error":"dns"}"#;
    std::fs::write(&broken, line).expect("written");
    let (code, _, why) = home.prints(&["replay", "broken.jsonl"]).await;
    assert_eq!(code, Some(2));
    assert!(why.contains("broken.jsonl: line 1: unknown source \"web-ap\""), "{why}");
}
