//! Another account at the same address never touches the first one's mirror and runs.

use std::time::Duration;

use hiver_sim::Options;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, KEY, assert_mirror_is_true, eventually, finished, ids, mirrored, note, outcomes, run,
    until_state, until_synced,
};

fn other() -> Options {
    Options {
        seed: 77,
        ..Options::unlimited(50)
    }
}

#[tokio::test]
async fn runs_of_one_account_are_never_sent_to_another() {
    let mut house = House::new(90).await;
    let engine = house.synced().await;
    let first = engine.status().await.unwrap().connection.unwrap().id;
    let own = mirrored(&engine);
    let open = House::ids(&engine, "status:open");
    house.sim().set_key_active(false);
    let id = run(&engine, ids(&open), note("hello")).await;
    until_state(&engine, id, RunState::Paused).await;
    engine.stop(Duration::from_secs(5)).await;

    house.replace(other()).await;
    let engine = house.engine().await;
    eventually(&engine, "the other account is taken up", || async {
        engine.status().await.unwrap().connection.unwrap().id != first
    })
    .await;
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
    assert!(house.writes().is_empty());
    assert!(
        engine.run_status(id).await.unwrap().is_none(),
        "the run is none of this account's"
    );
    assert_eq!(engine.runs(0, 10).await.unwrap().1, 0);
    assert!(!engine.confirm(id).await.unwrap() && !engine.cancel(id).await.unwrap());
    assert!(
        outcomes(&engine, id)
            .await
            .iter()
            .all(|one| *one == Outcome::Waiting)
    );
    let stored = engine.store().load_mirror(first).await.unwrap();
    assert_eq!(stored.conversations.len(), own.len());

    // A restart without Hiver shows the account that was last in use, not the first one.
    engine.stop(Duration::from_secs(5)).await;
    house.take_down().await;
    let engine = house.engine().await;
    assert_ne!(engine.status().await.unwrap().connection.unwrap().id, first);
    engine.stop(Duration::from_secs(5)).await;

    // The first account comes back: its mirror is still there, and its run goes on.
    house.bring_up().await;
    house.replace(Options::unlimited(90)).await;
    let engine = house.engine().await;
    eventually(&engine, "the first account is back", || async {
        engine.status().await.unwrap().connection.unwrap().id == first
    })
    .await;
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(house.writes().len(), open.len());
}

#[tokio::test]
async fn a_stored_key_of_another_account_switches_there_and_back() {
    let mut house = House::new(40).await;
    let engine = house.engine_with(|config| config.key = None).await;
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    until_synced(&engine).await;
    let first = engine.status().await.unwrap().connection.unwrap().id;
    house
        .replace(Options {
            key: "the-other-key".to_owned(),
            ..other()
        })
        .await;
    engine
        .use_key("the-other-key".to_owned().into())
        .await
        .unwrap();
    let connection = || async { engine.status().await.unwrap().connection.unwrap().id };
    eventually(&engine, "the other account", || async {
        connection().await != first
    })
    .await;
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
    house.replace(Options::unlimited(40)).await;
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    eventually(&engine, "the first account", || async {
        connection().await == first
    })
    .await;
    eventually(&engine, "its mirror", || async {
        mirrored(&engine).len() == 40
    })
    .await;
    assert_mirror_is_true(&engine, &house);
}
