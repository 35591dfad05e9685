//! The strip chart of live status messages: counted once per round and drawn once per language for all of them.

use std::collections::BTreeMap;

use tokio::sync::Mutex;

use super::Inner;
use crate::chat::announce::{self, RenderContext};
use crate::chat::{Image, Png};
use crate::health::{BucketSize, ServiceName, UptimeBucket};
use crate::i18n::Language;
use crate::store::StoreError;

/// The strip charts of one round.
#[derive(Default)]
pub(super) struct LiveCharts {
    drawn: Mutex<Drawn>,
}

#[derive(Default)]
struct Drawn {
    uptime_buckets: Option<Vec<(ServiceName, Vec<UptimeBucket>)>>,
    charts: BTreeMap<Language, Option<Image>>,
}

impl LiveCharts {
    /// Returns the strip in a language, or `None` if nothing was counted or it could not be drawn.
    pub(super) async fn of(&self, inner: &Inner, language: Language) -> Option<Image> {
        // Locked while it is drawn, so that a concurrent caller waits and reuses the result.
        let mut drawn = self.drawn.lock().await;
        if let Some(strip) = drawn.charts.get(&language) {
            return strip.clone();
        }
        if drawn.uptime_buckets.is_none() {
            drawn.uptime_buckets = read(inner).await.inspect_err(|error| inner.store_failed(error)).ok();
        }
        let context = RenderContext::new(&inner.catalog, language, inner.clock.now());
        let strip = announce::strip(drawn.uptime_buckets.as_deref().unwrap_or_default(), &context);
        let strip = match strip {
            Some(strip) => draw(strip).await,
            None => None,
        };
        drawn.charts.insert(language, strip.clone());
        strip
    }
}

async fn read(inner: &Inner) -> Result<Vec<(ServiceName, Vec<UptimeBucket>)>, StoreError> {
    let (span, since) = BucketSize::covering(1, inner.clock.now());
    let mut all = Vec::new();
    for service in &inner.catalog.services {
        all.push((service.name.clone(), inner.store.uptime_buckets(&service.name, span, since).await?));
    }
    Ok(all)
}

async fn draw(mut strip: Image) -> Option<Image> {
    let drawn = tokio::task::spawn_blocking(move || {
        strip.png = Png::Drawn(strip.png.bytes());
        strip
    });
    let strip = drawn.await.ok()?;
    (strip.png != Png::Drawn(Vec::new())).then_some(strip)
}
