//! Taking a run back: only where things still are as it left them.

use triage::actions::{Actions, Change};
use triage::model::Status;
use triage::outcome::{Outcome, RunState};
use triage::plan::{LeftOutReason, UndoImpossible};

use crate::support::{
    House, changes, finished, ids, note, run, state, tag, until_state, until_synced, user,
};

#[tokio::test]
async fn a_run_is_taken_back_but_for_conflicts_and_what_hiver_cannot_undo() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let before = house.sim().state();
    let picked = House::ids(&engine, "status:open -is:unassigned -tag:vip");
    let picked = &picked[..6];
    let unassigned = &House::ids(&engine, "status:open is:unassigned")[..2];
    let all: Vec<_> = picked.iter().chain(unassigned).cloned().collect();
    let actions = Actions {
        assign: Some(user(&house, 5)),
        add_tags: vec![tag(&house, "vip")],
        set_status: Some(Status::Pending),
        ..note("sorted")
    };
    let id = run(&engine, ids(&all), actions).await;
    finished(&engine, id).await;
    // A colleague closes one of them.
    house
        .sim()
        .carry_out(&hiver_sim::Deed::SetStatus {
            id: picked[0].to_string(),
            status: hiver_sim::Status::Closed,
        })
        .unwrap();
    house.sim().clear_ledger();

    let undo = engine.undo(id, "ben").await.unwrap().unwrap();
    until_state(&engine, undo, RunState::Preview).await;
    let reads = house.sim().ledger().requests;
    let of_conversations = reads
        .iter()
        .filter(|request| request.method == "GET" && request.path.contains("/conversations/"));
    assert_eq!(of_conversations.count(), all.len(), "each is read once");
    assert!(
        house.writes().is_empty(),
        "nothing is changed before it is confirmed"
    );
    let planned = engine.store().run(undo).await.unwrap().unwrap();
    let count = |reason: LeftOutReason| {
        planned
            .left_out
            .iter()
            .filter(|one| one.reason == reason)
            .count()
    };
    assert_eq!(count(LeftOutReason::ChangedSince), 1);
    assert_eq!(
        count(LeftOutReason::Impossible(UndoImpossible::NoteStays)),
        all.len()
    );
    let stays = count(LeftOutReason::Impossible(UndoImpossible::WasUnassigned));
    assert!(stays >= unassigned.len(), "{stays}");

    engine.confirm(undo).await.unwrap();
    let rows = finished(&engine, undo).await;
    assert!(
        rows.iter()
            .all(|row| row.outcome == Outcome::Done || row.outcome == Outcome::Unchanged)
    );
    let after = house.sim().state();
    for conversation in picked {
        let of = |state: &hiver_sim::AccountState| {
            let found = state
                .conversations
                .iter()
                .find(|one| one.id == conversation.as_str());
            let found = found.unwrap();
            (
                found.status.name().to_owned(),
                found.assignee.clone(),
                found.tags.clone(),
            )
        };
        let (was, is) = (of(&before), of(&after));
        assert_eq!((&was.1, &was.2), (&is.1, &is.2), "{conversation}");
        let left = if *conversation == picked[0] {
            "closed"
        } else {
            "open"
        };
        assert_eq!(is.0, left);
    }
}

