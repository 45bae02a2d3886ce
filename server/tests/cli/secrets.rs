//! `key rotate`, and what is found after one that did not come to its end.

use std::path::PathBuf;

use secrecy::ExposeSecret;
use store::SecretKey;

use crate::house::{House, serving, to_its_end};
use crate::support::Done;

const ROTATED: &str = "The stored key is sealed with a new secret key.\n";

async fn with_a_stored_key() -> House {
    let house = House::new().await;
    let set = key(&house, &["set"]).await;
    assert_eq!(set.code, 0, "{set:?}");
    house
}

async fn key(house: &House, arguments: &[&str]) -> Done {
    let command = house.keyless(&[&["key"], arguments].concat());
    to_its_end(command, "key-of-the-test-4f1e").await
}

fn file(house: &House) -> PathBuf {
    house.place.folder.path().join("data/secret.key")
}

fn next(house: &House) -> PathBuf {
    house.place.folder.path().join("data/secret.key.next")
}

fn secret(house: &House) -> String {
    std::fs::read_to_string(file(house)).unwrap()
}

fn leave_next(house: &House) -> SecretKey {
    let key = SecretKey::generate().unwrap();
    std::fs::write(next(house), key.to_hex().expose_secret()).unwrap();
    key
}

async fn reseal(house: &House, new: &SecretKey) {
    let old = SecretKey::from_hex(&secret(house)).unwrap();
    house.store().await.reseal_keys(&old, new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_key_is_replaced_without_a_server() {
    let house = with_a_stored_key().await;
    let before = secret(&house);
    let rotated = key(&house, &["rotate"]).await;
    assert_eq!(
        (rotated.code, rotated.out.as_str()),
        (0, ROTATED),
        "{rotated:?}"
    );
    assert_ne!(secret(&house), before);
    assert!(!next(&house).exists());
    assert_eq!(key(&house, &["check"]).await.code, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file(&house))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Without a stored key there is only the file to replace.
    let empty = House::new().await;
    assert_eq!(key(&empty, &["rotate", "--json"]).await.code, 0);
    let before = secret(&empty);
    assert_eq!(key(&empty, &["rotate"]).await.code, 0);
    assert_ne!(secret(&empty), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_key_is_replaced_under_a_running_server() {
    let house = with_a_stored_key().await;
    let server = serving(house.keyless(&["serve"])).await;
    for _ in 0..2 {
        let before = secret(&house);
        let rotated = key(&house, &["rotate"]).await;
        assert_eq!(
            (rotated.code, rotated.out.as_str()),
            (0, ROTATED),
            "{rotated:?}"
        );
        assert_ne!(secret(&house), before);
        assert!(!next(&house).exists());
    }
    // What it stores from now on is sealed with the new one.
    assert_eq!(key(&house, &["set"]).await.code, 0);
    server.terminate();
    assert_eq!(key(&house, &["check"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_did_not_come_to_its_end_is_settled_by_the_next_start() {
    for resealed in [false, true] {
        for by_server in [false, true] {
            let house = with_a_stored_key().await;
            let new = leave_next(&house);
            if resealed {
                reseal(&house, &new).await;
            }
            if by_server {
                let server = serving(house.keyless(&["serve"])).await;
                assert_eq!(key(&house, &["check"]).await.code, 0);
                server.terminate();
            } else {
                assert_eq!(key(&house, &["check"]).await.code, 0);
            }
            assert!(
                !next(&house).exists(),
                "resealed: {resealed}, server: {by_server}"
            );
            assert_eq!(secret(&house), new.to_hex().expose_secret());
            assert_eq!(key(&house, &["check"]).await.code, 0);
        }
    }
    // One that was not even written whole.
    let house = with_a_stored_key().await;
    let before = secret(&house);
    std::fs::write(next(&house), &before[..20]).unwrap();
    assert_eq!(key(&house, &["check"]).await.code, 0);
    assert_eq!((secret(&house), next(&house).exists()), (before, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_did_not_come_to_its_end_is_taken_up_under_a_running_server() {
    let house = with_a_stored_key().await;
    let server = serving(house.keyless(&["serve"])).await;
    let new = leave_next(&house);
    let rotated = key(&house, &["rotate"]).await;
    assert_eq!(
        (rotated.code, rotated.out.as_str()),
        (0, ROTATED),
        "{rotated:?}"
    );
    assert_eq!(secret(&house), new.to_hex().expose_secret());
    assert_eq!(key(&house, &["check"]).await.code, 0);
    server.terminate();
    assert_eq!(key(&house, &["check"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_neither_file_opens_is_not_thrown_away() {
    let house = with_a_stored_key().await;
    leave_next(&house);
    std::fs::write(file(&house), "0".repeat(64)).unwrap();
    let refused = key(&house, &["check"]).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("opens the stored key\n  hint: "),
        "{refused:?}"
    );
    assert!(next(&house).exists());
    // A key that was never opened can be replaced by another.
    std::fs::remove_file(next(&house)).unwrap();
    assert_eq!(key(&house, &["set"]).await.code, 0);
    assert_eq!(key(&house, &["check"]).await.code, 0);
}
