//! Writes: one attempt, and the truth about its outcome.

use std::error::Error as _;
use std::time::{Duration, Instant};

use hiver::{
    Certainty, Error, ErrorKind, Hiver, Lane, Settings, SettingsError, Status, UnauthorizedReason,
    Write,
};

use crate::support::{self, KEY, Reply, Stub, client, client_with, settings};

fn note() -> Write {
    Write::AddNote {
        conversation: "cnv_1".into(),
        body: "private words".to_owned(),
    }
}

async fn send(hiver: &Hiver, write: &Write) -> Result<(), Error> {
    let slot = hiver.slot(Lane::Bulk).await;
    hiver.send(slot, write).await
}

/// Everything that an error shows to anybody.
fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_request_carries_key_agent_and_an_encoded_path() {
    let stub = Stub::answering([Reply::json("{}")]).await;
    let hiver = client(&stub);
    let conversation = "a/b c\"d?e#f%2f".into();
    hiver
        .on(Lane::Click)
        .remove_tag(&conversation, &"ü".into())
        .await
        .unwrap();
    let requests = stub.requests();
    let lines: Vec<_> = requests[0].lines().collect();
    assert_eq!(
        lines[0],
        "DELETE /api/v1/conversations/a%2Fb%20c%22d%3Fe%23f%252f/tags/%C3%BC HTTP/1.1"
    );
    let has = |line: &str| lines.iter().any(|l| l.eq_ignore_ascii_case(line));
    assert!(has(&format!("authorization: Bearer {KEY}")));
    assert!(has(&format!(
        "user-agent: hiver-console/{}",
        env!("CARGO_PKG_VERSION")
    )));
}

#[tokio::test]
async fn ids_that_no_address_can_carry_are_never_sent() {
    let stub = Stub::answering([]).await;
    let hiver = client(&stub);
    for id in ["", ".", ".."] {
        let error = hiver
            .on(Lane::Click)
            .set_status(&id.into(), &Status::Open)
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NeverSent { .. }), "{id}");
        let error = hiver.on(Lane::Click).conversation(&id.into()).await;
        assert!(error.is_err());
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn every_status_has_its_kind_and_certainty() {
    let text = format!(r#"{{"error":"no good: {KEY}"}}"#);
    for (status, certainty) in [
        (400, Certainty::NotDone),
        (401, Certainty::NotDone),
        (403, Certainty::NotDone),
        (404, Certainty::NotDone),
        (409, Certainty::NotDone),
        (429, Certainty::NotDone),
        (500, Certainty::Unknown),
        (503, Certainty::Unknown),
        (302, Certainty::Unknown),
    ] {
        let stub = Stub::answering([Reply::status(status, &text)]).await;
        let error = send(&client(&stub), &note()).await.unwrap_err();
        let kind = error.kind();
        let expected = match status {
            400 => matches!(kind, ErrorKind::BadRequest { .. }),
            401 => matches!(
                kind,
                ErrorKind::Unauthorized {
                    reason: UnauthorizedReason::MissingOrWrong,
                    ..
                }
            ),
            403 => matches!(kind, ErrorKind::Forbidden { .. }),
            404 => matches!(kind, ErrorKind::NotFound { .. }),
            409 => matches!(kind, ErrorKind::UnexpectedStatus { status: 409, .. }),
            429 => matches!(kind, ErrorKind::RateLimited { .. }),
            302 => matches!(kind, ErrorKind::Redirected { status: 302 }),
            _ => matches!(kind, ErrorKind::Server { .. }),
        };
        assert!(expected, "{status}: {error:?}");
        assert_eq!(error.certainty(), certainty, "{status}");
        assert_eq!(stub.count(), 1, "{status}: a write is sent once");
        let shown = everything(&error);
        assert!(!shown.contains(KEY), "{shown}");
        assert!(!shown.contains("private words"), "{shown}");
        assert!(
            error
                .to_string()
                .starts_with("could not add a note to conversation \"cnv_1\": ")
        );
    }
}

#[tokio::test]
async fn a_refused_port_means_never_sent() {
    let error = send(&client_with(settings(&support::closed_port())), &note())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NeverSent { .. }));
    assert_eq!(error.certainty(), Certainty::NotDone);
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_failed_handshake_means_never_sent() {
    let address = support::hangs_up().await;
    let error = send(&client_with(settings(&address)), &note()).await;
    let error = error.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NeverSent { .. }));
}

#[tokio::test]
async fn a_handshake_that_takes_too_long_means_never_sent() {
    // The stub waits for a request that cannot begin before the handshake.
    let stub = Stub::answering([]).await;
    let hiver = client_with(Settings {
        connect_timeout: Duration::from_millis(200),
        ..settings(&stub.address().replace("http://", "https://"))
    });
    let error = send(&hiver, &note()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NeverSent { .. }));
}

