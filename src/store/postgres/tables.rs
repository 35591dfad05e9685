//! Which record has which table: the columns of `migrations`, in Rust.

use jiff::Timestamp;

use super::super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, OUTAGE, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted, after,
};
use super::super::record::{
    AnnouncementRow, Counter, DeliveryDedup, InteractionRow, KvEntry, PendingDelivery, PendingErasure,
    Record as _, ReportRow, WatcherStateRow,
};
use super::super::{LiveStatusMessage, Votes};
use super::row::{ColumnValue, Row, id};
use crate::alerts::{Audience, Subscription};
use crate::health::{Outage, OutageId, UptimeBucket};

macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(Box::new($value) as ColumnValue),*] };
}

fn small(number: u8) -> i16 {
    i16::from(number)
}

/// Converts an interaction's id for PostgreSQL; the notifier creates ids that use all 64 bits.
pub(super) fn interaction(number: u64) -> i64 {
    number.cast_signed()
}

/// Returns the outage of a report as text; empty for none.
pub(super) fn about(outage: Option<&OutageId>) -> &str {
    outage.map_or("", OutageId::as_str)
}

impl Row for Counter {
    const TABLE: &'static str = "counter";
    const KEY: &'static [&'static str] = &["name"];
    const ASKED: &'static [&'static str] = &["value"];
    const BODY: bool = false;
    fn values(&self) -> Vec<ColumnValue> {
        values![self.name.clone(), id(self.value)]
    }
    /// An id that was issued once is never issued again.
    fn replaced(column: &str) -> String {
        format!("{column} = greatest(counter.{column}, excluded.{column})")
    }
}

impl Row for WatcherStateRow {
    const TABLE: &'static str = "tracker";
    const KEY: &'static [&'static str] = &["one"];
    fn values(&self) -> Vec<ColumnValue> {
        values![true]
    }
}

impl Row for Outage {
    const TABLE: &'static str = "outage";
    const KEY: &'static [&'static str] = &["id"];
    const ASKED: &'static [&'static str] = &["since", "until", "fades"];
    fn values(&self) -> Vec<ColumnValue> {
        let expires_at: Option<Timestamp> = self.until.map(|until| after(until, OUTAGE));
        values![self.id.as_str().to_owned(), self.since, self.until, expires_at]
    }
}

impl Row for AnnouncementRow {
    const TABLE: &'static str = "announcement";
    const KEY: &'static [&'static str] = &["id"];
    const ASKED: &'static [&'static str] = &["haste", "expanded", "preview", "fades"];
    fn values(&self) -> Vec<ColumnValue> {
        let preview = matches!(self.announcement.audience, Audience::Preview(..));
        values![id(self.announcement.id.0), small(self.priority), self.expanded, preview, self.expires_at]
    }
}

impl Row for DeliveryDedup {
    const TABLE: &'static str = "owed";
    const KEY: &'static [&'static str] = &["announcement", "channel"];
    const ASKED: &'static [&'static str] = &["guild", "delivery"];
    const BODY: bool = false;
    fn values(&self) -> Vec<ColumnValue> {
        values![id(self.announcement.0), id(self.channel.0), id(self.guild.0), id(self.delivery.0)]
    }
}

impl Row for PendingDelivery {
    const TABLE: &'static str = "delivery";
    const KEY: &'static [&'static str] = &["guild", "channel", "id"];
    const ASKED: &'static [&'static str] = &["announcement", "outage", "haste", "due"];
    fn values(&self) -> Vec<ColumnValue> {
        let it = &self.delivery;
        values![
            id(it.guild.0),
            id(it.channel.0),
            id(it.id.0),
            id(it.announcement.0),
            it.outage.as_str().to_owned(),
            small(self.priority),
            it.due,
        ]
    }
}

impl Row for Expiring<FailedDelivery> {
    const TABLE: &'static str = "given_up";
    const KEY: &'static [&'static str] = &["guild", "channel", "id"];
    const ASKED: &'static [&'static str] = &["fades"];
    fn values(&self) -> Vec<ColumnValue> {
        let FailedDelivery(it) = &self.of;
        values![id(it.guild.0), id(it.channel.0), id(it.id.0), self.expires_at]
    }
}

