//! What the ledger says became of each write, and what its client heard of it.

use std::time::Duration;

use hiver_sim::{
    Answered, FaultKind, LedgerEntry, NextFault, Options, Outcome, Simulator, WireOptions,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::Instant};

use crate::support::{exchange, first_id, http, simulator, with};

fn note() -> Value {
    json!({"body": "Hello", "type": "internal"})
}

/// What a harness needs: status, what was heard, and whether it was made.
fn fate(entry: &LedgerEntry) -> (Outcome, Option<Answered>, bool) {
    let made = entry.effect.as_ref().is_some_and(|effect| effect.changed);
    (entry.status, entry.answer, made)
}

#[tokio::test]
async fn of_every_write_it_is_known_what_was_heard_and_whether_it_was_made() {
    let cases = [
        (None, Outcome::Status(200), Answered::Complete, true),
        (
            Some(FaultKind::RateLimited),
            Outcome::Status(429),
            Answered::Complete,
            false,
        ),
        (
            Some(FaultKind::RateLimitedBare),
            Outcome::Status(429),
            Answered::Complete,
            false,
        ),
        (
            Some(FaultKind::ErrorBefore),
            Outcome::Status(500),
            Answered::Complete,
            false,
        ),
        (
            Some(FaultKind::ErrorAfter),
            Outcome::Status(500),
            Answered::Complete,
            true,
        ),
        (Some(FaultKind::Cut), Outcome::Cut, Answered::None, true),
        (
            Some(FaultKind::CutBefore),
            Outcome::Cut,
            Answered::None,
            false,
        ),
        (
            Some(FaultKind::Html),
            Outcome::Status(200),
            Answered::Spoiled,
            false,
        ),
        (
            Some(FaultKind::Truncated),
            Outcome::Status(200),
            Answered::Spoiled,
            true,
        ),
        (
            Some(FaultKind::OtherId),
            Outcome::Status(200),
            Answered::Spoiled,
            true,
        ),
        (
            Some(FaultKind::Slow),
            Outcome::Status(200),
            Answered::Complete,
            true,
        ),
    ];
    let (simulator, client) = with(Options {
        slow: Duration::ZERO,
        ..Options::unlimited(2)
    });
    let path = format!("/api/v1/conversations/{}/notes", first_id(&simulator));
    for (fault, status, answer, made) in cases {
        if let Some(kind) = fault {
            simulator.fail_next(NextFault::new(kind));
        }
        client.raw("POST", &path, &note().to_string()).await;
        let entry = simulator.ledger().requests.pop().unwrap();
        assert_eq!(entry.fault, fault);
        assert_eq!(fate(&entry), (status, Some(answer), made), "{fault:?}");
        assert_eq!(entry.done_ms.is_some(), entry.answer.is_some());
    }
    let made = cases.iter().filter(|case| case.3).count();
    assert_eq!(simulator.summary().totals.notes, made);
}

#[tokio::test]
async fn the_words_of_the_ledger() {
    let (simulator, client) = simulator(2);
    let path = format!("/conversations/{}/notes", first_id(&simulator));
    simulator.fail_next(NextFault::new(FaultKind::Truncated));
    client
        .raw("POST", &format!("/api/v1{path}"), &note().to_string())
        .await;
    simulator.fail_next(NextFault::new(FaultKind::CutBefore));
    client
        .raw("POST", &format!("/api/v1{path}"), &note().to_string())
        .await;
    simulator.hold();
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.call("POST", &path, note()).await });
    simulator.until_waiting(1).await;
    let requests = client.control("GET", "/ledger", Value::Null).await.json();
    let requests = &requests["requests"];
    assert_eq!(
        (
            &requests[0]["status"],
            &requests[0]["answer"],
            &requests[0]["fault"]
        ),
        (&json!(200), &json!("spoiled"), &json!("truncated"))
    );
    assert_eq!(requests[0]["effect"]["changed"], true);
    assert!(requests[0]["done_ms"].as_i64() >= requests[0]["at_ms"].as_i64());
    assert_eq!(
        (
            &requests[1]["status"],
            &requests[1]["answer"],
            requests[1].get("effect")
        ),
        (&json!("cut"), &json!("none"), None)
    );
    assert_eq!(
        (
            &requests[2]["status"],
            &requests[2]["answer"],
            requests[2].get("done_ms")
        ),
        (&Value::Null, &Value::Null, None)
    );
    simulator.release();
    assert_eq!(asked.await.unwrap().status, 200);
}

