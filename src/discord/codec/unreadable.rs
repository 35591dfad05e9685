//! Errors for Discord's JSON that could not be read: the key and what was expected there.

use serde::de::DeserializeOwned;

/// Reads JSON. The error names the key that is missing or of another type: `roles: missing`.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = keys(&error.path().to_string());
        let said = error.into_inner().to_string();
        // What serde expected is ours; what it found may be anybody's data, and comes before that.
        if let Some(field) = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            let inside = if path == "." { String::new() } else { format!("{path}.") };
            return format!("{inside}{field}: missing");
        }
        let place = said.rfind(" at line ").unwrap_or(said.len());
        match said[..place].rsplit_once(", expected ") {
            Some((_, expected)) => format!("{path}: expected {expected}"),
            None => format!("{path}: not understood"),
        }
    })
}

/// Masks ids in a path: the keys of a map by user id all look the same.
fn keys(path: &str) -> String {
    let masked = |key: &str| {
        let id = key.len() > 10 && key.bytes().all(|byte| byte.is_ascii_digit());
        if id { "{}".to_owned() } else { key.to_owned() }
    };
    if path == "." { path.to_owned() } else { path.split('.').map(masked).collect::<Vec<_>>().join(".") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Server {
        roles: Vec<Role>,
        #[serde(default)]
        people: BTreeMap<String, Role>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Role {
        id: u64,
    }

    #[test]
    fn the_key_is_named_and_no_value_is() {
        for (json, said) in [
            (r#"{"people":{}}"#, "roles: missing"),
            (r#"{"roles":[{"id":1},{}]}"#, "roles[1].id: missing"),
            (r#"{"roles":[{"id":"planted, expected planted"}]}"#, "roles[0].id: expected u64"),
            (r#"{"roles":"planted"}"#, "roles: expected a sequence"),
            (
                r#"{"roles":[],"people":{"123456789012345678":{"id":"planted"}}}"#,
                "people.{}.id: expected u64",
            ),
            ("planted", ".: not understood"),
        ] {
            assert_eq!(read::<Server>(json.as_bytes()).expect_err("unreadable"), said);
        }
    }
}
