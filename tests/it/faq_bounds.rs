//! Reading any paste takes work in proportion to its length. Work is counted in steps, not in time.

use healthy_upstream::commands::UserError;
use healthy_upstream::faq::{
    Faq,
    fuel::{Fuel, OutOfFuel},
    redact::redact_within,
};
use healthy_upstream::i18n::Language;

use crate::fixtures::{decide, facts, typed, well};
use crate::pastes::{repeated, shapes};

/// The length of the shorter paste of each pair, in bytes.
const LENGTH: usize = 24 << 10;
/// The most steps per byte, so that half of the default fuel is enough for 1 MiB.
const STEPS: u64 = 128;

/// Returns how many steps it takes to diagnose a text.
fn steps(text: &str) -> u64 {
    let mut fuel = Fuel::endless();
    assert!(Faq::builtin().diagnose_within(text, &mut fuel).is_ok());
    fuel.spent()
}

#[test]
fn work_grows_no_faster_than_the_paste() {
    let mut worst = (0, String::new());
    for (name, shape) in shapes() {
        let (short, long) = (shape(LENGTH), shape(2 * LENGTH));
        let (few, many) = (steps(&short), steps(&long));
        assert!(
            many <= few * 9 / 4 + 65_536,
            "{name}: {few} steps for {}, {many} for {}",
            short.len(),
            long.len()
        );
        let each = many / u64::try_from(long.len()).expect("short");
        assert!(each <= STEPS, "{name}: {each} steps a byte");
        worst = worst.max((each, name));
    }
    println!("at most {} steps a byte: {}", worst.0, worst.1);
}

#[test]
fn findings_are_bounded_by_the_paste() {
    for (name, shape) in shapes() {
        let text = shape(LENGTH);
        let clean = redact_within(&text, &mut Fuel::endless()).expect("endless");
        assert!(clean.secrets.len() <= text.len() / 4, "{name}: {} secrets", clean.secrets.len());
        assert!(clean.text.len() <= 10 * text.len(), "{name}: {} bytes", clean.text.len());
        assert_eq!(clean.text.matches('\n').count(), text.matches('\n').count(), "{name}");
    }
}

#[test]
fn reading_stops_when_the_fuel_is_used_up() {
    let text = repeated("token=BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", LENGTH);
    let whole = steps(&text);
    for part in [0, 1, whole / 7, whole / 2, whole - 1] {
        let mut fuel = Fuel::new(part);
        assert_eq!(Faq::builtin().diagnose_within(&text, &mut fuel).err(), Some(OutOfFuel));
        assert!(fuel.spent() <= part + u64::try_from(text.len()).expect("short"), "it stops at once");
    }
    let fuel = Fuel::endless();
    fuel.switch().store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(Faq::builtin().diagnose_within(&text, &mut fuel.clone()).is_err(), "cancelled");
}

#[test]
fn too_long_paste_is_reported_in_every_language() {
    let mut facts = facts(well("13:00:00"));
    facts.fuel = Fuel::new(100);
    for language in Language::all() {
        let mut asked = typed("diagnose", &[("error", &repeated("no healthy upstream ", 5_000))]);
        asked.language = language;
        assert_eq!(decide(&asked, &facts), Err(UserError(language.say("diagnose-too-much"))));
    }
    assert!(Language::ENGLISH.say("diagnose-too-much").starts_with("That is too much to read at once."));
}
