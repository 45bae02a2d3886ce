//! Pausing, going on, going ahead, and deciding about what a run has given up.

use hiver_sim::{FaultKind, NextFault};
use store::Decision;
use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, changes, eventually, finished, ids, note, outcomes, run, start, state, until_state,
};

#[tokio::test]
async fn nothing_leaves_while_a_run_is_paused_and_then_the_rest_does() {
    let house = House::new(400).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    // More than so many are never without an answer: none is still on its way here.
    house.sim().until_waiting(64).await;
    assert!(engine.pause(id).await.unwrap());
    house.sim().release();
    until_state(&engine, id, RunState::Paused).await;
    let sent = house.writes().len();
    assert_eq!(sent, 64);
    let done = outcomes(&engine, id).await;
    let done = done.iter().filter(|one| **one == Outcome::Done).count();
    assert_eq!(done, sent);

    // A refused key that works again lets nobody go on whom a person has paused.
    engine.refresh();
    let other = run(&engine, ids(&open[..30]), note("another")).await;
    finished(&engine, other).await;
    assert_eq!(state(&engine, id).await, RunState::Paused);

    assert!(engine.resume(id).await.unwrap());
    assert!(
        !engine.resume(id).await.unwrap(),
        "it is not paused any more"
    );
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert!(!engine.pause(id).await.unwrap(), "it is at its end");
    assert_eq!(house.writes().len(), open.len() + 30);
}

#[tokio::test]
async fn a_paused_run_stays_paused_across_a_restart_and_finishes_after_it() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    house.sim().until_waiting(3).await;
    engine.pause(id).await.unwrap();
    house.sim().release();
    until_state(&engine, id, RunState::Paused).await;
    engine.stop(std::time::Duration::from_secs(5)).await;

    let engine = house.synced().await;
    let small = run(&engine, ids(&open[..2]), note("small")).await;
    finished(&engine, small).await;
    assert_eq!(state(&engine, id).await, RunState::Paused);
    engine.resume(id).await.unwrap();
    finished(&engine, id).await;
    let notes = house.sim().state().conversations.into_iter();
    let hellos = notes
        .flat_map(|one| one.notes)
        .filter(|note| note.body == "hello");
    assert_eq!(hellos.count(), open.len());
}

#[tokio::test]
async fn a_waiting_run_is_paused_at_once_and_another_is_moved_before_it() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let first = run(&engine, ids(&open[..30]), note("first")).await;
    let second = run(&engine, ids(&open[..30]), note("second")).await;
    let third = run(&engine, ids(&open[..30]), note("third")).await;
    let fourth = run(&engine, ids(&open[..30]), note("fourth")).await;
    house.sim().until_waiting(1).await;
    assert!(engine.pause(second).await.unwrap());
    assert_eq!(state(&engine, second).await, RunState::Paused);
    assert!(engine.move_ahead(fourth).await.unwrap());
    assert!(!engine.move_ahead(first).await.unwrap(), "it is being sent");
    house.sim().release();
    finished(&engine, third).await;
    let order: Vec<String> = house
        .writes()
        .iter()
        .filter_map(|request| request.body.as_ref().map(ToString::to_string))
        .map(|body| {
            ["first", "second", "third", "fourth"]
                .into_iter()
                .find(|one| body.contains(one))
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut distinct = order.clone();
    distinct.dedup();
    assert_eq!(distinct, ["first", "fourth", "third"]);
    assert_eq!(state(&engine, second).await, RunState::Paused);
}

#[tokio::test]
async fn only_what_failed_is_tried_again() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    for conversation in &open[3..6] {
        let fault = NextFault::new(FaultKind::ErrorBefore)
            .path_suffix(&format!("/{conversation}/status"))
            .count(3);
        house.sim().fail_next(fault);
    }
    let actions = Actions {
        set_status: Some(Status::Pending),
        ..note("hello")
    };
    let id = run(&engine, ids(&open[..25]), actions).await;
    let rows = finished(&engine, id).await;
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .collect();
    assert!(!failed.is_empty());
    let before = house.writes().len();
    let tried = engine
        .decide(id, None, Decision::Retry, "ana")
        .await
        .unwrap();
    assert_eq!(tried, failed.len() as u64);
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(house.writes().len(), before + failed.len());
    let by_ana = rows
        .iter()
        .filter(|row| row.decided_by.as_deref() == Some("ana"));
    assert_eq!(by_ana.count(), failed.len());
    assert_eq!(
        engine
            .decide(id, None, Decision::Retry, "ana")
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn what_is_uncertain_is_settled_by_a_person_either_way() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().fail_next(
        NextFault::new(FaultKind::ErrorAfter)
            .path_suffix("/notes")
            .count(1),
    );
    house.sim().fail_next(
        NextFault::new(FaultKind::ErrorBefore)
            .path_suffix("/notes")
            .count(1),
    );
    let id = run(&engine, ids(&open[..5]), note("hello")).await;
    let rows = finished(&engine, id).await;
    let uncertain: Vec<_> = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Uncertain)
        .map(|row| row.seq)
        .collect();
    assert_eq!(uncertain.len(), 2);
    let has_note = |seq: i32| {
        let conversation = &rows.iter().find(|row| row.seq == seq).unwrap().conversation;
        !house
            .sim()
            .conversation(conversation.as_str())
            .unwrap()
            .notes
            .is_empty()
    };
    for seq in uncertain {
        let decision = if has_note(seq) {
            Decision::MarkDone
        } else {
            Decision::SendAgain
        };
        assert_eq!(
            engine.decide(id, Some(seq), decision, "ben").await.unwrap(),
            1
        );
    }
    eventually(&engine, "everything is done", || async {
        let rows = changes(&engine, id).await;
        rows.iter().all(|row| row.outcome == Outcome::Done)
            && state(&engine, id).await == RunState::Finished
    })
    .await;
    let notes = house
        .sim()
        .state()
        .conversations
        .into_iter()
        .map(|one| one.notes.len());
    assert_eq!(notes.sum::<usize>(), 5, "none twice, none missing");
}

