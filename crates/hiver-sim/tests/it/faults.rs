//! Each fault as a client meets it.

use axum::body::to_bytes;
use hiver_sim::{FaultKind, Faults, NextFault, Options, Outcome, Running, Simulator};
use serde_json::{Value, json};

use crate::support::{exchange, first_id, http, simulator};

async fn note_with(kind: FaultKind) -> (Simulator, crate::support::Reply, usize) {
    let (simulator, client) = simulator(5);
    let id = first_id(&simulator);
    simulator.fail_next(NextFault::new(kind).method("POST").path_suffix("/notes"));
    assert_eq!(
        client.get("/tags").await.status,
        200,
        "another request stays as it is"
    );
    let body = json!({"body": "Hello", "type": "internal"});
    let reply = client
        .call("POST", &format!("/conversations/{id}/notes"), body)
        .await;
    let notes = simulator.conversation(&id).unwrap().notes.len();
    let entry = &simulator.ledger().requests[1];
    assert_eq!(entry.fault, Some(kind));
    assert_eq!(entry.effect.is_some(), notes == 1);
    (simulator, reply, notes)
}

#[tokio::test]
async fn refusals_have_no_effect() {
    let (_, reply, notes) = note_with(FaultKind::RateLimited).await;
    assert_eq!(
        (reply.status, reply.retry_after(), notes),
        (429, Some("1"), 0)
    );
    let (_, reply, notes) = note_with(FaultKind::RateLimitedBare).await;
    assert_eq!((reply.status, reply.retry_after(), notes), (429, None, 0));
}

#[tokio::test]
async fn errors_come_before_or_after_the_effect() {
    let (_, reply, notes) = note_with(FaultKind::ErrorBefore).await;
    assert_eq!((reply.status, notes), (500, 0));
    let (_, reply, notes) = note_with(FaultKind::ErrorAfter).await;
    assert_eq!((reply.status, notes), (500, 1));
}

#[tokio::test]
async fn a_page_of_html_has_no_effect() {
    let (_, reply, notes) = note_with(FaultKind::Html).await;
    assert_eq!((reply.status, notes), (200, 0));
    assert!(
        reply.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(reply.text.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn truncated_json_has_its_effect() {
    let (_, reply, notes) = note_with(FaultKind::Truncated).await;
    assert_eq!((reply.status, notes), (200, 1));
    assert!(reply.text.starts_with('{'));
    assert!(serde_json::from_str::<Value>(&reply.text).is_err());
}

#[tokio::test]
async fn one_row_of_a_list_is_broken() {
    let (simulator, client) = simulator(9);
    simulator.fail_next(NextFault::new(FaultKind::BrokenRow));
    let page = client.get("/conversations?limit=5").await.json();
    let rows = page["conversations"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|row| row.is_number()).count(), 1);
    assert_eq!(rows.iter().filter(|row| row.is_object()).count(), 4);
    assert!(page["next_cursor"].is_string());
}

/// Sends a status change over a connection of its own; gives what came back and whether it had an effect.
async fn cut_with(kind: FaultKind) -> (String, bool, Outcome) {
    let running = Simulator::spawn(Options::unlimited(1)).await.unwrap();
    let simulator = running.simulator();
    let before = simulator.state().conversations.remove(0);
    let status = if before.status.name() == "closed" {
        "open"
    } else {
        "closed"
    };
    simulator.fail_next(NextFault::new(kind));
    let body = json!({"status": status}).to_string();
    let request = http(
        "PUT",
        &format!("/conversations/{}/status", before.id),
        &body,
    );
    let answer = exchange(running.address(), &request).await;
    let changed = simulator.conversation(&before.id).unwrap().status != before.status;
    let outcome = simulator.ledger().requests[0].status;
    assert!(works(&running).await, "the next connection is fine");
    (answer, changed, outcome)
}

async fn works(running: &Running) -> bool {
    let answer = exchange(running.address(), &http("GET", "/tags", "")).await;
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

#[tokio::test]
async fn a_cut_connection_gives_no_answer_at_all() {
    assert_eq!(
        cut_with(FaultKind::Cut).await,
        (String::new(), true, Outcome::Cut)
    );
    assert_eq!(
        cut_with(FaultKind::CutBefore).await,
        (String::new(), false, Outcome::Cut)
    );
}

#[tokio::test]
async fn without_a_connection_a_cut_is_a_body_that_fails() {
    let (simulator, client) = simulator(1);
    simulator.fail_next(NextFault::new(FaultKind::Cut));
    let response = client.raw("GET", "/api/v1/tags", "").await;
    assert!(to_bytes(response.into_body(), 1_000).await.is_err());
}

#[tokio::test]
async fn faults_by_chance_come_at_their_rate_and_the_same_for_the_same_seed() {
    let run = || async {
        let (simulator, client) = simulator(1);
        simulator.set_faults(Faults::none().with(FaultKind::ErrorBefore, 0.25).unwrap());
        let mut statuses = Vec::new();
        for _ in 0..400 {
            statuses.push(client.get("/tags").await.status);
        }
        statuses
    };
    let statuses = run().await;
    let failed = statuses.iter().filter(|status| **status == 500).count();
    assert!((70..130).contains(&failed), "{failed}");
    assert_eq!(statuses, run().await);
}

#[tokio::test]
async fn who_is_not_let_in_uses_up_no_fault() {
    let (simulator, client) = simulator(1);
    simulator.fail_next(NextFault::new(FaultKind::ErrorBefore));
    let mut stranger = client.clone();
    stranger.key = "other".to_owned();
    assert_eq!(stranger.get("/tags").await.status, 401);
    assert_eq!(client.get("/tags").await.status, 500);
    assert_eq!(client.get("/tags").await.status, 200);
}
