//! The live stream.

use std::time::Duration;

use http::Method;
use store::OperatorChange;
use triage::model::RunId;

use super::browser::Browser;
use super::support::{Console, House, LONG};

/// A stream of events, read one by one.
pub(super) struct Events {
    response: reqwest::Response,
    unread: String,
}

impl Events {
    pub(super) async fn follow(browser: &Browser, path: &str) -> Self {
        let response = browser.open(browser.request(Method::GET, path)).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Self {
            response,
            unread: String::new(),
        }
    }

    /// The next event and its data; nothing when the stream has ended.
    pub(super) async fn next(&mut self) -> Option<(String, String)> {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.unread.split_once("\n\n") {
                    let field = |name: &str| {
                        block
                            .lines()
                            .find_map(|line| line.strip_prefix(name))
                            .map(|value| value.trim().to_owned())
                    };
                    let event = field("event:").zip(field("data:"));
                    self.unread = rest.to_owned();
                    if event.is_some() {
                        return event;
                    }
                    continue;
                }
                let chunk = self.response.chunk().await.unwrap()?;
                self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(LONG, reading)
            .await
            .expect("an event or the end")
    }

    pub(super) async fn until_end(&mut self) {
        while self.next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frame_comes_first_and_a_run_is_told_to_its_end() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let mut events = Events::follow(&lead, "/live").await;
    let (event, data) = events.next().await.unwrap();
    assert_eq!(event, "frame");
    let frame: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(
        (&frame["operator"], &frame["role"]),
        (&"lead".into(), &"lead".into()),
        "{data}"
    );

    house.sim().hold();
    let run = console.plan(5).await;
    assert!(console.engine.confirm(run).await.unwrap());
    let mut events = Events::follow(&lead, &format!("/live?run={run}")).await;
    let (event, data) = events.next().await.unwrap();
    assert_eq!(event, "run", "{data}");
    assert!(
        data.contains(&format!(r#""id":{run}"#)) && !data.contains(r#""state":"finished""#),
        "{data}"
    );
    house.sim().release();
    let finished = loop {
        let (event, data) = events
            .next()
            .await
            .expect("it goes on until the run is finished");
        if event == "run" && data.contains(r#""state":"finished""#) {
            break data;
        }
    };
    assert!(finished.contains(&format!(r#""id":{run}"#)), "{finished}");
    assert!(finished.contains(r#"["done",5]"#), "{finished}");
    drop(events);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_not_there_is_no_failure() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    let mut events = Events::follow(&viewer, &format!("/live?run={}", RunId(999))).await;
    assert_eq!(events.next().await.unwrap().0, "frame");
    let broken = viewer.get("/live?run=x").await;
    assert_eq!(broken.status, 400);
    drop(events);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_the_server_stops() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    let mut events = Events::follow(&viewer, "/live").await;
    assert_eq!(events.next().await.unwrap().0, "frame");
    console.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), events.until_end())
        .await
        .expect("the stream ends");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_its_session() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let (viewer, lead, admin) = (
        console.signed_in("viewer").await,
        console.signed_in("lead").await,
        console.signed_in("admin").await,
    );
    let mut of_viewer = Events::follow(&viewer, "/live").await;
    let mut of_lead = Events::follow(&lead, "/live").await;
    let mut of_admin = Events::follow(&admin, "/live").await;
    for events in [&mut of_viewer, &mut of_lead, &mut of_admin] {
        assert_eq!(events.next().await.unwrap().0, "frame");
    }
    let removed = console.store.remove_operator("viewer").await.unwrap();
    assert_eq!(removed, OperatorChange::Done);
    lead.submit("/logout", "/", &[]).await;
    console.engine.refresh();
    of_viewer.until_end().await;
    of_lead.until_end().await;
    assert!(of_admin.next().await.is_some(), "nobody else's ends");
    drop(of_admin);
    console.stop().await;
}
