//! Runs where nothing goes wrong: exactly the plan, in order, once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hiver_sim::Outcome as Answered;
use triage::actions::{Actions, Change};
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, assert_mirror_is_true, changes, finished, ids, matching, note, outcomes, plan, run,
    state, tag, user,
};

fn request(change: &Change, id: &str) -> (String, String) {
    match change {
        Change::Assign(_) => (
            "POST".to_owned(),
            format!("/api/v1/conversations/{id}/assign"),
        ),
        Change::AddTag(_) => (
            "POST".to_owned(),
            format!("/api/v1/conversations/{id}/tags"),
        ),
        Change::RemoveTag(tag) => (
            "DELETE".to_owned(),
            format!("/api/v1/conversations/{id}/tags/{tag}"),
        ),
        Change::SetStatus(_) => (
            "PUT".to_owned(),
            format!("/api/v1/conversations/{id}/status"),
        ),
        Change::AddNote(_) => (
            "POST".to_owned(),
            format!("/api/v1/conversations/{id}/notes"),
        ),
    }
}

#[tokio::test]
async fn exactly_the_planned_requests_leave_in_order_and_once() {
    let house = House::new(260).await;
    let engine = house.synced().await;
    let actions = Actions {
        assign: Some(user(&house, 2)),
        add_tags: vec![tag(&house, "vip"), tag(&house, "billing")],
        new_tags: Vec::new(),
        remove_tags: vec![tag(&house, "technical")],
        set_status: Some(Status::Pending),
        note: Some("Sorted on Monday.".to_owned()),
    };
    let id = plan(&engine, matching("status:open"), actions).await;
    let mut expected: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for change in changes(&engine, id).await {
        if change.outcome == Outcome::Waiting {
            let conversation = change.conversation.to_string();
            let request = request(&change.change, &conversation);
            expected.entry(conversation).or_default().push(request);
        }
    }
    assert!(engine.confirm(id).await.unwrap());
    let rows = finished(&engine, id).await;
    assert!(
        rows.iter()
            .all(|row| matches!(row.outcome, Outcome::Done | Outcome::Unchanged))
    );
    assert!(
        rows.iter()
            .all(|row| (row.outcome == Outcome::Done) == (row.attempts == 1))
    );

    let mut sent: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for request in house.writes() {
        assert_eq!(request.status, Answered::Status(200));
        let conversation = request.path.split('/').nth(4).unwrap().to_owned();
        sent.entry(conversation)
            .or_default()
            .push((request.method, request.path));
    }
    assert_eq!(sent, expected);
    assert_mirror_is_true(&engine, &house);

    let run = engine.run_status(id).await.unwrap().unwrap();
    assert!(run.tally.is_all_done());
    assert!(run.run.started_at.unwrap() >= run.run.confirmed_at.unwrap());
    assert!(run.run.finished_at.unwrap() >= run.run.started_at.unwrap());
    let requests = house.sim().ledger().requests.len() as u64;
    assert_eq!(
        requests, run.run.facts.summary.requests,
        "and nothing was read"
    );
}

#[tokio::test]
async fn what_already_is_so_sends_nothing() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let actions = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&engine, matching("status:closed"), actions).await;
    let rows = finished(&engine, id).await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row.outcome == Outcome::Unchanged));
    assert!(house.writes().is_empty());
}

#[tokio::test]
async fn unknown_tags_are_never_already_so() {
    let house = House::new(40).await;
    house.sim().set_wire(hiver_sim::WireOptions {
        sparse: true,
        ..hiver_sim::WireOptions::default()
    });
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let actions = Actions {
        add_tags: vec![tag(&house, "vip")],
        new_tags: Vec::new(),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open), actions).await;
    assert!(
        finished(&engine, id)
            .await
            .iter()
            .all(|row| row.outcome == Outcome::Done)
    );
    assert_eq!(house.writes().len(), open.len());
}

#[tokio::test]
async fn confirming_twice_or_at_once_is_one_run() {
    let house = House::new(40).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let id = plan(&engine, ids(&open), note("once")).await;
    let confirmed = futures::future::join_all((0..8).map(|_| engine.confirm(id))).await;
    assert!(confirmed.into_iter().all(Result::unwrap));
    finished(&engine, id).await;
    assert!(engine.confirm(id).await.unwrap());
    assert_eq!(state(&engine, id).await, RunState::Finished);
    assert_eq!(house.writes().len(), open.len());
    let notes = house.sim().ledger().notes;
    assert!(notes.len() == open.len() && notes.values().all(|notes| notes.len() == 1));
}

