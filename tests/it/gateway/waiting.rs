//! A gateway that does not answer: how long the bot waits, how often it retries, and what costs an IDENTIFY.

use jiff::SignedDuration;

use super::*;

/// Timeouts far shorter than for Discord, so that an hour of pauses passes in seconds.
pub(super) fn hasty() -> Timeouts {
    let usual = Timeouts::default();
    Timeouts {
        begin: usual.begin / 50,
        first_pause: usual.first_pause / 250,
        longest_pause: usual.longest_pause / 250,
        jitter_percent: 0,
        ..usual
    }
}

#[tokio::test]
async fn silent_accepting_host_is_left_within_ten_seconds() {
    for silent in [Manner::SilentHandshake, Manner::SilentAfterHandshake] {
        let (discord, ..) = discord().await;
        let mut bot = Bot::start(&discord, &Arc::default());
        bot.connected().await;
        discord.state.hub.meets(&[silent]);
        discord.state.hub.connection(0).await.cuts();
        let begun = discord.state.clock.now();
        assert!(discord.state.hub.connection(1).await.resumed);
        let took = discord.state.clock.now().duration_since(begun).as_secs_f64();
        eprintln!("{silent:?}: back after {took:.1} s");
        assert!(took < 10.0, "{silent:?}: {took}");
        bot.stops().await;
    }
}

#[tokio::test]
async fn vanishing_gateway_is_left_within_ten_seconds() {
    type End = (&'static str, fn(&Connection));
    let ends: [End; 2] =
        [("RECONNECT", |c| c.asks_to_reconnect()), ("INVALID_SESSION true", |c| c.invalidates(true))];
    for (end, does) in ends {
        let (discord, ..) = discord().await;
        let mut bot = Bot::start(&discord, &Arc::default());
        bot.connected().await;
        let connection = discord.state.hub.connection(0).await;
        does(&connection);
        connection.hangs();
        let begun = discord.state.clock.now();
        assert!(discord.state.hub.connection(1).await.resumed, "{end}");
        let took = discord.state.clock.now().duration_since(begun).as_secs_f64();
        assert!(took < 8.0, "{end}: {took}");
        bot.stops().await;
    }
}

#[tokio::test]
async fn gateway_down_for_an_hour_is_retried_without_missing_events() {
    let (discord, channel, ada) = discord().await;
    let mut bot = Bot::start_with(&discord, &Arc::default(), Wanted { timeouts: Some(hasty()), ..USUAL });
    bot.connected().await;
    // The pauses grow to 16 s, here to a 250th of that: 230 of them are an hour.
    discord.state.hub.meets(&[Manner::Refused; 230]);
    let connection = discord.state.hub.connection(0).await;
    let (id, event) = ask(&discord, channel, ada, 2, &status());
    discord.state.hub.loses(&connection.session, "INTERACTION_CREATE", &event);
    connection.cuts();
    let begun = discord.state.clock.now();
    assert!(matches!(bot.next().await, Incoming::Disconnected));
    assert_eq!(bot.asked().await.0.id, id, "the session is not lost, nor are its events");
    let took = discord.state.clock.now().duration_since(begun).as_secs_f64();
    assert!((14.0..60.0).contains(&took), "neither a storm of attempts nor an endless pause: {took}");
    assert_eq!((discord.state.hub.accepted(), discord.state.hub.identifies().len()), (232, 1));
    bot.stops().await;
}

#[tokio::test]
async fn gateway_silent_after_hello_is_left() {
    let (discord, ..) = discord().await;
    let mut bot = Bot::start_with(&discord, &Arc::default(), Wanted { timeouts: Some(hasty()), ..USUAL });
    bot.connected().await;
    discord.state.hub.meets(&[Manner::SilentAfterHello]);
    discord.state.hub.connection(0).await.cuts();
    assert!(discord.state.hub.connection(1).await.resumed);
    assert_eq!(discord.state.hub.identifies().len(), 1);
    bot.stops().await;
}

#[tokio::test]
async fn shards_identify_five_seconds_apart_without_concurrency() {
    let (discord, ..) = discord().await;
    discord.state.hub.advises(2, 1);
    let mut bot = Bot::start(&discord, &Arc::default());
    let begun = discord.state.clock.now();
    bot.connected().await;
    bot.connected().await;
    let took = discord.state.clock.now().duration_since(begun).as_secs_f64();
    assert!(took > 4.0, "{took}");
    assert_eq!(
        discord.state.hub.identifies().len(),
        2,
        "no IDENTIFY came too early, which Discord would have refused"
    );
    bot.stops().await;
}

#[tokio::test]
async fn sixteen_shards_identify_at_once_if_discord_allows_it() {
    let (discord, ..) = discord().await;
    discord.state.hub.advises(16, 16);
    let mut bot = Bot::start(&discord, &Arc::default());
    let begun = discord.state.clock.now();
    for _ in 0..16 {
        bot.connected().await;
    }
    let took = SignedDuration::from_secs(4);
    assert!(discord.state.clock.now().duration_since(begun) < took, "nobody waited for a turn");
    assert_eq!(discord.state.hub.identifies().len(), 16);
    bot.stops().await;
}

#[tokio::test]
async fn exhausted_identify_limit_is_awaited_until_reset() {
    let (discord, ..) = discord().await;
    discord.state.hub.lets_identify(0);
    let begun = discord.state.clock.now();
    let mut bot = Bot::start(&discord, &Arc::default());
    bot.connected().await;
    let waited = discord.state.clock.now().duration_since(begun);
    assert!(waited >= SignedDuration::from_millis(250), "Discord said a quarter of a second: {waited:?}");
    assert_eq!(discord.state.hub.identifies().len(), 1);
    bot.stops().await;
}

/// A disk on which saving a session never finishes.
#[derive(Default)]
struct Hangs(tokio::sync::Notify);

#[async_trait]
impl SessionStore for Hangs {
    async fn save(&self, name: &str, _: Option<&[u8]>) {
        if name.starts_with("gateway-session") {
            self.0.notify_one();
            std::future::pending::<()>().await;
        }
    }

    async fn load(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

#[tokio::test]
async fn hanging_disk_during_session_save_blocks_no_interaction() {
    let (discord, channel, ada) = discord().await;
    let disk = Arc::new(Hangs::default());
    let mut bot = Bot::start_on(&discord, Arc::clone(&disk) as Arc<dyn SessionStore>, USUAL);
    bot.connected().await;
    disk.0.notified().await;
    let (id, event) = ask(&discord, channel, ada, 2, &status());
    discord.state.hub.connection(0).await.dispatch("INTERACTION_CREATE", event);
    assert_eq!(bot.asked().await.0.id, id);
    bot.running.abort();
}
