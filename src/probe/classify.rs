//! What a response means.
//!
//! | what came | what it means |
//! |---|---|
//! | dns, connect, tls, time-out, reset | [`Outcome::Unreachable`] |
//! | what a healthy server answers | [`Outcome::Healthy`] |
//! | 429 | [`RejectionReason::Quota`] with `QUOTA_EXCEEDED`, else [`RejectionReason::Rate`] |
//! | 400, 401, 403 about us | [`RejectionReason::Country`], [`RejectionReason::Credential`] |
//! | 503, whole body `no healthy upstream` | [`FailureKind::NoHealthyUpstream`] |
//! | 5xx, body begins `upstream connect error or disconnect/reset before headers` | [`FailureKind::UpstreamConnect`] |
//! | 504, whole body `upstream request timeout` | [`FailureKind::UpstreamTimeout`] |
//! | 503, empty, `server: envoy` | [`FailureKind::EnvoyEmpty`] |
//! | 5xx, JSON whose `error.status` is 500 or more | [`FailureKind::ApiServerError`] |
//! | 502, 503, 504 in HTML, not from Envoy | [`FailureKind::EdgeError`] |
//! | any other 5xx | [`FailureKind::ServerError`] |
//! | the healthy status, but its lists are empty | [`FailureKind::Empty`] |
//! | everything else (HTML where JSON belongs, a redirect, a captive portal) | [`Outcome::Unclear`] |
//!
//! The phrase counts only as the whole body of a 503: a page *about* the error contains it too.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::exchange::{Exchange, ExchangeOutcome, HttpResponse, TransportError};
use super::html_text;
use super::spotify::{BodyKind, Expect};
use crate::health::{Failure, FailureKind, Outcome, RejectionReason};

/// People read the evidence on one line.
const DETAIL_CHARS: usize = 120;
/// Envoy's own replies are short; the rest of a body is not searched for its phrases.
const PHRASE_BYTES: usize = 4096;
/// The longest wait after a 429, whatever it asks for: 86,400 s were seen, but the limit ended sooner.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(1);

/// Returns what a probe's exchange means, if a healthy response is as `expect` says.
pub fn classify(exchange: &Exchange, expect: &Expect) -> Outcome {
    let answer = match &exchange.outcome {
        ExchangeOutcome::Failed(failure) => return unreachable(failure.error),
        ExchangeOutcome::Answer(answer) => answer,
    };
    if answer.status == 429 {
        return refused_429(answer, exchange.done());
    }
    if answer.status == expect.status {
        return expected_status(answer, expect);
    }
    unexpected_status(answer, expect)
}

/// Returns what a connectivity check's exchange means: any response over HTTP passes.
pub fn classify_connectivity_check(exchange: &Exchange) -> Outcome {
    match &exchange.outcome {
        ExchangeOutcome::Answer(_) => Outcome::Healthy,
        ExchangeOutcome::Failed(failure) if failure.error == TransportError::BodyTooLarge => Outcome::Healthy,
        ExchangeOutcome::Failed(failure) => unreachable(failure.error),
    }
}

/// Returns what an exchange with a status page means if it contains no page: everything but a 200.
pub fn classify_unreadable(exchange: &Exchange) -> Outcome {
    let nothing_fits = Expect { status: 0, body: BodyKind::Any, key: None, lists: false };
    classify(exchange, &nothing_fits)
}

/// The library's text differs by version and system: the class names the error, and the recording has the text.
fn unreachable(error: TransportError) -> Outcome {
    let class = match error {
        TransportError::Dns => FailureKind::Dns,
        TransportError::Connect => FailureKind::Connect,
        TransportError::Tls => FailureKind::Tls,
        TransportError::TlsExpired => FailureKind::TlsExpired,
        TransportError::Timeout => FailureKind::Timeout,
        TransportError::Reset => FailureKind::Reset,
        TransportError::BodyTooLarge => {
            return Outcome::Unclear("the answer is larger than we read".to_owned());
        }
    };
    Outcome::Unreachable(Failure { class, status: None, detail: String::new() })
}

