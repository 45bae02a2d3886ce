//! Deeds of other hands: at once, and when the n-th request arrives.

use hiver_sim::{Access, Deed, Error, Happened, Outcome, Scheduled, Status};
use serde_json::{Value, json};

use crate::support::{Client, first_id, simulator};

fn delete_user(id: &str) -> Deed {
    Deed::DeleteUser { id: id.to_owned() }
}

async fn at(client: &Client, body: Value) -> Value {
    let reply = client.control("POST", "/at", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn the_nth_request_from_now_on_already_finds_it_so() {
    let (simulator, client) = simulator(3);
    client.get("/tags").await;
    client.get("/tags").await;
    let user = simulator.state().users[1].id.clone();
    let path = format!("/conversations/{}/assign", first_id(&simulator));
    let script = at(
        &client,
        json!({"request": 3, "do": "delete_user", "id": user}),
    )
    .await;
    let waiting = json!([{"n": 5, "do": "delete_user", "id": user}]);
    assert_eq!(script, json!({"waiting": waiting, "done": []}));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let body = json!({"user_id": user});
        statuses.push(client.call("POST", &path, body).await.status);
    }
    assert_eq!(statuses, [200, 200, 400, 400]);
    let script = client.control("GET", "/at", Value::Null).await.json();
    assert_eq!(script["waiting"], json!([]));
    let done = &script["done"][0];
    assert_eq!(
        (&done["n"], &done["do"], &done["id"]),
        (&json!(5), &json!("delete_user"), &json!(user))
    );
    let arrived = simulator.ledger().requests[4].at_ms;
    assert_eq!((&done["at_ms"], done.get("error")), (&json!(arrived), None));
    assert_eq!(simulator.ledger().last, 6, "a deed is no request");
}

#[tokio::test]
async fn a_revoked_key_is_let_in_again_when_it_is_restored_or_replaced() {
    let (simulator, mut client) = simulator(1);
    at(&client, json!({"request": 2, "do": "revoke_key"})).await;
    assert_eq!(client.get("/tags").await.status, 200);
    for _ in 0..2 {
        let reply = client.get("/tags").await;
        assert_eq!(
            (reply.status, reply.message().as_str()),
            (401, "The API key was revoked.")
        );
    }
    let shown = client.control("PUT", "/key", json!({})).await.json();
    assert_eq!(shown, json!({"active": true, "revoked": true}));
    let shown = client
        .control("PUT", "/key", json!({"active": true}))
        .await
        .json();
    assert_eq!(shown, json!({"active": true, "revoked": false}));
    assert_eq!(client.get("/tags").await.status, 200);
    simulator.carry_out(&Deed::RevokeKey).unwrap();
    assert_eq!(client.get("/tags").await.status, 401);
    client.control("PUT", "/key", json!({"key": "next"})).await;
    assert_eq!(client.get("/tags").await.status, 401, "the old key");
    client.key = "next".to_owned();
    assert_eq!(client.get("/tags").await.status, 200);
}

#[tokio::test]
async fn a_key_revoked_while_a_request_waits_does_not_keep_it_from_happening() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    simulator.hold();
    let asking = client.clone();
    let path = format!("/conversations/{id}/notes");
    let body = json!({"body": "Hello", "type": "internal"});
    let asked = tokio::spawn(async move { asking.call("POST", &path, body).await });
    simulator.until_waiting(1).await;
    simulator.carry_out(&Deed::RevokeKey).unwrap();
    simulator.release();
    assert_eq!(asked.await.unwrap().status, 200);
    assert_eq!(client.get("/tags").await.status, 401);
}

#[tokio::test]
async fn what_is_deleted_while_a_request_waits_is_gone_when_it_is_carried_out() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    simulator.hold();
    let asking = client.clone();
    let path = format!("/conversations/{id}/notes");
    let body = json!({"body": "Hello", "type": "internal"});
    let asked = tokio::spawn(async move { asking.call("POST", &path, body).await });
    simulator.until_waiting(1).await;
    at(
        &client,
        json!({"request": 1, "do": "delete_conversation", "id": id}),
    )
    .await;
    let next = client.clone();
    let next = tokio::spawn(async move { next.get("/tags").await });
    simulator.until_waiting(2).await;
    simulator.release();
    assert_eq!(asked.await.unwrap().status, 404);
    assert_eq!(next.await.unwrap().status, 200);
    assert_eq!(simulator.ledger().requests[0].status, Outcome::Status(404));
}

