//! Dates as status pages write them: RFC 3339, RFC 2822, JavaScript's `toString`, seconds or milliseconds since 1970, and the
//! dates without a year in feeds.
//!
//! A text that is no date returns `None`. Only the zone (UTC) and, in a feed, the year are guessed.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The longest text that is parsed as a date.
const LONGEST: usize = 100;

/// Returns the instant of a JSON value.
pub(super) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => epoch(number.as_f64()?),
        _ => None,
    }
}

/// Returns the instant of a text, in any of the forms.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return epoch(text.parse().ok()?);
    }
    let civil = text.trim_end_matches("UTC").trim_end_matches("GMT").trim_end().trim_end_matches('Z');
    if let Ok(at) = civil.parse::<DateTime>() {
        return Offset::UTC.to_timestamp(at).ok();
    }
    loose(text, None)
}

/// Returns the instant of a date that may lack its year, near `near`: `Feb 25, 09:20:00 GMT+0`.
pub(super) fn parse_near(text: &str, near: Option<Timestamp>) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    // A number alone is no date in a text for people.
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        None
    } else {
        parse(text).or_else(|| loose(text, near))
    }
}

/// Seconds, milliseconds or microseconds since 1970, by their size; only from 2000 to 2100.
fn epoch(number: f64) -> Option<Timestamp> {
    const SECONDS: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0; // 2000 to 2100
    let seconds =
        [1.0, 1e3, 1e6].iter().map(|unit| number / unit).find(|seconds| SECONDS.contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "in the range above")]
    Timestamp::from_millisecond((seconds * 1e3) as i64).ok()
}

/// Parses a date in words, with its parts in any order. Every part must belong to a date.
fn loose(text: &str, near: Option<Timestamp>) -> Option<Timestamp> {
    // `(Coordinated Universal Time)` repeats the offset.
    let text = text.split('(').next().unwrap_or_default();
    let (mut year, mut month, mut day, mut time) = (None, None, None, None);
    let (mut afternoon, mut offset) = (None, None);
    for part in text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty()) {
        let word = part.trim_end_matches('.').to_ascii_lowercase();
        if is_weekday(&word) || matches!(word.as_str(), "at" | "on" | "-" | "–" | "·") {
        } else if let Some(found) = month_of(&word) {
            set(&mut month, found)?;
        } else if let Some(found) = time_of(&word) {
            set(&mut time, found)?;
        } else if let Some(found) = offset_of(part) {
            if offset.is_none_or(|known: Offset| known == Offset::UTC) {
                offset = Some(found); // `GMT +0100`
            }
        } else if matches!(word.as_str(), "am" | "pm") {
            set(&mut afternoon, word == "pm")?;
        } else {
            let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic()); // 25th
            match (digits.len(), digits.parse::<i16>().ok()?) {
                (4, number) => set(&mut year, number)?,
                (1 | 2, number) => set(&mut day, i8::try_from(number).ok()?)?,
                _ => return None,
            }
        }
    }
    let time = at_noon(time.unwrap_or_else(Time::midnight), afternoon)?;
    let (month, day, offset) = (month?, day?, offset.unwrap_or(Offset::UTC));
    let of_year = |year: i16| offset.to_timestamp(Date::new(year, month, day).ok()?.to_datetime(time)).ok();
    if let Some(year) = year {
        return of_year(year);
    }
    let near = near?;
    let here = Offset::UTC.to_datetime(near).year();
    let far = |at: &Timestamp| at.duration_since(near).abs();
    let years = [here.checked_sub(1)?, here, here.checked_add(1)?];
    years
        .into_iter()
        .filter_map(of_year)
        .min_by_key(far)
        .filter(|at| far(at) < SignedDuration::from_hours(300 * 24))
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

fn is_weekday(word: &str) -> bool {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| word.starts_with(day))
        && (word.len() <= 4 || word.ends_with("day"))
        && word.chars().all(|c| c.is_ascii_alphabetic())
}

fn month_of(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is = |month: &&str| {
        word == "sept" && **month == *"september" || (word.len() >= 3 && month.starts_with(word))
    };
    MONTHS.iter().position(is).and_then(|at| i8::try_from(at + 1).ok())
}

