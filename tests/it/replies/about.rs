//! What `/about` says, and that a press on what is not ours says nothing.

use expect_test::expect;
use healthy_upstream::commands::Input;

use super::{down, reads};
use crate::scene::{facts, pressed, read, typed, well};

#[test]
fn about_explains_itself_in_eight_lines() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("about", &[]),
        &facts,
        &expect![[r#"
            [private] **Healthy Upstream 0.1.0** tells whether Spotify is down, or it is you.
            🟢 **Spotify answers us**: our looks at all 4 services got through.
            Watched: Web API, Login & tokens, Desktop & mobile apps, Web player, from Frankfurt.
            One source, each looked at every 30 s; next look <t:1744794030:R>.
            The handbook answers 160 questions: /faq, or paste an error into /diagnose.
            Everybody: /status, /outages, /uptime. Moderators: /alerts subscribe tells a channel when it breaks and when it is back.
            It reads no messages. Stored: settings of servers, and who asked to be told, until they are told. /alerts delete-data or **Forget me** deletes it.
            Not made by Spotify; free software, MIT or Apache-2.0.
            [Details | Forget me]"#]],
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
            • Per person: only who pressed "Tell me when it's back", until they are told (press again to take it back); a count of reports, under a hash that is dropped with the outage.
            • Pasted texts and messages: never kept.
            Delete: /alerts delete-data for a server, **Forget me** for yourself. /alerts export-data gives moderators what is stored about their server."#]],
    );
}

#[test]
fn press_on_a_foreign_message_does_nothing() {
    for action in
        ["status:fails", "faq:helped:spotify-nhu", "about:details", "alerts:me-too:x", "outages:open"]
    {
        let mut asked = pressed(action, &[]);
        if let Input::Component { ours, .. } = &mut asked.input {
            *ours = false;
        }
        assert_eq!(read(&asked, &down()), "[nothing]", "{action}");
    }
}
