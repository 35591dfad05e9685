//! What moderators read when they subscribe channels to outages.

use expect_test::expect;
use healthy_upstream::alerts::{ChannelKind, DiscordError, Subscription, Suspension, UpdateMode};
use healthy_upstream::alerts::{PermanentReason, Reason, SubscriptionEdit};
use healthy_upstream::commands::{
    ChannelFacts, Context, Facts, Input, Invocation, Need, OptionValue, Response, UndeliveredAlert, find,
};
use healthy_upstream::discord::permissions::{MANAGE_CHANNELS, MENTION_EVERYONE};
use healthy_upstream::health::{Outage, OutageId};
use healthy_upstream::ids::{ChannelId, GuildId, RoleId};

use crate::fixtures::{
    ALL_PERMISSIONS, at, by_moderator, decide, during, facts, outage, pressed, read, typed, well,
};

fn quiet() -> Facts {
    facts(well("09:00:00"))
}

fn subscription(channel: u64) -> Subscription {
    Subscription::new(GuildId(20), ChannelId(channel), at("08:00:00"))
}

fn undelivered(channel: u64, outage: &Outage, why: &str) -> UndeliveredAlert {
    let (channel, outage) = (ChannelId(channel), outage.id.clone());
    UndeliveredAlert { channel, outage, why: Reason::Other(why.to_owned()), given_up: false }
}

fn subscribed() -> Facts {
    Facts { subscriptions: vec![subscription(30)], channels: vec![seen(30)], ..quiet() }
}

/// A channel in which the bot has every permission that it needs.
fn seen(channel: u64) -> (ChannelId, Result<ChannelFacts, DiscordError>) {
    let channel_kind = Some(ChannelKind::Text);
    (
        ChannelId(channel),
        Ok(ChannelFacts { channel_kind, may: ALL_PERMISSIONS, theirs: 0, must_tag: false, voice: false }),
    )
}

fn with(mut asked: Invocation, option: &str, value: OptionValue) -> Invocation {
    if let Input::Command { options, .. } = &mut asked.input {
        options.retain(|(name, _)| name != option);
        options.push((option.into(), value));
    }
    by_moderator(asked)
}

fn on_channel(command: &str, channel: u64) -> Invocation {
    with(typed(command, &[]), "channel", OptionValue::Channel(ChannelId(channel), Some(ChannelKind::Text)))
}

/// Another channel: the bot has every permission that it needs, and the invoker has these.
fn elsewhere(theirs: u64) -> Facts {
    let probed = ChannelFacts {
        channel_kind: Some(ChannelKind::Text),
        may: ALL_PERMISSIONS,
        theirs,
        must_tag: false,
        voice: false,
    };
    Facts { channel: Some(Ok(probed)), ..quiet() }
}

