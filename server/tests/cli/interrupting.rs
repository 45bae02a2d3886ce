//! Ctrl-C: nothing is left in doubt, and what was begun can go on.

use serde_json::json;
use triage::actions::Actions;

use crate::house::{House, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_interrupted_goes_on_later_and_nothing_is_sent_twice() {
    let house = House::new().await;
    let note = Actions {
        note: Some("Once.".to_owned()),
        ..Actions::default()
    };
    house.plan(30, note).await;
    house
        .sim()
        .set_latency(std::time::Duration::from_millis(100));
    let begun = house.begin(&["runs", "start", "1"], "20");
    house.until_written(4).await;
    begun.signal("INT");
    let interrupted = begun.end().await;
    assert_eq!(
        (
            interrupted.code,
            interrupted.out.as_str(),
            interrupted.err.as_str()
        ),
        (
            130,
            "",
            "run 1 is stopped\n  hint: it goes on with `hiver-console runs resume 1`\n"
        )
    );
    let left = house.json(&["runs", "show", "1", "--json"]).await;
    assert_eq!(left["state"], "waiting");
    let written = house.writes().len();
    assert_eq!(
        left["outcomes"]["done"],
        json!(written),
        "every answer is known"
    );
    assert_eq!(left["outcomes"]["waiting"], json!(30 - written));

    let resumed = house.run(&["runs", "resume", "1"]).await;
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let state = house.sim().state();
    let notes: Vec<usize> = state
        .conversations
        .iter()
        .map(|one| one.notes.len())
        .collect();
    assert_eq!(
        (notes.iter().sum::<usize>(), notes.iter().max()),
        (30, Some(&1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_watches_stops_watching_and_the_server_goes_on() {
    let house = House::new().await;
    house.plan_tags(30).await;
    let serving = house.serve("20").await;
    let watching = house.begin(&["runs", "start", "1"], "20");
    house.until_written(2).await;
    watching.signal("TERM");
    let interrupted = watching.end().await;
    assert_eq!(interrupted.code, 130, "{interrupted:?}");
    assert!(
        interrupted
            .err
            .contains(&format!("run 1 goes on: {}", serving.url)),
        "{interrupted:?}"
    );
    eventually("the server finishes it", async || house.tagged() == 30).await;
    serving.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_is_interrupted_is_taken_up_again() {
    let house = House::new().await;
    house.plan_tags(20).await;
    assert_eq!(house.run(&["runs", "start", "1"]).await.code, 0);
    house.sim().clear_ledger();
    let begun = house.begin(&["runs", "undo", "1"], "10");
    let read = || {
        let requests = house.sim().ledger().requests.into_iter();
        requests
            .filter(|one| one.path.contains("/conversations/"))
            .count()
    };
    eventually("some are read", async || read() > 3).await;
    begun.signal("INT");
    let interrupted = begun.end().await;
    assert_eq!(interrupted.code, 130, "{interrupted:?}");
    assert!(
        interrupted
            .err
            .contains("hint: go on with `hiver-console runs undo 1`"),
        "{interrupted:?}"
    );
    let done = house.run(&["runs", "undo", "1"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.out.ends_with("Run 2 is finished: 20 done.\n"),
        "{done:?}"
    );
    assert_eq!(house.tagged(), 0);
}
