//! Checks a request body against Discord's documented limits.
//!
//! Sources: Discord's reference of the named objects. Lengths are counted in UTF-16 units, the stricter of the two ways in
//! which Discord may count.

use std::collections::BTreeSet;

use serde_json::Value;

/// A violated limit of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its location: `components.0.components.1.custom_id`.
    pub path: String,
    /// Discord's code, or one in its style.
    pub code: &'static str,
}

/// The type of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestBodyKind {
    /// A new message, including an interaction's and a follow-up.
    Message,
    /// An edit of a message: it may leave everything out.
    Edit,
    Form,
    Suggestions,
    Thread,
    Command,
}

/// Returns all violations of a body.
pub fn flaws(kind: RequestBodyKind, body: &Value) -> Vec<Violation> {
    let mut check = Check::default();
    match kind {
        RequestBodyKind::Message => check.message(body, false),
        RequestBodyKind::Edit => check.message(body, true),
        RequestBodyKind::Form => check.form(body),
        RequestBodyKind::Suggestions => check.suggestions(body),
        RequestBodyKind::Thread => check.text(body, "name", 1, 100),
        RequestBodyKind::Command => check.command(body, true),
    }
    check.found
}

#[derive(Default)]
struct Check {
    path: Vec<String>,
    found: Vec<Violation>,
    custom_ids: BTreeSet<String>,
}

impl Check {
    fn flaw(&mut self, key: &str, code: &'static str) {
        let path = self.path.iter().map(String::as_str).chain([key]).collect::<Vec<_>>().join(".");
        self.found.push(Violation { path, code });
    }

    fn within(&mut self, keys: &[&str], check: impl FnOnce(&mut Self)) {
        self.path.extend(keys.iter().map(|k| (*k).to_owned()));
        check(self);
        self.path.truncate(self.path.len() - keys.len());
    }

    fn each(&mut self, body: &Value, key: &str, mut check: impl FnMut(&mut Self, &Value)) -> usize {
        let list = body[key].as_array().map_or(&[][..], Vec::as_slice);
        for (index, item) in list.iter().enumerate() {
            self.within(&[key, &index.to_string()], |inner| check(inner, item));
        }
        list.len()
    }

    /// Checks a text, which is required if `least` is more than 0.
    fn text(&mut self, body: &Value, key: &str, least: usize, most: usize) {
        let length = body[key].as_str().map_or(0, |text| text.encode_utf16().count());
        if length < least {
            self.flaw(key, "BASE_TYPE_REQUIRED");
        } else if length > most {
            self.flaw(key, "BASE_TYPE_MAX_LENGTH");
        }
    }

    fn message(&mut self, body: &Value, edit: bool) {
        self.text(body, "content", 0, 2000);
        self.text(body, "nonce", 0, 25);
        self.mentions(&body["allowed_mentions"]);
        let attached = self.each(body, "attachments", |c, file| c.text(file, "description", 0, 1024));
        if attached > 10 {
            self.flaw("attachments", "BASE_TYPE_MAX_LENGTH");
        }
        if self.each(body, "components", Self::row) > 5 {
            self.flaw("components", "BASE_TYPE_BAD_LENGTH");
        }
        let mut length = 0;
        self.each(body, "embeds", |_, embed| length += embed_length(embed));
        if length > 6000 {
            self.flaw("embeds", "MAX_EMBED_SIZE_EXCEEDED");
        }
        let says_something =
            body["content"].as_str().is_some_and(|t| !t.trim().is_empty()) || attached > 0 || length > 0;
        if !edit && !says_something {
            self.flaw("content", "EMPTY_MESSAGE");
        }
    }

