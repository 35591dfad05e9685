//! A card to draw on, in points. A point is two pixels, so that the image stays sharp on high-resolution displays.

use tiny_skia::{
    Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Stroke,
    StrokeDash, Transform,
};

use super::colors::Rgb;
use super::{colors, fonts, indexed_png};

/// Pixels per point.
const SCALE: f32 = 2.0;
/// Points from a card's edge to its content, and a card's width. A phone shows 480 points without shrinking the words below
/// reading size.
pub(super) const MARGIN: f32 = 24.0;
pub(super) const WIDTH: f32 = 480.0;
/// How wide a plot is: 288 columns of three pixels each.
pub(super) const PLOT: f32 = WIDTH - 2.0 * MARGIN;
/// A card's height, at most: an image that is higher than two screens is no overview.
const HIGHEST: f32 = 1_400.0;
/// Pixels from one stripe of a hatch to the next, and the width of a stripe.
const HATCH: (u32, u32) = (8, 3);

/// On which side of its point a text is.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Right,
}

/// How a text is drawn: size in points, bold or not, colour.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub size: f32,
    pub bold: bool,
    pub colour: Rgb,
}

/// Points of card around a text, so that no line runs through it or up to it.
const AROUND: f32 = 3.0;

pub(super) struct Canvas {
    pixels: Pixmap,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are small and clamped at 0"
)]
fn whole(length: f32) -> u32 {
    (length * SCALE).round().max(0.0) as u32
}

impl Canvas {
    /// An empty card.
    pub(super) fn new(height: f32) -> Option<Self> {
        let height = height.min(HIGHEST);
        let mut canvas = Self { pixels: Pixmap::new(whole(WIDTH), whole(height))? };
        canvas.rounded(0.0, 0.0, WIDTH, height, 12.0, colors::EDGE);
        canvas.rounded(1.0, 1.0, WIDTH - 2.0, height - 2.0, 11.0, colors::CARD);
        Some(canvas)
    }

    /// The card as a PNG.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        indexed_png::png(&self.pixels)
    }

    fn fill(&mut self, path: &Path, colour: Rgb) {
        let mut paint = Paint::default();
        paint.set_color(colour.into());
        self.pixels.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// A rectangle on whole pixels, so that its edges are sharp and neighbours touch.
    pub(super) fn block(&mut self, x: f32, y: f32, w: f32, h: f32, colour: Rgb) {
        let (left, top, right, bottom) = (whole(x), whole(y), whole(x + w), whole(y + h));
        #[expect(clippy::cast_precision_loss, reason = "a card is a few thousand pixels")]
        let rect = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32);
        let Some(rect) = rect else { return };
        let mut paint = Paint { anti_alias: false, ..Paint::default() };
        paint.set_color(colour.into());
        self.pixels.fill_rect(rect, &paint, Transform::identity(), None);
    }

    /// Stripes over a rectangle, aligned with those of its neighbours.
    pub(super) fn hatch(&mut self, x: f32, y: f32, w: f32, h: f32, rising: bool) {
        let dark = Color::from(colors::CARD).premultiply().to_color_u8();
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let columns = whole(x)..whole(x + w).min(width);
        for row in whole(y)..whole(y + h).min(height) {
            for column in columns.clone() {
                let along = if rising { column + row } else { column + HATCH.0 * height - row };
                if along % HATCH.0 < HATCH.1 {
                    self.dot(column, row, dark);
                }
            }
        }
    }

    fn dot(&mut self, column: u32, row: u32, colour: PremultipliedColorU8) {
        let at = usize::try_from(row * self.pixels.width() + column).unwrap_or(usize::MAX);
        if let Some(pixel) = self.pixels.pixels_mut().get_mut(at) {
            *pixel = colour;
        }
    }

    #[expect(clippy::many_single_char_names, reason = "x, y, w, h and r are what geometry calls them")]
    pub(super) fn rounded(&mut self, x: f32, y: f32, w: f32, h: f32, r: f32, colour: Rgb) {
        let (left, top, right, bottom) = (x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE);
        let r = (r * SCALE).min((right - left) / 2.0).min((bottom - top) / 2.0);
        let mut path = PathBuilder::new();
        path.move_to(left + r, top);
        path.line_to(right - r, top);
        path.quad_to(right, top, right, top + r);
        path.line_to(right, bottom - r);
        path.quad_to(right, bottom, right - r, bottom);
        path.line_to(left + r, bottom);
        path.quad_to(left, bottom, left, bottom - r);
        path.line_to(left, top + r);
        path.quad_to(left, top, left + r, top);
        path.close();
        if let Some(path) = path.finish() {
            self.fill(&path, colour);
        }
    }

    /// A polygon.
    pub(super) fn shape(&mut self, corners: &[(f32, f32)], colour: Rgb) {
        let mut path = PathBuilder::new();
        for (n, (x, y)) in corners.iter().enumerate() {
            let (x, y) = (x * SCALE, y * SCALE);
            if n == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        if let Some(path) = path.finish() {
            self.fill(&path, colour);
        }
    }

    pub(super) fn disc(&mut self, x: f32, y: f32, r: f32, colour: Rgb) {
        if let Some(path) = PathBuilder::from_circle(x * SCALE, y * SCALE, r * SCALE) {
            self.fill(&path, colour);
        }
    }

    /// A line; `dash` is the length of its dashes, or `None` for a solid line.
    pub(super) fn line(
        &mut self,
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        dash: Option<f32>,
        colour: Rgb,
    ) {
        let mut path = PathBuilder::new();
        path.move_to(from.0 * SCALE, from.1 * SCALE);
        path.line_to(to.0 * SCALE, to.1 * SCALE);
        let mut paint = Paint::default();
        paint.set_color(colour.into());
        let stroke = Stroke {
            width: width * SCALE,
            line_cap: LineCap::Butt,
            dash: dash.and_then(|dash| StrokeDash::new(vec![dash * SCALE, dash * SCALE], 0.0)),
            ..Stroke::default()
        };
        if let Some(path) = path.finish() {
            self.pixels.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// A text on the baseline `y`.
    pub(super) fn text(&mut self, text: &str, x: f32, y: f32, align: Align, pen: Pen) {
        let width = fonts::width(text, pen.size);
        let left = match align {
            Align::Left => x,
            Align::Right => x - width,
        };
        let Some(path) = fonts::outline(text, left * SCALE, y * SCALE, pen.size * SCALE) else { return };
        self.fill(&path, pen.colour);
        if pen.bold {
            // 1/26 of its size thickens Noto Sans to about its semibold.
            self.trace(&path, pen.size / 26.0, pen.colour);
        }
    }

    /// A text with some of the card around it, for positions where lines may run.
    pub(super) fn text_over_lines(&mut self, text: &str, x: f32, y: f32, pen: Pen) {
        // Letters reach about 0.8 of their size above the baseline and 0.25 below it.
        let (above, height) = (0.8 * pen.size, 1.05 * pen.size);
        let width = fonts::width(text, pen.size) + 2.0 * AROUND;
        if width > 2.0 * AROUND {
            self.block(x - AROUND, y - above, width, height, colors::CARD);
        }
        self.text(text, x, y, Align::Left, pen);
    }

    fn trace(&mut self, path: &Path, width: f32, colour: Rgb) {
        let mut paint = Paint::default();
        paint.set_color(colour.into());
        let stroke = Stroke { width: width * SCALE, ..Stroke::default() };
        self.pixels.stroke_path(path, &paint, &stroke, Transform::identity(), None);
    }
}
