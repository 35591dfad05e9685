//! Rows of columns below one another: the common part of the 24-hour strip and the days of uptime.

use serde::{Deserialize, Serialize};

use super::canvas::{Align, Canvas, MARGIN, PLOT, Pen, WIDTH};
use super::{AxisPosition, FillState, WHOLE, colors, fonts};

/// Rows of one chart, at most: more would not be an overview.
pub(super) const ROWS: usize = 10;
/// Columns of a row, at most: one day in steps of five minutes, three pixels each.
const COLUMNS: usize = 288;
/// Up to this many columns there is a gap between two.
const APART: usize = 100;

/// Columns of at least this width are hatched.
const HATCHED: f32 = 3.0;

const ROW: f32 = 72.0;
const BARS: f32 = 34.0;
/// From the end of a header to the first name.
const BELOW_HEAD: f32 = 22.0;
const AXIS: f32 = 20.0;
const LEGEND: f32 = 20.0;

/// Services as rows, each with its columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chart {
    pub title: String,
    /// What was counted, and how to read it.
    pub note: String,
    pub rows: Vec<ChartRow>,
    /// The axis labels below the columns.
    pub ticks: Vec<Tick>,
    /// What each state means.
    pub legend: Vec<(FillState, String)>,
    /// The alt text.
    pub alt: String,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChartRow {
    pub name: String,
    /// Its share: `99.85 %`.
    pub share: String,
    /// Its columns, oldest first; at most 288 are drawn.
    pub columns: Vec<ChartColumn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChartColumn {
    pub state: FillState,
    /// Its height in per cent of the row.
    pub height: u8,
}

impl From<FillState> for ChartColumn {
    fn from(state: FillState) -> Self {
        Self { state, height: state.height() }
    }
}

/// A mark on the axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tick {
    pub at: AxisPosition,
    /// The label.
    pub label: String,
}

pub(super) const TITLE: Pen = Pen { size: 17.0, bold: true, colour: colors::WORDS };
pub(super) const NOTE: Pen = Pen { size: 12.0, bold: false, colour: colors::ASIDE };
pub(super) const NAME: Pen = Pen { size: 14.0, bold: true, colour: colors::WORDS };
pub(super) const NUMBER: Pen = Pen { size: 14.0, bold: false, colour: colors::WORDS };
pub(super) const SMALL: Pen = Pen { size: 11.5, bold: false, colour: colors::ASIDE };

impl Chart {
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        let rows = &self.rows[..self.rows.len().min(ROWS)];
        let legend = legend_lines(&self.legend);
        let lines = legend.iter().map(|(_, line, ..)| line + 1).max().unwrap_or(0);
        let head = Header::new(&self.title, &self.note);
        let first = head.height() + BELOW_HEAD;
        let bottom = first + ROW * count(rows.len()) - (ROW - BARS - 24.0) + AXIS;
        let mut canvas = Canvas::new(bottom + 16.0 + LEGEND * count(lines) + MARGIN - 6.0)?;
        head.draw(&mut canvas);
        for (n, row) in rows.iter().enumerate() {
            let top = first + ROW * count(n);
            draw_name(&mut canvas, &row.name, &row.share, top + 12.0);
            draw_columns(&mut canvas, &row.columns, &self.ticks, top + 24.0);
        }
        axis(&mut canvas, &self.ticks, bottom - AXIS);
        draw_legend(&mut canvas, &legend, bottom + 16.0);
        canvas.png()
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows and columns are counted in hundreds")]
pub(super) fn count(n: usize) -> f32 {
    n as f32
}

pub(super) fn place(at: AxisPosition) -> f32 {
    MARGIN + PLOT * f32::from(at.min(WHOLE)) / f32::from(WHOLE)
}

/// Title and note.
pub(super) struct Header {
    title: Vec<String>,
    note: Vec<String>,
}

/// From one line of a title to the next, and from one of a note to the next.
const TITLE_LINE: f32 = 22.0;
const NOTE_LINE: f32 = 17.0;

impl Header {
    pub(super) fn new(title: &str, note: &str) -> Self {
        Self { title: fonts::wrap(title, TITLE.size, PLOT, 2), note: fonts::wrap(note, NOTE.size, PLOT, 2) }
    }

    /// The last line of its note.
    pub(super) fn height(&self) -> f32 {
        self.first_of_note() + NOTE_LINE * count(self.note.len().saturating_sub(1))
    }

