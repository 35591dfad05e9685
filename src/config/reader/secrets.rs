//! Reads secrets: from the environment, or from the file that a key names.

use std::path::Path;

use super::{ConfigReader, is_plain};
use crate::files::{self, Exposure};
use crate::secret::Secret;

/// A token has 72 bytes, a private key a few KiB.
const MOST_OF_A_SECRET: u64 = 64 << 10;

impl ConfigReader {
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
        // Some operators put the secret itself where a path belongs: then the path is not shown.
        let shown = if is_plain(&path) { format!("\"{path}\"") } else { "what it names".to_owned() };
        let problem = match files::read_text(Path::new(&path), MOST_OF_A_SECRET) {
            Ok(text) if text.trim().is_empty() => "is empty: write the secret into it".to_owned(),
            Ok(text) => match files::exposure(Path::new(&path)) {
                Ok(Exposure::Writable) => {
                    "can be written by others: chmod 600 it, and change the secret".to_owned()
                }
                exposure => {
                    if matches!(exposure, Ok(Exposure::Readable)) {
                        self.warnings
                            .push(format!("{file_key}: {shown} can be read by everybody: chmod 600 it"));
                    }
                    return Some(Secret::new(&text));
                }
            },
            Err(why) => format!("{why}; put the secret into it, or name another"),
        };
        self.problem(&file_key, &format!("{shown} {problem}"));
        None
    }

    /// Returns the secret address of a receiver that is called over HTTP.
    pub(in crate::config) fn secret_url(&mut self, key: &'static str) -> Option<Secret> {
        let address = self.secret(key)?;
        let text = address.reveal();
        let host = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"));
        let host = host.map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        if host.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let key = if self.given.contains_key(key) { key.to_owned() } else { format!("{key}_file") };
            self.problem(&key, "is no address: https://… is wanted");
        }
        Some(address)
    }

    /// Returns the bot's token: `DISCORD_TOKEN`, else like every secret.
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
