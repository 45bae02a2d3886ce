//! One's own password.

use super::browser::{Answer, Browser};
use super::html::tags;
use super::live::Events;
use super::support::{Console, House, PASSWORD, With};

const PAGE: &str = "/settings/password";
const NEW: &str = "another good horse";
const COOKIE: &str = "hiver_console";

async fn change(browser: &Browser, current: &str, new: &str, again: &str) -> Answer {
    let form = [("current", current), ("new", new), ("again", again)];
    let answer = browser.submit("/password", PAGE, &form).await;
    assert_eq!(
        (answer.status, answer.header("location"), &*answer.body),
        (303, PAGE, "")
    );
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for typed in [current, new, again] {
        assert!(typed.is_empty() || !page.body.contains(typed), "{typed}");
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_all_sessions_but_the_one_it_was_changed_in() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let (here, elsewhere, admin) = (
        console.signed_in("viewer").await,
        console.signed_in("viewer").await,
        console.signed_in("admin").await,
    );
    let mut events = Events::follow(&elsewhere, "/live").await;
    assert_eq!(events.next().await.unwrap().0, "frame");
    let before = here.cookie(COOKIE).unwrap();
    let page = change(&here, PASSWORD, NEW, NEW).await;
    assert!(
        page.body
            .contains("Your password is changed. Your other sessions have ended."),
        "{}",
        page.body
    );
    assert!(
        !here
            .get(PAGE)
            .await
            .body
            .contains("Your password is changed")
    );
    tokio::time::timeout(std::time::Duration::from_secs(2), events.until_end())
        .await
        .expect("the stream of the other session is closed");
    assert_eq!(elsewhere.get("/api/frame").await.status, 401);
    assert_eq!(here.get("/api/frame").await.status, 200);
    assert_eq!(admin.get("/api/frame").await.status, 200);
    // Whoever had copied this session's cookie is out.
    assert_ne!(here.cookie(COOKIE).unwrap(), before);
    let copied = console.browser();
    copied.set_cookie(COOKIE, &before);
    assert_eq!(copied.get("/api/frame").await.status, 401);

    let again = console.browser();
    let old = again.sign_in("viewer", PASSWORD).await;
    assert!(old.header("location").contains("problem=wrong"));
    assert_eq!(again.sign_in("viewer", NEW).await.header("location"), "/");
    // And once more, in a session that went on.
    let page = change(&here, NEW, PASSWORD, PASSWORD).await;
    assert!(page.body.contains("Your password is changed."));
    assert_eq!(again.get("/api/frame").await.status, 401);
    console.signed_in("viewer").await;
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_changed() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    let before = console.fingerprint(&house).await;
    for (current, new, again, words) in [
        (
            "not it at all",
            NEW,
            NEW,
            "the current one is not right. Try again.",
        ),
        ("", NEW, NEW, "the current one is not right. Try again."),
        (
            PASSWORD,
            "too short",
            "too short",
            "the new one needs at least 10 characters.",
        ),
        (
            PASSWORD,
            NEW,
            "another good house",
            "the two new ones differ. Type the same one twice.",
        ),
        (
            PASSWORD,
            PASSWORD,
            PASSWORD,
            "the new one is the current one. Choose another.",
        ),
    ] {
        let page = change(&viewer, current, new, again).await;
        let words = format!("Your password was not changed: {words}");
        assert!(page.body.contains(&words), "{words}: {}", page.body);
        let alerts = tags(&page.body);
        assert!(alerts.iter().any(|tag| tag.get("role") == Some("alert")));
        assert!(!viewer.get(PAGE).await.body.contains(&words), "once");
    }
    assert_eq!(console.fingerprint(&house).await, before);
    assert_eq!(viewer.get("/api/frame").await.status, 200);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_current_one_are_throttled_like_signing_in() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let viewer = console.signed_in("viewer").await;
    let before = console.fingerprint(&house).await;
    // What is wrong with the form itself is no guess.
    for _ in 0..6 {
        change(&viewer, PASSWORD, "2 short", "2 short").await;
    }
    for _ in 0..5 {
        let page = change(&viewer, "a guess", NEW, NEW).await;
        assert!(page.body.contains("the current one is not right"));
    }
    let page = change(&viewer, PASSWORD, NEW, NEW).await;
    assert!(
        page.body
            .contains("Too many attempts. Wait a minute, then try again."),
        "{}",
        page.body
    );
    assert_eq!(console.fingerprint(&house).await, before);
    // It is one count: the guesses could have been made at the door.
    let waits = console.browser().sign_in("viewer", PASSWORD).await;
    assert!(waits.header("location").contains("problem=wait"));
    let admin = console.signed_in("admin").await;
    let page = change(&admin, PASSWORD, NEW, NEW).await;
    assert!(
        page.body.contains("Your password is changed."),
        "others need not wait"
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_changed_before_there_is_a_key() {
    let house = House::new().await;
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    let admin = console.signed_in("admin").await;
    assert_eq!(admin.get("/settings/operators").await.status, 200);
    let page = change(&admin, PASSWORD, NEW, NEW).await;
    assert!(page.body.contains("Your password is changed."));
    console.stop().await;
}
