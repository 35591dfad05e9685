//! What goes wrong on demand.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::refused::RateLimitScope;
use crate::ids::ChannelId;

/// One thing that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// 429 with this wait.
    Limited(f64, RateLimitScope),
    /// A 5xx; nothing was done.
    Broken(u16),
    /// A 5xx; it was done all the same.
    BrokenAfterDoing(u16),
    /// Refused with this status and code; nothing was done.
    Refused(u16, u32),
    /// No answer ever comes; nothing was done.
    Silent,
    /// No answer ever comes; it was done all the same.
    SilentAfterDoing,
    /// The connection is cut; it was done all the same.
    CutAfterDoing,
    /// The answer takes this long.
    Slow(SignedDuration),
}

impl Fault {
    /// Whether the request is carried out in spite of it.
    pub fn does_it(self) -> bool {
        matches!(
            self,
            Self::BrokenAfterDoing(_) | Self::SilentAfterDoing | Self::CutAfterDoing | Self::Slow(_)
        )
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub struct Faults {
    queued: Vec<(Option<ChannelId>, VecDeque<Fault>)>,
    down: Vec<(Timestamp, Timestamp)>,
}

impl Faults {
    /// The next request to this channel (none: to any) meets this fault, after those that were queued before.
    pub fn queue(&mut self, channel: Option<ChannelId>, fault: Fault, times: usize) {
        let at = self.queued.iter().position(|(c, _)| *c == channel).unwrap_or_else(|| {
            self.queued.push((channel, VecDeque::new()));
            self.queued.len() - 1
        });
        self.queued[at].1.extend(std::iter::repeat_n(fault, times));
    }

    /// All of Discord answers 503 from one instant until another.
    pub fn down(&mut self, from: Timestamp, until: Timestamp) {
        self.down.push((from, until));
    }

    /// Nothing goes wrong any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What goes wrong with a request that is made now.
    pub fn next(&mut self, channel: Option<ChannelId>, now: Timestamp) -> Option<Fault> {
        if self.down.iter().any(|(from, until)| (*from..*until).contains(&now)) {
            return Some(Fault::Broken(503));
        }
        let matching = |(c, queue): &&mut (Option<ChannelId>, VecDeque<Fault>)| {
            (c.is_none() || *c == channel) && !queue.is_empty()
        };
        self.queued.iter_mut().find(matching).and_then(|(_, queue)| queue.pop_front())
    }
}
