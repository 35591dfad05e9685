//! Discord's documented limits, and the functions that make a text fit them.
//!
//! Sources: Discord's API reference, "Message resource" (<https://docs.discord.com/developers/resources/message>),
//! "Component reference" (<https://docs.discord.com/developers/components/reference>), "Application commands"
//! (<https://docs.discord.com/developers/interactions/application-commands>), and its published OpenAPI document.

use unicode_segmentation::UnicodeSegmentation;

use super::{ActionRow, Button, Menu, MenuKind, Message, Modal};

/// Characters of a bot's message (the OpenAPI document allows 4,000, which is for paying users).
pub const MESSAGE: usize = 2_000;
/// Characters of a public answer: one phone's screen. This is our own limit, not Discord's.
pub const SCREEN: usize = 900;
/// Rows of components in a message.
pub const ROWS: usize = 5;
/// Buttons in a row.
pub const BUTTONS: usize = 5;
/// Characters on a button.
pub const LABEL: usize = 80;
/// Characters of a `custom_id`.
pub const ACTION: usize = 100;
/// Characters of a menu's placeholder.
pub const HINT: usize = 150;
/// Options of a menu, and suggestions during autocompletion.
pub const CHOICES: usize = 25;
/// Characters of a menu option, of its description, of its value, and of a suggestion.
pub const CHOICE: usize = 100;
/// Characters of a form's title and of a field's label.
pub const FORM: usize = 45;
/// Fields of a form.
pub const FIELDS: usize = 5;
/// Characters that a form's field accepts.
pub const FIELD: u16 = 4_000;
/// Characters of a field's placeholder.
pub const PLACEHOLDER: usize = 100;
/// Characters of an image's description.
pub const ALT: usize = 1_024;
/// Characters of a thread's name.
pub const THREAD: usize = 100;
/// Characters of the name of a command or an option.
pub const NAME: usize = 32;
/// Characters of the description of a command or an option.
pub const DESCRIPTION: usize = 100;
/// Options of a command.
pub const OPTIONS: usize = 25;
/// Users and, counted separately, roles in `allowed_mentions`.
pub const MENTIONS: usize = 100;

/// The length of a text as Discord counts it, in UTF-16 units. Discord documents "characters", and its own software counts them
/// in both ways. The units are never fewer than the code points, so they are the safer count.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text of at most `most`: whole lines of `body`, then `tail`. `more` replaces the lines of `body` that did not fit. A cut code
/// fence is closed.
pub fn fit(body: &str, more: &str, tail: &str, most: usize) -> String {
    let whole = join(&[body, tail]);
    if length(&whole) <= most {
        return whole;
    }
    let closing = if body.contains(FENCE) { length(FENCE) + 1 } else { 0 };
    let spare =
        [more, tail].iter().filter(|part| !part.is_empty()).map(|part| length(part) + 1).sum::<usize>();
    let room = most.saturating_sub(spare + closing);
    let mut stored = String::new();
    let mut open = false;
    for line in body.lines() {
        let longer = if stored.is_empty() { length(line) } else { length(&stored) + 1 + length(line) };
        if longer > room {
            // A single line that is too long is cut within; further ones are left out whole.
            if stored.is_empty() {
                stored = shorten(line, room);
            }
            break;
        }
        if !stored.is_empty() {
            stored.push('\n');
        }
        stored.push_str(line);
        open ^= line.trim_start().starts_with(FENCE);
    }
    if open {
        stored.push('\n');
        stored.push_str(FENCE);
    }
    let text = join(&[stored.trim_end(), more, tail]);
    // A tail or a "more" that is longer than the limit: nobody writes that, but the message must still be sent.
    if length(&text) <= most { text } else { shorten(&text, most) }
}

const FENCE: &str = "```";

fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// A text of at most `most`, cut between what people see as characters, with `…` where it was cut.
pub fn shorten(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut stored = String::new();
    let mut room = most.saturating_sub(1);
    for seen in text.graphemes(true) {
        let Some(left) = room.checked_sub(length(seen)) else { break };
        room = left;
        stored.push_str(seen);
    }
    let stored = stored.trim_end();
    // Half of an escape would escape the ellipsis.
    let slashes = stored.chars().rev().take_while(|c| *c == '\\').count();
    let stored = stored.get(..stored.len() - slashes % 2).unwrap_or(stored);
    if most == 0 { String::new() } else { format!("{stored}…") }
}

