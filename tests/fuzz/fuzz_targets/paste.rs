//! Reading an arbitrary paste never panics, takes bounded work, keeps its line count, and reveals no secret with a known prefix.
//!
//! The input is a paste. A token with its issuer's prefix is planted into it, at an offset that the first byte chooses.
#![no_main]

use healthy_upstream::faq::{Faq, fuel::Fuel, redact::redact_within};
use libfuzzer_sys::fuzz_target;

const PLANTED: &str = "ghp_Zq3Wn8Rt5Yb2Lk7Vd4Xc9Mf6Hs1Jg0Pa2Tu8E";
/// The most steps per byte, as in tests/it/faq_bounds.rs, and a base allowance for short pastes.
const STEPS: u64 = 128;
const LEAST: u64 = 65_536;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let mut fuel = Fuel::new(length.saturating_mul(STEPS) + LEAST);
    let clean = redact_within(&text, &mut fuel).expect("redacting is linear");
    assert_eq!(clean.text.matches('\n').count(), text.matches('\n').count());
    let mut fuel = Fuel::new(length.saturating_mul(STEPS) + LEAST);
    let faq = Faq::builtin();
    let read = faq.diagnose_within(&text, &mut fuel).expect("diagnosing is linear");
    assert_eq!(read.secrets, clean.secrets);

    let at = data.first().map_or(0, |byte| usize::from(*byte) * text.len() / 256);
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let planted = format!("{} {PLANTED} {}", &text[..at], &text[at..]);
    let clean = redact_within(&planted, &mut Fuel::endless()).expect("endless");
    assert!(!clean.text.contains(PLANTED));
});
