//! Signing in and out, and what a session survives.

use store::{OperatorChange, Role};

use super::support::{Console, House, PASSWORD, With, operator};

const COOKIE: &str = "hiver_console";
const ANOTHER_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$b3RoZXJvdGhlcm90aGVy$uxWTSOnvlCJwDdrvGjf7x3xvw771mTCJHUN5gdfCrTw";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.browser();
    let wrong = browser.sign_in("lead", "not the password").await;
    let unknown = browser.sign_in("loot", "not the password").await;
    assert_eq!((wrong.status, unknown.status), (303, 303));
    let location = wrong.header("location").to_owned();
    assert_eq!(location, unknown.header("location").replace("loot", "lead"));
    assert_eq!(location, "/login?problem=wrong&name=lead&next=%2F&then=");
    assert_eq!(browser.cookie(COOKIE), None);
    let page = browser.get(&location).await;
    assert!(
        page.body
            .contains("That name and password do not fit together."),
        "{}",
        page.body
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_even_the_right_password_waits() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.browser();
    for _ in 0..5 {
        assert!(
            browser
                .sign_in("lead", "wrong")
                .await
                .header("location")
                .contains("problem=wrong")
        );
    }
    let waits = browser.sign_in(" LEAD", PASSWORD).await;
    assert!(
        waits.header("location").contains("problem=wait"),
        "{}",
        waits.header("location")
    );
    assert_eq!(browser.cookie(COOKIE), None);
    let page = browser.get(waits.header("location")).await;
    assert!(page.body.contains("Wait a minute"), "{}", page.body);
    console.signed_in("admin").await;
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_planted_before_signing_in_opens_nothing_afterwards() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let plant = |planted: String| {
        let browser = console.browser();
        browser.set_cookie(COOKIE, &planted);
        browser
    };
    // A made-up one, one that was signed out, one of somebody who was removed, and one that is in use.
    let made_up = "AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let ended = console.signed_in("viewer").await;
    let ended_id = ended.cookie(COOKIE).unwrap();
    ended.submit("/logout", "/", &[]).await;
    console
        .store
        .add_operator(operator("gone", Role::Viewer))
        .await
        .unwrap();
    let gone = console.signed_in("gone").await.cookie(COOKIE).unwrap();
    let removed = console.store.remove_operator("gone").await.unwrap();
    assert_eq!(removed, OperatorChange::Done);
    let attacker = console.signed_in("viewer").await;
    for planted in [made_up, ended_id, gone, attacker.cookie(COOKIE).unwrap()] {
        let victim = plant(planted.clone());
        assert_eq!(
            victim.sign_in("admin", PASSWORD).await.header("location"),
            "/"
        );
        assert_ne!(victim.cookie(COOKIE).unwrap(), planted);
        assert!(
            victim
                .get("/api/frame")
                .await
                .body
                .contains(r#""operator":"admin""#)
        );
        assert_eq!(plant(planted).get("/api/frame").await.status, 401);
    }
    assert_eq!(
        attacker.get("/api/frame").await.status,
        401,
        "it was taken over, and ended"
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_signing_in_one_is_led_to_our_own_addresses_only() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    for (next, expected) in [
        ("/triage?q=status%3Aopen", "/triage?q=status%3Aopen"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/caf\u{e9}", "/"),
    ] {
        let form = [("name", "lead"), ("password", PASSWORD), ("next", next)];
        let answer = console.browser().submit("/login", "/login", &form).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, expected),
            "{next:?}"
        );
        // The same where the password was wrong and it comes back in the address.
        let form = [("name", "viewer"), ("password", "wrong"), ("next", next)];
        let answer = console.browser().submit("/login", "/login", &form).await;
        assert!(
            !answer.header("location").contains("evil"),
            "{}",
            answer.header("location")
        );
        console.signed_in("viewer").await;
    }
    let form = [("name", "lead"), ("password", PASSWORD), ("then", "close")];
    let answer = console
        .browser()
        .submit("/login", "/login?then=close", &form)
        .await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("close this tab"), "{}", answer.body);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_that_was_wanted_comes_after_signing_in() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.browser();
    let wanted = "/triage?q=subject%3Acaf%C3%A9%20is%3Aopen";
    let to_sign_in = browser.get(wanted).await;
    assert_eq!(to_sign_in.status, 303);
    let page = browser.get(to_sign_in.header("location")).await;
    let tags = super::html::tags(&page.body);
    let next = tags
        .iter()
        .find(|tag| tag.get("name") == Some("next"))
        .and_then(|tag| tag.get("value"))
        .unwrap();
    let form = [
        ("name", "lead"),
        ("password", PASSWORD),
        ("next", next),
        ("draft", ""),
    ];
    assert_eq!(
        browser
            .submit("/login", "/login", &form)
            .await
            .header("location"),
        wanted
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_on_the_server() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.signed_in("lead").await;
    let cookie = browser.cookie(COOKIE).unwrap();
    let answer = browser.submit("/logout", "/", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/login"));
    assert_eq!(
        browser.cookie(COOKIE),
        None,
        "the browser is told to forget it"
    );
    browser.set_cookie(COOKIE, &cookie);
    assert_eq!(browser.get("/").await.status, 303);
    assert_eq!(browser.get("/api/frame").await.status, 401);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_and_a_removal_end_sessions() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let (lead, viewer, admin) = (
        console.signed_in("lead").await,
        console.signed_in("viewer").await,
        console.signed_in("admin").await,
    );
    assert!(
        console
            .store
            .set_password("lead", ANOTHER_HASH.to_owned())
            .await
            .unwrap()
    );
    let removed = console.store.remove_operator("viewer").await.unwrap();
    assert_eq!(removed, OperatorChange::Done);
    for ended in [&lead, &viewer] {
        assert_eq!(ended.get("/api/frame").await.status, 401);
        assert_eq!(ended.get("/").await.status, 303);
    }
    assert_eq!(admin.get("/api/frame").await.status, 200);
    // Whoever comes next under that name is somebody else.
    console
        .store
        .add_operator(operator("viewer", Role::Admin))
        .await
        .unwrap();
    assert_eq!(viewer.get("/api/frame").await.status, 401);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_survive_a_restart() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let before = console.signed_in("lead").await;
    console.stop().await;
    let console = house.console(With::default()).await;
    let after = console.browser();
    after.set_cookie(COOKIE, &before.cookie(COOKIE).unwrap());
    assert!(
        after
            .get("/api/frame")
            .await
            .body
            .contains(r#""operator":"lead""#)
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let house = House::new().await;
    for (public_url, secure) in [
        (None, false),
        (Some("https://triage.example.com"), true),
        (Some("http://triage"), false),
    ] {
        let console = house
            .console(With {
                public_url,
                ..With::default()
            })
            .await;
        let answer = console.browser().sign_in("lead", PASSWORD).await;
        let cookie = answer.header("set-cookie");
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert_eq!(
            cookie.contains("Secure"),
            secure,
            "{public_url:?}: {cookie}"
        );
        assert!(!cookie.contains("Domain"), "{cookie}");
        console.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_session_by_looking() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let browser = console.browser();
    for path in [
        "/login",
        "/",
        "/triage",
        "/healthz",
        "/api/frame",
        "/v/0/none.js",
        "/nowhere",
    ] {
        assert_eq!(browser.get(path).await.header("set-cookie"), "", "{path}");
    }
    console.stop().await;
}
