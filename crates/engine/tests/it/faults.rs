//! One thing goes wrong at a time.

use hiver_sim::{ConversationChange, FaultKind, NextFault};
use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::Outcome;

use crate::support::{House, assert_mirror_is_true, finished, ids, note, plan, run, tag, user};

const PASSING: [FaultKind; 8] = [
    FaultKind::ErrorBefore,
    FaultKind::ErrorAfter,
    FaultKind::Cut,
    FaultKind::CutBefore,
    FaultKind::RateLimited,
    FaultKind::RateLimitedBare,
    FaultKind::Html,
    FaultKind::Truncated,
];

async fn set_changes_survive(fault: FaultKind) {
    let house = House::new(40).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().fail_next(NextFault::new(fault));
    let actions = Actions {
        assign: Some(user(&house, 5)),
        add_tags: vec![tag(&house, "feedback")],
        set_status: Some(Status::Closed),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open[..4]), actions).await;
    let rows = finished(&engine, id).await;
    assert!(
        rows.iter()
            .all(|row| matches!(row.outcome, Outcome::Done | Outcome::Unchanged)),
        "{fault}: {rows:?}"
    );
    assert_mirror_is_true(&engine, &house);
    for id in &open[..4] {
        let now = house.sim().conversation(id.as_str()).unwrap();
        assert_eq!(
            (now.assignee.as_deref(), now.status.name()),
            (Some(user(&house, 5).as_str()), "closed"),
            "{fault}"
        );
    }
    assert!(engine.status().await.unwrap().trouble.is_none(), "{fault}");
}

#[tokio::test]
async fn set_changes_end_as_wished_after_a_passing_fault() {
    let (slow, quick): (Vec<_>, Vec<_>) = PASSING
        .into_iter()
        .partition(|fault| *fault == FaultKind::RateLimitedBare);
    let slow = futures::future::join_all(slow.into_iter().map(set_changes_survive));
    let quick = async {
        for fault in quick {
            set_changes_survive(fault).await;
        }
    };
    futures::join!(slow, quick);
}

async fn note_under(fault: FaultKind) -> (Outcome, Option<String>, usize, usize) {
    let house = House::new(40).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house
        .sim()
        .fail_next(NextFault::new(fault).path_suffix("/notes"));
    let id = run(&engine, ids(&open[..1]), note("hello")).await;
    let row = finished(&engine, id).await.remove(0);
    let notes = house
        .sim()
        .conversation(open[0].as_str())
        .unwrap()
        .notes
        .len();
    (row.outcome, row.reason, house.writes().len(), notes)
}

#[tokio::test]
async fn a_note_whose_fate_is_unknown_is_uncertain_and_never_sent_again() {
    let cases = [
        (FaultKind::ErrorBefore, 0),
        (FaultKind::ErrorAfter, 1),
        (FaultKind::Cut, 1),
        (FaultKind::CutBefore, 0),
        (FaultKind::Html, 0),
    ];
    for (fault, made) in cases {
        let (outcome, reason, requests, notes) = note_under(fault).await;
        assert_eq!(
            (outcome, requests, notes),
            (Outcome::Uncertain, 1, made),
            "{fault}"
        );
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{fault}");
    }
}

#[tokio::test]
async fn a_note_after_429_is_sent_exactly_once_more() {
    let (with_time, bare) = futures::join!(
        note_under(FaultKind::RateLimited),
        note_under(FaultKind::RateLimitedBare)
    );
    for (outcome, _, requests, notes) in [with_time, bare] {
        assert_eq!((outcome, requests, notes), (Outcome::Done, 2, 1));
    }
}

#[tokio::test]
async fn a_note_with_half_an_answer_is_done() {
    let (outcome, _, requests, notes) = note_under(FaultKind::Truncated).await;
    assert_eq!((outcome, requests, notes), (Outcome::Done, 1, 1));
}

