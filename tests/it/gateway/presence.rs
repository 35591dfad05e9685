//! The bot's presence: what it says, and that changing it never costs the connection.

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

/// Discord closes a connection that sends more than 120 events in a minute (4008), and so does the loopback Discord.
#[tokio::test]
async fn rapid_presence_changes_keep_the_connection() {
    let (discord, channel, ada) = discord().await;
    let hub = &discord.state.hub;
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let connection = hub.connection(0).await;
    for nth in 0..300 {
        bot.presence.send(format!("🔴 {nth} services down")).expect("it listens");
        // The interaction after a change is read after that change, or together with it.
        let (id, event) = ask(&discord, channel, ada, 2, &status());
        connection.dispatch("INTERACTION_CREATE", event);
        assert_eq!(bot.asked().await.0.id, id);
    }
    assert!(hub.presences() >= 100, "as many as the limit allows: {}", hub.presences());
    assert_eq!(hub.accepted(), 1, "no presence exceeded the limit");
    bot.stops().await;
}
