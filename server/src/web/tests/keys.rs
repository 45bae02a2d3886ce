//! The key of Hiver comes in and never goes out.

use super::browser::Browser;
use super::support::{House, KEY, With};

/// Everything that an admin can look at.
async fn looked_at(browser: &Browser) -> String {
    let mut all = String::new();
    for path in [
        "/",
        "/settings",
        "/setup",
        "/triage",
        "/runs",
        "/api/frame",
        "/api/connection",
        "/api/page?path=%2F",
    ] {
        let answer = browser.get(path).await;
        all.push_str(&format!("{:?}{}", answer.headers, answer.body));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_checked_stored_sealed_and_never_shown() {
    let house = House::new().await;
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    let admin = console.signed_in("admin").await;

    let blank = admin
        .call("/api/check_key", &[("key", "  "), ("save", "true")])
        .await;
    assert_eq!(blank.status, 422, "{}", blank.body);
    let wrong = admin
        .call("/api/check_key", &[("key", "wrong-key"), ("save", "true")])
        .await;
    assert_eq!(wrong.status, 200, "{}", wrong.body);
    assert!(
        wrong.body.contains(r#""accepted":false"#) && !wrong.body.contains("wrong-key"),
        "{}",
        wrong.body
    );
    assert!(!console.engine.has_key());
    let only_checked = admin
        .call("/api/check_key", &[("key", KEY), ("save", "false")])
        .await;
    assert!(
        only_checked.body.contains(r#""accepted":true"#),
        "{}",
        only_checked.body
    );
    assert!(!console.engine.has_key(), "checking alone stores nothing");

    let right = admin
        .call("/api/check_key", &[("key", KEY), ("save", "true")])
        .await;
    assert!(right.body.contains(r#""accepted":true"#), "{}", right.body);
    assert!(console.engine.has_key());
    console.until_synced().await;
    for body in [
        only_checked.body,
        right.body,
        format!("{:?}", right.headers),
        looked_at(&admin).await,
    ] {
        assert!(!body.contains(KEY), "{body}");
    }
    let settings = admin.get("/settings").await.body;
    assert!(
        settings.contains("…4f1e") && settings.contains("stored here, encrypted"),
        "{settings}"
    );
    console.stop().await;

    let files: Vec<_> = std::fs::read_dir(house.folder.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(
        files.iter().any(|path| path.ends_with("console.db")),
        "{files:?}"
    );
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(KEY.len())
            .any(|window| window == KEY.as_bytes());
        assert!(!found, "the key is in {}", path.display());
    }

    // It is used again after a restart.
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    assert!(console.engine.has_key());
    assert!(
        !looked_at(&console.signed_in("admin").await)
            .await
            .contains(KEY)
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_form_with_a_key_shows_it_nowhere() {
    let house = House::new().await;
    let console = house
        .console(With {
            no_key: true,
            ..With::default()
        })
        .await;
    let admin = console.signed_in("admin").await;
    let wrong = admin
        .submit(
            "/api/check_key",
            "/setup",
            &[("key", "wrong-key"), ("save", "true")],
        )
        .await;
    assert_eq!(wrong.status, 302, "{}", wrong.body);
    let shown = format!("{:?}{}", wrong.headers, wrong.body);
    assert!(!shown.contains("wrong-key"), "{shown}");
    let right = admin
        .submit(
            "/api/check_key",
            "/setup",
            &[("key", KEY), ("save", "true")],
        )
        .await;
    assert_eq!((right.status, right.header("location")), (302, "/"));
    let shown = format!("{:?}{}", right.headers, right.body);
    assert!(!shown.contains(KEY), "{shown}");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_the_environment_is_not_replaced() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let admin = console.signed_in("admin").await;
    let refused = admin
        .call("/api/check_key", &[("key", KEY), ("save", "true")])
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("HIVER_API_KEY"), "{}", refused.body);
    console.stop().await;
}
