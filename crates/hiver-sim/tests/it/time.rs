//! The rate limit and the latency, with a clock that stands still.

use std::time::Duration;

use hiver_sim::Options;
use tokio::time::{Instant, advance};

use crate::support::with;

const INTERVAL: Duration = Duration::from_millis(200);

fn limited() -> Options {
    Options {
        rate: Some(5.0),
        ..Options::unlimited(10)
    }
}

#[tokio::test(start_paused = true)]
async fn one_interval_minus_9_ms_is_allowed() {
    let (_, client) = with(limited());
    assert_eq!(client.get("/tags").await.status, 200);
    advance(INTERVAL - Duration::from_millis(9)).await;
    assert_eq!(client.get("/tags").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn one_interval_minus_11_ms_is_refused() {
    let (simulator, client) = with(limited());
    assert_eq!(client.get("/tags").await.status, 200);
    advance(INTERVAL - Duration::from_millis(11)).await;
    let reply = client.get("/tags").await;
    assert_eq!((reply.status, reply.retry_after()), (429, Some("1")));
    let refused = &simulator.ledger().requests[1];
    assert_eq!((refused.fault, refused.n), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_rounded_up_and_is_enough() {
    let (_, client) = with(Options {
        rate: Some(0.4),
        ..Options::unlimited(0)
    });
    assert_eq!(client.get("/tags").await.status, 200);
    let reply = client.get("/tags").await;
    assert_eq!((reply.status, reply.retry_after()), (429, Some("3")));
    advance(Duration::from_secs(3)).await;
    assert_eq!(client.get("/tags").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn strangers_and_the_control_do_not_use_up_the_rate() {
    let (_, client) = with(limited());
    let mut stranger = client.clone();
    stranger.key = "other".to_owned();
    for _ in 0..3 {
        assert_eq!(stranger.get("/tags").await.status, 401);
        assert_eq!(
            client
                .control("GET", "/ledger", serde_json::Value::Null)
                .await
                .status,
            200
        );
    }
    assert_eq!(client.get("/tags").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_rate_can_be_changed() {
    let (_, client) = with(limited());
    for _ in 0..2 {
        let reply = client
            .control("PUT", "/rate", serde_json::json!({"per_second": 0}))
            .await;
        assert_eq!(reply.status, 200);
        assert_eq!(client.get("/tags").await.status, 200);
    }
    let reply = client
        .control("PUT", "/rate", serde_json::json!({"per_second": -1}))
        .await;
    assert_eq!(reply.status, 400);
}

#[tokio::test(start_paused = true)]
async fn latency_passes_before_the_answer() {
    let latency = Duration::from_millis(250);
    let (simulator, client) = with(Options {
        latency,
        ..Options::unlimited(0)
    });
    let start = Instant::now();
    assert_eq!(client.get("/tags").await.status, 200);
    assert_eq!(start.elapsed(), latency);
    assert_eq!(simulator.held().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn times_follow_the_clock() {
    let (simulator, client) = with(Options::unlimited(1));
    client.get("/tags").await;
    advance(Duration::from_secs(90)).await;
    client.get("/tags").await;
    let requests = simulator.ledger().requests;
    assert_eq!(requests[1].at_ms - requests[0].at_ms, 90_000);
}
