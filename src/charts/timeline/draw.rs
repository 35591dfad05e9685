//! Draws a timeline.

use super::{Lane, Timeline, TimelineMark, TimelineVoice};
use crate::charts::canvas::{Canvas, MARGIN, PLOT, WIDTH};
use crate::charts::chart::{Header, SMALL, axis, count, draw_legend, draw_name, legend_lines, place};
use crate::charts::{FillState, colors, fonts};

/// From the end of a header to the first name.
const BELOW_HEAD: f32 = 22.0;
const LANE: f32 = 48.0;
const BAR: f32 = 16.0;
const VOICE: f32 = 30.0;
const LINE: f32 = 16.0;
/// The width of a mark.
const MARK: f32 = 12.0;
/// Lines of labels below a voice, at most.
const LINES: usize = 3;
const LEGEND: f32 = 20.0;

impl Timeline {
    pub(in super::super) fn png(&self) -> Option<Vec<u8>> {
        let labels: Vec<_> = self.voices.iter().map(|voice| labelled(&voice.marks)).collect();
        let heights = labels.iter().map(|labels| {
            let lines = labels.iter().map(|(_, line, _)| line + 1).max().unwrap_or(0);
            VOICE + 14.0 + LINE * count(lines) + 8.0
        });
        let heights: Vec<f32> = heights.collect();
        let legend = legend_lines(&self.legend);
        let lines = legend.iter().map(|(_, line, ..)| line + 1).max().unwrap_or(0);
        let head = Header::new(&self.title, &self.note);
        let first = head.height() + BELOW_HEAD;
        let below = first + LANE * count(self.lanes.len());
        let bottom = below + heights.iter().sum::<f32>();
        let mut canvas = Canvas::new(bottom + 36.0 + LEGEND * count(lines) + MARGIN - 8.0)?;
        head.draw(&mut canvas);
        self.grid(&mut canvas, first - 6.0, bottom);
        for (n, lane) in self.lanes.iter().enumerate() {
            draw_lane(&mut canvas, lane, first + LANE * count(n));
        }
        let mut top = below;
        for ((voice, labels), height) in self.voices.iter().zip(&labels).zip(&heights) {
            draw_voice(&mut canvas, voice, labels, top);
            top += height;
        }
        axis(&mut canvas, &self.ticks, bottom);
        draw_legend(&mut canvas, &legend, bottom + 32.0);
        canvas.png()
    }

    fn grid(&self, canvas: &mut Canvas, top: f32, bottom: f32) {
        for tick in &self.ticks {
            canvas.block(place(tick.at) - 0.25, top, 0.5, bottom + 2.0 - top, colors::GROUND);
        }
        let (begin, end) = self.edges;
        for at in [Some(begin), end].into_iter().flatten() {
            let x = place(at);
            canvas.line((x, top), (x, bottom + 2.0), 1.0, Some(3.0), colors::GRID);
        }
    }
}

fn draw_lane(canvas: &mut Canvas, lane: &Lane, top: f32) {
    draw_name(canvas, &lane.name, &lane.times, top + 11.0);
    let top = top + 19.0;
    canvas.rounded(MARGIN - 3.0, top, PLOT + 6.0, BAR, 4.0, colors::GROUND);
    for span in &lane.spans {
        let (from, until) = (place(span.from), place(span.until));
        let width = (until - from).max(3.0);
        // Height shows the state too: a slowdown is a thinner bar.
        let height = match span.state {
            FillState::Bad => BAR,
            FillState::Part | FillState::Work => 10.0,
            _ => 4.0,
        };
        let y = top + BAR - height;
        canvas.block(from, y, width, height, span.state.colour());
        if let Some(rising) = span.state.hatch() {
            canvas.hatch(from, y + 1.5, width, height - 1.5, rising);
        }
        if span.open {
            let (x, middle) = (from + width, top + BAR / 2.0);
            let tip = [(x, top - 2.0), (x + 9.0, middle), (x, top + BAR + 2.0)];
            canvas.shape(&tip, span.state.colour());
        }
    }
}

fn draw_voice(canvas: &mut Canvas, voice: &TimelineVoice, labels: &[(f32, usize, &str)], top: f32) {
    draw_name(canvas, &voice.name, &voice.note, top + 11.0);
    let line = top + VOICE;
    canvas.line((MARGIN, line), (WIDTH - MARGIN, line), 1.0, None, colors::GRID);
    // If two marks would overlap, only the first is drawn, because people want the first; the labels name both.
    let mut drawn = f32::MIN;
    for mark in &voice.marks {
        let x = place(mark.at);
        if (x - drawn).abs() >= MARK {
            draw_mark(canvas, mark.state, x, line);
            drawn = x;
        }
    }
    for (left, row, label) in labels {
        canvas.text_over_lines(label, *left, line + 22.0 + LINE * count(*row), SMALL);
    }
}

fn draw_mark(canvas: &mut Canvas, state: FillState, x: f32, y: f32) {
    const R: f32 = MARK / 2.0;
    match state {
        FillState::Good => {
            canvas.disc(x, y, R + 1.0, colors::CARD);
            canvas.disc(x, y, R - 0.5, state.colour());
        }
        FillState::Bad => {
            let triangle = |r: f32| [(x - r, y - r * 0.8), (x + r, y - r * 0.8), (x, y + r)];
            canvas.shape(&triangle(R + 2.0), colors::CARD);
            canvas.shape(&triangle(R), state.colour());
        }
        _ => {
            let diamond = |r: f32| [(x - r, y), (x, y - r), (x + r, y), (x, y + r)];
            canvas.shape(&diamond(R + 1.5), colors::CARD);
            canvas.shape(&diamond(R), state.colour());
        }
    }
}

/// The position of each label: its left edge and its line. A label without room is left out; its mark stays.
fn labelled(marks: &[TimelineMark]) -> Vec<(f32, usize, &str)> {
    let mut free = [0.0_f32; LINES];
    let mut placed = Vec::new();
    for mark in marks {
        let width = fonts::width(&mark.label, SMALL.size);
        let left = (place(mark.at) - width / 2.0).clamp(MARGIN, (WIDTH - MARGIN - width).max(MARGIN));
        if let Some(line) = free.iter().position(|free| *free <= left) {
            free[line] = left + width + 10.0;
            placed.push((left, line, mark.label.as_str()));
        }
    }
    placed
}
