//! Plans: what is refused, what is counted, what a page of a preview shows, and when it is stale.

use engine::PlanError;
use hiver_sim::ConversationChange;
use triage::actions::Actions;
use triage::model::Status;
use triage::outcome::Outcome;
use triage::selection::Selection;

use crate::support::{House, finished, ids, matching, note, plan, refresh, run, tag, user};

#[tokio::test]
async fn a_preview_shows_what_will_change_before_what_already_is_so() {
    let house = House::new(300).await;
    let engine = house.synced().await;
    let to = user(&house, 0);
    let actions = Actions {
        assign: Some(to.clone()),
        set_status: Some(Status::Open),
        ..Actions::default()
    };
    let id = plan(&engine, matching("status:open"), actions).await;
    let state = house.sim().state();
    let open: Vec<_> = state
        .conversations
        .iter()
        .filter(|one| one.status.name() == "open")
        .collect();
    let already = open
        .iter()
        .filter(|one| one.assignee.as_deref() == Some(to.as_str()))
        .count() as u64;

    let preview = engine.preview(id, 0, 50).await.unwrap().unwrap();
    let summary = &preview.run.facts.summary;
    assert_eq!(summary.conversations, open.len() as u64);
    assert_eq!(
        (summary.already, summary.will_change),
        (already, open.len() as u64 - already)
    );
    assert_eq!(
        summary.requests, summary.will_change,
        "the status is so already everywhere"
    );
    assert_eq!(preview.price.requests, summary.requests);
    assert_eq!(
        preview.changes.len(),
        100,
        "fifty conversations with two changes each"
    );
    assert!(
        preview
            .changes
            .chunks(2)
            .all(|two| two[0].outcome == Outcome::Waiting)
    );
    assert_eq!(preview.already.len() as u64, 2 * already.min(50));
    assert!(
        preview
            .already
            .iter()
            .all(|one| one.outcome == Outcome::Unchanged)
    );

    let mut seen = Vec::new();
    let mut offset = 0;
    while offset < summary.will_change {
        let page = engine.preview(id, offset, 50).await.unwrap().unwrap();
        seen.extend(page.changes.into_iter().map(|one| one.seq));
        offset += 50;
    }
    assert_eq!(
        seen,
        (0..2 * i32::try_from(summary.will_change).unwrap()).collect::<Vec<_>>()
    );
    assert!(
        house.sim().ledger().requests.is_empty(),
        "planning asks Hiver nothing"
    );
}

#[tokio::test]
async fn a_selection_leaves_out_what_was_taken_out_and_names_nothing_twice() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let all = House::ids(&engine, "");
    let except = all[..5].to_vec();
    let selection = Selection::Matching {
        filter: String::new(),
        except: except.clone(),
    };
    let id = plan(&engine, selection, note("hello")).await;
    let planned = engine.store().changes(id, &[], 0, 1_000).await.unwrap();
    assert_eq!(planned.len(), 55);
    assert!(
        planned
            .iter()
            .all(|one| !except.contains(&one.conversation))
    );

    let twice = [all[7].clone(), all[7].clone()];
    let id = plan(&engine, ids(&twice), note("hello")).await;
    assert_eq!(
        engine.store().changes(id, &[], 0, 10).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn nonsense_is_refused_in_words() {
    let house = House::new(30).await;
    let engine = house.synced().await;
    let all = House::ids(&engine, "");
    let unknown_user = Actions {
        assign: Some("usr_nobody".into()),
        ..Actions::default()
    };
    let cases = [
        (ids(&[]), note("x")),
        (matching("status:open status:closed"), note("x")),
        (matching("mailbox:"), note("x")),
        (ids(&["cnv_gone".into()]), note("x")),
        (ids(&all), Actions::default()),
        (ids(&all), note("  ")),
        (ids(&all), unknown_user),
    ];
    for (selection, actions) in cases {
        let error = engine
            .plan("ana".to_owned(), selection.clone(), actions)
            .await
            .unwrap_err();
        let PlanError::Invalid(lines) = error else {
            panic!("{error}")
        };
        assert!(
            lines.iter().all(|line| line.ends_with('.')),
            "{selection:?}: {lines:?}"
        );
    }
}

#[tokio::test]
async fn a_preview_counts_its_conversations_that_changed_since() {
    let house = House::new(80).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let other = House::ids(&engine, "status:pending");
    let id = plan(
        &engine,
        ids(&open),
        Actions {
            add_tags: vec![tag(&house, "vip")],
            ..Actions::default()
        },
    )
    .await;
    assert_eq!(engine.preview(id, 0, 10).await.unwrap().unwrap().stale, 0);
    for changed in [&open[0], &open[1], &other[0]] {
        let change = ConversationChange {
            subject: Some(Some("changed".to_owned())),
            ..ConversationChange::default()
        };
        house
            .sim()
            .change_conversation(changed.as_str(), change)
            .unwrap();
    }
    refresh(&engine).await;
    assert_eq!(engine.preview(id, 0, 10).await.unwrap().unwrap().stale, 2);
    engine.confirm(id).await.unwrap();
    assert_eq!(
        engine.preview(id, 0, 10).await.unwrap().unwrap().stale,
        0,
        "a run is not stale"
    );
}

#[tokio::test]
async fn what_a_waiting_run_is_about_to_change_is_not_already_so() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let open = &open[..30];
    let to = |status| Actions {
        set_status: Some(status),
        ..Actions::default()
    };
    house.sim().hold();
    let first = run(&engine, ids(open), to(Status::Closed)).await;
    house.sim().until_waiting(1).await;
    let second = plan(&engine, ids(open), to(Status::Open)).await;
    let preview = engine.preview(second, 0, 50).await.unwrap().unwrap();
    assert_eq!(
        preview.run.facts.summary.changes, 30,
        "open they are, but not for long"
    );
    assert_eq!(preview.meets, [(first, 30)]);
    engine.confirm(second).await.unwrap();
    house.sim().release();
    finished(&engine, second).await;
    for conversation in open {
        let now = house.sim().conversation(conversation.as_str()).unwrap();
        assert_eq!(now.status.name(), "open");
    }
}
