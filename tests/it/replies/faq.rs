//! What `/faq` says, when it knows and when it does not.

use expect_test::expect;
use healthy_upstream::commands::{Input, Invocation, OptionValue, Response};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::UserId;

use super::{down, reads};
use crate::scene::{decide, facts, pressed, read, typed, well};

#[test]
fn a_question_gets_its_answer_with_the_live_line_first() {
    reads(
        &typed("faq", &[("question", "spotify no healthy upstream")]),
        &down(),
        &expect![[r#"
            [public] 🔴 **Spotify Web API is down**, for 1 h 12 min
            **Spotify shows “no healthy upstream”**
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with backoff.

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
    if let Input::Command { options, .. } = &mut asked.input {
        options.push(("for".into(), OptionValue::Person(UserId(41))));
    }
    let Ok(Response::Say(reply)) = decide(&asked, &down()) else { panic!("an answer") };
    assert_eq!(reply.message.mentions.people, [UserId(41)]);
    assert!(
        reply.message.text.starts_with("For <@41>: 🔴 **Spotify Web API is down**"),
        "{}",
        reply.message.text
    );
    if let Input::Command { options, .. } = &mut asked.input {
        options.push(("private".into(), OptionValue::Flag(true)));
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
fn uncertain_question_is_asked_back_or_honestly_unknown() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("faq", &[("question", "no healthy upstream")]),
        &facts,
        &expect![[r#"
            [public] **What “no healthy upstream” means**
            A proxy took your request and had no working server to pass it to. The problem is behind that proxy; your device, token and browser are almost never the cause.

            *Upstream*: the server behind the proxy that does the work. *Healthy*: it passes the proxy's checks. *No healthy upstream*: none is left to choose from, so the request went nowhere. The sentence is Envoy's own: HTTP 503, `text/plain`, exactly 19 bytes. It is a 503, not a 502, and nginx never prints it (nginx says “no live upstreams”).
            **Is it you?** As a visitor or API user: no, it is the service's side. If the proxy is yours (Envoy, Istio, Kubernetes, vCenter, a cloud load balancer), it is usually your configuration.
            1. Ask whose proxy answered: somebody else's service, or yours?
            2. Theirs: check their status, wait, and retry with backoff.
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
            Spotify's edge shows itself by `server: envoy` and `via: HTTP/2 edgeproxy, 1.1 google`. Obey `Retry-After` if it is there; a 5xx need not have one.

            A large outage need not show this phrase at all: on 2025-04-16 the proxies themselves crashed, and clients got 502.

            **All causes**
            - Servers of that service crashed, are overloaded or were being changed.
            - Spotify's load balancer lost or ejected all of them.
            - Internal name resolution failed (the outage of 2023-01-14).

            **Sources** (checked 2026-11-30)
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
    other.invoker.id = UserId(99);
    reads(&other, &facts, &expect!["[misuse] Only who asked, or a moderator, can delete this answer."]);
    other.invoker.manages_messages = true;
    assert_eq!(read(&other, &facts), "[delete] message 50");
}

#[test]
fn reader_gets_their_language_and_english_where_untranslated() {
    let german = |asked: Invocation| Invocation { language: Language::nearest("de"), ..asked };
    let asked = |question: &str| german(typed("faq", &[("question", question)]));
    let said = read(&asked("spotify-nhu"), &facts(well("09:00:00")));
    assert!(said.contains("**Spotify zeigt „no healthy upstream“**\nEin Teil von Spotify"), "{said}");
    assert!(said.contains("**Nicht:** Melde niemanden ab"), "{said}");
    let more = read(&german(pressed("faq:more:spotify-nhu", &[])), &facts(well("09:00:00")));
    assert!(more.contains("Behandle es als 503"), "{more}");
    let english = read(&asked("retry-idempotent"), &facts(well("09:00:00")));
    assert!(english.contains("**Liegt es an dir?**") && english.contains("retry"), "{english}");
    let Ok(Response::Say(answer)) = decide(&asked("spotify-nhu"), &facts(well("09:00:00"))) else {
        panic!("an answer")
    };
    let shown = format!("{:?}", answer.message.rows);
    assert!(shown.contains("entries/de/spotify-nhu.md"), "{shown}");
    assert!(shown.contains("Ist Spotify gerade ausgefallen"), "the menu of related entries: {shown}");
}
