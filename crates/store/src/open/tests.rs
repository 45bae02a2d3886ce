use sea_orm::{ActiveModelTrait, ConnectionTrait, Set, Statement};

use super::*;
use crate::entities::settings;

fn address(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("console.db").display())
}

async fn pragma(database: &DatabaseConnection, name: &str) -> String {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = database.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<String>(0)
        .or_else(|_| {
            row.try_get_by_index::<i64>(0)
                .map(|number| number.to_string())
        })
        .unwrap()
}

#[tokio::test]
async fn what_was_reported_as_written_survives_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&address(&folder)).await.unwrap();
    for database in [&store.write, &store.read] {
        assert_eq!(pragma(database, "journal_mode").await, "wal");
        assert_eq!(pragma(database, "synchronous").await, "2", "FULL");
        assert_eq!(pragma(database, "foreign_keys").await, "1");
    }
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_fresh_file_gets_all_tables_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let store = Store::open(&address(&folder)).await.unwrap();
        let schema = SchemaManager::new(&store.write);
        for table in [
            "operators",
            "sessions",
            "settings",
            "connections",
            "conversations",
            "runs",
            "changes",
            "usage",
        ] {
            assert!(schema.has_table(table).await.unwrap(), "{table}");
        }
        store.set_setting("answer", &42).await.unwrap();
        store.close().await.unwrap();
    }
    let store = Store::open(&address(&folder)).await.unwrap();
    assert_eq!(store.setting::<i32>("answer").await.unwrap(), Some(42));
    assert_eq!(store.setting::<i32>("question").await.unwrap(), None);
    assert!(store.setting::<Vec<String>>("answer").await.is_err());
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&address(&folder)).await.unwrap();
    let newer = seaql_migrations::ActiveModel {
        version: Set("m9999_from_the_future".to_owned()),
        applied_at: Set(1),
    };
    newer.insert(&store.write).await.unwrap();
    store.close().await.unwrap();
    let error = Store::open(&address(&folder)).await.unwrap_err();
    let Error::Newer { found, known } = &error else {
        panic!("{error}")
    };
    assert_eq!(found, "m9999_from_the_future");
    assert_eq!(
        Some(known.as_str()),
        Migrator::migrations().last().map(|last| last.name())
    );
    assert!(error.to_string().contains("newer than this program"));
}

#[tokio::test]
async fn a_place_that_cannot_be_opened_is_an_error() {
    assert!(
        Store::open("sqlite:/nowhere/at/all/console.db")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn operators_of_before_may_still_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = Database::connect(options(&address(&folder), 1))
        .await
        .unwrap();
    Migrator::up(&first, Some(1)).await.unwrap();
    first
        .execute_unprepared(
            "INSERT INTO operators (name, name_key, role, password_hash, created_at) \
             VALUES ('Ana', 'ana', 'admin', '$argon2id$1', 1)",
        )
        .await
        .unwrap();
    first.close().await.unwrap();
    let store = Store::open(&address(&folder)).await.unwrap();
    let ana = store.operator_named("Ana").await.unwrap().unwrap();
    assert!(!ana.disabled);
    assert_eq!((ana.signed_in_at, ana.sessions_ended), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_write_wait_for_each_other() {
    const EACH: usize = 100;

    let folder = tempfile::tempdir().unwrap();
    let stores = [
        Store::open(&address(&folder)).await.unwrap(),
        Store::open(&address(&folder)).await.unwrap(),
    ];
    // Each reads before it writes, within a transaction.
    let add = async |store: &Store| {
        for _ in 0..EACH {
            let transaction = store.begin().await.unwrap();
            let known = settings::Entity::find_by_id("count")
                .one(&transaction)
                .await
                .unwrap();
            let count: usize = known.as_ref().map_or(0, |row| row.value.parse().unwrap());
            let row = settings::ActiveModel {
                key: Set("count".to_owned()),
                value: Set((count + 1).to_string()),
            };
            match known {
                Some(_) => drop(row.update(&transaction).await.unwrap()),
                None => drop(row.insert(&transaction).await.unwrap()),
            }
            transaction.commit().await.unwrap();
        }
    };
    tokio::join!(add(&stores[0]), add(&stores[1]));
    let count: Option<usize> = stores[0].setting("count").await.unwrap();
    assert_eq!(count, Some(2 * EACH));
}
