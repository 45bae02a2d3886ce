//! Faults at random, over a few hundred changes: whatever happens, every outcome is final and true.

use std::collections::BTreeMap;

use hiver_sim::{FaultKind, Faults, NextFault, Options};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use triage::actions::{Actions, Change};
use triage::model::Status;
use triage::outcome::Outcome;

use crate::support::{House, finished, matching, run, tag, user};

async fn everything_ends_well(seed: u64, faults: Faults, refusals: u32) {
    let house = House::with(Options {
        seed,
        ..Options::unlimited(70)
    })
    .await;
    let engine = house.synced().await;
    house.sim().set_faults(faults.clone());
    if refusals > 0 {
        house.sim().fail_next(
            NextFault::new(FaultKind::RateLimited)
                .path_suffix("/notes")
                .count(refusals),
        );
    }
    let actions = Actions {
        assign: Some(user(&house, 6)),
        add_tags: vec![tag(&house, "escalated")],
        new_tags: Vec::new(),
        remove_tags: vec![tag(&house, "vip")],
        set_status: Some(Status::Pending),
        note: Some("Sorted.".to_owned()),
    };
    let id = run(&engine, matching("-status:closed"), actions).await;
    let rows = finished(&engine, id).await;
    let what = format!("seed {seed}, {faults:?}");

    let mut note_requests: BTreeMap<String, usize> = BTreeMap::new();
    for request in house.writes() {
        if request.path.ends_with("/notes") && request.status != hiver_sim::Outcome::Status(429) {
            *note_requests
                .entry(request.path.split('/').nth(4).unwrap().to_owned())
                .or_default() += 1;
        }
    }
    assert!(
        note_requests.values().all(|requests| *requests == 1),
        "{what}: {note_requests:?}"
    );
    for row in rows {
        let now = house.sim().conversation(row.conversation.as_str()).unwrap();
        let is_so = match &row.change {
            Change::Assign(user) => now.assignee.as_deref() == Some(user.as_str()),
            Change::AddTag(tag) => now.tags.iter().any(|one| one == tag.as_str()),
            Change::RemoveTag(tag) => now.tags.iter().all(|one| one != tag.as_str()),
            Change::SetStatus(status) => now.status.name() == status.as_str(),
            Change::AddNote(_) => now.notes.len() == 1,
        };
        let context = format!("{what}: {row:?} against {now:?}");
        match row.outcome {
            Outcome::Done | Outcome::Unchanged => assert!(is_so, "{context}"),
            Outcome::Failed => assert!(row.reason.is_some() && row.attempts >= 1, "{context}"),
            Outcome::Uncertain => {
                assert!(
                    matches!(row.change, Change::AddNote(_)) && now.notes.len() <= 1,
                    "{context}"
                );
            }
            Outcome::Waiting | Outcome::Sending | Outcome::Cancelled => panic!("{context}"),
        }
        if matches!(row.change, Change::AddNote(_)) && row.outcome == Outcome::Failed {
            assert!(now.notes.is_empty(), "{context}");
        }
    }
}

#[test]
fn every_outcome_is_final_and_true() {
    let kinds = [
        "500-before",
        "500-after",
        "cut",
        "cut-before",
        "html",
        "truncated",
    ];
    let chances = prop::collection::vec(0.0..0.1_f64, kinds.len());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 6,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(
            &(any::<u64>(), chances, 0..2_u32),
            |(seed, chances, refusals)| {
                let faults = Faults::from_names(kinds.into_iter().zip(chances)).unwrap();
                runtime.block_on(everything_ends_well(seed, faults, refusals));
                Ok(())
            },
        )
        .unwrap();
}
