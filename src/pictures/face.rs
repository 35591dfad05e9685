//! The one font: Noto Sans, under the SIL Open Font License 1.1.
//!
//! Never: no system font; a script that the font lacks is not drawn as boxes but said in other words.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, Point};
use tiny_skia::{Path, PathBuilder};

/// Its tables are found at the first picture; the letters stay in the binary.
static FACE: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(notosans::REGULAR_TTF).ok());

/// Whether every character can be drawn.
pub(super) fn can_write(text: &str) -> bool {
    FACE.as_ref().is_some_and(|face| text.chars().all(|c| face.glyph_id(c) != GlyphId(0)))
}

/// Letters with the place of each, in the font's own units.
fn letters(face: &FontRef<'static>, text: &str) -> (Vec<(GlyphId, f32)>, f32) {
    let mut at = 0.0;
    let mut placed = Vec::new();
    let mut before = None;
    for glyph in text.chars().map(|c| face.glyph_id(c)) {
        if let Some(before) = before {
            at += face.kern_unscaled(before, glyph);
        }
        placed.push((glyph, at));
        at += face.h_advance_unscaled(glyph);
        before = Some(glyph);
    }
    (placed, at)
}

fn scale(face: &FontRef<'static>, size: f32) -> f32 {
    size / face.units_per_em().unwrap_or(1_000.0) // 1,000 units an em: what Noto Sans has
}

/// How wide a text is.
pub(super) fn width(text: &str, size: f32) -> f32 {
    FACE.as_ref().map_or(0.0, |face| letters(face, text).1 * scale(face, size))
}

/// A text cut to a width, with a sign that it was.
pub(super) fn cut(text: &str, size: f32, most: f32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() {
        let short = format!("{}…", kept.trim_end());
        if width(&short, size) <= most {
            return short;
        }
    }
    String::new()
}

/// A text in lines no wider than `most`; what does not fit into `lines` of them is cut.
pub(super) fn wrap(text: &str, size: f32, most: f32, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = wrapped.len() >= lines;
        match wrapped.last_mut() {
            Some(line) if full || width(&format!("{line} {word}"), size) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => wrapped.push(word.to_owned()),
        }
    }
    wrapped.iter().map(|line| cut(line, size, most)).collect()
}

/// The outlines of a text whose first letter stands at `x` on the line `y`.
pub(super) fn outline(text: &str, x: f32, y: f32, size: f32) -> Option<Path> {
    let face = FACE.as_ref()?;
    let scale = scale(face, size);
    let mut path = PathBuilder::new();
    for (glyph, at) in letters(face, text).0 {
        let Some(outline) = face.outline(glyph) else { continue };
        let place = |p: Point| (x + (at + p.x) * scale, y - p.y * scale);
        let mut pen = None;
        for curve in &outline.curves {
            let (from, to) = match *curve {
                OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => {
                    (a, b)
                }
            };
            if pen != Some(from) {
                if pen.is_some() {
                    path.close();
                }
                let (x, y) = place(from);
                path.move_to(x, y);
            }
            let (x, y) = place(to);
            match *curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, a, _) => path.quad_to(place(a).0, place(a).1, x, y),
                OutlineCurve::Cubic(_, a, b, _) => {
                    path.cubic_to(place(a).0, place(a).1, place(b).0, place(b).1, x, y);
                }
            }
            pen = Some(to);
        }
        if pen.is_some() {
            path.close();
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_the_languages_of_europe_and_knows_what_it_cannot_write() {
        assert!(can_write("Störung größtenteils behoben · último año · être · não · “…” –"));
        assert!(!can_write("障害"));
        assert!(width("Web API", 13.0) > width("Web", 13.0));
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let name = cut("An exceedingly long name of a service", 13.0, 100.0);
        assert!(name.ends_with('…') && width(&name, 13.0) <= 100.0, "{name}");
        assert_eq!(cut("short", 13.0, 100.0), "short");
        let lines =
            wrap("Web API, Login & tokens and Web player: down for 3 h 25 min and more", 13.0, 200.0, 2);
        assert_eq!(lines, ["Web API, Login & tokens and", "Web player: down for 3 h 25 m…"]);
    }
}
