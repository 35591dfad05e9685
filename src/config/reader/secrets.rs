//! Reads secrets: from the environment, or from the file that a key names.
//!
//! Never: a secret stands in a problem.

use super::Reader;
use crate::secret::Secret;

impl Reader {
    /// A secret: from the environment, or from the file that `KEY_file` names.
    pub(in crate::config) fn secret(&mut self, key: &'static str) -> Option<Secret> {
        let secret = self.read_secret(key);
        if let Some(secret) = &secret {
            self.written.secrets.insert(key, secret.clone());
        }
        secret
    }

    fn read_secret(&mut self, key: &str) -> Option<Secret> {
        self.asked.insert(format!("{key}_file"));
        if let Some(given) = self.given.get(key)
            && let Some(text) = given.value.as_str().map(str::trim).filter(|t| !t.is_empty())
        {
            return Some(Secret::new(text));
        }
        let file_key = format!("{key}_file");
        let path = self.given.get(&file_key)?.value.as_str()?.to_owned();
        match std::fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Some(Secret::new(&text)),
            Ok(_) => {
                self.problem(&file_key, &format!("\"{path}\" is empty: the secret belongs into it"));
                None
            }
            Err(e) => {
                self.problem(
                    &file_key,
                    &format!("\"{path}\" cannot be read: {e}; put the secret into it, or name another"),
                );
                None
            }
        }
    }

    /// The bot's token: `DISCORD_TOKEN`, else like every secret.
    pub(in crate::config) fn token(&mut self) -> Option<Secret> {
        const KEY: &str = "discord.token";
        let from_environment = self.token.take();
        let (origin, key) = if from_environment.is_some() {
            ("environment".to_owned(), "DISCORD_TOKEN".to_owned())
        } else {
            let key = if self.given.contains_key(KEY) { KEY.to_owned() } else { format!("{KEY}_file") };
            (self.given.get(&key).map_or_else(|| self.file.clone(), |g| g.origin.clone()), key)
        };
        let token = match from_environment {
            Some(token) => {
                self.asked.insert("discord.token_file".to_owned());
                let token = Secret::new(token.trim().trim_start_matches("Bot "));
                self.written.secrets.insert(KEY, token.clone());
                Some(token)
            }
            None => self.secret(KEY),
        };
        if let Some(token) = &token
            && (token.reveal().chars().any(|c| c.is_whitespace() || c.is_control())
                || !token.reveal().is_ascii())
        {
            let what = "holds characters that no token has; copy it again: developer portal → your application → \
                        Bot → Reset Token";
            self.problem_at(&origin, &key, what);
        }
        token
    }
}
