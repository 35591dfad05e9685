//! The report of the week, once to each channel that wants it, whatever happens on Monday morning.

use std::collections::BTreeMap;

use healthy_upstream::discord::simulator::rules::Fault;
use healthy_upstream::discord::simulator::{SimulatedChannel, TranscriptChange};
use jiff::SignedDuration;

use crate::notifier_harness::{Newsroom, minutes, seconds};

/// Channels that want a report; it is Monday, a moment before nine.
async fn on_monday(names: &[&str]) -> (Newsroom, Vec<SimulatedChannel>) {
    let mut room = Newsroom::new();
    let mut channels = Vec::new();
    for name in names {
        let channel = room.discord.channel(name);
        room.subscribes(&channel, |it| it.weekly = true).await;
        channels.push(channel);
    }
    // It was Wednesday at nine.
    room.passes(minutes(5 * 24 * 60) - seconds(1)).await;
    (room, channels)
}

/// How many reports each channel has.
fn reports(room: &Newsroom) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for entry in
        room.discord.entries().iter().filter(|entry| matches!(entry.what, TranscriptChange::Posted(_)))
    {
        *counts.entry(entry.channel.0).or_default() += 1;
    }
    counts
}

fn one_each(channels: &[SimulatedChannel]) -> BTreeMap<u64, usize> {
    channels.iter().map(|channel| (channel.id.0, 1)).collect()
}

#[tokio::test(start_paused = true)]
async fn weekly_report_is_sent_on_mondays_once() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.subscribes(&ops, |it| it.weekly = true).await;
    room.subscribed("#quiet").await;
    room.breaks().await;
    room.passes(minutes(30)).await;
    room.mends().await;
    // A Wednesday, 09:30: five days less half an hour until Monday.
    room.passes(minutes(5 * 24 * 60 - 31)).await;
    let before = room.discord.entries().len();
    room.passes(minutes(2)).await;
    room.crashes().await;
    room.restarts();
    room.passes(minutes(30)).await;
    let entries = room.discord.entries();
    let reports: Vec<_> = entries.iter().skip(before).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!((reports[0].channel, reports[0].quiet), (ops.id, true));
    assert_eq!(reports[0].at.strftime("%F %H:%M:%S").to_string(), "2025-04-21 09:00:00");
    room.passes(minutes(7 * 24 * 60)).await;
    assert_eq!(room.discord.entries().len(), before + 2, "and the next week");
}

#[tokio::test(start_paused = true)]
async fn crash_between_report_and_its_record_duplicates_nothing() {
    for away in [seconds(30), minutes(30)] {
        let (mut room, channels) = on_monday(&["#ops", "#dev"]).await;
        channels[0].fails(Fault::Slow(seconds(5)), 1);
        room.passes(seconds(3)).await;
        assert!(reports(&room).contains_key(&channels[0].id.0), "posted, and not yet answered");
        room.crashes().await;
        room.passes(away).await;
        room.restarts();
        room.passes(minutes(10)).await;
        assert_eq!(reports(&room), one_each(&channels), "after {away:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn crashes_during_reports_lose_and_duplicate_nothing() {
    let names: Vec<String> = (0..40).map(|nth| format!("#ops-{nth}")).collect();
    let (mut room, channels) = on_monday(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    room.passes(seconds(1)).await;
    for crash in 0..20 {
        room.passes(SignedDuration::from_millis(7 + 13 * crash)).await;
        room.crashes().await;
        room.restarts();
    }
    room.passes(minutes(10)).await;
    assert_eq!(reports(&room), one_each(&channels));
}

#[tokio::test(start_paused = true)]
async fn weekly_report_is_retried_without_duplicates() {
    let (room, channels) = on_monday(&["#ops", "#dev", "#qa"]).await;
    let now = room.clock.now();
    channels[1].fails(Fault::SilentAfterDoing, 1);
    room.discord.is_down(now + seconds(2), now + minutes(120));
    room.passes(minutes(121)).await;
    room.passes(minutes(10)).await;
    assert_eq!(reports(&room), one_each(&channels));
}
