//! Who is answered, decided as soon as somebody asks.
//!
//! Ten thousand presses of one person in a second cost their reading and no more: a few are told when to come back, the
//! rest is passed over, so that nobody else's press stands behind them.
//!
//! Never: nothing waits here.

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::commands::{Input, Invocation};
use crate::config::{Limits, Rate};
use crate::throttle::{Allowance, Cooldowns, TryAgainIn};

/// So often a person is told to slow down in [`SPAN`]; whoever goes on after that has heard it.
const TOLD: u32 = 3;
/// Suggestions for one person in [`SPAN`]: Discord asks at most once for each letter, and nobody types faster for long.
const TYPED: u32 = 60;
/// The span of both: that of the commands' own cooldown as it stands by default.
const SPAN: SignedDuration = SignedDuration::from_secs(10);

/// How somebody who asks is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// With an answer.
    Welcome,
    /// With when to come back.
    TooSoon(TryAgainIn),
    /// With silence.
    PassedOver,
}

/// Counts who asks how often.
pub(super) struct Door {
    commands: Cooldowns,
    told: Cooldowns,
    typed: Cooldowns,
}

impl Door {
    /// Nobody has asked yet.
    pub(super) fn new(clock: &Clock, limits: &Limits) -> Self {
        let allowance = |rate: Rate| Allowance::new(rate.count, rate.within);
        let alike = |times| Cooldowns::new(clock, Allowance::new(times, SPAN), Allowance::new(times, SPAN));
        Self {
            commands: Cooldowns::new(clock, allowance(limits.per_person), allowance(limits.per_server)),
            told: alike(TOLD),
            typed: alike(TYPED),
        }
    }

    /// Counts it, and says how it is met.
    pub(super) fn admit(&self, asked: &Invocation) -> Entry {
        let person = asked.asker.id.0;
        if matches!(asked.input, Input::Typing { .. }) {
            return self.typed.ask(person, None).map_or(Entry::PassedOver, |()| Entry::Welcome);
        }
        match self.commands.ask(person, asked.place.guild().map(|guild| guild.0)) {
            Ok(()) => Entry::Welcome,
            Err(_) if self.told.ask(person, None).is_err() => Entry::PassedOver,
            Err(wait) => Entry::TooSoon(wait),
        }
    }
}
