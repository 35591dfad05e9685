//! Escapes text from outside: a status page's words, a pasted log, a name that somebody chose.
//!
//! Escaped text mentions nobody, formats nothing, shows no timestamp and no link, hides nothing, and is on one line. It is
//! escaped once, where it enters a message.

use unicode_segmentation::UnicodeSegmentation;

use super::limits::{length, shorten};

/// Code points of one visible character, at most: text that piles more marks on one letter wants to cover other lines.
const MARKS: usize = 8;

/// Strings in which Discord finds a mention, a link or an invitation, and how an invisible character breaks each in two.
const BROKEN: [(&str, &str); 4] = [
    ("@", "@\u{200b}"),
    ("://", ":\u{200b}//"),
    (".gg/", ".\u{200b}gg/"),
    (".com/invite", ".\u{200b}com/invite"),
];

/// Text from outside as plain words on one line, at most `most` long.
pub fn plain(text: &str, most: usize) -> String {
    let mut clean = clean(text);
    for (whole, broken) in BROKEN {
        if clean.contains(whole) {
            clean = clean.replace(whole, broken);
        }
    }
    // Fast path for most names, of which every answer has many: each letter is visible, and even if all were escaped they
    // would fit.
    if clean.is_ascii() && 2 * clean.len() <= most {
        return clean.chars().flat_map(escaped).collect();
    }
    let mut written = String::new();
    let mut room = most;
    for seen in clean.graphemes(true) {
        let escaped: String = seen.chars().take(MARKS).flat_map(escaped).collect();
        let Some(left) = room.checked_sub(length(&escaped)) else {
            return shorten(&format!("{written}……"), most.min(length(&written) + 1));
        };
        room = left;
        written.push_str(&escaped);
    }
    written
}

/// Text from outside in quotation marks; empty if there is nothing to quote.
pub fn quoted(text: &str, most: usize) -> String {
    let plain = plain(text, most.saturating_sub(2));
    if plain.is_empty() { plain } else { format!("\"{plain}\"") }
}

/// Text from outside as a code span, in which Discord formats nothing; empty if there is nothing to show.
pub fn code(text: &str, most: usize) -> String {
    let inside = shorten(&clean(text).replace('`', "ˋ"), most.saturating_sub(2));
    if inside.is_empty() { inside } else { format!("`{inside}`") }
}

/// Removes the escapes for texts in which Discord reads no Markdown: labels, suggestions, thread names and the presence.
pub fn unmarked(plain: &str) -> String {
    let mut shown = String::with_capacity(plain.len());
    let mut marks = plain.chars();
    while let Some(c) = marks.next() {
        match (c, marks.clone().next()) {
            ('\\', Some(next)) if formats(next) => shown.extend(marks.next()),
            ('*', Some('*')) => drop(marks.next()),
            _ => shown.push(c),
        }
    }
    shown
}

fn formats(c: char) -> bool {
    matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '(' | ')' | '#' | '-' | '+')
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    formats(c).then_some('\\').into_iter().chain([c])
}

/// On one line, without invisible characters and characters that change the reading direction.
fn clean(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut between = false;
    for seen in text.chars().filter_map(visible) {
        if seen.is_whitespace() {
            between = true;
            continue;
        }
        if std::mem::take(&mut between) && !words.is_empty() {
            words.push(' ');
        }
        words.push(seen);
    }
    words
}

fn visible(c: char) -> Option<char> {
    match c {
        // Line and paragraph separators, fillers that are invisible, and every control character.
        '\u{2028}' | '\u{2029}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' => Some(' '),
        c if c.is_control() => Some(' '),
        // Soft hyphen, zero-width marks, bidirectional controls, annotation marks, tags and private use.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'..='\u{10ffff}' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNSEEN: char = '\u{200b}';

    fn shown(text: &str) -> String {
        plain(text, 500).replace(UNSEEN, "·")
    }

    #[test]
    fn escaped_text_mentions_and_formats_nothing() {
        assert_eq!(shown("@everyone <@&1> **fixed**"), "@·everyone \\<@·&1\\> \\*\\*fixed\\*\\*");
        assert_eq!(
            shown("<t:1744806005:R> [here](https://x.y)"),
            r"\<t:1744806005:R\> \[here\]\(https:·//x.y\)"
        );
        assert_eq!(shown("one\n# two\r\n- three"), r"one \# two \- three");
        assert_eq!(shown("read\u{202e}me\u{200b} now\u{7}"), "readme now");
    }

    #[test]
    fn what_reads_no_markdown_is_shown_without_its_marks() {
        for name in ["Node.js [beta] (EU)", "a*b_c", r"C:\new", "#1 ~ 100 %", ""] {
            assert_eq!(unmarked(&format!("**{}** is down", plain(name, 100))), format!("{name} is down"));
        }
        assert_eq!(unmarked(r"half an escape \"), r"half an escape \");
    }

    #[test]
    fn piled_marks_and_long_text_are_cut_with_an_ellipsis() {
        let pile = format!("a{}", "\u{301}".repeat(50));
        assert_eq!(plain(&pile, 100).chars().count(), MARKS);
        assert_eq!(plain("a long sentence", 7), "a long…");
        assert_eq!(quoted("", 10), "");
        assert_eq!(code("a `b`\n```c", 20), "`a ˋbˋ ˋˋˋc`");
    }

    proptest! {
        #[test]
        fn nothing_from_outside_breaks_out(text in "(\\PC|[@<>*_`~|\\[\\]()#:.\n\u{202e}-]){0,80}", most in 2usize..120) {
            let plain = plain(&text, most);
            prop_assert!(length(&plain) <= most);
            prop_assert!(!plain.contains(['\n', '\u{202e}']), "more than one line, or turned: {plain:?}");
            let mut escaped = false;
            for c in plain.chars() {
                if escaped { escaped = false; continue; }
                prop_assert!(!"*_`~|<>[]#".contains(c), "{c} stands free in {plain:?}");
                escaped = c == '\\';
            }
            prop_assert!(!escaped, "an escape without anything behind it: {plain:?}");
            let at: Vec<char> = plain.chars().collect();
            prop_assert!(at.windows(2).all(|pair| pair[0] != '@' || pair[1] == UNSEEN || pair[1] == '…'));
            let code = code(&text, most);
            prop_assert!(length(&code) <= most && [0, 2].contains(&code.matches('`').count()), "{code:?}");
        }
    }
}
