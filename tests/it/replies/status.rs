//! What `/status` and the buttons below it say.

use std::sync::Arc;

use expect_test::expect;
use healthy_upstream::alerts::{PermanentReason, Reason, SubscriptionEdit};
use healthy_upstream::chat::{ActionRow, Button, Visibility};
use healthy_upstream::commands::{Context, Facts, Invocation, Need, Response, StandingAnswer};
use healthy_upstream::health::{IncidentState, Level, StatusSnapshot};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::ChannelId;
use jiff::SignedDuration;

use super::{down, reads};
use crate::fixtures::{
    at, decide, during, ended, facts, hits_too, outage, page_spoke, pressed, read, typed, well,
};

/// If we are rate limited in the middle of an outage, we do not know how it continues.
#[test]
fn status_while_rate_limited_says_that_we_cannot_check() {
    let mut snapshot = during(&outage(), "13:32:05");
    for service in &mut snapshot.services {
        (service.level, service.failure) = (Level::Unknown, None);
    }
    for source in &mut snapshot.sources {
        source.refused_until = Some(at("14:20:00"));
    }
    let said = read(&typed("status", &[]), &facts(snapshot.clone()));
    assert!(said.starts_with("[public] ⚪ **We can't tell how Spotify Web API is**"), "{said}");
    assert!(said.contains("**Our checks** see nothing now: they are rate limited until"), "{said}");
    assert!(!said.contains("down") && !said.contains("It is not your code"), "{said}");
    // The status page reports the outage: that voice is shown as always.
    snapshot = during(&page_spoke(outage(), IncidentState::Investigating), "13:32:05");
    for service in &mut snapshot.services {
        (service.level, service.failure) = (Level::Unknown, None);
    }
    let said = read(&typed("status", &[]), &facts(snapshot));
    assert!(said.contains("**Spotify Web API is down**"), "{said}");
}

