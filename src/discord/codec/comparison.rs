//! Compares a command that Discord has with the one that we would register.
//!
//! Discord adds keys of its own, leaves out defaults, and writes null for nothing; such differences do not count. Keys that
//! an application cannot send are not compared: Discord may add more of them at any time.

use serde_json::{Map, Value, json};

/// The keys of a command, an option and a choice that an application sends (reference, "Application commands"), without
/// deprecated ones.
const SENT: [&str; 20] = [
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "type",
    "options",
    "default_member_permissions",
    "integration_types",
    "contexts",
    "nsfw",
    "handler",
    "required",
    "choices",
    "value",
    "channel_types",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "autocomplete",
];

/// Returns whether both are the same command by type and name.
pub fn is_same_name(theirs: &Value, ours: &Value) -> bool {
    let kind = |command: &Value| command["type"].as_u64().unwrap_or(1);
    kind(theirs) == kind(ours) && theirs["name"] == ours["name"]
}

/// Returns whether Discord's command is equivalent to ours.
pub fn is_same_command(theirs: &Value, ours: &Value) -> bool {
    plain(theirs) == plain(ours)
}

/// Returns a command without defaults and without Discord's additions.
fn plain(value: &Value) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let mut plain = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            ("integration_types" | "contexts" | "channel_types", Value::Array(list)) => sorted(list),
            (_, Value::Array(list)) => list.iter().map(self::plain).collect(),
            // Its keys are languages.
            ("name_localizations" | "description_localizations", _) => value.clone(),
            (_, Value::Object(_)) => self::plain(value),
            // Discord may write a whole number as a float.
            (_, Value::Number(number)) => number.as_f64().map_or(Value::Null, |n| json!(n)),
            _ => value.clone(),
        };
        if SENT.contains(&key.as_str()) && !is_default(key, &value) {
            plain.insert(key.clone(), value);
        }
    }
    Value::Object(plain)
}

fn sorted(list: &[Value]) -> Value {
    let mut numbers: Vec<u64> = list.iter().filter_map(Value::as_u64).collect();
    numbers.sort_unstable();
    json!(numbers)
}

fn is_default(key: &str, value: &Value) -> bool {
    let empty = match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    // A command without a type is a slash command.
    empty || (key == "type" && *value == json!(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_adds_and_leaves_out_is_no_change() {
        let ours = json!({ "name": "faq", "type": 1, "description": "Ask", "contexts": [0, 2, 1], "nsfw": false,
            "name_localizations": {}, "options": [{ "name": "private", "type": 5, "required": false }] });
        let theirs = json!({ "id": "7", "version": "8", "application_id": "9", "name": "faq", "description": "Ask",
            "type": 1, "contexts": [0, 1, 2], "default_member_permissions": null, "name_localizations": null,
            "options": [{ "name": "private", "type": 5 }] });
        assert!(is_same_command(&theirs, &ours));
        let mut other = ours.clone();
        other["options"][0]["required"] = json!(true);
        assert!(!is_same_command(&theirs, &other));
    }

    #[test]
    fn keys_that_we_never_send_are_no_change() {
        let ours = json!({ "name": "faq", "description": "Ask", "name_localizations": { "de": "faq" },
            "options": [{ "name": "entry", "type": 3, "choices": [{ "name": "One", "value": "1" }] }] });
        let mut theirs = ours.clone();
        theirs["global_popularity_rank"] = json!(7);
        theirs["options"][0]["description_localized"] = json!("Ask");
        theirs["options"][0]["choices"][0]["rank"] = json!({ "of": 2 });
        assert!(is_same_command(&theirs, &ours));
        for (at, value) in [("/name_localizations/de", "fragen"), ("/options/0/choices/0/value", "2")] {
            let mut changed = theirs.clone();
            *changed.pointer_mut(at).expect("it is there") = json!(value);
            assert!(!is_same_command(&changed, &ours), "{at}");
        }
        theirs["default_member_permissions"] = json!("16");
        assert!(!is_same_command(&theirs, &ours), "a former version sent it");
    }
}
