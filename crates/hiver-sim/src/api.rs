//! One request to `/api/v1` from arrival to answer.
//!
//! On arrival, in one step: it gets its place in the ledger, is let in or refused (401, 429), and its fault is
//! decided. Then it waits for the latency and while the world is held. Then, in one step again, it is carried
//! out and the ledger completed. A request that has arrived is carried out even if its client gives up
//! meanwhile, as on a real server.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    FaultKind, LedgerEntry, Outcome, Simulator,
    connection::Connection,
    faults::Target,
    limiter::retry_after_seconds,
    simulator::Core,
    wire::{self, Answer, Call, Refusal, Stage, error_body},
};

/// The prefix of all paths.
pub(crate) const PREFIX: &str = "/api/v1";
const MAX_BODY_BYTES: usize = 1024 * 1024;
const HTML: &str = "<!doctype html>\n<html><head><title>One moment</title></head>\
    <body><h1>We are doing maintenance</h1><p>Please try again later.</p></body></html>\n";

/// A request that has arrived.
struct Arrived {
    method: Method,
    uri: Uri,
    body: Bytes,
    number: u64,
    generation: u64,
    latency: Duration,
    /// What it is answered without being looked at.
    refused: Option<Reply>,
    fault: Option<FaultKind>,
}

/// How it ends.
enum End {
    Reply(Reply),
    /// No answer.
    Cut,
}

#[derive(Clone)]
struct Reply {
    status: u16,
    content_type: &'static str,
    retry_after: Option<u64>,
    body: String,
}

impl Reply {
    fn json(status: u16, body: String) -> Self {
        let content_type = "application/json";
        Self {
            status,
            content_type,
            retry_after: None,
            body,
        }
    }

    fn error(status: u16, message: &str) -> Self {
        Self::json(status, error_body(message))
    }
}

/// Answers any request to `/api/v1`.
pub(crate) async fn handle(State(simulator): State<Simulator>, request: Request) -> Response {
    let connection = request.extensions().get::<ConnectInfo<Connection>>();
    let connection = connection.map(|ConnectInfo(connection)| connection.clone());
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|error| Refusal::new(400, format!("The body cannot be read: {error}.")));
    let generation = connection.as_ref().map(|connection| connection.generation);
    let arrived = arrive(
        &simulator,
        parts.method,
        parts.uri,
        &parts.headers,
        body,
        generation,
    );
    let end = match finish(&simulator, &arrived, arrived.latency.is_zero()) {
        Some(end) => end,
        // A task of its own: this one ends with its connection.
        None => tokio::spawn(wait_and_finish(simulator, arrived))
            .await
            .unwrap_or(End::Cut),
    };
    respond(end, connection.as_ref())
}

fn arrive(
    simulator: &Simulator,
    method: Method,
    uri: Uri,
    headers: &HeaderMap,
    body: Result<Bytes, Refusal>,
    generation: Option<u64>,
) -> Arrived {
    let now = Instant::now();
    let at_ms = simulator.now_ms();
    let (body, unreadable) = match body {
        Ok(body) => (body, None),
        Err(refusal) => (Bytes::new(), Some(refusal)),
    };
    let mut core = simulator.core();
    let mut entry = LedgerEntry {
        n: 0,
        at_ms,
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        body: (!body.is_empty()).then(|| body_for_ledger(&body)),
        status: Outcome::Waiting,
        fault: None,
        effect: None,
    };
    let refused = refuse(&mut core, headers, now);
    let refused = refused.or_else(|| unreadable.map(|refusal| from_wire(refusal.answer())));
    let fault = if refused.is_none() {
        let target = Target {
            method: method.as_str(),
            path: inner_path(&uri),
        };
        core.faults.decide(&target)
    } else {
        None
    };
    entry.fault = fault;
    let number = core.ledger.enter(entry);
    core.waiting += 1;
    let generation = generation.unwrap_or(core.generation);
    let latency = core.latency;
    drop(core);
    simulator.has_moved();
    Arrived {
        method,
        uri,
        body,
        number,
        generation,
        latency,
        refused,
        fault,
    }
}

