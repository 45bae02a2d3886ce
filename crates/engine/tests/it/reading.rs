//! The first reading: complete, page by page, and patient.

use engine::{Acts, rows};
use hiver_sim::{FaultKind, Faults, NextFault, Options, WireOptions};
use routing::Compiled;
use routing::evaluate::Evaluator;
use routing::model::RuleSet;
use routing::moment::Occasion;
use store::Store;

use crate::support::{House, assert_mirror_is_true, eventually, mirrored, real, until_synced};

#[tokio::test]
async fn the_first_reading_mirrors_exactly_what_hiver_has() {
    let house = House::with(Options {
        empty_mailbox: true,
        ..Options::unlimited(450)
    })
    .await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);

    let summary = house.sim().summary();
    let directory = engine.mirror().read().directory.clone();
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(directory.mailboxes.iter().map(|one| &one.name).collect()),
        names(summary.mailboxes.iter().map(|one| &one.name).collect())
    );
    assert_eq!(directory.users.len(), summary.users.len());
    assert_eq!(directory.tags.len(), summary.tags.len());
    assert!(engine.status().await.unwrap().trouble.is_none());
}

#[tokio::test]
async fn no_more_requests_than_pages() {
    let house = House::new(450).await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    let pages: usize = house
        .sim()
        .summary()
        .mailboxes
        .iter()
        .flat_map(|one| [one.open, one.pending, one.closed])
        .map(|rows| rows.div_ceil(100).max(1))
        .sum();
    assert_eq!(house.sim().ledger().requests.len(), 3 + pages);
}

#[tokio::test]
async fn the_database_holds_the_same_as_memory() {
    let house = House::new(250).await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    engine.stop(std::time::Duration::from_secs(5)).await;
    let before = mirrored(&engine);
    house.sim().hold();
    let again = house.engine().await;
    assert_eq!(
        mirrored(&again),
        before,
        "a restart shows the mirror before Hiver answers anything"
    );
    house.sim().release();
}

#[tokio::test]
async fn sparse_rows_take_mailbox_and_status_from_the_list_and_leave_tags_unknown() {
    let wire = WireOptions {
        sparse: true,
        ..WireOptions::default()
    };
    let house = House::with(Options {
        wire,
        ..Options::unlimited(300)
    })
    .await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    let mut expected = real(&house.sim().state());
    for one in expected.values_mut() {
        one.tags = None;
    }
    assert_eq!(mirrored(&engine), expected);
}

#[tokio::test]
async fn times_of_rows_are_kept() {
    let wire = WireOptions {
        times: true,
        ..WireOptions::default()
    };
    let house = House::with(Options {
        wire,
        ..Options::unlimited(50)
    })
    .await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    for one in house.sim().state().conversations {
        let mirrored = engine
            .mirror()
            .conversation(&one.id.as_str().into())
            .unwrap();
        assert_eq!(
            (mirrored.created_at, mirrored.updated_at),
            (Some(one.created_ms), Some(one.updated_ms))
        );
    }
}

#[tokio::test]
async fn fields_that_no_contract_names_are_kept_for_rules_and_survive_a_restart() {
    let house = House::with(Options {
        wire: WireOptions {
            extras: true,
            ..WireOptions::default()
        },
        ..Options::unlimited(50)
    })
    .await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    let names = ["channel", "message_count", "priority", "sender"];
    assert_eq!(engine.extra_fields(), names);
    let before = mirrored(&engine);
    let urgent = |engine: &engine::Engine| {
        let rule = r#"{"id":"urgent","name":"Urgent","when":["on_demand"],
            "conditions":{"text":{"field":"extra.priority","test":"equals","texts":["high"]}},
            "actions":{"set_status":"pending"}}"#;
        let rules = RuleSet::of(vec![serde_json::from_str(rule).unwrap()]);
        let state = engine.mirror().read();
        let compiled = Compiled::new(&rules, &state.directory).unwrap();
        let (mut evaluator, acts) = (Evaluator::new(&compiled), Acts::default());
        let moment = engine.moment(Occasion::OnDemand);
        let mut fitting: Vec<String> = rows(&state, &acts)
            .filter(|row| evaluator.fits(0, row, &moment))
            .map(|row| {
                assert_eq!(row.conversation.extras.get("priority"), Some("high"));
                row.conversation.id.to_string()
            })
            .collect();
        fitting.sort_unstable();
        fitting
    };
    let found = urgent(&engine);
    assert!(!found.is_empty() && found.len() < 50, "{found:?}");
    engine.stop(std::time::Duration::from_secs(4)).await;
    house.sim().hold();
    let again = house.engine().await;
    assert_eq!(mirrored(&again), before);
    assert_eq!(urgent(&again), found);
    assert_eq!(again.extra_fields(), names);
    house.sim().release();
    // What is not sent any more is not known any more.
    house.sim().set_wire(WireOptions::default());
    assert_eq!(again.refresh_and_wait(None).await, None);
    let open = House::ids(&again, "status:open");
    let one = again.mirror().conversation(&open[0]).unwrap();
    assert!(one.extras.is_empty(), "{one:?}");
}

