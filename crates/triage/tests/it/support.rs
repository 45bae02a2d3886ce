//! A small world: three mailboxes, four users, three tags.

use std::sync::Arc;

use triage::{
    filter::{Filter, HistoryAnswers, Way, WhatHappened, parse},
    fold,
    model::{Assignee, Conversation, Directory, Mailbox, Tag, User, UserId},
};

/// The present of every test.
pub const NOW: i64 = 1_780_000_000_000;
/// A day in ms.
pub const DAY: i64 = 86_400_000;

/// A conversation of which nothing is known, first seen long ago.
pub fn conversation(id: &str) -> Conversation {
    Conversation {
        id: id.into(),
        mailbox: None,
        subject: None,
        status: None,
        assignee: Assignee::Unknown,
        tags: None,
        extras: triage::model::Extras::default(),
        created_at: None,
        updated_at: None,
        first_seen: NOW - 100 * DAY,
        last_changed: NOW - 100 * DAY,
    }
}

/// A user by id alone.
pub fn somebody(id: &str) -> Assignee {
    Assignee::User {
        id: Some(UserId::from(id)),
        name: None,
    }
}

/// Two users are called Kim, two tags vip.
pub fn directory() -> Directory {
    let mailbox = |id: &str, name: &str, email: &str| Mailbox {
        id: id.into(),
        name: name.to_owned(),
        email: Some(email.to_owned()),
    };
    let user = |id: &str, name: &str, email: Option<&str>| User {
        id: id.into(),
        name: name.to_owned(),
        email: email.map(str::to_owned),
    };
    let tag = |id: &str, name: &str| Tag {
        id: id.into(),
        name: name.to_owned(),
    };
    Directory {
        mailboxes: vec![
            mailbox("mb_1", "Support", "support@example.com"),
            mailbox("mb_2", "Vertrieb", "sales@example.com"),
        ],
        users: vec![
            user("u_ana", "Ana Ruiz", Some("ana@example.com")),
            user("u_ben", "Ben", None),
            user("u_kim1", "Kim", None),
            user("u_kim2", "Kim", None),
        ],
        tags: vec![
            tag("t_billing", "billing"),
            tag("t_vip1", "vip"),
            tag("t_vip2", "VIP"),
        ],
    }
}

/// Whether `filter` lists `conversation`. In this world `c1` came and `c2` left, whatever days are asked for, and only
/// Support was watched.
pub fn lists(filter: &str, conversation: &Conversation) -> bool {
    let subject = fold(conversation.subject.as_deref().unwrap_or_default());
    let filter = parse(filter).unwrap();
    let matcher = filter
        .resolve_with(&directory(), &history(&filter))
        .unwrap();
    matcher.matches(conversation, &subject, NOW)
}

fn history(filter: &Filter) -> HistoryAnswers {
    let answer = |way| {
        let to = match way {
            Way::Came => "c1",
            Way::Left => "c2",
        };
        WhatHappened {
            to: [to.into()].into(),
            watched: ["mb_1".into()].into(),
        }
    };
    let asked = filter.asked_of_history();
    asked
        .into_iter()
        .map(|term| (term, Ok(Arc::new(answer(term.way)))))
        .collect()
}
