//! Held against the tutorial's literal examples, and against everything the contract tolerates.

use serde_json::{Value, json};

use super::*;
use crate::Status;

fn conversation_of(row: &Value) -> Conversation {
    read_conversation(row).unwrap()
}

#[test]
fn the_tutorials_mailboxes() {
    let answer: Value = serde_json::from_str(
        r#"{
  "mailboxes": [
    {
      "id": "mb_01HXYZ",
      "name": "Support",
      "email": "support@company.com",
      "type": "shared"
    }
  ]
}"#,
    )
    .unwrap();
    let support = Mailbox {
        id: "mb_01HXYZ".into(),
        name: "Support".to_owned(),
        email: Some("support@company.com".to_owned()),
        kind: Some("shared".to_owned()),
    };
    let page = read_mailboxes(&answer).unwrap();
    assert_eq!(page.items, std::slice::from_ref(&support));
    assert_eq!((page.skipped.len(), page.next), (0, None));

    let bare = read_mailboxes(&answer["mailboxes"]).unwrap();
    assert_eq!(bare.items, [support]);
}

#[test]
fn the_ends_of_a_list() {
    for (answer, next) in [
        (json!({ "tags": [] }), None),
        (json!({ "tags": [], "next_cursor": null }), None),
        (json!({ "tags": [], "next_cursor": "" }), None),
        (json!({ "tags": [], "next_cursor": "c2" }), Some("c2")),
        (json!({ "tags": [], "next_cursor": 17 }), Some("17")),
    ] {
        let page = (tags().read)(&answer).unwrap();
        assert_eq!(page.next, next.map(Cursor::from), "{answer}");
    }
    for broken in [
        json!({ "tags": [], "next_cursor": {} }),
        json!({ "tags": [], "next_cursor": true }),
        json!({ "tags": {} }),
        json!({ "tags": null }),
        json!({ "tag": [] }),
        json!([]),
        json!("tags"),
        json!(null),
    ] {
        assert!((tags().read)(&broken).is_err(), "{broken}");
    }
}

#[test]
fn a_sparse_conversation_is_unknown_not_empty() {
    let sparse = conversation_of(&json!({ "id": "cnv_1", "subject": "Refund" }));
    assert_eq!(
        sparse,
        Conversation {
            id: "cnv_1".into(),
            mailbox: None,
            subject: Some("Refund".to_owned()),
            status: None,
            assignee: Assignee::Nobody,
            tags: None,
            created_at: None,
            updated_at: None,
            link: None,
            extras: Vec::new(),
        }
    );
    let mut completed = sparse;
    ConversationQuery {
        mailbox: Some("mb_1".into()),
        status: Some(Status::Open),
        ..ConversationQuery::default()
    }
    .complete(&mut completed);
    assert_eq!(completed.mailbox, Some("mb_1".into()));
    assert_eq!(completed.status, Some(Status::Open));
}

#[test]
fn a_full_conversation() {
    let full = conversation_of(&json!({
        "id": 42, "mailbox_id": 7, "subject": null, "status": "snoozed",
        "assignee": { "id": 9, "name": "Ana Ruiz", "avatar": {} },
        "tags": ["billing", 3, { "id": "tag_1" }, { "name": "vip" }],
        "createdAt": "2026-01-02T03:04:05Z", "updated_at": 1_767_323_045,
        "private_permalink": "https://mail.example/1", "public_permalink": "https://open.example/1",
        "sla": { "breached": false }, "priority": "high", "messages": 3, "spam": false, "snoozed": null,
        "page": "HTTPS://open.example/2", "ratings": [1],
    }));
    let extras: Vec<(&str, &str)> = full
        .extras
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        extras,
        [("messages", "3"), ("priority", "high"), ("spam", "false")]
    );
    assert_eq!(full.id.as_str(), "42");
    assert_eq!(full.mailbox, Some("7".into()));
    assert_eq!(full.subject, None);
    assert_eq!(full.status, Some(Status::Other("snoozed".to_owned())));
    assert_eq!(full.assignee.id(), Some(&"9".into()));
    assert_eq!(full.assignee.name(), Some("Ana Ruiz"));
    let named = |id: Option<&str>, name: Option<&str>| TagRef::Object {
        id: id.map(TagId::from),
        name: name.map(str::to_owned),
    };
    assert_eq!(
        full.tags,
        Some(vec![
            TagRef::Bare("billing".to_owned()),
            TagRef::Bare("3".to_owned()),
            named(Some("tag_1"), None),
            named(None, Some("vip")),
        ])
    );
    assert_eq!(full.created_at, Some(1_767_323_045_000));
    assert_eq!(full.updated_at, full.created_at);
    assert_eq!(full.link.as_deref(), Some("https://mail.example/1"));
}

