//! Records that expire: each has an instant at which `gc` checks it.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::column::{Column, Kind, Value};
use super::key::RecordKey;
use super::record::{CHANNEL, InteractionRow, KvEntry, Record};
use super::retention::expiry_row;
use super::table::{IndexRow, Table};
use super::{StoreError, UnansweredQuestion};
use crate::alerts::{Delivery, NotificationLogEntry, RecoverySubscriber, Subscription};
use crate::health::{OutageId, UptimeBucket};
use crate::ids::{ChannelId, GuildId, UserId};

/// A record that expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Expiring<T> {
    pub(super) of: T,
    /// When it expires or is checked next.
    #[serde(rename = "fades")]
    pub(super) expires_at: Timestamp,
}

/// A record that can expire.
pub(super) trait Expires: Serialize + DeserializeOwned + Send + Sync + 'static {
    const TABLE: Table;
    const KEY: &'static [Column];
    fn key(&self) -> RecordKey;
    fn columns(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
    fn guild(&self) -> Option<GuildId> {
        None
    }
}

impl<T: Expires> Record for Expiring<T> {
    const TABLE: Table = T::TABLE;
    const KEY: &'static [Column] = T::KEY;
    fn key(&self) -> RecordKey {
        self.of.key()
    }
    fn columns(&self) -> Vec<(&'static str, Value)> {
        let mut columns = self.of.columns();
        columns.push(("fades", self.expires_at.into()));
        columns
    }
    fn guild(&self) -> Option<GuildId> {
        self.of.guild()
    }
    fn index_rows(&self) -> Vec<IndexRow> {
        vec![expiry_row(T::TABLE, &self.of.key(), self.expires_at)]
    }
}

impl Expires for InteractionRow {
    const TABLE: Table = Table::Interaction;
    const KEY: &'static [Column] = &[("id", Kind::Wide)];
    fn key(&self) -> RecordKey {
        RecordKey::new().number(self.id.0)
    }
}

/// The notification log entry of a channel about an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NotificationLogRow {
    pub(super) guild: GuildId,
    pub(super) channel: ChannelId,
    pub(super) outage: OutageId,
    #[serde(rename = "told")]
    pub(super) log: NotificationLogEntry,
}

impl NotificationLogRow {
    pub(super) fn key_of(guild: GuildId, channel: ChannelId, outage: &OutageId) -> RecordKey {
        RecordKey::new().channel(guild, channel).text(outage.as_str())
    }
}

impl Expires for NotificationLogRow {
    const TABLE: Table = Table::Log;
    const KEY: &'static [Column] = &[CHANNEL[0], CHANNEL[1], ("outage", Kind::Text)];
    fn guild(&self) -> Option<GuildId> {
        Some(self.guild)
    }
    fn key(&self) -> RecordKey {
        Self::key_of(self.guild, self.channel, &self.outage)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SoftDeleted {
    #[serde(flatten)]
    pub(super) subscription: Subscription,
    /// True if the bot was removed from the guild, false if the channel is gone. Records of versions that did not
    /// distinguish the two have false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) left: bool,
}

impl Expires for SoftDeleted {
    const TABLE: Table = Table::SoftDeleted;
    const KEY: &'static [Column] = &CHANNEL;
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("was_left", self.left.into())]
    }
    fn guild(&self) -> Option<GuildId> {
        Some(self.subscription.guild)
    }
    fn key(&self) -> RecordKey {
        Record::key(&self.subscription)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct FailedDelivery(pub(super) Delivery);

impl Expires for FailedDelivery {
    const TABLE: Table = Table::GivenUp;
    const KEY: &'static [Column] = &[CHANNEL[0], CHANNEL[1], ("id", Kind::Number)];
    fn guild(&self) -> Option<GuildId> {
        Some(self.0.guild)
    }
    fn key(&self) -> RecordKey {
        RecordKey::new().channel(self.0.guild, self.0.channel).number(self.0.id.0)
    }
}

/// A user who waits for the end of an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecoverySubscriberRow {
    pub(super) outage: OutageId,
    pub(super) who: RecoverySubscriber,
}

impl RecoverySubscriberRow {
    pub(super) fn all_of(outage: &OutageId) -> RecordKey {
        RecordKey::new().text(outage.as_str())
    }
}

impl Expires for RecoverySubscriberRow {
    const TABLE: Table = Table::Waiting;
    const KEY: &'static [Column] =
        &[("outage", Kind::Text), ("channel", Kind::Number), ("person", Kind::Number)];
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("guild", self.who.guild.map_or(Value::Null, |guild| Value::number(guild.0)))]
    }
    fn guild(&self) -> Option<GuildId> {
        self.who.guild
    }
    fn key(&self) -> RecordKey {
        Self::all_of(&self.outage).number(self.who.channel.0).number(self.who.person.0)
    }
}

