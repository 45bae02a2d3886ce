//! Keys: wrong, switched off, without access, replaced; in words, and without losing a run.

use engine::{CheckedKey, KeySource, UseKeyError};
use hiver_sim::{Access, FaultKind, NextFault, Options};
use triage::outcome::{Outcome, RunState};

use crate::support::{
    House, KEY, assert_mirror_is_true, changes, eventually, finished, ids, note, refresh, run,
    until_state, until_synced,
};

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_in_words() {
    let house = House::with(Options {
        inactive_key: true,
        ..Options::unlimited(20)
    })
    .await;
    let engine = house.engine().await;
    let trouble = || async { engine.status().await.unwrap().trouble };
    eventually(&engine, "not activated", || async {
        trouble().await.is_some_and(|trouble| {
            trouble.about_key && trouble.message.contains("not been activated")
        })
    })
    .await;
    house.sim().set_key("another");
    house.sim().set_key_active(true);
    engine.refresh();
    eventually(&engine, "wrong", || async {
        trouble().await.is_some_and(|trouble| {
            trouble.about_key && trouble.message.contains("does not accept the key")
        })
    })
    .await;
    // A refused key is not tried again by itself.
    let asked = house.sim().ledger().last;
    assert_eq!(asked, 2);
    house.sim().set_key(KEY);
    engine.refresh();
    until_synced(&engine).await;
    eventually(&engine, "fine again", || async {
        trouble().await.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_key_is_checked_without_being_used() {
    let house = House::new(20).await;
    let engine = house.engine_with(|config| config.key = None).await;
    assert!(!engine.has_key());
    assert_eq!(
        engine.status().await.unwrap().key_source,
        KeySource::Missing
    );
    let CheckedKey::Accepted(names) = engine.check_key(KEY.to_owned().into()).await else {
        panic!("not accepted")
    };
    assert_eq!(names, ["Support", "Cards", "Billing"]);
    let CheckedKey::Refused(trouble) = engine.check_key("wrong".to_owned().into()).await else {
        panic!("accepted")
    };
    assert!(trouble.about_key);
    let CheckedKey::Refused(trouble) = engine.check_key("two words".to_owned().into()).await else {
        panic!()
    };
    assert!(trouble.remedy.contains("Copy the key again"));
    assert!(!engine.has_key());
}

#[tokio::test]
async fn a_stored_key_is_used_at_once_and_after_a_restart() {
    let house = House::new(60).await;
    let engine = house.engine_with(|config| config.key = None).await;
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    until_synced(&engine).await;
    assert_mirror_is_true(&engine, &house);
    engine.stop(std::time::Duration::from_secs(5)).await;
    let again = house.engine_with(|config| config.key = None).await;
    let status = again.status().await.unwrap();
    assert_eq!(status.key_source, KeySource::Stored);
    let from_environment = house.engine().await;
    let refused = from_environment.use_key("other".to_owned().into()).await;
    assert!(matches!(refused, Err(UseKeyError::FromEnvironment)));
}

#[tokio::test]
async fn checking_and_storing_a_key_keeps_the_pace() {
    // Three requests a second with a burst of one: two at once would be one too many. The console takes two, so that a
    // busy machine alone cannot fail it.
    let house = House::with(Options {
        rate: Some(3.0),
        ..Options::unlimited(5)
    })
    .await;
    let engine = house
        .engine_with(|config| {
            config.key = None;
            config.requests_per_second = Some(2.0);
        })
        .await;
    assert!(engine.check_key(KEY.to_owned().into()).await.accepted());
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    let mirror_begins = || async { !engine.mirror().read().directory.mailboxes.is_empty() };
    eventually(&engine, "mailboxes", mirror_begins).await;
    assert!(engine.check_key(KEY.to_owned().into()).await.accepted());
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    eventually(&engine, "users", || async {
        !engine.mirror().read().directory.users.is_empty()
    })
    .await;
    let refused = house
        .sim()
        .ledger()
        .requests
        .into_iter()
        .filter(|one| one.status == hiver_sim::Outcome::Status(429));
    assert_eq!(refused.count(), 0);
}

#[tokio::test]
async fn a_key_refused_mid_run_pauses_it_and_the_same_key_switched_on_again_finishes_it() {
    let house = House::new(120).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open), note("hello")).await;
    house.sim().until_waiting(3).await;
    house.sim().set_key_active(false);
    house.sim().release();
    until_state(&engine, id, RunState::Paused).await;
    let paused = engine.run_status(id).await.unwrap().unwrap();
    assert!(
        paused
            .run
            .pause_reason
            .unwrap()
            .contains("does not accept the key")
    );
    assert!(
        changes(&engine, id)
            .await
            .iter()
            .all(|row| matches!(row.outcome, Outcome::Done | Outcome::Waiting))
    );
    assert!(engine.status().await.unwrap().trouble.unwrap().about_key);
    let asked = house.sim().ledger().last;

    house.sim().set_key_active(true);
    engine.refresh();
    let rows = finished(&engine, id).await;
    assert!(house.sim().ledger().last > asked);
    assert!(
        rows.iter()
            .all(|row| row.outcome == Outcome::Done && row.attempts == 1)
    );
    let notes = house.sim().ledger().notes;
    assert!(notes.len() == open.len() && notes.values().all(|notes| notes.len() == 1));
    assert_eq!(
        engine
            .run_status(id)
            .await
            .unwrap()
            .unwrap()
            .run
            .pause_reason,
        None
    );
}

#[tokio::test]
async fn another_key_of_the_same_account_finishes_a_paused_run() {
    let house = House::new(60).await;
    let engine = house.engine_with(|config| config.key = None).await;
    engine.use_key(KEY.to_owned().into()).await.unwrap();
    until_synced(&engine).await;
    let open = House::ids(&engine, "status:open");
    house.sim().set_key("the-next-key");
    let id = run(&engine, ids(&open), note("hello")).await;
    until_state(&engine, id, RunState::Paused).await;
    engine
        .use_key("the-next-key".to_owned().into())
        .await
        .unwrap();
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
}

#[tokio::test]
async fn a_key_without_any_mailbox_proves_nothing() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    for mailbox in ["Support", "Cards", "Billing"] {
        house.sim().set_access(mailbox, Access::Hidden).unwrap();
    }
    engine.refresh();
    eventually(&engine, "it is said", || async {
        engine
            .status()
            .await
            .unwrap()
            .trouble
            .is_some_and(|trouble| trouble.message.contains("no mailbox"))
    })
    .await;
    assert_eq!(
        engine.mirror().read().directory.mailboxes.len(),
        3,
        "the mirror stays"
    );
    for mailbox in ["Support", "Cards", "Billing"] {
        house.sim().set_access(mailbox, Access::Full).unwrap();
    }
    refresh(&engine).await;
    assert_mirror_is_true(&engine, &house);
}

#[tokio::test]
async fn a_forbidden_account_is_said_in_words() {
    let house = House::new(20).await;
    for mailbox in ["Support", "Cards", "Billing"] {
        house.sim().set_access(mailbox, Access::Forbidden).unwrap();
    }
    house
        .sim()
        .fail_next(NextFault::new(FaultKind::BrokenRow).path_suffix("/tags"));
    let engine = house.engine().await;
    eventually(&engine, "it is said", || async {
        engine
            .status()
            .await
            .unwrap()
            .trouble
            .is_some_and(|trouble| trouble.message.contains("(403)"))
    })
    .await;
}