/// Every limit that a message breaks, in words for a test or a log. Empty if Discord would accept the message.
pub fn broken(message: &Message) -> Vec<String> {
    let mut broken = Broken::default();
    broken.at_most("text", length(&message.text), MESSAGE);
    if message.text.trim().is_empty() && message.images.is_empty() && message.rows.is_empty() {
        broken.0.push("an empty message".to_owned());
    }
    broken.at_most("rows", message.rows.len(), ROWS);
    broken.at_most("roles", message.mentions.roles.len(), MENTIONS);
    broken.at_most("people", message.mentions.people.len(), MENTIONS);
    let mut actions = Vec::new();
    for row in &message.rows {
        match row {
            ActionRow::Buttons(buttons) => {
                broken.within("buttons of a row", buttons.len(), 1, BUTTONS);
                for button in buttons {
                    let (Button::Ask { label, .. } | Button::Link { label, .. }) = button;
                    broken.within("a button's label", length(label), 1, LABEL);
                    if let Button::Ask { action, .. } = button {
                        actions.push(action.as_str());
                    }
                }
            }
            ActionRow::Menu(menu) => {
                actions.push(&menu.action);
                broken.menu(menu);
            }
        }
    }
    for action in &actions {
        broken.within("an action", length(action), 1, ACTION);
    }
    actions.sort_unstable();
    if actions.windows(2).any(|pair| pair[0] == pair[1]) {
        broken.0.push(format!("an action twice: {actions:?}"));
    }
    for image in &message.images {
        broken.at_most("a picture's description", length(&image.alt), ALT);
    }
    broken.0
}

/// Every limit that a form breaks.
pub fn broken_in_form(form: &Modal) -> Vec<String> {
    let mut broken = Broken::default();
    broken.within("an action", length(&form.action), 1, ACTION);
    broken.within("a form's title", length(&form.title), 1, FORM);
    broken.within("fields", form.fields.len(), 1, FIELDS);
    for field in &form.fields {
        broken.within("a field's label", length(&field.label), 1, FORM);
        broken.at_most("a field's hint", length(&field.hint), PLACEHOLDER);
        broken.within("a field's characters", field.most.into(), 1, FIELD.into());
    }
    broken.0
}

#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn at_most(&mut self, what: &str, is: usize, most: usize) {
        self.within(what, is, 0, most);
    }

    fn within(&mut self, what: &str, is: usize, least: usize, most: usize) {
        if is < least || is > most {
            self.0.push(format!("{what}: {is}, allowed {least} to {most}"));
        }
    }

    fn menu(&mut self, menu: &Menu) {
        self.at_most("a menu's hint", length(&menu.hint), HINT);
        let (least, most) = menu.count;
        self.within("a menu's least count", least.into(), 0, most.into());
        match &menu.of {
            MenuKind::Roles(_) => self.within("a menu's count", most.into(), 1, CHOICES),
            MenuKind::Choices(choices) => {
                self.within("a menu's lines", choices.len(), 1, CHOICES);
                self.within("a menu's count", most.into(), 1, choices.len());
                for choice in choices {
                    self.within("a menu's line", length(&choice.label), 1, CHOICE);
                    self.at_most("a menu's line's description", length(&choice.about), CHOICE);
                    self.within("a menu's value", length(&choice.value), 1, CHOICE);
                }
                let mut values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
                values.sort_unstable();
                if values.windows(2).any(|pair| pair[0] == pair[1]) {
                    self.0.push(format!("a menu's value twice: {values:?}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_long_text_loses_whole_lines_and_links_the_rest() {
        let body = "first line\nsecond line\nthird line, a longer one";
        assert_eq!(
            fit(body, "more: <here>", "-# end", 100),
            "first line\nsecond line\nthird line, a longer one\n-# end"
        );
        assert_eq!(fit(body, "more: <here>", "-# end", 45), "first line\nsecond line\nmore: <here>\n-# end");
    }

    #[test]
    fn cut_text_keeps_characters_whole_and_closes_code_fences() {
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(length(family), 11);
        assert_eq!(shorten(&family.repeat(3), 23), format!("{family}{family}…"));
        assert_eq!(shorten(&family.repeat(3), 22), format!("{family}…"));
        let fenced = "see\n```js\nlet a = 1;\nlet b = 2;\n```";
        assert_eq!(fit(fenced, "more", "", 30), "see\n```js\nlet a = 1;\n```\nmore");
    }

    #[test]
    fn a_message_that_discord_would_refuse_is_called_broken() {
        assert!(broken(&Message::text("fine")).is_empty());
        assert_eq!(broken(&Message::text("x".repeat(2_001))), ["text: 2001, allowed 0 to 2000"]);
        assert_eq!(broken(&Message::default()), ["an empty message"]);
    }

    proptest! {
        #[test]
        fn whatever_comes_fits(body in "(\\PC|\n|```|👩‍👧|\\\\){0,300}", more in ".{0,20}", tail in ".{0,30}", most in 0usize..300) {
            let text = fit(&body, &more, &tail, most);
            prop_assert!(length(&text) <= most, "{} > {most}", length(&text));
            if length(&body) + 1 + length(&tail) <= most {
                prop_assert!(text.starts_with(body.as_str()));
            }
        }

        #[test]
        fn what_is_cut_is_cut_between_characters(text in "([a-z äß日]|👩‍👧|e\u{301}|🇩🇪){0,60}", most in 1usize..40) {
            let cut = shorten(&text, most);
            prop_assert!(length(&cut) <= most);
            let stored = cut.strip_suffix('…').filter(|_| cut != text);
            let whole: Vec<&str> = text.graphemes(true).collect();
            let whole_ones = |stored: &str| (0..=whole.len()).any(|n| whole[..n].concat().trim_end() == stored);
            prop_assert!(stored.is_none_or(whole_ones), "{cut:?} tears {text:?}");
        }
    }
}
