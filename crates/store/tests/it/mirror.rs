//! What goes into the mirror comes out the same.

use proptest::prelude::*;
use store::Source;
use triage::model::{Assignee, Conversation, Mailbox, Status, Tag, User};

use crate::support::House;

fn conversation(id: &str) -> Conversation {
    Conversation {
        id: id.into(),
        mailbox: Some("mb_1".into()),
        subject: Some("Hello".to_owned()),
        status: Some(Status::Open),
        assignee: Assignee::Nobody,
        tags: Some(Vec::new()),
        extras: triage::model::Extras::default(),
        created_at: None,
        updated_at: None,
        first_seen: 1,
        last_changed: 2,
    }
}

async fn stored(house: &House) -> Vec<Conversation> {
    let mut found = house
        .again()
        .await
        .load_mirror(1)
        .await
        .unwrap()
        .conversations;
    found.sort_by(|left, right| left.id.cmp(&right.id));
    found
}

#[tokio::test]
async fn unknown_stays_unknown_and_empty_stays_empty() {
    let house = House::new().await;
    let rows = vec![
        Conversation {
            tags: None,
            ..conversation("c01")
        },
        Conversation {
            tags: Some(vec!["t2".into(), "t1".into()]),
            ..conversation("c02")
        },
        Conversation {
            assignee: Assignee::Unknown,
            ..conversation("c03")
        },
        Conversation {
            assignee: Assignee::User {
                id: None,
                name: Some("Ana".to_owned()),
            },
            ..conversation("c04")
        },
        Conversation {
            assignee: Assignee::User {
                id: Some("u1".into()),
                name: None,
            },
            ..conversation("c05")
        },
        Conversation {
            status: None,
            ..conversation("c06")
        },
        Conversation {
            status: Some(Status::Other("snoozed".to_owned())),
            ..conversation("c07")
        },
        Conversation {
            mailbox: None,
            ..conversation("c08")
        },
        Conversation {
            created_at: Some(-5),
            updated_at: Some(i64::MAX),
            ..conversation("c09")
        },
        Conversation {
            subject: None,
            ..conversation("c10")
        },
        Conversation {
            subject: Some(String::new()),
            ..conversation("c11")
        },
        Conversation {
            subject: Some("x".repeat(2_000)),
            ..conversation("c12")
        },
        Conversation {
            subject: Some("لم تصل بطاقتي \u{202e}abc".to_owned()),
            ..conversation("c13")
        },
        Conversation {
            subject: Some("before\0after".to_owned()),
            ..conversation("c14")
        },
        Conversation {
            subject: Some("'); DROP TABLE runs; -- \\ \" 💳🔥".to_owned()),
            ..conversation("c15")
        },
    ];
    house
        .store
        .save_conversations(1, &rows, Source::Sweep)
        .await
        .unwrap();
    assert_eq!(stored(&house).await, rows);
}

#[tokio::test]
async fn saving_again_replaces_all_but_the_first_sight() {
    let house = House::new().await;
    house
        .store
        .save_conversations(1, &[conversation("c1")], Source::Sweep)
        .await
        .unwrap();
    let mut changed = conversation("c1");
    changed.tags = None;
    changed.status = None;
    changed.subject = None;
    changed.first_seen = 99;
    house
        .store
        .save_conversations(1, &[changed.clone()], Source::Sweep)
        .await
        .unwrap();
    changed.first_seen = 1;
    assert_eq!(stored(&house).await, [changed]);
}

#[tokio::test]
async fn connections_do_not_see_each_other() {
    let house = House::new().await;
    let store = &house.store;
    let mailbox = |name: &str| Mailbox {
        id: "mb_1".into(),
        name: name.to_owned(),
        email: None,
    };
    for (connection, name) in [(1, "One"), (2, "Two")] {
        store
            .save_mailboxes(connection, &[mailbox(name)])
            .await
            .unwrap();
        store
            .save_users(
                connection,
                &[User {
                    id: "u".into(),
                    name: name.to_owned(),
                    email: None,
                }],
            )
            .await
            .unwrap();
        store
            .save_tags(
                connection,
                &[Tag {
                    id: "t".into(),
                    name: name.to_owned(),
                }],
            )
            .await
            .unwrap();
        store
            .save_conversations(connection, &[conversation(name)], Source::Sweep)
            .await
            .unwrap();
    }
    store.save_users(2, &[]).await.unwrap();
    store.save_tags(2, &[]).await.unwrap();
    store.save_mailboxes(2, &[]).await.unwrap();
    store
        .forget_conversations(2, &["One".into(), "Two".into()], Source::Sweep, 5)
        .await
        .unwrap();
    store.set_synced(2, &"mb_1".into(), 5).await.unwrap();
    let first = store.load_mirror(1).await.unwrap();
    assert_eq!(first.directory.mailboxes[0].mailbox.name, "One");
    assert_eq!(first.directory.mailboxes[0].synced_at, None);
    assert_eq!(
        (
            first.directory.users.len(),
            first.directory.tags.len(),
            first.conversations.len()
        ),
        (1, 1, 1)
    );
    let second = store.load_mirror(2).await.unwrap();
    assert_eq!(
        (
            second.directory.mailboxes.len(),
            second.directory.users.len(),
            second.conversations.len()
        ),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn freshness_stays_while_a_mailbox_is_listed() {
    let house = House::new().await;
    let store = &house.store;
    let mailbox = |id: &str| Mailbox {
        id: id.into(),
        name: format!("the {id}"),
        email: Some("a@b.example".to_owned()),
    };
    store
        .save_mailboxes(1, &[mailbox("b"), mailbox("a")])
        .await
        .unwrap();
    store.set_synced(1, &"a".into(), 7).await.unwrap();
    store
        .save_mailboxes(1, &[mailbox("a"), mailbox("c")])
        .await
        .unwrap();
    let listed = store.mailboxes(1).await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|one| (one.mailbox.id.as_str(), one.synced_at))
        .collect();
    assert_eq!(listed, [("a", Some(7)), ("c", None)]);
}

#[tokio::test]
async fn ten_thousand_rows_go_in_and_out() {
    let house = House::new().await;
    let rows: Vec<_> = (0..10_000)
        .map(|number| conversation(&format!("c{number:05}")))
        .collect();
    house
        .store
        .save_conversations(1, &rows, Source::Sweep)
        .await
        .unwrap();
    assert_eq!(stored(&house).await, rows);
    let gone: Vec<_> = rows[1..].iter().map(|row| row.id.clone()).collect();
    house
        .store
        .forget_conversations(1, &gone, Source::Sweep, 5)
        .await
        .unwrap();
    assert_eq!(stored(&house).await.len(), 1);
}

#[test]
fn any_text_survives() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let house = runtime.block_on(House::new());
    let config = ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(subject in any::<Option<String>>(), name in any::<String>(), tag in any::<String>())| {
        let mut row = conversation("c1");
        row.subject = subject;
        row.assignee = Assignee::User { id: None, name: Some(name) };
        row.tags = Some(vec![tag.as_str().into()]);
        runtime.block_on(house.store.save_conversations(1, std::slice::from_ref(&row), Source::Sweep)).unwrap();
        prop_assert_eq!(runtime.block_on(house.store.load_mirror(1)).unwrap().conversations, vec![row]);
    });
}
