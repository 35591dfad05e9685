//! Decides whether a number in a paste is an HTTP status: in a status line, an access log, a client's error, a trace.

use std::ops::Range;

/// How many bytes on either side are read.
const NEAR: usize = 48;

/// What precedes a status; characters between the two that are no letter or digit do not matter.
const BEFORE: &[&str] = &[
    "http/1.0",
    "http/1.1",
    "http/2",
    "http/2.0",
    "http/3",
    "http",
    "https",
    "status",
    "status_code",
    "statuscode",
    "code",
    "error",
    "err",
    "errors",
    "response",
    "returned",
    "returns",
    "return",
    "responded with",
    "failed with",
    "failed",
    "got",
    "received",
    "gave",
    "answered",
    "a",
    "an",
    "unexpected",
    "exception",
    "status of",
    "resulted in",
    "answer",
    "completed",
    "gives",
    "giving",
    "throws",
    "throwing",
    "says",
    "saying",
    "answers",
    "answering",
    "responds",
    "responding",
    "ends in",
    "ends with",
    "ended in",
    "spotify",
    "api",
    "nginx",
    "envoy",
    "istio",
    "haproxy",
    "traefik",
    "caddy",
    "cloudflare",
    "http_status",
    "httpstatus",
    "httpcode",
    "http_code",
    "responsecode",
    "response_code",
    "errorcode",
    "error_code",
];

/// What follows a status directly, in lower case.
const AFTER: &[&str] = &[
    "too many",
    "too_many",
    "toomany",
    "bad gateway",
    "bad_gateway",
    "service",
    "gateway",
    "internal",
    "unauthori",
    "forbidden",
    "not found",
    "not_found",
    "bad request",
    "bad_request",
    "request timeout",
    "server error",
    "client error",
    "error",
    "response",
    "status",
    "message",
    "unavailable",
    "rate limit",
    "from",
    "for url",
    "http",
];

/// Returns whether this number, a word of its own in a folded text, is reported as a status.
pub(super) fn is_reported(text: &str, place: Range<usize>) -> bool {
    let (start, end) = (place.start.saturating_sub(NEAR), (place.end + NEAR).min(text.len()));
    let start = (start..=place.start).find(|at| text.is_char_boundary(*at)).unwrap_or(place.start);
    let end = (place.end..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(place.end);
    let (before, after) = (&text[start..place.start], &text[place.end..end]);
    let apart = |c: char| !c.is_alphanumeric();
    if start == 0 && end == text.len() && before.chars().chain(after.chars()).all(apart) {
        return true;
    }
    // `/songs/404`, `?limit=503`: a part of an address.
    let token = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '('))
        .next()
        .unwrap_or_default();
    if token.starts_with('/') || token.contains("://") || token.contains('?') {
        return false;
    }
    let gap = before.len() - before.trim_end_matches(apart).len();
    let word = before.trim_end_matches(apart);
    let joined = BEFORE.iter().any(|mark| {
        let rest = word.strip_suffix(mark);
        rest.is_some_and(|rest| {
            !rest.ends_with(|c: char| c.is_alphabetic() && !mark.starts_with("http")) || mark.len() > 5
        })
    });
    // `"GET /x HTTP/1.1" 503 19`, `status=503`, `code: 503`; a number in between makes it another field.
    if joined && gap > 0 && gap <= 4 {
        return true;
    }
    let next = after.trim_start_matches(|c: char| {
        matches!(c, ' ' | ':' | '-' | ',' | '|' | '"' | '\'' | '(' | '–' | '.')
    });
    if after.len() - next.len() <= 3 && AFTER.iter().any(|mark| next.starts_with(mark)) {
        return true;
    }
    // `<-- 503 https://…`, `| 503 | 1.2 ms |`, `GET https://… 503`, `GET /v1/me 503 12 ms - 19`.
    let last = before.trim_end().rsplit(' ').next().unwrap_or_default();
    let address = last.contains("://") || last.starts_with('/');
    last == "<--"
        || address
        || (before.trim_end().ends_with('|')
            && next.len() < after.len()
            && after.trim_start().starts_with('|'))
}

#[cfg(test)]
mod tests {
    use super::is_reported;

    fn statuses(text: &str) -> usize {
        let text = text.to_lowercase();
        let found = ["429", "500", "502", "503", "504", "401", "403", "404"];
        let places =
            found.iter().flat_map(|code| text.match_indices(code).map(|(at, code)| at..at + code.len()));
        places.filter(|place| is_reported(&text, place.clone())).count()
    }

    #[test]
    fn every_form_in_which_people_paste_a_status_is_one() {
        for paste in [
            "429",
            "\"503\"",
            "HTTP/1.1 429 Too Many Requests",
            "< HTTP/2 503 ",
            "HTTP/3 502",
            "429 Too Many Requests",
            "curl: (22) The requested URL returned error: 503",
            "2026-11-30 10:00:00 ERROR 503: Service Unavailable.",
            "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://x.test/",
            "<Response [429]>",
            "AxiosError: Request failed with status code 429",
            "GET https://x.test/a 429 (Too Many Requests)",
            "Failed to load resource: the server responded with a status of 503 ()",
            "10.0.0.1 - - [30/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 502 157 \"-\"",
            "[2026-11-30T10:00:00Z] \"GET /a HTTP/2\" 503 UH - \"-\" 0 19 0",
            "{\"response_code\":503,\"response_flags\":\"-\"}",
            "Status: 429 Too Many Requests Time: 45 ms",
            "Response{protocol=h2, code=503, message=, url=https://x.test/}",
            "<-- 503 https://x.test/ (45ms)",
            "reqwest::Error { kind: Status(503), url: \"https://x.test/\" }",
            "HTTP status server error (503 Service Unavailable) for url (https://x.test/)",
            "aiohttp.client_exceptions.ClientResponseError: 429, message='Too Many Requests'",
            "unexpected HTTP status code received from server: 503 (Service Unavailable)",
            "Server returned HTTP response code: 503 for URL: https://x.test/",
            "Error: Unexpected server response: 502",
            "[GIN] 2026/11/30 - 10:00:00 | 503 | 1.2ms | 10.0.0.1 | GET \"/\"",
            ":status: 503",
            "503 SERVICE_UNAVAILABLE",
            "got a 429 from it",
            "urllib.error.HTTPError: HTTP Error 503: Service Unavailable",
            "Adapter:executePlayFailed:responseCode=401",
            "spotify 502 in the middle of the night",
            "the login page throws 500",
        ] {
            assert_eq!(statuses(paste), 1, "{paste}");
        }
    }

    #[test]
    fn a_number_that_counts_or_names_something_is_no_status() {
        for text in [
            "it took 503 ms",
            "user 404 of 500 joined room 403",
            "429 bytes sent",
            "line 503, in main",
            "pid 429 exited",
            "songs: 503 playlists: 12",
            "\"GET /items?limit=503 HTTP/1.1\" 200 OK",
            "\"GET /songs/404 HTTP/1.1\" 200 31",
        ] {
            assert_eq!(statuses(text), 0, "{text}");
        }
    }
}
