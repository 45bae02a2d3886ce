//! The eleven calls, beside the tutorial's literal examples.

use hiver_sim::{Options, Simulator, WireOptions};
use serde_json::{Value, json};

use crate::support::{Client, first_id, simulator, with};

fn tutorial_world() -> (Simulator, Client) {
    with(Options {
        tutorial_ids: true,
        ..Options::unlimited(300)
    })
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn mailboxes_have_the_shape_of_the_example() {
    let (_, client) = tutorial_world();
    let reply = client.get("/mailboxes").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(
        reply.json()["mailboxes"][0],
        json!({"id": "mb_01HXYZ", "name": "Support", "email": "support@northbank.example", "type": "shared"})
    );
    assert_eq!(keys(&reply.json()), ["mailboxes"]);
}

#[tokio::test]
async fn the_health_check_may_see_a_bare_array() {
    let wire = WireOptions {
        bare_mailboxes: true,
        ..WireOptions::default()
    };
    let (_, client) = with(Options {
        wire,
        ..Options::unlimited(0)
    });
    assert_eq!(
        client
            .get("/mailboxes")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn open_conversations_of_a_mailbox() {
    let (_, client) = tutorial_world();
    let reply = client
        .get("/conversations?mailbox_id=mb_01HXYZ&status=open&limit=50")
        .await;
    let page = reply.json();
    let rows = page["conversations"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.len() <= 50);
    for row in rows {
        assert_eq!(row["mailbox_id"], "mb_01HXYZ");
        assert_eq!(row["status"], "open");
        assert!(row["tags"].is_array());
        // As in `conv.get("assignee", {}).get("name", "unassigned")`: absent, never null.
        assert!(
            row.get("assignee")
                .is_none_or(|assignee| assignee["name"].is_string())
        );
    }
    assert!(rows.iter().any(|row| row.get("assignee").is_none()));
    assert!(rows.iter().any(|row| row.get("assignee").is_some()));
}

#[tokio::test]
async fn assign_status_note_and_tags() {
    let (simulator, client) = tutorial_world();
    let id = first_id(&simulator);

    let body = json!({"user_id": "usr_01HABC"});
    let reply = client
        .call("POST", &format!("/conversations/{id}/assign"), body)
        .await;
    assert_eq!(
        (reply.status, &reply.json()["assignee"]["id"]),
        (200, &json!("usr_01HABC"))
    );

    for status in ["closed", "open", "pending"] {
        let body = json!({"status": status});
        let reply = client
            .call("PUT", &format!("/conversations/{id}/status"), body)
            .await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!(status))
        );
    }

    let text = "Auto-assigned to billing team based on subject keyword.";
    let body = json!({"body": text, "type": "internal"});
    let reply = client
        .call("POST", &format!("/conversations/{id}/notes"), body)
        .await;
    assert_eq!((reply.status, &reply.json()["body"]), (200, &json!(text)));
    assert_eq!(simulator.conversation(&id).unwrap().notes[0].body, text);

    let tags = client.get("/tags").await.json();
    let tags = tags["tags"].as_array().unwrap();
    let billing = tags.iter().find(|tag| tag["name"] == "billing").unwrap();
    let body = json!({"tag_id": billing["id"]});
    let reply = client
        .call("POST", &format!("/conversations/{id}/tags"), body)
        .await;
    assert!(reply.json()["tags"].as_array().unwrap().contains(billing));

    let path = format!(
        "/conversations/{id}/tags/{}",
        billing["id"].as_str().unwrap()
    );
    for _ in 0..2 {
        // The second time it is not on it any more, which is what was asked for.
        let reply = client.send("DELETE", &format!("/api/v1{path}"), "").await;
        assert_eq!(reply.status, 200);
        assert!(!reply.json()["tags"].as_array().unwrap().contains(billing));
    }

    let one = client.get(&format!("/conversations/{id}")).await.json();
    assert_eq!(one["id"], json!(id));
    assert_eq!(one["status"], "pending");
}

#[tokio::test]
async fn a_new_tag_can_be_used_and_made_once() {
    let (simulator, client) = simulator(1);
    let tag = client
        .call("POST", "/tags", json!({"name": "Holiday rush"}))
        .await
        .json();
    assert!(tag["id"].as_str().unwrap().starts_with("tag_01"));
    assert_eq!(keys(&tag), ["id", "name"]);
    let again = client
        .call("POST", "/tags", json!({"name": "HOLIDAY rush"}))
        .await;
    assert_eq!(again.status, 400);
    assert!(
        again.message().contains("already exists"),
        "{}",
        again.message()
    );
    let path = format!("/conversations/{}/tags", first_id(&simulator));
    let reply = client
        .call("POST", &path, json!({"tag_id": tag["id"]}))
        .await;
    assert!(reply.json()["tags"].as_array().unwrap().contains(&tag));
    assert!(client.all("tags", "limit=5").await.contains(&tag));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let (simulator, client) = simulator(3);
    let id = first_id(&simulator);
    let before = simulator.state();
    let on = |rest: &str| format!("/conversations/{id}/{rest}");
    let cases = [
        ("POST", on("assign"), json!({"user_id": "usr_none"}), 400),
        ("POST", on("assign"), json!({}), 400),
        ("POST", on("assign"), json!(["usr_none"]), 400),
        ("PUT", on("status"), json!({"status": "solved"}), 400),
        ("PUT", on("status"), json!({"status": 1}), 400),
        (
            "POST",
            on("notes"),
            json!({"body": "  ", "type": "internal"}),
            400,
        ),
        (
            "POST",
            on("notes"),
            json!({"body": "Hello", "type": "public"}),
            400,
        ),
        ("POST", on("notes"), json!({"body": "Hello"}), 400),
        ("POST", on("tags"), json!({"tag_id": "tag_none"}), 404),
        ("DELETE", on("tags/tag_none"), json!({}), 404),
        (
            "POST",
            "/conversations/cnv_none/assign".into(),
            json!({"user_id": "x"}),
            404,
        ),
        ("POST", "/tags".into(), json!({"name": ""}), 400),
        ("DELETE", "/tags".into(), json!({}), 405),
        ("GET", on("assign"), json!({}), 405),
        ("GET", "/reports".into(), json!({}), 404),
        ("GET", "/conversations/cnv_none".into(), json!({}), 404),
        (
            "GET",
            "/conversations?mailbox_id=mb_none".into(),
            json!({}),
            404,
        ),
        ("GET", "/conversations?status=solved".into(), json!({}), 400),
        ("GET", "/conversations?limit=101".into(), json!({}), 400),
        (
            "GET",
            "/conversations?cursor=nonsense".into(),
            json!({}),
            400,
        ),
    ];
    for (method, path, body, status) in cases {
        let reply = client.call(method, &path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
        assert!(!reply.message().is_empty());
    }
    let reply = client
        .send("PUT", &format!("/api/v1{}", on("status")), "{\"status\":")
        .await;
    assert_eq!(reply.status, 400);
    assert!(reply.message().contains("not JSON"), "{}", reply.message());
    assert_eq!(simulator.state(), before);
}

#[tokio::test]
async fn keys_that_are_missing_wrong_or_not_activated() {
    let (simulator, mut client) = simulator(0);
    client.key = "other".to_owned();
    assert_eq!(client.get("/mailboxes").await.status, 401);
    client.key = String::new();
    let reply = client.get("/mailboxes").await;
    assert!(reply.message().contains("missing"), "{}", reply.message());
    client.key = "sim-key".to_owned();
    simulator.set_key_active(false);
    let reply = client.get("/mailboxes").await;
    assert_eq!(reply.status, 401);
    assert!(reply.message().contains("activated"), "{}", reply.message());
    simulator.set_key_active(true);
    assert_eq!(client.get("/mailboxes").await.status, 200);
    simulator.set_key("rotated");
    assert_eq!(client.get("/mailboxes").await.status, 401);
}

#[tokio::test]
async fn a_forbidden_mailbox_answers_403_and_is_left_out_of_lists() {
    let forbidden = vec!["Cards".to_owned()];
    let (simulator, client) = with(Options {
        forbidden,
        ..Options::unlimited(100)
    });
    let state = simulator.state();
    let cards = &state.mailboxes[1];
    let inside = state
        .conversations
        .iter()
        .find(|c| c.mailbox_id == cards.id)
        .unwrap();
    assert_eq!(
        client
            .get(&format!("/conversations?mailbox_id={}", cards.id))
            .await
            .status,
        403
    );
    assert_eq!(
        client
            .get(&format!("/conversations/{}", inside.id))
            .await
            .status,
        403
    );
    let body = json!({"status": "closed"});
    let path = format!("/conversations/{}/status", inside.id);
    assert_eq!(client.call("PUT", &path, body).await.status, 403);
    let rows = client.all("conversations", "limit=100").await;
    assert!(rows.iter().all(|row| row["mailbox_id"] != json!(cards.id)));
    assert_eq!(
        client.get("/mailboxes").await.json()["mailboxes"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    client
        .control("PUT", "/mailboxes/Cards", json!({"access": "hidden"}))
        .await;
    assert_eq!(
        client.get("/mailboxes").await.json()["mailboxes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    client
        .control("PUT", "/mailboxes/Cards", json!({"access": "full"}))
        .await;
    assert_eq!(
        client
            .get(&format!("/conversations/{}", inside.id))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn rows_carry_what_they_are_told_to() {
    let (simulator, client) = simulator(300);
    let rows = |client: Client| async move {
        client.get("/conversations?limit=100").await.json()["conversations"].clone()
    };
    let plain = rows(client.clone()).await;
    let full = ["assignee", "id", "mailbox_id", "status", "subject", "tags"];
    let assigned = |rows: &Value| {
        let rows = rows.as_array().unwrap();
        rows.iter()
            .find(|row| row.get("assignee").is_some())
            .unwrap()
            .clone()
    };
    assert_eq!(keys(&assigned(&plain)), full);

    simulator.set_wire(WireOptions {
        times: true,
        ..WireOptions::default()
    });
    let row = assigned(&rows(client.clone()).await);
    let (created, updated) = (
        row["created_at"].as_str().unwrap(),
        row["updated_at"].as_str().unwrap(),
    );
    assert!(
        created.ends_with('Z') && created.as_bytes()[10] == b'T',
        "{created}"
    );
    assert!(created <= updated);

    simulator.set_wire(WireOptions {
        sparse: true,
        ..WireOptions::default()
    });
    let row = assigned(&rows(client.clone()).await);
    assert_eq!(keys(&row), ["assignee", "id", "subject"]);
    assert_eq!(keys(&row["assignee"]), ["name"]);

    simulator.set_wire(WireOptions {
        wrapped: true,
        ..WireOptions::default()
    });
    let id = row["id"].as_str().unwrap();
    let one = client.get(&format!("/conversations/{id}")).await.json();
    assert_eq!(one["conversation"]["id"], json!(id));
    let tag = client
        .call("POST", "/tags", json!({"name": "new"}))
        .await
        .json();
    assert_eq!(tag["tag"]["name"], "new");
}