fn refused_429(answer: &HttpResponse, now: Timestamp) -> Outcome {
    let until = retry_after(answer, now);
    let body = json(answer);
    let reason = body.as_ref().and_then(|b| b.pointer("/error/reason")).and_then(Value::as_str);
    if reason.is_some_and(|r| r.eq_ignore_ascii_case("QUOTA_EXCEEDED")) {
        return Outcome::Refused {
            why: RejectionReason::Quota,
            detail: "429 QUOTA_EXCEEDED".to_owned(),
            until,
        };
    }
    let said = short_words(answer, body.as_ref());
    let detail = if said.is_empty() { "429".to_owned() } else { format!("429 {said}") };
    Outcome::Refused { why: RejectionReason::Rate, detail, until }
}

/// Returns until when a 429 asks us to wait: `Retry-After` in seconds or as an HTTP date.
fn retry_after(answer: &HttpResponse, now: Timestamp) -> Option<Timestamp> {
    let value = answer.headers.value("retry-after")?.trim();
    let wait = if let Ok(seconds) = value.parse::<f64>() {
        if !seconds.is_finite() || seconds < 0.0 {
            return None;
        }
        // Rounded up, so that we are never early.
        SignedDuration::try_from_secs_f64(seconds.ceil().min(LONGEST_HOLD.as_secs_f64())).ok()?
    } else {
        let date = Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?;
        date.duration_since(now).max(SignedDuration::ZERO)
    };
    now.checked_add(wait.min(LONGEST_HOLD)).ok()
}

/// Classifies a response with the healthy status by its body.
fn expected_status(answer: &HttpResponse, expect: &Expect) -> Outcome {
    let status = answer.status;
    match expect.body {
        BodyKind::Json => expected_json(answer, expect),
        BodyKind::Html if !is_html(answer) => Outcome::Unclear(format!("{status} without the expected HTML")),
        BodyKind::Html if is_challenge(answer) => Outcome::Unclear(format!("{status} with a challenge page")),
        BodyKind::Html | BodyKind::Any => Outcome::Healthy,
    }
}

fn expected_json(answer: &HttpResponse, expect: &Expect) -> Outcome {
    let status = answer.status;
    if answer.truncated {
        return Outcome::Unclear(format!("{status} with a body that was cut at our size cap"));
    }
    let Some(body) = json(answer) else {
        return Outcome::Unclear(if is_html(answer) {
            format!("{status} with HTML where JSON belongs{}", titled(answer))
        } else {
            format!("{status} with something else where JSON belongs")
        });
    };
    let Some(object) = body.as_object() else {
        return Outcome::Unclear(format!("{status} with JSON that is no object"));
    };
    if let Some(key) = &expect.key
        && !object.contains_key(key)
    {
        return Outcome::Unclear(format!("{status} with JSON that has no `{key}`"));
    }
    if expect.lists {
        let mut lists = object.iter().filter_map(|(name, value)| Some((name, value.as_array()?))).peekable();
        let empty = if lists.peek().is_none() {
            Some("no lists".to_owned())
        } else {
            lists.find(|(_, list)| list.is_empty()).map(|(name, _)| format!("{} is empty", shorten(name)))
        };
        if let Some(detail) = empty {
            return Outcome::Failing(Failure { class: FailureKind::Empty, status: Some(status), detail });
        }
    }
    Outcome::Healthy
}

