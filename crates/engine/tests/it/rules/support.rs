//! Rules for tests.

use engine::Engine;
use hiver_sim::NewConversation;
use routing::model::{Actions, Assign, Condition, Repeat, Rule, RuleSet, When};
use store::{Author, Run};
use triage::model::{TagId, UserId};

use crate::support::House;

/// A rule that fits everything, at each occurrence.
pub fn rule(id: &str, when: When, actions: Actions) -> Rule {
    Rule {
        id: id.into(),
        name: format!("The rule {id}"),
        mode: routing::model::Mode::On,
        when: vec![when],
        mailboxes: Vec::new(),
        conditions: Condition::default(),
        actions,
        stop: false,
        hours: None,
        repeat: Repeat::EachOccurrence,
    }
}

pub fn assign(user: UserId) -> Actions {
    Actions {
        assign: Some(Assign::User(user)),
        ..Actions::default()
    }
}

pub fn add_tag(tag: TagId) -> Actions {
    Actions {
        add_tags: vec![tag],
        ..Actions::default()
    }
}

pub fn note(text: &str) -> Actions {
    Actions {
        note: Some(text.to_owned()),
        ..Actions::default()
    }
}

/// Saves these rules as the next version.
pub async fn save(engine: &Engine, rules: Vec<Rule>) -> i32 {
    let base = engine.rules().await.unwrap().unwrap().number();
    engine
        .save_rules("ana", base, RuleSet::of(rules), "")
        .await
        .unwrap()
}

/// Waits until rules have looked at everything that happened and all that they asked for was sent.
pub async fn quiet(engine: &Engine) {
    let store = engine.store();
    let connection = engine.rules().await.unwrap().unwrap().connection;
    let is_quiet = async || {
        let marks = store.rule_marks(connection).await.unwrap();
        let mark = marks.get(store::HISTORY_MARK).copied().unwrap_or(0);
        store.open_run_count(connection).await.unwrap() == 0
            && store
                .delivered_conversations(connection, 1)
                .await
                .unwrap()
                .is_empty()
            && store
                .notes_for_rules(connection, 1)
                .await
                .unwrap()
                .is_empty()
            && store.history(connection, mark, 1).await.unwrap().is_empty()
    };
    let waiting = async {
        // Twice: what was just sent may be something to look at.
        while !(is_quiet().await && is_quiet().await) {
            tokio::task::yield_now().await;
        }
    };
    let long = std::time::Duration::from_secs(40);
    assert!(
        tokio::time::timeout(long, waiting).await.is_ok(),
        "it never became quiet"
    );
}

/// The runs of rules, oldest first.
pub async fn runs_of_rules(engine: &Engine) -> Vec<Run> {
    let connection = engine.rules().await.unwrap().unwrap().connection;
    let runs = engine.store().runs(connection, 0, 1_000).await.unwrap();
    let is_rules = |run: &Run| matches!(run.author, Author::Rule { .. });
    let mut runs: Vec<Run> = runs.into_iter().filter(is_rules).collect();
    runs.sort_by_key(|run| run.id);
    runs
}

/// Something was delivered about a conversation; `salt` tells one from another.
pub async fn deliver(engine: &Engine, event: &str, id: &str, salt: usize) {
    let body =
        serde_json::json!({"event": event, "salt": salt, "data": {"conversation": {"id": id}}});
    engine
        .take_delivery(body.to_string().into_bytes())
        .await
        .unwrap();
}

/// A note was added, as Hiver tells it.
pub async fn deliver_note(engine: &Engine, id: &str, note: &str, salt: usize) {
    let body = serde_json::json!({"event": "note.added", "salt": salt,
        "data": {"conversation": {"id": id}, "note": {"body": note, "type": "internal"}}});
    engine
        .take_delivery(body.to_string().into_bytes())
        .await
        .unwrap();
}

/// A new conversation that Hiver has and the mirror does not.
pub fn create(house: &House, subject: &str) -> String {
    house
        .sim()
        .create_conversation(NewConversation::new("Support", subject))
        .unwrap()
        .id
}
