//! What happens in Hiver while a run is on: things are deleted, colleagues are at work, keys are revoked.

use std::time::Duration;

use hiver_sim::Deed;
use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, changes, eventually, finished, ids, note, run, state, tag, until_state, until_synced,
    user,
};

#[tokio::test]
async fn what_is_deleted_meanwhile_fails_alone_and_says_so() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned -tag:vip");
    let open = &open[..20];
    let gone_tag = tag(&house, "vip");
    let deeds = [
        Deed::DeleteConversation {
            id: open[19].to_string(),
        },
        Deed::DeleteTag {
            id: gone_tag.to_string(),
        },
    ];
    for deed in deeds {
        house.sim().carry_out_at(3, deed).unwrap();
    }
    let actions = Actions {
        add_tags: vec![gone_tag],
        set_status: Some(Status::Pending),
        ..note("hello")
    };
    let id = run(&engine, ids(open), actions).await;
    let rows = finished(&engine, id).await;
    for row in &rows {
        let of_the_gone = row.conversation == open[19];
        match (&row.change, row.outcome) {
            (_, Outcome::Failed) => {
                let why = row.reason.as_deref().unwrap();
                assert!(why.contains("does not exist any more"), "{why}");
            }
            (triage::actions::Change::AddTag(_), outcome) => assert_eq!(outcome, Outcome::Done),
            (_, outcome) => {
                assert!(!of_the_gone, "{row:?}");
                assert_eq!(outcome, Outcome::Done);
            }
        }
        if of_the_gone {
            assert_eq!(row.outcome, Outcome::Failed);
        }
    }
}

#[tokio::test]
async fn a_user_who_is_gone_fails_the_assignments_that_were_left() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    let ana = user(&house, 4);
    house
        .sim()
        .carry_out_at(
            5,
            Deed::DeleteUser {
                id: ana.to_string(),
            },
        )
        .unwrap();
    let actions = Actions {
        assign: Some(ana),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open[..20]), actions).await;
    let rows = finished(&engine, id).await;
    let done = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Done)
        .count();
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .collect();
    assert_eq!((done, failed.len()), (4, 16));
    assert!(failed.iter().all(|row| {
        row.reason
            .as_deref()
            .is_some_and(|why| why.starts_with("Hiver refused it"))
    }));
}

#[tokio::test]
async fn a_key_that_is_revoked_pauses_the_run_which_goes_on_with_another() {
    let house = House::new(200).await;
    let engine = house.engine_with(|config| config.key = None).await;
    engine
        .use_key(crate::support::KEY.to_owned().into())
        .await
        .unwrap();
    until_synced(&engine).await;
    house.sim().clear_ledger();
    let open = House::ids(&engine, "status:open");
    house.sim().carry_out_at(10, Deed::RevokeKey).unwrap();
    let id = run(&engine, ids(&open[..30]), note("hello")).await;
    until_state(&engine, id, RunState::Paused).await;
    let trouble = engine.status().await.unwrap().trouble.unwrap();
    assert!(trouble.about_key, "{trouble:?}");
    house.sim().set_key("another-key-of-the-same-account");
    engine
        .use_key("another-key-of-the-same-account".to_owned().into())
        .await
        .unwrap();
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    let notes = house
        .sim()
        .state()
        .conversations
        .into_iter()
        .map(|one| one.notes.len());
    assert_eq!(notes.sum::<usize>(), 30);
}

#[tokio::test]
async fn a_colleague_at_work_meanwhile_is_not_mistaken_for_us() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let open = &open[..30];
    // Every other request, a colleague closes the conversation that comes five places later.
    for number in 1..10 {
        house
            .sim()
            .carry_out_at(
                number * 2,
                Deed::SetStatus {
                    id: open[number as usize + 5].to_string(),
                    status: hiver_sim::Status::Closed,
                },
            )
            .unwrap();
    }
    let actions = Actions {
        set_status: Some(Status::Pending),
        ..note("hello")
    };
    let id = run(&engine, ids(open), actions).await;
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    // What was previewed is what ran, colleague or not; each note is there once.
    for conversation in open {
        assert_eq!(
            house
                .sim()
                .conversation(conversation.as_str())
                .unwrap()
                .notes
                .len(),
            1
        );
    }
}

#[tokio::test]
async fn stopping_fifty_times_leaves_nothing_in_doubt() {
    let house = House::new(600).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "-status:closed");
    let id = run(&engine, ids(&open), note("hello")).await;
    engine.stop(Duration::from_secs(5)).await;
    for round in 0..50 {
        // Hiver takes its time: answers are on their way at every stop.
        house
            .sim()
            .set_latency(Duration::from_millis(40 + round % 7 * 10));
        let engine = house
            .engine_with(|config| config.requests_per_second = Some(100.0))
            .await;
        let before = house.writes().len();
        eventually(&engine, "it goes on", || async {
            house.writes().len() > before || state(&engine, id).await == RunState::Finished
        })
        .await;
        let began = std::time::Instant::now();
        engine.stop(Duration::from_secs(4)).await;
        assert!(began.elapsed() < Duration::from_secs(5), "round {round}");
        let rows = changes(&engine, id).await;
        assert!(
            rows.iter()
                .all(|row| matches!(row.outcome, Outcome::Waiting | Outcome::Done)),
            "round {round}"
        );
    }
    house.sim().set_latency(Duration::ZERO);
    let engine = house.engine().await;
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    let notes = house
        .sim()
        .state()
        .conversations
        .into_iter()
        .map(|one| one.notes.len());
    assert_eq!(notes.sum::<usize>(), open.len());
}

#[tokio::test]
async fn a_run_that_waits_for_a_key_is_resumed_only_by_a_key_that_works() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().set_key_active(false);
    let id = run(&engine, ids(&open[..3]), note("hello")).await;
    until_state(&engine, id, RunState::Paused).await;
    assert!(!engine.resume(id).await.unwrap());
    let waiting = engine.store().run(id).await.unwrap().unwrap();
    assert_eq!(waiting.state, RunState::Paused);
    assert!(waiting.pause_reason.is_some(), "why stays on screen");
    let wish = engine::Wish::Resume { run: id };
    let answer = engine.carry_out(wish, "command line").await;
    assert!(matches!(answer, engine::WishAnswer::Refused(why) if why.contains("key")));
    house.sim().set_key_active(true);
    // Asking for it also asks Hiver whether the key works again.
    engine.resume(id).await.unwrap();
    finished(&engine, id).await;
}