fn unexpected_status(answer: &HttpResponse, expect: &Expect) -> Outcome {
    let status = answer.status;
    match status {
        // A network that requires its own login first.
        511 => Outcome::Unclear("511: our network requires a login".to_owned()),
        500..=599 => server_failure(answer),
        400 | 401 | 403 => match refused_for_ours(answer, json(answer).as_ref()) {
            Some((why, detail)) => Outcome::Refused { why, detail, until: None },
            None => Outcome::Unclear(unexpected(answer, expect)),
        },
        300..=399 => {
            let place = answer
                .headers
                .value("location")
                .map_or_else(String::new, |to| format!(" to {}", shorten(to)));
            Outcome::Unclear(format!("{status}: redirects{place}"))
        }
        _ => Outcome::Unclear(unexpected(answer, expect)),
    }
}

fn unexpected(answer: &HttpResponse, expect: &Expect) -> String {
    let status = answer.status;
    let said = if is_html(answer) { format!("HTML{}", titled(answer)) } else { short_words(answer, None) };
    let said = if said.is_empty() { said } else { format!(" ({said})") };
    if expect.status == 0 {
        format!("{status}{said}")
    } else {
        format!("{status}{said} where {} belongs", expect.status)
    }
}

/// Whether a 400, 401 or 403 is our fault, and for which reason. During an outage it may be false, so credentials are never
/// dropped for it.
fn refused_for_ours(answer: &HttpResponse, body: Option<&Value>) -> Option<(RejectionReason, String)> {
    let status = answer.status;
    if !matches!(status, 400 | 401 | 403) || is_html(answer) {
        return None;
    }
    let said = short_words(answer, body);
    let lower = said.to_ascii_lowercase();
    let reported =
        |why| Some((why, if said.is_empty() { status.to_string() } else { format!("{status} {said}") }));
    if status == 403 && lower.contains("unavailable in this country") {
        return reported(RejectionReason::Country);
    }
    let oauth = body.and_then(|b| b.get("error")).and_then(Value::as_str).unwrap_or_default();
    let about_credentials = matches!(oauth, "invalid_client" | "invalid_grant" | "unauthorized_client");
    match status {
        400 if !about_credentials => None,
        // 401 is about the token whatever it says. 403 is an owner without Premium, a user who is not on the allowlist, or
        // the scope: all of them are our fault.
        _ => reported(RejectionReason::Credential),
    }
}

fn server_failure(answer: &HttpResponse) -> Outcome {
    let status = answer.status;
    let failing = |class, detail: String| Outcome::Failing(Failure { class, status: Some(status), detail });
    let from_envoy = answer.headers.value("server").is_some_and(|s| s.trim().eq_ignore_ascii_case("envoy"));
    if answer.body.is_empty() && !answer.truncated {
        return match (status, from_envoy) {
            (503, true) => failing(FailureKind::EnvoyEmpty, "empty answer".to_owned()),
            _ => failing(FailureKind::ServerError, String::new()),
        };
    }
    let whole = if answer.truncated || answer.body.len() > PHRASE_BYTES { None } else { text(&answer.body) };
    let whole = whole.map(|t| t.trim().to_ascii_lowercase());
    match (status, whole.as_deref()) {
        (503, Some("no healthy upstream")) => {
            return failing(FailureKind::NoHealthyUpstream, "no healthy upstream".to_owned());
        }
        (504, Some("upstream request timeout")) => {
            return failing(FailureKind::UpstreamTimeout, "upstream request timeout".to_owned());
        }
        _ => {}
    }
    if let Some(reason) = upstream_connect(&answer.body) {
        return failing(FailureKind::UpstreamConnect, reason);
    }
    if let Some(body) = json(answer) {
        let inner = body.pointer("/error/status").and_then(Value::as_u64);
        let class = if inner.is_some_and(|s| s >= 500) {
            FailureKind::ApiServerError
        } else {
            FailureKind::ServerError
        };
        return failing(class, short_words(answer, Some(&body)));
    }
    if is_html(answer) {
        let title = html_text::title(&answer.body).map(|t| shorten(&t)).unwrap_or_default();
        // `504 Gateway Time-out` as the title of a 504 repeats its number.
        let title =
            title.strip_prefix(&status.to_string()).map_or(title.as_str(), str::trim_start).to_owned();
        let edge = matches!(status, 502..=504) && !from_envoy;
        return failing(if edge { FailureKind::EdgeError } else { FailureKind::ServerError }, title);
    }
    failing(FailureKind::ServerError, short_words(answer, None))
}

