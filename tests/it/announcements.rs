//! The texts of channel messages when outages start, change and end. Read them aloud: they are the product.

use expect_test::expect;
use healthy_upstream::alerts::{Delay, UpdateMode};
use healthy_upstream::chat::announce::{self, EndPost, RenderContext, WeeklyReport};
use healthy_upstream::chat::voices;
use healthy_upstream::health::{
    FailingSources, IncidentState, Level, Outage, OutageKind, TimelineEvent, Update,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{RoleId, UserId};
use jiff::SignedDuration;

use crate::fixtures::{at, catalog, during, ended, hits_too, message_shown, outage, page_spoke, well};

#[test]
fn start_names_the_evidence_and_pings_the_chosen_role() {
    let (catalog, outage) = (catalog(), outage());
    let snapshot = during(&outage, "12:20:50");
    let context = RenderContext {
        snapshot: Some(&snapshot),
        roles: &[RoleId(77)],
        ..RenderContext::new(&catalog, Language::ENGLISH, at("12:20:50"))
    };
    expect![[r#"
        🔴 **Spotify Web API is down**: 503 "no healthy upstream" <@&77>
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: doesn't show it yet ("All Systems Operational").
        Still up: Login & tokens, Desktop & mobile apps and Web player.
        **Developers:** retry with backoff. Don't log users out or rotate keys.
        -# This message updates itself. A new one follows when it's over.
        -# web-api-20250416T122005Z/start
        [I see it too | Notify me when it's back | Mute this outage here]
        [pings roles [RoleId(77)], people []]"#]]
    .assert_eq(&message_shown(&announce::start(&outage, &context)));
}

#[test]
fn report_that_the_page_withdrew_is_struck_through() {
    let mut outage = page_spoke(outage(), IncidentState::Investigating);
    (outage.page[0].withdrawn, outage.page[0].closed) = (true, Some(at("13:00:00")));
    expect![[r#"**Spotify's status page**: ~~"Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>)~~ · [open](<https://stspg.io/abc>)"#]]
        .assert_eq(&voices::page_says_of(&outage, &catalog(), None, Language::ENGLISH));
}

#[test]
fn start_is_edited_until_green_without_another_ping() {
    let catalog = catalog();
    let outage =
        hits_too(page_spoke(outage(), IncidentState::Identified), "login", Level::Degraded, "12:50:00");
    let mut snapshot = during(&outage, "13:00:00");
    snapshot.reports = 12;
    let context = RenderContext {
        snapshot: Some(&snapshot),
        roles: &[RoleId(77)],
        ..RenderContext::new(&catalog, Language::ENGLISH, at("13:00:00"))
    };
    expect![[r#"
        🔴 **Spotify Web API is down**: 503 "no healthy upstream" <@&77>
        🔴 **Web API**: down, 503 "no healthy upstream", since <t:1744806005:t>
        🟡 **Login & tokens**: partly failing, no answer in time, since <t:1744807800:t>
        **Our checks** have found failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://stspg.io/abc>)
        Still up: Desktop & mobile apps and Web player.
        **Developers:** retry with backoff. Don't log users out or rotate keys.
        -# This message updates itself. A new one follows when it's over.
        -# 12 people see it too · web-api-20250416T122005Z/start
        [I see it too | Notify me when it's back | Mute this outage here]"#]].assert_eq(&message_shown(&announce::current(&outage, &context)));
    let over = RenderContext { now: at("15:46:10"), ..context };
    expect![[r#"
        🟢 **Resolved**: Spotify Web API and Login & tokens were down for 3 h 25 min <@&77>
        **Our checks** found failures between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt.
        • **Web API**: 503 "no healthy upstream", <t:1744806005:t> to <t:1744818300:t>
        • **Login & tokens**: no answer in time, <t:1744807800:t> to <t:1744818300:t>
        **Spotify's status page** said "Investigating" at <t:1744807500:t>.
        -# Recovered <t:1744818300:R>; see the post below.
        -# web-api-20250416T122005Z/start"#]]
    .assert_eq(&message_shown(&announce::current(&ended(outage, "15:45:00"), &over)));
}

/// It was a copy of the end once: the same lines twice, one below the other.
#[test]
fn resolved_start_differs_from_its_end_and_links_it() {
    let catalog = catalog();
    let spoken = page_spoke(outage(), IncidentState::Monitoring);
    let by_page = Outage { seen: None, ..spoken.clone() };
    let many = hits_too(spoken.clone(), "login", Level::Degraded, "12:50:00");
    let often = Outage { flaps: 4, ..outage() };
    let mut slow = outage();
    slow.worst = Level::Degraded;
    for hit in slow.services.values_mut() {
        (hit.worst, hit.failure, hit.slow) =
            (Level::Degraded, None, Some(SignedDuration::from_millis(2_900)));
    }
    let mut partly = outage();
    partly.worst = Level::Degraded;
    partly.services.values_mut().for_each(|hit| hit.worst = Level::Degraded);
    for language in Language::all() {
        let context = RenderContext::new(&catalog, language, at("15:46:10"));
        for outage in [&spoken, &by_page, &many, &often, &slow, &partly, &outage()] {
            let outage = ended(outage.clone(), "15:45:00");
            let (start, end) =
                (announce::current(&outage, &context).text, announce::end(&outage, &context).text);
            let lines: Vec<&str> = start.lines().filter(|line| end.lines().any(|it| it == *line)).collect();
            assert_eq!(lines, [""; 0], "{language:?}: {start}\n{end}");
        }
    }
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("15:46:10"));
    let read = |outage: Outage, end_post| {
        let context = RenderContext { end_post, ..context };
        announce::current(&ended(outage, "15:45:00"), &context).text
    };
    let said = [
        read(spoken, EndPost::Below),
        read(outage(), EndPost::InThread),
        read(by_page, EndPost::Nowhere),
        read(often, EndPost::Below),
        read(slow, EndPost::Below),
        read(partly, EndPost::Below),
    ];
    expect![[r#"
        🟢 **Resolved**: Spotify Web API was down for 3 h 25 min
        **Our checks** failed between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt: 503 "no healthy upstream".
        **Spotify's status page** said "Investigating" at <t:1744807500:t>.
        -# Recovered <t:1744818300:R>; see the post below.
        -# web-api-20250416T122005Z/start

        🟢 **Resolved**: Spotify Web API was down for 3 h 25 min
        **Our checks** failed between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt: 503 "no healthy upstream".
        -# Recovered <t:1744818300:R>; see the thread.
        -# web-api-20250416T122005Z/start

        🟢 **Resolved**: Spotify's page reported trouble with Web API for 3 h 25 min
        **Spotify's status page** said "Investigating" at <t:1744807500:t>.
        -# web-api-20250416T122005Z/start

        🟢 **Resolved**: Spotify Web API came and went 5 times in 3 h 25 min
        **Our checks** failed between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt: 503 "no healthy upstream".
        -# Recovered <t:1744818300:R>; see the post below.
        -# web-api-20250416T122005Z/start

        🟢 **Resolved**: Spotify Web API was slow for 3 h 25 min
        **Our checks** were slow between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt: 2.9 s.
        -# Recovered <t:1744818300:R>; see the post below.
        -# web-api-20250416T122005Z/start

        🟢 **Resolved**: Spotify Web API was failing in part for 3 h 25 min
        **Some of our checks** failed between <t:1744806005:t> and <t:1744818300:t>, from Frankfurt: 503 "no healthy upstream".
        -# Recovered <t:1744818300:R>; see the post below.
        -# web-api-20250416T122005Z/start"#]].assert_eq(&said.join("\n\n"));
}

/// Of several services, or of part of the checks, it is not said that all checks fail; and what was back in between has
/// not failed since the first time.
#[test]
fn what_our_checks_say_is_what_they_saw() {
    let say = |outage: &Outage| voices::we_see_outage(outage, "Frankfurt", Language::ENGLISH);
    let one = outage();
    let several = hits_too(outage(), "login", Level::Outage, "12:21:00");
    let mut degraded = outage();
    let mut part = outage();
    for hit in degraded.services.values_mut() {
        hit.level = Level::Degraded;
    }
    for hit in part.services.values_mut() {
        hit.part = Some(FailingSources { failing: 1, of: 2 });
    }
    let mut reopened = outage();
    reopened.remember(at("12:25:00"), TimelineEvent::Ended);
    reopened.remember(at("12:31:00"), TimelineEvent::Reopened);
    let mut came_back = outage();
    for hit in came_back.services.values_mut() {
        hit.flaps = 1;
    }
    let at_first = Outage { ongoing_at_first_probe: true, ..outage() };
    let by_page = Outage { seen: None, ..outage() };
    let said =
        [one, several, degraded, part, reopened, came_back, at_first, by_page].map(|outage| say(&outage));
    expect![[r#"
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Our checks** have found failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Some of our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Some of our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Our checks** have failed since <t:1744806660:t> (<t:1744806660:R>), from Frankfurt.
        **Our checks** have found failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Our checks** have found failures since the first one at <t:1744806005:t>, from Frankfurt; it may have begun earlier.
        **Our checks** don't show it: they pass, from Frankfurt."#]].assert_eq(&said.join("\n"));
}

/// It said how long ago it had begun, as if it had been down all the time.
#[test]
fn reopened_outage_lists_its_total_downtime_and_periods() {
    let catalog = catalog();
    let mut outage = ended(outage(), "12:45:00");
    outage.remember(at("12:25:00"), TimelineEvent::Ended);
    outage.remember(at("12:31:00"), TimelineEvent::Reopened);
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("12:46:10"));
    expect![[r#"
        🟢 **Spotify Web API is back.** It was down for 18 min 55 s.
        • <t:1744806005:t> first failed check (alert sent 45 s later)
        • <t:1744807500:t> recovered
        • It failed 2 times: <t:1744806005:t> to <t:1744806300:t> (4 min 55 s), <t:1744806660:t> to <t:1744807500:t> (14 min 0 s)
        -# web-api-20250416T122005Z/end"#]].assert_eq(&message_shown(&announce::end(&outage, &context)));
}

#[test]
fn recovery_shows_times_and_the_open_page_incident() {
    let catalog = catalog();
    let outage = ended(page_spoke(outage(), IncidentState::Monitoring), "15:45:00");
    let context = RenderContext {
        people: &[UserId(1), UserId(2)],
        ..RenderContext::new(&catalog, Language::ENGLISH, at("15:46:10"))
    };
    expect![[r#"
        🟢 **Spotify Web API is back.** It was down for 3 h 25 min.
        • <t:1744806005:t> first failed check (alert sent 45 s later)
        • <t:1744807500:t> Spotify's page: "Investigating", 25 min after us
        • <t:1744818300:t> recovered
        Spotify's page still says "Monitoring". No cause given yet.
        You asked to be notified: <@1> <@2>
        -# web-api-20250416T122005Z/end
        [pings roles [], people [UserId(1), UserId(2)]]"#]]
    .assert_eq(&message_shown(&announce::end(&outage, &context)));
}

#[test]
fn changes_are_short_replies() {
    let catalog = catalog();
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("12:50:00"));
    let wider = hits_too(outage(), "login", Level::Outage, "12:49:00");
    let mut apps_back = wider.clone();
    if let Some(hit) = apps_back.services.get_mut(&"login".into()) {
        (hit.until, hit.level) = (Some(at("12:49:40")), Level::Up);
    }
    let spoken = page_spoke(outage(), IncidentState::Identified);
    let said = |outage: &Outage, change: Update| message_shown(&announce::update(outage, &change, &context));
    let messages = [
        said(&wider, Update::ServiceAffected(vec!["login".into()])),
        said(&apps_back, Update::ServiceRecovered(vec!["login".into()])),
        said(&outage(), Update::Worse),
        said(&Outage { level: Level::Degraded, ..outage() }, Update::Better),
        said(&spoken, Update::PageSpoke),
        said(&spoken, Update::Confirmed),
        said(&spoken, Update::PageClosed),
        said(&ended(outage(), "12:40:00"), Update::PageClosed),
        said(&outage(), Update::Reopened),
    ];
    expect![[r#"
        🔴 **Spotify Login & tokens fails now too**: no answer in time
        🔴 **Web API**: down, 503 "no healthy upstream", since <t:1744806005:t>
        🔴 **Login & tokens**: down, no answer in time, since <t:1744807740:t>
        -# web-api-20250416T122005Z/r2

        🟢 **Spotify Login & tokens is back.** Not yet: Web API.
        🔴 **Web API**: down, 503 "no healthy upstream", since <t:1744806005:t>
        🟢 **Login & tokens**: back since <t:1744807780:t>, after 40 s
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify Web API got worse: now down**: 503 "no healthy upstream"
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r1

        🟡 **Spotify Web API: better, but not over**
        Since <t:1744806005:t> · Spotify Web API has trouble
        -# web-api-20250416T122005Z/r1

        🔴 **Spotify's page now says "Identified"** about Web API
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://stspg.io/abc>)
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify Web API is down**: 503 "no healthy upstream"
        Our own checks fail now too: Spotify's page, which spoke first, was right.
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://stspg.io/abc>)
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify's page closed its report**, but our checks of Web API still fail.
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r2

        🟢 **Spotify's page closed its report** about Web API, 10 min after our checks passed again.
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify Web API fails again**. We count it as the same outage, now 29 min 55 s old.
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r1"#]].assert_eq(&messages.join("\n\n"));
}

#[test]
fn flapping_announcement_is_one_message_with_a_count() {
    let (catalog, flapping) = (catalog(), Outage { flaps: 5, ..outage() });
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("13:08:05"));
    expect![[r#"
        🔴 **Spotify Web API comes and goes**: 6 times in 48 min 0 s
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: nothing yet.
        -# This message updates its count. A new one follows when it has been stable for a while.
        -# web-api-20250416T122005Z/flapping"#]]
    .assert_eq(&message_shown(&announce::flapping(&flapping, &context)));
    let over = RenderContext { now: at("13:40:00"), ..context };
    expect![[r#"
        🟢 **Spotify Web API is back.** It came and went 6 times in 1 h 10 min.
        • <t:1744806005:t> first failed check (alert sent 45 s later)
        • <t:1744810205:t> recovered
        -# web-api-20250416T122005Z/end"#]]
    .assert_eq(&message_shown(&announce::end(&ended(flapping, "13:30:05"), &over)));
}

#[test]
fn page_only_outage_is_attributed_to_the_page() {
    let catalog = catalog();
    let mut outage = page_spoke(outage(), IncidentState::Investigating);
    outage.seen = None;
    outage.level = Level::Degraded;
    outage.worst = Level::Degraded;
    outage.since = at("12:45:00");
    outage.timeline.remove(0);
    for hit in outage.services.values_mut() {
        (hit.failure, hit.level, hit.worst) = (None, Level::Degraded, Level::Degraded);
    }
    let snapshot = well("12:46:00");
    let context = RenderContext {
        snapshot: Some(&snapshot),
        ..RenderContext::new(&catalog, Language::ENGLISH, at("12:46:00"))
    };
    expect![[r#"
        🟡 **Spotify's page reports trouble with Web API**: "Issues with Spotify"
        **Our checks** don't show it: they pass, from Frankfurt.
        **Spotify's status page**: "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://stspg.io/abc>)
        -# This message updates itself. A new one follows when it's over.
        -# web-api-20250416T122005Z/start
        [I see it too | Notify me when it's back | Mute this outage here]"#]].assert_eq(&message_shown(&announce::start(&outage, &context)));
    let mut outage = ended(outage, "14:00:00");
    outage.page[0].closed = Some(at("14:00:00"));
    let over = RenderContext { now: at("14:01:00"), ..context };
    expect![[r#"
        🟢 **Spotify's page closed its report about Web API.** It was open for 1 h 15 min.
        • <t:1744807500:t> Spotify's page: "Investigating"
        • <t:1744812000:t> Spotify's page: closed
        -# web-api-20250416T122005Z/end"#]]
    .assert_eq(&message_shown(&announce::end(&outage, &over)));
}

#[test]
fn outage_over_before_its_post_is_one_labelled_post() {
    let catalog = catalog();
    let outage = ended(outage(), "12:24:15");
    let late = Delay { known: at("12:26:00"), by: SignedDuration::from_mins(25) };
    let context =
        RenderContext { late: Some(late), ..RenderContext::new(&catalog, Language::ENGLISH, at("12:51:00")) };
    expect![[r#"
        🟢 **Spotify Web API was down for 4 min 10 s** and is back.
        • <t:1744806005:t> first failed check (alert sent 45 s later)
        • <t:1744806255:t> recovered
        -# Posted 25 min late; first known at <t:1744806360:t>. Posted once, after it was over.
        -# web-api-20250416T122005Z/end"#]]
    .assert_eq(&message_shown(&announce::came_and_went(&outage, &context)));
}

#[test]
fn maintenance_is_named_and_quiet() {
    let catalog = catalog();
    let mut work = page_spoke(outage(), IncidentState::Monitoring);
    work.kind = OutageKind::Maintenance;
    work.level = Level::Maintenance;
    work.worst = Level::Maintenance;
    work.seen = None;
    let context = RenderContext {
        roles: &[RoleId(77)],
        ..RenderContext::new(&catalog, Language::ENGLISH, at("12:46:00"))
    };
    let end = RenderContext { now: at("14:20:05"), ..context };
    let messages = [
        message_shown(&announce::maintenance_start(&work, &context)),
        message_shown(&announce::maintenance_end(&ended(work, "14:20:05"), &end)),
    ];
    expect![[r#"
        🔧 **Spotify Web API: maintenance has started**
        Spotify calls it "Issues with Spotify".
        **Spotify's status page**: "Monitoring": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [open](<https://stspg.io/abc>)
        -# Announced maintenance; failures during it are posted as part of it.
        -# web-api-20250416T122005Z/start

        🟢 **Spotify Web API: maintenance is over.** It took 2 h 0 min.
        -# web-api-20250416T122005Z/end"#]].assert_eq(&messages.join("\n\n"));
}

#[test]
fn preview_is_labelled_and_pings_nobody() {
    let (catalog, outage) = (catalog(), outage());
    let context = RenderContext {
        preview: true,
        roles: &[RoleId(77)],
        mode: UpdateMode::Posts,
        ..RenderContext::new(&catalog, Language::ENGLISH, at("12:20:50"))
    };
    expect![[r#"
        Preview, nothing is wrong: 🔴 **Spotify Web API is down**: 503 "no healthy upstream" <@&77>
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: nothing yet.
        **Developers:** retry with backoff. Don't log users out or rotate keys.
        -# Updates and the recovery follow as new posts. This is a preview: nobody is pinged and nothing is counted.
        -# web-api-20250416T122005Z/start/preview
        [(I see it too) | (Notify me when it's back) | (Mute this outage here)]"#]]
    .assert_eq(&message_shown(&announce::start(&outage, &context)));
}

#[test]
fn reminder_and_thread_name_show_the_current_state() {
    let (catalog, outage) = (catalog(), outage());
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("14:20:05"));
    expect![[r#"
        🔴 **Spotify Web API is still down**, for 2 h 0 min
        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: nothing yet.
        -# Reminder 1; the next one comes after a longer pause.
        -# web-api-20250416T122005Z/reminder1"#]]
    .assert_eq(&message_shown(&announce::reminder(&outage, 1, &context)));
    assert_eq!(announce::thread_name(&outage, &context), "🔴 Spotify Web API is down");
}

#[test]
fn hundred_people_are_mentioned_once_in_few_messages() {
    let (catalog, outage) = (catalog(), ended(outage(), "15:45:00"));
    let people: Vec<UserId> = (0..130).map(|n| UserId(1_000_000_000_000_000_000 + n)).collect();
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("15:46:10"));
    let mut mentioned: Vec<UserId> = Vec::new();
    for _ in 0..3 {
        let before = u32::try_from(mentioned.len()).expect("few");
        let message = announce::back(&outage, &people[mentioned.len()..100], before, &context);
        assert!(message.text.contains(&format!("/back{}", before + 1)), "{}", message.text);
        drop(message_shown(&message));
        mentioned.extend(message.mentions.people);
    }
    assert_eq!(mentioned, people[..100]);
}

#[test]
fn live_message_is_edited_in_place() {
    let (catalog, outage) = (catalog(), outage());
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("13:32:05"));
    expect![[r#"
        🔴 **Spotify Web API is down**, for 1 h 12 min
        🔴 **Web API**: down, 503 "no healthy upstream" · 0 % success in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **Our checks** have failed since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify's status page**: "All Systems Operational" (read <t:1744810325:R>) · [open](<https://spotify.statuspage.io>)
        Their own page doesn't show it yet.
        It's not your code. Slow down your retries and keep your tokens.
        -# Checked <t:1744810325:R>, drawn <t:1744810325:R>
        -# This message updates itself · if it is older than 15 minutes, this bot is down, not Spotify
        [Refresh | What does this mean? | Notify me when it's back | I see it too | Last 24 h]"#]].assert_eq(&message_shown(&announce::live_message(&during(&outage, "13:32:05"), &context)));
}

#[test]
fn weekly_report_does_not_call_an_open_outage_over() {
    let catalog = catalog();
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("18:00:00"));
    let week = |outages: &[Outage]| {
        let from = at("18:00:00") - SignedDuration::from_hours(7 * 24);
        message_shown(&announce::weekly(&WeeklyReport { from, until: at("18:00:00"), outages }, &context))
    };
    expect![[r#"
        🟢 **Spotify, this week**: one outage, 3 h 25 min in all.
        <t:1744221600:D> to <t:1744826400:D>:
        • **Web API**: 97.96 % of the time without an outage
        • **Login & tokens**: 100 % of the time without an outage
        • **Desktop & mobile apps**: 100 % of the time without an outage
        • **Web player**: 100 % of the time without an outage
        • <t:1744806005:f> Spotify Web API: 3 h 25 min
        -# From our own checks and Spotify's page · /alerts subscribe changes or ends this report"#]]
    .assert_eq(&week(&[ended(outage(), "15:45:00")]));
    expect![[r#"
        🟢 **Spotify, this week**: no outage seen, from Frankfurt.
        <t:1744221600:D> to <t:1744826400:D>:
        • **Web API**: 100 % of the time without an outage
        • **Login & tokens**: 100 % of the time without an outage
        • **Desktop & mobile apps**: 100 % of the time without an outage
        • **Web player**: 100 % of the time without an outage
        -# From our own checks and Spotify's page · /alerts subscribe changes or ends this report"#]]
    .assert_eq(&week(&[]));
}