fn saved(asked: &Invocation, facts: &Facts) -> Subscription {
    match decide(asked, facts) {
        Ok(Response::Change(asked)) => match asked.change {
            SubscriptionEdit::Subscribe(subscription) => *subscription,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn subscribing_saves_good_defaults_and_opens_the_card() {
    let asked = on_channel("alerts subscribe", 30);
    expect![[r#"
        [change] Subscribe
        [private] ✅ **Saved:** <#30> gets a post when Spotify breaks and when it's back.
        -# Default settings: all services, outages only, no pings. Change them below.
        [▾ Services (all, if you choose none)]
        [▾ What to post]
        [▾ Roles to ping at the start]
        [▾ In which form]
        [Quiet: off | Reminders: off | Weekly report: off | Test | Unsubscribe]"#]]
    .assert_eq(&read(&asked, &quiet()));
    assert_eq!(saved(&asked, &quiet()).mode, UpdateMode::Edit);
    let role = OptionValue::Role { id: RoleId(77), mentionable: true };
    let pinged = with(asked.clone(), "role", role);
    expect![[r#"
        [change] Subscribe
        [private] ⚙️ **<#30>**: alerts about Spotify
        • Pings at the start: <@&77>
        [▾ Services (all, if you choose none)]
        [▾ What to post]
        [▾ Roles to ping at the start]
        [▾ In which form]
        [Quiet: off | Reminders: off | Weekly report: off | Test | Unsubscribe]"#]]
    .assert_eq(&read(&pinged, &subscribed()));
    assert_eq!(saved(&pinged, &quiet()).roles, [RoleId(77)]);
    // The same request again opens the same card and saves nothing.
    assert!(read(&asked, &subscribed()).starts_with("[private] ⚙️"));
}

#[test]
fn forum_gets_a_post_per_outage_and_announcements_publish() {
    let channel_kind = |channel_kind| {
        with(
            on_channel("alerts subscribe", 30),
            "channel",
            OptionValue::Channel(ChannelId(30), Some(channel_kind)),
        )
    };
    assert_eq!(saved(&channel_kind(ChannelKind::Forum), &quiet()).mode, UpdateMode::Thread);
    assert!(saved(&channel_kind(ChannelKind::Announcement), &quiet()).publish);
}

#[test]
fn missing_permission_is_named_before_anything_is_saved() {
    let elsewhere = on_channel("alerts subscribe", 31);
    let needs = find("alerts").map(|command| command.needs(&elsewhere)).unwrap_or_default();
    assert!(needs.contains(&Need::Channel(GuildId(20), ChannelId(31))), "{needs:?}");
    let blind = ChannelFacts {
        channel_kind: Some(ChannelKind::Text),
        may: 1 << 10,
        theirs: MANAGE_CHANNELS,
        must_tag: false,
        voice: false,
    };
    let facts = Facts { channel: Some(Ok(blind)), ..quiet() };
    expect!["[misuse] I can't post in <#31> yet. I'm missing **Send Messages**, **Read Message History** there. Add it, then ask again. Nothing was saved."].assert_eq(&read(&elsewhere, &facts));
    let unknown = Facts { channel: Some(Err(Reason::Refused(PermanentReason::UnknownChannel))), ..quiet() };
    expect!["[misuse] I couldn't read <#31>: there is no such channel (10003). Nothing was saved."]
        .assert_eq(&read(&elsewhere, &unknown));
}

#[test]
fn forum_requiring_tags_is_refused_by_name() {
    let forum = OptionValue::Channel(ChannelId(31), Some(ChannelKind::Forum));
    let asked = with(typed("alerts subscribe", &[]), "channel", forum);
    let forum = |must_tag| {
        let channel_kind = Some(ChannelKind::Forum);
        ChannelFacts { channel_kind, may: ALL_PERMISSIONS, theirs: MANAGE_CHANNELS, must_tag, voice: false }
    };
    let facts = Facts { channel: Some(Ok(forum(true))), ..quiet() };
    expect!["[misuse] In <#31> every post needs a tag, which I can't choose. Turn off **Require people to select tags when posting** in that forum's settings, or name another channel. Nothing was saved."]
        .assert_eq(&read(&asked, &facts));
    let facts = Facts { channel: Some(Ok(forum(false))), ..quiet() };
    assert_eq!(saved(&asked, &facts).channel_kind, ChannelKind::Forum);
    // A forum that requires tags later is suspended, and the doctor names the fix.
    let why = "A tag is required to create a forum post in this channel".to_owned();
    let why = Reason::Refused(PermanentReason::NoPermission { code: 40067, why });
    let since = at("08:30:00");
    let paused = Some(Suspension { since, why, retry: at("09:10:00"), tries: 1 });
    let facts = Facts { subscriptions: vec![Subscription { paused, ..subscription(31) }], ..quiet() };
    let doctor = read(&by_moderator(typed("alerts doctor", &[])), &facts);
    assert!(doctor.contains("select tags when posting"), "{doctor}");
}

#[test]
fn unpingable_roles_and_everyone_are_refused() {
    let asked = |id, mentionable| {
        let role = OptionValue::Role { id: RoleId(id), mentionable };
        with(on_channel("alerts subscribe", 30), "role", role)
    };
    expect![
        "[misuse] I never ping @everyone. Make a role that people can take themselves, and choose that one."
    ]
    .assert_eq(&read(&asked(20, true), &quiet()));
    expect!["[misuse] You aren't allowed to mention <@&77> yourself, so you can't let me do it. Ask somebody who is."]
    .assert_eq(&read(&asked(77, false), &quiet()));
    let mut allowed = asked(77, false);
    allowed.invoker.mentions_everyone = true;
    assert_eq!(saved(&allowed, &quiet()).roles, [RoleId(77)]);
    if let Context::Server { may, .. } = &mut allowed.context {
        *may = ALL_PERMISSIONS & !(1 << 17);
    }
    expect!["[misuse] I'm not allowed to mention <@&77>. Let anyone mention it (Server Settings → Roles), or give me **`Mention @everyone, @here, and All Roles`**. Nothing was saved."].assert_eq(&read(&allowed, &quiet()));
}

#[test]
fn role_menu_refuses_the_same_and_keeps_former_choices() {
    let choose = |roles: &[&str]| by_moderator(pressed("alerts:set-roles:30", roles));
    let mentionable = |mut asked: Invocation, role| {
        if let Input::Component { mentionable, .. } = &mut asked.input {
            mentionable.push(RoleId(role));
        }
        asked
    };
    expect![
        "[misuse] I never ping @everyone. Make a role that people can take themselves, and choose that one."
    ]
    .assert_eq(&read(&choose(&["20"]), &subscribed()));
    expect!["[misuse] You aren't allowed to mention <@&77> yourself, so you can't let me do it. Ask somebody who is."]
    .assert_eq(&read(&choose(&["77"]), &subscribed()));
    assert_eq!(saved(&mentionable(choose(&["77"]), 77), &subscribed()).roles, [RoleId(77)]);
    let mut allowed = choose(&["77"]);
    allowed.invoker.mentions_everyone = true;
    assert_eq!(saved(&allowed, &subscribed()).roles, [RoleId(77)]);
    if let Context::Server { may, .. } = &mut allowed.context {
        *may = ALL_PERMISSIONS & !(1 << 17);
    }
    expect!["[misuse] I'm not allowed to mention <@&77>. Let anyone mention it (Server Settings → Roles), or give me **`Mention @everyone, @here, and All Roles`**. Nothing was saved."].assert_eq(&read(&allowed, &subscribed()));
    // The role was chosen by somebody who could mention it, so it stays, whatever the invoker may mention.
    let before = Subscription { roles: vec![RoleId(77)], ..subscription(30) };
    let before = Facts { subscriptions: vec![before], ..quiet() };
    let both = mentionable(choose(&["77", "78"]), 78);
    assert_eq!(saved(&both, &before).roles, [RoleId(77), RoleId(78)]);
    assert_eq!(saved(&choose(&[]), &before).roles, []);
}

#[test]
fn alert_commands_need_manage_channels_in_a_server() {
    let mut member = on_channel("alerts subscribe", 30);
    member.invoker.manages_channels = false;
    expect!["[misuse] You need **Manage Channels** for that."].assert_eq(&read(&member, &quiet()));
    let mut direct = on_channel("alerts subscribe", 30);
    direct.context = Context::Direct(ChannelId(9));
    expect!["[misuse] /alerts works in servers that I was invited to. In a direct conversation, **Notify me when it's back** does the same for you alone."].assert_eq(&read(&direct, &quiet()));
    for action in
        ["alerts:set-mode:30", "alerts:unsubscribe:30", "alerts:delete-data:yes", "alerts:acknowledge:x"]
    {
        let asked = pressed(action, &["posts"]);
        assert!(read(&asked, &subscribed()).contains("Manage Channels"), "{action}");
    }
}

#[test]
fn full_guild_gets_a_clear_refusal() {
    let facts = Facts {
        subscriptions_allowed: 1,
        subscriptions: vec![subscription(30)],
        ..elsewhere(MANAGE_CHANNELS)
    };
    expect!["[misuse] This server has one subscription, which is the limit. Remove one with /alerts unsubscribe first."].assert_eq(&read(&on_channel("alerts subscribe", 31), &facts));
}

#[test]
fn menus_and_switches_of_the_card_change_their_setting() {
    let press = |action: &str, values: &[&str]| saved(&by_moderator(pressed(action, values)), &subscribed());
    assert_eq!(press("alerts:set-mode:30", &["thread"]).mode, UpdateMode::Thread);
    assert!(press("alerts:toggle-quiet:30", &[]).quiet);
    let events = press("alerts:set-events:30", &["start", "end", "slowdowns", "publish"]);
    assert!(events.events.start && !events.events.worse && !events.publish, "{events:?}");
    let services = press("alerts:set-services:30", &["login", "nobody-knows-this"]);
    expect![[r#"Only({ServiceName("login")})"#]].assert_eq(&format!("{:?}", services.services));
    for forged in ["alerts:set-mode:30", "alerts:set-nothing:30", "alerts:nonsense:30"] {
        let answer = read(&by_moderator(pressed(forged, &["sideways"])), &subscribed());
        assert!(
            answer.starts_with("[misuse] This button is from an older version of me"),
            "{forged}: {answer}"
        );
    }
    expect!["[misuse] <#31> is not subscribed. /alerts list shows what is."]
        .assert_eq(&read(&by_moderator(pressed("alerts:toggle-quiet:31", &[])), &subscribed()));
}

#[test]
fn subscriptions_are_listed_tested_and_ended() {
    let mut paused = subscription(31);
    let why =
        Reason::Refused(PermanentReason::NoPermission { code: 50001, why: "Missing Access".to_owned() });
    paused.paused = Some(Suspension { since: at("08:10:00"), why, retry: at("09:10:00"), tries: 3 });
    paused.roles = vec![RoleId(77)];
    let missed = undelivered(31, &outage(), "Missing Access");
    let facts = Facts {
        subscriptions: vec![subscription(30), paused],
        outages: vec![outage()],
        undelivered: vec![missed],
        channels: vec![seen(30), seen(31)],
        ..elsewhere(MANAGE_CHANNELS)
    };
    let ask = |command: &str| read(&by_moderator(typed(command, &[])), &facts);
    expect![[r#"
        [private] **2 channels of this server are subscribed to Spotify** (limit 100)
        • <#30>: all services · outages
        • <#31>: all services · outages · pings <@&77> · ⚠️ paused: Missing Access \(50001\)
        -# /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken."#]]
    .assert_eq(&ask("alerts list"));
    expect![[r#"
        [private] ⚠️ **One subscription needs your attention:**
        • <#31>: Discord has refused me since <t:1744791000:f>: Missing Access \(50001\). **Fix:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is retried at <t:1744794600:t> and resumes on its own.
        [Post it now]"#]].assert_eq(&ask("alerts doctor"));
    expect![[r#"
        [change] CatchUp
        [private] What <#31> missed is on its way to it."#]]
    .assert_eq(&read(&by_moderator(pressed("alerts:post-now:31", &[])), &facts));
    expect![[r#"
        [change] Preview
        [private] Three previews (start, update, recovery) are on their way to <#30>. They are marked as previews and ping nobody."#]].assert_eq(&read(&on_channel("alerts test", 30), &facts));
    expect![[r#"
        [change] Unsubscribe
        [private] <#30> is unsubscribed. Nothing more is posted there, not even the recovery of an ongoing outage."#]]
    .assert_eq(&read(&on_channel("alerts unsubscribe", 30), &facts));
    expect!["[misuse] <#99> is not subscribed. /alerts list shows what is."]
        .assert_eq(&read(&on_channel("alerts unsubscribe", 99), &facts));
    assert!(read(&by_moderator(typed("alerts doctor", &[])), &subscribed()).contains("✅"));
    assert!(read(&by_moderator(typed("alerts list", &[])), &quiet()).contains("No channel"));
}

#[test]
fn post_it_now_posts_the_missed_outage() {
    let newer = Outage { id: OutageId("web-api-newer".into()), ..outage() };
    let lost = undelivered(30, &outage(), "refused");
    let facts = Facts { outages: vec![newer.clone(), outage()], undelivered: vec![lost], ..subscribed() };
    let pressed = by_moderator(pressed("alerts:post-now:30", &[]));
    let Ok(Response::Change(asked)) = decide(&pressed, &facts) else { panic!("a change") };
    let SubscriptionEdit::CatchUp(_, channel, event) = asked.change else { panic!("{:?}", asked.change) };
    assert_eq!((channel, event.outage.id), (ChannelId(30), outage().id));
    let nothing_missed = Facts { undelivered: vec![], ..facts };
    expect!["[misuse] <#30> hasn't missed any alerts recently."].assert_eq(&read(&pressed, &nothing_missed));
}

#[test]
fn live_status_and_guild_data_deletion() {
    expect![[r#"
        [change] LiveMessage
        [private] <#30> now has the live status message. Run this again with another channel to move it."#]]
    .assert_eq(&read(&on_channel("alerts live", 30), &quiet()));
    let off = with(typed("alerts live", &[]), "off", OptionValue::Flag(true));
    expect![[r#"
        [change] EndLiveStatus
        [private] The live status message is removed."#]]
    .assert_eq(&read(&off, &everywhere()));
    expect!["[misuse] Name the channel for the live status message, or use off: to remove it."]
        .assert_eq(&read(&by_moderator(typed("alerts live", &[])), &quiet()));
    let counts = vec![("subscriptions".into(), 2), ("boards".into(), 0)];
    let facts = Facts { counts, ..everywhere() };
    expect![[r#"
        [private] ⚠️ **Delete everything stored about this server?** That is:
        • subscriptions: 2
        No channel gets alerts any more. This can't be undone. /alerts export-data gives you a copy first.
        [Delete it all]"#]]
    .assert_eq(&read(&by_moderator(typed("alerts delete-data", &[])), &facts));
    expect![[r#"
        [change] DeleteData
        [in place] **Deleted now:** everything that was stored about this server."#]]
    .assert_eq(&read(&by_moderator(pressed("alerts:delete-data:yes", &[])), &facts));
}

/// The invoker manages channels by role, so everywhere in the server.
fn everywhere() -> Facts {
    Facts { server: Some(Ok(MANAGE_CHANNELS)), ..quiet() }
}

#[test]
fn manager_of_one_channel_changes_only_that_channel() {
    // The invoker manages channel 30, where the command is used.
    let here =
        Facts { subscriptions: vec![subscription(30), subscription(31)], ..elsewhere(MENTION_EVERYONE) };
    let ask = |asked: &Invocation| read(asked, &here);
    expect!["[misuse] You need **Manage Channels** in <#31> for that. Nothing was changed."]
        .assert_eq(&ask(&on_channel("alerts subscribe", 31)));
    let needs = |asked: &Invocation| find("alerts").map(|it| it.needs(asked)).unwrap_or_default();
    for (asked, changes) in [
        (on_channel("alerts subscribe", 31), "Subscribe"),
        (on_channel("alerts unsubscribe", 31), "Unsubscribe"),
        (on_channel("alerts test", 31), "Preview"),
        (on_channel("alerts live", 31), "LiveMessage"),
        (by_moderator(pressed("alerts:toggle-quiet:31", &[])), "Subscribe"),
        (by_moderator(pressed("alerts:unsubscribe:31", &[])), "Unsubscribe"),
    ] {
        assert!(needs(&asked).contains(&Need::Channel(GuildId(20), ChannelId(31))), "{changes}");
        let refused = ask(&asked);
        assert!(
            refused.starts_with("[misuse] You need **Manage Channels** in <#31>"),
            "{changes}: {refused}"
        );
        let theirs = Facts { subscriptions: here.subscriptions.clone(), ..elsewhere(MANAGE_CHANNELS) };
        let allowed = read(&asked, &theirs);
        assert!(allowed.starts_with(&format!("[change] {changes}")) || allowed.contains("⚙️"), "{allowed}");
        // Administrators manage every channel, even if its facts cannot be read.
        let mut admin = asked.clone();
        admin.invoker.administers = true;
        assert!(!ask(&admin).starts_with("[misuse]"), "{}", ask(&admin));
    }
    // They may still change their own channel, and any of them can unsubscribe a deleted channel.
    assert!(ask(&on_channel("alerts unsubscribe", 30)).starts_with("[change]"));
    let gone = Facts { channel: Some(Err(Reason::Refused(PermanentReason::UnknownChannel))), ..here.clone() };
    assert!(read(&on_channel("alerts unsubscribe", 31), &gone).starts_with("[change]"));
}

#[test]
fn role_elsewhere_needs_mention_permission_there() {
    let role = || OptionValue::Role { id: RoleId(77), mentionable: false };
    let mut asked = with(on_channel("alerts subscribe", 31), "role", role());
    // The invoker may mention everyone in this channel, but not in the other one.
    asked.invoker.mentions_everyone = true;
    expect!["[misuse] You aren't allowed to mention <@&77> yourself, so you can't let me do it. Ask somebody who is."]
    .assert_eq(&read(&asked, &elsewhere(MANAGE_CHANNELS)));
    asked.invoker.mentions_everyone = false;
    assert_eq!(saved(&asked, &elsewhere(MANAGE_CHANNELS | MENTION_EVERYONE)).roles, [RoleId(77)]);
}

#[test]
fn guild_data_is_deleted_only_by_its_managers() {
    let off = with(typed("alerts live", &[]), "off", OptionValue::Flag(true));
    for asked in [
        by_moderator(typed("alerts delete-data", &[])),
        by_moderator(pressed("alerts:delete-data:yes", &[])),
        by_moderator(typed("alerts export-data", &[])),
        off,
    ] {
        let needs = find("alerts").map(|it| it.needs(&asked)).unwrap_or_default();
        assert!(needs.contains(&Need::Server(GuildId(20))), "{needs:?}");
        let server = |server| Facts { server: Some(server), ..quiet() };
        expect!["[misuse] That is about the whole server: you need **Manage Channels** from one of your roles, not only in single channels. Nothing was changed."]
            .assert_eq(&read(&asked, &server(Ok(MENTION_EVERYONE))));
        expect!["[misuse] I couldn't read this server's roles: Discord did not answer in time. Nothing was changed."]
            .assert_eq(&read(&asked, &server(Err(Reason::NoAnswer))));
        assert!(!read(&asked, &everywhere()).starts_with("[misuse]"));
    }
}

#[test]
fn post_buttons_report_notify_and_mute() {
    let outage = outage();
    let facts = Facts {
        outage: Some(outage.clone()),
        subscriptions: vec![Subscription { roles: vec![RoleId(77)], ..subscription(30) }],
        ..facts(during(&outage, "12:30:00"))
    };
    let press = |what: &str| pressed(&format!("alerts:{what}:{}", outage.id), &[]);
    expect![[r#"
        [change] Report
        [in place] 🔴 **Spotify Web API is down**: 503 "no healthy upstream" <@&77>
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: doesn't show it yet ("All Systems Operational").
        Still up: Login & tokens, Desktop & mobile apps and Web player.
        **Developers:** retry with backoff. Don't log users out or rotate keys.
        -# This message updates itself. A new one follows when it's over.
        -# one person sees it too · web-api-20250416T122005Z/start
        [I see it too | Notify me when it's back | Mute this outage here]"#]]
    .assert_eq(&read(&press("me-too"), &facts));
    expect![[r#"
        [change] NotifyOnRecovery
        [private] When Spotify Web API is back, we'll mention you here, once."#]]
    .assert_eq(&read(&press("tell-me"), &facts));
    expect![[r#"
        [change] Acknowledge
        [private] Muted: nothing more of this outage is posted here, except its recovery."#]]
    .assert_eq(&read(&by_moderator(press("acknowledge")), &facts));
    let Ok(Response::Change(asked)) = decide(&by_moderator(press("acknowledge")), &facts) else {
        panic!("a change")
    };
    let id = OutageId("web-api-20250416T122005Z".into());
    assert_eq!(asked.change, SubscriptionEdit::Acknowledge(GuildId(20), ChannelId(30), id));
}
