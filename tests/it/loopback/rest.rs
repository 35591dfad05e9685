//! The REST side: sockets, headers and faults.

use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as With};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use healthy_upstream::discord::simulator::rules::{ApiError, Fault, Quota};
use serde_json::Value;
use tokio::net::TcpListener;

use super::routes::{self, Call};
use super::{Seen, State, TOKEN};

/// 25 MiB, Discord's limit for a request.
const MOST_BODY: usize = 25 << 20;

pub(super) async fn serve(listener: TcpListener, state: Arc<State>) {
    let app = Router::new().fallback(answer).with_state(state);
    axum::serve(listener, app).await.expect("serves until it is dropped");
}

async fn answer(With(state): With<Arc<State>>, request: Request) -> Response {
    let heard = state.clock.ticks();
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MOST_BODY).await.unwrap_or_default();
    let body = json_of(&parts.headers, &bytes);
    let path = parts.uri.path().trim_start_matches("/api/v10").to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let call = Call { method: parts.method.as_str().to_owned(), path, query, body };
    let mut wrong = crate::openapi::check_request(&call.method, &call.path, &call.body);
    // Discord's edge refuses requests without a user agent of this form (reference, "User agent").
    let agent = parts.headers.get("user-agent").and_then(|it| it.to_str().ok()).unwrap_or_default();
    if !agent.starts_with("DiscordBot (http") {
        wrong.push(format!("{} {}: the user agent is {agent:?}", call.method, call.path));
    }
    state.wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
    let (fault, response) = carry_out(&state, &call, &parts.headers);
    let at = state.clock.now();
    let status = response.status().as_u16();
    state.note(Seen { at, method: call.method, path: call.path, body: call.body, status, heard });
    match fault {
        Some(Fault::Silent | Fault::SilentAfterDoing) => std::future::pending().await,
        Some(Fault::CutAfterDoing | Fault::Unreachable) => cut(),
        Some(Fault::Slow(by)) => {
            state.clock.sleep(by).await;
            response
        }
        _ => response,
    }
}

fn carry_out(state: &State, call: &Call, headers: &HeaderMap) -> (Option<Fault>, Response) {
    let now = state.clock.now();
    let (route, major, channel) = call.route();
    let mut model = state.model();
    if model.limits.rate_limited(now) {
        let rate_limited = Response::builder().status(429).header("retry-after", "3600");
        return (None, rate_limited.body(Body::from("error code: 1015")).expect("a response"));
    }
    let fault = model.faults.next(channel, now);
    match fault {
        Some(Fault::Limited(seconds, scope)) => {
            let refused = ApiError::limited(seconds, scope);
            model.limits.note(&refused, now);
            return (fault, respond(Err(refused), None));
        }
        Some(Fault::Refused(status, code)) => {
            let refused = ApiError::plain(status, code, "refused on demand");
            model.limits.note(&refused, now);
            return (fault, respond(Err(refused), None));
        }
        Some(Fault::Broken(status)) => return (fault, plain(status, "<html>bad gateway</html>")),
        // This response is never sent.
        Some(Fault::Silent | Fault::Unreachable) => return (fault, plain(504, "")),
        _ => {}
    }
    let authorized =
        headers.get("authorization").is_some_and(|v| v.as_bytes() == format!("Bot {TOKEN}").as_bytes());
    let (quota, done) = match model.limits.admit(route, major, now) {
        Err(limited) => (None, Err(limited)),
        Ok(quota) if !authorized && !call.needs_no_token() => (Some(quota), Err(ApiError::UNAUTHORIZED)),
        Ok(quota) => (Some(quota), routes::carry_out(state, &mut model, call, now)),
    };
    if let Err(refused) = &done {
        model.limits.note(refused, now);
    }
    if let Some(Fault::BrokenAfterDoing(status)) = fault {
        return (fault, plain(status, ""));
    }
    (fault, respond(done, quota))
}

fn respond(done: Result<Value, ApiError>, quota: Option<Quota>) -> Response {
    let mut response = Response::builder();
    if let Some(quota) = quota {
        response = response
            .header("x-ratelimit-limit", quota.limit)
            .header("x-ratelimit-remaining", quota.remaining)
            .header("x-ratelimit-reset-after", format!("{:.3}", quota.reset_after))
            .header("x-ratelimit-bucket", quota.bucket);
    }
    let body = match done {
        Ok(Value::Null) => {
            return response.status(StatusCode::NO_CONTENT).body(Body::empty()).expect("a response");
        }
        Ok(body) => body,
        Err(refused) => {
            response = response.status(refused.status);
            if let Some((seconds, scope)) = refused.limit {
                response = response
                    .header("retry-after", format!("{seconds:.3}"))
                    .header("x-ratelimit-scope", scope.name());
                if scope.name() == "global" {
                    response = response.header("x-ratelimit-global", "true");
                }
            }
            refused.body()
        }
    };
    let response = response.header("content-type", "application/json");
    response.body(Body::from(body.to_string())).expect("a response")
}

fn plain(status: u16, body: &'static str) -> Response {
    Response::builder().status(status).body(Body::from(body)).expect("a response")
}

/// A response whose connection ends in the middle.
fn cut() -> Response {
    let broken = futures_util::stream::iter([Ok(vec![b'{']), Err(std::io::Error::other("cut"))]);
    Response::builder().body(Body::from_stream(broken)).expect("a response")
}

/// Returns the JSON of a request, also if files are sent beside it.
fn json_of(headers: &HeaderMap, bytes: &[u8]) -> Value {
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some(boundary) = kind.split("boundary=").nth(1) else {
        return serde_json::from_slice(bytes).unwrap_or_default();
    };
    let text = String::from_utf8_lossy(bytes);
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let mut parts = text.split(&boundary);
    let part = parts.find(|p| p.contains("name=\"payload_json\"")).unwrap_or_default();
    let json = part.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim_end());
    serde_json::from_str(json).unwrap_or_default()
}
