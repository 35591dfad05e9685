//! The regular expression of a fingerprint: checked when it is parsed, compiled when it is first needed.
//!
//! Compiled, it takes a hundred times the time and memory of its text, and most are never needed: the literals of a
//! fingerprint rule it out before. An ASCII-only one matches bytes, whose tables are far smaller than those of Unicode.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// The most states that an expression may have; the largest of the built-in ones has some 5,000.
const STATES: usize = 20_000;
/// The most states times bytes that are read: about a second if the automaton's table does not help.
const WORK: usize = 1 << 28;
/// The memory of a compiled expression, and of the table that grows while it reads, in bytes. The first is far more
/// than [`STATES`] states need, so that an expression that was accepted can always be compiled.
const READY: usize = 8 << 20;
const TABLE: usize = 1 << 18;

/// An expression that ignores case.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    states: usize,
    ready: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks an expression. The error says what is wrong with it.
    pub(super) fn read(text: String) -> Result<Self, String> {
        let parsed = ParserBuilder::new()
            .case_insensitive(true)
            .unicode(!text.is_ascii())
            .utf8(false)
            .build()
            .parse(&text)
            .map_err(|error| format!("`regex` cannot be read: {error}"))?;
        let states = states(&parsed);
        if states > STATES {
            return Err("`regex` is too large: repeat less, or say it with literals".to_owned());
        }
        Ok(Self { text, states, ready: OnceLock::new() })
    }

    /// Returns the expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether it matches anywhere in this text. The larger the expression, the less of a long text is read.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let make = || {
            let mut builder = RegexBuilder::new(&self.text);
            builder.case_insensitive(true).unicode(!self.text.is_ascii());
            builder.size_limit(READY).dfa_size_limit(TABLE).build().ok()
        };
        let bytes = text.as_bytes();
        let read = &bytes[..bytes.len().min(WORK / self.states.max(1))];
        self.ready.get_or_init(make).as_ref().is_some_and(|regex| regex.is_match(read))
    }
}

/// Returns about how many states a compiled expression has.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        // A range of characters is up to four ranges of bytes.
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(4),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1);
            states(&repeated.sub).saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Capture(group) => states(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(0, usize::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn pattern_ignores_case_and_invalid_one_is_reported() {
        assert!(Pattern::read(r"\bHTTP/2 50[23]\b".to_owned()).unwrap().is_match("< http/2 503 –"));
        assert!(Pattern::read("überlastet".to_owned()).unwrap().is_match("der Server ist ÜBERLASTET"));
        for (wrong, why) in
            [("(", "cannot be read"), (r"(?:\w{1000}){1000}", "too large"), (r"\pL{9999}", "")]
        {
            let reported = Pattern::read(wrong.to_owned()).unwrap_err();
            assert!(reported.contains(why), "{wrong}: {reported}");
        }
    }

    #[test]
    fn a_large_expression_reads_less_of_a_long_text() {
        let far = |bytes: usize| format!("{}the end", "x ".repeat(bytes / 2));
        let small = Pattern::read("the end".to_owned()).unwrap();
        assert!(small.is_match(&far(1 << 20)), "built-in ones read the largest paste");
        let large = Pattern::read("(?:a{18000}|the end)".to_owned()).unwrap();
        assert!(large.is_match(&far(8 << 10)));
        assert!(!large.is_match(&far(1 << 20)), "states times bytes are bounded");
    }

    #[test]
    fn every_expression_that_was_read_can_be_made_ready() {
        for (_, text) in crate::faq::Faq::builtin_files() {
            let entry = crate::faq::FaqEntry::parse("any.md", text);
            // The name is wrong on purpose: it must be the only error, and none is about an expression.
            assert!(entry.is_err_and(|errors| errors.len() == 1));
        }
        for entry in crate::faq::Faq::builtin().entries() {
            for pattern in entry.fingerprints.iter().filter_map(|print| print.regex.as_ref()) {
                let _ = pattern.is_match("");
                assert!(
                    pattern.ready.get().is_some_and(Option::is_some),
                    "{}: {}",
                    entry.id,
                    pattern.as_str()
                );
            }
        }
        let largest = Pattern::read("[a-z]{19999}".to_owned()).unwrap();
        let _ = largest.is_match("");
        assert!(largest.ready.get().is_some_and(Option::is_some));
    }
}
