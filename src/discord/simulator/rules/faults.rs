//! Faults that tests inject.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::refused::RateLimitScope;
use crate::ids::ChannelId;

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Limited(f64, RateLimitScope),
    /// A 5xx; the request was not carried out.
    Broken(u16),
    /// A 5xx; the request was carried out.
    BrokenAfterDoing(u16),
    /// Refused with this status and code; the request was not carried out.
    Refused(u16, u32),
    /// There is no connection; the request was not carried out.
    Unreachable,
    /// No response ever comes; the request was not carried out.
    Silent,
    /// No response ever comes; the request was carried out.
    SilentAfterDoing,
    /// The connection is cut; the request was carried out.
    CutAfterDoing,
    /// The response takes this long.
    Slow(SignedDuration),
}

impl Fault {
    /// Returns whether the request is carried out in spite of the fault.
    pub fn does_it(self) -> bool {
        matches!(
            self,
            Self::BrokenAfterDoing(_) | Self::SilentAfterDoing | Self::CutAfterDoing | Self::Slow(_)
        )
    }
}

/// The queued faults.
#[derive(Debug, Default)]
pub struct Faults {
    queued: Vec<(Option<ChannelId>, VecDeque<Fault>)>,
    down: Vec<(Timestamp, Timestamp, Fault)>,
}

impl Faults {
    /// Queues a fault for the next `times` requests to this channel (`None`: to any), after those that were queued before.
    pub fn queue(&mut self, channel: Option<ChannelId>, fault: Fault, times: usize) {
        let at = self.queued.iter().position(|(c, _)| *c == channel).unwrap_or_else(|| {
            self.queued.push((channel, VecDeque::new()));
            self.queued.len() - 1
        });
        self.queued[at].1.extend(std::iter::repeat_n(fault, times));
    }

    /// Makes all of Discord answer 503 from one time until another.
    pub fn down(&mut self, from: Timestamp, until: Timestamp) {
        self.down.push((from, until, Fault::Broken(503)));
    }

    /// Makes Discord unreachable from one time until another.
    pub fn away(&mut self, from: Timestamp, until: Timestamp) {
        self.down.push((from, until, Fault::Unreachable));
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the fault of a request that is made now, if there is one.
    pub fn next(&mut self, channel: Option<ChannelId>, now: Timestamp) -> Option<Fault> {
        if let Some((.., fault)) = self.down.iter().find(|(from, until, _)| (*from..*until).contains(&now)) {
            return Some(*fault);
        }
        let matching = |(c, queue): &&mut (Option<ChannelId>, VecDeque<Fault>)| {
            (c.is_none() || *c == channel) && !queue.is_empty()
        };
        self.queued.iter_mut().find(matching).and_then(|(_, queue)| queue.pop_front())
    }
}
