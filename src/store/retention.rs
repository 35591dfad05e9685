//! How long records are kept, and how `gc` finds those that expired.

use jiff::{SignedDuration, Timestamp};

use super::key::RecordKey;
use super::table::{IndexRow, Table};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Outages and their numbers of reports, after the outage ended: as long as the uptime buckets of days.
pub(super) const OUTAGE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Notification log, soft-deleted subscriptions and failed deliveries: "kept 30 days" (experience.md, Moderators).
pub(super) const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Interaction ids. Discord's own tokens live 15 minutes; a day also covers a gateway session that resumes late.
pub(super) const INTERACTION: SignedDuration = DAY;
/// Users who wait for an end, after it: retries of the post during a bad day of Discord can still mention them.
pub(super) const WAITING: SignedDuration = DAY;
/// Users who reported while no outage was open (experience.md, "quarter of an hour").
pub(super) const REPORT: SignedDuration = SignedDuration::from_mins(15);
/// Questions without an answer, after they were last asked: 90 days show what is asked again and again.
pub(super) const QUESTION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often an unfinished announcement is checked.
pub(super) const ANNOUNCEMENT: SignedDuration = HOUR;

/// Returns the index row by which `gc` finds a record that expired.
pub(super) fn expiry_row(table: Table, key: &RecordKey, at: Timestamp) -> IndexRow {
    (Table::Expiry, RecordKey::new().at(at).byte(table as u8).bytes(&key.0), vec![table as u8])
}

/// Returns `at` plus a duration, capped at the largest timestamp.
pub(super) fn after(at: Timestamp, while_: SignedDuration) -> Timestamp {
    at.checked_add(while_).unwrap_or(Timestamp::MAX)
}
