//! What `/about` says, and that a press on a message of another bot is ignored.

use expect_test::expect;
use healthy_upstream::chat::replies::about::Sessions;
use healthy_upstream::commands::{Facts, Input};

use super::{down, reads};
use crate::fixtures::{facts, pressed, read, typed, well};

#[test]
fn about_explains_itself_in_eight_lines() {
    let facts = facts(well("09:00:00"));
    reads(
        &typed("about", &[]),
        &facts,
        &expect![[r#"
            [private] **Healthy Upstream 0.1.0** tells you whether Spotify is down, or it's you.
            🟢 **Spotify is up**: all 4 services pass our checks
            Watched: Web API, Login & tokens, Desktop & mobile apps, Web player, from Frankfurt.
            One source, each checked every 30 s.
            The FAQ answers 161 questions: /faq, or paste an error into /diagnose.
            Everyone: /status, /outages, /uptime. Moderators: /alerts subscribe posts to a channel when it breaks and when it's back.
            It reads no messages. Stored: server settings, and who asked to be notified, until they are. /alerts delete-data or **Forget me** deletes it.
            Not made by Spotify. Free software under MIT or Apache-2.0.
            [Details | Forget me]"#]],
    );
    reads(
        &pressed("about:details", &[]),
        &facts,
        &expect![[r#"
            [private] **Request budgets**
            No request budget has been used yet.

            **Sources**
            • web\-api: healthy, checked <t:1744794000:R>

            **What is stored, and for how long**
            • Per channel: its settings, until it is unsubscribed; 30 days longer if the channel or the bot is removed.
            • Per person: only who pressed "Notify me when it's back", until they are notified (press again to take it back); a count of reports, under a hash that is dropped with the outage.
            • Pasted texts and messages: never stored.
            Delete: /alerts delete-data for a server, **Forget me** for yourself. /alerts export-data gives moderators what is stored about their server."#]],
    );
}

#[test]
fn details_show_used_connections_of_the_day() {
    let facts = Facts { sessions: Some(Sessions { begun: 120, most: 200 }), ..facts(well("09:00:00")) };
    let said = read(&pressed("about:details", &[]), &facts);
    let line = said.lines().find(|line| line.contains("Discord:"));
    assert_eq!(line, Some("• Discord: 120 of 200 new connections a day used"), "{said}");
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
