//! What people tell: that it fails for them, that they wait for the end, whether an entry helped, what had no answer.

use jiff::Timestamp;

use super::super::deletions::{DeletionSubject, Deletions};
use super::super::expiry::{Expiring, ProblemReport, QuestionRow, RecoverySubscriberRow};
use super::super::key::RecordKey;
use super::super::record::{KvEntry, Record, ReportRow};
use super::super::retention::{QUESTION, REPORT, WAITING, after};
use super::super::tx::{Lock, Read, Tx};
use super::super::{EditResult, StoreError, UnansweredQuestion, Votes};
use super::outages::is_open;
use super::quotas::{MOST_QUESTIONS, MOST_WAITING};
use crate::alerts::RecoverySubscriber;
use crate::health::OutageId;
use crate::ids::{ChannelId, UserId};

/// Counts a user once per outage, and once in total while they report several.
pub(super) async fn report<T: Tx>(
    tx: &mut T,
    outage: Option<&OutageId>,
    person: UserId,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    tx.lock(Lock::Counting).await?; // two writes at once would create two salts
    let name = ProblemReport::salt_of(outage);
    let (mut own, others): (Vec<_>, Vec<_>) =
        salts(tx).await?.into_iter().partition(|salt| salt.name == name);
    let salt = match own.pop() {
        Some(salt) => salt,
        None => ProblemReport::new_salt(outage)?,
    };
    let report = Expiring { of: ProblemReport::under(&salt, person, now), expires_at: after(now, REPORT) };
    // Users who reported an open outage stay until it is over, however long: once each.
    let stored = tx.get_for_update::<Expiring<ProblemReport>>(&report.key()).await?;
    if stored.is_some_and(|stored| outage.is_some() || stored.expires_at > now) {
        return Ok(EditResult::Nothing);
    }
    for other in others {
        let key = report_key(&other, person);
        if let Some(mut before) = tx.get_for_update::<Expiring<ProblemReport>>(&key).await? {
            before.of.at = ProblemReport::ELSEWHERE;
            tx.put(&before).await?;
        }
    }
    tx.put(&salt).await?;
    tx.put(&report).await?;
    Ok(EditResult::Now)
}

async fn salts<T: Read>(tx: &mut T) -> Result<Vec<KvEntry>, StoreError> {
    tx.list(&RecordKey::new().bytes(ProblemReport::SALTS.as_bytes())).await
}

fn report_key(salt: &KvEntry, person: UserId) -> RecordKey {
    let (of, expires_at) = (ProblemReport::under(salt, person, Timestamp::MAX), Timestamp::MAX);
    Expiring { of, expires_at }.key()
}

/// Returns how many users were dropped from those who reported an outage, because it is over.
pub(in crate::store) async fn dropped<T: Read>(
    tx: &mut T,
    outage: Option<&OutageId>,
) -> Result<u64, StoreError> {
    let Some(outage) = outage else { return Ok(0) };
    let reported = tx.get::<ReportRow>(&RecordKey::new().text(outage.as_str())).await?;
    Ok(reported.map_or(0, |reported| reported.people))
}

pub(super) async fn notify_on_recovery<T: Tx>(
    tx: &mut T,
    outage: &OutageId,
    who: RecoverySubscriber,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    tx.lock(Lock::LimitOf(who.channel.0)).await?;
    let here = RecoverySubscriberRow::all_of(outage).number(who.channel.0);
    let of = RecoverySubscriberRow { outage: outage.clone(), who };
    let waiting = Expiring { of, expires_at: after(now, WAITING) };
    if tx.delete::<Expiring<RecoverySubscriberRow>>(&waiting.key()).await? {
        return Ok(EditResult::TakenBack);
    }
    if !is_open(tx, outage).await? {
        return Ok(EditResult::Nothing);
    }
    if tx.count::<Expiring<RecoverySubscriberRow>>(&here, MOST_WAITING).await? >= MOST_WAITING {
        return Ok(EditResult::Full);
    }
    tx.put(&waiting).await?;
    Ok(EditResult::Now)
}

