//! Rules for tests.

use engine::Engine;
use routing::model::{Actions, Assign, Condition, Repeat, Rule, RuleSet, When};
use triage::model::{TagId, UserId};

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
