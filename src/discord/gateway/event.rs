//! A gateway event, as far as we care for it. Pure.
//!
//! Never: a server is not read: of a GUILD_CREATE, which can be megabytes, only the id is.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::alerts::{ChannelId, GuildId};
use crate::discord::Incoming;
use crate::discord::wire::{self, Interaction};

/// Reads events, and knows which servers are only being loaded.
#[derive(Debug, Default)]
pub(super) struct Reader {
    known: HashSet<u64>,
}

/// What an event means for us.
#[derive(Debug)]
pub(super) enum Read {
    /// A new session began, and names these servers, in their order; none where that could not be read.
    Ready(Option<Vec<GuildId>>),
    /// The session goes on.
    Resumed,
    /// Something comes in.
    Came(Incoming),
    /// Nothing to us.
    Nothing,
}

#[derive(Deserialize)]
struct Event<'a> {
    op: u8,
    #[serde(borrow, default)]
    t: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Ready<'a> {
    #[serde(borrow)]
    guilds: Vec<Guild<'a>>,
}

#[derive(Deserialize)]
struct Guild<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    unavailable: Option<bool>,
}

#[derive(Deserialize)]
struct Channel<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    guild_id: Option<Cow<'a, str>>,
}

impl Reader {
    /// Reads one message of the gateway.
    pub(super) fn read(&mut self, json: &str) -> Read {
        let Ok(Event { op: 0, t: Some(kind), d: Some(data) }) = serde_json::from_str(json) else {
            return Read::Nothing;
        };
        let data = data.get();
        match &*kind {
            "READY" => {
                let named = named(data);
                self.known = named.iter().flatten().map(|guild| guild.0).collect();
                Read::Ready(named)
            }
            "RESUMED" => Read::Resumed,
            "INTERACTION_CREATE" => match wire::read_interaction(data) {
                Ok(Interaction::Asked(asked, ticket)) => Read::Came(Incoming::Asked(asked, ticket)),
                Ok(Interaction::Ping) => Read::Nothing,
                Err(why) => Read::Came(Incoming::Unreadable(why)),
            },
            "GUILD_CREATE" => self.created(data),
            "GUILD_DELETE" => self.deleted(data),
            "CHANNEL_DELETE" | "THREAD_DELETE" => channel_gone(data),
            _ => Read::Nothing,
        }
    }

    /// A server that READY named, or that was away, is only there again; another one was joined.
    fn created(&mut self, data: &str) -> Read {
        let Ok(guild) = serde_json::from_str::<Guild<'_>>(data) else { return Read::Nothing };
        match guild.id.parse() {
            Ok(id) if self.known.insert(id) => Read::Came(Incoming::ServerJoined(GuildId(id))),
            _ => Read::Nothing,
        }
    }

    /// `unavailable` stands in an outage of Discord's; without it the bot was removed (reference, "Guild Delete").
    fn deleted(&mut self, data: &str) -> Read {
        let Ok(guild) = serde_json::from_str::<Guild<'_>>(data) else { return Read::Nothing };
        let Ok(id) = guild.id.parse() else { return Read::Nothing };
        if guild.unavailable.is_some() {
            self.known.insert(id);
            return Read::Nothing;
        }
        self.known.remove(&id);
        Read::Came(Incoming::ServerLeft(GuildId(id)))
    }
}

/// The servers that READY names: all or none of them can be read.
fn named(data: &str) -> Option<Vec<GuildId>> {
    let ready: Ready<'_> = serde_json::from_str(data).ok()?;
    let ids = ready.guilds.iter().map(|guild| guild.id.parse().ok().map(GuildId));
    let mut named = ids.collect::<Option<Vec<_>>>()?;
    named.sort_unstable();
    Some(named)
}

fn channel_gone(data: &str) -> Read {
    let Ok(channel) = serde_json::from_str::<Channel<'_>>(data) else { return Read::Nothing };
    let guild = channel.guild_id.and_then(|id| id.parse().ok());
    match (guild, channel.id.parse()) {
        (Some(guild), Ok(id)) => Read::Came(Incoming::ChannelGone(GuildId(guild), ChannelId(id))),
        _ => Read::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: &mut Reader, kind: &str, data: &str) -> String {
        let said = reader.read(&format!(r#"{{"op":0,"s":1,"t":"{kind}","d":{data}}}"#));
        match said {
            Read::Came(incoming) => format!("{incoming:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_is_loaded_was_not_joined_and_one_that_is_away_was_not_left() {
        let mut reader = Reader::default();
        read(&mut reader, "READY", r#"{"guilds":[{"id":"7","unavailable":true}],"session_id":"x"}"#);
        assert_eq!(read(&mut reader, "GUILD_CREATE", r#"{"id":"7","channels":[{"id":"1"}]}"#), "Nothing");
        assert_eq!(read(&mut reader, "GUILD_CREATE", r#"{"id":"8"}"#), "ServerJoined(GuildId(8))");
        assert_eq!(read(&mut reader, "GUILD_DELETE", r#"{"id":"7","unavailable":true}"#), "Nothing");
        assert_eq!(read(&mut reader, "GUILD_CREATE", r#"{"id":"7"}"#), "Nothing");
        assert_eq!(read(&mut reader, "GUILD_DELETE", r#"{"id":"7"}"#), "ServerLeft(GuildId(7))");
        assert_eq!(read(&mut reader, "GUILD_CREATE", r#"{"id":"7"}"#), "ServerJoined(GuildId(7))");
        let gone = read(&mut reader, "THREAD_DELETE", r#"{"id":"5","guild_id":"7","type":11}"#);
        assert_eq!(gone, "ChannelGone(GuildId(7), ChannelId(5))");
    }

    #[test]
    fn a_new_session_names_the_servers_of_its_shard_or_nothing_is_known_of_them() {
        let mut reader = Reader::default();
        let ready = r#"{"guilds":[{"id":"9"},{"id":"7","unavailable":true}],"session_id":"x"}"#;
        assert_eq!(read(&mut reader, "READY", ready), "Ready(Some([GuildId(7), GuildId(9)]))");
        assert_eq!(read(&mut reader, "READY", r#"{"guilds":[]}"#), "Ready(Some([]))");
        for unreadable in [r#"{"guilds":[{"id":"9"},{"id":"x"}]}"#, r#"{"session_id":"x"}"#] {
            assert_eq!(read(&mut reader, "READY", unreadable), "Ready(None)", "{unreadable}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_loud_and_what_is_not_ours_is_not() {
        let mut reader = Reader::default();
        let said = read(&mut reader, "INTERACTION_CREATE", r#"{"id":"1","type":2,"token":"secret"}"#);
        assert!(said.starts_with("Unreadable(\"an interaction"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(read(&mut reader, "TYPING_START", "{}"), "Nothing");
        assert!(matches!(reader.read("no json"), Read::Nothing));
        assert!(matches!(reader.read(r#"{"op":11}"#), Read::Nothing));
    }
}
