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
    /// A new session began.
    Ready(Ready),
    /// The session goes on.
    Resumed,
    /// Something comes in.
    Came(Incoming),
    /// Nothing to us.
    Nothing,
}

/// What READY says of a new session.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its name, for a RESUME; `None` if that could not be read.
    pub(super) session: Option<String>,
    /// Where it is resumed.
    pub(super) resume_url: Option<String>,
    /// The servers of the shard, sorted; `None` if they could not be read.
    pub(super) servers: Option<Vec<GuildId>>,
}

/// The frame around everything that the gateway says (reference, "Gateway event payload structure").
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    /// What kind of message it is.
    pub(super) op: u8,
    /// The number of an event in its session.
    #[serde(default)]
    pub(super) s: Option<u64>,
    #[serde(borrow, default)]
    t: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
}

impl<'a> Frame<'a> {
    /// Reads the frame of a message, and nothing of what is in it.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// In which rhythm HELLO wants heartbeats, in milliseconds.
    pub(super) fn heartbeat_interval(&self) -> Option<u64> {
        let hello: Hello = serde_json::from_str(self.d?.get()).ok()?;
        Some(hello.heartbeat_interval)
    }

    /// Whether INVALID_SESSION lets the session be resumed.
    pub(super) fn is_resumable(&self) -> bool {
        self.d.is_some_and(|data| data.get() == "true")
    }
}

#[derive(Deserialize)]
struct Hello {
    heartbeat_interval: u64,
}

#[derive(Deserialize)]
struct Begun {
    session_id: Option<String>,
    resume_gateway_url: Option<String>,
}

#[derive(Deserialize)]
struct Named<'a> {
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
    /// Reads what an event says.
    pub(super) fn read(&mut self, frame: &Frame<'_>) -> Read {
        let Frame { op: 0, t: Some(kind), d: Some(data), .. } = frame else { return Read::Nothing };
        let data = data.get();
        match &**kind {
            "READY" => {
                let servers = named(data);
                self.known = servers.iter().flatten().map(|guild| guild.0).collect();
                let begun: Option<Begun> = serde_json::from_str(data).ok();
                let (session, resume_url) =
                    begun.map_or((None, None), |begun| (begun.session_id, begun.resume_gateway_url));
                Read::Ready(Ready { session, resume_url, servers })
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
    let ready: Named<'_> = serde_json::from_str(data).ok()?;
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
        let json = format!(r#"{{"op":0,"s":1,"t":"{kind}","d":{data}}}"#);
        match reader.read(&Frame::read(&json).expect("a frame")) {
            Read::Came(incoming) => format!("{incoming:?}"),
            Read::Ready(ready) => format!("{:?}", ready.servers),
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
        assert_eq!(read(&mut reader, "READY", ready), "Some([GuildId(7), GuildId(9)])");
        assert_eq!(read(&mut reader, "READY", r#"{"guilds":[]}"#), "Some([])");
        for unreadable in [r#"{"guilds":[{"id":"9"},{"id":"x"}]}"#, r#"{"session_id":"x"}"#] {
            assert_eq!(read(&mut reader, "READY", unreadable), "None", "{unreadable}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_loud_and_what_is_not_ours_is_not() {
        let mut reader = Reader::default();
        let said = read(&mut reader, "INTERACTION_CREATE", r#"{"id":"1","type":2,"token":"secret"}"#);
        assert!(said.starts_with("Unreadable(\"an interaction"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(read(&mut reader, "TYPING_START", "{}"), "Nothing");
        assert!(Frame::read("no json").is_none());
        assert!(matches!(reader.read(&Frame::read(r#"{"op":11}"#).expect("a frame")), Read::Nothing));
    }
}
