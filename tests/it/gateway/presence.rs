//! What the bot's presence says, and that it never costs the connection.

use super::*;

#[tokio::test]
async fn presence_shows_the_status_in_new_sessions_too() {
    let (discord, ..) = discord().await;
    let hub = &discord.state.hub;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    bot.presence.send("🔴 Web API down since 14:02".into()).expect("it listens");
    let shown = hub.presence("Web API").await;
    assert_eq!(shown["activities"][0]["type"], 4);
    let before = hub.presences();
    hub.connection(0).await.invalidates(false);
    assert!(!hub.connection(1).await.resumed);
    while hub.presences() <= before {
        tokio::task::yield_now().await;
    }
    bot.stops().await;
}

/// Discord closes a connection over which more than 120 are sent in a minute (4008), and so does the small one.
#[tokio::test]
async fn rapid_presence_changes_keep_the_connection() {
    let (discord, channel, ada) = discord().await;
    let hub = &discord.state.hub;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let connection = hub.connection(0).await;
    for nth in 0..300 {
        bot.presence.send(format!("🔴 {nth} services down")).expect("it listens");
        // What is asked next is read after the change was, or at once with it.
        let (id, event) = ask(&discord, channel, ada, 2, &status());
        connection.dispatch("INTERACTION_CREATE", event);
        assert_eq!(bot.asked().await.0.id, id);
    }
    assert!(hub.presences() >= 100, "as many as may be: {}", hub.presences());
    assert_eq!(hub.accepted(), 1, "and none was too much");
    bot.stops().await;
}
