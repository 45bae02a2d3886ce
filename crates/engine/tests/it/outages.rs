//! Hiver goes away in the middle of a run and comes back.

use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, assert_mirror_is_true, changes, eventually, finished, ids, note, outcomes, run, tag,
    until_state, user,
};

#[tokio::test]
async fn nothing_fails_and_nothing_is_lost_while_hiver_cannot_be_reached() {
    let mut house = House::new(160).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let actions = Actions {
        assign: Some(user(&house, 4)),
        add_tags: vec![tag(&house, "vip")],
        set_status: Some(Status::Pending),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open), actions).await;
    eventually(&engine, "it is under way", || async {
        outcomes(&engine, id)
            .await
            .iter()
            .filter(|outcome| **outcome == Outcome::Done)
            .count()
            > 5
    })
    .await;
    house.take_down().await;
    eventually(&engine, "trouble is shown", || async {
        engine
            .status()
            .await
            .unwrap()
            .trouble
            .is_some_and(|trouble| trouble.message.contains("cannot be reached"))
    })
    .await;
    let halfway = outcomes(&engine, id).await;
    assert!(halfway.contains(&Outcome::Waiting) && !halfway.contains(&Outcome::Failed));
    house.bring_up().await;
    let rows = finished(&engine, id).await;
    assert!(
        rows.iter()
            .all(|row| matches!(row.outcome, Outcome::Done | Outcome::Unchanged)),
        "{rows:?}"
    );
    assert_mirror_is_true(&engine, &house);
    eventually(&engine, "trouble is over", || async {
        engine.status().await.unwrap().trouble.is_none()
    })
    .await;
}

#[tokio::test]
async fn notes_wait_while_hiver_cannot_be_reached() {
    let mut house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.take_down().await;
    let id = run(&engine, ids(&open), note("hello")).await;
    eventually(&engine, "it was tried", || async {
        engine.status().await.unwrap().trouble.is_some()
    })
    .await;
    assert!(
        outcomes(&engine, id)
            .await
            .iter()
            .all(|one| matches!(one, Outcome::Waiting | Outcome::Sending))
    );
    house.bring_up().await;
    let rows = finished(&engine, id).await;
    // A connection from before may have been picked up and found dead: then nobody knows, and a person decides.
    for row in &rows {
        let notes = house
            .sim()
            .conversation(row.conversation.as_str())
            .unwrap()
            .notes
            .len();
        match row.outcome {
            Outcome::Done => assert_eq!((notes, row.attempts), (1, 1)),
            Outcome::Uncertain => assert!(notes <= 1),
            other => panic!("{other}"),
        }
    }
    assert!(
        rows.iter()
            .filter(|row| row.outcome == Outcome::Done)
            .count()
            + 3
            >= rows.len()
    );
}

#[tokio::test]
async fn a_run_can_be_cancelled_while_hiver_cannot_be_reached() {
    let mut house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.take_down().await;
    let id = run(&engine, ids(&open), note("hello")).await;
    eventually(&engine, "it was tried", || async {
        engine.status().await.unwrap().trouble.is_some()
    })
    .await;
    engine.cancel(id).await.unwrap();
    until_state(&engine, id, RunState::Cancelled).await;
    house.bring_up().await;
    assert!(
        changes(&engine, id)
            .await
            .iter()
            .all(|row| matches!(row.outcome, Outcome::Cancelled | Outcome::Uncertain))
    );
    assert!(house.writes().is_empty());
}

#[tokio::test]
async fn trouble_of_hivers_own_slows_a_run_down_instead_of_burning_it() {
    let house = House::new(160).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house
        .sim()
        .set_faults(hiver_sim::Faults::from_names([("500-before", 1.0)]).unwrap());
    let id = run(&engine, ids(&open), note("hello")).await;
    eventually(&engine, "trouble is shown", || async {
        engine
            .status()
            .await
            .unwrap()
            .trouble
            .is_some_and(|trouble| trouble.message.contains("trouble of its own"))
    })
    .await;
    house.sim().set_faults(hiver_sim::Faults::none());
    let rows = finished(&engine, id).await;
    let uncertain = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Uncertain)
        .count();
    assert!(
        (3..rows.len() / 2).contains(&uncertain),
        "{uncertain} of {}",
        rows.len()
    );
    eventually(&engine, "trouble is over", || async {
        engine.status().await.unwrap().trouble.is_none()
    })
    .await;
}
