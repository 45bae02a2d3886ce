//! Operators, sessions, connections and their keys.

use secrecy::{ExposeSecret, SecretString};
use store::{Error, NewOperator, OperatorChange, Role, SealError, SecretKey, StoredSession};

use crate::support::House;

fn operator(name: &str) -> NewOperator {
    NewOperator {
        name: name.to_owned(),
        role: Role::Lead,
        password_hash: "$argon2id$1".to_owned(),
        created_at: 1,
    }
}

#[tokio::test]
async fn a_name_is_taken_whatever_its_case() {
    let house = House::new().await;
    let store = &house.store;
    assert_eq!(store.operator_count().await.unwrap(), 0);
    let ana = store
        .add_operator(operator(" Ana Ruíz "))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ana.name, "Ana Ruíz");
    for taken in ["ana ruíz", "ANA RUÍZ", "Ana Ruíz  "] {
        assert!(
            store.add_operator(operator(taken)).await.unwrap().is_none(),
            "{taken}"
        );
        assert_eq!(
            store.operator_named(taken).await.unwrap().as_ref(),
            Some(&ana)
        );
    }
    let both = futures_like(
        store.add_operator(operator("Ben")),
        store.add_operator(operator("ben")),
    )
    .await;
    assert_eq!(both, 1, "also at the same time");
    let names: Vec<String> = store
        .operators()
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names.len(), 2);
    assert!(!format!("{ana:?}").contains("argon2id"));
}

async fn futures_like(
    first: impl Future<Output = Result<Option<store::Operator>, Error>>,
    second: impl Future<Output = Result<Option<store::Operator>, Error>>,
) -> usize {
    let (first, second) = tokio::join!(first, second);
    [first.unwrap(), second.unwrap()]
        .into_iter()
        .flatten()
        .count()
}

#[tokio::test]
async fn operators_change_password_and_leave() {
    let house = House::new().await;
    let store = &house.store;
    let ana = store.add_operator(operator("Ana")).await.unwrap().unwrap();
    assert!(
        store
            .set_password("ANA", "$argon2id$2".to_owned())
            .await
            .unwrap()
    );
    assert_eq!(
        store.operator(ana.id).await.unwrap().unwrap().password_hash,
        "$argon2id$2"
    );
    assert!(!store.set_password("Nobody", String::new()).await.unwrap());
    assert_eq!(
        store.remove_operator("ana").await.unwrap(),
        OperatorChange::Done
    );
    assert_eq!(
        store.remove_operator("ana").await.unwrap(),
        OperatorChange::Nobody
    );
    assert!(store.operator(ana.id).await.unwrap().is_none());
    for role in [Role::Viewer, Role::Lead, Role::Admin] {
        assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
    }
    assert!(
        "root"
            .parse::<Role>()
            .unwrap_err()
            .contains("viewer, lead or admin")
    );
    assert!(Role::Viewer < Role::Lead && Role::Lead < Role::Admin);
}

#[tokio::test]
async fn sessions_are_made_once_kept_and_ended() {
    let house = House::new().await;
    let store = &house.store;
    let session = |id: &str, data: &str, expires_at| StoredSession {
        id: id.to_owned(),
        data: data.to_owned(),
        expires_at,
    };
    assert!(store.create_session(session("a", "1", 100)).await.unwrap());
    assert!(
        !store.create_session(session("a", "2", 900)).await.unwrap(),
        "an id is given once"
    );
    assert_eq!(
        store.session("a", 99).await.unwrap(),
        Some(session("a", "1", 100))
    );
    assert_eq!(
        store.session("a", 100).await.unwrap(),
        None,
        "its time has come"
    );
    store.save_session(session("a", "3", 200)).await.unwrap();
    assert!(store.create_session(session("b", "4", 300)).await.unwrap());
    let again = house.again().await;
    assert_eq!(
        again.session("a", 150).await.unwrap(),
        Some(session("a", "3", 200))
    );
    assert_eq!(store.delete_ended_sessions(200).await.unwrap(), 1);
    assert_eq!(
        store.session("b", 200).await.unwrap(),
        Some(session("b", "4", 300))
    );
    store.delete_session("b").await.unwrap();
    store.save_session(session("b", "5", 900)).await.unwrap();
    assert_eq!(
        store.session("b", 0).await.unwrap(),
        None,
        "a late save does not bring it back"
    );
}

#[tokio::test]
async fn a_key_opens_only_with_its_secret_and_in_its_row() {
    let house = House::new().await;
    let store = &house.store;
    let secret = SecretKey::generate().unwrap();
    let key = SecretString::from("hv_live_abcdefgh".to_owned());
    let first = store
        .connection("tutorial", "https://a", "", 1)
        .await
        .unwrap();
    let second = store
        .connection("tutorial", "https://a", "mb_2", 2)
        .await
        .unwrap();
    assert_eq!(
        store
            .connection("tutorial", "https://a", "", 3)
            .await
            .unwrap(),
        first
    );
    assert_ne!(first.id, second.id);
    assert!(store.key(first.id, &secret).await.unwrap().is_none());
    store.set_key(first.id, &key, &secret).await.unwrap();
    let opened = store.key(first.id, &secret).await.unwrap().unwrap();
    assert_eq!(opened.expose_secret(), key.expose_secret());
    assert!(store.key(second.id, &secret).await.unwrap().is_none());
    let other = SecretKey::generate().unwrap();
    let refused = store.key(first.id, &other).await.unwrap_err();
    assert!(matches!(refused, Error::Seal(SealError::CannotOpen)));
    let listed = store.connections_at("tutorial", "https://a").await.unwrap();
    assert_eq!(
        listed.iter().map(|one| one.id).collect::<Vec<_>>(),
        [second.id, first.id]
    );
    assert_eq!(listed[1].key_hint.as_deref(), Some("efgh"));
    store
        .set_key(second.id, &SecretString::from("short".to_owned()), &secret)
        .await
        .unwrap();
    let listed = store.connections_at("tutorial", "https://a").await.unwrap();
    assert_eq!(
        listed[0].key_hint.as_deref(),
        Some(""),
        "a short key shows nothing of itself"
    );
}