#[tokio::test]
async fn colleagues_change_a_conversation_at_once() {
    let (simulator, client) = simulator(3);
    let id = first_id(&simulator);
    let (user, tag) = (&simulator.state().users[5].id, &simulator.state().tags[10]);
    let deeds = [
        json!({"do": "assign", "id": id, "user_id": "Yuki Tanaka"}),
        json!({"do": "set_status", "id": id, "status": "pending"}),
        json!({"do": "add_tag", "id": id, "tag_id": tag.name}),
    ];
    for deed in deeds {
        let reply = client.control("POST", "/do", deed.clone()).await;
        assert_eq!((reply.status, reply.json()), (200, deed));
    }
    let now = simulator.conversation(&id).unwrap();
    assert_eq!(
        (now.assignee.as_ref(), now.status),
        (Some(user), Status::Pending)
    );
    assert!(now.tags.contains(&tag.id));
    let undone = [
        json!({"do": "assign", "id": id, "user_id": null}),
        json!({"do": "remove_tag", "id": id, "tag_id": tag.id}),
    ];
    for deed in undone {
        assert_eq!(client.control("POST", "/do", deed).await.status, 200);
    }
    let now = simulator.conversation(&id).unwrap();
    assert!(now.assignee.is_none() && !now.tags.contains(&tag.id));
    let forbid = json!({"do": "set_access", "id": now.mailbox_id, "access": "forbidden"});
    assert_eq!(client.control("POST", "/do", forbid).await.status, 200);
    let mailboxes = simulator.state().mailboxes;
    assert_eq!(
        mailboxes
            .iter()
            .filter(|m| m.access == Access::Forbidden)
            .count(),
        1
    );
    assert!(simulator.ledger().requests.is_empty());
}

#[tokio::test]
async fn deeds_of_one_request_are_done_in_the_order_they_were_given() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    for (request, status) in [(2, "open"), (1, "pending"), (1, "closed")] {
        let deed = json!({"request": request, "do": "set_status", "id": id, "status": status});
        at(&client, deed).await;
    }
    let path = format!("/conversations/{id}");
    assert_eq!(client.get(&path).await.json()["status"], "closed");
    assert_eq!(simulator.script().waiting.len(), 1);
    assert_eq!(client.get(&path).await.json()["status"], "open");
    let numbers: Vec<u64> = simulator.script().done.iter().map(|done| done.n).collect();
    assert_eq!(numbers, [1, 1, 2]);
}

#[tokio::test]
async fn refused_requests_count_too_and_what_went_meanwhile_is_told() {
    let (simulator, client) = simulator(1);
    let user = simulator.state().users[0].id.clone();
    simulator.carry_out_at(2, delete_user(&user)).unwrap();
    simulator.carry_out_at(9, Deed::RevokeKey).unwrap();
    let mut stranger = client.clone();
    stranger.key = "other".to_owned();
    assert_eq!(stranger.get("/tags").await.status, 401);
    simulator.carry_out(&delete_user(&user)).unwrap();
    assert_eq!(stranger.get("/tags").await.status, 401);
    let script = simulator.script();
    let revoked = Scheduled {
        n: 9,
        deed: Deed::RevokeKey,
    };
    assert_eq!(script.waiting, [revoked]);
    let at_ms = simulator.ledger().requests[1].at_ms;
    let error = Some(format!("there is no user `{user}`"));
    let deed = delete_user(&user);
    let n = 2;
    assert_eq!(
        script.done,
        [Happened {
            n,
            at_ms,
            deed,
            error
        }]
    );
    let cleared = client.control("DELETE", "/at", Value::Null).await.json();
    assert_eq!(cleared, json!({"waiting": [], "done": []}));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_when_it_is_given() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    let cases = [
        (json!({"request": 0, "do": "revoke_key"}), 400),
        (
            json!({"request": u64::MAX, "do": "delete_user", "id": "Nobody"}),
            404,
        ),
        (json!({"request": 1, "do": "sing"}), 400),
        (json!({"request": 1, "do": "assign", "id": id}), 400),
        (
            json!({"request": 1, "do": "assign", "id": id, "user": null}),
            400,
        ),
        (
            json!({"request": 1, "do": "add_tag", "id": id, "tag_id": "vip", "tag": "vip"}),
            400,
        ),
        (
            json!({"request": 1, "do": "add_tag", "id": id, "tag_id": "none"}),
            404,
        ),
        (
            json!({"request": 1, "do": "delete_conversation", "id": "cnv_none"}),
            404,
        ),
        (
            json!({"request": 1, "do": "set_status", "id": id, "status": "solved"}),
            400,
        ),
        (
            json!({"request": 1, "do": "set_access", "id": "none", "access": "full"}),
            404,
        ),
        (json!({"do": "revoke_key"}), 400),
    ];
    for (body, status) in cases {
        let reply = client.control("POST", "/at", body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
    let reply = client
        .control("POST", "/do", json!({"do": "delete_tag", "id": "none"}))
        .await;
    assert_eq!(
        (reply.status, reply.message().as_str()),
        (404, "there is no tag `none`")
    );
    assert!(simulator.script().waiting.is_empty());
    let error = simulator.carry_out_at(0, Deed::RevokeKey).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Value {
                what: "request",
                ..
            }
        ),
        "{error}"
    );
}