    fn mentions(&mut self, allowed: &Value) {
        for key in ["roles", "users"] {
            let ids: Vec<&str> =
                allowed[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let parsed = allowed["parse"].as_array().is_some_and(|p| p.iter().any(|v| v == key));
            let path = format!("allowed_mentions.{key}");
            if ids.len() > 100 {
                self.flaw(&path, "BASE_TYPE_MAX_LENGTH");
            }
            if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
                self.flaw(&path, "SET_TYPE_ALREADY_CONTAINS_VALUE");
            }
            if parsed && !ids.is_empty() {
                self.flaw(&path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE");
            }
        }
    }

    fn row(&mut self, row: &Value) {
        let mut menus = 0;
        let count = self.each(row, "components", |check, component| {
            if component["type"] == 2 {
                check.button(component);
            } else {
                menus += 1;
                check.menu(component);
            }
        });
        let most = if menus > 0 { 1 } else { 5 };
        if count == 0 || count > most {
            self.flaw("components", "BASE_TYPE_BAD_LENGTH");
        }
    }

    fn button(&mut self, button: &Value) {
        self.text(button, "label", 1, 80);
        if button["style"] == 5 {
            self.text(button, "url", 1, 512);
        } else {
            self.custom_id(button);
        }
    }

    fn custom_id(&mut self, component: &Value) {
        self.text(component, "custom_id", 1, 100);
        let id = component["custom_id"].as_str().unwrap_or_default();
        if !self.custom_ids.insert(id.to_owned()) {
            self.flaw("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED");
        }
    }

    fn menu(&mut self, menu: &Value) {
        self.custom_id(menu);
        self.text(menu, "placeholder", 0, 150);
        let mut values = BTreeSet::new();
        let mut chosen = 0;
        let count = self.each(menu, "options", |check, option| {
            check.text(option, "label", 1, 100);
            check.text(option, "value", 1, 100);
            check.text(option, "description", 0, 100);
            chosen += u64::from(option["default"] == true);
            if !values.insert(option["value"].to_string()) {
                check.flaw("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED");
            }
        });
        let texts = menu["type"] == 3;
        if texts && (count == 0 || count > 25) {
            self.flaw("options", "BASE_TYPE_BAD_LENGTH");
        }
        let (least, most) =
            (menu["min_values"].as_u64().unwrap_or(1), menu["max_values"].as_u64().unwrap_or(1));
        let possible = if texts { count as u64 } else { 25 };
        if least > most || most == 0 || most > possible {
            self.flaw("max_values", "NUMBER_TYPE_MAX");
        }
        chosen += menu["default_values"].as_array().map_or(0, |d| d.len() as u64);
        if chosen > most {
            self.flaw("default_values", "BASE_TYPE_BAD_LENGTH");
        }
    }

    fn form(&mut self, form: &Value) {
        self.text(form, "custom_id", 1, 100);
        self.text(form, "title", 1, 45);
        let rows = self.each(form, "components", |check, row| {
            let count = check.each(row, "components", |check, field| {
                check.custom_id(field);
                check.text(field, "label", 1, 45);
                check.text(field, "placeholder", 0, 100);
                if field["max_length"].as_u64().is_some_and(|m| m == 0 || m > 4000) {
                    check.flaw("max_length", "NUMBER_TYPE_MAX");
                }
            });
            if count != 1 {
                check.flaw("components", "BASE_TYPE_BAD_LENGTH");
            }
        });
        if rows == 0 || rows > 5 {
            self.flaw("components", "BASE_TYPE_BAD_LENGTH");
        }
    }

    fn suggestions(&mut self, body: &Value) {
        let count = self.each(body, "choices", |check, choice| {
            check.text(choice, "name", 1, 100);
            check.text(choice, "value", 1, 100);
        });
        if count > 25 {
            self.flaw("choices", "BASE_TYPE_MAX_LENGTH");
        }
    }

    fn command(&mut self, command: &Value, top: bool) {
        self.text(command, "name", 1, 32);
        let message_command = top && command["type"].as_u64().is_some_and(|t| t != 1);
        if !message_command {
            self.text(command, "description", 1, 100);
            self.names(command);
        }
        for key in ["name_localizations", "description_localizations"] {
            let most = if key.starts_with("name") { 32 } else { 100 };
            for (locale, text) in command[key].as_object().into_iter().flatten() {
                let length = text.as_str().map_or(0, |t| t.encode_utf16().count());
                if length == 0 || length > most {
                    self.flaw(&format!("{key}.{locale}"), "BASE_TYPE_BAD_LENGTH");
                }
            }
        }
        let mut optional = false;
        let count = self.each(command, "options", |check, option| {
            let required = option["required"] == true;
            if required && optional {
                check.flaw("required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID");
            }
            optional |= !required;
            check.command(option, false);
            let choices = check.each(option, "choices", |check, choice| {
                check.text(choice, "name", 1, 100);
            });
            if choices > 25 {
                check.flaw("choices", "BASE_TYPE_MAX_LENGTH");
            }
        });
        if count > 25 {
            self.flaw("options", "BASE_TYPE_MAX_LENGTH");
        }
    }

    /// Checks names of slash commands and options: lower case, no spaces (reference, "Application command naming").
    fn names(&mut self, command: &Value) {
        let fits = |name: &str| {
            name.chars().all(|c| matches!(c, '-' | '_') || c.is_alphanumeric()) && name.to_lowercase() == name
        };
        if !command["name"].as_str().is_some_and(fits) {
            self.flaw("name", "STRING_TYPE_REGEX");
        }
        for (locale, name) in command["name_localizations"].as_object().into_iter().flatten() {
            // Combining marks (as in Japanese or Hindi) count as letters at Discord.
            if !name.as_str().is_some_and(|n| !n.contains(char::is_whitespace) && n.to_lowercase() == n) {
                self.flaw(&format!("name_localizations.{locale}"), "STRING_TYPE_REGEX");
            }
        }
    }
}

fn embed_length(embed: &Value) -> usize {
    let of = |v: &Value| v.as_str().map_or(0, |t| t.encode_utf16().count());
    let fields = embed["fields"].as_array().into_iter().flatten();
    let fields: usize = fields.map(|f| of(&f["name"]) + of(&f["value"])).sum();
    of(&embed["title"])
        + of(&embed["description"])
        + of(&embed["footer"]["text"])
        + of(&embed["author"]["name"])
        + fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(kind: RequestBodyKind, body: &Value) -> Vec<String> {
        flaws(kind, body).into_iter().map(|f| format!("{} {}", f.path, f.code)).collect()
    }

    #[test]
    fn message_may_be_as_long_as_discord_allows() {
        assert!(flaws(RequestBodyKind::Message, &json!({ "content": "x".repeat(2000) })).is_empty());
        // A character outside the basic plane counts twice.
        let body = json!({ "content": "🔴".repeat(1001) });
        assert_eq!(codes(RequestBodyKind::Message, &body), ["content BASE_TYPE_MAX_LENGTH"]);
        assert_eq!(codes(RequestBodyKind::Message, &json!({})), ["content EMPTY_MESSAGE"]);
    }

    #[test]
    fn the_same_custom_id_twice_is_refused() {
        let button = json!({ "type": 2, "style": 1, "label": "Again", "custom_id": "status:refresh" });
        let body = json!({ "content": "x", "components": [{ "type": 1, "components": [button, button] }] });
        assert_eq!(
            codes(RequestBodyKind::Message, &body),
            ["components.0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED"]
        );
    }

    #[test]
    fn required_option_comes_before_optional_ones() {
        let option = |name: &str, required: bool| json!({ "type": 3, "name": name, "description": "x", "required": required });
        let body = json!({ "name": "faq", "description": "x", "options": [option("for", false), option("question", true)] });
        assert_eq!(
            codes(RequestBodyKind::Command, &body),
            ["options.1.required APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"]
        );
    }
}
