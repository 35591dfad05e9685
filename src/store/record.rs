//! The stored records: one version byte, then JSON. Old versions stay readable forever: `tests/data/store` has one
//! sample of each.
//!
//! To change a record, give new fields a `#[serde(default)]`. If that is not enough, increment [`VERSION`], keep the
//! old struct beside the new one and convert in `decode`.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::column::{Column, Kind, Value};
use super::key::{RecordKey, micro};
use super::retention::{OUTAGE, after, expiry_row};
use super::table::{IndexRow, Table};
use super::{LiveStatusMessage, StoreError, Votes};
use crate::alerts::{Announcement, AnnouncementId, Audience, Delivery, DeliveryId, Subscription};
use crate::health::{EventKind, Outage, OutageId};
use crate::ids::{ChannelId, GuildId, InteractionId};

/// The version of the records below; it is the first byte of every stored value.
pub(super) const VERSION: u8 = 1;

/// The columns of a channel: its guild and its own id.
pub(super) const CHANNEL: [Column; 2] = [("guild", Kind::Number), ("channel", Kind::Number)];

/// A stored record.
pub(super) trait Record: Serialize + DeserializeOwned + Sized + Send + Sync + 'static {
    /// The table of records of this kind.
    const TABLE: Table;

    /// The columns of its key, in the key's order.
    const KEY: &'static [Column];

    /// Whether a database stores it whole, besides its columns.
    const BODY: bool = true;

    /// The columns from which a database restores it, besides its body.
    const RESTORED: &'static [Column] = &[];

    fn key(&self) -> RecordKey;

    /// Returns the columns by which a database finds it, besides those of its key.
    fn columns(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Restores it from its body, if there is one, and from the columns of [`Record::RESTORED`].
    fn restored(body: Option<Self>, columns: &[Value]) -> Option<Self> {
        debug_assert!(columns.is_empty(), "columns that nothing reads");
        body
    }

    /// Returns the guild that it belongs to.
    fn guild(&self) -> Option<GuildId> {
        None
    }

    /// Returns the beginning of the keys of a guild's records, or an empty one if their keys begin with something else.
    fn of_guild(guild: GuildId) -> RecordKey {
        match Self::KEY {
            [("guild", _), ..] => RecordKey::new().guild(guild),
            _ => RecordKey::new(),
        }
    }

    /// Returns the index rows by which it is found besides its key.
    fn index_rows(&self) -> Vec<IndexRow> {
        Vec::new()
    }

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut value = vec![VERSION];
        serde_json::to_writer(&mut value, self).map_err(|error| {
            StoreError::Damaged(format!("a {:?} cannot be written: {error}", Self::TABLE))
        })?;
        Ok(value)
    }

    /// Decodes a value that was stored by this version or an earlier one.
    fn decode(value: &[u8]) -> Result<Self, StoreError> {
        match value.split_first() {
            Some((&VERSION, json)) => serde_json::from_slice(json).map_err(|error| {
                StoreError::Damaged(format!("a stored {:?} cannot be read: {error}", Self::TABLE))
            }),
            Some((newer, _)) if *newer > VERSION => Err(too_new(*newer)),
            _ => Err(StoreError::Damaged(format!(
                "a stored {:?} is empty or of no known version",
                Self::TABLE
            ))),
        }
    }
}

pub(super) fn too_new(version: u8) -> StoreError {
    StoreError::TooNew(format!(
        "the store was written by a newer version of this program (records of version {version}, this program knows \
         {VERSION}): start that version again, or import one of its exports"
    ))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counter {
    pub(super) name: String,
    pub(super) value: u64,
}

impl Counter {
    /// How often the store was opened: the upper half of every claim's token.
    pub(super) const OPENED: &str = "opened";
    /// The last announcement's id.
    pub(super) const ANNOUNCEMENT: &str = "announcement";
    /// The last delivery's id.
    pub(super) const DELIVERY: &str = "delivery";
}

impl Record for Counter {
    const TABLE: Table = Table::Counter;
    const KEY: &'static [Column] = &[("name", Kind::Text)];
    const BODY: bool = false;
    const RESTORED: &'static [Column] = &[("name", Kind::Text), ("value", Kind::Number)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(&self.name)
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("value", Value::number(self.value))]
    }
    fn restored(_: Option<Self>, columns: &[Value]) -> Option<Self> {
        let [Value::Text(name), value] = columns else { return None };
        Some(Self { name: name.clone(), value: value.as_number() })
    }
}