#[tokio::test]
async fn who_gives_up_hears_nothing_though_it_happens() {
    let running = Simulator::spawn(Options::unlimited(1)).await.unwrap();
    let simulator = running.simulator();
    let id = first_id(simulator);
    simulator.set_slow(Duration::from_secs(3_600));
    simulator.fail_next(NextFault::new(FaultKind::Slow));
    let request = http(
        "POST",
        &format!("/conversations/{id}/notes"),
        &note().to_string(),
    );
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    simulator.until_waiting(1).await;
    drop(stream);
    while simulator.ledger().requests[0].answer != Some(Answered::Unheard) {
        tokio::task::yield_now().await;
    }
    assert_eq!(simulator.ledger().requests[0].status, Outcome::Waiting);
    assert!(simulator.conversation(&id).unwrap().notes.is_empty());
    simulator.advance(Duration::from_secs(3_600)).unwrap();
    simulator.until_answered(1).await;
    let entry = &simulator.ledger().requests[0];
    assert_eq!(
        fate(entry),
        (Outcome::Status(200), Some(Answered::Unheard), true)
    );
    assert_eq!(simulator.conversation(&id).unwrap().notes.len(), 1);
}

#[tokio::test]
async fn who_waits_while_it_stops_hears_nothing_and_nothing_happens() {
    let running = Simulator::spawn(Options::unlimited(1)).await.unwrap();
    let id = first_id(running.simulator());
    running.simulator().hold();
    let request = http(
        "POST",
        &format!("/conversations/{id}/notes"),
        &note().to_string(),
    );
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    running.simulator().until_waiting(1).await;
    let simulator = running.stop().await.unwrap();
    simulator.until_answered(1).await;
    let entry = &simulator.ledger().requests[0];
    assert_eq!(fate(entry), (Outcome::Dropped, Some(Answered::None), false));
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_complete_and_correct_and_happens_at_the_end_of_its_delay() {
    let (simulator, client) = with(Options {
        latency: Duration::from_millis(100),
        slow: Duration::from_millis(700),
        ..Options::unlimited(1)
    });
    let id = first_id(&simulator);
    let path = format!("/conversations/{id}/status");
    simulator.fail_next(NextFault::new(FaultKind::Slow).method("PUT"));
    let start = Instant::now();
    let reply = client
        .call("PUT", &path, json!({"status": "pending"}))
        .await;
    assert_eq!(start.elapsed(), Duration::from_millis(800));
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (200, &json!("pending"))
    );
    let entry = &simulator.ledger().requests[0];
    assert_eq!(entry.done_ms, Some(entry.at_ms + 800));
    assert_eq!(
        simulator.conversation(&id).unwrap().updated_ms,
        entry.at_ms + 800
    );
    client.call("PUT", &path, json!({"status": "open"})).await;
    assert_eq!(start.elapsed(), Duration::from_millis(900), "only the one");
}

