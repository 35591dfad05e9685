//! People who pressed "Notify me when it's back" are mentioned once at the recovery, and nobody else is.

use expect_test::expect;
use healthy_upstream::discord::Discord as _;
use healthy_upstream::discord::permissions::{self as may, OverwriteTarget};
use healthy_upstream::discord::simulator::rules::{Fault, RateLimitScope};
use healthy_upstream::ids::{ChannelId, UserId};

use crate::notifier_harness::{Newsroom, minutes, seconds};

/// Somebody subscribes in a direct conversation; returns its channel.
async fn asks_directly(room: &mut Newsroom, person: UserId) -> ChannelId {
    let channel = room.discord.open_direct(person).await.expect("a conversation");
    room.asks_in_person(person, channel, "en").await;
    channel
}

/// How often somebody was pinged.
fn pings(room: &Newsroom, person: UserId) -> usize {
    let entries = room.discord.entries();
    entries
        .iter()
        .flat_map(|entry| &entry.pings)
        .filter(|whose| **whose == OverwriteTarget::Member(person))
        .count()
}

#[tokio::test(start_paused = true)]
async fn only_recovery_subscribers_are_notified() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    let lounge = room.discord.channel("#lounge");
    let (ada, ben) = (room.discord.person("ada").id, room.discord.person("ben").id);
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.asks(ada, &ops, ops.last_message()).await;
    room.asks(ben, &lounge, None).await;
    room.asks(ada, &lounge, None).await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🔴 **Spotify Web API is down**: 503 "no healthy upstream" …
        09:11:00  #ops  ↳ 🟢 **Spotify Web API is back.** It was down for 11 min 45 s. … (pings @ada)
        09:11:00  #ops  ✎ 🟢 **Resolved**: Spotify Web API was down for 11 min 45 s …
        09:11:00  #lounge  🟢 **Spotify Web API is back.** It was down for 11 min 45 s. … (pings @ada, @ben)
    "#]]
    .assert_eq(&room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

/// Regression: each recovery of a reopened outage mentioned them again.
#[tokio::test(start_paused = true)]
async fn recovery_subscriber_is_mentioned_once_and_may_subscribe_again() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    let lounge = room.discord.channel("#lounge");
    let (ada, ben) = (room.discord.person("ada").id, room.discord.person("ben").id);
    room.breaks().await;
    room.asks(ada, &ops, None).await;
    room.asks(ben, &lounge, None).await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(2)).await;
    assert_eq!((pings(&room, ada), pings(&room, ben)), (1, 1));
    room.breaks_again().await;
    room.passes(minutes(2)).await;
    room.asks(ben, &lounge, None).await;
    room.mends().await;
    room.passes(minutes(2)).await;
    assert_eq!((pings(&room, ada), pings(&room, ben)), (1, 2), "{}", room.discord.transcript());
    let again = ops.texts().into_iter().find(|text| text.contains("again")).expect("it reopened");
    assert!(again.contains("press the button again"), "{again}");
    assert_eq!(room.undelivered().await, []);
}

/// Regression: Discord knows the nonce but the message is deleted, and the mention was given up.
#[tokio::test(start_paused = true)]
async fn deleted_mention_with_lost_answer_is_not_given_up() {
    let mut room = Newsroom::new();
    let lounge = room.discord.channel("#lounge");
    let ben = room.discord.person("ben").id;
    room.breaks().await;
    room.asks(ben, &lounge, None).await;
    lounge.fails(Fault::SilentAfterDoing, 1);
    room.mends().await;
    room.passes(seconds(1)).await;
    lounge.loses(lounge.last_message().expect("ben is mentioned"));
    room.passes(minutes(5)).await;
    assert_eq!(pings(&room, ben), 1);
    assert_eq!(room.undelivered().await, []);
    assert_eq!(room.stats().of("given_up"), 0);
}

#[tokio::test(start_paused = true)]
async fn direct_message_subscriber_is_notified_there() {
    let mut room = Newsroom::new();
    let ada: UserId = room.discord.person("ada").id;
    room.breaks().await;
    asks_directly(&mut room, ada).await;
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:10:00  @ada  🟢 **Spotify Web API is back.** It was down for 10 min 45 s. … (pings @ada)
    "#]]
    .assert_eq(&room.discord.transcript());
}

/// Two recovery subscriptions and a live status message, as stored by versions that saved no language.
const OF_NO_LANGUAGE: &str = r#"
    {"kind":"waiting","record":{"of":{"outage":"OUTAGE","who":{"guild":null,"channel":DIRECT,"person":ADA,"message":null,"direct":true}},"fades":"2025-04-17T09:00:00Z"}}
    {"kind":"board","record":{"guild":HOME,"channel":OPS,"message":null}}"#;

