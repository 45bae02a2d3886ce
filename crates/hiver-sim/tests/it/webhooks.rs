//! What is delivered to a registered address.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use hiver_sim::{ConversationChange, NewConversation, Simulator, Status, Webhook};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Client, first_id, simulator};

/// Somebody who is delivered to.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn answering(status: StatusCode) -> Self {
        let bodies: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = bodies.clone();
        let take = async move |body: Bytes| {
            kept.lock()
                .unwrap()
                .push(serde_json::from_slice(&body).unwrap());
            status
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, bodies }
    }

    fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }

    fn events(&self) -> Vec<String> {
        let bodies = self.bodies();
        bodies
            .iter()
            .map(|body| body["event"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn set(simulator: &Simulator, id: &str, status: Status) {
    let change = ConversationChange {
        status: Some(status),
        ..Default::default()
    };
    simulator.change_conversation(id, change).unwrap();
}

async fn register(client: &Client, webhook: Value) -> Value {
    let reply = client.control("POST", "/webhooks", webhook).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn what_happens_is_delivered_in_the_words_of_the_contract() {
    let (simulator, client) = simulator(3);
    let receiver = Receiver::answering(StatusCode::OK).await;
    register(&client, json!({"url": receiver.url})).await;
    let id = first_id(&simulator);
    let user = simulator.state().users[1].clone();
    let new = simulator
        .create_conversation(NewConversation::new("Support", "Hello"))
        .unwrap();
    let path = format!("/conversations/{}", new.id);
    let assign = json!({"user_id": user.id});
    client
        .call("POST", &format!("{path}/assign"), assign.clone())
        .await;
    client.call("POST", &format!("{path}/assign"), assign).await;
    client
        .call(
            "PUT",
            &format!("{path}/status"),
            json!({"status": "closed"}),
        )
        .await;
    let note = json!({"body": "Hm", "type": "internal"});
    client.call("POST", &format!("{path}/notes"), note).await;
    client
        .control(
            "POST",
            "/do",
            json!({"do": "delete_conversation", "id": id}),
        )
        .await;
    simulator.until_webhooks_are_delivered().await;
    assert_eq!(
        receiver.events(),
        [
            "ping",
            "conversation.created",
            "conversation.assigned",
            "conversation.status_changed",
            "note.added",
            "conversation.deleted"
        ],
        "what changes nothing is no event"
    );
    let bodies = receiver.bodies();
    assert_eq!(bodies[1]["data"]["conversation"]["subject"], "Hello");
    assert_eq!(bodies[2]["data"]["assignee"]["name"], user.name);
    assert_eq!(bodies[2]["data"]["conversation"]["status"], "open");
    assert_eq!(bodies[3]["data"]["status"], "closed");
    assert_eq!(bodies[4]["data"]["note"]["body"], "Hm");
    assert_eq!(bodies[5]["data"]["conversation"]["id"], id);

    let state = client
        .control("DELETE", "/webhooks", Value::Null)
        .await
        .json();
    assert_eq!(
        (&state["webhook"], &state["delivered"]),
        (&Value::Null, &json!(6))
    );
    set(&simulator, &new.id, Status::Open);
    simulator.until_webhooks_are_delivered().await;
    assert_eq!(receiver.bodies().len(), 6);
}

#[tokio::test]
async fn repeats_order_and_choice_are_as_asked_for() {
    let (simulator, client) = simulator(3);
    let receiver = Receiver::answering(StatusCode::OK).await;
    let id = first_id(&simulator);
    set(&simulator, &id, Status::Pending);
    let flip = |times: usize| {
        for _ in 0..times {
            set(&simulator, &id, Status::Closed);
            set(&simulator, &id, Status::Pending);
        }
    };
    register(&client, json!({"url": receiver.url, "repeat": 1.0})).await;
    flip(5);
    simulator.until_webhooks_are_delivered().await;
    assert_eq!(receiver.bodies().len(), 1 + 20);

    let chosen = json!({"url": receiver.url, "events": ["conversation.created"]});
    register(&client, chosen).await;
    flip(5);
    simulator.until_webhooks_are_delivered().await;
    assert_eq!(receiver.bodies().len(), 22, "only the ping");

    let shuffled = json!({"url": receiver.url, "reorder": 0.5, "delay_ms": 5});
    register(&client, shuffled).await;
    flip(20);
    simulator.until_webhooks_are_delivered().await;
    let bodies = receiver.bodies();
    let statuses: Vec<&str> = bodies[23..]
        .iter()
        .map(|body| body["data"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses.len(), 40);
    assert!(
        statuses.windows(2).any(|pair| pair[0] == pair[1]),
        "in order they take turns"
    );
}

#[tokio::test]
async fn what_fails_is_counted_and_not_sent_again() {
    let (simulator, client) = simulator(3);
    let receiver = Receiver::answering(StatusCode::NOT_FOUND).await;
    register(&client, json!({"url": receiver.url})).await;
    simulator.until_webhooks_are_delivered().await;
    simulator
        .register_webhook(Webhook::new("http://127.0.0.1:1/nobody"))
        .unwrap();
    simulator.until_webhooks_are_delivered().await;
    let state = simulator.webhooks();
    assert_eq!((state.delivered, state.failed), (0, 2));
    assert_eq!(receiver.bodies().len(), 1);
    for wrong in [
        json!({"url": "nowhere"}),
        json!({"url": receiver.url, "repeat": 2}),
        json!({"url": receiver.url, "at_once": 0}),
        json!({"url": receiver.url, "unheard": "of"}),
    ] {
        let reply = client.control("POST", "/webhooks", wrong.clone()).await;
        assert_eq!(reply.status, 400, "{wrong}");
    }
}
