//! Two instances of the program behind a load balancer. Each accepts any interaction, and a repeated one is carried out once.

use std::fs;
use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use healthy_upstream::discord::permissions::{MANAGE_CHANNELS, VIEW_CHANNEL};
use healthy_upstream::store::{self, StoreOptions};
use jiff::SignedDuration;
use serde_json::json;

use super::bot::Home;
use crate::http_interactions::{PING, say, sign};
use crate::loopback::interaction;
use crate::postgres::{self, Care, PASSWORD};

/// Returns an address where an instance can listen.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}

#[tokio::test]
async fn load_balanced_instances_answer_and_handle_duplicates_once() {
    // `None` on a machine without PostgreSQL; that is then reported.
    let Some(cluster) = postgres::own(Care::Safe) else { return };
    let home = Home::with_channels(1).await;
    let (guild, channel) = home.channels[0];
    let state = &home.discord.state;
    let database = cluster.address();
    let key = SigningKey::from_bytes(&[9; 32]);
    let addresses = [free_address(), free_address()];
    let mut instances = Vec::new();
    for (n, address) in addresses.iter().enumerate() {
        let public = HEXLOWER.encode(key.verifying_key().as_bytes());
        let admission =
            format!("[discord]\ninteractions_listen = \"{address}\"\npublic_key = \"{public}\"\n");
        let text = home.configuration_on(&database).replace("[discord]\n", &admission);
        fs::write(home.folder.path().join(format!("instance-{n}.toml")), text).expect("written");
        instances.push(home.start_instance(&format!("instance-{n}"), ("PGPASSWORD", PASSWORD)));
    }
    let attempt =
        async |address: SocketAddr, body: &str| say(address, &sign(&key, body, 0, false), body).await;
    // As a balancer does: an instance that does not answer yet is asked again.
    for address in addresses {
        let mut tries = 0;
        while !matches!(attempt(address, PING).await, Ok((200, _))) {
            tries += 1;
            assert!(tries < 600, "it listens within two minutes: {}", home.log_of("instance-0"));
            state.clock.sleep(SignedDuration::from_millis(200)).await;
        }
    }

    let subscribe = {
        let mut model = state.model();
        let now = state.clock.now();
        let ada = model.add_person("ada", now);
        let (id, token) = model.ask(channel, ada, None, now);
        let here = json!({ "id": channel.to_string(), "name": "ops", "type": 0, "permissions": "0" });
        let resolved = json!({ "channels": { channel.to_string(): here } });
        let given = json!([{ "name": "channel", "type": 7, "value": channel.to_string() }]);
        let sub = json!({ "name": "subscribe", "type": 1, "options": given });
        let data = json!({ "id": "1", "name": "alerts", "type": 1, "resolved": resolved, "options": [sub] });
        let invoker = (channel, ada, VIEW_CHANNEL | MANAGE_CHANNELS);
        interaction(&model, (id, &token), 2, invoker, &data, None).to_string()
    };
    let [one, other] = addresses;
    assert_eq!(say(one, &sign(&key, &subscribe, 0, true), &subscribe).await.expect("answered").0, 401);
    let headers = sign(&key, &subscribe, 0, false);
    assert_eq!(say(one, &headers, &subscribe).await.expect("answered").0, 202);
    let answered = state.sees(|r| r.path.ends_with("/callback")).await;
    assert!(answered.body.to_string().contains("✅ **"), "{answered:?}");
    // The same request is replayed to the other instance and to the first.
    for address in [other, one] {
        assert_eq!(say(address, &headers, &subscribe).await.expect("answered").0, 202);
    }
    let callbacks = || state.requests().into_iter().filter(|r| r.path.ends_with("/callback"));
    state.until("the other instance tried to answer too", |_| callbacks().count() == 2).await;
    assert_eq!(callbacks().filter(|r| r.status < 300).count(), 1, "Discord takes one answer");
    let options = StoreOptions { password: Some(PASSWORD.to_owned()), ..StoreOptions::default() };
    let store = store::open(&database, &options).await.expect("a store");
    let stored = store.subscriptions(Some(guild), None, 10).await.expect("read");
    assert_eq!(stored.len(), 1, "{stored:?}");
    drop(store);
    for bot in instances {
        assert_eq!(bot.stops().await.code(), Some(0), "it stops cleanly");
    }
    assert_eq!(state.hub.identifies().len(), 0, "no instance connects to a gateway");
}
