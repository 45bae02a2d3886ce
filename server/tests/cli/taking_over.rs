//! One sends: whoever has the folder's lock. Whoever waits takes its place when it ends.

use std::fs::File;

use engine::Wish;

use crate::house::{House, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_answer_does_it_when_the_folder_becomes_free() {
    let house = House::new().await;
    let run = house.plan_tags(3).await;
    let store = house.store().await;
    let lock = File::create(house.place.folder.path().join("data/lock")).unwrap();
    lock.lock().unwrap();
    std::io::Write::write_all(&mut &lock, b"somebody who never answers").unwrap();

    let waiting = house.begin(&["runs", "start", "1"], "500");
    eventually("the wish is written down", async || {
        let wishes = store.open_wishes().await.unwrap();
        wishes.iter().any(|one| {
            assert_eq!(one.author, "command line");
            serde_json::from_str::<Wish>(&one.wish).unwrap() == Wish::Start { run }
        })
    })
    .await;
    assert!(house.writes().is_empty());
    drop(lock);
    let done = waiting.end().await;
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "Run 1 is finished: 3 done.\n"),
        "{done:?}"
    );
    assert!(store.open_wishes().await.unwrap().is_empty());
    assert_eq!((house.tagged(), house.writes().len()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_taken_over_when_its_server_is_killed() {
    let house = House::new().await;
    house.plan_tags(40).await;
    let serving = house.serve("10").await;
    let waiting = house.begin(&["runs", "start", "1"], "500");
    house.until_written(3).await;
    serving.kill();
    let done = waiting.end().await;
    assert_eq!(
        (done.code, done.out.as_str()),
        (0, "Run 1 is finished: 40 done.\n"),
        "{done:?}"
    );
    assert_eq!(house.tagged(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_send_one_after_the_other() {
    let house = House::new().await;
    house.plan_tags(12).await;
    let second = house
        .plan(
            2,
            triage::actions::Actions {
                note: Some("second".to_owned()),
                ..Default::default()
            },
        )
        .await;
    let first = house.begin(&["runs", "start", "1"], "20");
    house.until_written(1).await;
    let then = house.begin(&["runs", "start", &second.to_string()], "500");
    assert_eq!(first.end().await.code, 0);
    let then = then.end().await;
    assert_eq!(
        (then.code, then.out.as_str()),
        (0, "Run 2 is finished: 2 done.\n"),
        "{then:?}"
    );
    let writes = house.writes();
    let notes = writes.iter().position(|one| one.path.ends_with("/notes"));
    assert_eq!(notes, Some(12), "the first run was over before");
}
