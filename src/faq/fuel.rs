//! A limit on work that is counted in steps, not in time: the core has no clock.
//!
//! Invariant: code that was given fuel does no more than a fixed amount of work per step between two calls of `spend`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Steps that a piece of work may still take. A step is about one byte that is read.
#[derive(Debug, Clone)]
pub struct Fuel {
    left: u64,
    spent: u64,
    stop: Arc<AtomicBool>,
}

/// The work needed more steps than it had, or was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is too much to read at once")]
pub struct OutOfFuel;

/// Steps for a paste of 1 MiB, the largest that is read: twice what the worst of `tests/it/faq_bounds.rs` takes.
pub const PASTE: u64 = 256 << 20;

impl Default for Fuel {
    /// Fuel for one paste.
    fn default() -> Self {
        Self::new(PASTE)
    }
}

impl Fuel {
    /// Fuel for this many steps.
    pub fn new(steps: u64) -> Self {
        Self { left: steps, spent: 0, stop: Arc::default() }
    }

    /// Fuel that never runs out.
    pub fn endless() -> Self {
        Self::new(u64::MAX)
    }

    /// Spends this many steps.
    pub fn spend(&mut self, steps: usize) -> Result<(), OutOfFuel> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.spent = self.spent.saturating_add(steps);
        match self.left.checked_sub(steps) {
            Some(left) if !self.stop.load(Ordering::Relaxed) => self.left = left,
            _ => return Err(OutOfFuel),
        }
        Ok(())
    }

    /// Returns the steps that were spent.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Returns the switch that cancels the work: after `true` is stored in it, the next `spend` fails.
    pub fn switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}
