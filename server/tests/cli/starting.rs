//! What is said where the server cannot start.

use std::net::TcpListener;
use std::process::Stdio;

use crate::support::{Place, finish};

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_variable() {
    let place = Place::new();
    for (variable, value) in [
        ("HIVER_REQUESTS_PER_SECOND", "0"),
        ("HIVER_REQUESTS_PER_SECOND", "fast"),
        ("HIVER_REQUESTS_PER_SECOND", "-1"),
        ("HIVER_REQUESTS_PER_SECOND", "NaN"),
        ("HIVER_REQUESTS_PER_DAY", "many"),
        ("HIVER_DIALECT", "klingon"),
        ("HIVER_BASE_URL", "api.example.com"),
        ("CONSOLE_PUBLIC_URL", "triage.example.com"),
        ("CONSOLE_PUBLIC_URL", "localhost:3000"),
        ("CONSOLE_LISTEN", "everywhere"),
        ("CONSOLE_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("CONSOLE_LOG_FORMAT", "xml"),
        ("CONSOLE_LOG", "info,=="),
        ("DATABASE_URL", "mysql://db"),
    ] {
        let done = place.fails_with(variable, value);
        assert!(done.err.starts_with("error: "), "{done:?}");
    }
    let shown = place.fails_with("DATABASE_URL", "mysql://user:the-secret@db");
    assert!(!shown.err.contains("the-secret"), "{shown:?}");
    // An option on the command line is named as it was given.
    let option = place.run(&["serve", "--requests-per-second", "fast"], "");
    assert!(
        option.err.contains("--requests-per-second") && !option.err.contains("HIVER_"),
        "{option:?}"
    );
}

#[test]
fn a_start_that_fails_makes_no_operator_whose_password_nobody_saw() {
    let place = Place::new();
    place.fails_with("CONSOLE_PUBLIC_URL", "triage.example.com");
    place.fails_with("HIVER_API_KEY", "line\u{1}break");
    assert_eq!(place.run(&["operator", "list"], "").out, "");
    let serving = place.start(&["serve"]);
    assert_eq!(serving.sign_in().0, "admin");
}

#[test]
fn a_used_port_is_told_with_a_way_out() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = place.command(&["serve"]);
    let done = finish(
        command
            .stdin(Stdio::piped())
            .env("CONSOLE_LISTEN", &address),
        "",
    );
    assert_eq!(done.code, 1);
    assert!(
        done.err.contains(&format!("cannot listen on {address}")),
        "{done:?}"
    );
    assert!(
        done.err
            .contains("\n  hint: choose another address with CONSOLE_LISTEN"),
        "{done:?}"
    );
}

#[test]
fn a_second_server_on_the_folder_refuses_and_commands_still_work() {
    let place = Place::new();
    let first = place.start(&["serve"]);
    let (name, _) = first.sign_in();
    let second = place.run(&["serve"], "");
    assert_eq!(second.code, 1);
    assert!(
        second.err.contains(&format!(
            "another hiver-console works in `./data`: {}",
            first.url
        )),
        "{second:?}"
    );
    assert!(second.err.contains("CONSOLE_DATA_DIR"), "{second:?}");
    assert_eq!(
        place.run(&["operator", "list"], "").out,
        format!("{name}\tadmin\n")
    );
    let (status, printed, _) = first.terminate();
    assert!(status.success());
    assert_eq!(printed, [""; 0]);
    // The password is shown once.
    let again = place.start(&["serve"]);
    let (_, printed, _) = again.terminate();
    assert_eq!(printed, [""; 0]);
}
