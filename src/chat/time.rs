//! Times and durations in the form that people read.
//!
//! An instant is a Discord timestamp, which each reader sees in their own time zone. A duration is fixed text, because it must
//! not grow after an outage has ended.

use jiff::{SignedDuration, Timestamp};

use crate::i18n::{Fragment, Language};

/// The time of day: `15:45`.
pub fn clock(at: Timestamp) -> String {
    stamp(at, 't')
}

/// How long ago, or how soon, counted by the reader's Discord client: `3 minutes ago`.
pub fn relative(at: Timestamp) -> String {
    stamp(at, 'R')
}

/// Day and time of day: `16 April 2025 15:45`.
pub fn date(at: Timestamp) -> String {
    stamp(at, 'f')
}

fn stamp(at: Timestamp, style: char) -> String {
    format!("<t:{}:{style}>", at.as_second())
}

/// A duration in its two largest units, the smaller one rounded: `45 s`, `7 min 0 s`, `3 h 25 min`, `2 days 4 h`.
pub fn lasting(span: SignedDuration, language: Language) -> String {
    let seconds = whole_seconds(span);
    let minutes = if seconds < 3_600 { seconds / 60 } else { rounded(seconds, 60) };
    let hours = if minutes < 24 * 60 { minutes / 60 } else { rounded(minutes, 60) };
    let days = hours / 24;
    match (days, hours, minutes) {
        (0, 0, 0) => language.say_with("duration-seconds", &[("s", seconds.into())]),
        (0, 0, _) => {
            language.say_with("duration-minutes", &[("m", minutes.into()), ("s", (seconds % 60).into())])
        }
        (0, _, _) => {
            language.say_with("duration-hours", &[("h", hours.into()), ("m", (minutes % 60).into())])
        }
        _ => language.say_with("duration-days", &[("d", days.into()), ("h", (hours % 24).into())]),
    }
}

/// A duration without needless seconds: `45 s`, `25 min`, `3 h 25 min`.
pub fn roughly(span: SignedDuration, language: Language) -> String {
    let minutes = rounded(whole_seconds(span), 60);
    if whole_seconds(span) >= 60 && minutes < 60 {
        return language.say_with("duration-minutes-only", &[("m", minutes.into())]);
    }
    lasting(span, language)
}

/// How many whole `unit`s, rounded to the nearest.
fn rounded(count: u64, unit: u64) -> u64 {
    (count + unit / 2) / unit
}

/// Rounds to the nearest second. A check takes some milliseconds, so two minutes are often measured as 119.96 s.
fn whole_seconds(span: SignedDuration) -> u64 {
    u64::try_from(crate::health::assessment::nearest_second(span)).unwrap_or(0)
}

pub fn took(span: SignedDuration, language: Language) -> String {
    let ms = u64::try_from(span.as_millis()).unwrap_or(0);
    if ms < 1_000 {
        return language.say_with("took-milliseconds", &[("ms", ms.into())]);
    }
    let tenths = rounded(ms, 100);
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    language.say_with("took-seconds", &[("s", Fragment::Decimal(seconds.into()))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        let en = Language::ENGLISH;
        let said = |seconds| lasting(SignedDuration::from_secs(seconds), en);
        assert_eq!(said(45), "45 s");
        assert_eq!(said(7 * 60), "7 min 0 s");
        assert_eq!(said(3 * 3_600 + 24 * 60 + 55), "3 h 25 min");
        assert_eq!(said(86_399), "1 day 0 h");
        assert_eq!(said(3_599), "59 min 59 s");
        assert_eq!(said(86_400), "1 day 0 h");
        assert_eq!(said(-5), "0 s");
        assert_eq!(roughly(SignedDuration::from_secs(1_495), en), "25 min");
        assert_eq!(roughly(SignedDuration::from_secs(3_599), en), "59 min 59 s");
        assert_eq!(took(SignedDuration::from_millis(38), en), "38 ms");
        assert_eq!(took(SignedDuration::from_millis(2_987), en), "3.0 s");
        assert_eq!(lasting(SignedDuration::from_millis(119_960), en), "2 min 0 s");
        assert_eq!(lasting(SignedDuration::from_millis(499), en), "0 s");
    }

    #[test]
    fn an_instant_is_shown_in_the_readers_own_zone() {
        let at: Timestamp = "2025-04-16T12:20:05.9Z".parse().expect("an instant");
        assert_eq!((clock(at), relative(at)), ("<t:1744806005:t>".into(), "<t:1744806005:R>".into()));
    }
}
