//! The live status message of a guild: posted, edited, moved, ended, found again.

use expect_test::expect;
use healthy_upstream::alerts::SubscriptionEdit;
use healthy_upstream::discord::simulator::TranscriptChange;
use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::health::Level;

use crate::notifier_harness::{Newsroom, minutes, seconds};

#[tokio::test(start_paused = true)]
async fn live_message_survives_restart_and_is_reposted_after_deletion() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.changes(SubscriptionEdit::LiveMessage(ops.guild, ops.id, "en".to_owned())).await;
    room.passes(minutes(1)).await;
    room.sees(Level::Outage);
    room.passes(minutes(12)).await;
    room.crashes().await;
    room.restarts();
    room.passes(minutes(1)).await;
    ops.loses(ops.last_message().expect("the live status message"));
    room.sees(Level::Up);
    room.passes(minutes(1)).await;
    let kinds: Vec<(String, &str)> = room
        .discord
        .entries()
        .iter()
        .map(|it| (it.at.strftime("%H:%M").to_string(), word(&it.what)))
        .collect();
    expect![[r#"
        [
            (
                "09:00",
                "posted",
            ),
            (
                "09:01",
                "edited",
            ),
            (
                "09:11",
                "edited",
            ),
            (
                "09:13",
                "edited",
            ),
            (
                "09:14",
                "posted",
            ),
        ]
    "#]]
    .assert_debug_eq(&kinds);
    assert_eq!(ops.texts().len(), 1, "one message");
    room.changes(SubscriptionEdit::EndLiveStatus(ops.guild, None)).await;
    room.passes(minutes(1)).await;
    assert_eq!(ops.texts(), [""; 0], "an outdated message would say that the bot is down");
    let before = room.discord.entries().len();
    room.passes(minutes(60)).await;
    assert_eq!(room.discord.entries().len(), before, "ended");
}

#[tokio::test(start_paused = true)]
async fn moved_live_message_is_deleted_after_a_discord_outage() {
    let mut room = Newsroom::new();
    let (ops, news) = (room.discord.channel("#ops"), room.discord.channel("#news"));
    room.changes(SubscriptionEdit::LiveMessage(ops.guild, ops.id, "en".to_owned())).await;
    room.passes(minutes(1)).await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(5));
    room.changes(SubscriptionEdit::LiveMessage(ops.guild, news.id, "en".to_owned())).await;
    room.passes(minutes(2)).await;
    room.crashes().await;
    room.restarts();
    room.passes(minutes(20)).await;
    assert_eq!((ops.texts().len(), news.texts().len()), (0, 1));
}

/// The answer to the first post is lost, and the nonce, which changes every ten minutes, is another one at the retry.
#[tokio::test(start_paused = true)]
async fn live_message_with_lost_answer_is_found_and_not_duplicated() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.passes(minutes(9) + seconds(30)).await;
    ops.fails(Fault::CutAfterDoing, 1);
    room.changes(SubscriptionEdit::LiveMessage(ops.guild, ops.id, "de".to_owned())).await;
    room.passes(seconds(1)).await;
    room.crashes().await;
    room.passes(minutes(10)).await;
    room.restarts();
    room.passes(minutes(5)).await;
    assert_eq!(ops.texts().len(), 1);
    room.sees(Level::Outage);
    room.passes(minutes(1)).await;
    assert!(ops.texts().concat().contains("🔴"), "the found message is updated");
}

fn word(what: &TranscriptChange) -> &'static str {
    match what {
        TranscriptChange::Posted(_) => "posted",
        TranscriptChange::Edited => "edited",
        _ => "something else",
    }
}
