//! Collects the texts and files of a message, for "Explain this error".

use super::incoming::pasted;
use super::json::Node;
use crate::commands::{Attachment, Part};

/// Size limit of all texts of a message together. Discord's limits for content, embeds and components are below it.
const MOST_TEXT: usize = 64 << 10;
/// A message has at most 10 attachments, 10 embeds with 25 fields each, and 40 components; those of bots may grow.
const MOST: usize = 50;
/// The deepest nesting of text: in a section of a container, with room for what Discord may add.
const MOST_NESTING: usize = 8;

/// Returns the texts of a message besides its content, in the order in which people see them.
pub(super) fn passages(message: Node<'_>) -> Vec<(Part, String)> {
    let mut found = Found { left: MOST_TEXT, passages: Vec::new() };
    for snapshot in message.get("message_snapshots").list(MOST) {
        let snapshot = snapshot.get("message");
        found.add(Part::Forwarded, snapshot.get("content"));
        found.add_embeds(Part::Forwarded, snapshot);
        found.add_displays(Part::Forwarded, snapshot.get("components"), MOST_NESTING);
    }
    found.add_embeds(Part::Embed, message);
    found.add_displays(Part::Display, message.get("components"), MOST_NESTING);
    found.passages
}

/// Returns the text files of a message and of what it forwards.
pub(super) fn text_files(message: Node<'_>) -> Vec<Attachment> {
    let [own, snapshots] = message.pick(["attachments", "message_snapshots"]);
    let forwarded = snapshots.list(MOST).into_iter().map(|it| it.get("message").get("attachments"));
    let lists = std::iter::once(own).chain(forwarded);
    lists.flat_map(|list| list.list(MOST)).filter_map(pasted).filter(is_text).take(MOST).collect()
}

struct Found {
    left: usize,
    passages: Vec<(Part, String)>,
}

impl Found {
    fn add(&mut self, part: Part, text: Node<'_>) {
        let mut text = text.text_or_empty();
        let mut most = text.len().min(self.left);
        while !text.is_char_boundary(most) {
            most -= 1;
        }
        text.truncate(most);
        self.left -= most;
        if !text.trim().is_empty() {
            self.passages.push((part, text));
        }
    }

    fn add_embeds(&mut self, part: Part, message: Node<'_>) {
        for embed in message.get("embeds").list(MOST) {
            let [title, description, fields, footer] =
                embed.pick(["title", "description", "fields", "footer"]);
            self.add(part, title);
            self.add(part, description);
            for field in fields.list(MOST) {
                let [name, value] = field.pick(["name", "value"]);
                self.add(part, name);
                self.add(part, value);
            }
            self.add(part, footer.get("text"));
        }
    }

    /// Adds text displays, even inside components that we do not know.
    fn add_displays(&mut self, part: Part, components: Node<'_>, nesting: usize) {
        for component in components.list(MOST) {
            self.add_display(part, component, nesting);
        }
    }

    fn add_display(&mut self, part: Part, component: Node<'_>, nesting: usize) {
        let Some(nesting) = nesting.checked_sub(1).filter(|_| component.is_there()) else { return };
        let [kind, content, inner, one, accessory] =
            component.pick(["type", "content", "components", "component", "accessory"]);
        // Reference, "Component types": 10 is a text display.
        if kind.number() == Some(10) {
            self.add(part, content);
        }
        self.add_displays(part, inner, nesting);
        self.add_display(part, one, nesting);
        self.add_display(part, accessory, nesting);
    }
}

/// Returns whether a file is worth reading: Discord gives the type of most, otherwise the extension decides.
fn is_text(attachment: &Attachment) -> bool {
    let kind = attachment.kind.as_deref().unwrap_or_default();
    let ending = attachment.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.starts_with("application/json")
        || matches!(ending.as_str(), "log" | "txt" | "json" | "md" | "out" | "err" | "har" | "yaml" | "yml")
}
