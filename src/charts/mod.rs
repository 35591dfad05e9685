//! Charts of service uptime: the 24-hour strip, days of uptime, one outage as a timeline. Numbers in, PNG out.
//!
//! A chart is first a [`ChartSpec`]: plain data that already contains every word. It is small, and it can be compared and hashed.
//! Two people who ask within the same five minutes get equal ones, so that a cache renders once. State is shown by colour, by
//! height and by pattern, so that it is readable in grey and by colour-blind eyes. A chart has its own dark card and is legible
//! on Discord's light and dark themes.

mod canvas;
mod chart;
mod colors;
mod counting;
mod fonts;
mod indexed_png;
mod strip;
mod timeline;
mod uptime;
mod wording;

use serde::{Deserialize, Serialize};

pub use chart::{Chart, ChartColumn, ChartRow, Tick};
pub use colors::FillState;
pub use strip::strip;
pub use timeline::{Lane, LaneSpan, Timeline, TimelineMark, TimelineVoice, timeline};
pub use uptime::uptime;

/// Size of a PNG in bytes, at most: quick on a phone, far below the 10 MiB that Discord accepts.
pub const BYTES: usize = 100 * 1024;

/// The content of a chart, before it is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartSpec {
    /// Rows of columns: the strip and the days of uptime.
    Chart(Chart),
    Timeline(Timeline),
}

impl ChartSpec {
    /// The PNG; equal specs give the same bytes. `None` if it could not be rendered: the message is then sent without it.
    pub fn png(&self) -> Option<Vec<u8>> {
        match self {
            Self::Chart(chart) => chart.png(),
            Self::Timeline(timeline) => timeline.png(),
        }
    }

    /// The alt text.
    pub fn alt(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.alt,
            Self::Timeline(timeline) => &timeline.alt,
        }
    }
}

/// A position between the left edge of a plot (0) and its right edge ([`WHOLE`]).
pub type AxisPosition = u16;

/// The right edge of a plot. It is finer than any plot's pixels, so that a spec needs only whole numbers.
pub const WHOLE: AxisPosition = 10_000;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn size(bytes: &[u8]) -> (u32, u32) {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("whole");
        (info.width, info.height)
    }

    fn any_state() -> impl Strategy<Value = FillState> {
        use FillState::{Bad, Good, Part, Unseen, Work};
        prop::sample::select(vec![Unseen, Good, Part, Bad, Work])
    }

    /// Words that people, operators and pages might write, in scripts that the fonts have and in others.
    fn any_words() -> impl Strategy<Value = String> {
        prop_oneof!["[A-Za-z0-9 &,.–·…]{0,60}", "\\PC{0,40}", Just("障害".to_owned()), Just(String::new())]
    }

    fn any_ticks() -> impl Strategy<Value = Vec<Tick>> {
        let tick = (any::<AxisPosition>(), any_words()).prop_map(|(at, label)| Tick { at, label });
        prop::collection::vec(tick, 0..10)
    }

    fn any_legend() -> impl Strategy<Value = Vec<(FillState, String)>> {
        prop::collection::vec((any_state(), any_words()), 0..5)
    }

    fn any_chart() -> impl Strategy<Value = ChartSpec> {
        let column = (any_state(), any::<u8>()).prop_map(|(state, height)| ChartColumn { state, height });
        let columns = prop::collection::vec(column, 0..300);
        let row = (any_words(), any_words(), columns);
        let row = row.prop_map(|(name, share, columns)| ChartRow { name, share, columns });
        let rows = prop::collection::vec(row, 0..14);
        (any_words(), any_words(), rows, any_ticks(), any_legend()).prop_map(
            |(title, note, rows, ticks, legend)| {
                ChartSpec::Chart(Chart { title, note, rows, ticks, legend, alt: String::new() })
            },
        )
    }

    fn any_timeline() -> impl Strategy<Value = ChartSpec> {
        let span = (any::<AxisPosition>(), any::<AxisPosition>(), any_state(), any::<bool>());
        let span = span.prop_map(|(from, until, state, open)| LaneSpan { from, until, state, open });
        let lane = (any_words(), any_words(), prop::collection::vec(span, 0..8));
        let lane = lane.prop_map(|(name, times, spans)| Lane { name, times, spans });
        let mark = (any::<AxisPosition>(), any_words(), any_state());
        let mark = mark.prop_map(|(at, label, state)| TimelineMark { at, label, state });
        let voice = (any_words(), any_words(), prop::collection::vec(mark, 0..60));
        let voice = voice.prop_map(|(name, note, marks)| TimelineVoice { name, note, marks });
        let lanes = prop::collection::vec(lane, 0..14);
        let voices = prop::collection::vec(voice, 0..3);
        let edges = (any::<AxisPosition>(), any::<Option<AxisPosition>>());
        (any_words(), any_words(), lanes, voices, any_ticks(), edges, any_legend()).prop_map(
            |(title, note, lanes, voices, ticks, edges, legend)| {
                let alt = String::new();
                ChartSpec::Timeline(Timeline { title, note, lanes, voices, ticks, edges, legend, alt })
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn any_numbers_make_a_small_and_deterministic_chart(
            drawing in prop_oneof![any_chart(), any_timeline()],
        ) {
            let png = drawing.png().expect("drawn");
            let (width, height) = size(&png);
            prop_assert_eq!(width, 960);
            prop_assert!((100..=2_800).contains(&height), "{} high", height);
            prop_assert!(png.len() <= BYTES, "{} bytes", png.len());
            prop_assert_eq!(drawing.png().expect("drawn again"), png);
        }
    }
}