#[tokio::test]
async fn an_undo_reads_nothing_twice_and_can_be_given_up() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open -tag:vip");
    let actions = Actions {
        add_tags: vec![tag(&house, "vip")],
        ..Actions::default()
    };
    let id = run(&engine, ids(&open), actions).await;
    finished(&engine, id).await;
    assert_eq!(
        engine
            .undo(id.0.saturating_add(99).into(), "ana")
            .await
            .unwrap(),
        None
    );

    house.sim().clear_ledger();
    house.sim().hold();
    let undo = engine.undo(id, "ana").await.unwrap().unwrap();
    assert_eq!(
        engine.undo(id, "ana").await.unwrap(),
        Some(undo),
        "it is prepared already"
    );
    house.sim().until_waiting(4).await;
    assert!(!engine.confirm(undo).await.unwrap(), "it is no plan yet");
    house.sim().release();
    crate::support::eventually(&engine, "some are read", || async {
        engine.store().read_count(undo).await.unwrap() > 10
    })
    .await;
    engine.stop(std::time::Duration::from_secs(5)).await;
    let kept = house.store().await.read_count(undo).await.unwrap();

    let engine = house.engine().await;
    until_synced(&engine).await;
    until_state(&engine, undo, RunState::Preview).await;
    let reads = house
        .sim()
        .ledger()
        .requests
        .into_iter()
        .filter(|request| request.method == "GET" && request.path.contains("/conversations/"));
    let reads = reads.count() as u64;
    // What was under way at the stop may have been answered without being kept.
    assert!(
        reads <= open.len() as u64 + 8,
        "{reads} for {}, {kept} were kept",
        open.len()
    );
    let plan = changes(&engine, undo).await;
    assert_eq!(plan.len(), open.len());
    assert!(
        plan.iter()
            .all(|row| matches!(row.change, Change::RemoveTag(_)))
    );

    house.sim().hold();
    let again = engine.undo(id, "ana").await.unwrap().unwrap();
    assert_ne!(again, undo);
    house.sim().until_waiting(1).await;
    assert!(engine.cancel(again).await.unwrap());
    house.sim().release();
    assert!(engine.store().run(again).await.unwrap().is_none());
    assert_eq!(state(&engine, undo).await, RunState::Preview);
}

#[tokio::test]
async fn what_replaces_what_is_noted_when_it_is_sent_so_that_undo_goes_back_one_step() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = &House::ids(&engine, "status:open -is:unassigned")[..3];
    let to = |number: usize| Actions {
        assign: Some(user(&house, number)),
        ..Actions::default()
    };
    // Both are planned against the same mirror, then run one after the other.
    let first = crate::support::plan(&engine, ids(open), to(5)).await;
    let second = crate::support::plan(&engine, ids(open), to(6)).await;
    engine.confirm(first).await.unwrap();
    finished(&engine, first).await;
    engine.confirm(second).await.unwrap();
    finished(&engine, second).await;
    let undo = engine.undo(second, "ana").await.unwrap().unwrap();
    until_state(&engine, undo, RunState::Preview).await;
    engine.confirm(undo).await.unwrap();
    finished(&engine, undo).await;
    for conversation in open {
        let now = house.sim().conversation(conversation.as_str()).unwrap();
        assert_eq!(now.assignee.as_deref(), Some(user(&house, 5).as_str()));
    }
}

#[tokio::test]
async fn what_the_mirror_has_seen_change_since_an_undo_was_planned_is_left_alone() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = &House::ids(&engine, "status:open")[..4];
    let actions = Actions {
        set_status: Some(Status::Pending),
        ..Actions::default()
    };
    let id = run(&engine, ids(open), actions).await;
    finished(&engine, id).await;
    let undo = engine.undo(id, "ana").await.unwrap().unwrap();
    until_state(&engine, undo, RunState::Preview).await;
    let deed = hiver_sim::Deed::SetStatus {
        id: open[1].to_string(),
        status: hiver_sim::Status::Closed,
    };
    house.sim().carry_out(&deed).unwrap();
    engine.refresh_conversation(&open[1]).await.unwrap();
    engine.confirm(undo).await.unwrap();
    for row in finished(&engine, undo).await {
        let left_alone = row.conversation == open[1];
        let expected = if left_alone {
            Outcome::Failed
        } else {
            Outcome::Done
        };
        assert_eq!(row.outcome, expected);
        assert_eq!(
            row.attempts,
            i32::from(!left_alone),
            "nothing is sent for it"
        );
    }
    let now = house.sim().conversation(open[1].as_str()).unwrap();
    assert_eq!(now.status.name(), "closed");
}
