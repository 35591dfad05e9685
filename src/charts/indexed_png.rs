//! Encodes pixels as a PNG with a palette: half the bytes, and a quarter of the memory, of a PNG with each pixel's colour.

use std::collections::BTreeMap;

use tiny_skia::{ColorU8, Pixmap, PremultipliedColorU8};

/// Red, green, blue, opacity.
type Rgba = [u8; 4];

/// Colours in a PNG's palette, at most (PNG specification, 11.2.2).
const COLOURS: usize = 256;
/// Masks that merge similar colours, finest first. The coarsest leaves four steps in each of four channels: 256 colours.
const STEPS: [u8; 5] = [0xff, 0xfc, 0xf8, 0xe0, 0xc0];

pub(super) fn png(pixels: &Pixmap) -> Option<Vec<u8>> {
    let (places, palette) = STEPS.iter().find_map(|mask| indexed(pixels, *mask))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    // Palette indices have no gradients for a filter to use. (Set last: the compression setting brings its own filter.)
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_palette(palette.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect::<Vec<u8>>());
    encoder.set_trns(palette.iter().map(|[.., opacity]| *opacity).collect::<Vec<u8>>());
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&places).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// The palette index of each pixel, and the palette, or `None` if there are too many colours.
fn indexed(pixels: &Pixmap, mask: u8) -> Option<(Vec<u8>, Vec<Rgba>)> {
    let mut known: BTreeMap<Rgba, u8> = BTreeMap::new();
    let mut palette: Vec<Rgba> = Vec::new();
    let mut last: Option<(PremultipliedColorU8, u8)> = None;
    let mut places = Vec::with_capacity(pixels.pixels().len());
    for pixel in pixels.pixels() {
        let place = match last {
            Some((same, place)) if same == *pixel => place,
            _ => {
                let colour = coarse(pixel.demultiply(), mask);
                match known.get(&colour) {
                    Some(place) => *place,
                    None if palette.len() >= COLOURS => return None,
                    None => {
                        let place = u8::try_from(palette.len()).ok()?;
                        palette.push(colour);
                        known.insert(colour, place);
                        place
                    }
                }
            }
        };
        last = Some((*pixel, place));
        places.push(place);
    }
    Some((places, palette))
}

fn coarse(colour: ColorU8, mask: u8) -> Rgba {
    // The highest step is rounded up to full, so that white stays white and a card stays opaque.
    let step = |channel: u8| if channel & mask == mask { u8::MAX } else { channel & mask };
    [colour.red(), colour.green(), colour.blue(), colour.alpha()].map(step)
}

#[cfg(test)]
mod tests {
    use tiny_skia::Pixmap;

    use super::*;

    #[test]
    fn image_with_too_many_colors_is_still_encoded() {
        let mut pixels = Pixmap::new(64, 64).expect("a small picture");
        for (n, pixel) in pixels.pixels_mut().iter_mut().enumerate() {
            let channel = |shift: usize| u8::try_from((n >> shift & 0xf) * 17).unwrap_or(0);
            *pixel = ColorU8::from_rgba(channel(0), channel(4), channel(8), 255).premultiply();
        }
        assert!(indexed(&pixels, 0xff).is_none());
        let bytes = png(&pixels).expect("a PNG");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut read = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut read).expect("whole");
        assert_eq!((info.width, info.height), (64, 64));
    }
}
