//! What one channel is owed, and what became of it.
//!
//! An event is committed as one [`Announcement`], whatever the number of channels. The notifier expands it into
//! [`Delivery`]s in bounded, resumable steps, claims what is due, sends it, and stores each [`DeliveryOutcome`]. Words are made
//! when a message is sent, from the event and from what the channel was told before ([`NotificationLogEntry`]).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::plan::MessagePlan;
use super::{ChannelKind, Subscription};
use crate::health::{Level, OutageEvent, OutageId, ServiceName};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// Counts announcements of a store, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnnouncementId(pub u64);

/// Counts deliveries of a store; one per announcement and channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub u64);

/// An event that subscribed channels are to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub event: OutageEvent,
    /// Who is to hear it.
    pub audience: Audience,
    /// The last channel that was considered, in the order of (server, channel); none before the first step.
    pub considered: Option<(GuildId, ChannelId)>,
}

/// Who is to hear an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Every subscription, as it then is.
    Subscribers,
    /// One channel, as a preview that touches no state and says that it is one.
    Preview(GuildId, ChannelId),
    /// One channel that missed it, or subscribed during the outage.
    CatchUp(GuildId, ChannelId),
    /// Every subscription that wants reminders: this is the n-th reminder of the outage, from 1.
    Reminder(u32),
}

/// One announcement owed to one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub announcement: AnnouncementId,
    /// The outage that it is about, so that a channel's deliveries keep their order.
    pub outage: OutageId,
    pub guild: GuildId,
    pub channel: ChannelId,
    /// How often it was tried; counted durably before each try.
    pub attempts: u32,
    /// When it was first tried: Discord's window for a nonce begins here.
    pub first_tried: Option<Timestamp>,
    /// Not before this instant.
    pub due: Timestamp,
    /// What went wrong last; empty at first. Never a token, a text or a person.
    pub last_error: String,
    /// Since when it is due and does not get through; none before it was first tried, and while its channel is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// When it was given up; none while it is still owed.
    #[serde(default)]
    pub given_up: Option<Timestamp>,
}

impl Delivery {
    /// Since when it waits, or will.
    pub fn waits_since(&self) -> Timestamp {
        self.waiting_since.unwrap_or(self.due)
    }
}

/// A delivery that one notifier has taken: nobody else sends it until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is to be sent; `attempts` already counts this try, durably.
    pub delivery: Delivery,
    /// The subscription as it is now; none if it is gone.
    pub subscription: Option<Subscription>,
    /// What this channel was told about this outage before.
    pub log: NotificationLogEntry,
    /// Proves that the claim is still ours when its outcome is stored.
    pub token: u64,
}

/// What a channel was told about one outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationLogEntry {
    /// The post that told of the start, which later edits need.
    pub start: Option<MessageId>,
    /// The thread that was opened for this outage, in that mode or in a forum.
    pub thread: Option<ChannelId>,
    /// The post that told of the end.
    pub end: Option<MessageId>,
    /// The message that counts, while it comes and goes.
    pub flapping: Option<MessageId>,
    /// The newest revision of the outage that the channel was told of.
    pub revision: u32,
    /// Reminders sent so far.
    pub reminders: u32,
    /// When the last message of ours about it was sent or edited.
    pub last: Option<Timestamp>,
    /// The newest revision that a message told, whether or not the edits that belong to it are made.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub said: u32,
    /// The newest message of ours about it that is known to stand there. None where an older version told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<MessageId>,
    /// A message that was perhaps sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_doubt: Option<Box<InDoubt>>,
    /// What the title of its thread says, where it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<Title>>,
    /// How bad it was when the channel was last told: what is worse than this is told as worse.
    #[serde(default)]
    pub level: Level,
    /// The services that the channel was told of: another one is told as joining.
    #[serde(default)]
    pub services: BTreeSet<ServiceName>,
    /// A number for what the page had said by then: another number is news. None where an older version told it.
    #[serde(default)]
    pub page: Option<u64>,
    /// How many of those who asked to be told were mentioned, so that a try which goes on mentions nobody again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentioned: Option<MentionProgress>,
    /// The post of the start came late, and says so in each edit. Boxed, like the next, because hardly any is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_late: Option<Box<Delay>>,
    /// The post of the end came late, and says so in each edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_late: Option<Box<Delay>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none_yet(revision: &u32) -> bool {
    *revision == 0
}

impl NotificationLogEntry {
    /// The newest message of ours that is known to stand there.
    pub fn newest_known(&self) -> Option<MessageId> {
        self.newest.max(self.start).max(self.flapping).max(self.end)
    }

    /// Where one of its messages stands, in a channel of this kind: in the subscribed channel, or in the outage's thread.
    pub fn stands_in(&self, id: MessageId, channel: ChannelId, channel_kind: ChannelKind) -> ChannelId {
        match self.thread {
            Some(thread) if channel_kind == ChannelKind::Forum => thread,
            // A thread has the id of the message that it was opened on. What came later was posted into it, but for a
            // start, which is posted into the channel also where it is posted anew.
            Some(thread) if id.0 > thread.0 && self.start != Some(id) => thread,
            _ => channel,
        }
    }

