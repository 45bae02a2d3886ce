//! A database that cannot be written: nothing leaves without its intent, and the screen says why.

use hiver_sim::NewConversation;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use triage::outcome::{Outcome, RunState};

use crate::support::{House, eventually, finished, ids, note, refresh, run, state};

/// Makes every write to a table fail as the database fails when the disk does.
async fn break_disk(house: &House, words: &str) -> DatabaseConnection {
    let other = Database::connect(house.database()).await.unwrap();
    let trigger = format!(
        "CREATE TRIGGER broken BEFORE UPDATE ON changes BEGIN SELECT RAISE(FAIL, '{words}'); END"
    );
    other.execute_unprepared(&trigger).await.unwrap();
    other
}

#[tokio::test]
async fn nothing_leaves_while_its_intent_cannot_be_written() {
    let cases = [
        ("database or disk is full", "the disk is full"),
        ("attempt to write a readonly database", "it is read-only"),
        ("disk I/O error", "the disk has an error"),
    ];
    for (words, said) in cases {
        let house = House::new(100).await;
        let engine = house.synced().await;
        let open = House::ids(&engine, "status:open");
        let disk = break_disk(&house, words).await;
        let id = run(&engine, ids(&open[..25]), note("hello")).await;
        eventually(&engine, "the trouble is said", || async {
            let trouble = engine.status().await.unwrap().trouble;
            trouble.is_some_and(|trouble| trouble.message.contains(said))
        })
        .await;
        assert!(house.writes().is_empty(), "{words}");
        assert_ne!(state(&engine, id).await, RunState::Finished);

        disk.execute_unprepared("DROP TRIGGER broken")
            .await
            .unwrap();
        let rows = finished(&engine, id).await;
        assert!(
            rows.iter().all(|row| row.outcome == Outcome::Done),
            "{words}"
        );
        assert_eq!(house.writes().len(), 25, "{words}");
        eventually(&engine, "the trouble is over", || async {
            engine.status().await.unwrap().trouble.is_none()
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_is_not_forgotten() {
    let house = House::new(400).await;
    let engine = house.synced().await;
    let open = House::ids(&engine, "status:open");
    house.sim().hold();
    let id = run(&engine, ids(&open[..100]), note("hello")).await;
    // More than so many are never without an answer: none is still on its way here.
    house.sim().until_waiting(64).await;
    let disk = break_disk(&house, "database or disk is full").await;
    house.sim().release();
    eventually(&engine, "the trouble is said", || async {
        engine.status().await.unwrap().trouble.is_some()
    })
    .await;
    assert_eq!(house.writes().len(), 64);
    disk.execute_unprepared("DROP TRIGGER broken")
        .await
        .unwrap();
    let rows = finished(&engine, id).await;
    assert!(rows.iter().all(|row| row.outcome == Outcome::Done));
    assert_eq!(house.writes().len(), 100, "none was sent twice");
}

#[tokio::test]
async fn what_could_not_be_written_when_it_was_seen_is_written_when_it_is_seen_again() {
    let house = House::new(20).await;
    let engine = house.synced().await;
    let disk = Database::connect(house.database()).await.unwrap();
    disk.execute_unprepared(
        "CREATE TRIGGER broken BEFORE INSERT ON conversations \
         BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
    )
    .await
    .unwrap();
    let mailbox = house.sim().summary().mailboxes[0].id.clone();
    let created = NewConversation::new(&mailbox, "Late on the disk");
    let id = house.sim().create_conversation(created).unwrap().id;
    engine.refresh();
    eventually(&engine, "the trouble is said", || async {
        engine.status().await.unwrap().trouble.is_some()
    })
    .await;
    disk.execute_unprepared("DROP TRIGGER broken")
        .await
        .unwrap();
    refresh(&engine).await;
    let statement = Statement::from_sql_and_values(
        disk.get_database_backend(),
        "SELECT COUNT(*) FROM conversations WHERE id = $1",
        [id.into()],
    );
    let row = disk.query_one_raw(statement).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1);
}
