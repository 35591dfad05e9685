//! The tables of a store, one for each kind of record, and one for each index.

use super::key::RecordKey;

/// A row of an index table, by which a record is found.
pub(super) type IndexRow = (Table, RecordKey, Vec<u8>);

/// The tables, one for each kind of record and of index. The number is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Table {
    // kinds of record
    Counter = 0,
    State = 1,
    Outage = 2,
    Announcement = 3,
    Pending = 4,
    Delivery = 5,
    GivenUp = 6,
    Log = 7,
    Subscription = 8,
    SoftDeleted = 9,
    Waiting = 10,
    Report = 11,
    Reported = 12,
    LiveMessage = 13,
    Votes = 14,
    Question = 15,
    Interaction = 16,
    Stored = 17,
    UptimeBucket = 18,
    Erasing = 19,
    // indexes, which an import rebuilds from the records
    OpenOutage = 32,
    OutageByTime = 33,
    Unexpanded = 34,
    Due = 35,
    Expiry = 36,
}

impl Table {
    pub(super) const ALL: [Self; 25] = [
        Self::Counter,
        Self::State,
        Self::Outage,
        Self::Announcement,
        Self::Pending,
        Self::Delivery,
        Self::GivenUp,
        Self::Log,
        Self::Subscription,
        Self::SoftDeleted,
        Self::Waiting,
        Self::Report,
        Self::Reported,
        Self::LiveMessage,
        Self::Votes,
        Self::Question,
        Self::Interaction,
        Self::Stored,
        Self::UptimeBucket,
        Self::Erasing,
        Self::OpenOutage,
        Self::OutageByTime,
        Self::Unexpanded,
        Self::Due,
        Self::Expiry,
    ];

    /// Returns the name under which sled stores it. It never changes, even if the variant is renamed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Counter => "Counter",
            Self::State => "Tracker",
            Self::Outage => "Outage",
            Self::Announcement => "Announcement",
            Self::Pending => "Owed",
            Self::Delivery => "Delivery",
            Self::GivenUp => "GivenUp",
            Self::Log => "Told",
            Self::Subscription => "Subscription",
            Self::SoftDeleted => "Aside",
            Self::Waiting => "Waiting",
            Self::Report => "Report",
            Self::Reported => "Reported",
            Self::LiveMessage => "Board",
            Self::Votes => "Votes",
            Self::Question => "Question",
            Self::Interaction => "Interaction",
            Self::Stored => "Kept",
            Self::UptimeBucket => "Tally",
            Self::Erasing => "Erasing",
            Self::OpenOutage => "OpenOutage",
            Self::OutageByTime => "OutageByTime",
            Self::Unexpanded => "Unexpanded",
            Self::Due => "Due",
            Self::Expiry => "Fade",
        }
    }

    /// Returns the name of its table in PostgreSQL, which has no index tables.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::State => "tracker",
            Self::Outage => "outage",
            Self::Announcement => "announcement",
            Self::Pending => "owed",
            Self::Delivery => "delivery",
            Self::GivenUp => "given_up",
            Self::Log => "told",
            Self::Subscription => "subscription",
            Self::SoftDeleted => "aside",
            Self::Waiting => "waiting",
            Self::Report => "report",
            Self::Reported => "reported",
            Self::LiveMessage => "board",
            Self::Votes => "votes",
            Self::Question => "question",
            Self::Interaction => "interaction",
            Self::Stored => "kept",
            Self::UptimeBucket => "tally",
            Self::Erasing => "erasing",
            Self::OpenOutage | Self::OutageByTime | Self::Unexpanded | Self::Due | Self::Expiry => "",
        }
    }

    /// Whether it holds records; the other tables are indexes.
    pub(super) fn holds_records(self) -> bool {
        (self as u8) < Self::OpenOutage as u8
    }

    /// Returns its position in [`Table::ALL`].
    pub(super) fn index(self) -> usize {
        let number = self as usize;
        if self.holds_records() { number } else { number - 12 } // the numbers leave 20..32 free
    }

    /// Returns the table of a stored number.
    pub(super) fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|table| *table as u8 == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_finds_its_index() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table.index(), place, "{table:?}");
            assert_eq!(Table::of(table as u8), Some(table));
        }
    }

    #[test]
    fn stored_tree_names_and_numbers_never_change() {
        let stored: Vec<String> =
            Table::ALL.into_iter().map(|table| format!("{} {}", table as u8, table.name())).collect();
        expect_test::expect![[r#"
            0 Counter
            1 Tracker
            2 Outage
            3 Announcement
            4 Owed
            5 Delivery
            6 GivenUp
            7 Told
            8 Subscription
            9 Aside
            10 Waiting
            11 Report
            12 Reported
            13 Board
            14 Votes
            15 Question
            16 Interaction
            17 Kept
            18 Tally
            19 Erasing
            32 OpenOutage
            33 OutageByTime
            34 Unexpanded
            35 Due
            36 Fade"#]]
        .assert_eq(&stored.join("\n"));
    }
}