fn time_of(word: &str) -> Option<Time> {
    let mut parts = word.splitn(3, ':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let second = parts.next().map_or(Some(0), |second| second.split('.').next()?.parse().ok())?;
    Time::new(hour, minute, second, 0).ok()
}

fn at_noon(time: Time, afternoon: Option<bool>) -> Option<Time> {
    let Some(afternoon) = afternoon else { return Some(time) };
    let hour = time.hour() % 12 + if afternoon { 12 } else { 0 };
    time.with().hour(hour).build().ok()
}

/// `GMT+0000`, `UTC+2`, `+01:00`, `Z`, `PDT`.
fn offset_of(part: &str) -> Option<Offset> {
    let named = match part.to_ascii_uppercase().as_str() {
        "Z" | "UTC" | "GMT" | "UT" => Some(0),
        "BST" | "CET" => Some(1),
        "CEST" => Some(2),
        "EDT" => Some(-4),
        "EST" | "CDT" => Some(-5),
        "CST" | "MDT" => Some(-6),
        "MST" | "PDT" => Some(-7),
        "PST" => Some(-8),
        _ => None,
    };
    if let Some(hours) = named {
        return Offset::from_hours(hours).ok();
    }
    let rest = part.strip_prefix("GMT").or_else(|| part.strip_prefix("UTC")).unwrap_or(part);
    let negative = match rest.chars().next()? {
        '+' => false,
        '-' | '−' => true,
        _ => return None,
    };
    let digits: String = rest.chars().skip(1).filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let seconds = if digits.len() <= 2 { number * 3600 } else { (number / 100 * 60 + number % 100) * 60 };
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_one_instant_is_read() {
        for text in [
            "2026-02-26T11:55:50Z",
            "2026-02-26T12:55:50+01:00",
            "2026-02-26 11:55:50",
            "2026-02-26 11:55:50 UTC",
            "2026-02-26T11:55:50",
            "Thu, 26 Feb 2026 11:55:50 GMT",
            "Thu, 26 Feb 2026 12:55:50 +0100",
            "26 Feb 2026 03:55:50 PST",
            "Thu Feb 26 2026 11:55:50 GMT+0000 (Coordinated Universal Time)",
            "Thu Feb 26 2026 06:55:50 GMT-0500 (Eastern Standard Time)",
            "February 26th, 2026 at 11:55:50 AM UTC",
            "1772106950",
            "1772106950000",
        ] {
            assert_eq!(
                parse(text).map(|at| at.to_string()).as_deref(),
                Some("2026-02-26T11:55:50Z"),
                "{text}"
            );
        }
        let number = |json: &str| instant(&serde_json::from_str(json).unwrap()).map(|at| at.to_string());
        assert_eq!(number("1772106950").as_deref(), Some("2026-02-26T11:55:50Z"));
        assert_eq!(number("1772106950000.0").as_deref(), Some("2026-02-26T11:55:50Z"));
        for none in [
            "",
            "soon",
            "11:55",
            "26 Feb",
            "Feb 30 2026",
            "2026",
            "12345",
            "investigating",
            "99999999999999999999",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_date_without_a_year_is_the_nearest_one() {
        let near = parse("2026-01-02T00:00:00Z");
        let parsed = |text: &str| parse_near(text, near).map(|at| at.to_string());
        assert_eq!(parsed("Dec 31, 23:50 UTC").as_deref(), Some("2025-12-31T23:50:00Z"));
        assert_eq!(parsed("Jan 1, 09:00:00 GMT+0").as_deref(), Some("2026-01-01T09:00:00Z"));
        assert_eq!(parsed("Jan 1, 2026, 9:00 pm").as_deref(), Some("2026-01-01T21:00:00Z"));
        assert_eq!(parsed("20"), None);
        assert_eq!(parsed("May be slow"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_without_a_panic(text in ".*", parts in proptest::collection::vec("[A-Za-z]{1,4}|[0-9]{1,5}|[+:-]|GMT|Feb| ", 0..12)) {
            let _ = (parse(&text), parse_near(&parts.concat(), Some(Timestamp::MAX)), parse(&parts.join(" ")));
        }
    }
}
