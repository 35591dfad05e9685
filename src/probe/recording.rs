//! Recordings: raw exchanges to and from a file, one per line, in order of time.
//!
//! Both directions stream: a month of eight sources is about 600,000 lines, and at most a minute of them is held. Parallel
//! checks end out of order, so both sides sort nearby lines by `at`.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt;
use std::io::{BufRead, Write};

use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use crate::health::SourceName;

/// Lines this near each other are sorted: longer than any check takes.
const NEAR: SignedDuration = SignedDuration::from_secs(60);
/// The longest line: a body is at most 1 MiB, and base64 makes it a third longer.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
/// More lines than this within a minute are no recording of checks. Limits what is held.
const MOST_NEAR: usize = 10_000;

/// What is wrong with a recording: `FILE: line N: what`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {what}")]
pub struct RecordingError {
    /// The file, as it was given.
    pub file: String,
    /// The line number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Reads a recording as an iterator, in order of time, and holds only nearby lines.
pub struct RecordingReader<R> {
    from: R,
    file: String,
    known: BTreeSet<SourceName>,
    line: u64,
    buffer: Vec<u8>,
    near: InOrder,
    done: bool,
}

impl<R: BufRead> RecordingReader<R> {
    /// Reads `from`; `file` is its name in errors, `known` are the sources that may occur in it.
    pub fn new(from: R, file: &str, known: impl IntoIterator<Item = SourceName>) -> Self {
        Self {
            from,
            file: file.to_owned(),
            known: known.into_iter().collect(),
            line: 0,
            buffer: Vec::new(),
            near: InOrder::new(NEAR),
            done: false,
        }
    }

    fn read_line(&mut self) -> Result<Option<Exchange>, String> {
        loop {
            self.buffer.clear();
            let mut limited = std::io::Read::take(&mut self.from, LONGEST_LINE);
            let read =
                limited.read_until(b'\n', &mut self.buffer).map_err(|e| format!("cannot be read: {e}"))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.buffer.last() != Some(&b'\n') && read as u64 == LONGEST_LINE {
                return Err(format!("is longer than {} MiB", LONGEST_LINE >> 20));
            }
            let bytes = self.buffer.trim_ascii();
            let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
            if bytes.is_empty() {
                continue;
            }
            let exchange: Exchange = serde_json::from_slice(bytes).map_err(|e| wrong_json(&e))?;
            if !self.known.contains(&exchange.source) {
                let known: Vec<&str> = self.known.iter().map(SourceName::as_str).collect();
                return Err(format!("unknown source \"{}\"; known: {}", exchange.source, known.join(", ")));
            }
            return Ok(Some(exchange));
        }
    }

    fn advance(&mut self) -> Result<Option<Exchange>, String> {
        loop {
            if let Some(ready) = self.near.take_ready(self.done) {
                return Ok(Some(ready));
            }
            if self.done {
                return Ok(None);
            }
            match self.read_line()? {
                Some(exchange) => self.near.add(exchange)?,
                None => self.done = true,
            }
        }
    }
}

impl<R: BufRead> Iterator for RecordingReader<R> {
    type Item = Result<Exchange, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance() {
            Ok(exchange) => exchange.map(Ok),
            Err(what) => {
                // Nothing after an error is trusted, so nothing is read.
                self.done = true;
                self.near = InOrder::new(NEAR);
                Some(Err(RecordingError { file: self.file.clone(), line: self.line, what }))
            }
        }
    }
}

/// Removes `at line 1 column N` from serde's text, because the error gives the line itself.
fn wrong_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    if error.is_data() || error.column() == 0 {
        what.to_owned()
    } else {
        format!("is not JSON: {what} (column {})", error.column())
    }
}

/// Writes a recording, in order of time.
pub struct RecordingWriter<W: Write> {
    to: W,
    near: InOrder,
}

impl<W: Write> RecordingWriter<W> {
    /// Writes to `to`; no check may take longer than `longest_probe`.
    pub fn new(to: W, longest_probe: SignedDuration) -> Self {
        Self { to, near: InOrder::new(longest_probe) }
    }

