//! The control endpoints: the ledger, the state, and a world that stands still.

use hiver_sim::Options;
use serde_json::{Value, json};

use crate::support::{exchange, first_id, http, simulator};

#[tokio::test]
async fn the_ledger_tells_what_was_asked_and_what_it_did() {
    let (simulator, client) = simulator(3);
    let id = first_id(&simulator);
    let user = simulator.state().users[3].id.clone();
    client
        .control(
            "PUT",
            &format!("/conversations/{id}"),
            json!({"assignee": null}),
        )
        .await;
    client.get("/tags?limit=5").await;
    for _ in 0..2 {
        client
            .call(
                "POST",
                &format!("/conversations/{id}/assign"),
                json!({"user_id": user}),
            )
            .await;
    }
    let note = json!({"body": "Hello", "type": "internal"});
    client
        .call("POST", &format!("/conversations/{id}/notes"), note.clone())
        .await;
    client
        .send(
            "PUT",
            &format!("/api/v1/conversations/{id}/status"),
            "nonsense",
        )
        .await;

    let ledger = client.control("GET", "/ledger", Value::Null).await.json();
    let requests = ledger["requests"].as_array().unwrap();
    let numbers: Vec<_> = requests
        .iter()
        .map(|request| request["n"].as_u64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        [1, 2, 3, 4, 5],
        "the colleague's change is no request"
    );
    assert_eq!(requests[0]["method"], "GET");
    assert_eq!(requests[0]["path"], "/api/v1/tags");
    assert_eq!(requests[0]["query"], "limit=5");
    assert_eq!(requests[0]["fault"], Value::Null);
    assert_eq!(requests[0].get("effect"), None);
    let assigned =
        |changed| json!({"kind": "assign", "conversation": id, "value": user, "changed": changed});
    assert_eq!(requests[1]["body"], json!({"user_id": user}));
    assert_eq!(requests[1]["effect"], assigned(true));
    assert_eq!(requests[2]["effect"], assigned(false));
    assert_eq!(requests[3]["effect"]["value"]["body"], "Hello");
    assert_eq!(requests[4]["body"], "nonsense");
    assert_eq!(requests[4]["status"], 400);
    let notes = &ledger["notes"][&id];
    assert_eq!(
        (&notes[0]["body"], &notes[0]["request"]),
        (&json!("Hello"), &json!(4))
    );
    assert_eq!(notes[0]["id"], requests[3]["effect"]["value"]["id"]);

    let later = client
        .control("GET", "/ledger?since=4", Value::Null)
        .await
        .json();
    assert_eq!(later["requests"].as_array().unwrap().len(), 1);
    assert_eq!((&later["notes"], &later["last"]), (&json!({}), &json!(5)));
    client.control("DELETE", "/ledger", Value::Null).await;
    let cleared = client.control("GET", "/ledger", Value::Null).await.json();
    assert_eq!(
        cleared,
        json!({"requests": [], "notes": {}, "last": 5, "forgotten": 0})
    );
    assert_eq!(
        simulator.conversation(&id).unwrap().notes.len(),
        1,
        "the note stays"
    );
}

