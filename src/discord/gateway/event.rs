//! Decodes the gateway events that we use. Pure.

use std::collections::HashSet;

use crate::discord::Incoming;
use crate::discord::codec::{self, IncomingInteraction, Node};
use crate::ids::{ChannelId, GuildId};

/// Decodes events, and remembers which servers are known, to tell loading from joining.
#[derive(Debug, Default)]
pub(super) struct EventDecoder {
    known: HashSet<u64>,
}

/// A decoded event.
#[derive(Debug)]
pub(super) enum Decoded {
    /// A new session began.
    Ready(Ready),
    /// The session was resumed.
    Resumed,
    Came(Incoming),
    Nothing,
}

/// The contents of READY for a new session.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its id, for a RESUME; `None` if that could not be read.
    pub(super) session: Option<String>,
    pub(super) resume_url: Option<String>,
    /// The servers of the shard, sorted; `None` if they could not be read.
    pub(super) servers: Option<Vec<GuildId>>,
}

/// The envelope of every gateway message (reference, "Gateway event payload structure").
pub(super) struct Frame<'a> {
    pub(super) op: i64,
    /// The sequence number of an event in its session.
    pub(super) s: Option<u64>,
    kind: Option<String>,
    data: Node<'a>,
}

impl<'a> Frame<'a> {
    /// Reads the envelope of a message, and nothing of its contents. Returns `None` if it has no opcode.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let [op, s, kind, data] = Node::parse(json)?.pick(["op", "s", "t", "d"]);
        Some(Self {
            op: op.number()?,
            s: s.number().and_then(|s| u64::try_from(s).ok()),
            kind: kind.text(),
            data,
        })
    }

    /// Returns the interval of heartbeats that HELLO asks for, in milliseconds.
    pub(super) fn heartbeat_interval(&self) -> Option<u64> {
        self.data.get("heartbeat_interval").number().and_then(|every| u64::try_from(every).ok())
    }

    /// Returns whether INVALID_SESSION allows the session to be resumed.
    pub(super) fn is_resumable(&self) -> bool {
        self.data.flag() == Some(true)
    }
}

impl EventDecoder {
    /// Decodes an event.
    pub(super) fn read(&mut self, frame: &Frame<'_>) -> Decoded {
        let Frame { op: 0, kind: Some(kind), data, .. } = frame else { return Decoded::Nothing };
        let data = *data;
        match &**kind {
            "READY" => {
                let servers = codec::read_ready(data);
                self.known = servers.iter().flatten().map(|guild| guild.0).collect();
                let [session, resume_url] = data.pick(["session_id", "resume_gateway_url"]);
                Decoded::Ready(Ready { session: session.text(), resume_url: resume_url.text(), servers })
            }
            "RESUMED" => Decoded::Resumed,
            "INTERACTION_CREATE" => match codec::read_interaction(data.raw()) {
                Ok(IncomingInteraction::Asked(asked, token)) => {
                    Decoded::Came(Incoming::Interaction(asked, token))
                }
                Ok(IncomingInteraction::Ping) => Decoded::Nothing,
                Err(why) => Decoded::Came(Incoming::Unreadable(why)),
            },
            "GUILD_CREATE" => self.created(data),
            "GUILD_DELETE" => self.deleted(data),
            "CHANNEL_DELETE" | "THREAD_DELETE" => channel_gone(data),
            _ => Decoded::Nothing,
        }
    }

    /// A server that READY named, or that was unavailable, is only loaded; any other one was joined.
    fn created(&mut self, guild: Node<'_>) -> Decoded {
        match guild.get("id").id() {
            Some(id) if self.known.insert(id) => Decoded::Came(Incoming::ServerJoined(GuildId(id))),
            _ => Decoded::Nothing,
        }
    }

