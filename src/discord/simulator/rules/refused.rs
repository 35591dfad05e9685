//! The error responses of the simulated Discord.

use serde_json::{Value, json};

use super::body::Violation;

/// An error response.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    pub status: u16,
    /// Discord's code; 0 if it gives none.
    pub code: u32,
    pub message: &'static str,
    pub flaws: Vec<Violation>,
    /// For a rate limit: seconds to wait, and whose limit it was.
    pub limit: Option<(f64, RateLimitScope)>,
}

/// Whose limit it was (reference, "Rate limits": `X-RateLimit-Scope`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitScope {
    /// This bot's limit on this route.
    User,
    /// This bot's limit on everything.
    Global,
    /// The resource's limit, shared with other bots; not counted as an invalid request.
    Shared,
}

impl RateLimitScope {
    /// Returns its name in the header.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Global => "global",
            Self::Shared => "shared",
        }
    }
}

impl ApiError {
    /// 10003.
    pub const UNKNOWN_CHANNEL: Self = Self::plain(404, 10003, "Unknown Channel");
    /// 10008.
    pub const UNKNOWN_MESSAGE: Self = Self::plain(404, 10008, "Unknown Message");
    /// 50001.
    pub const MISSING_ACCESS: Self = Self::plain(403, 50001, "Missing Access");
    /// 50013.
    pub const MISSING_PERMISSIONS: Self = Self::plain(403, 50013, "Missing Permissions");
    /// 10062.
    pub const UNKNOWN_INTERACTION: Self = Self::plain(404, 10062, "Unknown interaction");
    /// 40060.
    pub const ALREADY_ANSWERED: Self = Self::plain(400, 40060, "Interaction has already been acknowledged.");
    /// 50027: the interaction's 15 minutes are over.
    pub const TOKEN_OVER: Self = Self::plain(401, 50027, "Invalid Webhook Token");
    /// The bot's token is not accepted.
    pub const UNAUTHORIZED: Self = Self::plain(401, 0, "401: Unauthorized");

    /// Creates an error response without violations.
    pub const fn plain(status: u16, code: u32, message: &'static str) -> Self {
        Self { status, code, message, flaws: Vec::new(), limit: None }
    }

    /// 50035: the body is wrong.
    pub fn bad_body(flaws: Vec<Violation>) -> Self {
        Self { flaws, ..Self::plain(400, 50035, "Invalid Form Body") }
    }

    /// 429.
    pub fn limited(seconds: f64, scope: RateLimitScope) -> Self {
        Self { limit: Some((seconds, scope)), ..Self::plain(429, 0, "You are being rate limited.") }
    }

    /// Returns the response's body.
    pub fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some((seconds, scope)) = self.limit {
            body["retry_after"] = json!(seconds);
            body["global"] = json!(scope == RateLimitScope::Global);
        }
        for flaw in &self.flaws {
            let mut place = &mut body["errors"];
            for key in flaw.path.split('.') {
                place = &mut place[key];
            }
            let error = json!({ "code": flaw.code, "message": "" });
            match place["_errors"].as_array_mut() {
                Some(list) => list.push(error),
                None => place["_errors"] = json!([error]),
            }
        }
        body
    }
}
