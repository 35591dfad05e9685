//! What channels read when outages start, change and end. Read them aloud: they are the product.

use expect_test::expect;
use healthy_upstream::alerts::{Delay, UpdateMode};
use healthy_upstream::chat::announce::{self, RenderContext, WeeklyReport};
use healthy_upstream::health::{IncidentState, Level, Outage, OutageKind, Update};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{RoleId, UserId};
use jiff::SignedDuration;

use crate::scene::{at, catalog, during, ended, hits_too, message_shown, outage, page_spoke, well};

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
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** nothing yet; its page shows "All Systems Operational".
        Still answering: Login & tokens, Desktop & mobile apps and Web player.
        **Do:** retry with growing gaps. **Don't:** log users out or rotate keys.
        -# This post is kept up to date; the end comes as a new post.
        -# web-api-20250416T122005Z/start
        [I see it too | Tell me when it's back | Acknowledge here]
        [pings roles [RoleId(77)], people []]"#]]
    .assert_eq(&message_shown(&announce::start(&outage, &context)));
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
        🟡 **Login & tokens**: failing in part, no answer in time, since <t:1744807800:t>
        **We see** failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://stspg.io/abc>)
        Still answering: Desktop & mobile apps and Web player.
        **Do:** retry with growing gaps. **Don't:** log users out or rotate keys.
        -# This post is kept up to date; the end comes as a new post.
        -# 12 people see it too · web-api-20250416T122005Z/start
        [I see it too | Tell me when it's back | Acknowledge here]"#]].assert_eq(&message_shown(&announce::current(&outage, &context)));
    let over = RenderContext { now: at("15:46:10"), ..context };
    expect![[r#"
        🟢 **Spotify Web API and Login & tokens are back.** They were down for 3 h 25 min. <@&77>
        • <t:1744806005:t> first failed look (told 45 s later)
        • <t:1744807500:t> Spotify's page: "Investigating", 25 min after us
        • <t:1744818300:t> first good look, steady since
        • **Web API**: <t:1744806005:t> to <t:1744818300:t> (3 h 25 min)
        • **Login & tokens**: <t:1744807800:t> to <t:1744818300:t> (2 h 55 min)
        Spotify's page still says "Identified". No cause given yet.
        -# The end stands in a post of its own.
        -# web-api-20250416T122005Z/start"#]]
    .assert_eq(&message_shown(&announce::current(&ended(outage, "15:45:00"), &over)));
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
        • <t:1744806005:t> first failed look (told 45 s later)
        • <t:1744807500:t> Spotify's page: "Investigating", 25 min after us
        • <t:1744818300:t> first good look, steady since
        Spotify's page still says "Monitoring". No cause given yet.
        You asked to be told: <@1> <@2>
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

        🔴 **Spotify Web API got worse: down now**: 503 "no healthy upstream"
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r1

        🟡 **Spotify Web API: better, not over**
        Since <t:1744806005:t> · Spotify Web API has trouble
        -# web-api-20250416T122005Z/r1

        🔴 **Spotify's page now says "Identified"** about Web API
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://stspg.io/abc>)
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify Web API is down**: 503 "no healthy upstream"
        Our own looks fail now too: Spotify's page, which spoke first, was right.
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://stspg.io/abc>)
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify's page has closed its report**, but our looks at Web API still fail.
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r2

        🟢 **Spotify's page has closed its report** about Web API, 10 min after our first good look.
        -# web-api-20250416T122005Z/r2

        🔴 **Spotify Web API fails again**; we count it as the same outage, 29 min 55 s old now.
        Since <t:1744806005:t> · Spotify Web API is down
        -# web-api-20250416T122005Z/r1"#]].assert_eq(&messages.join("\n\n"));
}

#[test]
fn what_comes_and_goes_is_one_message_with_a_count() {
    let (catalog, flapping) = (catalog(), Outage { flaps: 5, ..outage() });
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("13:08:05"));
    expect![[r#"
        🔴 **Spotify Web API comes and goes**: 5 times in 48 min 0 s
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** nothing yet.
        -# This message counts on by itself; the end comes when it has been calm for a while.
        -# web-api-20250416T122005Z/flapping"#]]
    .assert_eq(&message_shown(&announce::flapping(&flapping, &context)));
    let over = RenderContext { now: at("13:40:00"), ..context };
    expect![[r#"
        🟢 **Spotify Web API is back.** It was down for 1 h 10 min.
        • <t:1744806005:t> first failed look (told 45 s later)
        • <t:1744810205:t> first good look, steady since
        It came and went 5 times.
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
        **We see** nothing of it: our looks get through, from Frankfurt.
        **Spotify says** "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://stspg.io/abc>)
        -# This post is kept up to date; the end comes as a new post.
        -# web-api-20250416T122005Z/start
        [I see it too | Tell me when it's back | Acknowledge here]"#]].assert_eq(&message_shown(&announce::start(&outage, &context)));
    let mut outage = ended(outage, "14:00:00");
    outage.page[0].closed = Some(at("14:00:00"));
    let over = RenderContext { now: at("14:01:00"), ..context };
    expect![[r#"
        🟢 **Spotify's page has closed its report about Web API.** It stood for 1 h 15 min.
        • <t:1744807500:t> Spotify's page: "Investigating"
        • <t:1744812000:t> Spotify's page: closed
        -# web-api-20250416T122005Z/end"#]]
    .assert_eq(&message_shown(&announce::end(&outage, &over)));
}

#[test]
fn outage_over_before_posting_is_one_post_and_late_posts_say_so() {
    let catalog = catalog();
    let outage = ended(outage(), "12:24:15");
    let late = Delay { known: at("12:26:00"), by: SignedDuration::from_mins(25) };
    let context =
        RenderContext { late: Some(late), ..RenderContext::new(&catalog, Language::ENGLISH, at("12:51:00")) };
    expect![[r#"
        🟢 **Spotify Web API was down for 4 min 10 s** and is back.
        • <t:1744806005:t> first failed look (told 45 s later)
        • <t:1744806255:t> first good look, steady since
        -# This arrives 25 min late; it was known at <t:1744806360:t>. Told once, after it was over.
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
        🔧 **Spotify Web API: maintenance has begun**
        Spotify calls it "Issues with Spotify".
        **Spotify says** "Monitoring": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://stspg.io/abc>)
        -# Announced work; failures meanwhile are told as part of it.
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
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** nothing yet.
        **Do:** retry with growing gaps. **Don't:** log users out or rotate keys.
        -# Changes and the end come as new posts. This is a preview: nobody is pinged, and nothing is counted.
        -# web-api-20250416T122005Z/start/preview
        [(I see it too) | (Tell me when it's back) | (Acknowledge here)]"#]]
    .assert_eq(&message_shown(&announce::start(&outage, &context)));
}

#[test]
fn a_reminder_and_a_thread_name_say_what_still_is() {
    let (catalog, outage) = (catalog(), outage());
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("14:20:05"));
    expect![[r#"
        🔴 **Spotify Web API is still down**, for 2 h 0 min
        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** nothing yet.
        -# Reminder 1; the next one comes later than this one did.
        -# web-api-20250416T122005Z/reminder1"#]]
    .assert_eq(&message_shown(&announce::reminder(&outage, 1, &context)));
    assert_eq!(announce::thread_name(&outage, &context), "🔴 Spotify Web API is down");
}

#[test]
fn hundred_people_are_mentioned_once_in_as_few_messages_as_fit() {
    let (catalog, outage) = (catalog(), ended(outage(), "15:45:00"));
    let people: Vec<UserId> = (0..130).map(|n| UserId(1_000_000_000_000_000_000 + n)).collect();
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("15:46:10"));
    let mut log: Vec<UserId> = Vec::new();
    for _ in 0..3 {
        let before = u32::try_from(log.len()).expect("few");
        let message = announce::back(&outage, &people[log.len()..100], before, &context);
        assert!(message.text.contains(&format!("/back{}", before + 1)), "{}", message.text);
        drop(message_shown(&message));
        log.extend(message.mentions.people);
    }
    assert_eq!(log, people[..100]);
}

#[test]
fn live_message_is_edited_in_place() {
    let (catalog, outage) = (catalog(), outage());
    let context = RenderContext::new(&catalog, Language::ENGLISH, at("13:32:05"));
    expect![[r#"
        🔴 **Spotify Web API is down**, for 1 h 12 min
        🔴 **Web API**: down, 503 "no healthy upstream" · 0 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "All Systems Operational" (read <t:1744810325:R>) · [status page](<https://spotify.statuspage.io>)
        Their own page has not noticed yet.
        It is not your code. Slow your retries and keep your tokens.
        -# Looked <t:1744810325:R>, drawn <t:1744810325:R>
        -# Kept current by itself · older than 15 minutes means that this bot is down, not Spotify
        [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]].assert_eq(&message_shown(&announce::live_message(&during(&outage, "13:32:05"), &context)));
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
        -# From our own looks and Spotify's page · /alerts subscribe changes or ends this report"#]]
    .assert_eq(&week(&[ended(outage(), "15:45:00")]));
    expect![[r#"
        🟢 **Spotify, this week**: no outage seen, from Frankfurt.
        <t:1744221600:D> to <t:1744826400:D>:
        • **Web API**: 100 % of the time without an outage
        • **Login & tokens**: 100 % of the time without an outage
        • **Desktop & mobile apps**: 100 % of the time without an outage
        • **Web player**: 100 % of the time without an outage
        -# From our own looks and Spotify's page · /alerts subscribe changes or ends this report"#]]
    .assert_eq(&week(&[]));
}
