//! The few colours, and what each state looks like.
//!
//! Never: no state that differs from another by colour alone.

use serde::{Deserialize, Serialize};
use tiny_skia::Color;

/// How a column or a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is known: a dotted line.
    Unseen,
    /// Every look got through: low and plain.
    Good,
    /// Slow, or failing in part: half-high and hatched.
    Part,
    /// Failing: full height and plain.
    Bad,
    /// Announced work: half-high, hatched the other way.
    Work,
}

impl State {
    /// Its height where nothing finer is known, in per cent.
    pub fn height(self) -> u8 {
        match self {
            Self::Unseen => 12,
            Self::Good => 30,
            Self::Part | Self::Work => 62,
            Self::Bad => 100,
        }
    }

    pub(super) fn colour(self) -> Ink {
        match self {
            Self::Unseen => UNSEEN,
            Self::Good => GOOD,
            Self::Part => PART,
            Self::Bad => BAD,
            Self::Work => WORK,
        }
    }

    /// Which way it is hatched: rising, falling or not at all.
    pub(super) fn hatch(self) -> Option<bool> {
        match self {
            Self::Part => Some(true),
            Self::Work => Some(false),
            _ => None,
        }
    }
}

/// A colour: red, green, blue.
#[derive(Clone, Copy)]
pub(super) struct Ink(u8, u8, u8);

impl From<Ink> for Color {
    fn from(Ink(r, g, b): Ink) -> Self {
        Self::from_rgba8(r, g, b, u8::MAX)
    }
}

// The hues of the good, the half and the bad are those of Okabe and Ito's palette for colour-blind eyes (bluish green,
// orange, vermillion, sky blue), lightened for a dark ground: each has a contrast of at least 4.5 : 1 on the card, what
// WCAG 2.1 asks of text.
const GOOD: Ink = Ink(0x2a, 0xb8, 0x88);
const PART: Ink = Ink(0xf2, 0xb4, 0x3c);
const BAD: Ink = Ink(0xff, 0x6a, 0x4d);
const WORK: Ink = Ink(0x6a, 0xb8, 0xf0);
const UNSEEN: Ink = Ink(0x8b, 0x91, 0x9e);

/// The card, its edge, and the ground of a row.
pub(super) const CARD: Ink = Ink(0x1c, 0x1e, 0x24);
pub(super) const EDGE: Ink = Ink(0x3b, 0x3f, 0x4a);
pub(super) const GROUND: Ink = Ink(0x26, 0x29, 0x31);
pub(super) const GRID: Ink = Ink(0x3a, 0x3e, 0x49);
/// Words: what matters, and what is beside it.
pub(super) const WORDS: Ink = Ink(0xf2, 0xf3, 0xf5);
pub(super) const ASIDE: Ink = Ink(0xb0, 0xb5, 0xbf);
