//! What other processes ask for through the database.

use engine::{Wish, WishAnswer};
use secrecy::ExposeSecret;
use store::{SecretKey, Store};
use triage::outcome::{Outcome, RunState};

use crate::support::{House, changes, eventually, finished, ids, note, run, state, until_state};

/// Asks, and waits for the answer.
async fn ask(engine: &engine::Engine, store: &Store, wish: &Wish) -> WishAnswer {
    let text = serde_json::to_string(wish).unwrap();
    let id = store
        .add_wish(text, "command line", engine.now())
        .await
        .unwrap();
    let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        look.tick().await;
        if let Some(answer) = store.wish_answer(id).await.unwrap() {
            return serde_json::from_str(&answer).unwrap();
        }
    }
}

fn done(answer: &WishAnswer) -> bool {
    matches!(answer, WishAnswer::Done { .. })
}

#[tokio::test]
async fn runs_are_stopped_resumed_and_taken_back_on_request() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let store = house.store().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open[..40]), note("hello")).await;
    house.sim().until_waiting(2).await;
    engine.pause(id).await.unwrap();
    house.sim().release();
    until_state(&engine, id, RunState::Paused).await;

    assert!(done(&ask(&engine, &store, &Wish::Resume { run: id }).await));
    finished(&engine, id).await;
    let refused = ask(&engine, &store, &Wish::Cancel { run: id }).await;
    assert!(matches!(refused, WishAnswer::Refused(why) if why.contains("finished")));
    let refused = ask(&engine, &store, &Wish::Resume { run: 99.into() }).await;
    assert!(matches!(refused, WishAnswer::Refused(why) if why.contains("no run 99")));

    let answer = ask(&engine, &store, &Wish::Undo { run: id }).await;
    let WishAnswer::Done {
        run: Some(undo), ..
    } = answer
    else {
        panic!("{answer:?}")
    };
    until_state(&engine, undo, RunState::Preview).await;
    assert!(changes(&engine, undo).await.is_empty(), "notes stay");
    let answer = ask(
        &engine,
        &store,
        &Wish::Sync {
            mailbox: None,
            patient: false,
        },
    )
    .await;
    assert!(done(&answer), "{answer:?}");
    let answer = ask(&engine, &store, &Wish::CheckKey).await;
    assert!(done(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_key_travels_sealed_and_its_seal_can_be_changed() {
    let house = House::new(60).await;
    let engine = house.engine_with(|config| config.key = None).await;
    let store = house.store().await;
    let secret = SecretKey::from_hex(crate::support::SECRET).unwrap();
    let wish = Wish::use_key(&"wrong-key".to_owned().into(), true, &secret).unwrap();
    let answer = ask(&engine, &store, &wish).await;
    assert!(matches!(answer, WishAnswer::Refused(why) if why.contains("401")));
    let wish = Wish::use_key(&crate::support::KEY.to_owned().into(), true, &secret).unwrap();
    assert!(
        !serde_json::to_string(&wish)
            .unwrap()
            .contains(crate::support::KEY)
    );
    assert!(done(&ask(&engine, &store, &wish).await));
    crate::support::until_synced(&engine).await;

    let new = SecretKey::generate().unwrap();
    let copy = SecretKey::from_hex(new.to_hex().expose_secret()).unwrap();
    let foreign = SecretKey::generate().unwrap();
    let refused = ask(
        &engine,
        &store,
        &Wish::rotate_secret(&new, &foreign).unwrap(),
    )
    .await;
    assert!(!done(&refused));
    assert!(done(
        &ask(
            &engine,
            &store,
            &Wish::rotate_secret(&new, &secret).unwrap()
        )
        .await
    ));
    assert_eq!(store.opens_keys(&copy).await.unwrap(), Some(true));
    assert_eq!(store.opens_keys(&secret).await.unwrap(), Some(false));
    // The running engine goes on with it.
    let open = House::ids(&engine, "status:open");
    let id = run(&engine, ids(&open[..2]), note("hello")).await;
    finished(&engine, id).await;
}

#[tokio::test]
async fn a_wish_that_nobody_waits_for_any_more_is_not_carried_out() {
    let house = House::new(60).await;
    let engine = house.synced().await;
    let store = house.store().await;
    let open = House::ids(&engine, "status:open");
    let id = run(&engine, ids(&open[..2]), note("hello")).await;
    finished(&engine, id).await;
    let text = serde_json::to_string(&Wish::Undo { run: id }).unwrap();
    let old = store
        .add_wish(text, "command line", engine.now() - 120_000)
        .await
        .unwrap();
    let answer = ask(&engine, &store, &Wish::CheckKey).await;
    assert!(done(&answer));
    eventually(&engine, "the old one is answered", || async {
        engine.refresh();
        store.wish_answer(old).await.unwrap().is_some()
    })
    .await;
    assert!(
        store
            .wish_answer(old)
            .await
            .unwrap()
            .unwrap()
            .contains("refused")
    );
    assert!(store.undos_of(id).await.unwrap().is_empty());
    let rows = changes(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(state(&engine, id).await, RunState::Finished);
}
