//! Changing operators: roles, disabling, removing, and who has to stay.

use store::{NewOperator, Operator, OperatorChange, Role, Store};

use crate::support::House;

async fn add(store: &Store, name: &str, role: Role) -> Operator {
    let new = NewOperator {
        name: name.to_owned(),
        role,
        password_hash: "$argon2id$1".to_owned(),
        created_at: 1,
    };
    store.add_operator(new).await.unwrap().unwrap()
}

async fn named(store: &Store, name: &str) -> Operator {
    store.operator_named(name).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_last_active_admin_stays_an_active_admin() {
    let house = House::new().await;
    let store = &house.store;
    add(store, "Ana", Role::Admin).await;
    add(store, "Ben", Role::Admin).await;
    add(store, "Lea", Role::Lead).await;
    assert_eq!(
        store.set_disabled("ben", true).await.unwrap(),
        OperatorChange::Done
    );
    let before = store.operators().await.unwrap();
    assert_eq!(
        [
            store.set_disabled("ana", true).await.unwrap(),
            store.set_role("ANA", Role::Lead).await.unwrap(),
            store.set_role("Ana", Role::Viewer).await.unwrap(),
            store.remove_operator("Ana").await.unwrap(),
        ],
        [OperatorChange::LastAdmin; 4],
        "a disabled admin is none to rely on"
    );
    assert!(store.operators().await.unwrap() == before);
    for harmless in [
        store.set_role("Ana", Role::Admin).await.unwrap(),
        store.set_disabled("Ana", false).await.unwrap(),
        store.set_role("Ben", Role::Viewer).await.unwrap(),
        store.set_disabled("Lea", true).await.unwrap(),
        store.set_role("Lea", Role::Admin).await.unwrap(),
    ] {
        assert_eq!(harmless, OperatorChange::Done);
    }
    assert_eq!(
        store.remove_operator("Ana").await.unwrap(),
        OperatorChange::LastAdmin,
        "Lea is an admin, but disabled"
    );
    assert_eq!(
        store.set_disabled("Lea", false).await.unwrap(),
        OperatorChange::Done
    );
    assert_eq!(
        store.remove_operator("Ana").await.unwrap(),
        OperatorChange::Done
    );
    assert_eq!(
        store.remove_operator("Lea").await.unwrap(),
        OperatorChange::LastAdmin
    );
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_at_once_one_stays() {
    let house = House::new().await;
    // As two processes on one database.
    let (store, other) = (&house.store, house.again().await);
    for _ in 0..20 {
        for name in ["Ana", "Ben"] {
            if store.operator_named(name).await.unwrap().is_none() {
                add(store, name, Role::Admin).await;
            }
        }
        let (ana, ben) = tokio::join!(store.remove_operator("Ana"), other.remove_operator("Ben"));
        let mut became = [ana.unwrap(), ben.unwrap()];
        became.sort_by_key(|one| *one == OperatorChange::LastAdmin);
        assert_eq!(became, [OperatorChange::Done, OperatorChange::LastAdmin]);
        assert_eq!(store.operator_count().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn what_takes_something_away_ends_sessions_and_what_gives_does_not() {
    let house = House::new().await;
    let store = &house.store;
    add(store, "Ana", Role::Admin).await;
    let lea = add(store, "Lea", Role::Lead).await;
    assert_eq!((lea.disabled, lea.sessions_ended), (false, 0));
    let mut ended = 0;
    for (change, ends) in [
        (store.set_role("Lea", Role::Admin).await, false),
        (store.set_role("Lea", Role::Admin).await, false),
        (store.set_role("Lea", Role::Viewer).await, true),
        (store.set_role("Lea", Role::Lead).await, false),
    ] {
        assert_eq!(change.unwrap(), OperatorChange::Done);
        ended += i32::from(ends);
    }
    let now = named(store, "Lea").await;
    assert_eq!((now.role, now.sessions_ended), (Role::Lead, ended));
    let disabled = store.set_disabled("lea", true).await.unwrap();
    assert_eq!(disabled, OperatorChange::Done);
    let now = named(store, "Lea").await;
    assert_eq!((now.disabled, now.sessions_ended), (true, ended + 1));
    let enabled = store.set_disabled("lea", false).await.unwrap();
    assert_eq!(enabled, OperatorChange::Done);
    let now = named(store, "Lea").await;
    assert_eq!(
        (now.disabled, now.sessions_ended),
        (false, ended + 1),
        "what has ended stays so"
    );
    assert!(format!("{:?}", named(store, "Lea").await).ends_with("lead)"));
}

#[tokio::test]
async fn nobody_is_changed_where_there_is_nobody() {
    let house = House::new().await;
    let store = &house.store;
    add(store, "Ana", Role::Admin).await;
    assert_eq!(
        [
            store.set_role("Ann", Role::Lead).await.unwrap(),
            store.set_disabled("Ann", true).await.unwrap(),
            store.remove_operator("Ann").await.unwrap(),
        ],
        [OperatorChange::Nobody; 3]
    );
    assert_eq!(store.operator_count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_password_is_replaced_only_by_who_knows_it() {
    let house = House::new().await;
    let store = &house.store;
    let ana = add(store, "Ana", Role::Admin).await;
    let replace = |old, new: &str| store.replace_password(ana.id, old, new.to_owned());
    assert!(!replace("$argon2id$0", "$argon2id$9").await.unwrap());
    assert!(replace("$argon2id$1", "$argon2id$2").await.unwrap());
    assert!(
        !replace("$argon2id$1", "$argon2id$3").await.unwrap(),
        "an admin was faster"
    );
    assert_eq!(named(store, "Ana").await.password_hash, "$argon2id$2");
}

#[tokio::test]
async fn the_last_sign_in_is_remembered() {
    let house = House::new().await;
    let store = &house.store;
    let ana = add(store, "Ana", Role::Admin).await;
    assert_eq!(ana.signed_in_at, None);
    store.note_sign_in(ana.id, 70).await.unwrap();
    store.note_sign_in(ana.id, 90).await.unwrap();
    let again = house.again().await;
    assert_eq!(named(&again, "Ana").await.signed_in_at, Some(90));
}