#[tokio::test]
async fn the_state_counts_and_shows() {
    let (simulator, client) = simulator(120);
    let state = client.control("GET", "/state", Value::Null).await.json();
    let totals = &state["totals"];
    let sum = |field: &str| {
        let mailboxes = state["mailboxes"].as_array().unwrap();
        mailboxes
            .iter()
            .map(|mailbox| mailbox[field].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(sum("open") + sum("pending") + sum("closed"), 120);
    assert_eq!(totals["open"], json!(sum("open")));
    assert_eq!(state["conversations"].as_array().unwrap().len(), 120);
    let counts = client
        .control("GET", "/state?conversations=false", Value::Null)
        .await
        .json();
    assert_eq!(
        (&counts["totals"], &counts["conversations"]),
        (totals, &json!([]))
    );
    let id = first_id(&simulator);
    let one = client
        .control("GET", &format!("/state?conversation={id}"), Value::Null)
        .await
        .json();
    assert_eq!(one, state["conversations"][0]);
    let none = client
        .control("GET", "/state?conversation=cnv_none", Value::Null)
        .await;
    assert_eq!(
        (none.status, none.message().as_str()),
        (404, "there is no conversation `cnv_none`")
    );
}

#[tokio::test]
async fn mails_come_in_and_colleagues_change_things() {
    let (simulator, client) = simulator(2);
    let new = json!({"mailbox_id": "Billing", "subject": "Invoice", "tags": ["vip", "VIP"], "assignee": "Ana Ruiz"});
    let made = client.control("POST", "/conversations", new).await.json();
    let state = simulator.state();
    assert_eq!(made["mailbox_id"], json!(state.mailboxes[2].id));
    assert_eq!(made["assignee"], json!(state.users[0].id));
    assert_eq!(made["tags"].as_array().unwrap().len(), 1);
    assert_eq!(made["status"], "open");
    let id = made["id"].as_str().unwrap();

    let change = json!({"subject": null, "assignee": null, "status": "pending", "tags": ["fraud"], "mailbox_id": "Cards"});
    client
        .control("PUT", &format!("/conversations/{id}"), change)
        .await;
    let row = client.get(&format!("/conversations/{id}")).await.json();
    assert_eq!(row["subject"], Value::Null);
    assert_eq!(row.get("assignee"), None);
    assert_eq!(
        (&row["status"], &row["tags"][0]["name"]),
        (&json!("pending"), &json!("fraud"))
    );
    let cards = format!("mailbox_id={}&status=pending", state.mailboxes[1].id);
    assert!(client.all("conversations", &cards).await.contains(&row));
    let billing = format!("mailbox_id={}&tag=vip", state.mailboxes[2].id);
    assert!(!client.all("conversations", &billing).await.contains(&row));

    let before = simulator.conversation(id).unwrap();
    let wrong = json!({"status": "closed", "tags": ["no such tag"]});
    let reply = client
        .control("PUT", &format!("/conversations/{id}"), wrong)
        .await;
    assert_eq!(reply.status, 404);
    assert_eq!(
        simulator.conversation(id).unwrap(),
        before,
        "all or nothing"
    );
    let reply = client
        .control("POST", "/conversations", json!({"mailbox": "Cards"}))
        .await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn faults_latency_and_wire_are_set_from_outside() {
    let (simulator, client) = simulator(1);
    let reply = client
        .control("PUT", "/faults", json!({"429": 0.5, "cut": 0.1}))
        .await;
    assert_eq!(reply.json(), json!({"429": 0.5, "cut": 0.1}));
    assert_eq!(
        client
            .control("PUT", "/faults", json!({"501": 0.5}))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .control("PUT", "/faults", json!({"cut": 2}))
            .await
            .status,
        400
    );
    client.control("PUT", "/faults", json!({})).await;
    let next = json!({"kind": "500-before", "method": "GET", "path_prefix": "/tags", "count": 2});
    client.control("POST", "/faults/next", next.clone()).await;
    let shown = client.control("GET", "/faults", Value::Null).await.json();
    assert_eq!(shown, json!({"by_chance": {}, "next": [next]}));
    assert_eq!(client.get("/users").await.status, 200);
    assert_eq!(client.get("/tags").await.status, 500);
    client.control("DELETE", "/faults/next", Value::Null).await;
    assert_eq!(client.get("/tags").await.status, 200);
    client
        .control("PUT", "/wire", json!({"sparse": true}))
        .await;
    assert!(simulator.wire().sparse);
    client
        .control("PUT", "/key", json!({"key": "new", "active": false}))
        .await;
    assert_eq!(client.get("/tags").await.status, 401);
    assert_eq!(
        client
            .control("PUT", "/latency", json!({"ms": 5}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_held_world_answers_and_does_nothing_until_it_is_released() {
    let (simulator, client) = simulator(1);
    let id = first_id(&simulator);
    let held = client.control("POST", "/hold", Value::Null).await.json();
    assert_eq!(held, json!({"held": true, "waiting": 0}));
    let note = json!({"body": "Hello", "type": "internal"});
    let path = format!("/conversations/{id}/notes");
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.call("POST", &path, note).await });
    simulator.until_waiting(1).await;
    let ledger = client.control("GET", "/ledger", Value::Null).await.json();
    assert_eq!(ledger["requests"][0]["status"], Value::Null);
    assert!(simulator.conversation(&id).unwrap().notes.is_empty());
    assert!(!asked.is_finished());
    client.control("DELETE", "/hold", Value::Null).await;
    assert_eq!(asked.await.unwrap().status, 200);
    assert_eq!(simulator.conversation(&id).unwrap().notes.len(), 1);
}

#[tokio::test]
async fn a_request_that_arrived_is_carried_out_though_its_client_gave_up() {
    use tokio::{io::AsyncWriteExt, net::TcpStream};
    let running = hiver_sim::Simulator::spawn(Options::unlimited(1))
        .await
        .unwrap();
    let simulator = running.simulator();
    let id = first_id(simulator);
    simulator.hold();
    let body = json!({"body": "Hello", "type": "internal"}).to_string();
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    let request = http("POST", &format!("/conversations/{id}/notes"), &body);
    stream.write_all(&request).await.unwrap();
    simulator.until_waiting(1).await;
    drop(stream);
    simulator.release();
    simulator.until_answered(1).await;
    assert_eq!(simulator.conversation(&id).unwrap().notes.len(), 1);
    let answer = exchange(running.address(), &http("GET", "/tags", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"));
}
