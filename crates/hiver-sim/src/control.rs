//! The control endpoints under `/_sim/`: no key, no limit, not in the ledger.
//!
//! Bodies are read as JSON whatever their content type, so that plain `curl -d` works.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    Access, ConversationChange, Deed, Error, Faults, NewConversation, NextFault, Simulator,
    Webhook,
    wire::{WirePatch, error_body},
};

/// All of them, below `/_sim`.
pub(crate) fn routes() -> Router<Simulator> {
    Router::new()
        .route("/ledger", get(show_ledger).delete(clear_ledger))
        .route("/state", get(show_state))
        .route("/faults", get(show_faults).put(set_faults))
        .route("/faults/next", post(fail_next).delete(clear_next_faults))
        .route("/latency", put(set_latency))
        .route("/slow", put(set_slow))
        .route("/rate", put(set_rate))
        .route("/day", get(show_day).put(set_day))
        .route("/clock", get(show_clock).post(advance_clock))
        .route("/wire", get(show_wire).put(set_wire))
        .route("/key", put(set_key))
        .route("/do", post(carry_out))
        .route(
            "/at",
            get(show_script).post(extend_script).delete(clear_script),
        )
        .route("/hold", get(show_hold).post(hold).delete(release))
        .route(
            "/webhooks",
            get(show_webhooks)
                .post(register_webhook)
                .delete(forget_webhook),
        )
        .route("/conversations", post(create_conversation))
        .route("/conversations/{id}", put(change_conversation))
        .route("/mailboxes/{id}", put(change_mailbox))
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn show_ledger(
    State(simulator): State<Simulator>,
    Query(Since { since }): Query<Since>,
) -> Response {
    ok(&simulator.ledger_since(since))
}

async fn clear_ledger(State(simulator): State<Simulator>) -> Response {
    simulator.clear_ledger();
    ok(&json!({"last": simulator.core().ledger.last()}))
}

#[derive(Deserialize)]
struct Which {
    conversation: Option<String>,
    /// `false` leaves the conversations out.
    conversations: Option<bool>,
}

async fn show_state(State(simulator): State<Simulator>, Query(which): Query<Which>) -> Response {
    match which {
        Which {
            conversation: Some(id),
            ..
        } => result(simulator.conversation(&id)),
        Which {
            conversations: Some(false),
            ..
        } => ok(&simulator.summary()),
        Which { .. } => ok(&simulator.state()),
    }
}

async fn show_faults(State(simulator): State<Simulator>) -> Response {
    ok(&json!({"by_chance": simulator.faults(), "next": simulator.next_faults()}))
}

async fn set_faults(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let set = |probabilities: BTreeMap<String, f64>| {
        let pairs = probabilities.iter().map(|(name, p)| (name.as_str(), *p));
        let faults = Faults::from_names(pairs)?;
        simulator.set_faults(faults.clone());
        Ok(faults)
    };
    with_body(&body, set)
}

async fn fail_next(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |next: NextFault| {
        simulator.fail_next(next);
        Ok(json!({"next": simulator.next_faults()}))
    })
}

async fn clear_next_faults(State(simulator): State<Simulator>) -> Response {
    simulator.clear_next_faults();
    ok(&json!({"next": []}))
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Delay {
    ms: u64,
}

async fn set_latency(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |latency: Delay| {
        simulator.set_latency(Duration::from_millis(latency.ms));
        Ok(latency)
    })
}

async fn set_slow(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |slow: Delay| {
        simulator.set_slow(Duration::from_millis(slow.ms));
        Ok(slow)
    })
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    /// 0 or null: no limit.
    per_second: Option<f64>,
}

async fn set_rate(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |rate: Rate| {
        simulator.set_rate(rate.per_second.filter(|rate| *rate != 0.0))?;
        Ok(rate)
    })
}

async fn show_day(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.day())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    /// 0 or null: no limit.
    per_day: Option<u32>,
}

async fn set_day(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |day: Day| {
        simulator.set_per_day(day.per_day.filter(|per_day| *per_day != 0))?;
        Ok(simulator.day())
    })
}

async fn show_clock(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.clock())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

async fn advance_clock(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |Advance { advance_ms }: Advance| {
        simulator.advance(Duration::from_millis(advance_ms))
    })
}

async fn show_wire(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.wire())
}

async fn set_wire(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |patch: WirePatch| {
        patch.apply(&mut simulator.core().wire);
        Ok(simulator.wire())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: Option<String>,
    active: Option<bool>,
}

async fn set_key(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |Key { key, active }: Key| {
        if let Some(key) = key {
            simulator.set_key(&key);
        }
        if let Some(active) = active {
            simulator.set_key_active(active);
        }
        let core = simulator.core();
        Ok(json!({"active": core.key_active, "revoked": core.key_revoked}))
    })
}

async fn carry_out(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |deed: Deed| {
        simulator.carry_out(&deed)?;
        Ok(deed)
    })
}

#[derive(Deserialize)]
struct AtRequest {
    /// Counted from now on: 1 is the next one.
    request: u64,
    #[serde(flatten)]
    deed: Deed,
}

async fn show_script(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.script())
}

async fn extend_script(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |AtRequest { request, deed }: AtRequest| {
        simulator.carry_out_at(request, deed)?;
        Ok(simulator.script())
    })
}

async fn clear_script(State(simulator): State<Simulator>) -> Response {
    simulator.clear_script();
    ok(&simulator.script())
}

async fn show_hold(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.held())
}

async fn hold(State(simulator): State<Simulator>) -> Response {
    simulator.hold();
    ok(&simulator.held())
}

async fn release(State(simulator): State<Simulator>) -> Response {
    simulator.release();
    ok(&simulator.held())
}

async fn show_webhooks(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.webhooks())
}

async fn register_webhook(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |webhook: Webhook| {
        simulator.register_webhook(webhook)
    })
}

async fn forget_webhook(State(simulator): State<Simulator>) -> Response {
    ok(&simulator.forget_webhook())
}

async fn create_conversation(State(simulator): State<Simulator>, body: Bytes) -> Response {
    with_body(&body, |new: NewConversation| {
        simulator.create_conversation(new)
    })
}

async fn change_conversation(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    with_body(&body, |change: ConversationChange| {
        simulator.change_conversation(&id, change)
    })
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct MailboxChange {
    access: Access,
}

async fn change_mailbox(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    with_body(&body, |change: MailboxChange| {
        simulator.set_access(&id, change.access)?;
        Ok(change)
    })
}

fn with_body<T: DeserializeOwned, R: Serialize>(
    body: &[u8],
    carry_out: impl FnOnce(T) -> Result<R, Error>,
) -> Response {
    match serde_json::from_slice(body) {
        Ok(value) => result(carry_out(value)),
        Err(error) => json_response(StatusCode::BAD_REQUEST, error_body(&error.to_string())),
    }
}

fn result(result: Result<impl Serialize, Error>) -> Response {
    match result {
        Ok(value) => ok(&value),
        Err(error) => {
            let status = match error {
                Error::Unknown { .. } => StatusCode::NOT_FOUND,
                Error::UnknownFault(_) | Error::Probability { .. } | Error::Value { .. } => {
                    StatusCode::BAD_REQUEST
                }
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            json_response(status, error_body(&error.to_string()))
        }
    }
}

fn ok(value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => json_response(StatusCode::OK, body),
        Err(error) => json_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            error_body(&error.to_string()),
        ),
    }
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
