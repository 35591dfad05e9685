//! Turns a recording into checks: the exchanges of one check are put together again.
//!
//! A check of a status page may be two exchanges: the page's state, then how an incident ended, or the page's components. In
//! a recording other sources' exchanges may come between them. A replay must see one check, as the bot did.

use std::collections::VecDeque;

use jiff::SignedDuration;

use super::classifier::Classifiers;
use super::exchange::Exchange;
use crate::health::Observation;

/// The second exchange of a check begins within this time of the first one's end, because it may wait for its turn in the
/// budget. Below the usual interval, and longer than a turn takes.
const FURTHER_WITHIN: SignedDuration = SignedDuration::from_secs(10);

/// Reads a recording check by check.
pub struct Replay<I: Iterator> {
    exchanges: I,
    classifiers: Classifiers,
    near: VecDeque<I::Item>,
}

impl<E, I: Iterator<Item = Result<Exchange, E>>> Replay<I> {
    /// Classifies `exchanges`, which are in order of time, with `classifiers`.
    pub fn new(exchanges: I, classifiers: Classifiers) -> Self {
        Self { exchanges, classifiers, near: VecDeque::new() }
    }

    /// Takes the second exchange of the check that `first` began out of the nearby ones.
    fn second(&mut self, first: &Exchange) -> Option<Exchange> {
        let until = first.done().checked_add(FURTHER_WITHIN).ok()?;
        let mut nth = 0;
        loop {
            if nth == self.near.len() {
                self.near.push_back(self.exchanges.next()?);
            }
            match self.near.get(nth) {
                Some(Ok(exchange)) if exchange.at > until => return None,
                Some(Ok(exchange)) if exchange.source == first.source => break,
                Some(Ok(_)) => nth += 1,
                // Nothing after an unreadable line is read; the error is returned in its turn.
                Some(Err(_)) | None => return None,
            }
        }
        if self.classifiers.begins_anew(self.near.get(nth)?.as_ref().ok()?) {
            return None; // the next check: this one's second exchange was not made, or not recorded
        }
        self.near.remove(nth)?.ok()
    }
}

impl<E, I: Iterator<Item = Result<Exchange, E>>> Iterator for Replay<I> {
    type Item = Result<Observation, E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let exchange = match self.near.pop_front().or_else(|| self.exchanges.next())? {
                Ok(exchange) => exchange,
                Err(error) => return Some(Err(error)),
            };
            let Some(observation) = self.classifiers.read(&exchange) else { continue };
            if !self.classifiers.wants_more(&exchange.source) {
                return Some(Ok(observation));
            }
            let second = self.second(&exchange);
            return Some(Ok(self.classifiers.complete(observation, second.as_ref())));
        }
    }
}
