//! Reads: retries, limits, lists.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use hiver::{ConversationQuery, Cursor, ErrorKind, Lane, Status, UnauthorizedReason};

use crate::support::{Reply, Stub, client};

#[tokio::test]
async fn a_key_that_is_not_activated_is_told_apart() {
    let text = r#"{"message":"API key has not been activated yet"}"#;
    let stub = Stub::answering([Reply::status(401, text)]).await;
    let error = client(&stub).on(Lane::Click).check().await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Unauthorized {
            reason: UnauthorizedReason::NotActivated,
            ..
        }
    ));
    assert!(stub.requests()[0].starts_with("GET /api/v1/mailboxes?limit=1 "));
}

#[tokio::test]
async fn unreadable_answers_to_a_read_say_what_they_are() {
    for (reply, what) in [
        (
            Reply::html("<html>hi</html>"),
            "it is a web page instead of JSON",
        ),
        (Reply::json("{\"conversat"), "it is not JSON"),
        (Reply::status(200, ""), "it is empty"),
        (Reply::json(r#"{"id":null}"#), "`id` is missing"),
    ] {
        let stub = Stub::answering([reply]).await;
        let error = client(&stub)
            .on(Lane::Sync)
            .conversation(&"cnv_1".into())
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unreadable { .. }));
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(stub.count(), 1, "reading again would not help");
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit_only() {
    let announced = Reply::json(&format!("{{\"id\":\"{}\"}}", "x".repeat(5 * 1024 * 1024)));
    for reply in [announced, Reply::Endless] {
        let stub = Stub::answering([reply]).await;
        let error = client(&stub)
            .on(Lane::Sync)
            .conversation(&"cnv_1".into())
            .await
            .unwrap_err();
        let limit = 4 * 1024 * 1024;
        assert!(matches!(error.kind(), ErrorKind::TooLarge { limit: l } if *l == limit));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    let elsewhere = Stub::answering([Reply::json(r#"{"mailboxes":[]}"#)]).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}/api/v1/mailboxes\r\ncontent-length: 0\r\n\r\n",
        elsewhere.address()
    );
    let stub = Stub::answering([Reply::raw(&redirect)]).await;
    let error = client(&stub).on(Lane::Sync).check().await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Redirected { status: 307 }
    ));
    assert_eq!((stub.count(), elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn a_read_is_tried_three_times() {
    let good = Reply::json(r#"{"id":"cnv_1"}"#);
    let stub = Stub::answering([Reply::status(500, ""), Reply::Cut, good]).await;
    let read = client(&stub)
        .on(Lane::Sync)
        .conversation(&"cnv_1".into())
        .await;
    assert_eq!(read.unwrap().id.as_str(), "cnv_1");
    assert_eq!(stub.count(), 3);

    let stub = Stub::answering(std::iter::repeat_n(Reply::status(503, "busy"), 5)).await;
    let read = client(&stub)
        .on(Lane::Sync)
        .conversation(&"cnv_1".into())
        .await;
    assert!(matches!(
        read.unwrap_err().kind(),
        ErrorKind::Server { status: 503, .. }
    ));
    assert_eq!(stub.count(), 3);
}

#[tokio::test]
async fn a_429_is_no_attempt_and_its_wait_is_kept() {
    let limited =
        Reply::raw("HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n");
    let good = Reply::json(r#"{"id":"cnv_1"}"#);
    let busy = Reply::status(500, "");
    let stub = Stub::answering([limited, busy.clone(), busy, good]).await;
    let hiver = client(&stub);
    let began = Instant::now();
    let read = hiver.on(Lane::Sync).conversation(&"cnv_1".into()).await;
    assert!(read.is_ok());
    assert_eq!(stub.count(), 4);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert!(hiver.pacer().state().current_per_second < 501.0);
}

#[tokio::test]
async fn a_list_is_followed_to_its_end() {
    let stub = Stub::answering([
        Reply::json(r#"{"conversations":[{"id":"cnv_1"},{}],"next_cursor":"c 2"}"#),
        Reply::json(r#"{"conversations":[{"id":"cnv_2"},null],"next_cursor":"c3"}"#),
        Reply::json(r#"{"conversations":[{"id":"cnv_3"}],"next_cursor":""}"#),
    ])
    .await;
    let query = ConversationQuery {
        mailbox: Some("mb_1".into()),
        status: Some(Status::Open),
        ..ConversationQuery::default()
    };
    let hiver = client(&stub);
    let all = hiver.on(Lane::Sync).conversations(query).collect_all();
    let all = all.await.unwrap();
    let ids: Vec<_> = all.items.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["cnv_1", "cnv_2", "cnv_3"]);
    let skipped: Vec<_> = all.skipped.iter().map(|row| row.index).collect();
    assert_eq!(skipped, [1, 3]);
    let asked = "GET /api/v1/conversations?mailbox_id=mb_1&status=open&limit=100";
    let requests = stub.requests();
    assert!(requests[0].starts_with(&format!("{asked} ")));
    assert!(requests[1].starts_with(&format!("{asked}&cursor=c+2 ")));
    assert!(requests[2].starts_with(&format!("{asked}&cursor=c3 ")));
}

#[tokio::test]
async fn a_list_can_be_resumed() {
    let stub = Stub::answering([Reply::json(r#"{"users":[{"id":"usr_1","name":"Ana"}]}"#)]).await;
    let hiver = client(&stub);
    let users = hiver.on(Lane::Sync).users();
    let pages: Vec<_> = users
        .pages_from(Some(Cursor::from("c7")))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(pages[0].items[0].name, "Ana");
    assert!(stub.requests()[0].starts_with("GET /api/v1/users?limit=100&cursor=c7 "));
}

#[tokio::test]
async fn a_list_that_goes_round_in_circles_is_an_error() {
    let page = |next: &str| Reply::json(&format!(r#"{{"tags":[],"next_cursor":"{next}"}}"#));
    for circle in [vec!["a", "a"], vec!["a", "b", "a"]] {
        let stub = Stub::answering(circle.iter().map(|next| page(next))).await;
        let hiver = client(&stub);
        let error = hiver.on(Lane::Sync).tags().collect_all().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RepeatedCursor { cursor } if cursor == "a"));
        assert_eq!(stub.count(), circle.len());
    }
}
