//! What people read in replies to commands, one file per command.

mod about;
mod diagnose;
mod faq;
mod outages;
mod status;

use healthy_upstream::commands::{Facts, Invocation};

use crate::fixtures::{during, facts, outage, read};

/// The answer reads as expected.
fn reads(asked: &Invocation, facts: &Facts, expected: &expect_test::Expect) {
    expected.assert_eq(&read(asked, facts));
}

fn down() -> Facts {
    facts(during(&outage(), "13:32:05"))
}
