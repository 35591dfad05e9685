//! What a channel wants to receive.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::Reason;
use crate::health::{OutageId, ServiceName};
use crate::ids::{ChannelId, GuildId, RoleId};

/// What one channel wants to receive. One per channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub guild: GuildId,
    /// The channel or thread.
    pub channel: ChannelId,
    /// What kind of channel it is.
    #[serde(rename = "venue")]
    pub channel_kind: ChannelKind,
    pub services: ServiceFilter,
    /// The lowest severity that is posted.
    #[serde(rename = "least")]
    pub min_severity: Severity,
    pub events: EventFilter,
    /// Roles to ping when an outage starts for this channel. Chosen by a moderator; empty pings nobody.
    pub roles: Vec<RoleId>,
    /// How updates are shown.
    pub mode: UpdateMode,
    /// Messages trigger no notification sound.
    pub quiet: bool,
    /// Start and end are published to followers, if this is an announcement channel.
    pub publish: bool,
    /// Reminders while an outage goes on, with backoff.
    pub reminders: bool,
    /// A report each week.
    pub weekly: bool,
    /// The language of posts: the server's, as a tag such as `en` or `pt-BR`.
    pub language: String,
    /// When it was created: an older outage is posted as an ongoing state, not as new.
    pub since: Timestamp,
    /// Set while Discord rejects our posts here.
    pub paused: Option<Suspension>,
    /// Outages that a moderator muted: only their ends are posted here. Outages that are over are removed with the next mute.
    #[serde(
        default,
        rename = "acknowledged_outages",
        alias = "acknowledged",
        deserialize_with = "none_one_or_more"
    )]
    pub acknowledged: BTreeSet<OutageId>,
}

/// Reads the form of older versions, which stored one outage, or none, under the older name.
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

/// The kind of channel of a subscription.
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

/// Which services a channel receives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceFilter {
    /// All of them, including later ones.
    #[default]
    All,
    Only(BTreeSet<ServiceName>),
}

/// How bad an outage must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// "Outages only".
    #[default]
    Outages,
    /// "Outages and slowdowns".
    Slowdowns,
}

/// Which events a channel receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventFilter {
    /// An outage begins.
    pub start: bool,
    /// It gets worse, or affects another service.
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
    /// The start is a new post, updated by edits; worsenings are silent replies; the end is a new post.
    #[default]
    Edit,
    /// Each update is a new message.
    Posts,
    /// One thread for each outage.
    Thread,
}

/// Why posting in a channel is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub since: Timestamp,
    /// Why Discord rejects our posts.
    pub why: Reason,
    /// When posting is tried again; a success ends the suspension.
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
