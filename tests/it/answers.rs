//! What people read when they ask. Read them aloud: they are the product.

use std::sync::Arc;

use expect_test::expect;
use healthy_upstream::alerts::{ChannelId, UserId};
use healthy_upstream::chat::Where;
use healthy_upstream::commands::{Decision, Facts, Input, Invocation, Place, Standing, Value};
use healthy_upstream::health::{IncidentState, Level, Picture};
use jiff::SignedDuration;

use crate::scene::{
    ask, at, decide, during, ended, facts, hits_too, outage, page_spoke, pressed, read, typed, well,
};

/// The answer reads as expected.
fn reads(asked: &Invocation, facts: &Facts, expected: &expect_test::Expect) {
    expected.assert_eq(&read(asked, facts));
}

fn down() -> Facts {
    facts(during(&outage(), "13:32:05"))
}

#[test]
fn status_in_an_outage_says_who_sees_what() {
    reads(
        &typed("status", &[]),
        &down(),
        &expect![[r#"
        [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
        🔴 **Web API**: down, 503 "no healthy upstream" · 0 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "All Systems Operational" (read <t:1744810325:R>) · [status page](<https://spotify.statuspage.io>)
        Their own page has not noticed yet.
        It is not your code. Slow your retries and keep your tokens.
        -# Looked <t:1744810325:R> · next look <t:1744810355:R>
        [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]],
    );
    let wide =
        hits_too(page_spoke(outage(), IncidentState::Investigating), "login", Level::Degraded, "12:50:00");
    let mut picture = during(&wide, "13:32:05");
    picture.reports = 12;
    reads(
        &typed("status", &[]),
        &facts(picture.clone()),
        &expect![[r#"
        [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
        🔴 **Web API**: down, 503 "no healthy upstream" · 0 % good in the last hour
        🟡 **Login & tokens**: failing in part, no answer in time · 0 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** failures since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://spotify.statuspage.io>)
        It is not your code. Slow your retries and keep your tokens.
        -# Looked <t:1744810325:R> · next look <t:1744810355:R> · 12 people here see it too
        [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]],
    );
    reads(
        &typed("status", &[("service", "login")]),
        &facts(picture),
        &expect![[r#"
            [public] 🟡 **Spotify Login & tokens has trouble**, for 42 min 5 s
            🟡 **Login & tokens**: failing in part, no answer in time · 0 % good in the last hour

            **We see** 3 failed looks in a row since <t:1744807800:t> (<t:1744807800:R>), from Frankfurt.
            **Spotify says** "Investigating": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://spotify.statuspage.io>)
            It is not your code. Slow your retries and keep your tokens.
            -# Looked <t:1744810325:R> · next look <t:1744810355:R> · 12 people here see it too
            [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]],
    );
}

#[test]
fn status_when_all_is_well_says_what_was_tested_and_what_people_report() {
    reads(
        &typed("status", &[]),
        &facts(well("09:00:00")),
        &expect![[r#"
        [public] 🟢 **Spotify answers us**: our looks at all 4 services got through.
        🟢 **Web API**: up, 41 ms · 100 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** our looks at 4 services get through, from Frankfurt; the newest <t:1744794000:R>.
        **Spotify says** "All Systems Operational" (read <t:1744794000:R>) · [status page](<https://spotify.statuspage.io>)
        -# Looked <t:1744794000:R> · next look <t:1744794030:R>
        [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let reported = Picture { reports: 7, ..well("09:00:00") };
    reads(
        &typed("status", &[("service", "Web player")]),
        &facts(reported),
        &expect![[r#"
            [public] 🟢 **Spotify Web player answers us**: our look got through.
            🟢 **Web player**: up, 120 ms · 100 % good in the last hour

            **We see** our looks at 4 services get through, from Frankfurt; the newest <t:1744794000:R>.
            **Spotify says** "All Systems Operational" (read <t:1744794000:R>) · [status page](<https://spotify.statuspage.io>)
            **People report** failures: 7 people here in the last 15 minutes. Our looks do not show it.
            -# Looked <t:1744794000:R> · next look <t:1744794030:R>
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
}

#[test]
fn status_when_the_voices_disagree_or_nothing_can_be_seen_says_so() {
    let mut told = page_spoke(outage(), IncidentState::Identified);
    told.seen = None;
    told.since = at("12:45:00");
    let mut picture = during(&told, "13:00:00");
    picture.services = well("13:00:00").services;
    reads(
        &typed("status", &[]),
        &facts(picture),
        &expect![[r#"
        [public] 🔴 **Spotify's page reports an outage of Web API**, for 15 min 0 s
        🟢 **Web API**: up, 41 ms · 100 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** our looks at 4 services get through, from Frankfurt; the newest <t:1744808400:R>.
        **Spotify says** "Identified": "We're aware of some issues right now and are checking them out!" (<t:1744807500:R>) · [status page](<https://spotify.statuspage.io>)
        Its page reports trouble that our looks do not show.
        -# Looked <t:1744808400:R> · next look <t:1744808430:R>
        [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]],
    );
    let blind = Picture { own_network_down_since: Some(at("12:58:00")), reports: 3, ..well("13:00:00") };
    reads(
        &typed("status", &[]),
        &facts(blind),
        &expect![[r#"
            [public] ⚪ **We cannot tell how Spotify is**: our own network fails.

            **We see** nothing since <t:1744808280:t>: our own network fails, which says nothing about Spotify.
            **Spotify says** "All Systems Operational" (read <t:1744808400:R>) · [status page](<https://spotify.statuspage.io>)
            **People report** failures: 3 people here in the last 15 minutes.
            -# Looked <t:1744808400:R> · next look <t:1744808430:R>
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let old = Facts { now: at("13:20:00"), ..facts(well("13:00:00")) };
    reads(
        &typed("status", &[]),
        &old,
        &expect![[r#"
        [public] ⚪ **We cannot tell how Spotify is**: no look has come in lately.

        **We see** what we saw <t:1744808400:R>: no newer look has come in.
        **Spotify says** "All Systems Operational" (read <t:1744808400:R>) · [status page](<https://spotify.statuspage.io>)
        -# Looked <t:1744808400:R>
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
            [public] ⚪ **We cannot tell how Spotify Web player is**; our other looks got through.
            🟢 **Web API**: up, 41 ms · 100 % good in the last hour
            🟢 **Login & tokens**: up, 96 ms · 100 %
            🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
            ⚪ **Web player**: we cannot tell

            **We see** our looks at 3 of 4 services get through, from Frankfurt; the newest <t:1744808400:R>.
            **Spotify says** what we cannot read: its page has not answered us since <t:1744805400:R>. · [status page](<https://spotify.statuspage.io>)
            -# Looked <t:1744808400:R> · next look <t:1744808430:R>
            [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
    let mut unsure = well("13:00:00");
    unsure.services[0].level = Level::Outage;
    unsure.services[0].symptom = Some(crate::scene::symptom());
    reads(
        &typed("status", &[]),
        &facts(unsure),
        &expect![[r#"
        [public] 🔴 **Spotify Web API fails in our looks**, not for long enough to be sure.
        🔴 **Web API**: down, 503 "no healthy upstream" · 100 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** some looks fail and some get through, from Frankfurt; the newest <t:1744808400:R>.
        **Spotify says** "All Systems Operational" (read <t:1744808400:R>) · [status page](<https://spotify.statuspage.io>)
        -# Looked <t:1744808400:R> · next look <t:1744808430:R>
        [Refresh | What does this mean? | It fails for me | Last 24 h]"#]],
    );
}

#[test]
fn the_same_answer_is_not_given_twice_in_a_channel() {
    let mut facts = facts(well("09:00:00"));
    let link = "https://discord.com/channels/20/30/60".to_owned();
    facts.standing.push(Standing { name: "status".into(), link, at: at("08:59:30") });
    let again = read(&typed("status", &[]), &facts);
    assert!(again.starts_with("[private]") && again.contains("channels/20/30/60"), "{again}");
    facts.standing[0].at = at("08:58:30");
    assert!(read(&typed("status", &[]), &facts).starts_with("[public]"));
}

#[test]
fn presses_on_a_status() {
    let facts = Facts { outage: Some(outage()), outages: vec![outage()], ..down() };
    reads(
        &pressed("status:fails", &[]),
        &facts,
        &expect![[r#"
        [change] Report
        [in place] 🔴 **Spotify Web API is down**, for 1 h 12 min
        🔴 **Web API**: down, 503 "no healthy upstream" · 0 % good in the last hour
        🟢 **Login & tokens**: up, 96 ms · 100 %
        🟢 **Desktop & mobile apps**: up, 38 ms · 100 %
        🟢 **Web player**: up, 120 ms · 100 %

        **We see** 3 failed looks in a row since <t:1744806005:t> (<t:1744806005:R>), from Frankfurt.
        **Spotify says** "All Systems Operational" (read <t:1744810325:R>) · [status page](<https://spotify.statuspage.io>)
        Their own page has not noticed yet.
        It is not your code. Slow your retries and keep your tokens.
        -# Looked <t:1744810325:R> · next look <t:1744810355:R> · one person here sees it too
        [Refresh | What does this mean? | Tell me when it's back | I see it too | Last 24 h]"#]],
    );
    reads(
        &pressed("status:tell-me:web-api-20250416T122005Z", &[]),
        &facts,
        &expect![[r#"
        [change] TellWhenBack
        [private] When Spotify Web API is back, you are mentioned here, once."#]],
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
            -# Share of the time without an outage, by our looks, from Frankfurt and Spotify's page · details: /outages"#]],
    );
    assert!(read(&pressed("status:refresh", &[]), &facts).starts_with("[in place] 🔴"));
    let over = Facts { outage: Some(ended(outage(), "13:00:00")), ..down() };
    reads(
        &pressed("status:tell-me:web-api-20250416T122005Z", &[]),
        &over,
        &expect!["[private] 🟢 **Spotify Web API is back.** It was down for 39 min 55 s."],
    );
    let mut direct = pressed("status:tell-me:web-api-20250416T122005Z", &[]);
    direct.place = Place::Direct(ChannelId(9));
    reads(
        &direct,
        &facts,
        &expect![[r#"
        [change] TellWhenBack
        [private] When Spotify Web API is back, you get one direct message."#]],
    );
}

#[test]
fn outages_are_listed_and_opened() {
    let over = ended(page_spoke(outage(), IncidentState::Monitoring), "15:45:00");
    let mut facts = Facts { outages: vec![over.clone()], ..facts(well("18:00:00")) };
    reads(
        &typed("outages", &[]),
        &facts,
        &expect![[r#"
        [public] 🟢 **Spotify, the last 7 days**: one outage, over.
        🟢 <t:1744806005:f> · Spotify Web API: down for 3 h 25 min
        [▾ Open one as a timeline]"#]],
    );
    facts.outage = Some(over);
    reads(
        &typed("outages", &[("id", "web-api-20250416T122005Z")]),
        &facts,
        &expect![[r#"
        [public] 🟢 **Spotify Web API is back.** It was down for 3 h 25 min.
        • <t:1744806005:t> **Web API**: first failed look, 503 "no healthy upstream"
        • <t:1744806050:t> we were sure, and told it
        • <t:1744807500:t> Spotify's page: "Investigating"
        • <t:1744818300:t> **Web API**: first good look
        • <t:1744818300:t> over
        -# web-api-20250416T122005Z
        [Status page ↗]"#]],
    );
    reads(
        &typed("uptime", &[("window", "24h")]),
        &facts,
        &expect![[r#"
            [public] 🟢 **Spotify, the last 24 hours**: one outage, over.
            🟢 **Web API**: 85.76 % · down 3 h 25 min
            🟢 **Login & tokens**: 100 %
            🟢 **Desktop & mobile apps**: 100 %
            🟢 **Web player**: 100 %
            -# Share of the time without an outage, by our looks, from Frankfurt and Spotify's page · details: /outages"#]],
    );
    facts.outages.clear();
    facts.outage = None;
    reads(
        &typed("outages", &[]),
        &facts,
        &expect!["[public] 🟢 **Spotify, the last 7 days**: no outage that we or its page know of."],
    );
    reads(
        &typed("outages", &[("id", "nothing-20250416T122005Z")]),
        &facts,
        &expect!["[misuse] I know no such outage. /outages lists those that I know."],
    );
}

#[test]
fn a_question_gets_its_answer_with_the_live_line_first() {
    reads(
        &typed("faq", &[("question", "spotify no healthy upstream")]),
        &down(),
        &expect![[r#"
            [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
            **Spotify shows “no healthy upstream”**
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with growing gaps.

            Spotify's front door runs Envoy, and this 503 is Envoy's own sentence: your request arrived, but the service behind it (Web API, login, playback) had no healthy server to give it to. It often hits one service and spares the others. It was seen on Spotify's login page on 2024-12-16, for some hours.
            **Is it you?** Spotify. Not your code, your token, your plan or your phone. A rate limit would be 429, an expired token 401.
            1. Run `/status`: if we see it too, it is confirmed. Note the time if we do not.
            2. Using an app: wait some minutes, then try again. Writing one: retry after 1, 2, 4 … seconds with some randomness, then pause and tell your users.
            3. Try another part (app, web player, API): that shows which service is hit.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            [More | Helped | Did not help | Tell me when it's back]
            [Delete | Fix this entry ↗]
            [▾ Related questions]"#]],
    );
    let mut asked = typed("faq", &[("question", "spotify no healthy upstream")]);
    if let Input::Typed { options, .. } = &mut asked.input {
        options.insert("for".into(), Value::Person(UserId(41)));
    }
    let Ok(Decision::Say(reply)) = decide(&asked, &down()) else { panic!("an answer") };
    assert_eq!(reply.message.mentions.people, [UserId(41)]);
    assert!(
        reply.message.text.starts_with("For <@41>: 🔴 **Spotify Web API is down**"),
        "{}",
        reply.message.text
    );
    if let Input::Typed { options, .. } = &mut asked.input {
        options.insert("private".into(), Value::Flag(true));
    }
    reads(
        &asked,
        &down(),
        &expect![
            "[misuse] `for:` shows an answer to somebody, `private:` hides it from all but you. Use one of them."
        ],
    );
}

#[test]
fn a_question_that_no_entry_surely_answers_is_asked_back_or_honestly_not_known() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("faq", &[("question", "no healthy upstream")]),
        &facts,
        &expect![[r#"
            [public] **What “no healthy upstream” means**
            A proxy took your request and had no working server to pass it to. The fault is behind that proxy; your device, token and browser are almost never the cause.

            *Upstream*: the server behind the proxy that does the work. *Healthy*: it passes the proxy's checks. *No healthy upstream*: none is left to choose from, so the request went nowhere. The sentence is Envoy's own: HTTP 503, `text/plain`, exactly 19 bytes. It is a 503, not a 502, and nginx never prints it (nginx says “no live upstreams”).
            **Is it you?** As a visitor or API user: no, it is the service's side. If the proxy is yours (Envoy, Istio, Kubernetes, vCenter, a cloud load balancer), it is usually your configuration.
            1. Ask whose proxy answered: somebody else's service, or yours?
            2. Theirs: check their status, wait, and retry with growing gaps.
            3. Yours: are there ready endpoints, does the health check pass, does DNS resolve from the proxy?
            **Don't** reinstall, log out everywhere or rotate keys for it.
            [More | Helped | Did not help]
            [Delete | Fix this entry ↗]
            [▾ Related questions]"#]],
    );
    reads(
        &typed("faq", &[("question", "how do I bake bread @everyone")]),
        &facts,
        &expect![[r#"
        [change] Unanswered
        [private] ❔ **I do not know this one**: "how do I bake bread @⟨zero width⟩everyone"
        Paste the exact error into /diagnose, or look at what people ask most:
        [▾ What people ask most]"#]],
    );
    let secret = format!("why does Bearer BQ{} fail", "x7Yz9".repeat(30));
    let warned = read(&typed("faq", &[("question", &secret)]), &facts);
    assert!(warned.contains("Access token") && !warned.contains("x7Yz9x7Yz9"), "{warned}");
}

#[test]
fn more_votes_and_deleting() {
    let facts = facts(well("09:00:00"));
    reads(
        &pressed("faq:more:spotify-nhu", &[]),
        &facts,
        &expect![[r#"
        [private] **More about: Spotify shows “no healthy upstream”**

        **For developers**
        Treat it as a retryable 503, without trusting the body to be JSON:
        ```js
        if (res.status >= 500) {
          const body = await res.text();   // plain text, not JSON
          throw new RetryLater(res.status, body.slice(0, 80));
        }
        ```
        Spotify's edge shows itself by `server: envoy` and `via: HTTP/2 edgeproxy, 1.1 google`. Obey `Retry-After` if it is there; it is not promised on a 5xx.

        A large outage need not show this phrase at all: on 2025-04-16 the proxies themselves crashed, and clients got 502.

        **All causes**
        - Servers of that service crashed, are overloaded or were being changed.
        - Spotify's load balancer lost or ejected all of them.
        - Internal name resolution failed (the outage of 2023-01-14).

        **Sources** (checked 2026-11-20)
        • <https://github.com/raycast/extensions/issues/15886>
        • <https://github.com/skuethe/MMM-Spotify/issues/172>"#]],
    );
    reads(
        &pressed("faq:helped:spotify-nhu", &[]),
        &facts,
        &expect![[r#"
        [change] Vote
        [private] Thank you: counted as helpful."#]],
    );
    reads(&pressed("faq:delete", &[]), &facts, &expect!["[delete] message 50"]);
    let mut other = pressed("faq:delete", &[]);
    other.asker.id = UserId(99);
    reads(&other, &facts, &expect!["[misuse] Only who asked, or a moderator, can delete this answer."]);
    other.asker.manages_messages = true;
    assert_eq!(read(&other, &facts), "[delete] message 50");
}

#[test]
fn a_pasted_error_is_explained_for_the_asker_alone() {
    let paste = "GET https://api.spotify.com/v1/me\nHTTP/2 503\nserver: envoy\n\nno healthy upstream";
    reads(
        &typed("diagnose", &[("error", paste)]),
        &down(),
        &expect![[r#"
            [private] 🔎 **Spotify shows “no healthy upstream”**, and 1 more
            Line 5 says `no healthy upstream`: that is Spotify's Envoy.
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with growing gaps.
            🔴 **Spotify Web API is down**, for 1 h 12 min
            **Whose fault?** Spotify. Not your code, your token, your plan or your phone. A rate limit would be 429, an expired token 401.
            **Now:**
            1. Run `/status`: if we see it too, it is confirmed. Note the time if we do not.
            2. Using an app: wait some minutes, then try again. Writing one: retry after 1, 2, 4 … seconds with some randomness, then pause and tell your users.
            3. Try another part (app, web player, API): that shows which service is hit.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            Also: **Spotify answers 500, 502, 503 or 504** (line 1, `api.spotify.com`)
            [Share here | More | Helped | Did not help | Tell me when it's back]
            [▾ Explain another finding]"#]],
    );
    reads(
        &typed("diagnose", &[]),
        &down(),
        &expect![[r#"
        [form diagnose:paste] What went wrong?
          The error, the log, or the output of curl -i (error): Paste it with its line breaks. Tokens and secrets are never repeated or kept."#]],
    );
    reads(
        &typed("diagnose", &[("error", "it just does not work **@everyone**")]),
        &down(),
        &expect![[r#"
        [private] 🔎 **I recognise no error in this.**
        I know Spotify's, Envoy's, nginx's, Kubernetes' and many libraries' errors by their exact words. Paste the lines around the failure, with the status code and the body; `curl -i` shows both. Or ask in words with /faq."#]],
    );
}

#[test]
fn somebodys_message_is_explained_and_shared_without_its_words() {
    let text = "help!! `503 Service Unavailable: no healthy upstream` from api.spotify.com, my header is \
                Authorization: Bearer BQDx7Yz9KkLmNoPqRsTuVwXyZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
    let input = Input::OnMessage {
        message: healthy_upstream::alerts::MessageId(70),
        text: text.into(),
        author: UserId(41),
        file: None,
    };
    reads(
        &ask("Explain this error", input),
        &down(),
        &expect![[r#"
            [private] ⚠️ **There are secrets in that message**: everybody who reads this channel can read them.
            • Access token: It ends by itself within an hour. To end it now, remove the app at https://www.spotify.com/account/apps/
            Tell <@41> to delete the message and revoke them, or ask a moderator to delete it.
            I have not repeated or kept them.
            🔎 **Spotify shows “no healthy upstream”**, and 1 more
            Line 1 says `no healthy upstreamˋ from api.spotify`: that is Spotify's Envoy.
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with growing gaps.
            🔴 **Spotify Web API is down**, for 1 h 12 min
            **Whose fault?** Spotify. Not your code, your token, your plan or your phone. A rate limit would be 429, an expired token 401.
            **Now:**
            1. Run `/status`: if we see it too, it is confirmed. Note the time if we do not.
            2. Using an app: wait some minutes, then try again. Writing one: retry after 1, 2, 4 … seconds with some randomness, then pause and tell your users.
            3. Try another part (app, web player, API): that shows which service is hit.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            Also: **Spotify answers 500, 502, 503 or 504** (line 1, `api.spotify.com`)
            [Share here | More | Helped | Did not help | Tell me when it's back]
            [▾ Explain another finding]"#]],
    );
    let shared = read(&pressed("diagnose:share:spotify-nhu:70", &[]), &down());
    assert!(shared.starts_with("[public]") && shared.contains("channels/20/30/70"), "{shared}");
    assert!(!shared.contains("Bearer"), "{shared}");
}

#[test]
fn about_says_what_it_is_in_eight_lines() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("about", &[]),
        &facts,
        &expect![[r#"
            [private] **Healthy Upstream 0.1.0** tells whether Spotify is down, or it is you.
            🟢 **Spotify answers us**: our looks at all 4 services got through.
            Watched: Web API, Login & tokens, Desktop & mobile apps, Web player, from Frankfurt.
            One source, each looked at every 30 s; next look <t:1744794030:R>.
            The handbook answers 136 questions: /faq, or paste an error into /diagnose.
            Everybody: /status, /outages, /uptime. Moderators: /alerts subscribe tells a channel when it breaks and when it is back.
            It reads no messages. Kept: settings of servers, and who asked to be told until they are told. /alerts delete-data deletes it.
            Not made by Spotify; free software, MIT or Apache-2.0.
            [Details]"#]],
    );
    reads(
        &pressed("about:details", &[]),
        &facts,
        &expect![[r#"
            [private] **What we may ask, and what is left of it**
            No budget has been used yet.

            **Sources**
            • web\-api: healthy, looked <t:1744794000:R>

            **What is kept, and for how long**
            • Per channel: what it wants to hear, until it is unsubscribed; 30 days longer if the channel or the bot goes.
            • Per person: only who pressed "Tell me when it's back", until they are told; a count of reports under a salted hash, dropped afterwards.
            • Pasted texts and messages: never kept.
            Delete: /alerts delete-data for a server (it asks first and names the counts)."#]],
    );
}

#[test]
fn a_press_on_a_message_that_is_not_ours_does_nothing() {
    for action in
        ["status:fails", "faq:helped:spotify-nhu", "about:details", "alerts:me-too:x", "outages:open"]
    {
        let mut asked = pressed(action, &[]);
        if let Input::Pressed { ours, .. } = &mut asked.input {
            *ours = false;
        }
        assert_eq!(read(&asked, &down()), "[nothing]", "{action}");
    }
}

#[test]
fn a_count_is_shown_in_the_answer_to_the_press_and_once_for_each_person() {
    let facts =
        Facts { picture: Arc::new(Picture { reports: 6, ..well("09:00:00") }), ..facts(well("09:00:00")) };
    let Ok(Decision::Change(asked)) = decide(&pressed("status:fails", &[]), &facts) else {
        panic!("a change")
    };
    assert!(asked.kept.message.text.contains("failures: 7 people here"), "{}", asked.kept.message.text);
    assert_eq!(asked.kept.place, Where::InPlace);
    assert!(asked.same.as_ref().is_some_and(|same| same.message.text.contains("counted already")));
    let later = Facts { now: facts.now + SignedDuration::from_mins(2), ..facts.clone() };
    let again = decide(&pressed("status:fails", &[]), &later);
    let Ok(Decision::Change(again)) = again else { panic!("a change") };
    assert_eq!(asked.change, again.change, "the same person in the same quarter of an hour");
}
