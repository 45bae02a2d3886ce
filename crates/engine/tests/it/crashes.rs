//! The process is killed, and the next one looks after what was under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::Clock;
use hiver_sim::{ConversationChange, FaultKind, NextFault};
use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, assert_mirror_is_true, eventually, finished, ids, note, outcomes, run, start, state,
    user,
};

/// The machine's clock, and what a test adds to it.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let (system, added) = (Clock::system(), Arc::clone(&ahead));
    (
        Clock::from_fn(move || system.now() + added.load(Ordering::SeqCst)),
        ahead,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_under_way_become_uncertain_and_are_never_sent_again() {
    for carried_out in [true, false] {
        let mut house = House::new(80).await;
        let doomed = house.doomed(Clock::system()).await;
        let open = House::ids(&doomed.engine, "status:open");
        house.sim().hold();
        let id = run(&doomed.engine, ids(&open), note("hello")).await;
        house.sim().until_waiting(6).await;
        doomed.kill();
        let before = house.writes().len();
        if carried_out {
            house.sim().release();
            house.sim().until_answered(before as u64).await;
        } else {
            house.take_down().await;
            house.sim().release();
            house.bring_up().await;
        }
        let left_over = house
            .store()
            .await
            .changes(id, &[Outcome::Sending], 0, 1_000)
            .await
            .unwrap();
        assert!(left_over.len() >= 6);
        let engine = house.engine().await;
        let rows = finished(&engine, id).await;
        let sent: Vec<String> = house
            .writes()
            .into_iter()
            .map(|request| request.path)
            .collect();
        for row in &rows {
            let requests = sent
                .iter()
                .filter(|path| path.contains(row.conversation.as_str()))
                .count();
            let notes = house
                .sim()
                .conversation(row.conversation.as_str())
                .unwrap()
                .notes
                .len();
            if row.outcome == Outcome::Done {
                assert_eq!((requests, notes), (1, 1));
                assert!(left_over.iter().all(|one| one.seq != row.seq));
            } else {
                // An intent that was on its way to the disk may get there after the process is gone.
                assert_eq!(row.outcome, Outcome::Uncertain);
                assert!(
                    row.reason
                        .as_ref()
                        .unwrap()
                        .contains("stopped while the note was on its way")
                );
                assert!(requests <= 1, "it may have been killed before it left");
                assert_eq!(notes, if carried_out { requests } else { 0 });
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn young_set_changes_are_simply_sent_again() {
    let mut house = House::new(80).await;
    let (time, ahead) = clock();
    let doomed = house.doomed(time.clone()).await;
    let open = House::ids(&doomed.engine, "status:open");
    house.sim().hold();
    let actions = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&doomed.engine, ids(&open), actions).await;
    house.sim().until_waiting(4).await;
    doomed.kill();
    house.take_down().await;
    house.sim().release();
    house.bring_up().await;
    house.sim().clear_ledger();
    ahead.store(5_000, Ordering::SeqCst);
    let engine = start(&house.database(), house.config(), time).await;
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    let reads = house.sim().ledger().requests.into_iter();
    let reads = reads.filter(|one| one.method == "GET" && one.path.contains("/conversations/"));
    assert_eq!(reads.count(), 0, "nothing is read first");
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_set_changes_are_read_first() {
    let mut house = House::new(120).await;
    let (time, ahead) = clock();
    let doomed = house.doomed(time.clone()).await;
    let open = House::ids(&doomed.engine, "status:open is:unassigned");
    assert!(open.len() >= 4);
    house.sim().hold();
    let wanted = user(&house, 1);
    let id = run(
        &doomed.engine,
        ids(&open[..3]),
        Actions {
            assign: Some(wanted.clone()),
            ..Actions::default()
        },
    )
    .await;
    house.sim().until_waiting(3).await;
    doomed.kill();
    house.take_down().await;
    house.sim().release();
    // The first turns out to have been made, the second is as before, a colleague took the third.
    let assign = |id: &str, to: &str| {
        let change = ConversationChange {
            assignee: Some(Some(to.to_owned())),
            ..ConversationChange::default()
        };
        house.sim().change_conversation(id, change).unwrap();
    };
    assign(open[0].as_str(), wanted.as_str());
    assign(open[2].as_str(), user(&house, 2).as_str());
    house.bring_up().await;
    house.sim().clear_ledger();
    ahead.store(31_000, Ordering::SeqCst);
    let engine = start(&house.database(), house.config(), time).await;
    let rows = finished(&engine, id).await;
    let by_id = |id| rows.iter().find(|row| row.conversation == id).unwrap();
    assert_eq!(by_id(open[0].clone()).outcome, Outcome::Done);
    assert_eq!(by_id(open[1].clone()).outcome, Outcome::Done);
    assert_eq!(by_id(open[2].clone()).outcome, Outcome::Failed);
    assert_eq!(
        by_id(open[2].clone()).reason.as_deref(),
        Some("changed meanwhile")
    );
    let writes = house.writes();
    assert_eq!(writes.len(), 1, "only the second was sent again");
    assert!(writes[0].path.contains(open[1].as_str()));
    let third = house.sim().conversation(open[2].as_str()).unwrap();
    assert_eq!(
        third.assignee.as_deref(),
        Some(user(&house, 2).as_str()),
        "the colleague's choice stays"
    );
    crate::support::until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_read_again_fails_instead_of_going_round_in_circles() {
    let mut house = House::new(80).await;
    let (time, ahead) = clock();
    let doomed = house.doomed(time.clone()).await;
    let open = House::ids(&doomed.engine, "status:open mailbox:Cards");
    house.sim().hold();
    let actions = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&doomed.engine, ids(&open[..1]), actions).await;
    house.sim().until_waiting(1).await;
    doomed.kill();
    house.take_down().await;
    house.sim().release();
    house
        .sim()
        .set_access("Cards", hiver_sim::Access::Forbidden)
        .unwrap();
    house.bring_up().await;
    ahead.store(31_000, Ordering::SeqCst);
    let engine = start(&house.database(), house.config(), time).await;
    let row = finished(&engine, id).await.remove(0);
    assert_eq!(row.outcome, Outcome::Failed);
    assert_eq!(
        row.reason.as_deref(),
        Some("Hiver does not say how it stands now")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_seconds_count_from_the_first_try_whose_fate_is_unknown() {
    let mut house = House::new(80).await;
    let (time, ahead) = clock();
    let doomed = house.doomed(time.clone()).await;
    let open = House::ids(&doomed.engine, "status:open");
    house.sim().hold();
    let actions = Actions {
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&doomed.engine, ids(&open[..1]), actions).await;
    house.sim().until_waiting(1).await;
    doomed.kill();
    // A second process sends it again after 20 seconds, is told of an error, tries once more, and is killed, too.
    ahead.store(20_000, Ordering::SeqCst);
    house.take_down().await;
    house.sim().release();
    house.bring_up().await;
    house.sim().clear_ledger();
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::ErrorBefore).method("PUT"));
    let doomed = house.doomed_and_patient(time.clone()).await;
    let answered = hiver_sim::Outcome::Status(500);
    let sent_again = || async {
        house
            .writes()
            .iter()
            .any(|request| request.status == answered)
    };
    eventually(&doomed.engine, "it was sent again", sent_again).await;
    house.sim().hold();
    house.sim().until_waiting(1).await;
    assert_eq!(house.writes().len(), 2);
    doomed.kill();
    house.take_down().await;
    house.sim().release();
    house.bring_up().await;
    house.sim().clear_ledger();
    // 15 seconds after the last try, 35 after the first.
    ahead.store(35_000, Ordering::SeqCst);
    let engine = start(&house.database(), house.config(), time).await;
    let rows = finished(&engine, id).await;
    assert_eq!(rows[0].outcome, Outcome::Done);
    let first = house
        .sim()
        .ledger()
        .requests
        .into_iter()
        .find(|one| one.path.contains(open[0].as_str()))
        .unwrap();
    assert_eq!(first.method, "GET", "it is read before anything is sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_run_survives_and_a_cancelled_one_stays_so() {
    let house = House::new(60).await;
    let doomed = house.doomed(Clock::system()).await;
    let open = House::ids(&doomed.engine, "status:open");
    house.sim().hold();
    let first = run(&doomed.engine, ids(&open[..2]), note("first")).await;
    let second = run(&doomed.engine, ids(&open[..2]), note("second")).await;
    house.sim().until_waiting(2).await;
    assert!(doomed.engine.cancel(first).await.unwrap());
    doomed.kill();
    house.sim().release();
    let engine = house.engine().await;
    finished(&engine, second).await;
    assert_eq!(state(&engine, first).await, RunState::Cancelled);
    assert!(
        outcomes(&engine, first)
            .await
            .iter()
            .all(|one| *one == Outcome::Uncertain)
    );
    assert_eq!(house.writes().len(), 4);
}
