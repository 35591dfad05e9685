//! The few colours, and how each state is drawn.

use serde::{Deserialize, Serialize};
use tiny_skia::Color;

/// The state of a column or a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillState {
    /// Unknown: a dotted line.
    Unseen,
    /// Every check succeeded: low and plain.
    Good,
    /// Slow, or failing in part: half-high and hatched.
    Part,
    /// Failing: full height and plain.
    Bad,
    /// Maintenance: half-high, hatched the other way.
    Work,
}

impl FillState {
    /// The height in per cent, if nothing finer is known.
    pub fn height(self) -> u8 {
        match self {
            Self::Unseen => 12,
            Self::Good => 30,
            Self::Part | Self::Work => 62,
            Self::Bad => 100,
        }
    }

    pub(super) fn colour(self) -> Rgb {
        match self {
            Self::Unseen => UNSEEN,
            Self::Good => GOOD,
            Self::Part => PART,
            Self::Bad => BAD,
            Self::Work => WORK,
        }
    }

    /// The direction of its hatch: rising, falling, or no hatch.
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
pub(super) struct Rgb(u8, u8, u8);

impl From<Rgb> for Color {
    fn from(Rgb(r, g, b): Rgb) -> Self {
        Self::from_rgba8(r, g, b, u8::MAX)
    }
}

// The hues for good, part, bad and maintenance are from Okabe and Ito's palette for colour-blind eyes (bluish green, orange,
// vermillion, sky blue). Good is darker than the rest, so that trouble is also visible in grey.
const GOOD: Rgb = Rgb(0x1d, 0x90, 0x69);
const PART: Rgb = Rgb(0xf2, 0xb4, 0x3c);
const BAD: Rgb = Rgb(0xff, 0x6a, 0x4d);
const WORK: Rgb = Rgb(0x6a, 0xb8, 0xf0);
const UNSEEN: Rgb = Rgb(0x8b, 0x91, 0x9e);

/// The card, its edge, and the background of a row.
pub(super) const CARD: Rgb = Rgb(0x1c, 0x1e, 0x24);
pub(super) const EDGE: Rgb = Rgb(0x3b, 0x3f, 0x4a);
pub(super) const GROUND: Rgb = Rgb(0x26, 0x29, 0x31);
pub(super) const GRID: Rgb = Rgb(0x3a, 0x3e, 0x49);
/// Words: primary and secondary.
pub(super) const WORDS: Rgb = Rgb(0xf2, 0xf3, 0xf5);
pub(super) const ASIDE: Rgb = Rgb(0xb0, 0xb5, 0xbf);

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [FillState; 5] =
        [FillState::Unseen, FillState::Good, FillState::Part, FillState::Bad, FillState::Work];

    /// Red, green and blue as linear light.
    type Light = [f64; 3];

    /// How eyes see a colour: with all cones, without one kind of cone, or without any. The matrices for protanopia, deuteranopia
    /// and tritanopia are from Machado, Oliveira and Fernandes (2009). Grey is what WCAG calls relative luminance.
    const EYES: [(&str, [Light; 3]); 5] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
        ("achromatopsia", [GREY, GREY, GREY]),
    ];
    const GREY: Light = [0.2126, 0.7152, 0.0722];

    fn dot(a: Light, b: Light) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn seen(Rgb(r, g, b): Rgb, eyes: [Light; 3]) -> Light {
        // The sRGB transfer function (IEC 61966-2-1).
        let light = |channel: u8| match f64::from(channel) / 255.0 {
            dark if dark <= 0.040_45 => dark / 12.92,
            bright => ((bright + 0.055) / 1.055).powf(2.4),
        };
        let light = [r, g, b].map(light);
        eyes.map(|row| dot(row, light).clamp(0.0, 1.0))
    }

    /// WCAG 2.1's contrast ratio.
    fn contrast(one: Light, other: Light) -> f64 {
        let (one, other) = (dot(one, GREY), dot(other, GREY));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// CIE 1976 L*a*b* under D65.
    fn lab(light: Light) -> Light {
        let xyz = [[0.4124, 0.3576, 0.1805], GREY, [0.0193, 0.1192, 0.9505]].map(|row| dot(row, light));
        let root = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let [x, y, z] = [root(xyz[0] / 0.950_47), root(xyz[1]), root(xyz[2] / 1.088_83)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn each_state_differs_from_each_other_in_height_or_pattern() {
        for (n, one) in ALL.iter().enumerate() {
            for other in &ALL[n + 1..] {
                let apart = one.height().abs_diff(other.height()) >= 15 || one.hatch() != other.hatch();
                assert!(apart, "{one:?} and {other:?} look the same in grey");
            }
        }
    }

    #[test]
    fn each_state_stands_out_for_every_color_vision() {
        for (name, eyes) in EYES {
            for state in ALL {
                for ground in [CARD, GROUND] {
                    // WCAG 2.1 requires 3 : 1 for graphics (1.4.11).
                    let ratio = contrast(seen(state.colour(), eyes), seen(ground, eyes));
                    assert!(ratio >= 3.0, "{name}: {state:?} stands out by {ratio:.1} only");
                }
            }
            for words in [WORDS, ASIDE] {
                // WCAG 2.1 requires 4.5 : 1 for text (1.4.3).
                let ratio = contrast(seen(words, eyes), seen(CARD, eyes));
                assert!(ratio >= 4.5, "{name}: words stand out by {ratio:.1} only");
            }
        }
    }

    #[test]
    fn bad_states_differ_from_good_for_every_color_vision() {
        for (name, eyes) in EYES {
            for state in [FillState::Part, FillState::Bad, FillState::Work] {
                let (good, other) = (lab(seen(GOOD, eyes)), lab(seen(state.colour(), eyes)));
                let apart = good.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                // An eye just notices a difference of 2.3; four times that is visible at a glance.
                assert!(apart >= 9.2, "{name}: {state:?} is {apart:.1} from the good");
            }
        }
    }
}