/// The detector's state, as `health` serialised it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WatcherStateRow(#[serde(with = "bytes_as_text")] pub(super) Vec<u8>);

impl Record for WatcherStateRow {
    const TABLE: Table = Table::State;
    const KEY: &'static [Column] = &[("one", Kind::One)];
    fn key(&self) -> RecordKey {
        RecordKey::new()
    }
}

/// A small named value of the machinery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KvEntry {
    pub(super) name: String,
    #[serde(with = "bytes_as_text")]
    pub(super) value: Vec<u8>,
}

impl KvEntry {
    /// Prefixes of names that belong to this store alone. An imported gateway session would be resumed with the bot's
    /// token. A salt in a backup would link the people whom it was made to hide.
    const LOCAL: [&str; 3] = ["gateway-session-", Self::REPORT_SALTS, "salt"];

    /// Prefix of the salts of reports. Each outage has one salt, and so have reports while no outage is open. A salt is
    /// deleted with its reports, and no export contains either.
    pub(super) const REPORT_SALTS: &str = "report-salt/";

    /// Whether it belongs to this store alone: no export contains it, and no import loads it.
    pub(super) fn is_local(&self) -> bool {
        Self::LOCAL.iter().any(|name| self.name.starts_with(name))
    }
}

impl Record for KvEntry {
    const TABLE: Table = Table::Stored;
    const KEY: &'static [Column] = &[("name", Kind::Text)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(&self.name)
    }
}

impl Record for Outage {
    const TABLE: Table = Table::Outage;
    const KEY: &'static [Column] = &[("id", Kind::Text)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(self.id.as_str())
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        let expires_at = self.until.map(|until| after(until, OUTAGE));
        vec![("since", self.since.into()), ("until", self.until.into()), ("fades", expires_at.into())]
    }
    fn index_rows(&self) -> Vec<IndexRow> {
        let id = self.id.as_str().as_bytes().to_vec();
        let mut index_rows = vec![(
            Table::OutageByTime,
            RecordKey::new().newest_first(self.since).text(self.id.as_str()),
            self.key().0,
        )];
        match self.until {
            None => index_rows.push((Table::OpenOutage, self.key(), id)),
            Some(until) => index_rows.push(expiry_row(Self::TABLE, &self.key(), after(until, OUTAGE))),
        }
        index_rows
    }
}

/// An announcement, and whether its fan-out is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AnnouncementRow {
    pub(super) announcement: Announcement,
    /// Sorts deliveries that are due.
    #[serde(rename = "haste")]
    pub(super) priority: u8,
    pub(super) expanded: bool,
    /// When `gc` checks it next.
    #[serde(rename = "fades")]
    pub(super) expires_at: Timestamp,
}

impl AnnouncementRow {
    pub(super) fn key_of(id: AnnouncementId) -> RecordKey {
        RecordKey::new().number(id.0)
    }

    /// Returns the priority of a delivery. What a person waits for comes first, then starts, then ends. Updates come
    /// last: a start must not wait behind the updates of another outage.
    pub(super) fn priority_of(audience: &Audience, kind: &EventKind) -> u8 {
        match (audience, kind) {
            (Audience::Preview(..) | Audience::CatchUp(..), _) => 0,
            (Audience::Subscribers, EventKind::Started) => 1,
            (Audience::Reminder(_), _) | (_, EventKind::Updated(_)) => 3,
            _ => 2,
        }
    }

    /// Returns the one guild that it is for, or `None` if it is for all subscribers.
    pub(super) fn meant_for(&self) -> Option<GuildId> {
        match self.announcement.audience {
            Audience::Preview(guild, _) | Audience::CatchUp(guild, _) => Some(guild),
            Audience::Subscribers | Audience::Reminder(_) => None,
        }
    }

