//! Translates Discord's error responses into errors that say what to do next.
//!
//! Codes: Discord's reference, "JSON error codes" (topics/opcodes-and-status-codes).

use super::json::Node;
use crate::alerts::Reason;
use crate::discord::{DiscordError, PermanentReason};
use jiff::SignedDuration;

/// Discord's message is cut to this length in an error: it may repeat what was sent.
const MOST_WORDS: usize = 300;
/// The list of rejected keys is cut to this length: keys are ours, and a whole registration can be wrong.
const MOST_KEYS: usize = 2_000;

/// Returns what a non-success response means. `retry_after` is the header's value in seconds, if it had one.
pub fn post_error(status: u16, retry_after: Option<f64>, body: &[u8]) -> DiscordError {
    let body = Node::parse_bytes(body).unwrap_or_default();
    let [code, message, in_body, errors] = body.pick(["code", "message", "retry_after", "errors"]);
    let code = code.number().and_then(|code| u32::try_from(code).ok()).unwrap_or(0);
    let message = message.text_or_empty();
    let why = shortened(&message);
    let after = in_body.decimal().or(retry_after).map(wait);
    let passing =
        |why: Reason, perhaps_done| DiscordError::Transient { after, why, perhaps_done, unreached: false };
    let refusal = match (status, code) {
        (429, _) => return passing(Reason::RateLimited, false),
        // 408 and 5xx: a gateway in front of Discord gave up, and the request may have been carried out behind it.
        (408 | 500..=599, _) => return passing(Reason::Answered(status), true),
        // 40333: the protection in front of Discord blocked this request; Discord itself did not refuse the bot.
        // Discord always gives a code with a 403: one without comes from something in front of it.
        (_, 40333) | (403 | 407, 0) => return passing(Reason::InFront(status), false),
        // An expired interaction token is refused with 401 too: that says nothing about the bot's token.
        (_, 10062 | 40060 | 10015 | 50027) => PermanentReason::InteractionOver(code),
        // Discord refuses a bot token with JSON that has this message and no code.
        (401, _) if message.is_empty() => {
            return passing(Reason::InFront(401), false);
        }
        (401, _) => PermanentReason::Unauthorized,
        (_, 10003) => PermanentReason::UnknownChannel,
        (_, 10008) => PermanentReason::UnknownMessage,
        (_, 50007) => PermanentReason::NoDirectMessages,
        (_, 50083 | 160_005) => PermanentReason::ThreadClosed(code),
        (_, 50035) => {
            PermanentReason::BadBody(format!("{why}: {}", cut(&paths(errors).join(", "), MOST_KEYS)))
        }
        // 10004: unknown server; 40067: a forum wants a tag on each post, which a moderator can switch off; 160002: may not
        // reply without reading the history. No other code means that a moderator decided something about this channel.
        (_, 50001 | 50013 | 10004 | 40067 | 160_002) => PermanentReason::NoPermission { code, why },
        _ => PermanentReason::Other { status, code, why },
    };
    DiscordError::Permanent(refusal)
}

fn wait(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or(SignedDuration::from_secs(1))
}

/// The deepest nesting of keys that is read: a field of an embed of a message in a forum's post.
const MOST_NESTING: usize = 12;
/// The most keys that are listed.
const MOST_PATHS: usize = 64;

/// Returns the keys that Discord rejects with the code of each, such as `data.content BASE_TYPE_MAX_LENGTH`; never the values.
fn paths(errors: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), errors, MOST_NESTING)];
    while let Some((path, value, nesting)) = open.pop() {
        let Some(nesting) = nesting.checked_sub(1).filter(|_| found.len() < MOST_PATHS) else { continue };
        for (key, inner) in value.entries(MOST_PATHS) {
            if key == "_errors" {
                let codes = inner.list(MOST_PATHS).into_iter();
                let codes = codes.map(|error| error.get("code").text().unwrap_or_else(|| "?".to_owned()));
                found.extend(codes.map(|code| format!("{path} {code}")));
            } else if path.is_empty() {
                open.push((key, inner, nesting));
            } else {
                open.push((format!("{path}.{key}"), inner, nesting));
            }
        }
    }
    found.sort();
    found
}

fn shortened(text: &str) -> String {
    cut(text, MOST_WORDS)
}