    /// Adds one exchange, and writes those that nothing can precede any more.
    pub fn add(&mut self, exchange: Exchange) -> std::io::Result<()> {
        // After the clock was set back the line is written as it is: the reader reports it.
        if let Err(exchange) = self.near.try_add(exchange) {
            self.write(&exchange)?;
        }
        while let Some(ready) = self.near.take_ready(false) {
            self.write(&ready)?;
        }
        Ok(())
    }

    /// Writes what is held, and flushes.
    pub fn finish(&mut self) -> std::io::Result<()> {
        while let Some(ready) = self.near.take_ready(true) {
            self.write(&ready)?;
        }
        self.to.flush()
    }

    fn write(&mut self, exchange: &Exchange) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.to, exchange)?;
        self.to.write_all(b"\n")
    }
}

impl<W: Write> fmt::Debug for RecordingWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingWriter").field("held", &self.near.held.len()).finish_non_exhaustive()
    }
}

/// Sorts nearby exchanges by time.
struct InOrder {
    near: SignedDuration,
    held: BinaryHeap<Reverse<Held>>,
    newest: Timestamp,
    given: Timestamp,
    count: u64,
}

impl InOrder {
    fn new(near: SignedDuration) -> Self {
        Self { near, held: BinaryHeap::new(), newest: Timestamp::MIN, given: Timestamp::MIN, count: 0 }
    }

    fn try_add(&mut self, exchange: Exchange) -> Result<(), Box<Exchange>> {
        if exchange.at < self.given {
            return Err(Box::new(exchange));
        }
        self.newest = self.newest.max(exchange.at);
        self.count += 1;
        self.held.push(Reverse(Held { nth: self.count, exchange }));
        Ok(())
    }

    fn add(&mut self, exchange: Exchange) -> Result<(), String> {
        let given = self.given;
        self.try_add(exchange).map_err(|early| {
            format!("{} is before {given} of an earlier line: a recording must be in order of time", early.at)
        })
    }

    /// Returns the oldest if nothing can precede it any more, or if all are requested.
    fn take_ready(&mut self, all: bool) -> Option<Exchange> {
        let oldest = self.held.peek()?.0.exchange.at;
        if !all && self.newest.duration_since(oldest) < self.near && self.held.len() < MOST_NEAR {
            return None;
        }
        let Reverse(held) = self.held.pop()?;
        self.given = held.exchange.at;
        Some(held.exchange)
    }
}

struct Held {
    nth: u64,
    exchange: Exchange,
}

