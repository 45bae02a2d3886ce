//! Plans and runs: kept whole, confirmed once, ended once.

use std::collections::BTreeMap;

use store::{Author, ChangeUpdate, NewChange, NewRun, PlanFacts, RunLane, Store};
use triage::actions::{Actions, Before, Change};
use triage::model::{Assignee, Conversation, RunId, Status};
use triage::outcome::{Outcome, RunState};
use triage::selection::Selection;

use crate::support::House;

fn new_run(connection: i32, created_at: i64) -> NewRun {
    NewRun {
        new_tags: Vec::new(),
        connection,
        author: Author::Operator("ana".to_owned()),
        selection: Selection::Matching {
            filter: "is:unassigned".to_owned(),
            except: vec!["c9".into()],
        },
        actions: Actions {
            note: Some("Hello\0 \"you\"".to_owned()),
            ..Actions::default()
        },
        labels: BTreeMap::from([("u1".to_owned(), "Ana".to_owned())]),
        title: None,
        chain: Vec::new(),
        rules: None,
        facts: PlanFacts::default(),
        mirror_at: 5,
        created_at,
    }
}

fn changes(count: usize) -> Vec<NewChange> {
    let change = |number| NewChange {
        rule: None,
        mailbox: None,
        conversation: format!("c{number}").into(),
        subject: Some(format!("Subject {number}")),
        change: Change::Assign("u1".into()),
        before: Before::Assignee(Assignee::Nobody),
        outcome: if number % 10 == 9 {
            Outcome::Unchanged
        } else {
            Outcome::Waiting
        },
    };
    (0..count).map(change).collect()
}

async fn preview(store: &Store, count: usize) -> RunId {
    store
        .create_preview(new_run(1, 10), changes(count))
        .await
        .unwrap()
}

async fn set(store: &Store, id: RunId, seq: i32, outcome: Outcome, reason: Option<&str>) {
    let run = store.run(id).await.unwrap().unwrap();
    let update = ChangeUpdate {
        before: None,
        outcome,
        reason: reason.map(str::to_owned),
        attempts: 1,
        sent_at: Some(50),
        finished_at: outcome.is_final().then_some(60),
    };
    store.update_change(&run, seq, update, None).await.unwrap();
}

