//! Lists: every row once, whatever changes meanwhile; the sample account.

use std::collections::HashSet;

use hiver_sim::{NewConversation, Options, Simulator, Status, Subject, Subjects};
use serde_json::{Value, json};

use crate::support::{first_id, ids, simulator, with};

#[tokio::test]
async fn pages_cover_everything_once() {
    let (simulator, client) = simulator(333);
    let expected: Vec<String> = simulator
        .state()
        .conversations
        .iter()
        .map(|c| c.id.clone())
        .collect();
    for limit in [1, 7, 50, 100] {
        let rows = client.all("conversations", &format!("limit={limit}")).await;
        assert_eq!(ids(&rows), expected, "limit {limit}");
    }
    assert_eq!(client.all("users", "limit=3").await.len(), 8);
    assert_eq!(client.all("tags", "limit=5").await.len(), 12);
    assert_eq!(client.all("mailboxes", "limit=1").await.len(), 3);
}

#[tokio::test]
async fn without_a_limit_a_page_has_50_rows() {
    let (_, client) = simulator(51);
    let page = client.get("/conversations").await.json();
    assert_eq!(page["conversations"].as_array().unwrap().len(), 50);
    assert!(page["next_cursor"].is_string());
    let (_, client) = simulator(50);
    assert_eq!(
        client.get("/conversations").await.json().get("next_cursor"),
        None
    );
}

#[tokio::test]
async fn closing_while_reading_skips_nothing() {
    let (simulator, client) = simulator(400);
    let state = simulator.state();
    let open = state
        .conversations
        .iter()
        .filter(|c| c.status == Status::Open);
    let expected: Vec<String> = open.map(|c| c.id.clone()).collect();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client
            .get(&format!(
                "/conversations?status=open&limit=10&cursor={cursor}"
            ))
            .await
            .json();
        let rows = ids(page["conversations"].as_array().unwrap());
        // What was read leaves the list at once, the row that the cursor stands on included.
        for id in &rows {
            let path = format!("/conversations/{id}/status");
            client.call("PUT", &path, json!({"status": "closed"})).await;
        }
        seen.extend(rows);
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(simulator.summary().totals.open, 0);
}

#[tokio::test]
async fn what_comes_in_while_reading_is_at_the_end() {
    let (simulator, client) = simulator(20);
    let page = client.get("/conversations?limit=10").await.json();
    let new = simulator
        .create_conversation(NewConversation::new("Cards", "Just now"))
        .unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = client
        .get(&format!("/conversations?limit=100&cursor={cursor}"))
        .await
        .json();
    let rest = ids(rest["conversations"].as_array().unwrap());
    assert_eq!(rest.len(), 11);
    assert_eq!(rest.last(), Some(&new.id));
}

#[tokio::test]
async fn filters_narrow_together() {
    let (simulator, client) = simulator(2_000);
    let state = simulator.state();
    let mailbox = &state.mailboxes[2].id;
    let tag = state
        .tags
        .iter()
        .find(|tag| tag.name == "needs reply")
        .unwrap();
    let expected: Vec<String> = state
        .conversations
        .iter()
        .filter(|c| {
            c.mailbox_id == *mailbox && c.status == Status::Open && c.tags.contains(&tag.id)
        })
        .map(|c| c.id.clone())
        .collect();
    assert!(!expected.is_empty());
    for tag in [tag.id.as_str(), "needs%20reply", "Needs+Reply"] {
        let query = format!("mailbox_id={mailbox}&status=open&tag={tag}&limit=3");
        assert_eq!(ids(&client.all("conversations", &query).await), expected);
    }
    assert!(
        client
            .all("conversations", "tag=no-such-tag")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_empty_account_is_a_valid_account() {
    let (simulator, client) = with(Options {
        empty_mailbox: true,
        ..Options::unlimited(0)
    });
    assert_eq!(
        client.get("/conversations").await.text,
        r#"{"conversations":[]}"#
    );
    assert_eq!(client.all("mailboxes", "").await.len(), 4);
    assert_eq!(client.all("users", "").await.len(), 8);
    let new = simulator
        .create_conversation(NewConversation::new("Archive", "First"))
        .unwrap();
    assert_eq!(first_id(&simulator), new.id);
}

#[test]
fn the_same_seed_gives_the_same_account() {
    let state = |seed: u64| {
        let started_at =
            Some(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000));
        let options = Options {
            seed,
            started_at,
            ..Options::unlimited(500)
        };
        Simulator::new(options).unwrap().state()
    };
    assert_eq!(state(5), state(5));
    let (one, other) = (state(5), state(6));
    let all: HashSet<_> = one.conversations.iter().map(|c| &c.id).collect();
    assert!(other.conversations.iter().all(|c| !all.contains(&c.id)));
    assert_eq!(one.users[1].name, "Siobhán O'Connor");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_at_any_time() {
    let (early, _) = simulator(10);
    let started_at = Some(std::time::UNIX_EPOCH);
    let (late, _) = with(Options {
        started_at,
        ..Options::unlimited(10)
    });
    let ids = |simulator: &Simulator| -> Vec<String> {
        simulator
            .state()
            .conversations
            .into_iter()
            .map(|c| c.id)
            .collect()
    };
    assert_eq!(ids(&early), ids(&late));
}

#[tokio::test]
async fn subjects_can_be_given() {
    let label = "card_arrival".to_owned();
    let given = Subject {
        text: "Where is it?".to_owned(),
        label,
    };
    let subjects = Subjects::Given(vec![given]);
    let (simulator, client) = with(Options {
        subjects,
        ..Options::unlimited(3)
    });
    let cards = &simulator.state().mailboxes[1].id;
    let rows = client
        .all("conversations", &format!("mailbox_id={cards}"))
        .await;
    let subjects: Vec<&Value> = rows.iter().map(|row| &row["subject"]).collect();
    assert_eq!(subjects, ["Where is it?"; 3]);
}