/// The answer to a request without a good key, or too early.
fn refuse(core: &mut Core, headers: &HeaderMap, now: Instant) -> Option<Reply> {
    let Some(key) = bearer(headers) else {
        return Some(Reply::error(
            401,
            "The API key is missing: send `Authorization: Bearer KEY`.",
        ));
    };
    if key != core.key {
        return Some(Reply::error(401, "The API key is wrong or has expired."));
    }
    if !core.key_active {
        return Some(Reply::error(401, "The API key has not been activated yet."));
    }
    let wait = core.limiter.admit(key, now).err()?;
    Some(too_many(Some(retry_after_seconds(wait))))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

fn too_many(retry_after: Option<u64>) -> Reply {
    let reply = Reply::error(429, "Too many requests.");
    Reply {
        retry_after,
        ..reply
    }
}

async fn wait_and_finish(simulator: Simulator, arrived: Arrived) -> End {
    if !arrived.latency.is_zero() {
        tokio::time::sleep(arrived.latency).await;
    }
    let mut moved = simulator.watch();
    loop {
        if let Some(end) = finish(&simulator, &arrived, true) {
            return end;
        }
        if moved.changed().await.is_err() {
            return End::Cut;
        }
    }
}

/// Carries the request out and completes the ledger; none while the world is held or it is not `due` yet.
fn finish(simulator: &Simulator, arrived: &Arrived, due: bool) -> Option<End> {
    let mut core = simulator.core();
    let dropped = core.generation != arrived.generation;
    if !dropped && (core.held || !due) {
        return None;
    }
    let (end, outcome, effect) = if dropped {
        (End::Cut, Outcome::Dropped, None)
    } else {
        carry_out(&mut core, arrived, simulator.now_ms())
    };
    if let Some(entry) = core.ledger.entry(arrived.number) {
        entry.status = outcome;
        entry.effect = effect;
    }
    core.waiting -= 1;
    drop(core);
    simulator.has_moved();
    Some(end)
}

fn carry_out(
    core: &mut Core,
    arrived: &Arrived,
    at_ms: i64,
) -> (End, Outcome, Option<crate::EffectRecord>) {
    let ends_with = |reply: Reply| {
        let outcome = Outcome::Status(reply.status);
        (End::Reply(reply), outcome, None)
    };
    if let Some(refused) = &arrived.refused {
        return ends_with(refused.clone());
    }
    match arrived.fault {
        Some(FaultKind::RateLimited) => return ends_with(too_many(Some(1))),
        Some(FaultKind::RateLimitedBare) => return ends_with(too_many(None)),
        Some(FaultKind::ErrorBefore) => return ends_with(broken()),
        Some(FaultKind::CutBefore) => return (End::Cut, Outcome::Cut, None),
        Some(FaultKind::Html) => {
            let page = Reply::json(200, HTML.to_owned());
            return ends_with(Reply {
                content_type: "text/html; charset=utf-8",
                ..page
            });
        }
        _ => {}
    }
    let call = Call {
        method: &arrived.method,
        uri: &arrived.uri,
        path: inner_path(&arrived.uri),
        body: &arrived.body,
        at_ms,
        number: arrived.number,
    };
    let wire = core.wire;
    let mut stage = Stage {
        account: &mut core.account,
        wire,
    };
    let mut answer = wire::answer(&mut stage, &call);
    let effect = answer.effect.take();
    let reply = match arrived.fault {
        Some(FaultKind::Cut) => return (End::Cut, Outcome::Cut, effect),
        Some(FaultKind::ErrorAfter) => broken(),
        Some(FaultKind::BrokenRow) => from_wire(Answer {
            body: break_a_row(answer.body),
            ..answer
        }),
        Some(FaultKind::Truncated) => from_wire(Answer {
            body: first_half(answer.body),
            ..answer
        }),
        _ => from_wire(answer),
    };
    let outcome = Outcome::Status(reply.status);
    (End::Reply(reply), outcome, effect)
}

fn from_wire(answer: Answer) -> Reply {
    Reply::json(answer.status, answer.body)
}

fn broken() -> Reply {
    Reply::error(500, "Something went wrong on our side.")
}

/// Puts a number in place of the middle row of a list.
fn break_a_row(body: String) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(&body) else {
        return body;
    };
    let rows = match &mut json {
        Value::Array(rows) => Some(rows),
        Value::Object(fields) => fields.values_mut().find_map(Value::as_array_mut),
        _ => None,
    };
    let Some(row) = rows.and_then(|rows| {
        let middle = rows.len() / 2;
        rows.get_mut(middle)
    }) else {
        return body;
    };
    *row = 42.into();
    json.to_string()
}

fn first_half(mut body: String) -> String {
    let half = body.floor_char_boundary(body.len() / 2);
    body.truncate(half);
    body
}

fn body_for_ledger(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

/// The path without `/api/v1` and without a slash at the end.
fn inner_path(uri: &Uri) -> &str {
    let path = uri.path();
    path.strip_prefix(PREFIX)
        .unwrap_or(path)
        .trim_end_matches('/')
}

fn respond(end: End, connection: Option<&Connection>) -> Response {
    match (end, connection) {
        (End::Reply(reply), _) => reply.into_response(),
        (End::Cut, Some(connection)) => {
            connection.cut();
            // Never sent: the stream fails when hyper writes it.
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        // Called as a service, without a connection of ours: a body that fails is the nearest thing.
        (End::Cut, None) => {
            let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let failing = futures::stream::iter([Err::<Bytes, _>(error)]);
            Body::from_stream(failing).into_response()
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static(self.content_type),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
