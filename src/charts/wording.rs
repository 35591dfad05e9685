//! The words in a chart and beside it.
//!
//! The chart and its alt text are in the reader's language; the fonts have every letter of our languages. If a name that an
//! operator chose has other letters, the chart shows a replacement.

use jiff::Timestamp;

use super::{FillState, fonts};
use crate::health::{Percentage, ServiceCatalog, ServiceName};
use crate::i18n::{Fragment, Language};

/// A service's name in letters that the fonts have.
pub(super) fn service_name(service: &ServiceName, catalog: &ServiceCatalog) -> String {
    let display = catalog.display_of(service);
    if fonts::can_write(display) { display } else { service.as_str() }.to_owned()
}

/// A title with the catalog's name.
pub(super) fn titled(message: &str, catalog: &ServiceCatalog, language: Language) -> String {
    titled_with(message, &[], catalog, language)
}

pub(super) fn titled_with(
    message: &str,
    parts: &[(&str, Fragment<'_>)],
    catalog: &ServiceCatalog,
    language: Language,
) -> String {
    let whole = if fonts::can_write(&catalog.display) { &catalog.display } else { catalog.whole.as_str() };
    let mut all = vec![("whole", Fragment::from(whole))];
    all.extend_from_slice(parts);
    language.say_with(message, &all)
}

/// `, from Frankfurt`, if the operator named a location that the fonts can write.
pub(super) fn from(catalog: &ServiceCatalog, language: Language) -> String {
    if catalog.location.is_empty() || !fonts::can_write(&catalog.location) {
        return String::new();
    }
    language.say_with("from-location", &[("location", (&catalog.location).into())])
}

/// Joins words to a list.
pub(super) fn list(words: Vec<String>, language: Language) -> String {
    let joined = words.into_iter().reduce(|first, second| {
        language.say_with("list-comma", &[("first", first.into()), ("second", second.into())])
    });
    joined.unwrap_or_default()
}

/// The key of a state's word in the strip.
pub(super) fn meaning(state: FillState) -> &'static str {
    match state {
        FillState::Unseen => "chart-unseen",
        FillState::Good => "chart-good",
        FillState::Part => "chart-part",
        FillState::Bad => "chart-bad",
        FillState::Work => "level-maintenance",
    }
}

/// The key of a state's word for a service as a whole.
pub(super) fn meaning_of_level(state: FillState) -> &'static str {
    match state {
        FillState::Unseen => "level-unknown",
        FillState::Good => "level-up",
        FillState::Part => "level-degraded",
        FillState::Bad => "level-outage",
        FillState::Work => "level-maintenance",
    }
}

pub(super) fn percent(share: Percentage, language: Language) -> String {
    language.say_with("chart-share", &[("share", decimal(share))])
}

/// A share in per cent as a fragment of a sentence.
pub(super) fn decimal(share: Percentage) -> Fragment<'static> {
    Fragment::Decimal(share.to_string().into())
}

/// `14:02`, which is the same in all our languages.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// A day without its year: `Apr 16`, `16.04.`
pub(super) fn day(at: Timestamp, language: Language) -> String {
    at.strftime(&language.say("date-day")).to_string()
}

/// A day with its year.
pub(super) fn date(at: Timestamp, language: Language) -> String {
    at.strftime(&language.say("date-year")).to_string()
}

pub(super) fn said_head(message: &str, until: &str, catalog: &ServiceCatalog, language: Language) -> String {
    let from = if catalog.location.is_empty() {
        String::new()
    } else {
        language.say_with("from-location", &[("location", (&catalog.location).into())])
    };
    let parts = [("whole", (&catalog.display).into()), ("until", until.into()), ("from", from.into())];
    language.say_with(message, &parts)
}