const UPSTREAM_CONNECT: &str = "upstream connect error or disconnect/reset before headers";

/// Returns the reset reason of Envoy's connect error. Its text differs between versions, so only the prefix is matched.
fn upstream_connect(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..PHRASE_BYTES.min(body.len()))?).trim().to_owned();
    let start = head.get(..UPSTREAM_CONNECT.len())?;
    if !start.eq_ignore_ascii_case(UPSTREAM_CONNECT) {
        return None;
    }
    let lower = head.to_ascii_lowercase();
    let reason = lower.split_once("reset reason:").map_or("", |(_, rest)| rest);
    let reason = reason.split_once("transport failure reason:").map_or(reason, |(reason, _)| reason);
    let reason = shorten(reason.trim().trim_end_matches([',', '.']).trim());
    Some(if reason.is_empty() {
        "upstream connect error".to_owned()
    } else {
        format!("upstream connect error: {reason}")
    })
}

/// Returns the text of a response in short: the message of its JSON, or its text; empty for HTML.
fn short_words(answer: &HttpResponse, body: Option<&Value>) -> String {
    let parsed;
    let body = if body.is_some() {
        body
    } else {
        parsed = json(answer);
        parsed.as_ref()
    };
    if let Some(body) = body {
        let said = ["/error/message", "/error_description", "/message", "/error"]
            .iter()
            .find_map(|path| body.pointer(path).and_then(Value::as_str));
        let code = body.get("error").and_then(Value::as_str);
        return match (code, said) {
            (Some(code), Some(said)) if code != said => shorten(&format!("{code}: {said}")),
            (_, said) => shorten(said.unwrap_or_default()),
        };
    }
    if is_html(answer) {
        return String::new();
    }
    text(answer.body.get(..PHRASE_BYTES.min(answer.body.len())).unwrap_or_default())
        .map(shorten)
        .unwrap_or_default()
}

/// Returns the text on one line, without control characters, at most [`DETAIL_CHARS`] long.
pub(super) fn shorten(text: &str) -> String {
    let mut words = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().count() > DETAIL_CHARS {
            let cut: String = words.chars().take(DETAIL_CHARS - 1).collect();
            return format!("{}…", cut.trim_end());
        }
    }
    words
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok().map(|t| t.trim_start_matches('\u{feff}'))
}

/// Returns the body as JSON; `None` for a bare number or word, because any text may be one.
pub(super) fn json(answer: &HttpResponse) -> Option<Value> {
    let text = text(&answer.body)?.trim_start();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Whether the body is HTML, by its content type or by how it begins.
pub(super) fn is_html(answer: &HttpResponse) -> bool {
    let kind = answer.headers.value("content-type").unwrap_or_default().to_ascii_lowercase();
    let head = String::from_utf8_lossy(answer.body.get(..256.min(answer.body.len())).unwrap_or_default());
    let head = head.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || (kind.contains("html") && (head.starts_with('<') || head.is_empty()))
}

/// Whether it is a page that asks for proof of being human: it says nothing about the service behind it.
fn is_challenge(answer: &HttpResponse) -> bool {
    answer.headers.value("cf-mitigated").is_some()
        || html_text::title(&answer.body)
            .is_some_and(|t| t.starts_with("Just a moment") || t.starts_with("Attention Required!"))
}

/// Returns ` ("Just a moment...")`, or nothing.
pub(super) fn titled(answer: &HttpResponse) -> String {
    html_text::title(&answer.body).map_or_else(String::new, |title| format!(" (\"{}\")", shorten(&title)))
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