#[tokio::test]
async fn what_was_cancelled_stays_so_when_the_rest_is_tried_again() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().fail_next(
        NextFault::new(FaultKind::ErrorBefore)
            .path_suffix("/notes")
            .count(1),
    );
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    house.sim().until_waiting(3).await;
    engine.cancel(id).await.unwrap();
    house.sim().release();
    until_state(&engine, id, RunState::Cancelled).await;
    let cancelled = |rows: &[store::ChangeRow]| {
        rows.iter()
            .filter(|row| row.outcome == Outcome::Cancelled)
            .count()
    };
    let before = cancelled(&changes(&engine, id).await);
    assert_eq!(
        engine
            .decide(id, None, Decision::SendAgain, "ana")
            .await
            .unwrap(),
        1
    );
    eventually(&engine, "it is over again", || async {
        let rows = changes(&engine, id).await;
        rows.iter().all(|row| row.outcome.is_final())
            && state(&engine, id).await == RunState::Cancelled
    })
    .await;
    let rows = changes(&engine, id).await;
    assert_eq!(cancelled(&rows), before);
    assert!(rows.iter().all(|row| row.outcome != Outcome::Uncertain));
}

#[tokio::test]
async fn a_click_goes_before_a_run_that_is_on() {
    let house = House::new(300).await;
    let engine = start(
        &house.database(),
        engine::Config {
            // Slow enough for a busy machine to confirm the click within one place in the schedule.
            requests_per_second: Some(8.0),
            ..house.config()
        },
        engine::Clock::system(),
    )
    .await;
    crate::support::until_synced(&engine).await;
    house.sim().clear_ledger();
    let all = House::ids(&engine, "-status:closed");
    let big = run(&engine, ids(&all), note("big")).await;
    eventually(&engine, "the big run is on", || async {
        house.writes().len() > 2
    })
    .await;
    let closed = House::ids(&engine, "status:closed");
    let click = crate::support::plan(&engine, ids(&closed[..1]), note("click")).await;
    let sent = house.writes().len();
    engine.confirm(click).await.unwrap();
    finished(&engine, click).await;
    let writes = house.writes();
    let at = writes
        .iter()
        .position(|request| {
            request
                .body
                .as_ref()
                .is_some_and(|body| body.to_string().contains("click"))
        })
        .unwrap();
    // What was on its way when the click came is among those before it.
    assert!(at <= sent + 3, "{at} after {sent}");
    assert_ne!(state(&engine, big).await, RunState::Finished);
    engine.cancel(big).await.unwrap();
}

#[tokio::test]
async fn runs_side_by_side_never_have_two_requests_of_one_conversation_on_their_way() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let big = run(&engine, ids(&open[..30]), note("big")).await;
    house.sim().until_waiting(30).await;
    // All thirty are on their way, so the click has to wait for one of them, but not for the others.
    let free = &open[40];
    let picked = [open[0].clone(), free.clone()];
    let click = run(&engine, ids(&picked), note("click")).await;
    house.sim().until_waiting(31).await;
    let of = |words: &str| -> Vec<String> {
        house
            .writes()
            .iter()
            .filter(|request| {
                request
                    .body
                    .as_ref()
                    .is_some_and(|body| body.to_string().contains(words))
            })
            .map(|request| request.path.clone())
            .collect()
    };
    assert_eq!(of("click"), [format!("/api/v1/conversations/{free}/notes")]);
    house.sim().release();
    finished(&engine, click).await;
    finished(&engine, big).await;
    assert_eq!(of("click").len(), 2);
    let both = house.sim().conversation(open[0].as_str()).unwrap().notes;
    let order: Vec<&str> = both.iter().map(|note| note.body.as_str()).collect();
    assert_eq!(order, ["big", "click"]);
}

#[tokio::test]
async fn a_change_that_is_given_up_is_looked_at_before_it_is_called_failed() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let fault = |kind, conversation: &triage::model::ConversationId| {
        NextFault::new(kind)
            .path_suffix(&format!("/{conversation}/status"))
            .count(3)
    };
    house
        .sim()
        .fail_next(fault(FaultKind::ErrorAfter, &open[0]));
    house
        .sim()
        .fail_next(fault(FaultKind::ErrorBefore, &open[1]));
    let actions = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open[..3]), actions).await;
    let rows = finished(&engine, id).await;
    let of = |conversation: &triage::model::ConversationId| {
        rows.iter()
            .find(|row| row.conversation == *conversation)
            .unwrap()
            .outcome
    };
    assert_eq!(
        of(&open[0]),
        Outcome::Done,
        "it was made by a try that was not answered"
    );
    assert_eq!(of(&open[1]), Outcome::Failed);
    assert_eq!(of(&open[2]), Outcome::Done);
}
