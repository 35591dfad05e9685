//! What is published to followers of an announcement channel, and the threads that outages get.

use healthy_upstream::alerts::{ChannelKind, UpdateMode};
use healthy_upstream::discord::simulator::rules::Fault;

use crate::notifier_harness::{Newsroom, minutes, seconds};

#[tokio::test(start_paused = true)]
async fn announcement_channel_publishes_starts_and_recoveries_within_limit() {
    let mut room = Newsroom::new();
    let news = room.discord.announcement("#news");
    room.subscribes(&news, |it| (it.channel_kind, it.publish) = (ChannelKind::Announcement, true)).await;
    for _ in 0..6 {
        room.breaks().await;
        room.passes(minutes(2)).await;
        room.mends().await;
        room.passes(minutes(2)).await;
    }
    let transcript = room.discord.transcript();
    let (published, others): (Vec<&str>, Vec<&str>) =
        transcript.lines().partition(|line| line.contains("📣"));
    assert_eq!(published.len(), 10, "{transcript}");
    assert_eq!(room.stats().of("unpublished"), 2, "posted, though not published, and counted");
    assert_eq!(others.len(), 18, "six starts, six ends, six starts turned green: {transcript}");
}

#[tokio::test(start_paused = true)]
async fn post_published_by_another_instance_counts() {
    let mut room = Newsroom::new();
    let news = room.discord.announcement("#news");
    room.subscribes(&news, |it| (it.channel_kind, it.publish) = (ChannelKind::Announcement, true)).await;
    let (hour, now) = (minutes(60), room.clock.now());
    for place in 0..9 {
        let role = format!("published/{}/{place}", news.id);
        room.store.acquire_lease(&role, "another", hour, now).await.expect("asked").expect("free");
    }
    let published = |room: &Newsroom| room.discord.transcript().matches("📣").count();
    for (published_by_then, why) in [(1, "one place was left"), (3, "an hour later all are free")] {
        room.breaks().await;
        room.passes(minutes(2)).await;
        room.mends().await;
        room.passes(minutes(2)).await;
        assert_eq!(published(&room), published_by_then, "{why}");
        room.passes(minutes(60)).await;
    }
}

/// Regression: a start found by reading back got no thread, and updates were posted beside it.
#[tokio::test(start_paused = true)]
async fn start_found_late_gets_its_thread_and_is_published() {
    let mut room = Newsroom::new();
    let news = room.discord.announcement("#news");
    room.subscribes(&news, |it| {
        (it.channel_kind, it.publish, it.mode) = (ChannelKind::Announcement, true, UpdateMode::Thread);
    })
    .await;
    news.fails(Fault::SilentAfterDoing, 1);
    let now = room.clock.now();
    room.discord.is_down(now + seconds(1), now + minutes(9));
    room.breaks().await;
    room.passes(minutes(12)).await;
    let transcript = room.discord.transcript();
    let of = |mark: &str| transcript.lines().filter(|line| line.contains(mark)).count();
    assert_eq!((of("📣"), of("🧵")), (1, 1), "{transcript}");
    assert_eq!(transcript.lines().count(), 3, "posted once: {transcript}");
}
