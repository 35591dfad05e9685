//! A record of any kind in the form of a dump: `{"kind":"subscription","record":{…}}`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deletions::{DeletionSubject, Deletions};
use super::expiry::{
    Expiring, FailedDelivery, NotificationLogRow, ProblemReport, QuestionRow, RecoverySubscriberRow,
    SoftDeleted,
};
use super::record::{
    AnnouncementRow, Counter, DeliveryDedup, InteractionRow, KvEntry, PendingDelivery, PendingErasure,
    Record, ReportRow, WatcherStateRow,
};
use super::table::Table;
use super::tx::Tx;
use super::{LiveStatusMessage, StoreError, Votes};
use crate::alerts::Subscription;
use crate::health::{Outage, UptimeBucket};
use crate::ids::GuildId;

/// One record of a dump. Its contents are private to the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DumpEntry(AnyRecord);

macro_rules! records {
    ($($name:literal => $kind:ident($form:ty)),* $(,)?) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "record")]
        enum AnyRecord {
            $(#[serde(rename = $name)] $kind(Box<$form>),)*
        }

        impl DumpEntry {
            /// Decodes a record of a table.
            pub(super) fn read(table: Table, value: &[u8]) -> Result<Self, StoreError> {
                $(if table == <$form as Record>::TABLE {
                    return Ok(Self(AnyRecord::$kind(Box::new(Record::decode(value)?))));
                })*
                Err(StoreError::Damaged(format!("{table:?} holds no records")))
            }

            /// Returns its table and its encoded value.
            #[cfg(test)]
            fn stored(&self) -> (Table, Vec<u8>) {
                match &self.0 {
                    $(AnyRecord::$kind(record) => (<$form as Record>::TABLE, record.encode().expect("a value")),)*
                }
            }

            /// Stores it and replaces the one with the same key.
            pub(super) async fn store<T: Tx>(&self, tx: &mut T) -> Result<(), StoreError> {
                if let AnyRecord::Counter(counter) = &self.0 {
                    return tx.raise_counter(&counter.name, counter.value).await;
                }
                match &self.0 {
                    $(AnyRecord::$kind(record) => tx.put::<$form>(record).await,)*
                }
            }

            /// Returns the guild that it belongs to.
            fn guild(&self) -> Option<GuildId> {
                match &self.0 {
                    $(AnyRecord::$kind(record) => record.guild(),)*
                }
            }
        }
    };
}

impl DumpEntry {
    /// Whether it belongs to this store alone. Exports leave it out, and imports of older exports drop it.
    pub fn is_local(&self) -> bool {
        match &self.0 {
            AnyRecord::Stored(stored) => stored.is_local(),
            // Its person is a hash under a salt that is local too.
            AnyRecord::Report(_) => true,
            _ => false,
        }
    }

    /// Returns the deletion mark if it is one.
    pub(super) fn mark(&self) -> Option<&KvEntry> {
        match &self.0 {
            AnyRecord::Stored(stored) if stored.name.starts_with(Deletions::MARKS) => Some(stored),
            _ => None,
        }
    }

    /// Returns the subjects that it belongs to: a guild, a person, both or none.
    fn whose(&self) -> [Option<DeletionSubject>; 2] {
        let person = match &self.0 {
            AnyRecord::Waiting(waiting) => Some(DeletionSubject::Person(waiting.of.who.person)),
            _ => None,
        };
        [self.guild().map(DeletionSubject::Server), person]
    }

    /// Returns a record in the form of a dump.
    pub(super) fn of<R: Record>(record: &R) -> Result<Self, StoreError> {
        Self::read(R::TABLE, &record.encode()?)
    }

    /// Returns the record of a dump as it is after later deletions, or `None` if all of it was deleted.
    pub(super) fn without(self, deletions: &Deletions, dump: Timestamp) -> Option<Self> {
        if self.whose().into_iter().flatten().any(|whose| deletions.has(whose, dump)) {
            return None;
        }
        let AnyRecord::Announcement(mut announced) = self.0 else { return Some(self) };
        announced.forget_considered(|guild| deletions.has(DeletionSubject::Server(guild), dump));
        Some(Self(AnyRecord::Announcement(announced)))
    }
}

// These names are stored in every dump: a renamed record keeps its old name here.
records! {
    "outage" => Outage(Outage),
    "tracker" => State(WatcherStateRow),
    "announcement" => Announcement(AnnouncementRow),
    "owed" => Pending(DeliveryDedup),
    "delivery" => Delivery(PendingDelivery),
    "given_up" => GivenUp(Expiring<FailedDelivery>),
    "told" => Log(Expiring<NotificationLogRow>),
    "subscription" => Subscription(Subscription),
    "set_aside" => SetSoftDeleted(Expiring<SoftDeleted>),
    "waiting" => Waiting(Expiring<RecoverySubscriberRow>),
    "report" => Report(Expiring<ProblemReport>),
    "reported" => Reported(ReportRow),
    "board" => LiveMessage(LiveStatusMessage),
    "votes" => Votes(Votes),
    "question" => Question(QuestionRow),
    "interaction" => Interaction(Expiring<InteractionRow>),
    "kept" => Stored(KvEntry),
    "tally" => UptimeBucket(Expiring<UptimeBucket>),
    "erasing" => Erasing(PendingErasure),
    "counter" => Counter(Counter),
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        record: Option<&'a RawValue>,
    }

    #[test]
    fn stored_value_matches_its_dump_line_for_every_kind() {
        let sample = include_str!("../../tests/data/store/v1.1/dump.jsonl");
        let mut tables: Vec<Table> = Table::ALL.into_iter().filter(|table| table.holds_records()).collect();
        for line in sample.lines() {
            let Some(record) = serde_json::from_str::<Line<'_>>(line).expect("a line").record else {
                continue;
            };
            let entry: DumpEntry = serde_json::from_str(line).expect("an entry");
            let value = [&[1], record.get().as_bytes()].concat();
            let (table, stored) = entry.stored();
            assert_eq!(String::from_utf8_lossy(&stored[1..]), record.get());
            assert_eq!((stored[0], DumpEntry::read(table, &value).expect("read")), (1, entry));
            tables.retain(|other| *other != table);
        }
        assert_eq!(tables, [], "these kinds have no sample");
    }

    #[test]
    fn newer_record_is_refused_and_broken_one_is_damaged() {
        let newer = DumpEntry::read(Table::LiveMessage, b"\x02{}");
        assert!(matches!(newer, Err(StoreError::TooNew(_))), "{newer:?}");
        for broken in [&b""[..], b"\x00{}", b"\x01{", b"\x01{}"] {
            let error = DumpEntry::read(Table::LiveMessage, broken);
            assert!(matches!(error, Err(StoreError::Damaged(_))), "{error:?}");
        }
    }
}
