//! Mistakes of an operator are reported with helpful words and an exit code, and lose no stored data.

use std::fs;

use healthy_upstream::discord::simulator::rules::{ApiError, Fault};

use super::bot::{Home, fails, is_end, is_start};
use super::spotify::Page;
use crate::loopback::hub::Manner;
use crate::store_sled::{contents, cut};

#[tokio::test]
async fn missing_token_says_where_to_get_one() {
    let home = Home::with_channels(0).await;
    let mut command = home.command();
    command.env_remove("DISCORD_TOKEN");
    let (code, said) = fails(command).await;
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("healthy-upstream: DISCORD_TOKEN is not set."), "{said}");
    assert!(!home.store().exists(), "no store is created");
}

#[tokio::test]
async fn refused_token_is_reported_and_not_shown() {
    let home = Home::with_channels(0).await;
    let mut command = home.command();
    command.env("DISCORD_TOKEN", "revoked.bot.token");
    let (code, said) = fails(command).await;
    assert_eq!((code, said.lines().count()), (Some(4), 1), "{said}");
    assert!(said.starts_with("healthy-upstream: Discord refuses the token."), "{said}");
    assert!(!said.contains("revoked"), "{said}");
}

#[tokio::test]
async fn refused_command_registration_is_logged_and_alerts_continue() {
    let home = Home::subscribed(1).await;
    let daily =
        ApiError::plain(400, 30034, "Max number of daily application command creates has been reached");
    home.discord.state.refuses_commands(serde_json::Value::is_object, daily);
    let bot = home.start();
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    let log = home.log();
    let said = log.lines().find(|line| line.contains("commands refused")).expect("it is logged");
    assert!(said.contains("WARN") && said.contains("30034"), "{said}");
    assert_eq!(bot.stops().await.code(), Some(0), "{log}");
    // The registration is tried again at each start.
    home.discord.state.takes_commands();
    let bot = home.start();
    home.is_watched().await;
    assert!(!home.discord.state.model().commands[&None].is_empty());
    assert_eq!(bot.stops().await.code(), Some(0));
}

#[tokio::test]
async fn every_configuration_problem_is_reported_at_once() {
    let home = Home::with_channels(0).await;
    home.configure("stroe = \"memory:\"\n[checks]\ninterval = \"30\"\nfailure_threshold = 0\n");
    let (code, said) = fails(home.command()).await;
    assert_eq!(code, Some(2), "{said}");
    for problem in ["checks.interval: is \"30\"", "checks.failure_threshold: is \"0\"", "did you mean store?"]
    {
        assert!(said.contains(problem), "{problem} is missing:\n{said}");
    }
}

/// It used to exit with code 5 within seconds, and had to be started again.
#[tokio::test]
async fn unreachable_discord_at_startup_is_retried() {
    let home = Home::with_channels(0).await;
    home.discord.state.model().faults.queue(None, Fault::Unreachable, 1);
    home.discord.state.model().faults.queue(None, Fault::Broken(503), 1);
    let bot = home.start();
    home.is_watched().await;
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
    let log = home.log();
    let count = |part: &str| log.lines().filter(|line| line.contains(part)).count();
    assert_eq!(count("Discord does not answer; retrying"), 2, "{log}");
    for part in [" starting version=", "connected as", "stopped"] {
        assert_eq!(count(part), 1, "{part}: {log}");
    }
}

#[tokio::test]
async fn stop_signal_during_startup_stops_cleanly() {
    let home = Home::with_channels(0).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = format!("http://{}", silent.local_addr().expect("an address"));
    home.configure(&home.configuration().replace(&home.discord.api(), &there));
    let bot = home.start();
    let _unanswered = silent.accept().await.expect("it asks Discord who it is");
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
}

#[tokio::test]
async fn second_instance_on_one_store_is_refused() {
    let home = Home::with_channels(0).await;
    let first = home.start();
    home.discord.state.hub.connection(0).await;
    let (code, said) = fails(home.command()).await;
    assert_eq!((code, said.lines().count()), (Some(3), 1), "{said}");
    assert!(said.contains("is in use by process"), "{said}");
    home.is_watched().await;
    assert_eq!(first.stops().await.code(), Some(0), "{}", home.log());
}

#[tokio::test]
async fn damaged_store_is_refused_and_left_unchanged() {
    let truncated = Home::subscribed(3).await;
    let database = truncated.store().join("sled/db");
    let unused = fs::read(&database).expect("read").iter().rev().take_while(|byte| **byte == 0).count();
    cut(&database, unused as u64 + 100);
    let garbage = Home::subscribed(3).await;
    fs::write(garbage.store().join("sled/db"), "no database at all".repeat(100)).expect("written");
    for home in [truncated, garbage] {
        let before = contents(&home.store());
        let (code, said) = fails(home.command()).await;
        assert_eq!((code, said.lines().count()), (Some(3), 1), "{said}");
        assert!(said.contains("cannot be read") && said.contains("healthy-upstream store repair"), "{said}");
        assert!(before == contents(&home.store()), "nothing may change");
        assert!(
            home.discord.state.requests().is_empty(),
            "Discord gets no request before the store is readable"
        );
    }
}

#[tokio::test]
async fn alerts_go_out_while_the_gateway_is_unreachable() {
    let home = Home::subscribed(3).await;
    let bot = home.start();
    let connection = home.discord.state.hub.connection(0).await;
    home.discord.state.hub.meets(&[Manner::Refused; 1000]);
    connection.cuts();
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    assert_eq!(home.discord.state.hub.identifies().len(), 1, "the gateway stayed unreachable meanwhile");
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
}

#[tokio::test]
async fn unreadable_status_page_does_not_stop_alerts() {
    let home = Home::subscribed(1).await;
    let bot = home.start();
    for page in [Page::Html, Page::Huge] {
        home.spotify.page(page);
        home.is_watched().await;
    }
    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
    assert_eq!(home.counts(|_| true), [2], "one start and one end");
}