#[tokio::test(start_paused = true)]
async fn unknown_language_falls_back_to_the_configured_one() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    let ada: UserId = room.discord.person("ada").id;
    room.breaks().await;
    let direct = room.discord.open_direct(ada).await.expect("a conversation");
    let records = OF_NO_LANGUAGE
        .replace("OUTAGE", room.outage.id.as_str())
        .replace("DIRECT", &direct.to_string())
        .replace("ADA", &ada.to_string())
        .replace("HOME", &ops.guild.to_string())
        .replace("OPS", &ops.id.to_string());
    let records = records.lines().filter(|line| !line.is_empty());
    let records = records.map(|line| serde_json::from_str(line).expect("an entry")).collect();
    room.store.load(records).await.expect("saved");
    room.crashes().await;
    room.language = healthy_upstream::i18n::Language::nearest("de");
    room.restarts();
    room.passes(minutes(9)).await;
    room.mends().await;
    room.passes(minutes(1)).await;
    expect![[r#"
        09:00:00  #ops  🟢 **Spotify ist verfügbar**: Der Dienst besteht unsere Prüfungen … (silent)
        09:09:00  @ada  🟢 **Spotify Web API ist wieder da.** Der Ausfall dauerte 9 min 45 s. … (pings @ada)
        09:10:00  #ops  ✎ ⚪ **Wir wissen nicht, wie es Spotify geht**: Zuletzt wurde keine Prüfung fertig. …
    "#]]
    .assert_eq(&room.discord.transcript());
}

#[tokio::test(start_paused = true)]
async fn closed_direct_messages_are_dropped_and_counted() {
    let mut room = Newsroom::new();
    let people = ["ada", "eve"].map(|name| room.discord.person(name).id);
    room.breaks().await;
    for person in people {
        asks_directly(&mut room, person).await;
    }
    room.discord.arrange(|model| model.closed_to_direct.push(people[1]));
    room.passes(minutes(10)).await;
    room.mends().await;
    room.passes(minutes(60)).await;
    expect![[r#"
        09:10:00  @ada  🟢 **Spotify Web API is back.** It was down for 10 min 45 s. … (pings @ada)
    "#]]
    .assert_eq(&room.discord.transcript());
    let counts = room.stats().read();
    let count = |name| counts.iter().find(|(it, _)| *it == name).map_or(0, |(_, count)| *count);
    assert_eq!((count("delivered"), count("given_up"), count("retried")), (1, 1, 0));
}

/// Regression: an edit's retry forgot whom the recovery had pinged, and another message pinged them again.
#[tokio::test(start_paused = true)]
async fn failed_edit_after_recovery_pings_nobody_again() {
    for fault in [Fault::Broken(503), Fault::Silent, Fault::Limited(3.0, RateLimitScope::User)] {
        let mut room = Newsroom::new();
        let ops = room.subscribed("#ops").await;
        let ada = room.discord.person("ada").id;
        room.breaks().await;
        room.passes(minutes(1)).await;
        room.asks(ada, &ops, ops.last_message()).await;
        // The end is posted, and the edit that turns the start green fails.
        ops.fails(Fault::Slow(seconds(1)), 1).fails(fault, 1);
        room.mends().await;
        room.passes(minutes(5)).await;
        assert_eq!(pings(&room, ada), 1, "{fault:?}: {}", room.discord.transcript());
        let green = ops.texts().iter().filter(|text| text.starts_with("🟢")).count();
        assert_eq!((green, ops.texts().len()), (2, 2), "start and end are green: {:?}", ops.texts());
        assert_eq!(room.undelivered().await, []);
    }
}

/// Regression: the suspension dropped the posted recovery; it was posted again if the channel could not be read back.
#[tokio::test(start_paused = true)]
async fn permission_lost_between_recovery_and_edit_duplicates_nothing() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    let ada = room.discord.person("ada").id;
    room.breaks().await;
    room.passes(minutes(1)).await;
    room.asks(ada, &ops, None).await;
    ops.fails(Fault::Slow(seconds(2)), 1);
    room.mends().await;
    room.passes(seconds(1)).await;
    ops.takes_away(may::VIEW_CHANNEL | may::READ_MESSAGE_HISTORY);
    room.passes(minutes(10)).await;
    room.discord
        .arrange(|model| model.set_own_overwrite(ops.id, may::READ_MESSAGE_HISTORY, may::VIEW_CHANNEL));
    room.passes(minutes(30)).await;
    assert_eq!(pings(&room, ada), 1, "{}", room.discord.transcript());
    let ends = room.discord.transcript().matches("↳ 🟢").count();
    assert_eq!(ends, 1, "{}", room.discord.transcript());
    assert_eq!(room.undelivered().await, []);
}

/// Regression: in channels without recovery posts nothing was searched for, and subscribers were mentioned again.
#[tokio::test(start_paused = true)]
async fn mention_with_lost_answer_is_found_by_its_marker() {
    let mut room = Newsroom::new();
    let lounge = room.discord.channel("#lounge");
    let (ada, ben) = (room.discord.person("ada").id, room.discord.person("ben").id);
    room.breaks().await;
    room.asks(ada, &lounge, None).await;
    let direct = asks_directly(&mut room, ben).await;
    lounge.fails(Fault::SilentAfterDoing, 1);
    room.discord.arrange(|model| model.faults.queue(Some(direct), Fault::SilentAfterDoing, 1));
    let now = room.clock.now();
    room.discord.is_down(now + seconds(61), now + minutes(9));
    room.passes(minutes(1)).await;
    room.mends().await;
    room.passes(minutes(15)).await;
    let transcript = room.discord.transcript();
    assert_eq!((pings(&room, ada), pings(&room, ben)), (1, 1), "{transcript}");
    assert_eq!(room.stats().of("delivered"), 2, "{transcript}");
    assert_eq!(room.stats().of("possible_duplicate"), 0);
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn hundred_subscribers_are_each_pinged_once_despite_retries() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.breaks().await;
    let people: Vec<UserId> = (0..100).map(|nth| room.discord.person(&format!("user{nth}")).id).collect();
    for person in &people {
        room.asks(*person, &ops, None).await;
    }
    // The end mentions as many as fit. The message for the others fails, fails again, and then its answer is lost.
    ops.fails(Fault::Slow(seconds(1)), 2).fails(Fault::Broken(503), 2).fails(Fault::CutAfterDoing, 1);
    room.mends().await;
    room.passes(minutes(10)).await;
    let counts: Vec<usize> = people.iter().map(|person| pings(&room, *person)).collect();
    assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
    assert_eq!(room.undelivered().await, []);
}
