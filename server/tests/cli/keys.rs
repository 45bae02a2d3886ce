//! `key set` and `check`, with and without a server.

use crate::house::{House, KEY, serving, to_its_end};
use crate::support::Done;

const ACCEPTED: &str = "Hiver accepts the key. It opens 3 mailboxes.";

async fn key(house: &House, arguments: &[&str], input: &'static str) -> Done {
    to_its_end(house.keyless(&[&["key"], arguments].concat()), input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_accepted_key_is_stored_unless_asked_otherwise() {
    let house = House::new().await;
    let missing = key(&house, &["check"], "").await;
    assert_eq!(missing.code, 1);
    assert!(
        missing.err.contains("there is no key for Hiver\n  hint: "),
        "{missing:?}"
    );
    let nothing = key(&house, &["set"], " \n").await;
    assert!(
        nothing.err.contains("there is no key on standard input"),
        "{nothing:?}"
    );
    let broken = key(&house, &["set", "--unchecked"], "line\u{1}break").await;
    assert!(broken.err.contains("the key cannot be used"), "{broken:?}");

    let refused = key(&house, &["set"], "a-key-that-opens-nothing").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.err.contains("Hiver does not accept the key (401)"),
        "{refused:?}"
    );
    assert!(!refused.err.contains("opens-nothing"), "{refused:?}");
    assert_eq!(
        key(&house, &["check"], "").await.code,
        1,
        "it was not stored"
    );

    let unchecked = key(&house, &["set", "--unchecked"], "a-key-that-opens-nothing").await;
    assert_eq!(
        (unchecked.code, unchecked.out.as_str()),
        (0, "The key is stored.\n")
    );
    let checked = key(&house, &["check"], "").await;
    assert!(
        checked.err.contains("Hiver does not accept the key (401)"),
        "{checked:?}"
    );

    let set = key(&house, &["set"], "key-of-the-test-4f1e\n").await;
    assert_eq!(
        (set.code, set.out),
        (0, format!("{ACCEPTED} The key is stored.\n")),
    );
    let checked = key(&house, &["check", "--json"], "").await;
    assert_eq!(checked.out, format!("{{\"message\":\"{ACCEPTED}\"}}\n"));
    let database = std::fs::read(house.place.folder.path().join("data/console.db")).unwrap();
    assert!(
        !database
            .windows(KEY.len())
            .any(|part| part == KEY.as_bytes())
    );

    let shadowed = to_its_end(house.command(&["key", "set"]), KEY).await;
    assert_eq!(shadowed.code, 1, "{shadowed:?}");
    assert!(
        shadowed.err.contains("the key comes from HIVER_API_KEY"),
        "{shadowed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_a_key_and_checks_it() {
    let house = House::new().await;
    let server = serving(house.keyless(&["serve"])).await;
    let missing = key(&house, &["check"], "").await;
    assert!(
        missing.err.contains("there is no key\n  hint: "),
        "{missing:?}"
    );
    let refused = key(&house, &["set"], "a-key-that-opens-nothing").await;
    assert!(
        refused.err.contains("Hiver does not accept the key (401)"),
        "{refused:?}"
    );
    let set = key(&house, &["set"], KEY).await;
    assert_eq!(
        (set.code, set.out),
        (0, format!("{ACCEPTED} The key is stored.\n")),
        "{}",
        set.err
    );
    assert_eq!(
        key(&house, &["check"], "").await.out,
        format!("{ACCEPTED}\n")
    );
    let store = house.store().await;
    assert!(store.open_wishes().await.unwrap().is_empty());
    server.terminate();
    assert_eq!(key(&house, &["check"], "").await.code, 0, "it is stored");
}