    /// Whether it is a preview, which changes no state.
    pub(super) fn is_preview(&self) -> bool {
        matches!(self.announcement.audience, Audience::Preview(..))
    }

    /// Clears how far the audience was considered if that names a deleted guild. All subscriptions are then considered
    /// again; their [`DeliveryDedup`] rows prevent a second delivery. Returns whether it was cleared.
    pub(super) fn forget_considered(&mut self, is_deleted: impl FnOnce(GuildId) -> bool) -> bool {
        let considered = &mut self.announcement.considered;
        considered.take_if(|(guild, _)| is_deleted(*guild)).is_some()
    }

    /// The values of `priority`, most urgent first.
    pub(super) const PRIORITIES: std::ops::RangeInclusive<u8> = 0..=Self::EDIT;
    /// An edit alone, which waits for nothing else and lets everything else pass.
    pub(super) const EDIT: u8 = 4;
}

impl Record for AnnouncementRow {
    const TABLE: Table = Table::Announcement;
    const KEY: &'static [Column] = &[("id", Kind::Number)];
    fn key(&self) -> RecordKey {
        Self::key_of(self.announcement.id)
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("haste", self.priority.into()),
            ("expanded", self.expanded.into()),
            ("preview", self.is_preview().into()),
            ("fades", self.expires_at.into()),
        ]
    }
    fn guild(&self) -> Option<GuildId> {
        self.meant_for()
    }
    fn index_rows(&self) -> Vec<IndexRow> {
        let mut index_rows = vec![expiry_row(Self::TABLE, &self.key(), self.expires_at)];
        if !self.expanded {
            index_rows.push((Table::Unexpanded, self.key(), Vec::new()));
        }
        index_rows
    }
}

/// Records that a channel has or had a delivery of an announcement, so that it does not get a second one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeliveryDedup {
    pub(super) announcement: AnnouncementId,
    pub(super) guild: GuildId,
    pub(super) channel: ChannelId,
    /// The delivery, which may be finished by now.
    pub(super) delivery: DeliveryId,
}

impl DeliveryDedup {
    pub(super) fn key_of(announcement: AnnouncementId, channel: ChannelId) -> RecordKey {
        AnnouncementRow::key_of(announcement).number(channel.0)
    }
}

impl Record for DeliveryDedup {
    const TABLE: Table = Table::Pending;
    const KEY: &'static [Column] = &[("announcement", Kind::Number), ("channel", Kind::Number)];
    const BODY: bool = false;
    const RESTORED: &'static [Column] = &[
        ("announcement", Kind::Number),
        ("guild", Kind::Number),
        ("channel", Kind::Number),
        ("delivery", Kind::Number),
    ];
    fn key(&self) -> RecordKey {
        Self::key_of(self.announcement, self.channel)
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("guild", Value::number(self.guild.0)), ("delivery", Value::number(self.delivery.0))]
    }
    fn restored(_: Option<Self>, columns: &[Value]) -> Option<Self> {
        let [announcement, guild, channel, delivery] = columns else { return None };
        Some(Self {
            announcement: AnnouncementId(announcement.as_number()),
            guild: GuildId(guild.as_number()),
            channel: ChannelId(channel.as_number()),
            delivery: DeliveryId(delivery.as_number()),
        })
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.guild)
    }
}

/// A delivery that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingDelivery {
    pub(super) delivery: Delivery,
    /// Sorts deliveries that are due.
    #[serde(rename = "haste")]
    pub(super) priority: u8,
    /// It is the oldest of its channel: only such a delivery can be claimed.
    pub(super) head: bool,
}

impl PendingDelivery {
    pub(super) fn key_of(guild: GuildId, channel: ChannelId, id: DeliveryId) -> RecordKey {
        RecordKey::new().channel(guild, channel).number(id.0)
    }

    /// Returns the delivery of such a key, whose end is its id.
    pub(super) fn id_in(key: &RecordKey) -> Option<DeliveryId> {
        key.0.last_chunk().map(|id| DeliveryId(u64::from_be_bytes(*id)))
    }