#[tokio::test]
async fn a_plan_comes_back_as_it_was_kept() {
    let house = House::new().await;
    let id = preview(&house.store, 3).await;
    let again = house.again().await;
    let run = again.run(id).await.unwrap().unwrap();
    let new = new_run(1, 10);
    assert_eq!(
        (run.state, run.author, run.selection),
        (RunState::Preview, new.author, new.selection)
    );
    assert_eq!(
        (run.actions, run.labels, run.mirror_at),
        (new.actions, new.labels, 5)
    );
    assert_eq!(
        (run.confirmed_at, run.started_at, run.finished_at),
        (None, None, None)
    );
    let rows = again.changes(id, &[], 0, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.seq).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(rows[1].change, Change::Assign("u1".into()));
    assert_eq!(rows[1].before, Before::Assignee(Assignee::Nobody));
    assert_eq!(
        again.runs(1, 0, 10).await.unwrap().len(),
        0,
        "a preview is no run"
    );
    assert!(again.run(RunId(99)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_preview_of_forty_thousand_changes_is_kept() {
    let house = House::new().await;
    let id = preview(&house.store, 40_000).await;
    let tally = house.store.tally(id).await.unwrap();
    assert_eq!((tally.waiting, tally.unchanged), (36_000, 4_000));
    let last = house
        .store
        .changes(id, &[Outcome::Waiting], 35_999, 10)
        .await
        .unwrap();
    assert_eq!(last.iter().map(|row| row.seq).collect::<Vec<_>>(), [39_998]);
    let named: Vec<_> = (39_990..40_010)
        .map(|number| format!("c{number}").into())
        .collect();
    assert_eq!(house.store.count_planned(id, &named).await.unwrap(), 10);
}

#[tokio::test]
async fn a_plan_is_confirmed_once_however_often_and_at_once() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for now in 100..120 {
        let store = store.clone();
        tasks.spawn(async move {
            store
                .confirm_run(id, RunLane::Bulk, now, "2026-11-23")
                .await
                .unwrap()
        });
    }
    let confirmed = tasks
        .join_all()
        .await
        .into_iter()
        .filter(|first| *first)
        .count();
    assert_eq!(confirmed, 1);
    assert!(
        !store
            .confirm_run(id, RunLane::Bulk, 500, "2026-11-23")
            .await
            .unwrap()
    );
    let run = store.run(id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Waiting);
    assert!((100..120).contains(&run.confirmed_at.unwrap()));
    assert!(
        !store
            .confirm_run(RunId(99), RunLane::Bulk, 1, "2026-11-23")
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn open_runs_stand_in_the_order_of_confirmation_whatever_the_clock_says() {
    let house = House::new().await;
    let store = &house.store;
    let [first, second, third] = [
        preview(store, 1).await,
        preview(store, 1).await,
        preview(store, 1).await,
    ];
    assert!(
        store
            .confirm_run(second, RunLane::Bulk, 100, "2026-11-23")
            .await
            .unwrap()
    );
    assert!(
        store
            .confirm_run(third, RunLane::Bulk, 100, "2026-11-23")
            .await
            .unwrap()
    );
    assert!(
        store
            .confirm_run(first, RunLane::Bulk, 40, "2026-11-23")
            .await
            .unwrap()
    );
    let open: Vec<RunId> = store
        .open_runs(1)
        .await
        .unwrap()
        .into_iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(open, [second, third, first]);
    assert_eq!(store.open_run_count(1).await.unwrap(), 3);
    assert_eq!(store.open_runs(2).await.unwrap().len(), 0);
    let newest: Vec<RunId> = store
        .runs(1, 0, 2)
        .await
        .unwrap()
        .into_iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(
        (newest, store.run_count(1).await.unwrap()),
        (vec![third, second], 3)
    );
}

#[tokio::test]
async fn a_run_begins_only_while_it_waits() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 1).await;
    assert!(
        !store.begin_run(id, 1).await.unwrap(),
        "nobody confirmed it"
    );
    store
        .confirm_run(id, RunLane::Bulk, 2, "2026-11-23")
        .await
        .unwrap();
    assert!(store.begin_run(id, 3).await.unwrap());
    store
        .set_run_state(id, RunState::Paused, Some("the key".to_owned()), 4)
        .await
        .unwrap();
    assert!(!store.begin_run(id, 5).await.unwrap());
    store.resume_runs(1).await.unwrap();
    assert!(store.begin_run(id, 6).await.unwrap());
    let run = store.run(id).await.unwrap().unwrap();
    assert_eq!((run.started_at, run.pause_reason), (Some(3), None));
    store.park_runs().await.unwrap();
    assert_eq!(
        store.run(id).await.unwrap().unwrap().state,
        RunState::Waiting
    );
    store
        .set_run_state(id, RunState::Finished, None, 7)
        .await
        .unwrap();
    assert!(!store.begin_run(id, 8).await.unwrap());
    assert!(!store.request_cancel(id).await.unwrap());
    assert_eq!(store.run(id).await.unwrap().unwrap().finished_at, Some(7));
}

#[tokio::test]
async fn cancelling_an_idle_run_ends_all_of_it_at_once() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 12).await;
    assert!(
        !store.request_cancel(id).await.unwrap(),
        "a preview is not running"
    );
    store
        .confirm_run(id, RunLane::Bulk, 2, "2026-11-23")
        .await
        .unwrap();
    set(store, id, 0, Outcome::Done, None).await;
    set(store, id, 1, Outcome::Sending, None).await;
    assert!(
        !store.cancel_idle_run(id, "in doubt", 3).await.unwrap(),
        "nobody asked for it"
    );
    assert!(store.request_cancel(id).await.unwrap());
    store.begin_run(id, 4).await.unwrap();
    assert!(
        !store.cancel_idle_run(id, "in doubt", 5).await.unwrap(),
        "it is being sent"
    );
    store
        .set_run_state(id, RunState::Paused, None, 6)
        .await
        .unwrap();
    store.resume_runs(1).await.unwrap();
    assert_eq!(
        store.run(id).await.unwrap().unwrap().state,
        RunState::Paused,
        "what shall stop does not go on"
    );
    assert!(store.cancel_idle_run(id, "in doubt", 7).await.unwrap());
    assert!(!store.cancel_idle_run(id, "in doubt", 8).await.unwrap());
    let tally = store.tally(id).await.unwrap();
    assert_eq!(
        (
            tally.done,
            tally.uncertain,
            tally.unchanged,
            tally.cancelled
        ),
        (1, 1, 1, 9)
    );
    assert_eq!(
        store.problems(id).await.unwrap(),
        [(Outcome::Uncertain, "in doubt".to_owned(), 1)]
    );
    let run = store.run(id).await.unwrap().unwrap();
    assert_eq!((run.state, run.finished_at), (RunState::Cancelled, Some(7)));
}