#[tokio::test]
async fn three_attempts_and_no_more() {
    let house = House::new(40).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::ErrorBefore).count(3));
    let actions = Actions {
        assign: Some(user(&house, 1)),
        ..Actions::default()
    };
    let id = run(&engine, ids(&open[..1]), actions).await;
    let row = finished(&engine, id).await.remove(0);
    assert_eq!((row.outcome, row.attempts), (Outcome::Failed, 3));
    assert_eq!(row.reason.as_deref(), Some("Hiver had an error of its own"));
    assert_eq!(house.writes().len(), 3);
    let page = engine.run_page(id, None, 0, 10).await.unwrap().unwrap();
    assert_eq!(
        page.problems,
        [(
            Outcome::Failed,
            "Hiver had an error of its own".to_owned(),
            1
        )]
    );
}

#[tokio::test]
async fn what_hiver_refuses_fails_with_its_reason_and_the_rest_goes_on() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open mailbox:Cards");
    let elsewhere = House::ids(&engine, "status:open mailbox:Billing");
    house
        .sim()
        .set_access("Billing", hiver_sim::Access::Forbidden)
        .unwrap();
    let selected = [
        vec![open[0].clone()],
        vec![elsewhere[0].clone()],
        vec![open[1].clone()],
    ]
    .concat();
    let id = run(
        &engine,
        ids(&selected),
        Actions {
            assign: Some(user(&house, 1)),
            ..Actions::default()
        },
    )
    .await;
    let rows = finished(&engine, id).await;
    for row in rows {
        if row.conversation == elsewhere[0] {
            assert_eq!((row.outcome, row.attempts), (Outcome::Failed, 1));
            assert!(row.reason.unwrap().contains("no access"));
        } else {
            assert_eq!(row.outcome, Outcome::Done);
        }
    }
    assert_eq!(house.writes().len(), 3);
}

#[tokio::test]
async fn a_user_or_conversation_that_is_gone_fails_with_its_reason() {
    // The same mailboxes, but of a smaller account: some conversations that were planned are not there.
    let mut house = House::new(60).await;
    let engine = house.synced().await;
    let all = House::ids(&engine, "");
    house.replace(hiver_sim::Options::unlimited(20)).await;
    let there: std::collections::BTreeSet<String> = house
        .sim()
        .state()
        .conversations
        .into_iter()
        .map(|one| one.id)
        .collect();
    let id = plan(&engine, ids(&all), note("hello")).await;
    engine.confirm(id).await.unwrap();
    let rows = finished(&engine, id).await;
    assert!(rows.iter().any(|row| row.outcome == Outcome::Failed));
    for row in rows {
        if there.contains(row.conversation.as_str()) {
            assert_ne!(row.outcome, Outcome::Failed, "{row:?}");
        } else {
            assert_eq!(row.outcome, Outcome::Failed, "{row:?}");
            assert!(row.reason.unwrap().contains("does not exist any more"));
        }
    }
}

#[tokio::test]
async fn what_a_colleague_did_before_is_simply_replaced() {
    // Within thirty seconds of planning nothing is read first: the wish is sent as it was previewed.
    let house = House::new(40).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open is:unassigned");
    let id = plan(
        &engine,
        ids(&open[..1]),
        Actions {
            assign: Some(user(&house, 1)),
            ..Actions::default()
        },
    )
    .await;
    let other = user(&house, 2).to_string();
    let change = ConversationChange {
        assignee: Some(Some(other)),
        ..ConversationChange::default()
    };
    house
        .sim()
        .change_conversation(open[0].as_str(), change)
        .unwrap();
    engine.confirm(id).await.unwrap();
    assert_eq!(finished(&engine, id).await[0].outcome, Outcome::Done);
    let now = house.sim().conversation(open[0].as_str()).unwrap().assignee;
    assert_eq!(now.as_deref(), Some(user(&house, 1).as_str()));
}
