//! What moderators read when they let channels hear about outages.

use expect_test::expect;
use healthy_upstream::alerts::SubscriptionEdit;
use healthy_upstream::alerts::{ChannelKind, DiscordError, Subscription, Suspension, UpdateMode};
use healthy_upstream::commands::{
    ChannelFacts, Context, Facts, Input, Invocation, Need, OptionValue, Response, UndeliveredAlert, find,
};
use healthy_upstream::discord::permissions::{MANAGE_CHANNELS, MENTION_EVERYONE};
use healthy_upstream::health::{Outage, OutageId};
use healthy_upstream::ids::{ChannelId, GuildId, RoleId};

use crate::scene::{
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
    UndeliveredAlert { channel, outage, why: why.to_owned(), given_up: false }
}

fn subscribed() -> Facts {
    Facts { subscriptions: vec![subscription(30)], channels: vec![seen(30)], ..quiet() }
}

/// A channel in which the bot has what it needs.
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

/// Another channel, in which the bot has what it needs, and the asker these permissions.
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
        [private] ✅ **Saved:** <#30> hears when Spotify breaks and when it is back.
        • Services: all, also those added later
        • Events: it breaks, it gets worse, it is back, announced maintenance
        • Severity: outages only
        • Pings at a start: nobody
        • Form: one post, kept up to date; the end is a new post
        • Extras: none
        [▾ Services (all, if you choose none)]
        [▾ What to tell]
        [▾ Roles to ping at a start]
        [▾ In which form]
        [Quiet: off | Reminders: off | Weekly report: off | Test | Unsubscribe]"#]]
    .assert_eq(&read(&asked, &quiet()));
    assert_eq!(saved(&asked, &quiet()).mode, UpdateMode::Edit);
    let role = OptionValue::Role { id: RoleId(77), mentionable: true };
    let pinged = with(asked.clone(), "role", role);
    expect![[r#"
        [change] Subscribe
        [private] ⚙️ **<#30>** hears about Spotify:
        • Services: all, also those added later
        • Events: it breaks, it gets worse, it is back, announced maintenance
        • Severity: outages only
        • Pings at a start: <@&77>
        • Form: one post, kept up to date; the end is a new post
        • Extras: none
        [▾ Services (all, if you choose none)]
        [▾ What to tell]
        [▾ Roles to ping at a start]
        [▾ In which form]
        [Quiet: off | Reminders: off | Weekly report: off | Test | Unsubscribe]"#]]
    .assert_eq(&read(&pinged, &subscribed()));
    assert_eq!(saved(&pinged, &quiet()).roles, [RoleId(77)]);
    // Asked again, the same card opens and nothing is saved anew.
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
fn what_is_missing_is_named_before_anything_is_saved() {
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
    expect!["[misuse] I cannot post in <#31> yet. Give me **Send Messages**, **Read Message History** there, then ask again. Nothing was saved."].assert_eq(&read(&elsewhere, &facts));
    let unknown = Facts { channel: Some(Err("Unknown Channel".into())), ..quiet() };
    expect!["[misuse] I could not look at <#31>: Unknown Channel. Nothing was saved."]
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
    expect!["[misuse] In <#31> every post must bear a tag, which I cannot choose. Switch off **Require people to select tags when posting** in that forum's settings, or name another channel. Nothing was saved."]
        .assert_eq(&read(&asked, &facts));
    let facts = Facts { channel: Some(Ok(forum(false))), ..quiet() };
    assert_eq!(saved(&asked, &facts).channel_kind, ChannelKind::Forum);
    // One that began to want tags later is paused, and the doctor names the fix.
    let why = "A tag is required to create a forum post in this channel (40067)".to_owned();
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
    expect![
        "[misuse] You may not mention <@&77> yourself, so you cannot let me do it. Ask somebody who may."
    ]
    .assert_eq(&read(&asked(77, false), &quiet()));
    let mut allowed = asked(77, false);
    allowed.invoker.mentions_everyone = true;
    assert_eq!(saved(&allowed, &quiet()).roles, [RoleId(77)]);
    if let Context::Server { may, .. } = &mut allowed.place {
        *may = ALL_PERMISSIONS & !(1 << 17);
    }
    expect!["[misuse] I may not mention <@&77>. Allow anybody to mention it (server settings, Roles), or give me **Mention Everyone**. Nothing was saved."].assert_eq(&read(&allowed, &quiet()));
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
    expect![
        "[misuse] You may not mention <@&77> yourself, so you cannot let me do it. Ask somebody who may."
    ]
    .assert_eq(&read(&choose(&["77"]), &subscribed()));
    assert_eq!(saved(&mentionable(choose(&["77"]), 77), &subscribed()).roles, [RoleId(77)]);
    let mut allowed = choose(&["77"]);
    allowed.invoker.mentions_everyone = true;
    assert_eq!(saved(&allowed, &subscribed()).roles, [RoleId(77)]);
    if let Context::Server { may, .. } = &mut allowed.place {
        *may = ALL_PERMISSIONS & !(1 << 17);
    }
    expect!["[misuse] I may not mention <@&77>. Allow anybody to mention it (server settings, Roles), or give me **Mention Everyone**. Nothing was saved."].assert_eq(&read(&allowed, &subscribed()));
    // Whoever may mention it now: it was chosen by somebody who might.
    let before = Subscription { roles: vec![RoleId(77)], ..subscription(30) };
    let before = Facts { subscriptions: vec![before], ..quiet() };
    let both = mentionable(choose(&["77", "78"]), 78);
    assert_eq!(saved(&both, &before).roles, [RoleId(77), RoleId(78)]);
    assert_eq!(saved(&choose(&[]), &before).roles, []);
}

#[test]
fn only_those_who_manage_channels_and_only_in_a_server() {
    let mut member = on_channel("alerts subscribe", 30);
    member.invoker.manages_channels = false;
    expect!["[misuse] You need **Manage Channels** for that."].assert_eq(&read(&member, &quiet()));
    let mut direct = on_channel("alerts subscribe", 30);
    direct.place = Context::Direct(ChannelId(9));
    expect!["[misuse] /alerts works in servers that I was invited to. In a direct conversation, **Tell me when it's back** does the same for you alone."].assert_eq(&read(&direct, &quiet()));
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
    expect!["[misuse] This server has one subscription, which is the most. Remove one with /alerts unsubscribe first."].assert_eq(&read(&on_channel("alerts subscribe", 31), &facts));
}

#[test]
fn the_cards_menus_and_switches_change_what_they_say() {
    let press = |action: &str, values: &[&str]| saved(&by_moderator(pressed(action, values)), &subscribed());
    assert_eq!(press("alerts:set-mode:30", &["thread"]).mode, UpdateMode::Thread);
    assert!(press("alerts:toggle-quiet:30", &[]).quiet);
    let events = press("alerts:set-events:30", &["start", "end", "slowdowns", "publish"]);
    assert!(events.events.start && !events.events.worse && !events.publish, "{events:?}");
    let services = press("alerts:set-services:30", &["login", "nobody-knows-this"]);
    expect![[r#"Only({ServiceName("login")})"#]].assert_eq(&format!("{:?}", services.services));
    for forged in ["alerts:set-mode:30", "alerts:set-nothing:30", "alerts:nonsense:30"] {
        let answer = read(&by_moderator(pressed(forged, &["sideways"])), &subscribed());
        assert!(answer.starts_with("[misuse] I no longer know this button"), "{forged}: {answer}");
    }
    expect!["[misuse] <#31> is not subscribed. /alerts list shows what is."]
        .assert_eq(&read(&by_moderator(pressed("alerts:toggle-quiet:31", &[])), &subscribed()));
}

#[test]
fn what_is_subscribed_is_listed_tested_and_ended() {
    let mut paused = subscription(31);
    let why = "Missing Access (50001)".to_owned();
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
        [private] **2 channels of this server hear about Spotify** (of 100 possible)
        • <#30>: all services · outages
        • <#31>: all services · outages · pings <@&77> · ⚠️ paused: Missing Access \(50001\)
        -# /alerts subscribe with a channel opens its settings; /alerts doctor names what is broken."#]]
    .assert_eq(&ask("alerts list"));
    expect![[r#"
        [private] ⚠️ **One subscription needs you:**
        • <#31>: Discord refuses me since <t:1744791000:R>: Missing Access \(50001\). **Cure:** give my role **View Channel**, **Send Messages**, **Read Message History** in that channel. It is tried again <t:1744794600:R> and heals by itself.
        [Post it now]"#]].assert_eq(&ask("alerts doctor"));
    expect![[r#"
        [change] CatchUp
        [private] What <#31> missed is on its way to it."#]]
    .assert_eq(&read(&by_moderator(pressed("alerts:post-now:31", &[])), &facts));
    expect![[r#"
        [change] Preview
        [private] Three previews (start, worse, end) are on their way to <#30>. They say that they are previews and ping nobody."#]].assert_eq(&read(&on_channel("alerts test", 30), &facts));
    expect![[r#"
        [change] Unsubscribe
        [private] <#30> is unsubscribed. It hears nothing more, not even the end of what goes on."#]]
    .assert_eq(&read(&on_channel("alerts unsubscribe", 30), &facts));
    expect!["[misuse] <#99> is not subscribed. /alerts list shows what is."]
        .assert_eq(&read(&on_channel("alerts unsubscribe", 99), &facts));
    assert!(read(&by_moderator(typed("alerts doctor", &[])), &subscribed()).contains("✅"));
    assert!(read(&by_moderator(typed("alerts list", &[])), &quiet()).contains("No channel"));
}

#[test]
fn posted_now_is_the_missed_outage_not_a_newer_one() {
    let newer = Outage { id: OutageId("web-api-newer".into()), ..outage() };
    let lost = undelivered(30, &outage(), "refused");
    let facts = Facts { outages: vec![newer.clone(), outage()], undelivered: vec![lost], ..subscribed() };
    let pressed = by_moderator(pressed("alerts:post-now:30", &[]));
    let Ok(Response::Change(asked)) = decide(&pressed, &facts) else { panic!("a change") };
    let SubscriptionEdit::CatchUp(_, channel, event) = asked.change else { panic!("{:?}", asked.change) };
    assert_eq!((channel, event.outage.id), (ChannelId(30), outage().id));
    let log = Facts { undelivered: vec![], ..facts };
    expect!["[misuse] <#30> has missed nothing lately."].assert_eq(&read(&pressed, &log));
}

#[test]
fn live_status_and_guild_data_deletion() {
    expect![[r#"
        [change] Board
        [private] <#30> now has the board: one message, kept current. Calling this again with another channel moves it."#]].assert_eq(&read(&on_channel("alerts live", 30), &quiet()));
    let off = with(typed("alerts live", &[]), "off", OptionValue::Flag(true));
    expect![[r#"
        [change] EndBoard
        [private] The board is ended, and its message is taken down."#]]
    .assert_eq(&read(&off, &everywhere()));
    expect!["[misuse] Name the channel that shall have the board, or use off: to end it."]
        .assert_eq(&read(&by_moderator(typed("alerts live", &[])), &quiet()));
    let counts = vec![("subscriptions".into(), 2), ("boards".into(), 0)];
    let facts = Facts { counts, ..everywhere() };
    expect![[r#"
        [private] ⚠️ **Delete everything kept about this server?** That is:
        • subscriptions: 2
        Every channel stops hearing about outages. This cannot be undone. /alerts export-data gives you a copy first.
        [Delete it all]"#]]
    .assert_eq(&read(&by_moderator(typed("alerts delete-data", &[])), &facts));
    expect![[r#"
        [change] DeleteData
        [in place] **Deleted now:** everything that was stored about this server."#]]
    .assert_eq(&read(&by_moderator(pressed("alerts:delete-data:yes", &[])), &facts));
}

/// The asker manages channels by their roles, so everywhere in the server.
fn everywhere() -> Facts {
    Facts { server: Some(Ok(MANAGE_CHANNELS)), ..quiet() }
}

#[test]
fn who_manages_one_channel_only_decides_about_that_one_alone() {
    // They manage channel 30, where they ask.
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
        // Administrators manage every channel, also where that cannot be looked up.
        let mut admin = asked.clone();
        admin.invoker.administers = true;
        assert!(!ask(&admin).starts_with("[misuse]"), "{}", ask(&admin));
    }
    // Their own channel stays theirs; and one that is gone can be unsubscribed by any of them.
    assert!(ask(&on_channel("alerts unsubscribe", 30)).starts_with("[change]"));
    let gone = Facts { channel: Some(Err("Unknown Channel".into())), ..here.clone() };
    assert!(read(&on_channel("alerts unsubscribe", 31), &gone).starts_with("[change]"));
}

#[test]
fn role_elsewhere_needs_mention_permission_there() {
    let role = || OptionValue::Role { id: RoleId(77), mentionable: false };
    let mut asked = with(on_channel("alerts subscribe", 31), "role", role());
    // Where they ask, they may; there they may not.
    asked.invoker.mentions_everyone = true;
    expect![
        "[misuse] You may not mention <@&77> yourself, so you cannot let me do it. Ask somebody who may."
    ]
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
        expect!["[misuse] That is about the whole server: you need **Manage Channels** by one of your roles, not in single channels alone. Nothing was changed."]
            .assert_eq(&read(&asked, &server(Ok(MENTION_EVERYONE))));
        expect!["[misuse] I could not look at this server's roles: later: no answer. Nothing was changed."]
            .assert_eq(&read(&asked, &server(Err("later: no answer".into()))));
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
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** nothing yet; its page shows "All Systems Operational".
        Still answering: Login & tokens, Desktop & mobile apps and Web player.
        **Do:** retry with growing gaps. **Don't:** log users out or rotate keys.
        -# This post is kept up to date; the end comes as a new post.
        -# one person sees it too · web-api-20250416T122005Z/start
        [I see it too | Tell me when it's back | Acknowledge here]"#]]
    .assert_eq(&read(&press("me-too"), &facts));
    expect![[r#"
        [change] TellWhenBack
        [private] When Spotify Web API is back, you are mentioned here, once."#]]
    .assert_eq(&read(&press("tell-me"), &facts));
    expect![[r#"
        [change] Acknowledge
        [private] Acknowledged: this channel hears no more of this outage until its end."#]]
    .assert_eq(&read(&by_moderator(press("acknowledge")), &facts));
    let Ok(Response::Change(asked)) = decide(&by_moderator(press("acknowledge")), &facts) else {
        panic!("a change")
    };
    let id = OutageId("web-api-20250416T122005Z".into());
    assert_eq!(asked.change, SubscriptionEdit::Acknowledge(GuildId(20), ChannelId(30), id));
}
