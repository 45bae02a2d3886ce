//! Whoever may no longer is out at once, streams included.

use std::time::Duration;

use store::OperatorChange;

use super::super::browser::Browser;
use super::super::live::Events;
use super::super::support::{Console, House, PASSWORD};
use super::{PAGE, is_signed_in, send};

/// A stream is closed within a second; a busy machine gets another one.
const SOON: Duration = Duration::from_secs(2);

/// A stream that has told its first.
async fn stream(browser: &Browser) -> Events {
    let mut events = Events::follow(browser, "/live").await;
    assert_eq!(events.next().await.unwrap().0, "frame");
    events
}

async fn ends_soon(mut events: Events) {
    tokio::time::timeout(SOON, events.until_end())
        .await
        .expect("the stream is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_is_out_at_once() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let (lead, lead_too, viewer) = (
        console.signed_in("lead").await,
        console.signed_in("lead").await,
        console.signed_in("viewer").await,
    );
    let (of_lead, of_lead_too) = (stream(&lead).await, stream(&lead_too).await);
    let mut of_viewer = stream(&viewer).await;
    let page = send(&admin, "/operators/disable", &[("name", "lead")]).await;
    assert!(page.body.contains("lead is disabled"), "{}", page.body);
    ends_soon(of_lead).await;
    ends_soon(of_lead_too).await;
    assert!(!is_signed_in(&lead).await);
    let planned = lead.call("/api/refresh", &[]).await;
    assert_eq!(planned.status, 401);

    // Nobody but who knows the password learns of it.
    let somebody = console.browser();
    let wrong = somebody.sign_in("lead", "a guess").await;
    assert!(wrong.header("location").contains("problem=wrong"));
    let right = somebody.sign_in("lead", PASSWORD).await;
    assert!(right.header("location").contains("problem=disabled"));
    assert_eq!(somebody.cookie("hiver_console"), None);
    let page = somebody.get(right.header("location")).await;
    assert!(
        page.body
            .contains("This operator is disabled. Ask an admin to enable it."),
        "{}",
        page.body
    );

    let page = send(&admin, "/operators/enable", &[("name", "lead")]).await;
    assert!(page.body.contains("lead is enabled"), "{}", page.body);
    // A session that was not used in between is not there again either.
    assert!(!is_signed_in(&lead_too).await, "what has ended stays so");
    console.signed_in("lead").await;
    assert!(is_signed_in(&viewer).await);
    console.engine.refresh();
    assert!(of_viewer.next().await.is_some(), "nobody else's ends");
    drop(of_viewer);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_does_ends_streams_too() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let events = stream(&lead).await;
    // As the command line does it: the server is not told.
    let became = console.store.set_disabled("lead", true).await.unwrap();
    assert_eq!(became, OperatorChange::Done);
    ends_soon(events).await;
    assert!(!is_signed_in(&lead).await);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn less_of_a_role_signs_out_and_more_does_not() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let lead = console.signed_in("lead").await;
    let mut events = stream(&lead).await;
    let form = [("name", "lead"), ("role", "admin")];
    let page = send(&admin, "/operators/role", &form).await;
    assert!(
        page.body.contains("lead has the role admin now."),
        "{}",
        page.body
    );
    assert_eq!(lead.get(PAGE).await.status, 200, "the session goes on");
    console.engine.refresh();
    loop {
        let (event, data) = events.next().await.expect("so does the stream");
        if event == "frame" && data.contains(r#""role":"admin""#) {
            break;
        }
    }
    let form = [("name", "lead"), ("role", "viewer")];
    let page = send(&admin, "/operators/role", &form).await;
    assert!(
        page.body.contains("lead has the role viewer now."),
        "{}",
        page.body
    );
    ends_soon(events).await;
    assert!(!is_signed_in(&lead).await);
    let again = console.signed_in("lead").await;
    assert!(
        again
            .get("/api/frame")
            .await
            .body
            .contains(r#""role":"viewer""#)
    );
    let refused = send(
        &admin,
        "/operators/role",
        &[("name", "lead"), ("role", "boss")],
    )
    .await;
    assert!(
        refused
            .body
            .contains("The role of lead was not changed: `boss` is not a role"),
        "{}",
        refused.body
    );
    assert!(is_signed_in(&again).await);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_is_out_at_once() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let viewer = console.signed_in("viewer").await;
    let events = stream(&viewer).await;
    let page = send(&admin, "/operators/remove", &[("name", "viewer")]).await;
    assert!(page.body.contains("Removed viewer;"), "{}", page.body);
    ends_soon(events).await;
    assert!(!is_signed_in(&viewer).await);
    for path in ["remove", "disable", "enable", "password", "role"] {
        let form = [("name", "viewer"), ("role", "lead")];
        let page = send(&admin, &format!("/operators/{path}"), &form).await;
        assert!(
            page.body
                .contains("There is no operator viewer any more, so nothing was changed."),
            "{path}: {}",
            page.body
        );
    }
    console.stop().await;
}
