//! A cache of recently drawn charts: what a thousand people ask for is drawn once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::charts::ChartSpec;
use crate::chat::{Message, Png};

/// Charts that are cached: the strip, three spans of uptime and a few outages in a few languages. At some 30 KB each they
/// take less than half a megabyte.
const STORED: usize = 12;

/// The charts, least recently used first.
#[derive(Default)]
pub(super) struct ImageCache {
    cached: Mutex<VecDeque<(ChartSpec, Vec<u8>)>>,
    render_slot: tokio::sync::Mutex<()>,
}

impl ImageCache {
    /// Draws the charts of a message. A chart that cannot be drawn is left out: the text says the same.
    pub(super) async fn draw(&self, message: &mut Message) {
        for mut image in std::mem::take(&mut message.images) {
            if let Png::ToDraw(drawing) = image.png {
                let Some(png) = self.png(*drawing).await else {
                    tracing::error!(name = image.name, "a chart could not be drawn");
                    continue;
                };
                image.png = Png::Drawn(png);
            }
            message.images.push(image);
        }
    }

    async fn png(&self, drawing: ChartSpec) -> Option<Vec<u8>> {
        if let Some(png) = self.find(&drawing) {
            return Some(png);
        }
        let _one_at_a_time = self.render_slot.lock().await;
        // Somebody else may have drawn the same while this one waited for the lock.
        if let Some(png) = self.find(&drawing) {
            return Some(png);
        }
        let drawn = tokio::task::spawn_blocking(move || drawing.png().map(|png| (drawing, png))).await;
        let (drawing, png) = drawn.ok().flatten()?;
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= STORED {
            cached.pop_front();
        }
        cached.push_back((drawing, png.clone()));
        Some(png)
    }

    fn find(&self, drawing: &ChartSpec) -> Option<Vec<u8>> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cached.iter().rposition(|(stored, _)| stored == drawing)?;
        let found = cached.remove(at)?;
        let png = found.1.clone();
        cached.push_back(found); // most recently used: it is dropped last
        Some(png)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::Chart;
    use crate::chat::Image;

    fn message(title: &str) -> Message {
        let chart = Chart {
            title: title.to_owned(),
            note: String::new(),
            rows: Vec::new(),
            ticks: Vec::new(),
            legend: Vec::new(),
            alt: "what it shows".to_owned(),
        };
        let image = Image::to_draw("strip.png", ChartSpec::Chart(chart));
        Message { images: vec![image], ..Message::text("as asked") }
    }

    fn load(image_cache: &ImageCache) -> Vec<String> {
        let cached = image_cache.cached.lock().expect("whole");
        let title = |(drawing, _): &(ChartSpec, Vec<u8>)| match drawing {
            ChartSpec::Chart(chart) => chart.title.clone(),
            ChartSpec::Timeline(timeline) => timeline.title.clone(),
        };
        cached.iter().map(title).collect()
    }

    #[tokio::test]
    async fn image_requested_by_a_thousand_is_rendered_once() {
        let image_cache = std::sync::Arc::new(ImageCache::default());
        let ask = |image_cache: std::sync::Arc<ImageCache>| async move {
            let mut asked = message("24 hours");
            image_cache.draw(&mut asked).await;
            asked
        };
        let asked: Vec<Message> =
            futures_util::future::join_all((0..1_000).map(|_| ask(image_cache.clone()))).await;
        let one = &asked[0];
        assert!(asked.iter().all(|other| other == one));
        assert_eq!((one.text.as_str(), one.images[0].alt.as_str()), ("as asked", "what it shows"));
        assert!(matches!(&one.images[0].png, Png::Drawn(png) if png.starts_with(b"\x89PNG")));
        // A chart that is drawn twice is in the cache twice.
        assert_eq!(load(&image_cache), ["24 hours"]);
    }

    #[tokio::test]
    async fn only_recently_requested_images_stay_cached() {
        let image_cache = ImageCache::default();
        for n in 0..STORED + 3 {
            image_cache.draw(&mut message(&n.to_string())).await;
            image_cache.draw(&mut message("0")).await; // asked for again and again
        }
        let stored = load(&image_cache);
        assert_eq!(stored.len(), STORED);
        assert!(stored.contains(&"0".to_owned()) && !stored.contains(&"1".to_owned()), "{stored:?}");
    }
}