#[test]
fn status_during_an_outage_shows_every_voice() {
    reads(
        &typed("status", &[]),
        &down(),
        &expect![[r#"
            [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
            🔴 **Web API**: down, 503 "no healthy upstream" · 0 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
            **Spotify's status page**: "All Systems Operational" (read <t:1744810325:R>) · [open](<https://spotify.statuspage.io>)
            Their own page doesn't show it yet.
            It's not your code. Slow down your retries and keep your tokens.
            -# Checked <t:1744810325:R> · checks every 30 s
            [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]],
    );
    let wide =
        hits_too(page_spoke(outage(), IncidentState::Investigating), "login", Level::Degraded, "12:50:00");
    let mut snapshot = during(&wide, "13:32:05");
    snapshot.reports = 12;
    reads(
        &typed("status", &[]),
        &facts(snapshot.clone()),
        &expect![[r#"
            [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
            🔴 **Web API**: down, 503 "no healthy upstream" · 0 % success in the last hour
            🟡 **Login & tokens**: partly failing, no answer in time · 0 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks** have found failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
            **Spotify's status page**: "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://spotify.statuspage.io>)
            It's not your code. Slow down your retries and keep your tokens.
            -# Checked <t:1744810325:R> · checks every 30 s · 12 people see it too
            [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]],
    );
    reads(
        &typed("status", &[("service", "login")]),
        &facts(snapshot),
        &expect![[r#"
            [public] 🟡 **Spotify Login & tokens has trouble**, for 42 min 5 s
            🟡 **Login & tokens**: partly failing, no answer in time · 0 % success in the last hour

            **Some of our checks** have failed since <t:1744807800:t> (<t:1744807800:R>), from Frankfurt.
            **Spotify's status page**: "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://spotify.statuspage.io>)
            It's not your code. Slow down your retries and keep your tokens.
            -# Checked <t:1744810325:R> · checks every 30 s · 12 people see it too
            [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]],
    );
}

#[test]
fn healthy_status_shows_checks_and_reports() {
    reads(
        &typed("status", &[]),
        &facts(well("09:00:00")),
        &expect![[r#"
            [public] 🟢 **Spotify is up**: all 4 services pass our checks
            🟢 **Web API**: up, 41 ms · 100 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks**: all 4 services pass, from Frankfurt; the newest <t:1744794000:R>.
            **Spotify's status page**: "All Systems Operational" (read <t:1744794000:R>) · [open](<https://spotify.statuspage.io>)
            -# Checked <t:1744794000:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let reported = StatusSnapshot { reports: 7, ..well("09:00:00") };
    reads(
        &typed("status", &[("service", "Web player")]),
        &facts(reported),
        &expect![[r#"
            [public] 🟢 **Spotify Web player is up**: it passes our checks
            🟢 **Web player**: up, 120 ms · 100 % success in the last hour

            **Our checks**: all 4 services pass, from Frankfurt; the newest <t:1744794000:R>.
            **Spotify's status page**: "All Systems Operational" (read <t:1744794000:R>) · [open](<https://spotify.statuspage.io>)
            **People here**: 7 reports in the last 15 minutes. Our checks don't show it.
            -# Checked <t:1744794000:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
}

#[test]
fn status_shows_when_voices_disagree_or_are_missing() {
    let mut log = page_spoke(outage(), IncidentState::Identified);
    log.seen = None;
    log.since = at("12:45:00");
    let mut snapshot = during(&log, "13:00:00");
    snapshot.services = well("13:00:00").services;
    reads(
        &typed("status", &[]),
        &facts(snapshot),
        &expect![[r#"
            [public] 🔴 **Spotify's page reports an outage of Web API**, for 15 min 0 s
            🟢 **Web API**: up, 41 ms · 100 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks**: all 4 services pass, from Frankfurt; the newest <t:1744808400:R>.
            **Spotify's status page**: "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://spotify.statuspage.io>)
            Its page reports trouble that our checks don't show.
            -# Checked <t:1744808400:R> · checks every 30 s
            [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]],
    );
    let blind =
        StatusSnapshot { own_network_down_since: Some(at("12:58:00")), reports: 3, ..well("13:00:00") };
    reads(
        &typed("status", &[]),
        &facts(blind),
        &expect![[r#"
            [public] ⚪ **We can't tell how Spotify is**: our own network fails.

            **Our checks** have seen nothing since <t:1744808280:t>: our own network fails, which says nothing about Spotify.
            **Spotify's status page**: "All Systems Operational" (read <t:1744808400:R>) · [open](<https://spotify.statuspage.io>)
            **People here**: 3 reports in the last 15 minutes.
            -# Checked <t:1744808400:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let old = Facts { now: at("13:20:00"), ..facts(well("13:00:00")) };
    reads(
        &typed("status", &[]),
        &old,
        &expect![[r#"
            [public] ⚪ **We can't tell how Spotify is**: no check has finished recently.

            **Our checks** are old: the newest one finished <t:1744808400:R>.
            **Spotify's status page**: "All Systems Operational" (read <t:1744808400:R>) · [open](<https://spotify.statuspage.io>)
            -# Checked <t:1744808400:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let mut unreadable = well("13:00:00");
    let page = unreadable.page.as_mut().expect("a page");
    (page.problem, page.level, page.read) = (Some("HTML".into()), Level::Unknown, Some(at("12:10:00")));
    unreadable.services[3].level = Level::Unknown;
    reads(
        &typed("status", &[]),
        &facts(unreadable),
        &expect![[r#"
            [public] ⚪ **We can't tell how Spotify Web player is**; everything else passes our checks.
            🟢 **Web API**: up, 41 ms · 100 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            ⚪ **Web player**: we can't tell

            **Our checks**: 3 of 4 services pass, from Frankfurt; the newest <t:1744808400:R>.
            **Spotify's status page**: can't be read; it last answered <t:1744805400:R>. · [open](<https://spotify.statuspage.io>)
            -# Checked <t:1744808400:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let mut unsure = well("13:00:00");
    unsure.services[0].level = Level::Outage;
    unsure.services[0].failure = Some(crate::fixtures::failure());
    reads(
        &typed("status", &[]),
        &facts(unsure),
        &expect![[r#"
            [public] 🔴 **Spotify Web API fails our checks**, but not for long enough to be sure.
            🔴 **Web API**: down, 503 "no healthy upstream" · 100 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks**: some pass and some fail, from Frankfurt; the newest <t:1744808400:R>.
            **Spotify's status page**: "All Systems Operational" (read <t:1744808400:R>) · [open](<https://spotify.statuspage.io>)
            -# Checked <t:1744808400:R> · checks every 30 s
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
}

#[test]
fn same_answer_is_not_posted_twice_in_a_channel() {
    let mut facts = facts(well("09:00:00"));
    let link = "https://discord.com/channels/20/30/60".to_owned();
    facts.recent_answers.push(StandingAnswer { name: "status".into(), link, at: at("08:59:30") });
    let again = read(&typed("status", &[]), &facts);
    assert!(again.starts_with("[private]") && again.contains("channels/20/30/60"), "{again}");
    facts.recent_answers[0].at = at("08:58:30");
    assert!(read(&typed("status", &[]), &facts).starts_with("[public]"));
}

#[test]
fn status_buttons_refresh_and_notify_on_recovery() {
    let facts = Facts { outage: Some(outage()), outages: vec![outage()], ..down() };
    reads(
        &pressed("status:fails", &[]),
        &facts,
        &expect![[r#"
            [change] Report
            [in place] 🔴 **Spotify Web API is down**, for 1 h 12 min
            🔴 **Web API**: down, 503 "no healthy upstream" · 0 % success in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            🟢 **Web player**: up, 120 ms · 100 %

            **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
            **Spotify's status page**: "All Systems Operational" (read <t:1744810325:R>) · [open](<https://spotify.statuspage.io>)
            Their own page doesn't show it yet.
            It's not your code. Slow down your retries and keep your tokens.
            -# Checked <t:1744810325:R> · checks every 30 s · one person sees it too
            [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]],
    );
    reads(
        &pressed("status:tell-me:web-api-20250416T122005Z", &[]),
        &facts,
        &expect![[r#"
            [change] NotifyOnRecovery
            [private] When Spotify Web API is back, we'll mention you here, once."#]],
    );
    reads(
        &pressed("status:day", &[]),
        &facts,
        &expect![[r#"
            [private] 🔴 **Spotify, the last 24 hours**: one outage, still going on.
            🔴 **Web API**: 95.00 % · down 1 h 12 min
            🟢 **Login & tokens**: 100 %
            🟢 **Desktop & mobile apps**: 100 %
            🟢 **Web player**: 100 %
            -# Share of the time without an outage, from our checks, from Frankfurt and Spotify's page · details: /outages"#]],
    );
    assert!(read(&pressed("status:refresh", &[]), &facts).starts_with("[in place] 🔴"));
    let over = Facts { outage: Some(ended(outage(), "13:00:00")), ..down() };
    reads(
        &pressed("status:tell-me:web-api-20250416T122005Z", &[]),
        &over,
        &expect!["[private] 🟢 **Spotify Web API is back.** It was down for 39 min 55 s."],
    );
    let mut direct = pressed("status:tell-me:web-api-20250416T122005Z", &[]);
    direct.context = Context::Direct(ChannelId(9));
    reads(
        &direct,
        &facts,
        &expect![[r#"
            [change] NotifyOnRecovery
            [private] When Spotify Web API is back, you'll get one direct message."#]],
    );
    // Where the bot is no member, it sends the invoker a direct message.
    let mut elsewhere = pressed("status:tell-me:web-api-20250416T122005Z", &[]);
    elsewhere.context = Context::Elsewhere(ChannelId(9));
    let needs = healthy_upstream::commands::find("status").expect("a command").needs(&elsewhere);
    assert!(needs.contains(&Need::Direct(elsewhere.invoker.id)), "{needs:?}");
    let opened = Facts { direct: Some(Ok(ChannelId(77))), ..facts.clone() };
    let Ok(Response::Change(asked)) = decide(&elsewhere, &opened) else { panic!("a change") };
    let SubscriptionEdit::NotifyOnRecovery { channel, direct, guild, .. } = asked.change else {
        panic!("a wish")
    };
    assert_eq!((channel, direct, guild), (ChannelId(77), true, None));
    // A server without a language from Discord gets the configured language.
    let facts = Facts { language: Language::nearest("ja"), ..facts };
    let mut unknown = pressed("status:tell-me:web-api-20250416T122005Z", &[]);
    let Context::Server { language, .. } = &mut unknown.context else { panic!("a server") };
    *language = None;
    let Ok(Response::Change(asked)) = decide(&unknown, &facts) else { panic!("a change") };
    let SubscriptionEdit::NotifyOnRecovery { language, .. } = asked.change else { panic!("a wish") };
    assert_eq!(language, "ja");
    let refused =
        Facts { direct: Some(Err(Reason::Refused(PermanentReason::NoDirectMessages))), ..facts.clone() };
    reads(
        &elsewhere,
        &refused,
        &expect![
            "[misuse] I couldn't send you a direct message, so I can't notify you when it's back: this person doesn't accept direct messages (50007). Nothing was saved."
        ],
    );
}

#[test]
fn report_count_is_shown_once_per_person() {
    let facts = Facts {
        snapshot: Arc::new(StatusSnapshot { reports: 6, ..well("09:00:00") }),
        ..facts(well("09:00:00"))
    };
    let Ok(Response::Change(asked)) = decide(&pressed("status:fails", &[]), &facts) else {
        panic!("a change")
    };
    assert!(asked.stored.message.text.contains("7 reports in the last"), "{}", asked.stored.message.text);
    assert_eq!(asked.stored.visibility, Visibility::InPlace);
    assert!(asked.same.as_ref().is_some_and(|same| same.message.text.contains("already counted")));
    let later = Facts { now: facts.now + SignedDuration::from_mins(2), ..facts.clone() };
    let again = decide(&pressed("status:fails", &[]), &later);
    let Ok(Response::Change(again)) = again else { panic!("a change") };
    assert_eq!(asked.change, again.change, "the same person");
    let next = Facts { now: facts.now + SignedDuration::from_mins(20), ..facts };
    let Ok(Response::Change(next)) = decide(&pressed("status:fails", &[]), &next) else { panic!("a change") };
    assert_eq!(asked.change, next.change, "the same person in the next quarter of an hour");
}

#[test]
fn public_answer_keeps_its_language_for_every_presser() {
    let german = |asked: Invocation| Invocation { language: Language::nearest("de"), ..asked };
    let Ok(Response::Say(answer)) = decide(&typed("status", &[("service", "Web API")]), &down()) else {
        panic!("an answer")
    };
    for what in ["refresh", "fails"] {
        let button = answer.message.rows.iter().find_map(|row| match row {
            ActionRow::Buttons(buttons) => buttons.iter().find_map(|button| match button {
                Button::Ask { action, .. } if action.contains(what) => Some(action.clone()),
                _ => None,
            }),
            ActionRow::Menu(_) => None,
        });
        let button = button.expect("the button");
        let said = read(&german(pressed(&button, &[])), &down());
        assert!(said.contains("is down"), "{button}: {said}");
        // Buttons of older versions, and forged ones, answer in the language of the user who presses.
        for unnamed in [button.replace("@en", ""), button.replace("@en", "@xx")] {
            let said = read(&german(pressed(&unnamed, &[])), &down());
            assert!(said.contains("ist ausgefallen"), "{unnamed}: {said}");
        }
    }
}

#[test]
fn same_second_answers_are_shared_and_never_stale() {
    let (up, broken) = (Arc::new(well("13:00:00")), Arc::new(during(&outage(), "13:32:05")));
    let lately = facts(well("13:00:00")).said;
    for round in 0..3 {
        for (snapshot, time) in
            [(&up, "13:00:02"), (&up, "13:09:59"), (&broken, "13:33:00"), (&broken, "13:34:00")]
        {
            for (tag, service) in [("en", ""), ("de", ""), ("en", "login"), ("en", "web")] {
                let given = [("service", service)];
                let mut asked = typed("status", if service.is_empty() { &[] } else { &given });
                asked.language = Language::nearest(tag);
                let fresh =
                    Facts { snapshot: Arc::clone(snapshot), now: at(time), ..facts(well("13:00:00")) };
                let shared = Facts { said: Arc::clone(&lately), ..fresh.clone() };
                assert_eq!(read(&asked, &shared), read(&asked, &fresh), "{round}: {time}, {tag} {service}");
            }
        }
    }
    // A next check that begins within the same second does not change the answer.
    let mut snapshot = well("13:00:00");
    snapshot.next_check = Some(at("13:00:02") + SignedDuration::from_millis(500));
    let early = Facts { now: at("13:00:02"), said: lately, ..facts(snapshot) };
    let late = Facts { now: at("13:00:02") + SignedDuration::from_millis(900), ..early.clone() };
    let asked = typed("status", &[]);
    assert_eq!(read(&asked, &early), read(&asked, &late));
}
