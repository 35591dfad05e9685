//! Reads status pages: recognizes their format by what answers. A format is one file here and one arm in [`read`].

mod feed;
mod incident_io;
mod instatus;
mod page;
mod statuspage;

use jiff::SignedDuration;
use serde_json::Value;

use self::page::text;
pub(super) use self::page::worst;
pub use self::page::{PageEndpoint, PageFormat, ParsedPage};
use super::classify;
use super::exchange::HttpResponse;

/// Parses the response of a status page, in any known format. `ignored` are names of components without meaning. The error
/// says what came instead.
pub fn read(answer: &HttpResponse, ignored: &[String]) -> Result<ParsedPage, String> {
    if answer.truncated {
        return Err("the page was cut at our size cap".to_owned());
    }
    let mut reading = if let Some(body) = classify::json(answer) {
        read_json(&body, ignored)?
    } else if classify::is_html(answer) {
        return Err(format!("HTML where a status page's JSON belongs{}", classify::titled(answer)));
    } else if answer.body.trim_ascii_start().starts_with(b"<") {
        feed::parse(&answer.body)?
    } else {
        return Err("neither JSON nor a feed".to_owned());
    };
    reading.page.copy_age = copy_age(answer);
    Ok(reading)
}

fn read_json(body: &Value, ignored: &[String]) -> Result<ParsedPage, String> {
    let page = body.get("page").filter(|p| p.is_object());
    if let Some(page) = page
        && text(page, "status").is_some()
    {
        return Ok(instatus::parse(body, ignored));
    }
    if body.get("page_title").is_some() || body.get("ongoing_incidents").is_some() {
        return Ok(incident_io::parse(body));
    }
    if page.is_none() && body.get("components").is_some_and(Value::is_array) {
        return Ok(instatus::parse_components(body, ignored));
    }
    if page.is_some() || body.get("status").is_some_and(Value::is_object) {
        return statuspage::parse(body, ignored);
    }
    Err(match foreign(body) {
        Some(vendor) => format!("a page of {vendor}, which is not supported; {READ} are"),
        None => format!("JSON of an unknown status page; {READ} are supported"),
    })
}

/// The formats that are read, for people who configured another one.
const READ: &str = "Statuspage, incident.io, Instatus, and Atom and RSS feeds";

/// Returns the vendor of a page that we recognize but cannot read.
fn foreign(body: &Value) -> Option<&'static str> {
    let is_object = |key: &str| body.get(key).is_some_and(Value::is_object);
    let has_list = |key: &str| body.get(key).is_some_and(Value::is_array);
    if body.get("cStateVersion").is_some() {
        Some("cState")
    } else if has_list("publicGroupList") || is_object("heartbeatList") {
        Some("Uptime Kuma")
    } else if body
        .pointer("/data/type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.starts_with("status_page"))
    {
        Some("Better Stack")
    } else if is_object("status_page") {
        Some("Statuspal")
    } else {
        None
    }
}

/// Returns how old a copy was on arrival: a CDN may serve one up to an hour old while the page's own servers fail.
pub(super) fn copy_age(answer: &HttpResponse) -> SignedDuration {
    let seconds = answer.headers.value("age").and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    SignedDuration::from_secs(i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::page::level;
    use super::*;
    use crate::health::Level;

    #[test]
    fn unknown_status_word_is_never_green_and_hides_nothing() {
        assert_eq!(worst([Level::Up, level("sparkling")]), Level::Unknown);
        assert_eq!(worst([Level::Up, level("sparkling"), level("major_outage")]), Level::Outage);
        assert_eq!(worst([]), Level::Unknown);
        assert_eq!(worst([Level::Up, Level::Up]), Level::Up);
    }

    #[test]
    fn html_or_unknown_page_reports_what_arrived() {
        let reported = |answer: HttpResponse| read(&answer, &[]).unwrap_err();
        assert_eq!(
            reported(HttpResponse::html(200, "<!doctype html><title>Just a moment...</title>")),
            "HTML where a status page's JSON belongs (\"Just a moment...\")"
        );
        let read = "Statuspage, incident.io, Instatus, and Atom and RSS feeds are";
        assert_eq!(
            reported(HttpResponse::json(200, "{}")),
            format!("JSON of an unknown status page; {read} supported")
        );
        for (vendor, body) in [
            ("cState", r#"{"is":"index","cStateVersion":"5.6","systems":[]}"#),
            ("Uptime Kuma", r#"{"config":{},"incident":null,"publicGroupList":[]}"#),
            ("Better Stack", r#"{"data":{"id":"1","type":"status_page","attributes":{}},"included":[]}"#),
            ("Statuspal", r#"{"status_page":{"name":"A"},"services":[]}"#),
        ] {
            assert_eq!(
                reported(HttpResponse::json(200, body)),
                format!("a page of {vendor}, which is not supported; {read}")
            );
        }
        assert_eq!(reported(HttpResponse::text(200, "all good")), "neither JSON nor a feed");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(body: Vec<u8>, head in "\\PC{0,40}") {
            let mut bytes = head.into_bytes();
            bytes.extend(body);
            let _ = read(&HttpResponse { status: 200, body: bytes, ..Default::default() }, &[]);
        }

        #[test]
        fn known_keys_with_any_values_parse_without_panic(
            key in "page|status|components|incidents|scheduled_maintenances|ongoing_incidents|activeIncidents|page_title",
            inner in "id|name|status|impact|incident_updates|components|group|started_at|indicator",
            value in proptest::sample::select(vec!["null", "1e300", "-1", "\"\"", "\"ß\"", "[]", "{}", "[null]", "[[1]]", "true"]),
        ) {
            let body = format!("{{\"page\":{{}},\"{key}\":[{{\"{inner}\":{value}}}],\"status\":{{\"{inner}\":{value}}}}}");
            let reading = read(&HttpResponse::json(200, &body), &[]);
            prop_assert!(reading.map_or(true, |r| r.page.level != Level::Up));
        }
    }
}
