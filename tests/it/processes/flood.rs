//! One user presses ten thousand times in a second, against the real program.

use std::collections::BTreeSet;
use std::time::Duration;

use healthy_upstream::discord::permissions::VIEW_CHANNEL;
use healthy_upstream::ids::{ChannelId, UserId};
use serde_json::{Value, json};

use super::bot::Home;
use crate::loopback::interaction;

pub(super) fn status(home: &Home, channel: ChannelId, by: UserId) -> (String, Value) {
    let state = &home.discord.state;
    let mut model = state.model();
    let (id, token) = model.ask(channel, by, None, state.clock.now());
    let option = json!({ "name": "private", "type": 5, "value": true });
    let data = json!({ "id": "1", "name": "status", "type": 1, "options": [option] });
    (id.to_string(), interaction(&model, (id, &token), 2, (channel, by, VIEW_CHANNEL), &data, None))
}

#[tokio::test]
async fn ten_thousand_presses_cost_no_memory_and_delay_nobody() {
    // Servers have 25 channels each, so the first and the last channel are in different servers.
    let home = Home::with_channels(26).await;
    let (eves, others) = (home.channels[0].1, home.channels[25].1);
    let bot = home.start();
    home.is_watched().await;
    let connection = home.discord.state.hub.connection(0).await;
    let state = &home.discord.state;
    let (first, event) = status(&home, others, UserId(1));
    connection.dispatch("INTERACTION_CREATE", event);
    state.sees(|r| r.path.contains(&first)).await;
    let before = bot.memory();

    let written = |id: &str| {
        let all = state.hub.written();
        all.into_iter().find(|(it, _)| it == id).expect("it was sent").1
    };
    let mut asked_by_eve = BTreeSet::new();
    let mut asked_by_others = Vec::new();
    let mut longest = Duration::ZERO;
    let (id, mut eves_event) = status(&home, eves, UserId(666));
    let id: u64 = id.parse().expect("a number");
    for nth in 0..10_000 {
        // The same press again, each with its own id.
        eves_event["id"] = json!((id + nth).to_string());
        asked_by_eve.insert((id + nth).to_string());
        connection.dispatch("INTERACTION_CREATE", eves_event.clone());
        if nth % 1_000 == 999 {
            // Another user waits behind a thousand of her presses, a tenth of that second. She continues after their answer, so
            // that a slow machine measures the bot's queue and not what the sockets buffer.
            let (id, event) = status(&home, others, UserId(1_000 + nth));
            connection.dispatch("INTERACTION_CREATE", event);
            let came = state.sees(|r| r.path.contains(&id)).await;
            assert_eq!(came.status, 204, "{came:?}");
            longest = longest.max(came.heard.saturating_sub(written(&id)));
            asked_by_others.push(id);
        }
    }
    let took = written(asked_by_others.last().expect("ten")).saturating_sub(written(&asked_by_others[0]));
    let grown = bot.memory().saturating_sub(before);
    eprintln!("9,000 in {took:?}; others waited {longest:?} at most; memory grew by {} KiB", grown / 1024);
    assert!(longest < Duration::from_secs(3), "{longest:?}");
    assert!(grown < 16 << 20, "{grown} bytes");
    let answers = state.requests();
    let eve = |path: &str| path.split('/').nth(2).is_some_and(|id| asked_by_eve.contains(id));
    let answered = answers.iter().filter(|r| r.path.ends_with("/callback") && eve(&r.path)).count();
    // Five at once, three requests to slow down, and some more of each for every ten seconds that it took.
    assert!((8..=30).contains(&answered), "{answered}");
    assert_eq!(bot.stops().await.code(), Some(0), "{}", home.log());
}