    fn first_of_note(&self) -> f32 {
        34.0 + TITLE_LINE * count(self.title.len())
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        for (n, line) in self.title.iter().enumerate() {
            canvas.text(line, MARGIN, 37.0 + TITLE_LINE * count(n), Align::Left, TITLE);
        }
        for (n, line) in self.note.iter().enumerate() {
            canvas.text(line, MARGIN, self.first_of_note() + NOTE_LINE * count(n), Align::Left, NOTE);
        }
    }
}

pub(super) fn draw_name(canvas: &mut Canvas, name: &str, number: &str, line: f32) {
    let number = fonts::cut(number, NUMBER.size, PLOT / 2.0);
    let left = PLOT - fonts::width(&number, NUMBER.size) - 12.0;
    canvas.text_over_lines(&fonts::cut(name, NAME.size, left), MARGIN, line, NAME);
    canvas.text(&number, WIDTH - MARGIN, line, Align::Right, NUMBER);
}

fn draw_columns(canvas: &mut Canvas, columns: &[ChartColumn], ticks: &[Tick], top: f32) {
    let columns = &columns[columns.len().saturating_sub(COLUMNS)..];
    canvas.rounded(MARGIN - 3.0, top - 3.0, PLOT + 6.0, BARS + 6.0, 4.0, colors::GROUND);
    for tick in ticks {
        canvas.block(place(tick.at) - 0.25, top - 3.0, 0.5, BARS + 6.0, colors::GRID);
    }
    let edge = |n: usize| MARGIN + (PLOT * 2.0 * count(n) / count(columns.len())).round() / 2.0;
    let gap = if columns.len() <= APART { 1.0 } else { 0.0 };
    let mut from = 0;
    while let Some(column) = columns.get(from) {
        // Equal neighbours without a gap are one block, and dots run on over gaps.
        let same = columns[from..].iter().take_while(|next| *next == column).count();
        let joined = gap == 0.0 || column.state == FillState::Unseen;
        let until = if joined { from + same } else { from + 1 };
        draw_column(canvas, *column, (edge(from), top), edge(until) - edge(from) - gap);
        from = until;
    }
}

fn draw_column(canvas: &mut Canvas, column: ChartColumn, (x, top): (f32, f32), width: f32) {
    let width = width.max(0.5);
    let bottom = top + BARS;
    if column.state == FillState::Unseen {
        let y = bottom - 4.0;
        let (mut dot, end) = ((x / 6.0).ceil() * 6.0, x + width);
        while dot + 2.0 <= end {
            canvas.block(dot, y, 2.0, 2.0, FillState::Unseen.colour());
            dot += 6.0;
        }
        return;
    }
    let height = (BARS * f32::from(column.height.min(100)) / 100.0).max(3.0);
    canvas.block(x, bottom - height, width, height, column.state.colour());
    // A column of five minutes would be nothing but gap.
    if let Some(rising) = column.state.hatch().filter(|_| width >= HATCHED) {
        // Its upper edge stays whole, so that its height can be read.
        canvas.hatch(x, bottom - height + 2.0, width, height - 2.0, rising);
    }
}

pub(super) fn axis(canvas: &mut Canvas, ticks: &[Tick], bottom: f32) {
    let mut free = 0.0_f32;
    for tick in ticks {
        let width = fonts::width(&tick.label, SMALL.size);
        let left = (place(tick.at) - width / 2.0).clamp(MARGIN - 3.0, WIDTH - MARGIN + 3.0 - width);
        if left < free {
            continue; // it would overlap its neighbour
        }
        canvas.text(&tick.label, left, bottom + 17.0, Align::Left, SMALL);
        free = left + width + 8.0;
    }
}

/// The layout of the legend: state, line, left edge, words.
pub(super) type Legend = Vec<(FillState, usize, f32, String)>;

pub(super) fn legend_lines(legend: &[(FillState, String)]) -> Legend {
    let (mut line, mut x) = (0, 0.0);
    let mut placed = Vec::new();
    for (state, words) in legend {
        let words = fonts::cut(words, SMALL.size, PLOT - 20.0);
        let width = 20.0 + fonts::width(&words, SMALL.size);
        if x > 0.0 && x + width > PLOT {
            (line, x) = (line + 1, 0.0);
        }
        placed.push((*state, line, x, words));
        x += width + 16.0;
    }
    placed
}

pub(super) fn draw_legend(canvas: &mut Canvas, legend: &Legend, top: f32) {
    for (state, line, x, words) in legend {
        let (x, base) = (MARGIN + x, top + LEGEND * count(*line) + 12.0);
        swatch(canvas, *state, x, base);
        canvas.text(words, x + 20.0, base - 0.5, Align::Left, SMALL);
    }
}

fn swatch(canvas: &mut Canvas, state: FillState, x: f32, base: f32) {
    canvas.block(x, base - 13.0, 14.0, 14.0, colors::GROUND);
    if state == FillState::Unseen {
        for dot in [1.0, 6.0, 11.0] {
            canvas.block(x + dot, base - 3.0, 2.0, 2.0, state.colour());
        }
        return;
    }
    let height = (14.0 * f32::from(state.height()) / 100.0).round();
    canvas.block(x, base + 1.0 - height, 14.0, height, state.colour());
    if let Some(rising) = state.hatch() {
        canvas.hatch(x, base + 2.0 - height, 14.0, height - 1.0, rising);
    }
}
