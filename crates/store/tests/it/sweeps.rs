//! How far reading has come.

use store::{ListKey, ListRead, SweepPage, UnfinishedRead};
use triage::model::{ConversationId, Status};

use crate::support::House;

fn list(mailbox: &str, status: Status) -> ListKey {
    ListKey {
        mailbox: mailbox.into(),
        status,
    }
}

fn page<'a>(page: u32, next: &'a str, ids: &'a [ConversationId], whole: bool) -> SweepPage<'a> {
    SweepPage {
        page,
        started_at: 1_000,
        next,
        ids,
        whole,
    }
}

#[tokio::test]
async fn pages_are_kept_until_the_list_is_at_its_end() {
    let house = House::new().await;
    let store = &house.store;
    let (open, closed) = (list("a", Status::Open), list("a", Status::Closed));
    let (first, second): ([ConversationId; 2], [ConversationId; 1]) =
        (["c1".into(), "c2".into()], ["c3".into()]);
    assert_eq!(store.unfinished_read(1, &open).await.unwrap(), None);
    store
        .keep_page(1, &open, page(0, "p1", &first, true))
        .await
        .unwrap();
    store
        .keep_page(1, &open, page(1, "p2", &second, false))
        .await
        .unwrap();
    let unfinished = house.again().await.unfinished_read(1, &open).await.unwrap();
    assert_eq!(
        unfinished,
        Some(UnfinishedRead {
            started_at: 1_000,
            pages: 2,
            next: "p2".to_owned(),
            ids: vec!["c1".into(), "c2".into(), "c3".into()],
            whole: false,
        })
    );
    for (connection, other) in [(1, &closed), (2, &open)] {
        assert_eq!(
            store.unfinished_read(connection, other).await.unwrap(),
            None
        );
    }

    let read = ListRead {
        at: 1_000,
        requests: 3,
    };
    store.finish_list(1, &open, read).await.unwrap();
    assert_eq!(store.unfinished_read(1, &open).await.unwrap(), None);
    assert_eq!(store.list_reads(1).await.unwrap(), [(open.clone(), read)]);
    let later = ListRead {
        at: 2_000,
        requests: 4,
    };
    store.finish_list(1, &open, later).await.unwrap();
    assert_eq!(store.list_reads(1).await.unwrap(), [(open, later)]);
}

#[tokio::test]
async fn pages_with_a_gap_before_them_say_nothing_about_the_whole() {
    let house = House::new().await;
    let (store, open) = (&house.store, list("a", Status::Open));
    store
        .keep_page(1, &open, page(4, "p5", &["c9".into()], true))
        .await
        .unwrap();
    assert_eq!(store.unfinished_read(1, &open).await.unwrap(), None);
    store.give_up_read(1, &open).await.unwrap();
    store
        .keep_page(1, &open, page(0, "p1", &["c1".into()], true))
        .await
        .unwrap();
    assert!(store.unfinished_read(1, &open).await.unwrap().is_some());
}
