//! Reads a response of Discord: its status, its headers about limits, its body up to a cap.

use std::str::FromStr;

use jiff::SignedDuration;
use reqwest::Response;
use reqwest::header::HeaderMap;

use super::lost;
use crate::discord::ratelimit::RateLimitHeaders;
use crate::discord::{DiscordError, codec};

/// Size limit of a response: 100 messages with everything in them are smaller.
const MOST_BODY: usize = 4 << 20;

pub(super) struct ApiResponse {
    pub(super) status: u16,
    pub(super) headers: RateLimitHeaders,
    body: Vec<u8>,
}

impl ApiResponse {
    /// Returns the body on success, otherwise the meaning of the refusal.
    pub(super) fn into_result(self) -> Result<Vec<u8>, DiscordError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let retry_after = self.headers.retry_after.map(|wait| wait.as_secs_f64());
        Err(codec::post_error(self.status, retry_after, &self.body))
    }
}

pub(super) async fn read(response: Response) -> Result<ApiResponse, DiscordError> {
    let status = response.status().as_u16();
    let headers = limits(response.headers());
    // A larger body cannot be Discord's; the empty one in its place is then unreadable.
    let body = read_capped(response, MOST_BODY).await?.unwrap_or_default();
    Ok(ApiResponse { status, headers, body })
}

/// Reads a body of at most `most` bytes. Returns `None` if it is larger.
pub(super) async fn read_capped(
    mut response: Response,
    most: usize,
) -> Result<Option<Vec<u8>>, DiscordError> {
    let too_long = |length: u64| usize::try_from(length).is_ok_and(|l| l > most);
    if response.content_length().is_some_and(too_long) {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e))? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

fn limits(headers: &HeaderMap) -> RateLimitHeaders {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let seconds = |name: &str| span(text(name)?);
    RateLimitHeaders {
        bucket: text("x-ratelimit-bucket").map(str::to_owned),
        limit: number(text("x-ratelimit-limit")),
        remaining: number(text("x-ratelimit-remaining")),
        reset_after: seconds("x-ratelimit-reset-after"),
        retry_after: seconds("retry-after"),
        shared: text("x-ratelimit-scope") == Some("shared"),
        global: text("x-ratelimit-global").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || text("x-ratelimit-scope") == Some("global"),
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.trim().parse().ok()
}

/// Parses seconds with a fraction. Returns `None` for a header that is no number, or absurd.
fn span(text: &str) -> Option<SignedDuration> {
    let seconds: f64 = number(Some(text))?;
    // A day is longer than any wait that Discord gives.
    (0.0..=86_400.0).contains(&seconds).then(|| SignedDuration::try_from_secs_f64(seconds).ok())?
}