impl Row for Expiring<NotificationLogRow> {
    const TABLE: &'static str = "told";
    const KEY: &'static [&'static str] = &["guild", "channel", "outage"];
    const ASKED: &'static [&'static str] = &["fades"];
    fn values(&self) -> Vec<ColumnValue> {
        values![
            id(self.of.guild.0),
            id(self.of.channel.0),
            self.of.outage.as_str().to_owned(),
            self.expires_at
        ]
    }
}

impl Row for Subscription {
    const TABLE: &'static str = "subscription";
    const KEY: &'static [&'static str] = &["guild", "channel"];
    const ASKED: &'static [&'static str] = &["retry"];
    fn values(&self) -> Vec<ColumnValue> {
        values![id(self.guild.0), id(self.channel.0), self.paused.as_ref().map(|paused| paused.retry)]
    }
}

impl Row for Expiring<SoftDeleted> {
    const TABLE: &'static str = "aside";
    const KEY: &'static [&'static str] = &["guild", "channel"];
    const ASKED: &'static [&'static str] = &["fades", "was_left"];
    fn values(&self) -> Vec<ColumnValue> {
        let it = &self.of.subscription;
        values![id(it.guild.0), id(it.channel.0), self.expires_at, self.of.left]
    }
}

impl Row for Expiring<RecoverySubscriberRow> {
    const TABLE: &'static str = "waiting";
    const KEY: &'static [&'static str] = &["outage", "channel", "person"];
    const ASKED: &'static [&'static str] = &["guild", "fades"];
    fn values(&self) -> Vec<ColumnValue> {
        let who = &self.of.who;
        values![
            self.of.outage.as_str().to_owned(),
            id(who.channel.0),
            id(who.person.0),
            who.guild.map(|guild| id(guild.0)),
            self.expires_at,
        ]
    }
}

impl Row for Expiring<ProblemReport> {
    const TABLE: &'static str = "report";
    const KEY: &'static [&'static str] = &["outage", "person"];
    const ASKED: &'static [&'static str] = &["at", "fades"];
    fn values(&self) -> Vec<ColumnValue> {
        let it = &self.of;
        values![about(it.outage.as_ref()).to_owned(), it.person.to_vec(), it.at, self.expires_at]
    }
}

impl Row for ReportRow {
    const TABLE: &'static str = "reported";
    const KEY: &'static [&'static str] = &["outage"];
    fn values(&self) -> Vec<ColumnValue> {
        values![self.outage.as_str().to_owned()]
    }
}

impl Row for LiveStatusMessage {
    const TABLE: &'static str = "board";
    const KEY: &'static [&'static str] = &["guild"];
    fn values(&self) -> Vec<ColumnValue> {
        values![id(self.guild.0)]
    }
}

impl Row for Votes {
    const TABLE: &'static str = "votes";
    const KEY: &'static [&'static str] = &["entry"];
    fn values(&self) -> Vec<ColumnValue> {
        values![self.entry.clone()]
    }
}

impl Row for QuestionRow {
    const TABLE: &'static str = "question";
    const KEY: &'static [&'static str] = &["hash"];
    const ASKED: &'static [&'static str] = &["asked", "fades"];
    fn values(&self) -> Vec<ColumnValue> {
        // A question without an expiry is checked by the next `gc`, which sets one.
        values![self.key().0, id(self.question.asked), self.expires_at.unwrap_or(Timestamp::UNIX_EPOCH)]
    }
}

impl Row for Expiring<InteractionRow> {
    const TABLE: &'static str = "interaction";
    const KEY: &'static [&'static str] = &["id"];
    const ASKED: &'static [&'static str] = &["fades"];
    fn values(&self) -> Vec<ColumnValue> {
        values![interaction(self.of.id.0), self.expires_at]
    }
}

impl Row for KvEntry {
    const TABLE: &'static str = "kept";
    const KEY: &'static [&'static str] = &["name"];
    fn values(&self) -> Vec<ColumnValue> {
        values![self.name.clone()]
    }
}

impl Row for Expiring<UptimeBucket> {
    const TABLE: &'static str = "tally";
    const KEY: &'static [&'static str] = &["service", "span", "begins"];
    const ASKED: &'static [&'static str] = &["fades"];
    fn values(&self) -> Vec<ColumnValue> {
        values![self.of.service.as_str().to_owned(), small(self.of.span as u8), self.of.from, self.expires_at]
    }
}

impl Row for PendingErasure {
    const TABLE: &'static str = "erasing";
    const KEY: &'static [&'static str] = &["guild"];
    fn values(&self) -> Vec<ColumnValue> {
        values![id(self.guild.0)]
    }
}