#[tokio::test]
async fn a_truncated_answer_is_a_whole_answer_with_half_its_json() {
    let running = Simulator::spawn(Options::unlimited(3)).await.unwrap();
    let simulator = running.simulator();
    let id = first_id(simulator);
    simulator.fail_next(NextFault::new(FaultKind::Truncated));
    let request = http(
        "POST",
        &format!("/conversations/{id}/notes"),
        &note().to_string(),
    );
    let answer = exchange(running.address(), &request).await.to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    let length = format!("content-length: {}", body.len());
    assert!(head.lines().any(|line| line == length), "{head}");
    assert!(
        body.len() > 10 && serde_json::from_str::<Value>(body).is_err(),
        "{body}"
    );
    assert_eq!(simulator.conversation(&id).unwrap().notes.len(), 1);
}

#[tokio::test]
async fn an_answer_can_name_another_conversation_while_the_right_one_is_changed() {
    let (simulator, client) = simulator(2);
    let all = simulator.state().conversations;
    let (id, other) = (&all[0].id, &all[1].id);
    let (user, tag) = (
        &simulator.state().users[4].id,
        &simulator.state().tags[3].id,
    );
    let on = |rest: &str| format!("/conversations/{id}{rest}");
    let cases = [
        ("GET", on(""), Value::Null, "id"),
        ("POST", on("/assign"), json!({"user_id": user}), "id"),
        ("PUT", on("/status"), json!({"status": "pending"}), "id"),
        ("POST", on("/tags"), json!({"tag_id": tag}), "id"),
        ("POST", on("/notes"), note(), "conversation_id"),
        ("DELETE", on(&format!("/tags/{tag}")), Value::Null, "id"),
    ];
    for wrapped in [false, true] {
        simulator.set_wire(WireOptions {
            wrapped,
            ..WireOptions::default()
        });
        for (method, path, body, field) in cases.clone() {
            simulator.fail_next(NextFault::new(FaultKind::OtherId));
            let reply = client.call(method, &path, body).await;
            let answer = reply.json();
            let answer = answer.get("conversation").unwrap_or(&answer);
            assert_eq!(
                (reply.status, &answer[field]),
                (200, &json!(other)),
                "{path}"
            );
            if method == "PUT" {
                assert_eq!(answer["status"], "pending");
            }
            let entry = simulator.ledger().requests.pop().unwrap();
            assert_eq!(entry.fault, Some(FaultKind::OtherId));
            assert_eq!(entry.answer, Some(Answered::Spoiled));
            let about = entry.effect.and_then(|effect| effect.conversation);
            assert!(about.is_none_or(|about| about == *id));
        }
    }
    assert_eq!(simulator.conversation(other).unwrap(), all[1]);
    let changed = simulator.conversation(id).unwrap();
    assert_eq!(
        (changed.notes.len(), changed.assignee.as_ref()),
        (2, Some(user))
    );
}

#[tokio::test]
async fn a_fault_that_finds_nothing_to_spoil_did_not_happen() {
    let (simulator, client) = simulator(0);
    let last = || simulator.ledger().requests.pop().unwrap();
    simulator.fail_next(NextFault::new(FaultKind::OtherId));
    assert_eq!(client.get("/tags").await.status, 200);
    assert_eq!((last().fault, simulator.next_faults().len()), (None, 1));
    assert_eq!(client.get("/conversations/cnv_none").await.status, 404);
    assert_eq!(
        (last().fault, last().answer),
        (None, Some(Answered::Complete))
    );
    simulator.fail_next(NextFault::new(FaultKind::BrokenRow));
    assert_eq!(
        client.get("/conversations").await.text,
        r#"{"conversations":[]}"#
    );
    assert_eq!(
        (last().fault, last().answer),
        (None, Some(Answered::Complete))
    );
}

#[tokio::test]
async fn the_only_conversation_is_taken_for_one_that_never_was() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    simulator.fail_next(NextFault::new(FaultKind::OtherId));
    let answer = client.get(&format!("/conversations/{id}")).await.json();
    let other = answer["id"].as_str().unwrap();
    assert!(other != id && other.starts_with("cnv_01"), "{other}");
    assert_eq!(
        client.get(&format!("/conversations/{other}")).await.status,
        404
    );
}