/// One user's "it fails for me".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProblemReport {
    /// The outage that it is about; `None` if no outage was open.
    pub(super) outage: Option<OutageId>,
    /// A hash of the user under the outage's own salt.
    pub(super) person: [u8; 16],
    /// When the user reported. [`ProblemReport::ELSEWHERE`] once they reported another outage, so that they count as
    /// one person.
    pub(super) at: Timestamp,
}

impl ProblemReport {
    /// Prefix of the salts' names.
    pub(super) const SALTS: &str = KvEntry::REPORT_SALTS;

    /// The time of a report whose user now counts for another outage.
    pub(super) const ELSEWHERE: Timestamp = Timestamp::UNIX_EPOCH;

    pub(super) fn all_of(outage: Option<&OutageId>) -> RecordKey {
        RecordKey::new().text(outage.map_or("", OutageId::as_str))
    }

    /// Returns the name of an outage's salt.
    pub(super) fn salt_of(outage: Option<&OutageId>) -> String {
        format!("{}{}", Self::SALTS, outage.map_or("", OutageId::as_str))
    }

    pub(super) fn new_salt(outage: Option<&OutageId>) -> Result<KvEntry, StoreError> {
        let mut value = vec![0; 16];
        getrandom::fill(&mut value)
            .map_err(|error| StoreError::Away(format!("no randomness from the system: {error}")))?;
        Ok(KvEntry { name: Self::salt_of(outage), value })
    }

    /// Returns a user's report under a salt, as of `at`.
    pub(super) fn under(salt: &KvEntry, person: UserId, at: Timestamp) -> Self {
        let outage = salt.name.strip_prefix(Self::SALTS).filter(|outage| !outage.is_empty());
        // A salt of another length was planted or damaged: it hides nobody, but it still counts.
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(&salt.value).for_each(|(byte, salted)| *byte = *salted);
        Self { outage: outage.map(|id| OutageId(id.to_owned())), person: person.unlinkable(&bytes), at }
    }
}

impl Expires for ProblemReport {
    const TABLE: Table = Table::Report;
    const KEY: &'static [Column] = &[("outage", Kind::Text), ("person", Kind::Bytes)];
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("at", self.at.into())]
    }
    fn key(&self) -> RecordKey {
        Self::all_of(self.outage.as_ref()).bytes(&self.person)
    }
}

impl Expires for UptimeBucket {
    const TABLE: Table = Table::UptimeBucket;
    const KEY: &'static [Column] = &[("service", Kind::Text), ("span", Kind::Small), ("begins", Kind::Time)];
    fn key(&self) -> RecordKey {
        RecordKey::new().text(self.service.as_str()).byte(self.span as u8).at(self.from)
    }
}

/// A question without an answer and when it expires; `None` in records of versions whose questions did not expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QuestionRow {
    #[serde(flatten)]
    pub(super) question: UnansweredQuestion,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "fades")]
    pub(super) expires_at: Option<Timestamp>,
}

impl QuestionRow {
    pub(super) fn key_of(text: Option<&str>) -> RecordKey {
        // A hash keeps the key short for any text.
        RecordKey::new().bytes(&blake3::hash(text.unwrap_or_default().as_bytes()).as_bytes()[..16])
    }

    /// A question without an expiry is checked by the next `gc`, which sets one.
    fn checked_at(&self) -> Timestamp {
        self.expires_at.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Record for QuestionRow {
    const TABLE: Table = Table::Question;
    const KEY: &'static [Column] = &[("hash", Kind::Bytes)];
    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![("asked", Value::number(self.question.asked)), ("fades", self.checked_at().into())]
    }
    fn key(&self) -> RecordKey {
        Self::key_of(self.question.text.as_deref())
    }
    fn index_rows(&self) -> Vec<IndexRow> {
        vec![expiry_row(Table::Question, &self.key(), self.checked_at())]
    }
}
