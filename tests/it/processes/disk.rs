//! A disk that fills up while the database is working: its writes fail.
//!
//! A limit on the size of files simulates the full disk. It hits the same writes, needs no privileges, and can be lifted from a
//! running process.

use std::process::Command;

use healthy_upstream::discord::permissions::{MANAGE_CHANNELS, VIEW_CHANNEL};
use healthy_upstream::discord::simulator::rules::RulesChannelKind;
use healthy_upstream::ids::{ChannelId, UserId};
use serde_json::{Value, json};

use super::bot::{Bot, Home, fails, is_end, is_start};
use crate::loopback::interaction;

/// No file may grow beyond this many bytes. It is more than the log and the files beside the database need, and less than the
/// database's first size.
const FULL: &str = "32768";

/// Wraps a command so that the limit is an error for it, and does not kill it.
fn patient(command: &Command, first: &str) -> Command {
    let mut patient = Command::new("sh");
    patient.args(["-c", &format!("trap '' XFSZ; {first} exec \"$0\" \"$@\"")]);
    patient.arg(command.get_program()).args(command.get_args()).env_clear();
    patient.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    patient.current_dir(command.get_current_dir().expect("the folder of the bot"));
    patient
}

impl Bot {
    fn may_write(&self, most: &str) {
        let limits = [format!("--pid={}", self.id()), format!("--fsize={most}:unlimited")];
        let set = Command::new("prlimit").args(limits).status().expect("prlimit, of util-linux");
        assert!(set.success(), "{set}");
    }
}

impl Home {
    fn start_on_a_disk_that_may_fill(&self) -> Bot {
        self.start_with(patient(&self.command(), ""), "log")
    }

    /// A moderator sends a command in a channel. Returns the text of the answer, also if a busy machine deferred it first.
    async fn answers(&self, channel: ChannelId, name: &str, options: Value) -> String {
        let state = &self.discord.state;
        let connection = state.hub.connection(0).await;
        let (id, token, event) = {
            let mut model = state.model();
            let (id, token) = model.ask(channel, UserId(7), None, state.clock.now());
            let here =
                json!({ "id": channel.to_string(), "name": "ops", "type": 0, "permissions": "309237877760" });
            let resolved = json!({ "channels": { channel.to_string(): here } });
            let data =
                json!({ "id": "1", "name": name, "type": 1, "resolved": resolved, "options": options });
            let invoker = (channel, UserId(7), VIEW_CHANNEL | MANAGE_CHANNELS);
            let event = interaction(&model, (id, &token), 2, invoker, &data, None);
            (id.to_string(), token, event)
        };
        connection.dispatch("INTERACTION_CREATE", event);
        let answered = state.sees(|r| r.path.ends_with("/callback") && r.path.contains(&id)).await;
        if answered.body["type"] == 5 {
            let edited = |path: &str| path.contains(&token) && path.ends_with("/messages/@original");
            let edit = state.sees(|r| edited(&r.path)).await;
            return edit.body["content"].as_str().unwrap_or_default().to_owned();
        }
        answered.body["data"]["content"].as_str().unwrap_or_default().to_owned()
    }

    async fn subscribe(&self, channel: ChannelId) -> String {
        let given = json!([{ "name": "channel", "type": 7, "value": channel.to_string() }]);
        self.answers(channel, "alerts", json!([{ "name": "subscribe", "type": 1, "options": given }])).await
    }

    fn all_starts(&self) -> usize {
        self.counts(is_start).iter().sum()
    }
}

/// The disk fills up while a start is posted, stays full until the outage is over, and then has room again.
#[tokio::test]
async fn full_disk_during_fan_out_pauses_alerts_until_freed() {
    let home = Home::subscribed(100).await;
    let (guild, asking) = home.channels[0];
    let fresh = {
        let mut model = home.discord.state.model();
        model.add_channel(Some(guild), "fresh", RulesChannelKind::Text, home.now())
    };
    let mut bot = home.start_on_a_disk_that_may_fill();
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.discord.state.until("some of the starts", |_| home.all_starts() >= 10).await;
    bot.may_write(FULL);

    let refused = home.subscribe(fresh).await;
    assert!(refused.contains("nicht speichern; nichts wurde geändert"), "{refused}");
    let status = home.answers(asking, "status", json!([])).await;
    assert!(status.starts_with("🔴 **Spotify Web API ist ausgefallen**"), "{status}");
    home.spotify.fails(&[]);
    home.spotify.is_examined(6).await;
    let status = home.answers(home.channels[30].1, "status", json!([])).await;
    assert!(status.starts_with("🟢"), "{status}");
    assert_eq!(home.counts(is_end).iter().sum::<usize>(), 0, "no recovery is posted that is not stored");
    let (posted, since) = (home.all_starts(), home.now());
    assert!(posted < 100, "nothing is posted whose outcome could not be stored: {posted}");

    bot.may_write("unlimited");
    // A channel that did not get the start gets both in one post.
    home.discord
        .state
        .until("the pending deliveries", |_| {
            home.counts(is_end).iter().zip(home.counts(is_start)).all(|(end, start)| end + start >= 1)
                && home.counts(is_end).iter().sum::<usize>() >= posted
        })
        .await;
    let late = home.latest(|_| true, since);
    let stored = home.subscribe(fresh).await;
    assert!(stored.starts_with("✅"), "edits are stored again: {stored}");
    assert!(bot.ended().is_none(), "without a restart, in the same process");
    let refusals = home.log().matches("the store cannot write; it is reopened").count();
    assert_eq!(refusals, 1, "logged once: {}", home.log());
    home.settles(bot).await;
    let (starts, ends) = (home.counts(is_start), home.counts(is_end));
    let doubled = starts.iter().chain(&ends).filter(|count| **count > 1).count();
    let lost = starts.iter().zip(&ends).filter(|(start, end)| **start + **end == 0).count();
    eprintln!(
        "a full disk during a fan-out: posted before {posted} of 100, lost {lost}, doubled {doubled}, after room {late:.1} s"
    );
    assert_eq!((lost, doubled), (0, 0), "{}", home.log());
}

#[tokio::test]
async fn start_on_a_full_disk_fails_clearly_and_changes_nothing() {
    let home = Home::subscribed(3).await;
    let (code, said) = fails(patient(&home.command(), "ulimit -S -f 64;")).await;
    assert_eq!((code, said.lines().count()), (Some(3), 1), "{said}");
    assert!(said.contains("may not use more of its disk") && !said.contains("repair"), "{said}");

    let bot = home.start();
    home.is_watched().await;
    home.spotify.fails(&["web-api"]);
    home.everywhere("the start", is_start).await;
    home.spotify.fails(&[]);
    home.everywhere("the end", is_end).await;
    home.settles(bot).await;
}
