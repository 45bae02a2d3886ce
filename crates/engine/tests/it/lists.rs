//! Lists and counts over the mirror.

use std::collections::BTreeSet;

use engine::{Sort, SortKey};

use crate::support::House;

#[tokio::test]
async fn pages_are_disjoint_complete_and_stable_in_every_order() {
    let house = House::new(430).await;
    let engine = house.synced().await;
    let keys = [
        SortKey::Age,
        SortKey::Subject,
        SortKey::Mailbox,
        SortKey::Status,
        SortKey::Assignee,
    ];
    for key in keys {
        for descending in [false, true] {
            let list = |page, size| {
                engine
                    .mirror()
                    .list("", Sort { key, descending }, page, size, engine.now())
                    .unwrap()
            };
            let all: Vec<_> = list(0, 1_000)
                .conversations
                .into_iter()
                .map(|one| one.id)
                .collect();
            assert_eq!(all.len(), 430);
            let mut paged = Vec::new();
            for page in 0..9 {
                let listed = list(page, 50);
                assert_eq!((listed.matching, listed.total), (430, 430));
                paged.extend(listed.conversations.into_iter().map(|one| one.id));
            }
            assert_eq!(paged, all, "{key:?} {descending}");
            assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), 430);
            assert!(list(9, 50).conversations.is_empty());
            assert!(list(usize::MAX, 50).conversations.is_empty());
        }
    }
}

#[tokio::test]
async fn orders_are_what_they_say() {
    let house = House::new(200).await;
    let engine = house.synced().await;
    let list = |key, descending| {
        engine
            .mirror()
            .list("", Sort { key, descending }, 0, 1_000, engine.now())
            .unwrap()
            .conversations
    };
    assert!(list(SortKey::Age, true).is_sorted_by_key(|one| one.age_from()));
    assert!(list(SortKey::Age, false).is_sorted_by_key(|one| std::cmp::Reverse(one.age_from())));
    assert!(list(SortKey::Status, false).is_sorted_by_key(|one| one.status.clone()));
    let subjects = list(SortKey::Subject, false);
    assert!(
        subjects.is_sorted_by_key(|one| one
            .subject
            .as_deref()
            .map(triage::fold)
            .unwrap_or_default())
    );
}

#[tokio::test]
async fn filters_find_what_hiver_would() {
    let house = House::new(400).await;
    let engine = house.synced().await;
    let state = house.sim().state();
    let support = &state.mailboxes[0];
    let expected: BTreeSet<String> = state
        .conversations
        .iter()
        .filter(|one| {
            one.mailbox_id == support.id && one.status.name() == "open" && one.assignee.is_none()
        })
        .map(|one| one.id.clone())
        .collect();
    let filter = format!("mailbox:{} status:open is:unassigned", support.name);
    let listed = engine
        .mirror()
        .list(&filter, Sort::default(), 0, 1_000, engine.now())
        .unwrap();
    let found: BTreeSet<String> = listed
        .conversations
        .iter()
        .map(|one| one.id.to_string())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(found, expected);
    assert!(
        engine
            .mirror()
            .list("mailbox:Nowhere", Sort::default(), 0, 10, engine.now())
            .is_err()
    );
}

#[tokio::test]
async fn the_overview_counts_as_hiver_does() {
    let house = House::new(500).await;
    let engine = house.synced().await;
    let state = house.sim().state();
    let (mailboxes, users) = engine.mirror().counts();
    for (counted, expected) in mailboxes.iter().zip(&state.mailboxes) {
        assert_eq!(counted.mailbox.id.as_str(), expected.id);
        assert_eq!(
            (
                counted.open,
                counted.pending,
                counted.closed,
                counted.unassigned
            ),
            (
                expected.open,
                expected.pending,
                expected.closed,
                expected.open_unassigned
            )
        );
        assert!(counted.oldest.is_some() && counted.synced_at.is_some());
    }
    assert_eq!(users.len(), state.users.len());
    assert!(users.is_sorted_by_key(|one| std::cmp::Reverse(one.open)));
    for counted in users {
        let own = |status| {
            let rows = state.conversations.iter();
            rows.filter(|one| {
                one.assignee.as_deref() == Some(counted.user.id.as_str())
                    && one.status.name() == status
            })
            .count()
        };
        assert_eq!(
            (counted.open, counted.pending),
            (own("open"), own("pending")),
            "{}",
            counted.user.name
        );
    }
}