    /// The index row by which the head of a queue is found when it is due.
    pub(super) fn index_row(&self) -> RecordKey {
        RecordKey::new().byte(self.priority).at(self.delivery.due).number(self.delivery.id.0)
    }
}

impl Record for PendingDelivery {
    const TABLE: Table = Table::Delivery;
    const KEY: &'static [Column] = &[CHANNEL[0], CHANNEL[1], ("id", Kind::Number)];
    /// A delivery that was never tried has no body. One that moved up in its queue got its due time, and the priority of
    /// the one behind it, in the columns alone.
    const RESTORED: &'static [Column] = &[
        CHANNEL[0],
        CHANNEL[1],
        ("id", Kind::Number),
        ("announcement", Kind::Number),
        ("outage", Kind::Text),
        ("haste", Kind::Small),
        ("due", Kind::Time),
    ];
    fn key(&self) -> RecordKey {
        Self::key_of(self.delivery.guild, self.delivery.channel, self.delivery.id)
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("announcement", Value::number(self.delivery.announcement.0)),
            ("outage", self.delivery.outage.as_str().into()),
            ("haste", self.priority.into()),
            ("due", self.delivery.due.into()),
            ("behind_until", Value::Null), // what is stored anew is looked at anew by the next claim
        ]
    }
    fn restored(body: Option<Self>, columns: &[Value]) -> Option<Self> {
        let [guild, channel, id, announcement, Value::Text(outage), priority, Value::Time(due)] = columns
        else {
            return None;
        };
        let priority = u8::try_from(priority.as_number()).unwrap_or(u8::MAX);
        if let Some(body) = body {
            let mut restored = Self { priority, ..body };
            if micro(restored.delivery.due) != *due {
                restored.delivery.due = *due;
            }
            return Some(restored);
        }
        let delivery = Delivery {
            id: DeliveryId(id.as_number()),
            announcement: AnnouncementId(announcement.as_number()),
            outage: OutageId(outage.clone()),
            guild: GuildId(guild.as_number()),
            channel: ChannelId(channel.as_number()),
            attempts: 0,
            first_tried: None,
            due: *due,
            last_error: None,
            waiting_since: None,
            given_up: None,
        };
        Some(Self { delivery, priority, head: false })
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.delivery.guild)
    }
    fn index_rows(&self) -> Vec<IndexRow> {
        if self.head { vec![(Table::Due, self.index_row(), self.key().0)] } else { Vec::new() }
    }
}

impl Record for Subscription {
    const TABLE: Table = Table::Subscription;
    const KEY: &'static [Column] = &CHANNEL;
    fn key(&self) -> RecordKey {
        RecordKey::new().channel(self.guild, self.channel)
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("retry", self.paused.as_ref().map(|paused| paused.retry).into())]
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.guild)
    }
}

impl Record for LiveStatusMessage {
    const TABLE: Table = Table::LiveMessage;
    const KEY: &'static [Column] = &[("guild", Kind::Number)];
    fn key(&self) -> RecordKey {
        RecordKey::new().guild(self.guild)
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.guild)
    }
}

impl Record for Votes {
    const TABLE: Table = Table::Votes;
    const KEY: &'static [Column] = &[("entry", Kind::Text)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(&self.entry)
    }
}

/// How many users reported an outage, once the users themselves are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReportRow {
    pub(super) outage: OutageId,
    pub(super) people: u64,
}

impl Record for ReportRow {
    const TABLE: Table = Table::Reported;
    const KEY: &'static [Column] = &[("outage", Kind::Text)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(self.outage.as_str())
    }
}

/// A guild whose data is being deleted. The deletion resumes after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingErasure {
    pub(super) guild: GuildId,
}

impl Record for PendingErasure {
    const TABLE: Table = Table::Erasing;
    const KEY: &'static [Column] = &[("guild", Kind::Number)];
    fn key(&self) -> RecordKey {
        RecordKey::new().guild(self.guild)
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.guild)
    }
}

/// An interaction whose edit was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InteractionRow {
    pub(super) id: InteractionId,
}

/// Encodes bytes as base64, so that a dump is text.
pub(super) mod bytes_as_text {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
