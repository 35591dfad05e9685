//! Shows a message in a terminal: Discord's Markdown and timestamps become plain text.

use std::fmt::Write;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};

use crate::chat::message::MenuKind;
use crate::chat::{ActionRow, Button, Message};

static STAMP: LazyLock<Regex> = LazyLock::new(|| pattern(r"<t:(-?\d+)(?::([tTdDfFR]))?>"));
static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\]\n]+)\]\(<?([^)>\s]+)>?\)"));
static BARE: LazyLock<Regex> = LazyLock::new(|| pattern(r"<(https?://[^>\s]+)>"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("valid pattern") // cannot fail: the tests compile each
}

/// Returns a message as plain text: its words, then its buttons and menus.
pub(super) fn show(message: &Message, now: Timestamp) -> String {
    let mut out = plain(&message.text, now);
    for snapshot in &message.images {
        let _ = write!(out, "\n[chart: {}]", snapshot.alt);
    }
    for row in &message.rows {
        match row {
            ActionRow::Buttons(buttons) => {
                let labels: Vec<String> = buttons.iter().map(|b| format!("[{}]", label(b))).collect();
                let _ = write!(out, "\n{}", labels.join(" "));
            }
            ActionRow::Menu(menu) => {
                let _ = write!(out, "\n[{} ▾]", menu.hint);
                if let MenuKind::Choices(choices) = &menu.of {
                    for choice in choices {
                        let _ = write!(out, "\n  • {} ({})", choice.label, choice.value);
                    }
                }
            }
        }
    }
    out
}

fn label(button: &Button) -> &str {
    match button {
        Button::Ask { label, .. } | Button::Link { label, .. } => label,
    }
}

/// Returns Discord's Markdown as plain text.
pub(super) fn plain(text: &str, now: Timestamp) -> String {
    let text = STAMP.replace_all(text, |c: &Captures<'_>| stamp(c, now));
    let text = LINK.replace_all(&text, "$1 ($2)");
    let text = BARE.replace_all(&text, "$1");
    let lines = text.lines().map(|line| line.strip_prefix("-# ").unwrap_or(line).replace("**", ""));
    unescape(&lines.collect::<Vec<_>>().join("\n"))
}

/// Removes the backslashes before punctuation, which Discord does not show.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' || !rest.peek().is_some_and(char::is_ascii_punctuation) {
            out.push(c);
        } else if let Some(next) = rest.next() {
            out.push(next);
        }
    }
    out
}

fn stamp(captures: &Captures<'_>, now: Timestamp) -> String {
    let Some(at) = captures[1].parse::<i64>().ok().and_then(|s| Timestamp::from_second(s).ok()) else {
        return captures[0].to_owned();
    };
    match captures.get(2).map(|m| m.as_str()) {
        Some("R") => relative(at, now),
        Some("t") => format!("{} UTC", at.strftime("%H:%M")),
        Some("T") => format!("{} UTC", at.strftime("%H:%M:%S")),
        Some("d" | "D") => at.strftime("%Y-%m-%d").to_string(),
        _ => format!("{} UTC", at.strftime("%Y-%m-%d %H:%M")),
    }
}

fn relative(at: Timestamp, now: Timestamp) -> String {
    // A timestamp has whole seconds, so less than a second ago or ahead is now.
    let span = SignedDuration::from_secs(now.as_second() - at.as_second());
    if span.is_zero() {
        return "now".to_owned();
    }
    let words = span_in_words(span.abs());
    if span.is_negative() { format!("in {words}") } else { format!("{words} ago") }
}

fn span_in_words(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discords_markdown_reads_well_in_a_terminal() {
        let now = Timestamp::from_second(1_744_806_125).expect("an instant");
        let text = "🔴 **Down** since <t:1744806005:t> (<t:1744806005:R>)\n-# [page](<https://a.example>) · next <t:1744806155:R>";
        assert_eq!(
            plain(text, now),
            "🔴 Down since 12:20 UTC (2 min ago)\npage (https://a.example) · next in 30 s"
        );
        assert_eq!(plain(r"a\*b \<@1\>", now), "a*b <@1>");
    }
}