#[tokio::test]
async fn changes_are_read_by_outcome_place_and_conversation() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 10).await;
    store
        .confirm_run(id, RunLane::Bulk, 2, "2026-11-23")
        .await
        .unwrap();
    set(store, id, 2, Outcome::Failed, Some("no")).await;
    set(store, id, 3, Outcome::Failed, Some("no")).await;
    set(store, id, 4, Outcome::Uncertain, Some("who knows")).await;
    set(store, id, 5, Outcome::Sending, None).await;
    let open: Vec<i32> = store
        .open_changes(id, 1, 3)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.seq)
        .collect();
    assert_eq!(open, [1, 5, 6]);
    let problems = store.problems(id).await.unwrap();
    assert_eq!(
        problems,
        [
            (Outcome::Failed, "no".to_owned(), 2),
            (Outcome::Uncertain, "who knows".to_owned(), 1)
        ]
    );
    let failed = store.changes(id, &[Outcome::Failed], 1, 5).await.unwrap();
    assert_eq!(
        (failed.len(), failed[0].seq, failed[0].reason.as_deref()),
        (1, 3, Some("no"))
    );
}

#[tokio::test]
async fn the_history_of_a_conversation_is_not_crowded_out_by_plans_and_other_accounts() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 1).await;
    store
        .confirm_run(id, RunLane::Bulk, 2, "2026-11-23")
        .await
        .unwrap();
    for _ in 0..5 {
        preview(store, 1).await;
        let other = store
            .create_preview(new_run(2, 10), changes(1))
            .await
            .unwrap();
        store
            .confirm_run(other, RunLane::Bulk, 3, "2026-11-23")
            .await
            .unwrap();
    }
    let history = store
        .changes_of_conversation(1, &"c0".into(), 5)
        .await
        .unwrap();
    assert_eq!(
        history.iter().map(|(run, _)| run.id).collect::<Vec<_>>(),
        [id]
    );
}

#[tokio::test]
async fn an_outcome_and_the_mirror_are_written_together() {
    let house = House::new().await;
    let store = &house.store;
    let id = preview(store, 1).await;
    let run = store.run(id).await.unwrap().unwrap();
    let conversation = Conversation {
        id: "c0".into(),
        mailbox: None,
        subject: None,
        status: Some(Status::Closed),
        assignee: Assignee::Nobody,
        tags: None,
        extras: triage::model::Extras::default(),
        created_at: None,
        updated_at: None,
        first_seen: 1,
        last_changed: 2,
    };
    let update = ChangeUpdate {
        before: None,
        outcome: Outcome::Done,
        reason: None,
        attempts: 1,
        sent_at: Some(1),
        finished_at: Some(2),
    };
    store
        .update_change(&run, 0, update, Some(&conversation))
        .await
        .unwrap();
    let again = house.again().await;
    assert_eq!(
        again.load_mirror(1).await.unwrap().conversations,
        [conversation]
    );
    assert_eq!(
        again.changes(id, &[], 0, 1).await.unwrap()[0].outcome,
        Outcome::Done
    );
}

#[tokio::test]
async fn old_previews_are_forgotten_with_their_changes() {
    let house = House::new().await;
    let store = &house.store;
    let [old, run, young] = [
        preview(store, 3).await,
        preview(store, 3).await,
        preview(store, 3).await,
    ];
    store
        .confirm_run(run, RunLane::Bulk, 11, "2026-11-23")
        .await
        .unwrap();
    assert_eq!(store.forget_previews(10).await.unwrap(), 0);
    let late = store
        .create_preview(new_run(1, 99), changes(1))
        .await
        .unwrap();
    assert_eq!(store.forget_previews(50).await.unwrap(), 2);
    assert!(store.run(old).await.unwrap().is_none() && store.run(young).await.unwrap().is_none());
    assert_eq!(store.tally(old).await.unwrap().total(), 0);
    assert_eq!(store.tally(run).await.unwrap().total(), 3);
    assert!(store.run(late).await.unwrap().is_some());
}
