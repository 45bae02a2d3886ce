//! One request to `/api/v1` from arrival to answer.
//!
//! On arrival, in one step: what the script has for it is done, it gets its place in the ledger, is let in or
//! refused (401, 429), and its fault is decided. Then it waits for the latency, longer if its fault is to be
//! slow, and while the world is held. Then, in one step again, it is carried out and the ledger completed. A
//! request that has arrived is carried out even if its client gives up meanwhile, as on a real server.

use axum::{
    body::{Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use tokio::time::{Instant, sleep_until};

use crate::{
    Answered, EffectRecord, FaultKind, LedgerEntry, Outcome, Simulator, clock,
    connection::Connection,
    faults::Target,
    gate::{Refused, refuse},
    reply::{End, Reply},
    simulator::Core,
    spoil::spoil,
    wire::{self, Call, Refusal, Stage},
};

/// The prefix of all paths.
pub(crate) const PREFIX: &str = "/api/v1";
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A request that has arrived.
struct Arrived {
    method: Method,
    uri: Uri,
    body: Bytes,
    number: u64,
    generation: u64,
    /// When it is carried out at the earliest.
    due: Instant,
    /// What it is answered without being looked at.
    refused: Option<Reply>,
    fault: Option<FaultKind>,
}

/// What became of it.
struct Done {
    end: End,
    outcome: Outcome,
    answer: Answered,
    effect: Option<EffectRecord>,
    /// The fault it was to meet found nothing to spoil.
    spared: bool,
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
    let end = match finish(&simulator, &arrived) {
        Some(end) => end,
        None => {
            let _present = Presence {
                simulator: simulator.clone(),
                number: arrived.number,
            };
            // A task of its own: this one ends with its connection.
            tokio::spawn(wait_and_finish(simulator, arrived))
                .await
                .unwrap_or(End::Cut)
        }
    };
    end.respond(connection.as_ref())
}

/// Lives as long as the client of a waiting request: hyper drops the handler when the connection is closed.
struct Presence {
    simulator: Simulator,
    number: u64,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut core = self.simulator.core();
        let entry = core.ledger.entry(self.number);
        if let Some(entry) = entry.filter(|entry| entry.status == Outcome::Waiting) {
            entry.answer = Some(Answered::Unheard);
        }
    }
}

fn arrive(
    simulator: &Simulator,
    method: Method,
    uri: Uri,
    headers: &HeaderMap,
    body: Result<Bytes, Refusal>,
    generation: Option<u64>,
) -> Arrived {
    let (body, unreadable) = match body {
        Ok(body) => (body, None),
        Err(refusal) => (Bytes::new(), Some(refusal)),
    };
    let mut core = simulator.core();
    let now = simulator.own_clock().now();
    let at_ms = simulator.now_ms();
    core.follow_script(at_ms);
    let target = Target {
        method: method.as_str(),
        path: inner_path(&uri),
    };
    let refused = refuse(&mut core, headers, &target, now);
    let refused = refused.or_else(|| unreadable.as_ref().map(unread));
    let (refused, limit, fault) = match refused {
        Some(Refused {
            reply,
            limit,
            fault,
        }) => (Some(reply), limit, fault),
        None => (None, None, core.faults.decide(&target)),
    };
    let entry = LedgerEntry {
        n: 0,
        at_ms,
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        body: None,
        status: Outcome::Waiting,
        answer: None,
        done_ms: None,
        fault,
        limit,
        effect: None,
    };
    let number = core.ledger.enter(entry, &body);
    core.waiting += 1;
    let generation = generation.unwrap_or(core.generation);
    let mut delay = core.latency;
    if fault == Some(FaultKind::Slow) {
        delay = delay.saturating_add(core.slow);
    }
    drop(core);
    simulator.has_moved();
    Arrived {
        method,
        uri,
        body,
        number,
        generation,
        due: clock::after(now, delay),
        refused,
        fault,
    }
}

fn unread(refusal: &Refusal) -> Refused {
    Refused {
        reply: refusal.answer().into(),
        limit: None,
        fault: None,
    }
}

async fn wait_and_finish(simulator: Simulator, arrived: Arrived) -> End {
    let mut moved = simulator.watch();
    loop {
        if let Some(end) = finish(&simulator, &arrived) {
            return end;
        }
        let clock = simulator.own_clock();
        let due = clock.now() >= arrived.due;
        tokio::select! {
            moved = moved.changed() => if moved.is_err() {
                return End::Cut;
            },
            () = sleep_until(clock.by_tokio(arrived.due)), if !due => {}
        }
    }
}

/// Carries the request out and completes the ledger; none while the world is held or it is not due yet.
fn finish(simulator: &Simulator, arrived: &Arrived) -> Option<End> {
    let mut core = simulator.core();
    let dropped = core.generation != arrived.generation;
    if !dropped && (core.held || simulator.own_clock().now() < arrived.due) {
        return None;
    }
    let at_ms = simulator.now_ms();
    let done = if dropped {
        Done::cut(Outcome::Dropped, None)
    } else {
        carry_out(&mut core, arrived, at_ms)
    };
    if let Some(entry) = core.ledger.entry(arrived.number) {
        entry.status = done.outcome;
        entry.answer = match (entry.answer, done.outcome) {
            (Some(gone), Outcome::Status(_)) => Some(gone),
            _ => Some(done.answer),
        };
        entry.done_ms = Some(at_ms);
        entry.effect = done.effect;
        if done.spared {
            entry.fault = None;
        }
    }
    core.waiting -= 1;
    drop(core);
    simulator.has_moved();
    Some(done.end)
}

impl Done {
    fn reply(reply: Reply, answer: Answered) -> Self {
        Self {
            outcome: Outcome::Status(reply.status),
            end: End::Reply(reply),
            answer,
            effect: None,
            spared: false,
        }
    }

    fn cut(outcome: Outcome, effect: Option<EffectRecord>) -> Self {
        Self {
            end: End::Cut,
            outcome,
            answer: Answered::None,
            effect,
            spared: false,
        }
    }
}

fn carry_out(core: &mut Core, arrived: &Arrived, at_ms: i64) -> Done {
    use Answered::{Complete, Spoiled};
    if let Some(refused) = &arrived.refused {
        return Done::reply(refused.clone(), Complete);
    }
    match arrived.fault {
        Some(FaultKind::RateLimited) => return Done::reply(Reply::too_many(Some(1)), Complete),
        Some(FaultKind::RateLimitedBare) => return Done::reply(Reply::too_many(None), Complete),
        Some(FaultKind::ErrorBefore) => return Done::reply(Reply::broken(), Complete),
        Some(FaultKind::CutBefore) => return Done::cut(Outcome::Cut, None),
        Some(FaultKind::Html) => return Done::reply(Reply::html(), Spoiled),
        _ => {}
    }
    let path = inner_path(&arrived.uri);
    let call = Call {
        method: &arrived.method,
        uri: &arrived.uri,
        path,
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
    let done = match arrived.fault {
        Some(FaultKind::Cut) => return Done::cut(Outcome::Cut, effect),
        Some(FaultKind::ErrorAfter) => Done::reply(Reply::broken(), Complete),
        None | Some(FaultKind::Slow) => Done::reply(answer.into(), Complete),
        Some(fault) => {
            let spoiled = spoil(&mut answer, fault, path, &core.account.world);
            let heard = if spoiled { Spoiled } else { Complete };
            Done {
                spared: !spoiled,
                ..Done::reply(answer.into(), heard)
            }
        }
    };
    Done { effect, ..done }
}

/// The path without `/api/v1` and without a slash at the end.
fn inner_path(uri: &Uri) -> &str {
    let path = uri.path();
    path.strip_prefix(PREFIX)
        .unwrap_or(path)
        .trim_end_matches('/')
}
