//! A day that is limited.

use std::time::Duration;

use engine::Clock;
use triage::actions::Actions;
use triage::outcome::{Outcome, RunState};

use crate::support::{House, eventually, finished, matching, run, start, state, user};

#[tokio::test]
async fn a_run_waits_for_the_next_day_and_then_goes_on() {
    let house = House::new(120).await;
    let mut config = house.config();
    config.requests_per_day = Some(100);
    let today = Clock::from_fn(|| 1_000_000_000_000);
    let engine = start(&house.database(), config.clone(), today).await;
    eventually(&engine, "the first reading", || async {
        engine.mirror().read().rows.len() == 120
    })
    .await;
    let actions = Actions {
        assign: Some(user(&house, 1)),
        note: Some("Counted.".to_owned()),
        ..Actions::default()
    };
    let id = run(&engine, matching(""), actions).await;
    eventually(&engine, "the end of the day", || async {
        let trouble = engine.status().await.unwrap().trouble;
        trouble.is_some_and(|trouble| trouble.message.contains("used up"))
    })
    .await;
    let sent = house.sim().ledger().requests.len();
    assert!((60..=100).contains(&sent), "{sent}");
    assert_eq!(state(&engine, id).await, RunState::Running);
    engine.stop(Duration::from_secs(5)).await;

    // A restart on the same day changes nothing; on the next one the run goes on.
    config.requests_per_day = Some(1_000);
    let tomorrow = Clock::from_fn(|| 1_000_000_000_000 + 25 * 60 * 60 * 1_000);
    let engine = start(&house.database(), config, tomorrow).await;
    let rows = finished(&engine, id).await;
    assert!(
        rows.iter()
            .all(|row| matches!(row.outcome, Outcome::Done | Outcome::Unchanged))
    );
    engine.stop(Duration::from_secs(5)).await;
}
