//! A message that a plan requests: what it says, and how it is sent.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{PlanInput, PlanPolicy, is_catch_up, opens_thread};
use crate::alerts::{ChannelKind, Subscription};
use crate::health::Outage;

/// A message to post. Stored while it is in doubt whether it was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePlan {
    pub what: MessageKind,
    /// Roles are pinged: only at the channel's start.
    pub ping: bool,
    /// It triggers no notification sound.
    pub quiet: bool,
    /// It is published to followers, in an announcement channel.
    pub publish: bool,
    /// A thread is opened on it.
    pub thread: bool,
    /// How much later than the event it is posted, if late.
    pub late: Option<SignedDuration>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// An outage began.
    Start,
    /// An outage goes on, in a channel that did not get its start.
    Ongoing,
    /// It got worse, or affected another service.
    Worse,
    /// It changed without getting worse, in a channel where each change is a message of its own.
    Change(ChangeSummary),
    /// It was over and failed again.
    Again,
    End,
    /// It began and ended before this channel got its start.
    CameAndWent,
    /// It is flapping.
    Flapping,
    /// Announced work began.
    WorkStart,
    /// Announced work ended.
    WorkEnd,
    /// It still goes on: the n-th reminder.
    Reminder(u32),
}

/// What changed, of the part that the channel sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSummary {
    /// Services that the channel was notified of have recovered, others have not.
    Back,
    /// It got better, but is not over.
    Better,
    PageSpoke,
    /// The page closed all its incidents.
    PageClosed,
    /// Our own checks fail now too.
    Confirmed,
}

impl MessageKind {
    /// Returns its word, which goes into the nonce.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start | Self::Ongoing => "start",
            Self::WorkStart => "work",
            Self::Worse => "worse",
            Self::Change(_) => "change",
            Self::Again => "again",
            Self::End | Self::WorkEnd => "end",
            Self::CameAndWent => "came-and-went",
            Self::Flapping => "flapping",
            Self::Reminder(_) => "reminder",
        }
    }

    /// Returns the marker by which such a message is found again: the outage's id, which `/outages` accepts, and the kind of
    /// post.
    pub fn marker(self, outage: &Outage) -> String {
        let id = &outage.id;
        match self {
            Self::Start | Self::Ongoing | Self::WorkStart => format!("{id}/start"),
            Self::Worse | Self::Change(_) | Self::Again => format!("{id}/r{}", outage.revision),
            Self::End | Self::WorkEnd | Self::CameAndWent => format!("{id}/end"),
            Self::Flapping => format!("{id}/flapping"),
            Self::Reminder(turn) => format!("{id}/reminder{turn}"),
        }
    }
}

/// Returns the marker of a message that mentions people who asked for it, by how many were mentioned before.
pub fn back_marker(outage: &Outage, before: u32) -> String {
    format!("{}/back{}", outage.id, before.saturating_add(1))
}

impl MessagePlan {
    /// Returns a message with sound, without pings and in time.
    pub fn plain(what: MessageKind) -> Self {
        Self { what, ping: false, quiet: false, publish: false, thread: false, late: None }
    }

    /// Returns an ordinary message to a channel: with sound unless the channel is quiet.
    pub(super) fn new(what: MessageKind, subscription: &Subscription) -> Self {
        Self { quiet: subscription.quiet, ..Self::plain(what) }
    }

    pub(super) fn silent(mut self) -> Self {
        self.quiet = true;
        self
    }

    pub(super) fn published(mut self, subscription: &Subscription) -> Self {
        self.publish = subscription.publish && subscription.channel_kind == ChannelKind::Announcement;
        self
    }

    pub(super) fn late(mut self, input: &PlanInput<'_>, policy: &PlanPolicy) -> Self {
        let late = input.now.duration_since(input.event.at);
        self.late = (late > policy.late_after && !is_catch_up(input)).then_some(late);
        self
    }

    /// Turns it into the channel's start: pings roles, opens a thread in thread mode, is published if wanted.
    pub(super) fn beginning(mut self, subscription: &Subscription, ping: bool) -> Self {
        self.ping = ping && !subscription.roles.is_empty();
        self.thread = opens_thread(subscription);
        self.published(subscription)
    }
}
