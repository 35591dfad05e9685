//! What is pending for one channel, and its outcome.
//!
//! An event is committed as one [`Announcement`], whatever the number of channels. The notifier expands it into
//! [`Delivery`]s in bounded, resumable steps, claims what is due, sends it, and stores each [`DeliveryOutcome`]. A message is
//! rendered when it is sent, from the event and from what the channel got before ([`NotificationLogEntry`]).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::plan::MessagePlan;
use super::{ChannelKind, Reason, Subscription};
use crate::health::{Level, OutageEvent, OutageId, ServiceName};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// Numbers the announcements of a store, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnnouncementId(pub u64);

/// Numbers the deliveries of a store; one per announcement and channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub u64);

/// An event that is to be posted in subscribed channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub event: OutageEvent,
    /// Who is to be notified.
    pub audience: Audience,
    /// The last channel that was expanded, in the order of (server, channel); `None` before the first step.
    pub considered: Option<(GuildId, ChannelId)>,
}

/// Who is to be notified by an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Every subscription, as it is at that time.
    Subscribers,
    /// One channel, as a preview that changes no state and says that it is one.
    Preview(GuildId, ChannelId),
    /// One channel that missed it, or subscribed during the outage.
    CatchUp(GuildId, ChannelId),
    /// Every subscription that wants reminders: this is the n-th reminder of the outage, from 1.
    Reminder(u32),
}

/// One announcement for one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub announcement: AnnouncementId,
    /// The outage that it is about, so that a channel's deliveries stay in order.
    pub outage: OutageId,
    pub guild: GuildId,
    pub channel: ChannelId,
    /// How often it was tried; stored before each attempt.
    pub attempts: u32,
    /// When it was first tried: Discord's window for a nonce begins here.
    pub first_tried: Option<Timestamp>,
    /// Not before this instant.
    pub due: Timestamp,
    /// The newest error; `None` at first.
    #[serde(with = "super::reason::or_empty")]
    pub last_error: Option<Reason>,
    /// Since when it has been due without success; `None` before the first attempt, and while its channel is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// When it was given up; `None` while it is pending.
    #[serde(default)]
    pub given_up: Option<Timestamp>,
}

impl Delivery {
    /// Returns since when it has been waiting, or will be.
    pub fn waits_since(&self) -> Timestamp {
        self.waiting_since.unwrap_or(self.due)
    }
}

/// A delivery that one notifier has claimed: no other sends it until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What to send; `attempts` already includes this one, durably.
    pub delivery: Delivery,
    /// The subscription as it is now; `None` if it is gone.
    pub subscription: Option<Subscription>,
    /// What this channel already got of this outage.
    pub log: NotificationLogEntry,
    /// Proves that the claim is still ours when its outcome is stored.
    pub token: u64,
}

/// What a channel got of one outage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationLogEntry {
    /// The post of the start, needed for later edits.
    pub start: Option<MessageId>,
    /// The thread that was opened for this outage, in thread mode or in a forum.
    pub thread: Option<ChannelId>,
    /// The post of the end.
    pub end: Option<MessageId>,
    /// The message with the count, while the outage is flapping.
    pub flapping: Option<MessageId>,
    /// The newest revision of the outage to which all its posts are updated.
    pub revision: u32,
    /// Reminders sent so far.
    pub reminders: u32,
    /// When our last message about it was sent or edited.
    pub last: Option<Timestamp>,
    /// The newest revision that was posted as a message, whether or not the edits that belong to it are done.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub said: u32,
    /// Our newest message about it that is known to exist. `None` if an older version posted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<MessageId>,
    /// A message of which we do not know whether it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_doubt: Option<Box<InDoubt>>,
    /// What the title of its thread says, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<Title>>,
    /// The level that was last posted: a higher one is posted as worse.
    #[serde(default)]
    pub level: Level,
    /// The services that were posted: another one is posted as newly affected.
    #[serde(default)]
    pub services: BTreeSet<ServiceName>,
    /// A hash of what the page had said by then: another hash is news. `None` if an older version posted it.
    #[serde(default)]
    pub page: Option<u64>,
    /// How many recovery subscribers were mentioned, so that a continued attempt mentions nobody twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentioned: Option<MentionProgress>,
    /// Set if the post of the start was late, which each edit repeats. Boxed like the next, because it is rare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_late: Option<Box<Delay>>,
    /// Set if the post of the end was late, which each edit repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_late: Option<Box<Delay>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none_yet(revision: &u32) -> bool {
    *revision == 0
}

impl NotificationLogEntry {
    /// Returns our newest message that is known to exist.
    pub fn newest_known(&self) -> Option<MessageId> {
        self.newest.max(self.start).max(self.flapping).max(self.end)
    }