impl Held {
    fn key(&self) -> (Timestamp, u64) {
        (self.exchange.at, self.nth)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::exchange::{HttpResponse, TransportError};

    fn known() -> Vec<SourceName> {
        ["web-api", "control"].map(SourceName::from).to_vec()
    }

    fn read(text: &str) -> Vec<Result<Exchange, RecordingError>> {
        RecordingReader::new(text.as_bytes(), "day.jsonl", known()).collect()
    }

    fn wrong(text: &str) -> String {
        let lines = read(text);
        lines.last().and_then(|last| last.as_ref().err()).map(ToString::to_string).unwrap_or_default()
    }

    const GOOD: &str = r#"{"at":"2025-04-16T12:20:05.120Z","source":"web-api","ms":41,"status":503,"headers":{"Content-Type":"text/plain"},"body":"no healthy upstream"}"#;

    #[test]
    fn unreadable_line_is_named_with_file_and_number() {
        expect_test::expect!["day.jsonl: line 2: is not JSON: EOF while parsing an object (column 1)"]
            .assert_eq(&wrong(&format!("{GOOD}\n{{\n")));
        expect_test::expect!["day.jsonl: line 1: missing field `source`"]
            .assert_eq(&wrong(r#"{"at":"2025-04-16T12:20:05Z"}"#));
        expect_test::expect![[r#"day.jsonl: line 3: unknown source "web-ap"; known: control, web-api"#]]
            .assert_eq(&wrong(&format!("{GOOD}\n\n{}\n", GOOD.replace("web-api", "web-ap"))));
        expect_test::expect!["day.jsonl: line 1: has neither `status` nor `error`"]
            .assert_eq(&wrong(r#"{"at":"2025-04-16T12:20:05Z","source":"control","ms":1}"#));
        assert_eq!(wrong(&format!("\u{feff}{GOOD}\r\n")), "");
    }

    #[test]
    fn nearby_lines_are_sorted_and_earlier_days_are_refused() {
        let at = |time: &str| GOOD.replace("12:20:05.120", time);
        let text = [at("12:20:08"), at("12:20:05"), at("12:20:30")].join("\n");
        let times: Vec<String> = read(&text).into_iter().map(|e| e.unwrap().at.to_string()).collect();
        assert_eq!(times, ["2025-04-16T12:20:05Z", "2025-04-16T12:20:08Z", "2025-04-16T12:20:30Z"]);
        let text = [at("12:20:00"), at("13:20:00"), at("14:20:00"), at("11:00:00")].join("\n");
        expect_test::expect!["day.jsonl: line 4: 2025-04-16T11:00:00Z is before 2025-04-16T13:20:00Z of an earlier line: a recording must be in order of time"]
            .assert_eq(&wrong(&text));
    }

    #[test]
    fn parallel_exchanges_are_written_in_time_order() {
        let mut written = Vec::new();
        let mut writer = RecordingWriter::new(&mut written, SignedDuration::from_secs(10));
        let at = |second: i64| Timestamp::from_second(1_744_800_000 + second).unwrap();
        writer
            .add(Exchange::answered(
                &"control".into(),
                at(2),
                SignedDuration::ZERO,
                HttpResponse::text(200, "ok"),
            ))
            .unwrap();
        writer
            .add(Exchange::failed(
                &"web-api".into(),
                at(0),
                SignedDuration::from_secs(8),
                TransportError::Timeout,
            ))
            .unwrap();
        writer.finish().unwrap();
        let text = String::from_utf8(written).unwrap();
        let sources: Vec<String> = read(&text).into_iter().map(|e| e.unwrap().source.0).collect();
        assert_eq!(sources, ["web-api", "control"]);
        assert!(
            text.starts_with(
                r#"{"at":"2025-04-16T10:40:00Z","source":"web-api","ms":8000,"error":"timeout"}"#
            )
        );
    }

    /// Generates the lines of a long recording while it is read, so that only the reader holds any.
    struct Endless {
        nth: i64,
        lines: i64,
        rest: Vec<u8>,
    }

    impl std::io::Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.rest.is_empty() && self.nth < self.lines {
                let at = Timestamp::from_second(1_744_800_000 + self.nth * 4).unwrap();
                let source = if self.nth % 2 == 0 { "web-api" } else { "control" };
                let took = SignedDuration::from_millis(40);
                let exchange = Exchange::answered(&source.into(), at, took, HttpResponse::json(401, "{}"));
                self.rest = serde_json::to_vec(&exchange).unwrap();
                self.rest.push(b'\n');
                self.nth += 1;
            }
            let count = into.len().min(self.rest.len());
            into.get_mut(..count).unwrap().copy_from_slice(self.rest.get(..count).unwrap());
            self.rest.drain(..count);
            Ok(count)
        }
    }

    #[test]
    fn a_long_recording_is_never_held() {
        let endless = std::io::BufReader::new(Endless { nth: 0, lines: 20_000, rest: Vec::new() });
        let mut classifier = RecordingReader::new(endless, "month.jsonl", known());
        let mut lines = 0;
        while let Some(line) = classifier.next() {
            line.unwrap();
            lines += 1;
            assert!(classifier.near.held.len() <= 16, "a minute of lines is held, not more");
        }
        assert_eq!(lines, 20_000);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_reading_ends(noise: Vec<u8>, cut in 0usize..200) {
            let mut bytes = GOOD.as_bytes().get(..cut.min(GOOD.len())).unwrap_or_default().to_vec();
            bytes.push(b'\n');
            bytes.extend(noise);
            let lines = RecordingReader::new(bytes.as_slice(), "x", known()).count();
            prop_assert!(lines <= bytes.len());
        }
    }
}
