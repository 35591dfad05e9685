//! What moderators read about the state of their channels when there are many, and many failed.

use expect_test::expect;
use healthy_upstream::alerts::{
    ChannelKind, DiscordError, PermanentReason, Reason, Subscription, SubscriptionEdit, Suspension,
    UpdateMode,
};
use healthy_upstream::commands::{ChannelFacts, Facts, Response, UndeliveredAlert};
use healthy_upstream::discord::permissions as may;
use healthy_upstream::health::{Outage, OutageId};
use healthy_upstream::ids::{ChannelId, GuildId};

use crate::fixtures::{ALL_PERMISSIONS, at, by_moderator, decide, facts, outage, pressed, read, typed, well};

fn subscription(channel: u64) -> Subscription {
    Subscription::new(GuildId(20), ChannelId(channel), at("08:00:00"))
}

fn paused(channel: u64) -> Subscription {
    let why =
        Reason::Refused(PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() });
    let paused = Suspension { since: at("08:10:00"), why, retry: at("09:10:00"), tries: 3 };
    Subscription { paused: Some(paused), ..subscription(channel) }
}

fn undelivered(channel: u64, of: &str, given_up: bool) -> UndeliveredAlert {
    let why = Reason::Refused(PermanentReason::BadBody("content".to_owned()));
    UndeliveredAlert { channel: ChannelId(channel), outage: OutageId(of.to_owned()), why, given_up }
}

fn named(id: &str) -> Outage {
    Outage { id: OutageId(id.to_owned()), ..outage() }
}

fn server(subscriptions: Vec<Subscription>, undelivered: Vec<UndeliveredAlert>) -> Facts {
    let outages = vec![named("newer"), named("older")];
    let channels = subscriptions.iter().map(|it| (it.channel, Ok(seen(ALL_PERMISSIONS)))).collect();
    Facts { subscriptions, outages, undelivered, channels, ..facts(well("09:00:00")) }
}

/// A channel in which the bot has these permissions.
fn seen(may: u64) -> ChannelFacts {
    ChannelFacts { channel_kind: Some(ChannelKind::Text), may, theirs: 0, must_tag: false, voice: false }
}

fn ask(command: &str, facts: &Facts) -> String {
    read(&by_moderator(typed(command, &[])), facts)
}