#[test]
fn assignees_in_every_form() {
    let someone = |id: Option<&str>, name: Option<&str>| Assignee::Someone {
        id: id.map(UserId::from),
        name: name.map(str::to_owned),
    };
    for (sent, expected) in [
        (json!(null), Assignee::Nobody),
        (json!(""), Assignee::Nobody),
        (json!("usr_1"), someone(Some("usr_1"), None)),
        (json!(12), someone(Some("12"), None)),
        (json!({ "name": "Ana" }), someone(None, Some("Ana"))),
        (json!({ "id": "usr_1" }), someone(Some("usr_1"), None)),
        (json!({}), someone(None, None)),
    ] {
        let row = json!({ "id": "cnv_1", "assignee": sent });
        assert_eq!(conversation_of(&row).assignee, expected, "{row}");
    }
    assert!(read_conversation(&json!({ "id": "cnv_1", "assignee": [] })).is_err());
}

#[test]
fn empty_tags_are_known_and_null_tags_are_not() {
    let tags = |sent: Value| conversation_of(&json!({ "id": "cnv_1", "tags": sent })).tags;
    assert_eq!(tags(json!([])), Some(Vec::new()));
    assert_eq!(tags(json!(null)), None);
}

#[test]
fn rows_that_cannot_be_read_are_reported_and_the_rest_is_used() {
    let answer = json!({ "conversations": [
        { "id": "cnv_1" },
        { "subject": "no id" },
        "not an object",
        { "id": "cnv_2", "subject": 5 },
        { "id": "cnv_3", "tags": "billing" },
        { "id": "cnv_4", "tags": [{}] },
        { "id": "cnv_5", "created_at": "who knows" },
    ]});
    let page = (conversations(&ConversationQuery::default()).read)(&answer).unwrap();
    let ids: Vec<_> = page.items.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["cnv_1", "cnv_5"]);
    let skipped: Vec<_> = page
        .skipped
        .iter()
        .map(|row| (row.index, row.reason.as_str()))
        .collect();
    assert_eq!(
        skipped,
        [
            (1, "`id` is missing"),
            (2, "the conversation is text, expected an object"),
            (3, "`subject` is a number, expected text"),
            (4, "`tags` is text, expected a list"),
            (5, "a tag has neither `id` nor `name`"),
        ]
    );
}

#[test]
fn single_objects_bare_or_wrapped() {
    let (_, read) = conversation(&"cnv_1".into());
    for answer in [
        json!({ "id": "cnv_1" }),
        json!({ "conversation": { "id": "cnv_1" } }),
    ] {
        assert_eq!(read(&answer).unwrap().id.as_str(), "cnv_1");
    }
    let (_, read) = create_tag("billing");
    for answer in [
        json!({ "id": 5, "name": "billing" }),
        json!({ "tag": { "id": "5", "name": "billing" } }),
    ] {
        assert_eq!(read(&answer).unwrap().id.as_str(), "5");
    }
    assert!(read(&json!({ "id": 5 })).is_err());
}

#[test]
fn names_fall_back_to_what_people_would_recognise() {
    let name = |row: Value| read_user(&row).unwrap().name;
    assert_eq!(
        name(json!({ "id": "usr_1", "name": "Ana", "email": "a@x.y" })),
        "Ana"
    );
    assert_eq!(
        name(json!({ "id": "usr_1", "name": "", "email": "a@x.y" })),
        "a@x.y"
    );
    assert_eq!(name(json!({ "id": "usr_1" })), "usr_1");
}

#[test]
fn what_is_asked() {
    let query = ConversationQuery {
        mailbox: Some("mb_01HXYZ".into()),
        status: Some(Status::Open),
        tag: None,
        limit: Some(5000),
    };
    let list = conversations(&query);
    let call = (list.at)(list.first, &Cursor::from("c2"));
    assert_eq!(
        call.query,
        [
            ("mailbox_id", "mb_01HXYZ".to_owned()),
            ("status", "open".to_owned()),
            ("limit", "100".to_owned()),
            ("cursor", "c2".to_owned()),
        ]
    );
}

#[test]
fn what_is_written() {
    let conversation = ConversationId::from("cnv_1");
    let tag = TagId::from("tag_1");
    let table = [
        (
            Write::Assign {
                conversation: conversation.clone(),
                user: "usr_01HABC".into(),
            },
            "POST conversations/cnv_1/assign",
            Some(json!({ "user_id": "usr_01HABC" })),
        ),
        (
            Write::SetStatus {
                conversation: conversation.clone(),
                status: Status::Closed,
            },
            "PUT conversations/cnv_1/status",
            Some(json!({ "status": "closed" })),
        ),
        (
            Write::AddTag {
                conversation: conversation.clone(),
                tag: tag.clone(),
            },
            "POST conversations/cnv_1/tags",
            Some(json!({ "tag_id": "tag_1" })),
        ),
        (
            Write::RemoveTag {
                conversation: conversation.clone(),
                tag,
            },
            "DELETE conversations/cnv_1/tags/tag_1",
            None,
        ),
        (
            Write::AddNote {
                conversation,
                body: "Auto-assigned.".to_owned(),
            },
            "POST conversations/cnv_1/notes",
            Some(json!({ "body": "Auto-assigned.", "type": "internal" })),
        ),
    ];
    for (change, line, body) in table {
        let call = write(&change);
        assert_eq!(format!("{} {}", call.method, call.path.join("/")), line);
        assert_eq!(call.body, body);
        assert!(!call.operation.contains("Auto-assigned"));
    }
}
