//! The state file: what happened is still so after a restart.

use std::path::Path;

use hiver_sim::{ConversationChange, Error, NewConversation, Options, Simulator, Status};
use serde_json::json;

use crate::support::{Client, first_id};

fn options(path: &Path) -> Options {
    Options {
        state: Some(path.to_owned()),
        ..Options::unlimited(50)
    }
}

#[tokio::test]
async fn everything_that_happened_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.jsonl");
    let simulator = Simulator::new(options(&path)).unwrap();
    let client = Client::new(&simulator);
    let id = first_id(&simulator);
    let on = |rest: &str| format!("/conversations/{id}/{rest}");
    let user = simulator.state().users[2].id.clone();
    let tag = client
        .call("POST", "/tags", json!({"name": "spring"}))
        .await
        .json()["id"]
        .clone();
    client
        .call("POST", &on("assign"), json!({"user_id": user}))
        .await;
    client
        .call("PUT", &on("status"), json!({"status": "pending"}))
        .await;
    client
        .call("POST", &on("tags"), json!({"tag_id": tag}))
        .await;
    client
        .call(
            "POST",
            &on("notes"),
            json!({"body": "Line 1\nLine 2 “quoted”", "type": "internal"}),
        )
        .await;
    let new = simulator
        .create_conversation(NewConversation::new("Cards", "New one"))
        .unwrap();
    let change = ConversationChange {
        mailbox_id: Some("Billing".to_owned()),
        subject: Some(None),
        status: Some(Status::Closed),
        ..ConversationChange::default()
    };
    simulator.change_conversation(&new.id, change).unwrap();
    client
        .call("POST", &on("assign"), json!({"user_id": "usr_none"}))
        .await;
    let mut before = simulator.state();
    drop((simulator, client));

    let simulator = Simulator::new(options(&path)).unwrap();
    for conversation in &mut before.conversations {
        for note in &mut conversation.notes {
            note.request = 0;
        }
    }
    assert_eq!(simulator.state(), before);
    assert!(
        simulator.ledger().notes.is_empty(),
        "they belong to no request of this life"
    );
    let next = simulator
        .create_conversation(NewConversation::new("Cards", "Next one"))
        .unwrap();
    assert!(next.id > new.id);
}

#[tokio::test]
async fn times_count_from_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.jsonl");
    let at = |seconds| Some(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
    let first = Options {
        started_at: at(1_800_000_000),
        ..options(&path)
    };
    let before = Simulator::new(first).unwrap().state();
    let later = Options {
        started_at: at(1_900_000_000),
        ..options(&path)
    };
    let simulator = Simulator::new(later).unwrap();
    assert_eq!(simulator.state(), before);
    let new = simulator
        .create_conversation(NewConversation::new("Cards", "Now"))
        .unwrap();
    assert!((1_900_000_000_000..1_900_000_600_000).contains(&new.created_ms));
}

#[tokio::test]
async fn what_changed_nothing_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.jsonl");
    let simulator = Simulator::new(options(&path)).unwrap();
    let client = Client::new(&simulator);
    let conversation = simulator.state().conversations.remove(0);
    let body = json!({"status": conversation.status});
    let reply = client
        .call(
            "PUT",
            &format!("/conversations/{}/status", conversation.id),
            body,
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap().lines().count(),
        1,
        "only the header"
    );
    assert_eq!(
        simulator.conversation(&conversation.id).unwrap().updated_ms,
        conversation.updated_ms
    );
}

#[tokio::test]
async fn another_world_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.jsonl");
    drop(Simulator::new(options(&path)).unwrap());
    let error = Simulator::new(Options {
        seed: 2,
        ..options(&path)
    })
    .unwrap_err();
    assert!(matches!(error, Error::OtherWorld { .. }), "{error}");
    assert!(error.to_string().contains("hint:"), "{error}");
    let error = Simulator::new(Options {
        conversations: 51,
        ..options(&path)
    })
    .unwrap_err();
    assert!(error.to_string().contains("51 conversations"), "{error}");
}
