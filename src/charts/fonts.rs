//! The fonts: Noto Sans, and the part of Noto Sans JP that our Japanese charts need. Both have the SIL Open Font License 1.1.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, Point};
use tiny_skia::{Path, PathBuilder};

/// Their tables are parsed at the first chart; the glyphs stay in the binary. A character is drawn in the first font that has
/// it. `font/subset.sh` makes the second one.
static FACES: LazyLock<Vec<FontRef<'static>>> = LazyLock::new(|| {
    let fonts = [notosans::REGULAR_TTF, include_bytes!("font/noto-sans-jp.ttf")];
    fonts.into_iter().filter_map(|font| FontRef::try_from_slice(font).ok()).collect()
});

/// The character's glyph, in the first font that has it.
fn glyph(character: char) -> Option<(&'static FontRef<'static>, GlyphId)> {
    FACES.iter().map(|face| (face, face.glyph_id(character))).find(|(_, glyph)| *glyph != GlyphId(0))
}

/// Returns whether every character can be drawn.
pub(super) fn can_write(text: &str) -> bool {
    text.chars().all(|character| glyph(character).is_some())
}

/// One letter: its font, its glyph, and its distance from the text's left edge, at size 1.
struct Letter {
    face: &'static FontRef<'static>,
    glyph: GlyphId,
    at: f32,
}

/// A length in the font's own units, at size 1.
fn scale(face: &FontRef<'static>) -> f32 {
    1.0 / face.units_per_em().unwrap_or(1_000.0) // 1,000 units an em: what most fonts of this form have
}

/// The letters of a text, and its width at size 1. A character without glyph is the first font's box.
fn letters(text: &str) -> (Vec<Letter>, f32) {
    let mut at = 0.0;
    let mut placed: Vec<Letter> = Vec::new();
    for character in text.chars() {
        let Some((face, glyph)) = glyph(character).or_else(|| Some((FACES.first()?, GlyphId(0)))) else {
            continue;
        };
        if let Some(before) = placed.last().filter(|before| std::ptr::eq(before.face, face)) {
            at += face.kern_unscaled(before.glyph, glyph) * scale(face);
        }
        placed.push(Letter { face, glyph, at });
        at += face.h_advance_unscaled(glyph) * scale(face);
    }
    (placed, at)
}

pub(super) fn width(text: &str, size: f32) -> f32 {
    letters(text).1 * size
}

/// A text cut to a width, with an ellipsis if it was cut.
pub(super) fn cut(text: &str, size: f32, most: f32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut stored = text.to_owned();
    while stored.pop().is_some() {
        let short = format!("{}…", stored.trim_end());
        if width(&short, size) <= most {
            return short;
        }
    }
    String::new()
}

/// A text in at most `lines` lines, none wider than `most`; the rest is cut.
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

/// The outlines of a text whose first letter starts at `x` on the baseline `y`.
pub(super) fn outline(text: &str, x: f32, y: f32, size: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    for Letter { face, glyph, at } in letters(text).0 {
        let Some(outline) = face.outline(glyph) else { continue };
        let scale = scale(face) * size;
        let place = |p: Point| (x + at * size + p.x * scale, y - p.y * scale);
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
    fn they_write_our_languages_and_know_what_they_cannot_write() {
        assert!(can_write("Störung größtenteils behoben · último año · être · não · “…” –"));
        assert!(can_write("Spotify、直近24時間 ウェブ API"));
        assert!(!can_write("장애") && !can_write("鬱"));
        assert!(width("Web API", 13.0) > width("Web", 13.0));
    }

    /// All our messages that may be in a chart, in one language.
    fn words_of_images(tag: &str) -> String {
        let file = |area: &str| {
            let path = format!("src/i18n/{tag}/{area}.ftl");
            std::fs::read_to_string(path).expect("a file of words")
        };
        let named = |area: &str, kinds: &[&str]| -> String {
            let text = file(area);
            text.lines().filter(|line| kinds.iter().any(|kind| line.starts_with(kind))).collect()
        };
        let whole: String = ["charts", "time"]
            .map(|area| file(area).lines().filter(|line| !line.starts_with('#')).collect::<String>())
            .concat();
        whole + &named("health", &["level-", "state-", "from-", "list-"]) + &named("replies", &["window-"])
    }

    #[test]
    fn every_chart_character_has_a_glyph_in_every_language() {
        for language in crate::i18n::Language::all() {
            let lacks: String =
                words_of_images(language.tag()).chars().filter(|c| !can_write(&c.to_string())).collect();
            assert!(lacks.is_empty(), "{language:?}: no glyph for {lacks}; see font/subset.sh");
        }
    }

    #[test]
    fn long_name_is_cut_with_an_ellipsis() {
        let name = cut("An exceedingly long name of a service", 13.0, 100.0);
        assert!(name.ends_with('…') && width(&name, 13.0) <= 100.0, "{name}");
        assert_eq!(cut("short", 13.0, 100.0), "short");
        let lines =
            wrap("Web API, Login & tokens and Web player: down for 3 h 25 min and more", 13.0, 200.0, 2);
        assert_eq!(lines, ["Web API, Login & tokens and", "Web player: down for 3 h 25 m…"]);
    }
}
