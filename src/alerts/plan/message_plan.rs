//! A message that a plan asks for: what it says, and how it is sent.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{PlanInput, PlanPolicy, is_catch_up, opens_thread};
use crate::alerts::{ChannelKind, Subscription};

/// A message to be posted. Stored while it is unsure whether it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePlan {
    pub what: MessageKind,
    /// Roles are pinged: at the channel's start alone.
    pub ping: bool,
    /// It makes no sound.
    pub quiet: bool,
    /// It is published to followers, in an announcement channel.
    pub publish: bool,
    /// A thread is opened on it.
    pub thread: bool,
    /// It is told so much later than we knew.
    pub late: Option<SignedDuration>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// An outage began.
    Start,
    /// An outage goes on, to a channel that did not hear of its start.
    Ongoing,
    /// It got worse, or hit another service.
    Worse,
    /// It changed without getting worse, where each change is a message of its own.
    Change(ChangeSummary),
    /// It was over and goes on.
    Again,
    End,
    /// It began and ended before this channel was told.
    CameAndWent,
    /// It comes and goes.
    Flapping,
    /// Announced work began.
    WorkStart,
    /// Announced work ended.
    WorkEnd,
    /// It still goes on: the n-th reminder.
    Reminder(u32),
}

/// What a change is about, of what the channel sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSummary {
    /// Services that it was told of are back, others are not.
    Back,
    /// It got better, but is not over.
    Better,
    PageSpoke,
    /// The page closed all that it said.
    PageClosed,
    /// Our own checks see it now too.
    Confirmed,
}

impl MessageKind {
    /// Its word, which goes into the nonce.
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
}

impl MessagePlan {
    /// A message that is heard, pings nobody and is told in time.
    pub fn plain(what: MessageKind) -> Self {
        Self { what, ping: false, quiet: false, publish: false, thread: false, late: None }
    }

    /// An ordinary message to a channel: heard unless the channel is quiet.
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

    /// The channel's start: roles pinged, a thread in that mode, published where that is wanted.
    pub(super) fn beginning(mut self, subscription: &Subscription, ping: bool) -> Self {
        self.ping = ping && !subscription.roles.is_empty();
        self.thread = opens_thread(subscription);
        self.published(subscription)
    }
}
