//! The words in a picture and beside it.
//!
//! What stands in the picture is written in the reader's language where the font has its script, else in English; what
//! stands for the picture (its alt text) is always in the reader's language.
//!
//! Never: no Markdown; a picture shows text as it is.

use jiff::Timestamp;

use super::{State, face};
use crate::health::{Profile, ServiceName};
use crate::words::{Language, Part};

/// The language that the picture's own words are written in: the reader's, or English where the font lacks its script.
pub(super) fn readable(language: Language) -> Language {
    if face::can_write(&language.say("picture-strip-note")) { language } else { Language::ENGLISH }
}

/// A service's name as the font can write it.
pub(super) fn service_name(service: &ServiceName, profile: &Profile) -> String {
    let display = profile.display_of(service);
    if face::can_write(display) { display } else { service.as_str() }.to_owned()
}

/// A title with the name of the whole.
pub(super) fn titled(message: &str, profile: &Profile, written: Language) -> String {
    titled_with(message, &[], profile, written)
}

pub(super) fn titled_with(
    message: &str,
    parts: &[(&str, Part<'_>)],
    profile: &Profile,
    written: Language,
) -> String {
    let whole = if face::can_write(&profile.display) { &profile.display } else { profile.whole.as_str() };
    let mut all = vec![("whole", Part::from(whole))];
    all.extend_from_slice(parts);
    written.say_with(message, &all)
}

/// `, from Frankfurt`, where the operator named a place that can be written.
pub(super) fn from(profile: &Profile, language: Language) -> String {
    if profile.place.is_empty() || !face::can_write(&profile.place) {
        return String::new();
    }
    language.say_with("from-place", &[("place", (&profile.place).into())])
}

/// A state's word in the strip.
pub(super) fn meaning(state: State) -> &'static str {
    match state {
        State::Unseen => "picture-unseen",
        State::Good => "picture-good",
        State::Part => "picture-part",
        State::Bad => "picture-bad",
        State::Work => "level-maintenance",
    }
}

/// A state's word for a service as a whole.
pub(super) fn meaning_of_level(state: State) -> &'static str {
    match state {
        State::Unseen => "level-unknown",
        State::Good => "level-up",
        State::Part => "level-degraded",
        State::Bad => "level-outage",
        State::Work => "level-maintenance",
    }
}

pub(super) fn percent(share: &str, language: Language) -> String {
    language.say_with("picture-share", &[("share", share.into())])
}

pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

pub(super) fn said_head(message: &str, until: &str, profile: &Profile, language: Language) -> String {
    let from = if profile.place.is_empty() {
        String::new()
    } else {
        language.say_with("from-place", &[("place", (&profile.place).into())])
    };
    let parts = [("whole", (&profile.display).into()), ("until", until.into()), ("from", from.into())];
    language.say_with(message, &parts)
}