#[tokio::test]
async fn a_broken_row_is_skipped_and_the_rest_is_used() {
    let house = House::new(300).await;
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::BrokenRow).path_suffix("/conversations"));
    let engine = house.engine().await;
    until_synced(&engine).await;
    let (mirrored, real) = (mirrored(&engine), real(&house.sim().state()));
    assert_eq!(mirrored.len(), real.len() - 1);
    assert!(mirrored.iter().all(|(id, one)| real.get(id) == Some(one)));
}

#[tokio::test]
async fn a_broken_row_of_the_directory_forgets_nobody() {
    for list in ["/mailboxes", "/users", "/tags"] {
        let house = House::new(60).await;
        let engine = house.synced().await;
        let before = engine.mirror().read().directory.clone();
        house
            .sim()
            .fail_next(NextFault::new(FaultKind::BrokenRow).path_suffix(list));
        crate::support::refresh(&engine).await;
        let after = engine.mirror().read().directory.clone();
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        let ids = |directory: &triage::model::Directory| {
            let mailboxes = directory.mailboxes.iter().map(|one| one.id.to_string());
            let users = directory.users.iter().map(|one| one.id.to_string());
            let tags = directory.tags.iter().map(|one| one.id.to_string());
            sorted(mailboxes.chain(users).chain(tags).collect())
        };
        assert_eq!(ids(&after), ids(&before), "{list}");
        assert!(engine.mirror().read().as_of().is_some(), "{list}");
    }
}

#[tokio::test]
async fn reading_goes_on_through_errors_cuts_and_429() {
    let faults =
        Faults::from_names([("500-before", 0.1), ("cut", 0.1), ("cut-before", 0.05)]).unwrap();
    let house = House::with(Options {
        faults,
        ..Options::unlimited(400)
    })
    .await;
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::RateLimited).path_suffix("/conversations"));
    let engine = house.engine().await;
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn it_can_be_used_from_the_first_page_on() {
    let house = House::new(900).await;
    house.sim().hold();
    let engine = house.engine().await;
    // Mailboxes, users, tags, and the first page; the second page is never answered.
    for _ in 0..4 {
        house.sim().until_waiting(1).await;
        let arrived = house.sim().ledger().last;
        house.sim().release();
        house.sim().until_answered(arrived).await;
        house.sim().hold();
    }
    house.sim().until_waiting(1).await;
    let listed = || {
        engine
            .mirror()
            .list("status:open", engine::Sort::default(), 0, 50, engine.now())
            .unwrap()
    };
    eventually(&engine, "a page is listed", || async {
        listed().conversations.len() == 50
    })
    .await;
    let status = engine.status().await.unwrap();
    assert!(status.sync.unwrap().doing.contains("open"));
    assert_eq!(status.mirror_as_of, None);
    let store = Store::open(&house.database()).await.unwrap();
    let stored = store
        .load_mirror(status.connection.unwrap().id)
        .await
        .unwrap();
    assert!(
        !stored.conversations.is_empty(),
        "and it is on disk already"
    );
    house.sim().release();
}

#[tokio::test]
async fn hiver_down_at_the_start_and_up_later() {
    let mut house = House::new(100).await;
    house.take_down().await;
    let engine = house.engine().await;
    eventually(&engine, "trouble is shown", || async {
        let trouble = engine.status().await.unwrap().trouble;
        trouble.is_some_and(|trouble| {
            trouble.message.contains("cannot be reached") && !trouble.about_key
        })
    })
    .await;
    house.bring_up().await;
    until_synced(&engine).await;
    eventually(&engine, "trouble is over", || async {
        engine.status().await.unwrap().trouble.is_none()
    })
    .await;
    assert_eq!(mirrored(&engine).len(), 100);
}

#[tokio::test]
async fn a_web_page_instead_of_hiver_is_named_as_such() {
    let faults = Faults::from_names([("html", 1.0)]).unwrap();
    let house = House::with(Options {
        faults,
        ..Options::unlimited(20)
    })
    .await;
    let engine = house.engine().await;
    eventually(&engine, "trouble is shown", || async {
        let trouble = engine.status().await.unwrap().trouble;
        trouble.is_some_and(|trouble| {
            trouble.message.contains("not Hiver") && trouble.remedy.contains("HIVER_BASE_URL")
        })
    })
    .await;
    house.sim().set_faults(Faults::none());
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn a_mailbox_that_may_not_be_read_does_not_stop_the_others() {
    let house = House::with(Options {
        forbidden: vec!["Support".to_owned()],
        ..Options::unlimited(200)
    })
    .await;
    let engine = house.engine().await;
    until_synced(&engine).await;
    let state = house.sim().state();
    let support = state
        .mailboxes
        .iter()
        .find(|one| one.name == "Support")
        .unwrap();
    let mut expected = real(&state);
    expected.retain(|_, one| one.mailbox.as_deref() != Some(support.id.as_str()));
    assert_eq!(mirrored(&engine), expected);
    let trouble = engine.status().await.unwrap().trouble.unwrap();
    assert!(
        trouble.message.contains("`Support`") && !trouble.about_key,
        "{trouble:?}"
    );
}