/// Returns a page of those who wait for the end of an outage.
pub(in crate::store) async fn waiting<T: Read>(
    tx: &mut T,
    outage: &OutageId,
    of: Option<ChannelId>,
    after: Option<(ChannelId, UserId)>,
    most: usize,
) -> Result<Vec<RecoverySubscriber>, StoreError> {
    let all = RecoverySubscriberRow::all_of(outage);
    let after = after.map(|(channel, person)| all.clone().number(channel.0).number(person.0));
    let prefix = of.map_or(all.clone(), |channel| all.number(channel.0));
    let page = tx.page::<Expiring<RecoverySubscriberRow>>(&prefix, after.as_ref(), most).await?;
    Ok(page.into_iter().map(|waiting| waiting.of.who).collect())
}

pub(in crate::store) async fn stop_waiting<T: Tx>(
    tx: &mut T,
    outage: &OutageId,
    channel: ChannelId,
    people: &[UserId],
) -> Result<(), StoreError> {
    for person in people {
        let key = RecoverySubscriberRow::all_of(outage).number(channel.0).number(person.0);
        tx.delete::<Expiring<RecoverySubscriberRow>>(&key).await?;
    }
    Ok(())
}

/// Deletes where a user waits and what they reported. Reports of an outage that is over stay counted: it is unknown
/// which were theirs.
pub(super) async fn forget_person<T: Tx>(
    tx: &mut T,
    person: UserId,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    for waiting in tx.list::<Expiring<RecoverySubscriberRow>>(&RecordKey::new()).await? {
        if waiting.of.who.person == person {
            tx.delete::<Expiring<RecoverySubscriberRow>>(&waiting.key()).await?;
        }
    }
    for salt in salts(tx).await? {
        tx.delete::<Expiring<ProblemReport>>(&report_key(&salt, person)).await?;
    }
    tx.put(&Deletions::mark(DeletionSubject::Person(person), now)).await?;
    Ok(EditResult::Now)
}

pub(super) async fn vote<T: Tx>(tx: &mut T, entry: &str, helped: bool) -> Result<EditResult, StoreError> {
    tx.lock(Lock::Counting).await?;
    let none = Votes { entry: entry.to_owned(), helped: 0, did_not: 0 };
    let mut votes = tx.get::<Votes>(&none.key()).await?.unwrap_or(none);
    let side = if helped { &mut votes.helped } else { &mut votes.did_not };
    *side += 1;
    tx.put(&votes).await?;
    Ok(EditResult::Now)
}

/// Counts a question without an answer. Beyond the limit of different ones, its text is not stored.
pub(super) async fn unanswered<T: Tx>(
    tx: &mut T,
    text: Option<&str>,
    now: Timestamp,
) -> Result<EditResult, StoreError> {
    tx.lock(Lock::Counting).await?;
    let mut text = text.map(str::to_owned);
    let mut stored = tx.get::<QuestionRow>(&QuestionRow::key_of(text.as_deref())).await?;
    if stored.is_none() && tx.count::<QuestionRow>(&RecordKey::new(), MOST_QUESTIONS).await? >= MOST_QUESTIONS
    {
        text = None;
        stored = tx.get::<QuestionRow>(&QuestionRow::key_of(None)).await?;
    }
    let asked = stored.map_or(0, |stored| stored.question.asked) + 1;
    let question = UnansweredQuestion { text, asked };
    tx.put(&QuestionRow { question, expires_at: Some(after(now, QUESTION)) }).await?;
    Ok(EditResult::Now)
}

/// Returns the questions without an answer, most asked first.
pub(in crate::store) async fn questions<T: Read>(
    tx: &mut T,
    most: usize,
) -> Result<Vec<UnansweredQuestion>, StoreError> {
    let stored = tx.list::<QuestionRow>(&RecordKey::new()).await?;
    let mut questions: Vec<UnansweredQuestion> = stored.into_iter().map(|asked| asked.question).collect();
    questions.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.text.cmp(&b.text)));
    questions.truncate(most);
    Ok(questions)
}
