//! Users, tags and conversations that are deleted, and what is left of them.

use hiver_sim::{Deed, Options, Simulator};
use serde_json::{Value, json};

use crate::support::{Client, first_id, ids, simulator};

fn deleted(kind: &str, id: &str) -> Deed {
    serde_json::from_value(json!({"do": format!("delete_{kind}"), "id": id})).unwrap()
}

async fn rows(client: &Client, path: &str, list: &str) -> Vec<String> {
    let page = client.get(path).await.json();
    ids(page[list].as_array().unwrap())
}

#[tokio::test]
async fn a_deleted_user_is_unknown_and_their_work_is_nobodys() {
    let (simulator, client) = simulator(100);
    let before = simulator.state();
    let user = &before.users[2];
    let theirs = before.conversations.iter();
    let mut theirs = theirs.filter(|c| c.assignee.as_ref() == Some(&user.id));
    let one = theirs.next().unwrap();
    simulator.carry_out(&deleted("user", &user.name)).unwrap();

    let body = json!({"user_id": user.id});
    let path = format!("/conversations/{}/assign", one.id);
    assert_eq!(client.call("POST", &path, body).await.status, 400);
    let row = client.get(&format!("/conversations/{}", one.id)).await;
    assert_eq!((row.status, row.json().get("assignee")), (200, None));
    assert!(!rows(&client, "/users", "users").await.contains(&user.id));
    let after = simulator.state();
    assert_eq!(after.users.len(), 7);
    assert!(
        after
            .conversations
            .iter()
            .all(|c| c.assignee.as_ref() != Some(&user.id))
    );
    assert!(after.totals.open_unassigned > before.totals.open_unassigned);
    let again = simulator.carry_out(&deleted("user", &user.id)).unwrap_err();
    assert_eq!(again.to_string(), format!("there is no user `{}`", user.id));
}

#[tokio::test]
async fn a_deleted_tag_is_unknown_and_its_name_is_free() {
    let (simulator, client) = simulator(300);
    let before = simulator.state();
    let tag = &before.tags[0];
    let tagged = before
        .conversations
        .iter()
        .find(|c| c.tags.contains(&tag.id));
    let on = format!("/conversations/{}/tags", tagged.unwrap().id);
    simulator.carry_out(&deleted("tag", &tag.id)).unwrap();

    let body = json!({"tag_id": tag.id});
    assert_eq!(client.call("POST", &on, body).await.status, 404);
    let path = format!("{on}/{}", tag.id);
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 404);
    assert!(!rows(&client, "/tags", "tags").await.contains(&tag.id));
    assert!(
        client
            .all("conversations", &format!("tag={}", tag.name))
            .await
            .is_empty()
    );
    let after = simulator.state();
    assert!(
        after
            .conversations
            .iter()
            .all(|c| !c.tags.contains(&tag.id))
    );
    let made = client
        .call("POST", "/tags", json!({"name": tag.name}))
        .await;
    let made_id = made.json()["id"].as_str().unwrap().to_owned();
    assert!(made.status == 200 && made_id != tag.id);
    let body = json!({"tag_id": made_id});
    assert_eq!(client.call("POST", &on, body).await.status, 200);
    let listed = client
        .all("conversations", &format!("tag={}", tag.name))
        .await;
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn a_deleted_conversation_is_nowhere_but_its_notes_stay_in_the_ledger() {
    let (simulator, client) = simulator(20);
    let before = simulator.state().totals;
    let id = first_id(&simulator);
    let on = |rest: &str| format!("/conversations/{id}{rest}");
    let note = json!({"body": "Hello", "type": "internal"});
    client.call("POST", &on("/notes"), note.clone()).await;
    simulator.carry_out(&deleted("conversation", &id)).unwrap();

    let (user, tag) = (
        &simulator.state().users[0].id,
        &simulator.state().tags[0].id,
    );
    let calls = [
        ("GET", on(""), Value::Null),
        ("POST", on("/assign"), json!({"user_id": user})),
        ("PUT", on("/status"), json!({"status": "open"})),
        ("POST", on("/notes"), note),
        ("POST", on("/tags"), json!({"tag_id": tag})),
        ("DELETE", on(&format!("/tags/{tag}")), Value::Null),
    ];
    for (method, path, body) in calls {
        assert_eq!(
            client.call(method, &path, body).await.status,
            404,
            "{method} {path}"
        );
    }
    let listed = ids(&client.all("conversations", "").await);
    assert!(listed.len() == 19 && !listed.contains(&id));
    let after = simulator.state();
    assert_eq!(
        (after.conversations.len(), after.totals.conversations),
        (19, 19)
    );
    assert_eq!((before.notes, after.totals.notes), (0, 0));
    assert!(simulator.conversation(&id).is_err());
    assert_eq!(simulator.ledger().notes[&id].len(), 1);
    let new = simulator.create_conversation(hiver_sim::NewConversation::new("Cards", "x"));
    assert!(
        after
            .conversations
            .iter()
            .all(|c| c.id < new.as_ref().unwrap().id)
    );
}

#[tokio::test]
async fn deleting_while_reading_skips_nothing() {
    for list in ["conversations", "users", "tags"] {
        let (simulator, client) = simulator(40);
        let expected = ids(&client.all(list, "").await);
        let kind = list.strip_suffix('s').unwrap();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = client
                .get(&format!("/{list}?limit=3&cursor={cursor}"))
                .await
                .json();
            let read = ids(page[list].as_array().unwrap());
            // What was read goes away, the row that the cursor stands on included.
            for id in &read {
                simulator.carry_out(&deleted(kind, id)).unwrap();
            }
            seen.extend(read);
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{list}");
        let empty = client.get(&format!("/{list}")).await.json();
        assert_eq!(empty, json!({ list: [] }));
    }
}

#[tokio::test]
async fn what_was_deleted_stays_so_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        state: Some(folder.path().join("state.jsonl")),
        ..Options::unlimited(50)
    };
    let simulator = Simulator::new(options.clone()).unwrap();
    let state = simulator.state();
    let last = &state.conversations[49].id;
    let deeds = [
        deleted("user", &state.users[0].id),
        deleted("tag", &state.tags[1].id),
        deleted("conversation", last),
        deleted("conversation", &state.conversations[0].id),
    ];
    for deed in &deeds {
        simulator.carry_out(deed).unwrap();
    }
    let before = simulator.state();
    drop(simulator);
    let simulator = Simulator::new(options).unwrap();
    assert_eq!(simulator.state(), before);
    let new = hiver_sim::NewConversation::new("Cards", "Next");
    let new = simulator.create_conversation(new).unwrap();
    assert!(new.id > *last, "an id is never given twice");
}