#[tokio::test]
async fn runs_go_one_after_the_other_as_they_were_confirmed() {
    let house = House::new(120).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let first_planned = plan(&engine, ids(&open), note("second")).await;
    let second_planned = plan(&engine, ids(&open), note("first")).await;
    assert!(engine.confirm(second_planned).await.unwrap());
    assert!(engine.confirm(first_planned).await.unwrap());
    finished(&engine, first_planned).await;
    assert_eq!(state(&engine, second_planned).await, RunState::Finished);
    let bodies: Vec<String> = house
        .writes()
        .into_iter()
        .map(|request| request.body.unwrap()["body"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        vec!["first".to_owned(); open.len()],
        vec!["second".to_owned(); open.len()],
    ]
    .concat();
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn the_intent_is_on_disk_before_the_request_is_sent() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open[..10]), note("hello")).await;
    house.sim().until_waiting(10).await;
    let other = house.store().await;
    let arrived: BTreeSet<String> = house
        .writes()
        .iter()
        .map(|request| request.path.split('/').nth(4).unwrap().to_owned())
        .collect();
    let rows = other
        .changes(id, &[Outcome::Sending], 0, 100)
        .await
        .unwrap();
    let sending: BTreeSet<String> = rows
        .iter()
        .map(|row| row.conversation.to_string())
        .collect();
    assert_eq!(arrived.len(), 10);
    assert_eq!(sending, arrived);
    assert!(
        rows.iter()
            .all(|row| row.sent_at.is_some() && row.attempts == 1)
    );
    house.sim().release();
    assert!(
        finished(&engine, id)
            .await
            .iter()
            .all(|row| row.outcome == Outcome::Done)
    );
}

#[tokio::test]
async fn stopping_waits_for_answers_and_leaves_nothing_in_doubt() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    house.sim().until_waiting(5).await;
    let stopping = tokio::spawn({
        let engine = engine.clone();
        async move { engine.stop(Duration::from_secs(10)).await }
    });
    house.sim().release();
    stopping.await.unwrap();
    let store = house.store().await;
    assert_eq!(
        store.run(id).await.unwrap().unwrap().state,
        RunState::Waiting
    );
    let tally = store.tally(id).await.unwrap();
    assert_eq!(tally.sending, 0);
    let sent = house.writes().len() as u64;
    assert_eq!(tally.done, sent);
    assert!(sent < open.len() as u64, "it stopped in the middle");
    drop(engine);

    let again = house.engine().await;
    let rows = finished(&again, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(house.writes().len(), open.len(), "nothing twice");
}

#[tokio::test]
async fn a_run_shows_its_problems_pages_and_history() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let id = run(&engine, ids(&open[..7]), note("hello")).await;
    finished(&engine, id).await;
    let page = engine
        .run_page(id, Some(Outcome::Done), 5, 5)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((page.changes.len(), page.matching), (2, 7));
    assert!(page.problems.is_empty());
    let (runs, total) = engine.runs(0, 10).await.unwrap();
    assert_eq!((runs.len(), total), (1, 1));
    let history = engine.history(&open[0]).await.unwrap();
    assert_eq!(history.len(), 1);
    assert!(
        engine
            .run_page(triage::model::RunId(99), None, 0, 5)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(outcomes(&engine, id).await, vec![Outcome::Done; 7]);
}

#[tokio::test]
async fn requests_are_counted_and_the_count_survives() {
    let house = House::new(60).await;
    let engine = house.engine().await;
    crate::support::until_synced(&engine).await;
    let open = House::ids(&engine, "status:open");
    let id = run(&engine, ids(&open), note("hello")).await;
    assert!(
        finished(&engine, id)
            .await
            .iter()
            .all(|row| row.outcome == Outcome::Done)
    );
    let sent = u32::try_from(house.sim().ledger().requests.len()).unwrap();
    assert_eq!(engine.status().await.unwrap().requests_today, sent);
    let connection = engine.status().await.unwrap().connection.unwrap().id;
    engine.stop(Duration::from_secs(5)).await;
    let late: Vec<_> = house
        .sim()
        .ledger_since(u64::from(sent))
        .requests
        .into_iter()
        .map(|one| one.path)
        .collect();
    assert!(late.is_empty(), "{late:?}");
    assert_eq!(
        house
            .store()
            .await
            .requests_of_day(connection, engine.now())
            .await
            .unwrap(),
        sent
    );
}
