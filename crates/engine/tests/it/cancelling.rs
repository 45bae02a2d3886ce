//! Cancelling takes effect before the next request.

use std::time::Duration;

use hiver_sim::{FaultKind, NextFault, Outcome as Answered};
use triage::outcome::{Outcome, RunState};

use crate::support::{House, changes, eventually, finished, ids, note, run, state, until_state};

#[tokio::test]
async fn nothing_leaves_after_a_cancel_and_what_was_under_way_keeps_its_outcome() {
    let house = House::new(400).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    // More than so many are never without an answer: none is still on its way here.
    house.sim().until_waiting(64).await;
    assert!(engine.cancel(id).await.unwrap());
    house.sim().release();
    until_state(&engine, id, RunState::Cancelled).await;
    let sent = house.writes();
    assert_eq!(sent.len(), 64);
    assert!(
        sent.iter()
            .all(|request| request.status == Answered::Status(200))
    );
    let rows = changes(&engine, id).await;
    let done = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Done)
        .count();
    assert_eq!(done, sent.len());
    let cancelled = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Cancelled)
        .count();
    assert_eq!(done + cancelled, rows.len());
    assert!(rows.iter().all(|row| row.finished_at.is_some()));
    assert!(!engine.cancel(id).await.unwrap(), "it is at its end");
}

#[tokio::test]
async fn a_run_that_waits_for_its_turn_is_cancelled_at_once() {
    let house = House::new(80).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let first = run(&engine, ids(&open[..3]), note("first")).await;
    let second = run(&engine, ids(&open[..3]), note("second")).await;
    house.sim().until_waiting(1).await;
    assert!(engine.cancel(second).await.unwrap());
    assert_eq!(state(&engine, second).await, RunState::Cancelled);
    assert!(
        changes(&engine, second)
            .await
            .iter()
            .all(|row| row.outcome == Outcome::Cancelled)
    );
    house.sim().release();
    finished(&engine, first).await;
    assert_eq!(state(&engine, second).await, RunState::Cancelled);
    assert_eq!(house.writes().len(), 3);
}

#[tokio::test]
async fn a_run_can_be_cancelled_while_a_429_holds_everything() {
    let house = House::new(80).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    // Without a time to wait, everything is held for five seconds.
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::RateLimitedBare).method("POST"));
    let id = run(&engine, ids(&open), note("hello")).await;
    eventually(&engine, "everything is held", || async {
        engine
            .status()
            .await
            .unwrap()
            .trouble
            .is_some_and(|trouble| trouble.message.contains("429"))
    })
    .await;
    assert!(engine.cancel(id).await.unwrap());
    let waited = tokio::time::timeout(
        Duration::from_secs(3),
        until_state(&engine, id, RunState::Cancelled),
    )
    .await;
    assert!(waited.is_ok(), "it waited for the end of the hold");
    // What had left before the refusal was known keeps its outcome; whatever waited for its instant never left.
    let accepted = house
        .writes()
        .into_iter()
        .filter(|request| request.status == Answered::Status(200))
        .count();
    assert!(house.writes().len() < open.len());
    let rows = changes(&engine, id).await;
    let done = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Done)
        .count();
    let cancelled = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Cancelled)
        .count();
    assert_eq!((done, cancelled), (accepted, rows.len() - accepted));
}

#[tokio::test]
async fn a_run_whose_key_is_refused_can_be_cancelled() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().set_key_active(false);
    let id = run(&engine, ids(&open), note("hello")).await;
    until_state(&engine, id, RunState::Paused).await;
    assert!(engine.cancel(id).await.unwrap());
    assert_eq!(state(&engine, id).await, RunState::Cancelled);
    assert!(
        changes(&engine, id)
            .await
            .iter()
            .all(|row| row.outcome == Outcome::Cancelled)
    );
    house.sim().set_key_active(true);
    engine.refresh();
    eventually(&engine, "the key is accepted", || async {
        engine.status().await.unwrap().trouble.is_none()
    })
    .await;
    let next = run(&engine, ids(&open[..2]), note("next")).await;
    finished(&engine, next).await;
    assert_eq!(state(&engine, id).await, RunState::Cancelled);
    let effects = house
        .writes()
        .into_iter()
        .filter(|request| request.effect.is_some())
        .count();
    assert_eq!(effects, 2);
}