    /// Returns where one of its messages is: in the subscribed channel, or in the outage's thread.
    pub fn stands_in(&self, id: MessageId, channel: ChannelId, channel_kind: ChannelKind) -> ChannelId {
        match self.thread {
            Some(thread) if channel_kind == ChannelKind::Forum => thread,
            // A thread has the id of the message on which it was opened. Later messages were posted into it, except a start:
            // that is always posted into the channel, even if it is posted anew.
            Some(thread) if id.0 > thread.0 && self.start != Some(id) => thread,
            _ => channel,
        }
    }

    /// Forgets a deleted thread with all its messages. The next message goes to the channel, or opens a new post of the
    /// forum.
    pub fn forget_thread(&mut self, channel_kind: ChannelKind) {
        (self.thread, self.end, self.flapping) = (None, None, None);
        self.title = None;
        if channel_kind == ChannelKind::Forum {
            self.start = None; // elsewhere it is in the channel
        }
    }
}

/// Represents an id that is not known yet: no message and no channel of Discord's has it.
const UNKNOWN: u64 = u64::MAX;

/// A message of which we do not know whether it was sent. It is stored before it is sent. After a lost response or a crash
/// it shows what to search for, and the channel's log if the message exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InDoubt {
    /// When it was first sent, by our clock: Discord's window for its nonce begins here.
    pub at: Timestamp,
    /// What it says; `None` if it mentions the recovery subscribers.
    #[serde(rename = "remark")]
    pub planned: Option<MessagePlan>,
    /// The revision of the outage that it posts.
    pub revision: u32,
    /// The marker that it carries.
    pub marker: String,
    /// The nonce that it was sent with.
    pub nonce: String,
    /// The channel or thread; `None` for a forum's post.
    pub channel: Option<ChannelId>,
    /// The channel's log if the message arrived.
    #[serde(rename = "told")]
    pub log: NotificationLogEntry,
}

impl InDoubt {
    /// Represents the id of the message in [`InDoubt::log`], until it is known.
    pub const MESSAGE: MessageId = MessageId(UNKNOWN);

    /// Returns the channel's log once the message is known to exist.
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

    /// Returns the log to assume if nobody can find out whether it arrived. Its content counts as posted, and an end before
    /// it may no longer be the last message.
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
    /// When it was renamed recently, oldest first: Discord allows two renames in ten minutes.
    pub renamed: Vec<Timestamp>,
}

/// A post that came much later than the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    pub known: Timestamp,
    /// How much later it was posted.
    pub by: SignedDuration,
}

/// How many recovery subscribers an announcement has mentioned. Only their number: who they are is stored only with their
/// requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionProgress {
    /// The end that mentioned them; another end starts from zero.
    pub by: AnnouncementId,
    /// How many, in the order in which they are stored.
    pub people: u32,
}

/// A user who wants to be mentioned when an outage is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverySubscriber {
    /// The server of the request; `None` in a direct conversation.
    pub guild: Option<GuildId>,
    /// Where the end is posted: a channel, or the direct conversation.
    pub channel: ChannelId,
    pub person: UserId,
    /// The message with the pressed button, to reply to.
    pub message: Option<MessageId>,
    /// The request came from a direct conversation.
    pub direct: bool,
    /// The language of the message, as a tag; `None` in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// The outcome of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It was sent, edited, or needed nothing.
    Delivered {
        /// The channel's log by now.
        log: NotificationLogEntry,
    },
    /// Try again.
    Retry {
        due: Timestamp,
        /// What went wrong.
        why: Reason,
        /// Whether this attempt must not count (Discord asked us to wait before anything was sent).
        uncounted: bool,
        /// The channel's log by now, if part of it was done (the end is posted, but the start is not yet green).
        log: Option<Box<NotificationLogEntry>>,
    },
    /// Nothing is over yet: stores the log with what is about to be sent. The claim remains.
    Noted {
        /// The channel's log by now.
        log: NotificationLogEntry,
    },
    /// All messages are posted, but an edit cannot be made now. It is tried again, behind the other deliveries that are
    /// pending for the channel.
    EditLater {
        due: Timestamp,
        /// What went wrong.
        why: Reason,
        /// The channel's log by now.
        log: NotificationLogEntry,
    },
    /// It cannot be sent for now: the subscription is paused, and the delivery waits with it.
    Suspended {
        /// Until when, and why.
        paused: super::Suspension,
    },
    /// The channel is gone: its subscription is soft-deleted for 30 days.
    ChannelGone {
        /// What Discord said.
        why: Reason,
    },
    /// Given up, with a reason that `/alerts list` and the operator see.
    Failed { why: Reason },
}