/// Cuts a text to at most `most` characters; a cut text ends with "…".
fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(status: u16, body: &str) -> PermanentReason {
        match post_error(status, None, body.as_bytes()) {
            DiscordError::Permanent(refusal) => refusal,
            other @ DiscordError::Transient { .. } => panic!("{other}"),
        }
    }

    #[test]
    fn each_api_error_decides_what_happens_next() {
        assert_eq!(
            never(404, r#"{"code":10003,"message":"Unknown Channel"}"#),
            PermanentReason::UnknownChannel
        );
        assert_eq!(
            never(404, r#"{"code":10008,"message":"Unknown Message"}"#),
            PermanentReason::UnknownMessage
        );
        assert_eq!(never(401, r#"{"code":0,"message":"401: Unauthorized"}"#), PermanentReason::Unauthorized);
        assert_eq!(
            never(404, r#"{"code":10062,"message":"Unknown interaction"}"#),
            PermanentReason::InteractionOver(10062)
        );
        assert_eq!(
            never(403, r#"{"code":50013,"message":"Missing Permissions"}"#),
            PermanentReason::NoPermission { code: 50013, why: "Missing Permissions".into() }
        );
        let bad = r#"{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"secret"}]}}}"#;
        assert_eq!(
            never(400, bad),
            PermanentReason::BadBody("Invalid Form Body: content BASE_TYPE_MAX_LENGTH".into())
        );
    }

    #[test]
    fn what_is_refused_in_front_of_discord_passes() {
        let cases: [(u16, &str); 13] = [
            (403, r#"{"message":"internal network error","code":40333}"#),
            (403, r#"{"message":"internal network error","code":"40333"}"#),
            (400, r#"{"message":"internal network error","code":40333}"#),
            (403, "<html><h1>502 Bad Gateway</h1></html>"),
            (403, "error code: 1020"),
            (403, ""),
            (403, r#"{"message":"forbidden"}"#),
            (403, r#"{"code":null}"#),
            (401, "<html>proxy authentication</html>"),
            (407, ""),
            (429, "error code: 1015"),
            (429, "<html>You are being rate limited</html>"),
            (520, "<html>Web server is returning an unknown error</html>"),
        ];
        for (status, body) in cases {
            let said = post_error(status, None, body.as_bytes());
            assert!(matches!(said, DiscordError::Transient { .. }), "{status} {body}: {said}");
        }
        let rate_limited = post_error(429, Some(3_600.0), b"error code: 1015");
        let DiscordError::Transient { after, perhaps_done: false, .. } = rate_limited else {
            panic!("{rate_limited}")
        };
        assert_eq!(after, Some(SignedDuration::from_hours(1)), "the header is obeyed");
    }

    #[test]
    fn only_a_documented_decision_is_one() {
        for code in [50001, 50013, 10004, 40067, 160_002] {
            let body = format!(r#"{{"code":{code},"message":"no"}}"#);
            assert_eq!(never(403, &body), PermanentReason::NoPermission { code, why: "no".into() });
        }
        for code in [50083, 160_005] {
            let body = format!(r#"{{"code":{code},"message":"no"}}"#);
            assert_eq!(never(400, &body), PermanentReason::ThreadClosed(code));
        }
        // Anything else is retried, and suspends nothing.
        for code in [1, 20_028, 40_001, 50_024, 200_000, 240_000, 999_999] {
            let body = format!(r#"{{"code":{code},"message":"no"}}"#);
            assert!(matches!(never(403, &body), PermanentReason::Other { .. }), "{code}");
        }
    }

    #[test]
    fn an_error_without_end_is_bounded() {
        let deep = format!("{}{}", r#"{"a":"#.repeat(5_000), "1") + &"}".repeat(5_000);
        let body = format!(r#"{{"code":50035,"message":"bad","errors":{deep}}}"#);
        assert_eq!(never(400, &body), PermanentReason::BadBody("bad: ".into()));
        let wide = format!("[{}]", vec![r#"{"code":"X"}"#; 10_000].join(","));
        let body = format!(r#"{{"code":50035,"message":"bad","errors":{{"content":{{"_errors":{wide}}}}}}}"#);
        let PermanentReason::BadBody(why) = never(400, &body) else { panic!("a bad body") };
        assert!(why.len() <= MOST_WORDS + MOST_KEYS + 4, "{}", why.len());
    }

    #[test]
    fn a_cut_reason_ends_with_an_ellipsis() {
        let long = format!(r#"{{"code":30034,"message":"{}"}}"#, "x".repeat(400));
        let PermanentReason::Other { why, .. } = never(400, &long) else { panic!("another refusal") };
        assert_eq!((why.chars().count(), why.chars().last()), (300, Some('…')));
        assert_eq!(cut("whole", 5), "whole");
        let keys: Vec<String> =
            (0..60).map(|n| format!(r#""{n}":{{"_errors":[{{"code":"UNION_TYPE_CHOICES"}}]}}"#)).collect();
        let all = format!(r#"{{"code":50035,"message":"Invalid","errors":{{{}}}}}"#, keys.join(","));
        let PermanentReason::BadBody(why) = never(400, &all) else { panic!("another refusal") };
        assert!(why.contains("59 UNION_TYPE_CHOICES") && !why.contains('…'), "the whole reason: {why}");
    }

    #[test]
    fn rate_limit_gives_time_and_server_error_may_have_succeeded() {
        let limited = post_error(429, Some(9.0), br#"{"message":"wait","retry_after":1.5,"global":true}"#);
        let DiscordError::Transient { after, perhaps_done, .. } = limited else { panic!("{limited}") };
        assert_eq!((after, perhaps_done), (Some(SignedDuration::from_millis(1500)), false));
        let broken = post_error(502, None, b"<html>bad gateway</html>");
        assert!(
            matches!(broken, DiscordError::Transient { perhaps_done: true, after: None, .. }),
            "{broken}"
        );
    }
}
