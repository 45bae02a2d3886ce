//! Stopping, and starting again.

use std::time::Duration;

use crate::session::Session;
use crate::support::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_open_streams_stops_within_five_seconds() {
    let place = Place::new();
    let serving = place.start(&["demo"]);
    let session = Session::sign_in(&serving, &serving.sign_in()).await;
    let mut stream = session.open("/live").await;
    assert!(stream.chunk().await.unwrap().is_some());
    let stopping = tokio::task::spawn_blocking(|| serving.terminate());
    while stream.chunk().await.unwrap_or(None).is_some() {}
    let (status, _, took) = stopping.await.unwrap();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_as_it_was_after_a_second_start() {
    let place = Place::new();
    let first = place.start(&["demo"]);
    let sign_in = first.sign_in();
    let session = Session::sign_in(&first, &sign_in).await;
    assert_eq!(session.get("/api/frame").await["demo"], true);
    session
        .follow("/live", async |_| {
            session.get("/api/conversations").await["total"]
                .as_u64()
                .unwrap()
                > 0
        })
        .await;
    let choices = session.get("/api/choices").await;
    let (tag, tag_name) = (
        choices["tags"][0]["id"].as_str().unwrap(),
        choices["tags"][0]["name"].as_str().unwrap(),
    );
    let filter = format!("/api/conversations?filter=-tag:%22{tag_name}%22");
    let id = session.get(&filter).await["rows"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    session
        .post(
            "/api/plan",
            format!("scope=ids&ids[]={id}&add_tags[]={tag}"),
        )
        .await;
    session.post("/api/start_run", "id=1".to_owned()).await;
    session
        .follow("/live?run=1", async |told| {
            told.contains(r#""state":"finished""#)
        })
        .await;
    let (status, ..) = tokio::task::spawn_blocking(|| first.terminate())
        .await
        .unwrap();
    assert!(status.success());

    let second = place.start(&["demo"]);
    assert_eq!(second.sign_in(), sign_in, "it is printed again");
    let session = Session::sign_in(&second, &sign_in).await;
    session
        .post("/api/refresh_conversation", format!("id={id}"))
        .await;
    let conversation = session.get(&format!("/api/conversation?id={id}")).await;
    let tags = conversation["row"]["tags"].as_array().unwrap();
    assert!(
        tags.iter().any(|known| known == tag_name),
        "the simulator remembers: {conversation}"
    );
    assert_eq!(
        conversation["history"][0]["change"]["outcome"], "done",
        "{conversation}"
    );
    assert!(place.folder.path().join("data/demo/console.db").exists());
    assert!(
        !place.folder.path().join("data/console.db").exists(),
        "the real console's folder is left alone"
    );
    second.terminate();
}
