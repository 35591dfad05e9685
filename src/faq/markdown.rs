//! The body of an entry: Markdown split into its sections.

use super::entry::FaqEntryError;

/// The headings that an entry may have, in their order, and whether each is required.
pub(super) const HEADINGS: [(&str, bool); 6] = [
    ("What it means", true),
    ("Is it you?", true),
    ("What to do", true),
    ("Don't", false),
    ("For developers", false),
    ("All causes", false),
];

/// A section: its heading (empty for the short answer), the line of its heading, and its lines.
pub(super) struct Section<'a> {
    pub(super) heading: &'a str,
    pub(super) line: usize,
    lines: Vec<(usize, &'a str)>,
}

/// Splits Markdown (with its line numbers) at its `## ` headings. The first section is the text before any heading.
pub(super) fn cut<'a>(lines: &[(usize, &'a str)]) -> Vec<Section<'a>> {
    let start = lines.first().map_or(1, |(line, _)| *line);
    let mut sections = vec![Section { heading: "", line: start, lines: Vec::new() }];
    let mut fenced = false;
    for &(line, text) in lines {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if !fenced && let Some(heading) = text.strip_prefix("## ") {
            sections.push(Section { heading: heading.trim(), line, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push((line, text));
        }
    }
    sections
}

impl Section<'_> {
    /// Returns the line on which the text starts, or that of the heading if there is no text.
    pub(super) fn first_line(&self) -> usize {
        self.lines.iter().find(|(_, text)| !text.trim().is_empty()).map_or(self.line, |(line, _)| *line)
    }

    /// Returns the line on which the text exceeds this many characters; that of its first line if it does not.
    pub(super) fn line_past(&self, limit: usize) -> usize {
        let mut written = 0;
        let past = self.lines.iter().find(|(_, text)| {
            written += text.trim().chars().count() + 1;
            written > limit + 1
        });
        past.map_or(self.first_line(), |(line, _)| *line)
    }

    /// Returns the text with wrapped lines joined: Discord shows every line break, so the source's line breaks must go.
    pub(super) fn text(&self) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut fenced = false;
        let mut joins = false;
        for (_, line) in &self.lines {
            let line = line.trim_end();
            let fence = line.trim_start().starts_with("```");
            if fenced || fence {
                out.push(line.to_owned());
                fenced ^= fence;
                joins = false;
            } else if line.is_empty() {
                if out.last().is_some_and(|last| !last.is_empty()) {
                    out.push(String::new());
                }
                joins = false;
            } else if joins
                && !starts_item(line)
                && let Some(last) = out.last_mut()
            {
                last.push(' ');
                last.push_str(line.trim());
            } else {
                out.push(if starts_item(line) { line.to_owned() } else { line.trim_start().to_owned() });
                joins = true;
            }
        }
        out.join("\n").trim().to_owned()
    }

    /// Returns the items of a numbered list, each with its continuation lines joined.
    pub(super) fn steps(&self, file: &str, errors: &mut Vec<FaqEntryError>) -> Vec<String> {
        let mut steps = Vec::new();
        for (number, line) in (1..).zip(self.text().lines().filter(|line| !line.is_empty())) {
            match line.trim_start().split_once(". ") {
                Some((at, step)) if at == number.to_string() => steps.push(step.trim().to_owned()),
                _ => {
                    let what = format!(
                        "“## {}” must be a numbered list and nothing else; write the step as “{number}. …” \
                         (indent its further lines), or move the text to “## For developers”",
                        self.heading
                    );
                    errors.push(FaqEntryError::new(file, self.line, what));
                    break;
                }
            }
        }
        steps
    }

    /// Returns the one item of a list with one item.
    pub(super) fn one_item(&self, file: &str, errors: &mut Vec<FaqEntryError>) -> Option<String> {
        let text = self.text();
        let item = text.strip_prefix("- ").filter(|item| !item.contains('\n'));
        if item.is_none() {
            let what =
                format!("“## {}” must be one “- …” item: say the one thing that does harm", self.heading);
            errors.push(FaqEntryError::new(file, self.line, what));
        }
        item.map(str::to_owned)
    }

    /// Reports what Discord does not render, or renders too large.
    pub(super) fn check(&self, file: &str, errors: &mut Vec<FaqEntryError>) {
        let mut fence = None;
        for &(line, text) in &self.lines {
            let text = text.trim_start();
            if let Some(language) = text.strip_prefix("```") {
                if fence.is_none() && language.trim().is_empty() {
                    errors.push(FaqEntryError::new(
                        file,
                        line,
                        "a code fence needs a language: write ```text, ```yaml, …",
                    ));
                }
                fence = if fence.is_some() { None } else { Some(line) };
            } else if fence.is_none() {
                let wrong = if text.starts_with('#') {
                    "only the headings of the template are known: use **bold** inside a section"
                } else if text.starts_with('|') {
                    "Discord does not draw tables: use a list"
                } else if let Some(tag) = html_tag(text) {
                    let what =
                        format!("Discord does not draw HTML: write `{tag}` in backticks or leave it out");
                    errors.push(FaqEntryError::new(file, line, what));
                    continue;
                } else if has_bare_link(text) {
                    "a bare link makes Discord unfold a preview: write <https://…>, or name it in `sources`"
                } else {
                    continue;
                };
                errors.push(FaqEntryError::new(file, line, wrong));
            }
        }
        if let Some(line) = fence {
            errors.push(FaqEntryError::new(file, line, "this code fence is never closed: end it with ```"));
        }
    }
}

fn starts_item(line: &str) -> bool {
    let line = line.trim_start();
    let numbered =
        line.split_once(". ").is_some_and(|(at, _)| !at.is_empty() && at.bytes().all(|b| b.is_ascii_digit()));
    numbered || line.starts_with("- ") || line.starts_with("> ")
}

/// Returns the first HTML tag or comment outside of backticks. Links, times and mentions of Discord's have a `:`, `@` or `#`
/// where a tag has a space or its end.
pub(super) fn html_tag(text: &str) -> Option<&str> {
    let outside = text.split('`').step_by(2);
    outside.flat_map(|part| part.match_indices('<').map(move |(at, _)| &part[at..])).find_map(|tag| {
        let name = tag[1..].trim_start_matches('/');
        let after = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && (after.is_empty() || after.starts_with(['>', '/', ' ']));
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        (named || tag.starts_with("<!--")).then_some(&tag[..end])
    })
}

/// Returns a link outside of `<…>` and of backticks.
fn has_bare_link(text: &str) -> bool {
    let mut code = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '`' {
            code = !code;
        }
        let link = text[at..].starts_with("https://") || text[at..].starts_with("http://");
        if link && !code && before != '<' {
            return true;
        }
        before = c;
    }
    false
}