    /// Forgets the thread, which is gone with all that stood in it: the next message goes to the channel, or opens a new post of the
    /// forum.
    pub fn forget_thread(&mut self, channel_kind: ChannelKind) {
        (self.thread, self.end, self.flapping) = (None, None, None);
        self.title = None;
        if channel_kind == ChannelKind::Forum {
            self.start = None; // elsewhere it stands in the channel
        }
    }
}

/// In the place of an id that is not known yet: no message and no channel of Discord's has it.
const UNKNOWN: u64 = u64::MAX;

/// A message that was perhaps sent. It is stored before it is sent, so that whoever comes after a lost answer or a dead
/// process knows what to look for, and what the channel has been told if it stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InDoubt {
    /// When it was first sent, by our clock: Discord's window for its nonce begins here.
    pub at: Timestamp,
    /// What it says; none where it mentions those who asked to be told.
    #[serde(rename = "remark")]
    pub planned: Option<MessagePlan>,
    /// The revision of the outage that it tells.
    pub revision: u32,
    /// The marker that it carries.
    pub marker: String,
    /// The nonce that it was sent with.
    pub nonce: String,
    /// The channel or thread; none for a forum's post.
    pub channel: Option<ChannelId>,
    /// What the channel has been told if it arrived.
    #[serde(rename = "told")]
    pub log: NotificationLogEntry,
}

impl InDoubt {
    /// The id of the message in [`InDoubt::log`], until it is known.
    pub const MESSAGE: MessageId = MessageId(UNKNOWN);

    /// What the channel has been told, now that the message is known to stand there.
    pub fn arrived(&self, id: MessageId, thread: Option<ChannelId>) -> NotificationLogEntry {
        let known = |it: Option<MessageId>| it.map(|it| if it == Self::MESSAGE { id } else { it });
        let log = self.log.clone();
        NotificationLogEntry {
            start: known(log.start),
            flapping: known(log.flapping),
            end: known(log.end),
            thread: thread.or(log.thread),
            newest: log.newest.max(Some(id)),
            in_doubt: None,
            ..log
        }
    }

    /// What the channel is taken to have been told where nobody can find out whether it arrived: whatever it told is told,
    /// and an end before it may not be the last word any more.
    pub fn assumed(&self, before: NotificationLogEntry) -> NotificationLogEntry {
        let after = self.log.clone();
        NotificationLogEntry {
            end: before.end.filter(|_| after.end.is_some()),
            level: after.level,
            services: after.services,
            page: after.page,
            reminders: after.reminders,
            mentioned: after.mentioned,
            said: after.said,
            in_doubt: None,
            ..before
        }
    }
}

/// What the title of an outage's thread says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// It says that the outage is over.
    pub over: bool,
    /// When it was renamed lately, oldest first: Discord allows two in ten minutes.
    pub renamed: Vec<Timestamp>,
}

/// A post that came much later than we knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    pub known: Timestamp,
    /// How much later it was told.
    pub by: SignedDuration,
}

/// How many of those who asked to be told an announcement has mentioned. Their number alone: who they are is kept only
/// where they asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionProgress {
    /// The end that mentioned them; another end begins anew.
    pub by: AnnouncementId,
    /// How many, in the order in which they are kept.
    pub people: u32,
}

/// Somebody who asked to be told when an outage is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverySubscriber {
    /// The server in which they asked; none in a direct conversation.
    pub guild: Option<GuildId>,
    /// Where the end is to be told: a channel, or the direct conversation.
    pub channel: ChannelId,
    pub person: UserId,
    /// The message of which the press came, to reply to.
    pub message: Option<MessageId>,
    /// They asked in a direct conversation.
    pub direct: bool,
    /// The language in which they are told, as a tag; none in records from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It was sent, edited, or needed nothing; with what the channel now has been told.
    Delivered {
        /// What the channel has been told now.
        log: NotificationLogEntry,
    },
    /// Try again.
    Retry {
        due: Timestamp,
        /// What went wrong.
        why: String,
        /// Whether this try must not count (we were told to wait before anything was sent).
        uncounted: bool,
        /// What the channel was told by then, where part of it was done (the end is posted, the start not yet green).
        log: Option<Box<NotificationLogEntry>>,
    },
    /// Nothing is over yet: this is what the channel has been told, and what is about to be sent. The claim stays.
    Noted {
        /// What the channel has been told now.
        log: NotificationLogEntry,
    },
    /// All that was to be posted is posted; an edit cannot be made now. It is tried again, unless something else is owed to
    /// the channel: that goes first, and brings its posts up to date.
    EditLater {
        due: Timestamp,
        /// What went wrong.
        why: String,
        /// What the channel has been told now.
        log: NotificationLogEntry,
    },
    /// It cannot be sent for now: the subscription is paused; the delivery waits with it.
    Suspended {
        /// Until when, and why.
        paused: super::Suspension,
    },
    /// The channel is gone: its subscription is removed, kept aside for 30 days.
    ChannelGone {
        /// What Discord said.
        why: String,
    },
    /// Given up, with a reason that `/alerts list` and the operator see.
    Failed { why: String },
}
