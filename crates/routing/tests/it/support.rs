//! Rules, conversations and names that the tests share.

use routing::model::{
    Actions, Assign, Condition, Mode, Repeat, Rule, RuleSet, TextCondition, When,
};
use triage::model::{Assignee, Conversation, Directory, Mailbox, Status, Tag, User};

/// A Wednesday, 09:20 UTC.
pub const NOW: i64 = 1_780_478_400_000;

pub fn directory() -> Directory {
    let mailbox = |id: &str, name: &str| Mailbox {
        id: id.into(),
        name: name.to_owned(),
        email: None,
    };
    let user = |id: &str, name: &str| User {
        id: id.into(),
        name: name.to_owned(),
        email: Some(format!("{id}@example.com")),
    };
    let tag = |id: &str, name: &str| Tag {
        id: id.into(),
        name: name.to_owned(),
    };
    Directory {
        mailboxes: vec![mailbox("mb_1", "Support"), mailbox("mb_2", "Sales")],
        users: vec![
            user("usr_ana", "Ana Ruiz"),
            user("usr_ben", "Ben Okafor"),
            user("usr_cleo", "Cleo Wang"),
        ],
        tags: vec![
            tag("t_billing", "billing"),
            tag("t_technical", "technical"),
            tag("t_vip", "vip"),
        ],
    }
}

/// Open, nobody's, untagged, in Support, an hour old.
pub fn conversation(subject: &str) -> Conversation {
    Conversation {
        id: "conv_1".into(),
        mailbox: Some("mb_1".into()),
        subject: Some(subject.to_owned()),
        status: Some(Status::Open),
        assignee: Assignee::Nobody,
        tags: Some(Vec::new()),
        extras: triage::model::Extras::default(),
        created_at: Some(NOW - 3_600_000),
        updated_at: Some(NOW - 3_600_000),
        first_seen: NOW - 3_600_000,
        last_changed: NOW - 3_600_000,
    }
}

pub fn user(id: &str) -> Assignee {
    Assignee::User {
        id: Some(id.into()),
        name: None,
    }
}

/// On at every occasion, each time, for every conversation, assigning to Ana.
pub fn rule(id: &str) -> Rule {
    Rule {
        id: id.into(),
        name: format!("Rule {id}"),
        mode: Mode::On,
        when: vec![When::AnyChange, When::Sweep, When::OnDemand],
        mailboxes: Vec::new(),
        conditions: Condition::default(),
        actions: Actions {
            assign: Some(Assign::User("usr_ana".into())),
            ..Actions::default()
        },
        stop: false,
        hours: None,
        repeat: Repeat::EachOccurrence,
    }
}

pub fn contains(text: &str) -> Condition {
    Condition::Text(TextCondition::subject_contains([text]))
}

/// A rule that tags what contains `text`.
pub fn tagging(id: &str, text: &str, tag: &str) -> Rule {
    Rule {
        conditions: contains(text),
        actions: Actions {
            add_tags: vec![tag.into()],
            ..Actions::default()
        },
        ..rule(id)
    }
}

pub fn set(rules: impl IntoIterator<Item = Rule>) -> RuleSet {
    RuleSet::of(rules.into_iter().collect())
}
