//! The day's limit, and a clock that is set forward.

use std::time::{Duration, UNIX_EPOCH};

use hiver_sim::{Answered, DayState, FaultKind, Faults, Limit, NextFault, Options, Simulator};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::{first_id, with};

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);

fn daily(per_day: u32) -> Options {
    Options {
        per_day: Some(per_day),
        ..Options::unlimited(5)
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_days_limit_everything_is_refused_until_the_oldest_is_a_day_old() {
    let (simulator, client) = with(daily(3));
    for _ in 0..3 {
        assert_eq!(client.get("/tags").await.status, 200);
        advance(HOUR).await;
    }
    let body = json!({"body": "Hello", "type": "internal"});
    let path = format!("/conversations/{}/notes", first_id(&simulator));
    let reply = client.call("POST", &path, body).await;
    let until_oldest = (21 * 60 * 60).to_string();
    assert_eq!(
        (reply.status, reply.retry_after()),
        (429, Some(until_oldest.as_str()))
    );
    assert_eq!(simulator.summary().totals.notes, 0);
    let refused = &simulator.ledger().requests[3];
    assert_eq!((refused.limit, refused.fault), (Some(Limit::Day), None));
    assert_eq!(refused.answer, Some(Answered::Complete));

    advance(21 * HOUR - SECOND).await;
    assert_eq!(client.get("/tags").await.retry_after(), Some("1"));
    advance(SECOND).await;
    assert_eq!(client.get("/tags").await.status, 200);
    assert_eq!(
        client.get("/tags").await.retry_after(),
        Some("3600"),
        "now the second is the oldest"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_limit_refuses_does_not_count_for_the_other() {
    let (simulator, client) = with(Options {
        rate: Some(5.0),
        ..daily(2)
    });
    let used = || simulator.day().used;
    let mut stranger = client.clone();
    stranger.key = "other".to_owned();
    assert_eq!(stranger.get("/tags").await.status, 401);
    assert_eq!((client.get("/tags").await.status, used()), (200, 1));
    assert_eq!((client.get("/tags").await.status, used()), (429, 1));
    advance(SECOND).await;
    assert_eq!((client.get("/tags").await.status, used()), (200, 2));
    advance(SECOND).await;
    assert_eq!((client.get("/tags").await.status, used()), (429, 2));
    let limits = simulator.ledger().requests.into_iter();
    let limits: Vec<_> = limits.map(|request| request.limit).collect();
    assert_eq!(
        limits,
        [None, None, Some(Limit::Rate), None, Some(Limit::Day)]
    );
    // The rate's turn was not used up by what the day refused.
    simulator.set_per_day(None).unwrap();
    assert_eq!(client.get("/tags").await.status, 200);
}

#[tokio::test]
async fn the_refusal_is_bare_where_the_faults_say_so() {
    let (simulator, client) = with(daily(1));
    assert_eq!(client.get("/tags").await.status, 200);
    simulator.fail_next(NextFault::new(FaultKind::RateLimitedBare));
    let reply = client.get("/tags").await;
    assert_eq!((reply.status, reply.retry_after()), (429, None));
    let entry = simulator.ledger().requests.pop().unwrap();
    assert_eq!(
        (entry.limit, entry.fault),
        (Some(Limit::Day), Some(FaultKind::RateLimitedBare))
    );
    assert!(simulator.next_faults().is_empty());
    assert_eq!(client.get("/tags").await.retry_after(), Some("86400"));
    let bare = Faults::none().with(FaultKind::RateLimitedBare, 1.0);
    simulator.set_faults(bare.unwrap());
    assert_eq!(client.get("/tags").await.retry_after(), None);
}

#[tokio::test]
async fn another_fault_waits_for_a_request_within_the_limit() {
    let (simulator, client) = with(daily(1));
    assert_eq!(client.get("/tags").await.status, 200);
    simulator.fail_next(NextFault::new(FaultKind::ErrorBefore));
    assert_eq!(client.get("/tags").await.status, 429);
    simulator.advance(24 * HOUR).unwrap();
    assert_eq!(client.get("/tags").await.status, 500);
}

#[tokio::test]
async fn the_days_limit_is_set_and_shown_from_outside() {
    let (simulator, client) = with(Options::unlimited(1));
    let unlimited = json!({"per_day": null, "used": 0});
    client.get("/tags").await;
    let shown = client.control("GET", "/day", Value::Null).await;
    assert_eq!(shown.json(), unlimited);
    let set = client.control("PUT", "/day", json!({"per_day": 1})).await;
    assert_eq!(set.json(), json!({"per_day": 1, "used": 0}));
    assert_eq!(client.get("/tags").await.status, 200);
    assert_eq!(client.get("/tags").await.status, 429);
    let (per_day, used) = (Some(1), 1);
    assert_eq!(simulator.day(), DayState { per_day, used });
    let set = client.control("PUT", "/day", json!({"per_day": 0})).await;
    assert_eq!(set.json(), unlimited);
    assert_eq!(client.get("/tags").await.status, 200);
    let wrong = client.control("PUT", "/day", json!({"per_day": -1})).await;
    assert_eq!(wrong.status, 400);
    assert!(simulator.set_per_day(Some(0)).is_err());
    assert!(Simulator::new(daily(0)).is_err());
}

#[tokio::test]
async fn the_clock_is_set_forward_for_both_limits_and_all_times() {
    let (simulator, client) = with(Options {
        rate: Some(0.001),
        started_at: Some(UNIX_EPOCH + Duration::from_secs(1_800_000_000)),
        ..daily(2)
    });
    assert_eq!(client.get("/tags").await.status, 200);
    assert_eq!(client.get("/tags").await.retry_after(), Some("1000"));
    let forward = json!({"advance_ms": 1_000_000});
    let clock = client.control("POST", "/clock", forward).await.json();
    assert_eq!(clock["advanced_ms"], 1_000_000);
    assert!((1_800_001_000_000..1_800_001_600_000).contains(&clock["now_ms"].as_i64().unwrap()));
    assert_eq!(client.get("/tags").await.status, 200);
    simulator.advance(HOUR).unwrap();
    assert_eq!(client.get("/tags").await.status, 429);
    let forward = json!({"advance_ms": 82_800_000});
    client.control("POST", "/clock", forward).await;
    assert_eq!(
        client.get("/tags").await.status,
        200,
        "the first is a day old"
    );
    let requests = simulator.ledger().requests;
    let times: Vec<_> = requests.iter().map(|request| request.at_ms).collect();
    assert!(times.is_sorted());
    assert!(times[4] - times[0] >= 87_400_000, "{times:?}");
    let shown = client.control("GET", "/clock", Value::Null).await.json();
    assert_eq!(shown["advanced_ms"], 87_400_000);
}

#[tokio::test]
async fn the_clock_only_goes_forward_and_not_beyond_its_arithmetic() {
    let (simulator, client) = with(Options::unlimited(0));
    for wrong in [json!(-1), json!(u64::MAX), json!(0.5), Value::Null] {
        let body = json!({ "advance_ms": wrong });
        assert_eq!(client.control("POST", "/clock", body).await.status, 400);
    }
    assert_eq!(simulator.clock().advanced_ms, 0);
    simulator.set_latency(Duration::MAX);
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.get("/tags").await });
    simulator.until_waiting(1).await;
    simulator.advance(100 * 365 * 24 * HOUR).unwrap();
    assert_eq!(asked.await.unwrap().status, 200);
}

#[tokio::test]
async fn who_waits_for_a_slow_answer_gets_it_when_the_clock_says_so() {
    let (simulator, client) = with(Options::unlimited(1));
    let set = client
        .control("PUT", "/slow", json!({"ms": 3_600_000}))
        .await;
    assert_eq!(set.json(), json!({"ms": 3_600_000}));
    simulator.fail_next(NextFault::new(FaultKind::Slow));
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.get("/tags").await });
    simulator.until_waiting(1).await;
    assert_eq!(client.get("/users").await.status, 200);
    simulator.advance(HOUR / 2).unwrap();
    assert_eq!(simulator.held().waiting, 1);
    simulator.advance(HOUR / 2).unwrap();
    assert_eq!(asked.await.unwrap().status, 200);
}
