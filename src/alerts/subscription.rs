//! What a channel wants to hear.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::health::{OutageId, ServiceName};
use crate::ids::{ChannelId, GuildId, RoleId};

/// What one channel wants to hear. One per channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub guild: GuildId,
    /// The channel or thread.
    pub channel: ChannelId,
    /// What kind of channel it is.
    #[serde(rename = "venue")]
    pub channel_kind: ChannelKind,
    pub services: ServiceFilter,
    /// How bad it must be.
    #[serde(rename = "least")]
    pub min_severity: Severity,
    pub events: EventFilter,
    /// Roles to ping at this channel's start of an outage. Chosen by a moderator; empty pings nobody.
    pub roles: Vec<RoleId>,
    /// How updates are shown.
    pub mode: UpdateMode,
    /// Messages make no sound.
    pub quiet: bool,
    /// Start and end are published to followers, in an announcement channel.
    pub publish: bool,
    /// Reminders while an outage goes on, with backoff.
    pub reminders: bool,
    /// A report each week.
    pub weekly: bool,
    /// The language of posts: the server's, as a tag such as `en` or `pt-BR`.
    pub language: String,
    /// When it was made: an outage older than this is told as the state it is in, not as new.
    pub since: Timestamp,
    /// Discord refuses us here for now.
    pub paused: Option<Suspension>,
    /// A moderator acknowledged these outages: the rest of them is not told here, their ends excepted. Those that are over
    /// are dropped with the next.
    #[serde(
        default,
        rename = "acknowledged_outages",
        alias = "acknowledged",
        deserialize_with = "none_one_or_more"
    )]
    pub acknowledged: BTreeSet<OutageId>,
}

/// Older versions kept one outage, or none, under the older name.
fn none_one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<OutageId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum StoredOutages {
        One(OutageId),
        More(BTreeSet<OutageId>),
    }
    Ok(match Option::deserialize(from)? {
        None => BTreeSet::new(),
        Some(StoredOutages::One(outage)) => BTreeSet::from([outage]),
        Some(StoredOutages::More(outages)) => outages,
    })
}

/// What kind of channel a subscription stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// An ordinary text channel (or a voice channel's text).
    #[default]
    Text,
    /// An announcement channel, whose messages can be published to followers.
    Announcement,
    /// A forum or media channel: each start is a post of its own.
    Forum,
    Thread,
}

/// Which services a channel hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceFilter {
    /// All of them, also those that are added later.
    #[default]
    All,
    Only(BTreeSet<ServiceName>),
}

/// How bad it must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// "Outages only".
    #[default]
    Outages,
    /// "Outages and slowdowns".
    Slowdowns,
}

/// Which events a channel hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventFilter {
    /// An outage begins.
    pub start: bool,
    /// It gets worse, or hits another service.
    pub worse: bool,
    pub end: bool,
    /// Maintenance begins and ends.
    pub maintenance: bool,
}

impl Default for EventFilter {
    fn default() -> Self {
        Self { start: true, worse: true, end: true, maintenance: true }
    }
}

/// How updates of an outage are shown in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateMode {
    /// The start is a new post, kept up to date by edits; worsenings reply silently; the end is a new post.
    #[default]
    Edit,
    /// Each a new message.
    Posts,
    /// One thread for each outage.
    Thread,
}

/// Why nothing can be said in a channel for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub since: Timestamp,
    /// What Discord said: "Missing Access (50001)".
    pub why: String,
    /// When it is tried again; heals by itself.
    pub retry: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

impl Subscription {
    /// A subscription with good defaults, as `/alerts subscribe` saves it.
    pub fn new(guild: GuildId, channel: ChannelId, since: Timestamp) -> Self {
        Self {
            guild,
            channel,
            channel_kind: ChannelKind::default(),
            services: ServiceFilter::default(),
            min_severity: Severity::default(),
            events: EventFilter::default(),
            roles: Vec::new(),
            mode: UpdateMode::default(),
            quiet: false,
            publish: false,
            reminders: false,
            weekly: false,
            language: "en".to_owned(),
            since,
            paused: None,
            acknowledged: BTreeSet::new(),
        }
    }
}
