//! Converts HTML from outside to plain text: what an update of a status page says, without its tags.

/// No real update is longer, and a hostile one costs no more than this.
const TEXT_BYTES: usize = 16 * 1024;
/// Titles are at the top of a page; the rest of a large page is not searched.
const HEAD_BYTES: usize = 16 * 1024;

/// Returns the text of a piece of HTML; plain text stays as it is. Tags are removed, entities resolved. `<br>`, paragraphs
/// and list items start a line, with at most one blank line in a row. Cut at 16 KiB.
pub(super) fn text(html: &str) -> String {
    let end = (0..=TEXT_BYTES.min(html.len())).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0);
    let mut rest = html.get(..end).unwrap_or_default();
    let mut plain = String::with_capacity(rest.len());
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        rest =
            if from.starts_with('<') { after_tag(from, &mut plain) } else { after_entity(from, &mut plain) };
    }
    plain.push_str(rest);
    tidy(&plain)
}

/// Returns the title of an HTML page, if its head has one.
pub(super) fn title(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..HEAD_BYTES.min(body.len()))?);
    let lower = head.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = text(head.get(start..end)?).replace('\n', " ");
    (!title.is_empty()).then_some(title)
}

/// `from` begins with `<`. Returns what follows the tag. A `<` that begins no tag is text.
fn after_tag<'a>(from: &'a str, plain: &mut String) -> &'a str {
    let inner = from.get(1..).unwrap_or_default();
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
        plain.push('<');
        return inner;
    }
    let Some(end) = inner.find('>') else {
        plain.push('<');
        return inner;
    };
    let (tag, rest) = inner.split_at(end);
    let rest = rest.get(1..).unwrap_or_default();
    let name: String = tag
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    match name.as_str() {
        "br" | "p" | "div" | "ul" | "ol" | "tr" | "h1" | "h2" | "h3" | "h4" => plain.push('\n'),
        "li" if !tag.starts_with('/') => plain.push_str("\n- "),
        // The content of these is not for people.
        "script" | "style" if !tag.starts_with('/') => {
            let close = format!("</{name}");
            let lower = rest.to_ascii_lowercase();
            return lower.find(&close).and_then(|at| rest.get(at..)).unwrap_or_default();
        }
        _ => {}
    }
    rest
}

/// `from` begins with `&`. Returns what follows the entity. An unknown entity is text.
fn after_entity<'a>(from: &'a str, plain: &mut String) -> &'a str {
    let inner = from.get(1..).unwrap_or_default();
    // The longest entity that we resolve, `#x10FFFF`, has 8 characters.
    let end = inner.char_indices().take(10).find(|(_, c)| *c == ';').map(|(at, _)| at);
    let resolved = end.and_then(|end| Some((entity(inner.get(..end)?)?, inner.get(end + 1..)?)));
    if let Some((character, rest)) = resolved {
        plain.push(character);
        rest
    } else {
        plain.push('&');
        inner
    }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "hellip" => Some('…'),
        "rsquo" => Some('’'),
        "lsquo" => Some('‘'),
        "rdquo" => Some('”'),
        "ldquo" => Some('“'),
        "bull" => Some('•'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')
        }
    }
}

/// Trims lines, folds spaces, removes control characters and allows at most one blank line in a row.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = line.replace(char::is_control, " ");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line == "-" {
            blank += 1;
            continue;
        }
        if !tidy.is_empty() {
            tidy.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        tidy.push_str(&line);
        blank = 0;
    }
    tidy
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn html_update_reads_as_plain_text() {
        let html = "We are <b>investigating</b> reports of 5xx &amp; time-outs.<br />\r\n<ul><li>login</li><li>search &lt; 1 s</li></ul><p>More soon&#8230;</p><script>alert('x')</script>";
        assert_eq!(
            text(html),
            "We are investigating reports of 5xx & time-outs.\n\n- login\n- search < 1 s\n\nMore soon…"
        );
        assert_eq!(text("if a < b && c > d"), "if a < b && c > d");
        assert_eq!(text("an unclosed <tag"), "an unclosed <tag");
    }

    #[test]
    fn a_title_is_found_in_the_head_of_a_page() {
        assert_eq!(
            title(b"<HTML><Title class=a>Just a\nmoment...</TITLE>"),
            Some("Just a moment...".to_owned())
        );
        assert_eq!(title(b"<title></title>"), None);
        assert_eq!(title(b"no healthy upstream"), None);
    }

    proptest! {
        #[test]
        fn any_text_becomes_plain_without_a_panic(html in ".*", bytes: Vec<u8>) {
            let _ = title(&bytes);
            let plain = text(&html);
            prop_assert!(!plain.contains('\r'));
            prop_assert!(!plain.contains("\n\n\n"));
        }

        #[test]
        fn tags_in_any_order_never_panic(pieces in proptest::collection::vec("<|>|/|br|script|</script|&|;|#x|41|ß|p ", 0..60)) {
            let html = pieces.concat();
            let _ = (text(&html), title(html.as_bytes()));
        }
    }
}
