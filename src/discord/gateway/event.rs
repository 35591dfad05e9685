//! A gateway event, as far as we care for it. Pure.
//!
//! Never: a server is not read: of a GUILD_CREATE, which can be megabytes, only the id is.

use std::collections::HashSet;

use crate::alerts::{ChannelId, GuildId};
use crate::discord::Incoming;
use crate::discord::wire::{self, Interaction, Node};

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

impl Reader {
    /// Reads one message of the gateway.
    pub(super) fn read(&mut self, json: &str) -> Read {
        let [op, kind, data] = Node::parse(json).unwrap_or_default().pick(["op", "t", "d"]);
        let (Some(0), Some(kind)) = (op.number(), kind.text()) else { return Read::Nothing };
        match &*kind {
            "READY" => {
                let named = wire::read_ready(data);
                self.known = named.iter().flatten().map(|guild| guild.0).collect();
                Read::Ready(named)
            }
            "RESUMED" => Read::Resumed,
            "INTERACTION_CREATE" => match wire::read_interaction(data.raw()) {
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
    fn created(&mut self, guild: Node<'_>) -> Read {
        match guild.get("id").id() {
            Some(id) if self.known.insert(id) => Read::Came(Incoming::ServerJoined(GuildId(id))),
            _ => Read::Nothing,
        }
    }

    /// `unavailable` stands in an outage of Discord's; without it the bot was removed (reference, "Guild Delete").
    fn deleted(&mut self, guild: Node<'_>) -> Read {
        let [id, unavailable] = guild.pick(["id", "unavailable"]);
        let Some(id) = id.id() else { return Read::Nothing };
        // Whatever it says: only its absence means that.
        if !unavailable.raw().is_empty() {
            self.known.insert(id);
            return Read::Nothing;
        }
        self.known.remove(&id);
        Read::Came(Incoming::ServerLeft(GuildId(id)))
    }
}

fn channel_gone(channel: Node<'_>) -> Read {
    let [id, guild] = channel.pick(["id", "guild_id"]);
    match (guild.id(), id.id()) {
        (Some(guild), Some(id)) => Read::Came(Incoming::ChannelGone(GuildId(guild), ChannelId(id))),
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
        // One that cannot be read costs the others nothing.
        let junk =
            r#"{"guilds":[{"id":9},{"id":"x"},null,{"id":"7","unavailable":"maybe"}],"user":{"id":1e999}}"#;
        assert_eq!(read(&mut reader, "READY", junk), "Ready(Some([GuildId(7), GuildId(9)]))");
        for unreadable in [r#"{"session_id":"x"}"#, r#"{"guilds":{}}"#, "null"] {
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