/// Regression: three deliveries of one channel read "3 subscriptions need you", and no button said which one it was for.
#[test]
fn doctor_counts_and_numbers_broken_channels() {
    let lost = vec![
        undelivered(31, "older", true),
        undelivered(31, "older", true),
        undelivered(31, "newer", true),
        undelivered(32, "newer", false),
    ];
    let several = server(vec![subscription(30), subscription(31), paused(32), paused(33)], lost.clone());
    expect![[r#"
        [private] ⚠️ **3 subscriptions need your attention:**
        **1.** <#32>: Discord has refused me since <t:1744791000:f>: Missing Access \(50001\). **Fix:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is retried at <t:1744794600:t> and resumes on its own.
        **2.** <#33>: Discord has refused me since <t:1744791000:f>: Missing Access \(50001\). **Fix:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is retried at <t:1744794600:t> and resumes on its own.
        **3.** <#31>: an alert was not posted: Discord rejected my message as malformed (50035).
        [Post it now (1) | Post it now (3)]"#]].assert_eq(&ask("alerts doctor", &several));
    let one = server(vec![subscription(30), subscription(31)], lost);
    expect![[r#"
        [private] ⚠️ **One subscription needs your attention:**
        • <#31>: an alert was not posted: Discord rejected my message as malformed (50035).
        [Post it now]"#]]
    .assert_eq(&ask("alerts doctor", &one));
}

#[test]
fn doctor_calls_no_unverified_channel_healthy() {
    let forum =
        Subscription { channel_kind: ChannelKind::Forum, mode: UpdateMode::Thread, ..subscription(36) };
    let never = |refusal| Err(DiscordError::Permanent(refusal));
    let hidden = PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() };
    let why = Reason::Answered(503);
    let mut facts = server((30..36).map(subscription).chain([forum]).collect(), Vec::new());
    facts.channels = vec![
        (ChannelId(30), Ok(seen(ALL_PERMISSIONS))),
        (ChannelId(31), Ok(seen(ALL_PERMISSIONS & !may::SEND_MESSAGES & !may::ADMINISTRATOR))),
        (ChannelId(32), never(PermanentReason::UnknownChannel)),
        (ChannelId(33), never(hidden)),
        (
            ChannelId(34),
            Err(DiscordError::Transient { after: None, why, perhaps_done: false, unreached: false }),
        ),
        (ChannelId(36), Ok(ChannelFacts { must_tag: true, ..seen(ALL_PERMISSIONS) })),
    ];
    expect![[r#"
        [private] ⚠️ **4 subscriptions need your attention:**
        **1.** <#31>: I cannot post there. **Fix:** give my role **Send Messages** in that channel.
        **2.** <#32>: this channel no longer exists. **Fix:** subscribe another one with /alerts subscribe.
        **3.** <#33>: I cannot post there. **Fix:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel.
        **4.** <#34>: I could not check this channel: Discord answered with an error (503). Ask again later.
        **5.** <#35>: I could not check this channel: there was not enough time. Ask again later.
        **6.** <#36>: I cannot post there. **Fix:** turn off **Require people to select tags when posting** in that forum's settings."#]].assert_eq(&ask("alerts doctor", &facts));
    facts.subscriptions.retain(|it| [30, 34, 35].contains(&it.channel.0));
    expect![[r#"
        [private] ⚠️ **2 subscriptions could not be checked:**
        **1.** <#34>: I could not check this channel: Discord answered with an error (503). Ask again later.
        **2.** <#35>: I could not check this channel: there was not enough time. Ask again later."#]]
    .assert_eq(&ask("alerts doctor", &facts));
}

#[test]
fn doctor_says_how_many_problems_do_not_fit() {
    let many = server((100..200).map(paused).collect(), Vec::new());
    let read = ask("alerts doctor", &many);
    assert!(read.starts_with("[private] ⚠️ **100 subscriptions need your attention:**"), "{read}");
    expect!["… and 93 more: fix these first, then ask again."]
        .assert_eq(read.lines().last().unwrap_or_default());
}

/// Failures that nobody can post any more, or of a channel without a subscription, need no moderator.
#[test]
fn old_or_deleted_channel_failures_leave_the_doctor_healthy() {
    let lost = vec![undelivered(31, "long ago", true), undelivered(99, "newer", true)];
    let facts = server(vec![subscription(30), subscription(31)], lost);
    expect!["[private] ✅ **All 2 subscriptions of this server work.**"]
        .assert_eq(&ask("alerts doctor", &facts));
}

/// Regression: the second outage that a channel had missed was unreachable, because the newest was posted again and again.
#[test]
fn missed_outages_are_posted_oldest_first() {
    let posted = |lost: Vec<UndeliveredAlert>| {
        let facts = server(vec![subscription(30)], lost);
        let asked = decide(&by_moderator(pressed("alerts:post-now:30", &[])), &facts);
        let Ok(Response::Change(asked)) = asked else { panic!("a change: {asked:?}") };
        let SubscriptionEdit::CatchUp(_, _, event) = asked.change else { panic!("{:?}", asked.change) };
        event.outage.id.0
    };
    let lost = vec![undelivered(30, "newer", true), undelivered(30, "older", true)];
    assert_eq!(posted(lost.clone()), "older");
    assert_eq!(posted(lost[..1].to_vec()), "newer", "once the older one was posted");
}

#[test]
fn unpostable_channel_is_promised_nothing() {
    let mut asked = by_moderator(pressed("alerts:post-now:30", &[]));
    if let healthy_upstream::commands::Context::Server { may, .. } = &mut asked.context {
        *may = 1 << 10;
    }
    let facts = server(vec![paused(30)], vec![undelivered(30, "newer", false)]);
    expect!["[misuse] I can't post in <#30> yet. I'm missing **Send Messages**, **Read Message History** there. Add it, then ask again. Nothing was saved."].assert_eq(&read(&asked, &facts));
}

#[test]
fn list_shows_failed_deliveries_without_a_subscription() {
    let lost =
        vec![undelivered(31, "older", true), undelivered(32, "newer", false), undelivered(99, "newer", true)];
    let facts = server(vec![subscription(30), subscription(31), paused(32)], lost);
    expect![[r#"
        [private] **3 channels of this server are subscribed to Spotify** (limit 100)
        • <#30>: all services · outages
        • <#31>: all services · outages · ⚠️ given up: Discord rejected my message as malformed (50035)
        • <#32>: all services · outages · ⚠️ paused: Missing Access \(50001\)
        • <#99>: not subscribed · ⚠️ given up: Discord rejected my message as malformed (50035)
        -# /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken."#]]
    .assert_eq(&ask("alerts list", &facts));
}

/// Regression: of a hundred subscriptions only about the first thirty could be read.
#[test]
fn hundred_subscriptions_are_listed_page_by_page() {
    let channels = 1_000_000_000_000_000_000..1_000_000_000_000_000_100;
    let facts = server(channels.clone().map(subscription).collect(), Vec::new());
    let mut read_so_far = vec![ask("alerts list", &facts)];
    while read_so_far.last().is_some_and(|page| page.contains("More")) {
        let next = format!("alerts:list:{}", read_so_far.len());
        read_so_far.push(read(&by_moderator(pressed(&next, &[])), &facts));
    }
    let all = read_so_far.join("\n");
    for channel in channels {
        assert_eq!(all.matches(&format!("<#{channel}>")).count(), 1, "{channel}");
    }
    let buttons = |page: &String| page.lines().last().unwrap_or_default().to_owned();
    let buttons: Vec<String> = read_so_far.iter().map(buttons).collect();
    assert_eq!(buttons.first().map(String::as_str), Some("[More]"));
    assert_eq!(buttons.get(1).map(String::as_str), Some("[Back | More]"));
    assert_eq!(buttons.last().map(String::as_str), Some("[Back]"));
    // The list became shorter meanwhile: the last existing page is shown.
    let beyond = read(&by_moderator(pressed("alerts:list:99", &[])), &facts);
    assert_eq!(Some(&beyond), read_so_far.last());
}
