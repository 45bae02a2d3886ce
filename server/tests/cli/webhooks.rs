//! `webhook address` and `rotate`, with and without a server.

use std::process::Stdio;

use crate::support::{Done, Place, Serving, finish};

fn webhook(place: &Place, arguments: &[&str], public_url: Option<&str>) -> Done {
    let mut command = place.command(&[&["webhook"], arguments].concat());
    if let Some(public_url) = public_url {
        command.env("CONSOLE_PUBLIC_URL", public_url);
    }
    finish(command.stdin(Stdio::piped()), "")
}

const PUBLIC: Option<&str> = Some("https://triage.example.com/");

#[test]
fn the_address_is_shown_again_until_it_is_rotated() {
    let place = Place::new();
    let missing = webhook(&place, &["address"], None);
    assert_eq!(missing.code, 1);
    assert!(
        missing.err.contains("CONSOLE_PUBLIC_URL is not set") && missing.err.contains("  hint: "),
        "{missing:?}"
    );
    let first = webhook(&place, &["address"], PUBLIC);
    let secret = first
        .out
        .trim_end()
        .strip_prefix("https://triage.example.com/webhooks/hiver/")
        .unwrap_or_else(|| panic!("{first:?}"));
    assert_eq!(secret.len(), 64);
    assert_eq!(webhook(&place, &["address"], PUBLIC).out, first.out);
    let shown = webhook(&place, &["address", "--json"], PUBLIC);
    assert!(shown.out.contains("\"previous_until\":null"), "{shown:?}");
    let rotated = webhook(&place, &["rotate"], PUBLIC);
    assert_ne!(rotated.out, first.out);
    assert_eq!(webhook(&place, &["address"], PUBLIC).out, rotated.out);
    let shown = webhook(&place, &["address", "--json"], PUBLIC);
    assert!(!shown.out.contains("\"previous_until\":null"), "{shown:?}");
}

#[test]
fn a_running_server_shows_and_rotates_the_same() {
    let place = Place::new();
    let server = Serving::start(
        place
            .command(&["serve"])
            .env("HIVER_API_KEY", "some-key-of-hiver"),
    );
    let first = webhook(&place, &["address"], PUBLIC);
    assert_eq!(first.code, 0, "{first:?}");
    let rotated = webhook(&place, &["rotate"], PUBLIC);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert_ne!(rotated.out, first.out);
    drop(server);
    assert_eq!(webhook(&place, &["address"], PUBLIC).out, rotated.out);
}
