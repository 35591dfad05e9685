//! Discord's refusals, as errors that say what to do next.
//!
//! Codes: Discord's reference, "JSON error codes" (topics/opcodes-and-status-codes).
//!
//! Never: no token, URL or text of a message stands in an error.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::discord::{PostError, Refusal};

/// Discord's words are kept this long in an error: they may repeat what was sent.
const MOST_WORDS: usize = 300;
/// The keys that Discord complains of are kept this long: they are ours, and a whole registration can be wrong.
const MOST_KEYS: usize = 2_000;

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    code: u32,
    #[serde(default)]
    message: String,
    retry_after: Option<f64>,
    #[serde(default)]
    errors: serde_json::Value,
}

/// What a response that is no success means. `retry_after` is the header's, in seconds, if it had one.
pub fn post_error(status: u16, retry_after: Option<f64>, body: &[u8]) -> PostError {
    let Body { code, message, retry_after: in_body, errors } =
        serde_json::from_slice(body).unwrap_or_default();
    let why = shortened(&message);
    let refusal = match (status, code) {
        (429, _) => {
            let seconds = in_body.or(retry_after);
            return PostError::Later {
                after: seconds.map(wait),
                why: "rate limited (429)".into(),
                perhaps_done: false,
            };
        }
        // 408 and 5xx: a gateway in front of Discord gave up, and what was asked may have been done behind it.
        (408 | 500..=599, _) => {
            let after = in_body.or(retry_after).map(wait);
            return PostError::Later { after, why: format!("Discord answered {status}"), perhaps_done: true };
        }
        // An interaction's token that is over is refused with 401 too: that says nothing about the bot's own.
        (_, 10062 | 40060 | 10015 | 50027) => Refusal::InteractionOver(code),
        (401, _) => Refusal::Unauthorized,
        // Discord always gives a code with a 403: this one comes from something in front of it.
        (403, 0) => {
            let why = "403 from something in front of Discord".into();
            return PostError::Later { after: None, why, perhaps_done: false };
        }
        (_, 10003) => Refusal::UnknownChannel,
        (_, 10008) => Refusal::UnknownMessage,
        (_, 50007) => Refusal::NoDirectMessages,
        (_, 50083 | 160_005) => Refusal::ThreadClosed(code),
        (_, 50035) => Refusal::BadBody(format!("{why}: {}", cut(&paths(&errors).join(", "), MOST_KEYS))),
        // 10004: unknown server; 40067: a forum wants a tag on each post, which a moderator can switch off; 160002: may not
        // reply without reading the history.
        (403, _) | (_, 50001 | 50013 | 10004 | 40067 | 160_002) => Refusal::NoPermission { code, why },
        _ => Refusal::Other { status, code, why },
    };
    PostError::Never(refusal)
}

fn wait(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or(SignedDuration::from_secs(1))
}

/// The keys that Discord complains of, with the code of each: `data.content BASE_TYPE_MAX_LENGTH`; never the values.
fn paths(errors: &serde_json::Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), errors)];
    while let Some((path, value)) = open.pop() {
        let Some(map) = value.as_object() else { continue };
        for (key, inner) in map {
            if key == "_errors" {
                let codes = inner.as_array().into_iter().flatten();
                found.extend(codes.map(|c| format!("{path} {}", c["code"].as_str().unwrap_or("?"))));
            } else if path.is_empty() {
                open.push((key.clone(), inner));
            } else {
                open.push((format!("{path}.{key}"), inner));
            }
        }
    }
    found.sort();
    found
}

fn shortened(text: &str) -> String {
    cut(text, MOST_WORDS)
}

/// A text of at most so many characters; what was cut ends with "…".
fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(status: u16, body: &str) -> Refusal {
        match post_error(status, None, body.as_bytes()) {
            PostError::Never(refusal) => refusal,
            other @ PostError::Later { .. } => panic!("{other}"),
        }
    }

    #[test]
    fn each_refusal_says_what_to_do_next() {
        assert_eq!(never(404, r#"{"code":10003,"message":"Unknown Channel"}"#), Refusal::UnknownChannel);
        assert_eq!(never(404, r#"{"code":10008,"message":"Unknown Message"}"#), Refusal::UnknownMessage);
        assert_eq!(never(401, r#"{"code":0,"message":"401: Unauthorized"}"#), Refusal::Unauthorized);
        assert_eq!(
            never(404, r#"{"code":10062,"message":"Unknown interaction"}"#),
            Refusal::InteractionOver(10062)
        );
        assert_eq!(
            never(403, r#"{"code":50013,"message":"Missing Permissions"}"#),
            Refusal::NoPermission { code: 50013, why: "Missing Permissions".into() }
        );
        let bad = r#"{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"secret"}]}}}"#;
        assert_eq!(
            never(400, bad),
            Refusal::BadBody("Invalid Form Body: content BASE_TYPE_MAX_LENGTH".into())
        );
    }

    #[test]
    fn a_cut_reason_ends_with_an_ellipsis() {
        let long = format!(r#"{{"code":30034,"message":"{}"}}"#, "x".repeat(400));
        let Refusal::Other { why, .. } = never(400, &long) else { panic!("another refusal") };
        assert_eq!((why.chars().count(), why.chars().last()), (300, Some('…')));
        assert_eq!(cut("whole", 5), "whole");
        let keys: Vec<String> =
            (0..60).map(|n| format!(r#""{n}":{{"_errors":[{{"code":"UNION_TYPE_CHOICES"}}]}}"#)).collect();
        let all = format!(r#"{{"code":50035,"message":"Invalid","errors":{{{}}}}}"#, keys.join(","));
        let Refusal::BadBody(why) = never(400, &all) else { panic!("another refusal") };
        assert!(why.contains("59 UNION_TYPE_CHOICES") && !why.contains('…'), "the whole reason: {why}");
    }

    #[test]
    fn a_limit_says_when_and_an_error_of_discords_that_it_may_have_been_done() {
        let limited = post_error(429, Some(9.0), br#"{"message":"wait","retry_after":1.5,"global":true}"#);
        let PostError::Later { after, perhaps_done, .. } = limited else { panic!("{limited}") };
        assert_eq!((after, perhaps_done), (Some(SignedDuration::from_millis(1500)), false));
        let broken = post_error(502, None, b"<html>bad gateway</html>");
        assert!(matches!(broken, PostError::Later { perhaps_done: true, after: None, .. }), "{broken}");
    }
}