    /// `unavailable` is present during a Discord outage; without it, the bot was removed (reference, "Guild Delete").
    fn deleted(&mut self, guild: Node<'_>) -> Decoded {
        let [id, unavailable] = guild.pick(["id", "unavailable"]);
        let Some(id) = id.id() else { return Decoded::Nothing };
        // Its value does not matter: only its absence means a removal.
        if !unavailable.raw().is_empty() {
            self.known.insert(id);
            return Decoded::Nothing;
        }
        self.known.remove(&id);
        Decoded::Came(Incoming::ServerLeft(GuildId(id)))
    }
}

fn channel_gone(channel: Node<'_>) -> Decoded {
    let [id, guild] = channel.pick(["id", "guild_id"]);
    match (guild.id(), id.id()) {
        (Some(guild), Some(id)) => Decoded::Came(Incoming::ChannelGone(GuildId(guild), ChannelId(id))),
        _ => Decoded::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(decoder: &mut EventDecoder, kind: &str, data: &str) -> String {
        let json = format!(r#"{{"op":0,"s":1,"t":"{kind}","d":{data}}}"#);
        match decoder.read(&Frame::read(&json).expect("a frame")) {
            Decoded::Came(incoming) => format!("{incoming:?}"),
            Decoded::Ready(ready) => format!("{:?}", ready.servers),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn loaded_guild_is_not_joined_nor_unavailable_one_left() {
        let mut decoder = EventDecoder::default();
        read(&mut decoder, "READY", r#"{"guilds":[{"id":"7","unavailable":true}],"session_id":"x"}"#);
        assert_eq!(read(&mut decoder, "GUILD_CREATE", r#"{"id":"7","channels":[{"id":"1"}]}"#), "Nothing");
        assert_eq!(read(&mut decoder, "GUILD_CREATE", r#"{"id":"8"}"#), "ServerJoined(GuildId(8))");
        assert_eq!(read(&mut decoder, "GUILD_DELETE", r#"{"id":"7","unavailable":true}"#), "Nothing");
        assert_eq!(read(&mut decoder, "GUILD_CREATE", r#"{"id":"7"}"#), "Nothing");
        assert_eq!(read(&mut decoder, "GUILD_DELETE", r#"{"id":"7"}"#), "ServerLeft(GuildId(7))");
        assert_eq!(read(&mut decoder, "GUILD_CREATE", r#"{"id":"7"}"#), "ServerJoined(GuildId(7))");
        let gone = read(&mut decoder, "THREAD_DELETE", r#"{"id":"5","guild_id":"7","type":11}"#);
        assert_eq!(gone, "ChannelGone(GuildId(7), ChannelId(5))");
    }

    #[test]
    fn new_session_names_the_guilds_of_its_shard_or_none() {
        let mut decoder = EventDecoder::default();
        let ready = r#"{"guilds":[{"id":"9"},{"id":"7","unavailable":true}],"session_id":"x"}"#;
        assert_eq!(read(&mut decoder, "READY", ready), "Some([GuildId(7), GuildId(9)])");
        assert_eq!(read(&mut decoder, "READY", r#"{"guilds":[]}"#), "Some([])");
        // An unreadable one does not affect the others.
        let junk =
            r#"{"guilds":[{"id":9},{"id":"x"},null,{"id":"7","unavailable":"maybe"}],"user":{"id":1e999}}"#;
        assert_eq!(read(&mut decoder, "READY", junk), "Some([GuildId(7), GuildId(9)])");
        for unreadable in [r#"{"session_id":"x"}"#, r#"{"guilds":{}}"#, "null"] {
            assert_eq!(read(&mut decoder, "READY", unreadable), "None", "{unreadable}");
        }
    }

    #[test]
    fn unreadable_event_is_loud_and_unknown_event_is_not() {
        let mut decoder = EventDecoder::default();
        let said = read(&mut decoder, "INTERACTION_CREATE", r#"{"id":"1","type":2,"token":"secret"}"#);
        assert!(said.starts_with("Unreadable(\"an interaction"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(read(&mut decoder, "TYPING_START", "{}"), "Nothing");
        assert!(Frame::read("no json").is_none());
        assert!(matches!(decoder.read(&Frame::read(r#"{"op":11}"#).expect("a frame")), Decoded::Nothing));
    }
}
