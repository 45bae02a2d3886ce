//! Health, unknown addresses, set-up, light and dark, and what happens when a handler breaks down.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::middleware::from_fn;
use axum::routing::get;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::support::{Console, House, With};
use crate::web::{headers, plain};

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_to_anybody() {
    let house = House::new().await;
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    for browser in [console.browser(), console.signed_in("viewer").await] {
        let (alive, ready) = (browser.get("/healthz").await, browser.get("/readyz").await);
        assert_eq!((alive.status, alive.body.as_str()), (200, "alive\n"));
        assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_has_a_page() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    for path in [
        "/nowhere",
        "/triage/more",
        "/runs/1/more",
        "//evil.example/",
    ] {
        let answer = viewer.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.body.contains("There is no page at this address."),
            "{path}: {}",
            answer.body
        );
    }
    let nobody = console.browser().get("/nowhere").await;
    assert_eq!(
        (nobody.status, nobody.header("location")),
        (303, "/login?next=%2Fnowhere")
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found_on_its_page_and_behind_it() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    for (page, function, words) in [
        ("/runs/999", "/api/run?id=999", "There is no run 999."),
        (
            "/preview/999",
            "/api/preview?id=999",
            "There is no plan 999.",
        ),
        (
            "/conversations/none",
            "/api/conversation?id=none",
            "The mirror has no conversation `none`.",
        ),
    ] {
        let answer = viewer.get(page).await;
        assert_eq!(answer.status, 404, "{page}");
        assert!(answer.body.contains(words), "{page}: {}", answer.body);
        let request = viewer
            .request(http::Method::GET, function)
            .header("accept", "application/json");
        let answer = viewer.send(request).await;
        assert_eq!(answer.status, 404, "{function}");
        assert!(answer.body.contains(words), "{function}: {}", answer.body);
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_pages_lead_to_set_up() {
    let house = House::new().await;
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    let nobody = console.browser();
    assert!(
        nobody
            .get("/")
            .await
            .header("location")
            .starts_with("/login")
    );
    let admin = console.signed_in("admin").await;
    for page in [
        "/",
        "/triage?q=status%3Aopen",
        "/runs",
        "/runs/1",
        "/preview/1",
        "/conversations/c",
    ] {
        let answer = admin.get(page).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/setup"),
            "{page}"
        );
    }
    let setup = admin.get("/setup").await;
    assert_eq!(setup.status, 200);
    assert!(setup.body.contains("Generate New Key"), "{}", setup.body);
    for path in [
        "/settings",
        "/login",
        "/api/frame",
        "/api/connection",
        "/api/page?path=%2F",
    ] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn light_and_dark_take_turns_and_lead_back() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.browser();
    assert!(
        browser
            .get("/login")
            .await
            .body
            .contains("<html lang=\"en\" data-live=")
    );
    for theme in ["dark", "light", "dark"] {
        let answer = browser.submit("/theme", "/login?next=%2Fruns", &[]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/login?next=%2Fruns")
        );
        assert_eq!(browser.cookie("theme").as_deref(), Some(theme));
        assert!(
            browser
                .get("/login")
                .await
                .body
                .contains(&format!("data-theme=\"{theme}\""))
        );
    }
    for (from, back) in [("/runs?page=2", "/runs?page=2"), ("//evil.example/x", "/")] {
        assert_eq!(
            browser.submit("/theme", from, &[]).await.header("location"),
            back,
            "{from}"
        );
    }
    console.stop().await;
}

#[tokio::test]
async fn a_handler_that_breaks_down_is_answered_with_a_page() {
    async fn break_down() -> &'static str {
        panic!("the <secret> cause")
    }
    let router = Router::new()
        .route("/", get(break_down))
        .layer(CatchPanicLayer::custom(plain::after_panic))
        .layer(from_fn(headers::secure));
    let response = router
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert!(response.headers().contains_key("content-security-policy"));
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    let body = String::from_utf8_lossy(&body);
    assert!(
        body.contains("Something went wrong") && !body.contains("secret"),
        "{body}"
    );
}
