//! Records that have their time: each says when it fades, and `tidy` looks at it then.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::record::{Form, Interaction, Kept, Way};
use super::shelf::Tree;
use super::{Question, StoreError};
use crate::alerts::{Delivery, NotificationLogEntry, RecoverySubscriber, Subscription};
use crate::health::{OutageId, Tally};
use crate::ids::{ChannelId, GuildId, UserId};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Outages, and how many people reported each, after their end: as long as the tallies of days.
pub(super) const OUTAGE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// What was told, set aside or given up: "kept 30 days" (experience.md, Moderators).
pub(super) const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Interaction ids. Discord's own tokens live a quarter of an hour; a day also covers a gateway session that resumes late.
pub(super) const INTERACTION: SignedDuration = DAY;
/// Those who wait for an end, after it: retries of the end's post through a bad day of Discord still know them.
pub(super) const WAITING: SignedDuration = DAY;
/// People who reported, while no outage is open (experience.md, "quarter of an hour").
pub(super) const REPORT: SignedDuration = SignedDuration::from_mins(15);
/// Questions without an answer, after they were last asked: a quarter of a year shows what is asked again and again.
pub(super) const QUESTION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often an announcement is looked at that is not finished.
pub(super) const ANNOUNCEMENT: SignedDuration = HOUR;

/// A record that has its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fading<T> {
    pub(super) of: T,
    /// Until when it is kept, or when it is next looked at.
    pub(super) fades: Timestamp,
}

/// What can fade.
pub(super) trait Fades: Serialize + DeserializeOwned {
    const TREE: Tree;
    fn key(&self) -> Key;
}

impl<T: Fades> Form for Fading<T> {
    const TREE: Tree = T::TREE;
    fn key(&self) -> Key {
        self.of.key()
    }
    fn ways(&self) -> Vec<Way> {
        vec![fade(T::TREE, &self.of.key(), self.fades)]
    }
}

/// The row by which a record is found when its time has come.
pub(super) fn fade(tree: Tree, key: &Key, at: Timestamp) -> Way {
    (Tree::Fade, Key::new().at(at).byte(tree as u8).bytes(&key.0), vec![tree as u8])
}

/// `at` and a while, without leaving what a timestamp can say.
pub(super) fn after(at: Timestamp, while_: SignedDuration) -> Timestamp {
    at.checked_add(while_).unwrap_or(Timestamp::MAX)
}

impl Fades for Interaction {
    const TREE: Tree = Tree::Interaction;
    fn key(&self) -> Key {
        Key::new().number(self.id.0)
    }
}

/// What a channel was told about an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldThere {
    pub(super) guild: GuildId,
    pub(super) channel: ChannelId,
    pub(super) outage: OutageId,
    pub(super) told: NotificationLogEntry,
}

impl ToldThere {
    pub(super) fn key_of(guild: GuildId, channel: ChannelId, outage: &OutageId) -> Key {
        Key::new().place(guild, channel).text(outage.as_str())
    }
}

impl Fades for ToldThere {
    const TREE: Tree = Tree::Told;
    fn key(&self) -> Key {
        Self::key_of(self.guild, self.channel, &self.outage)
    }
}

/// A subscription that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Aside {
    #[serde(flatten)]
    pub(super) subscription: Subscription,
    /// Because the bot was removed from the server; else its channel is gone. Not so in records from before it was told apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) left: bool,
}

impl Fades for Aside {
    const TREE: Tree = Tree::Aside;
    fn key(&self) -> Key {
        Form::key(&self.subscription)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct GivenUp(pub(super) Delivery);

impl Fades for GivenUp {
    const TREE: Tree = Tree::GivenUp;
    fn key(&self) -> Key {
        Key::new().place(self.0.guild, self.0.channel).number(self.0.id.0)
    }
}

/// Somebody who waits for the end of an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WaitingFor {
    pub(super) outage: OutageId,
    pub(super) who: RecoverySubscriber,
}

impl WaitingFor {
    pub(super) fn all_of(outage: &OutageId) -> Key {
        Key::new().text(outage.as_str())
    }
}

impl Fades for WaitingFor {
    const TREE: Tree = Tree::Waiting;
    fn key(&self) -> Key {
        Self::all_of(&self.outage).number(self.who.channel.0).number(self.who.person.0)
    }
}

/// One person's "it fails for me".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// About which outage; none while everything looked well.
    pub(super) outage: Option<OutageId>,
    /// A hash of the person under the outage's own salt.
    pub(super) person: [u8; 16],
    /// When they said so; [`Report::ELSEWHERE`] once they reported something else, so that they are one person.
    pub(super) at: Timestamp,
}

impl Report {
    /// How the names of the salts begin: each outage has one, and so have reports while no outage is open. A salt goes with
    /// its reports, and no export holds either.
    pub(super) const SALTS: &str = "report-salt/";

    /// When a person reported what counts for something else by now.
    pub(super) const ELSEWHERE: Timestamp = Timestamp::UNIX_EPOCH;

    pub(super) fn all_of(outage: Option<&OutageId>) -> Key {
        Key::new().text(outage.map_or("", OutageId::as_str))
    }

    /// The name of an outage's salt.
    pub(super) fn salt_of(outage: Option<&OutageId>) -> String {
        format!("{}{}", Self::SALTS, outage.map_or("", OutageId::as_str))
    }

    pub(super) fn new_salt(outage: Option<&OutageId>) -> Result<Kept, StoreError> {
        let mut value = vec![0; 16];
        getrandom::fill(&mut value)
            .map_err(|error| StoreError::Away(format!("the system gives no randomness: {error}")))?;
        Ok(Kept { name: Self::salt_of(outage), value })
    }

    /// A person's report under a salt, as of `at`.
    pub(super) fn under(salt: &Kept, person: UserId, at: Timestamp) -> Self {
        let outage = salt.name.strip_prefix(Self::SALTS).filter(|outage| !outage.is_empty());
        // A salt of another length was planted or damaged: it hides nobody, but it still counts.
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(&salt.value).for_each(|(byte, salted)| *byte = *salted);
        Self { outage: outage.map(|id| OutageId(id.to_owned())), person: person.unlinkable(&bytes), at }
    }
}

impl Fades for Report {
    const TREE: Tree = Tree::Report;
    fn key(&self) -> Key {
        Self::all_of(self.outage.as_ref()).bytes(&self.person)
    }
}

impl Fades for Tally {
    const TREE: Tree = Tree::Tally;
    fn key(&self) -> Key {
        Key::new().text(self.service.as_str()).byte(self.span as u8).at(self.from)
    }
}

/// A question that found no answer, and until when it is kept; none in records from before it faded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    #[serde(flatten)]
    pub(super) question: Question,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fades: Option<Timestamp>,
}

impl Asked {
    pub(super) fn key_of(text: Option<&str>) -> Key {
        // A key is short whatever people ask.
        Key::new().bytes(&blake3::hash(text.unwrap_or_default().as_bytes()).as_bytes()[..16])
    }
}

impl Form for Asked {
    const TREE: Tree = Tree::Question;
    fn key(&self) -> Key {
        Self::key_of(self.question.text.as_deref())
    }
    fn ways(&self) -> Vec<Way> {
        // One that has no time yet is looked at by the next `tidy`, which gives it one.
        let at = self.fades.unwrap_or(Timestamp::UNIX_EPOCH);
        vec![fade(Tree::Question, &self.key(), at)]
    }
}
