//! What `/faq` says, when it knows and when it does not.

use expect_test::expect;
use healthy_upstream::commands::{Input, Invocation, OptionValue, Response};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::UserId;

use super::{down, reads};
use crate::fixtures::{decide, facts, pressed, read, typed, well};

#[test]
fn question_is_answered_with_the_live_status_first() {
    reads(
        &typed("faq", &[("question", "spotify no healthy upstream")]),
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

            **Spotify shows “no healthy upstream”**
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with backoff.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            [More | Helpful | Not helpful | Notify me when it's back]
            [Delete | Edit this entry ↗]
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
fn unknown_question_is_recorded_and_answered_honestly() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("faq", &[("question", "no healthy upstream")]),
        &facts,
        &expect![[r#"
            [public] **What “no healthy upstream” means**
            A proxy took your request and had no working server to pass it to. The problem is behind that proxy; your device, token and browser are almost never the cause.

            *Upstream*: the server behind the proxy that does the work. *Healthy*: it passes the proxy's checks. *No healthy upstream*: none is left, so the request went nowhere. The text is Envoy's own: HTTP 503, `text/plain`, exactly 19 bytes. It is a 503, not a 502, and nginx never prints it (nginx says “no live upstreams”).
            **Is it you?** As a visitor or API user: no, it is the service's side. If the proxy is yours (Envoy, Istio, Kubernetes, vCenter, a cloud load balancer), it is usually your configuration.
            1. Find out whose proxy answered: theirs or yours?
            2. Theirs: check their status page, wait, retry with backoff.
            3. Yours: are there ready endpoints, does the health check pass, does DNS resolve from the proxy?
            **Don't** reinstall, log out everywhere or rotate keys for it.
            [More | Helpful | Not helpful]
            [Delete | Edit this entry ↗]
            [▾ Related questions]"#]],
    );
    reads(
        &typed("faq", &[("question", "how do I bake bread @everyone")]),
        &facts,
        &expect![[r#"
            [change] Unanswered
            [private] ❔ **I don't know this one**: "how do I bake bread @⟨zero width⟩everyone"
            Paste the exact error into /diagnose, or pick one of the most asked:
            [▾ Most asked]"#]],
    );
    let secret = format!("why does Bearer BQ{} fail", "x7Yz9".repeat(30));
    let warned = read(&typed("faq", &[("question", &secret)]), &facts);
    assert!(warned.contains("Access token") && !warned.contains("x7Yz9x7Yz9"), "{warned}");
}

#[test]
fn uncertain_match_is_shown_privately_with_alternatives() {
    let facts = facts(well("09:00:00"));
    let said = read(&typed("faq", &[("question", "gke ingress 502 after deploy")]), &facts);
    assert!(
        said.starts_with("[private] -# ❔ I'm not quite sure") && said.contains("[▾ Not it? Choose another]"),
        "{said}"
    );
    assert!(said.contains("**Is it you?**") && !said.contains("[▾ Related questions]"), "{said}");
}

#[test]
fn other_services_question_names_that_service_and_its_status_page() {
    let facts = facts(well("09:00:00"));
    let said = read(&typed("faq", &[("question", "claude code keeps saying no healthy upstream")]), &facts);
    assert!(
        said.starts_with("[public] **Claude** is what failed")
            && said.contains("<https://status.claude.com>"),
        "{said}"
    );
    let said = read(&typed("diagnose", &[("error", "grok: 503 no healthy upstream")]), &facts);
    assert!(said.contains("**Grok** is what failed"), "{said}");
}

#[test]
fn answer_buttons_expand_vote_and_delete() {
    let facts = facts(well("09:00:00"));
    reads(
        &pressed("faq:more:spotify-nhu", &[]),
        &facts,
        &expect![[r#"
            [private] **More about: Spotify shows “no healthy upstream”**

            **For developers**
            Treat it as a retryable 503; don't expect JSON:
            ```js
            if (res.status >= 500) {
              const body = await res.text();   // plain text, not JSON
              throw new RetryLater(res.status, body.slice(0, 80));
            }
            ```
            You can recognise Spotify's edge by `server: envoy` and `via: HTTP/2 edgeproxy, 1.1 google`. Obey `Retry-After` if present; a 5xx may not have it.

            A large outage may not show this phrase: on 2025-04-16 the proxies themselves crashed, and clients got 502.

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
    reads(
        &other,
        &facts,
        &expect!["[misuse] Only the person who asked, or a moderator, can delete this answer."],
    );
    other.invoker.manages_messages = true;
    assert_eq!(read(&other, &facts), "[delete] message 50");
}

#[test]
fn answer_uses_readers_language_or_english_if_untranslated() {
    let german = |asked: Invocation| Invocation { language: Language::nearest("de"), ..asked };
    let asked = |question: &str| german(typed("faq", &[("question", question)]));
    let said = read(&asked("spotify-nhu"), &facts(well("09:00:00")));
    assert!(said.contains("**Spotify zeigt „no healthy upstream“**\nEin Teil von Spotify"), "{said}");
    assert!(said.contains("**Nicht:** Melde niemanden ab"), "{said}");
    let more = read(&german(pressed("faq:more:spotify-nhu", &[])), &facts(well("09:00:00")));
    assert!(more.contains("Behandle es als 503"), "{more}");
    let english = read(&asked("retry-idempotent"), &facts(well("09:00:00")));
    assert!(
        english.contains("**Is it you?**") && english.contains("Diese Antwort ist noch nicht übersetzt"),
        "{english}"
    );
    let Ok(Response::Say(answer)) = decide(&asked("spotify-nhu"), &facts(well("09:00:00"))) else {
        panic!("an answer")
    };
    let shown = format!("{:?}", answer.message.rows);
    assert!(shown.contains("entries/de/spotify-nhu.md"), "{shown}");
    assert!(shown.contains("Ist Spotify gerade ausgefallen"), "the menu of related entries: {shown}");
}