#[tokio::test]
async fn a_cut_after_the_request_was_read_is_unknown_and_nothing_is_sent_again() {
    for cut in [Reply::Cut, Reply::raw("HTTP/1.1 200 OK\r\ncontent-le")] {
        let stub = Stub::answering([cut]).await;
        let error = send(&client(&stub), &note()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OutcomeUnknown { .. }));
        assert_eq!(error.certainty(), Certainty::Unknown);
        assert_eq!(stub.count(), 1);
    }
}

#[tokio::test]
async fn a_cut_on_a_connection_that_was_used_before_is_not_sent_again_either() {
    // An idle connection is where HTTP libraries like to try again.
    let stub = Stub::answering([Reply::json("{}"), Reply::Cut, Reply::json("{}")]).await;
    // Slow enough for the first connection to be idle again.
    let hiver = client_with(Settings {
        requests_per_second: 20.0,
        ..settings(&stub.address())
    });
    send(&hiver, &note()).await.unwrap();
    let error = send(&hiver, &note()).await.unwrap_err();
    assert_eq!(error.certainty(), Certainty::Unknown);
    assert_eq!(stub.count(), 2);
    assert_eq!(stub.connections(), 1, "the second went out on the first's");
}

#[tokio::test]
async fn a_body_that_breaks_off_after_a_200_is_unknown() {
    let broken =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{\"ok\"";
    let stub = Stub::answering([Reply::raw(broken)]).await;
    let error = send(&client(&stub), &note()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OutcomeUnknown { .. }));
}

#[tokio::test]
async fn silence_is_a_timeout_and_unknown() {
    let stub = Stub::answering([Reply::Silence]).await;
    let hiver = client_with(Settings {
        total_timeout: Duration::from_millis(200),
        ..settings(&stub.address())
    });
    let error = send(&hiver, &note()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OutcomeUnknown { .. }));
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn what_counts_as_success_of_a_write() {
    for (reply, done) in [
        (Reply::json(r#"{"ok":true}"#), true),
        (Reply::status(200, ""), true),
        (Reply::status(204, ""), true),
        (Reply::html("<html>Sign in to the hotel</html>"), false),
    ] {
        let stub = Stub::answering([reply]).await;
        let result = send(&client(&stub), &note()).await;
        assert_eq!(result.is_ok(), done);
        if let Err(error) = result {
            assert_eq!(error.certainty(), Certainty::Unknown);
        }
    }
}

#[tokio::test]
async fn a_created_tag_without_an_id_is_unknown() {
    let stub = Stub::answering([
        Reply::json(r#"{"ok":true}"#),
        Reply::json(r#"{"tag":{"id":7,"name":"billing"}}"#),
    ])
    .await;
    let hiver = client(&stub);
    let error = hiver.on(Lane::Click).create_tag("billing").await;
    let error = error.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unreadable { .. }));
    assert_eq!(error.certainty(), Certainty::Unknown);
    let tag = hiver.on(Lane::Click).create_tag("billing").await.unwrap();
    assert_eq!((tag.id.as_str(), tag.name.as_str()), ("7", "billing"));
}

#[tokio::test]
async fn plain_http_to_elsewhere_is_refused() {
    let refused = Hiver::new(settings("http://api.hiverhq.com"));
    assert!(matches!(refused, Err(SettingsError::NotEncrypted)));
}

#[tokio::test]
async fn nothing_shows_the_key() {
    let stub = Stub::answering([]).await;
    let hiver = client(&stub);
    let shown = format!("{hiver:?} {:?} {:?}", hiver.on(Lane::Click), settings("x"));
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn a_429_on_a_write_holds_everybody() {
    let stub = Stub::answering([Reply::status(429, "")]).await;
    let hiver = client(&stub);
    let error = send(&hiver, &note()).await.unwrap_err();
    let wait = Duration::from_secs(5);
    assert!(matches!(error.kind(), ErrorKind::RateLimited { wait: w } if *w == wait));
    assert!(hiver.pacer().state().held.unwrap().remaining() > Duration::from_secs(4));
}

#[tokio::test]
async fn requests_keep_their_distance_on_a_real_clock() {
    let stub = Stub::answering(std::iter::repeat_n(Reply::json("{}"), 20)).await;
    let hiver = client_with(Settings {
        requests_per_second: 40.0,
        ..settings(&stub.address())
    });
    let assign = Write::Assign {
        conversation: "cnv_1".into(),
        user: "usr_1".into(),
    };
    let began = Instant::now();
    for _ in 0..20 {
        send(&hiver, &assign).await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_millis(19 * 25 - 10));
    assert_eq!((stub.count(), stub.connections()), (20, 1));
}
