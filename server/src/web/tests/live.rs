//! The live stream.

use std::time::Duration;

use hiver_sim::ConversationChange;
use http::Method;
use store::OperatorChange;
use triage::model::RunId;

use super::browser::Browser;
use super::support::{Console, House, LONG};

/// A stream of events, read one by one.
pub(super) struct Events {
    response: reqwest::Response,
    unread: String,
    /// The latest id.
    id: String,
}

impl Events {
    pub(super) async fn follow(browser: &Browser, path: &str) -> Self {
        Self::of(browser.open(browser.request(Method::GET, path)).await)
    }

    fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        // What proxies need to be told to pass events on as they come.
        assert_eq!(
            response.headers()["cache-control"],
            "no-cache, no-transform"
        );
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            response,
            unread: String::new(),
            id: String::new(),
        }
    }

    /// Follows from where another stream was.
    async fn resume(browser: &Browser, path: &str, id: &str) -> Self {
        let sign = if path.contains('?') { '&' } else { '?' };
        Self::follow(browser, &format!("{path}{sign}since={id}")).await
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
                    let id = field("id:");
                    self.unread = rest.to_owned();
                    self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
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

    /// The kinds of the next events, up to the first that says how far everything was told.
    async fn kinds(&mut self) -> Vec<String> {
        self.id.clear();
        let mut kinds = Vec::new();
        while self.id.is_empty() {
            kinds.push(self.next().await.expect("an event").0);
        }
        kinds
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

/// Something that changes the mirror and is told once.
async fn something_new(house: &House, console: &Console) {
    let id = console.conversations(1).remove(0);
    let delivered = format!("{{\"data\":{{\"conversation_id\":\"{id}\"}}}}");
    let before = *console.engine.mirror_moves().borrow();
    let change = ConversationChange {
        status: Some(hiver_sim::Status::Closed),
        ..ConversationChange::default()
    };
    house.sim().change_conversation(&id, change).unwrap();
    let taken = console.engine.take_delivery(delivered.into_bytes()).await;
    taken.unwrap();
    console
        .eventually("the mirror has changed", async || {
            *console.engine.mirror_moves().borrow() > before
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_what_changed_since() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let mut events = Events::follow(&lead, "/live").await;
    assert_eq!(events.kinds().await, ["frame", "mirror"], "everything once");
    let id = events.id.clone();
    drop(events);

    let mut events = Events::resume(&lead, "/live", &id).await;
    let kinds = events.kinds().await;
    assert!(!kinds.contains(&"mirror".to_owned()), "{kinds:?}");
    let id = events.id.clone();
    drop(events);

    something_new(&house, &console).await;
    let mut events = Events::resume(&lead, "/live", &id).await;
    assert!(events.kinds().await.contains(&"mirror".to_owned()));
    // What the browser says by itself goes before the address.
    let mut request = lead.request(Method::GET, &format!("/live?since={}", events.id));
    request = request.header("last-event-id", &id);
    let mut again = Events::of(lead.open(request).await);
    assert!(again.kinds().await.contains(&"mirror".to_owned()));

    // Of another process, of no process, or of the future.
    let foreign = [
        "1".to_owned(),
        "nonsense".to_owned(),
        u64::MAX.to_string(),
        String::new(),
    ];
    for id in foreign {
        let mut events = Events::resume(&lead, "/live", &id).await;
        assert_eq!(events.kinds().await, ["frame", "mirror"], "{id:?}");
    }
    drop((events, again));
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_how_far_it_follows() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let page = lead.get("/triage").await.body;
    let (_, rest) = page.split_once("data-live=\"").expect("a number");
    let (seen, _) = rest.split_once('"').unwrap();
    something_new(&house, &console).await;
    let mut events = Events::resume(&lead, "/live", seen).await;
    assert!(events.kinds().await.contains(&"mirror".to_owned()));
    drop(events);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turned_in_between_is_to_be_read_again() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    house.sim().hold();
    let run = console.plan(5).await;
    assert!(console.engine.confirm(run).await.unwrap());
    let path = format!("/live?run={run}");
    let mut events = Events::follow(&lead, &path).await;
    let (event, data) = events.next().await.unwrap();
    assert_eq!(event, "run");
    assert!(data.contains(r#""missed":true"#), "{data}");
    while events.id.is_empty() {
        events.next().await.unwrap();
    }
    let id = events.id.clone();
    drop(events);
    house.sim().release();
    console.until_finished(run).await;
    let mut events = Events::resume(&lead, &path, &id).await;
    let (event, data) = events.next().await.unwrap();
    assert_eq!(event, "run");
    assert!(
        data.contains(r#""missed":true"#) && data.contains(r#""state":"finished""#),
        "{data}"
    );
    while events.id.is_empty() {
        events.next().await.unwrap();
    }
    // From there on nothing was missed.
    let id = events.id.clone();
    let mut events = Events::resume(&lead, &path, &id).await;
    let kinds = events.kinds().await;
    assert!(!kinds.contains(&"run".to_owned()), "{kinds:?}");
    drop(events);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_hundreds_of_streams_at_once() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let mut streams = Vec::new();
    for browser in [
        console.signed_in("lead").await,
        console.signed_in("viewer").await,
    ] {
        for _ in 0..150 {
            let mut events = Events::follow(&browser, "/live").await;
            events.kinds().await;
            streams.push(events);
        }
    }
    something_new(&house, &console).await;
    let told =
        streams.iter_mut().map(
            async |events| {
                while events.next().await.expect("an event").0 != "mirror" {}
            },
        );
    let all = futures::future::join_all(told);
    tokio::time::timeout(Duration::from_secs(2), all)
        .await
        .expect("all within 2 s");
    drop(streams);
    console.stop().await;
}
