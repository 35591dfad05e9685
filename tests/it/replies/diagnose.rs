//! What `/diagnose` and "Explain this error" say.

use expect_test::expect;
use healthy_upstream::alerts::Reason;
use healthy_upstream::commands::{self, Attachment, Input, Need};
use healthy_upstream::ids::{MessageId, UserId};

use super::{down, reads};
use crate::fixtures::{ask, pressed, read, typed};

#[test]
fn pasted_error_is_explained_privately() {
    let paste = "GET https://api.spotify.com/v1/me\nHTTP/2 503\nserver: envoy\n\nno healthy upstream";
    reads(
        &typed("diagnose", &[("error", paste)]),
        &down(),
        &expect![[r#"
            [private] 🔎 **Spotify shows “no healthy upstream”**, and 1 more
            Line 5 says `no healthy upstream`: that is Spotify's Envoy.
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with backoff.
            🔴 **Spotify Web API is down**, for 1 h 12 min
            **Whose problem?** Spotify. Not your code, your token, your plan or your phone. A rate limit would be 429, an expired token 401.
            **Now:**
            1. Run `/status`: if we see it too, it is confirmed. If not, note the time.
            2. Using an app: wait a few minutes, then try again. Writing one: retry after 1, 2, 4 … seconds with some randomness, then pause and tell your users.
            3. Try another part (app, web player, API): that shows which service is hit.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            Also: **Spotify answers 500, 502, 503 or 504** (line 1, `api.spotify.com`)
            [Share here | More | Helpful | Not helpful | Notify me when it's back]
            [▾ Explain another finding]"#]],
    );
    reads(
        &typed("diagnose", &[]),
        &down(),
        &expect![[r#"
            [form diagnose:paste] What went wrong?
              The error, the log, or the output of curl -i (error): Paste it with its line breaks. Tokens and secrets are never repeated or stored."#]],
    );
    reads(
        &typed("diagnose", &[("error", "it just does not work **@everyone**")]),
        &down(),
        &expect![[r#"
            [private] 🔎 **I don't recognise an error in this.**
            I know the exact words of errors from Spotify, Envoy, nginx, Kubernetes and many libraries. Paste the lines around the failure, with the status code and the body; `curl -i` shows both. Or ask in words with /faq."#]],
    );
}

#[test]
fn message_is_explained_without_repeating_it() {
    let text = "help!! `503 Service Unavailable: no healthy upstream` from api.spotify.com, my header is \
                Authorization: Bearer BQDx7Yz9KkLmNoPqRsTuVwXyZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
    let input = Input::MessageCommand {
        message: MessageId(70),
        text: text.into(),
        author: UserId(41),
        more: Vec::new(),
        files: Vec::new(),
    };
    reads(
        &ask("Explain this error", input),
        &down(),
        &expect![[r#"
            [private] ⚠️ **There are secrets in that message**: everyone who can read this channel can read them.
            • Access token: It expires within an hour. To end it now, remove the app at https://www.spotify.com/account/apps/
            Tell <@41> to delete the message and revoke them, or ask a moderator to delete it.
            I didn't repeat or store them.
            🔎 **Spotify shows “no healthy upstream”**, and 1 more
            Line 1 says `no healthy upstreamˋ from api.spotify`: that is Spotify's Envoy.
            A part of Spotify has no working server right now. It is on Spotify's side: keep your tokens, wait, and retry with backoff.
            🔴 **Spotify Web API is down**, for 1 h 12 min
            **Whose problem?** Spotify. Not your code, your token, your plan or your phone. A rate limit would be 429, an expired token 401.
            **Now:**
            1. Run `/status`: if we see it too, it is confirmed. If not, note the time.
            2. Using an app: wait a few minutes, then try again. Writing one: retry after 1, 2, 4 … seconds with some randomness, then pause and tell your users.
            3. Try another part (app, web player, API): that shows which service is hit.
            **Don't** log users out, delete tokens or reinstall: signing in again may fail until Spotify is back.
            Also: **Spotify answers 500, 502, 503 or 504** (line 1, `api.spotify.com`)
            -# I read: the message's text.
            [Share here | More | Helpful | Not helpful | Notify me when it's back]
            [▾ Explain another finding]"#]],
    );
    let shared = read(&pressed("diagnose:share:spotify-nhu:70", &[]), &down());
    assert!(shared.starts_with("[public]") && shared.contains("channels/20/30/70"), "{shared}");
    assert!(!shared.contains("Bearer"), "{shared}");
}

#[test]
fn files_are_read_in_order_within_the_limit() {
    let file = |name: &str, size: u64, kind: Option<&str>| Attachment {
        url: format!("https://cdn.discordapp.com/{name}"),
        name: name.into(),
        size,
        kind: kind.map(str::to_owned),
    };
    let input = |files: Vec<Attachment>| Input::MessageCommand {
        message: MessageId(70),
        text: "all of my logs:".into(),
        author: UserId(41),
        more: Vec::new(),
        files,
    };
    let files = vec![
        file("bot.log", 600_000, Some("text/plain; charset=utf-8")),
        file("huge.log", 900_000, None),
        file("worker`s.txt", 20, None),
    ];
    let asked = ask("Explain this error", input(files));
    let needs = commands::find("Explain this error").expect("it is there").needs(&asked);
    let needed: Vec<&str> = needs
        .iter()
        .map(|need| if let Need::File(file) = need { file.name.as_str() } else { panic!("{need:?}") })
        .collect();
    assert_eq!(needed, ["bot.log", "worker`s.txt"], "the one that does not fit is left out");
    let mut facts = down();
    facts.files = vec![Ok("all fine".into()), Ok("503 no healthy upstream".into())];
    let said = read(&asked, &facts);
    assert!(said.contains("Line 3 says `no healthy upstream`"), "{said}");
    assert!(said.contains("-# I read: the message's text, `bot.log`, `workerˋs.txt`."), "{said}");
    // A file that cannot be read does not affect the others, and is not listed as read.
    facts.files = vec![Err(Reason::Answered(404)), Ok("503 no healthy upstream".into())];
    let said = read(&asked, &facts);
    assert!(said.contains("-# I read: the message's text, `workerˋs.txt`."), "{said}");
    // If Discord reports no sizes, the content itself is limited.
    let unsized_files = vec![file("a.log", 0, None), file("b.log", 0, None)];
    facts.files = vec![Ok("x ".repeat(512 * 1024)), Ok("503 no healthy upstream".into())];
    let said = read(&ask("Explain this error", input(unsized_files)), &facts);
    assert!(said.contains("-# I read: the message's text, `a.log`."), "{said}");
}
