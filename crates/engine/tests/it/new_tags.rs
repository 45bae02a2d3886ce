//! Tags that are made on the way: never two of one name.

use hiver_sim::{FaultKind, NextFault};
use store::Decision;
use triage::actions::{Actions, Change};
use triage::outcome::{Outcome, RunState};

use crate::support::{House, finished, ids, run, until_state};

fn new_tag(name: &str) -> Actions {
    Actions {
        new_tags: vec![name.to_owned()],
        ..Actions::default()
    }
}

fn named(house: &House, name: &str) -> usize {
    let tags = house.sim().summary().tags;
    tags.iter().filter(|tag| tag.name == name).count()
}

#[tokio::test]
async fn a_tag_is_made_once_and_added_everywhere() {
    let house = House::new(100).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    let id = run(&engine, ids(&open[..30]), new_tag("Black Friday")).await;
    let planned = engine.store().run(id).await.unwrap().unwrap();
    assert_eq!(planned.facts.summary.requests, 31);
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(named(&house, "Black Friday"), 1);
    assert_eq!(house.writes().len(), 31);
    let found = engine
        .mirror()
        .matching("tag:\"black friday\"", engine.now())
        .unwrap();
    assert_eq!(found.len(), 30);
    let run = engine.store().run(id).await.unwrap().unwrap();
    assert!(rows.iter().all(|row| {
        match &row.change {
            Change::AddTag(tag) => run
                .labels
                .get(tag.as_str())
                .is_some_and(|name| name == "Black Friday"),
            _ => false,
        }
    }));
}

#[tokio::test]
async fn an_unanswered_try_is_looked_up_before_another() {
    for fault in [
        FaultKind::ErrorAfter,
        FaultKind::ErrorBefore,
        FaultKind::Cut,
        FaultKind::Truncated,
    ] {
        let house = House::new(60).await;
        let engine = house.synced().await;
        let open = House::ids(&engine, "status:open");
        house.sim().fail_next(
            NextFault::new(fault)
                .path_suffix("/tags")
                .method("POST")
                .count(1),
        );
        let id = run(&engine, ids(&open[..2]), new_tag("fresh")).await;
        let rows = finished(&engine, id).await;
        assert!(
            rows.iter().all(|row| row.outcome == Outcome::Done),
            "{fault:?}"
        );
        assert_eq!(named(&house, "fresh"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_tag_that_cannot_be_made_fails_its_changes_and_may_be_tried_again() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().fail_next(
        NextFault::new(FaultKind::ErrorBefore)
            .path_suffix("/tags")
            .method("POST")
            .count(3),
    );
    let actions = Actions {
        note: Some("hello".to_owned()),
        ..new_tag("fresh")
    };
    let id = run(&engine, ids(&open[..3]), actions).await;
    let rows = finished(&engine, id).await;
    for row in &rows {
        match row.change {
            Change::AddTag(_) => {
                assert_eq!(row.outcome, Outcome::Failed);
                assert!(
                    row.reason
                        .as_deref()
                        .is_some_and(|why| why.contains("`fresh`"))
                );
            }
            _ => assert_eq!(row.outcome, Outcome::Done),
        }
    }
    assert_eq!(
        engine
            .decide(id, None, Decision::Retry, "ana")
            .await
            .unwrap(),
        3
    );
    until_state(&engine, id, RunState::Finished).await;
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(named(&house, "fresh"), 1);
}
