//! What became of a list since it was read.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use store::{StoredDirectory, StoredMirror};

use super::*;
use crate::mirror::Sighting;

const CONNECTION: i32 = 1;
const OPEN: &str = "status:open";

/// Something that happens to the mirror.
#[derive(Debug, Clone)]
enum Event {
    Seen(u8, Status),
    WeClosed(u8),
    Forgotten(u8),
    LostSight(u8),
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop_oneof![Just(Status::Open), Just(Status::Closed)];
    prop_oneof![
        4 => (0..12_u8, status).prop_map(|(id, status)| Event::Seen(id, status)),
        1 => (0..12_u8).prop_map(Event::WeClosed),
        1 => (0..12_u8).prop_map(Event::Forgotten),
        1 => (0..12_u8).prop_map(Event::LostSight),
    ]
}

fn id(of: u8) -> ConversationId {
    format!("cv_{of}").into()
}

fn mirror() -> Mirror {
    let mirror = Mirror::default();
    let empty = StoredMirror {
        directory: StoredDirectory::default(),
        conversations: Vec::new(),
    };
    mirror.load(CONNECTION, empty);
    mirror
}

fn happen(mirror: &Mirror, event: Event, now: i64) {
    match event {
        Event::Seen(of, status) => {
            let sighting = Sighting {
                id: id(of),
                mailbox: None,
                subject: None,
                status: Some(status),
                assignee: Assignee::Nobody,
                tags: None,
                extras: triage::model::Extras::default(),
                created_at: None,
                updated_at: None,
            };
            mirror.absorb(CONNECTION, vec![sighting], now, now);
        }
        Event::WeClosed(of) => {
            mirror.apply(CONNECTION, &id(of), now - 1, |one| {
                one.status = Some(Status::Closed);
            });
        }
        Event::Forgotten(of) => mirror.forget(CONNECTION, &[id(of)]),
        Event::LostSight(of) => {
            mirror.unlist(CONNECTION, &id(of), &Status::Open, now, now);
        }
    }
}

fn open(mirror: &Mirror) -> HashSet<ConversationId> {
    let found = mirror.matching(OPEN, 0).unwrap();
    found.into_iter().map(|one| one.id).collect()
}

proptest! {
    #[test]
    fn the_numbers_are_the_difference_of_the_lists(
        before in vec(event(), 0..40),
        after in vec(event(), 0..40),
    ) {
        let mirror = mirror();
        for (at, event) in before.into_iter().enumerate() {
            happen(&mirror, event, at as i64 * 2);
        }
        let listed = mirror.list(OPEN, Sort::default(), 0, 5, 0).unwrap();
        let then = open(&mirror);
        for (at, event) in after.into_iter().enumerate() {
            happen(&mirror, event, 1_000 + at as i64 * 2);
        }
        let now = open(&mirror);
        let shown: Vec<_> = listed.conversations.iter().map(|one| one.id.clone()).collect();
        let news = mirror.list_news(OPEN, &HistoryAnswers::new(), &shown, listed.seen, 0).unwrap();
        let (new, gone) = (now.difference(&then).count(), then.difference(&now).count());
        prop_assert_eq!(news.turned, Some((new, gone)));
        prop_assert_eq!(news.matching, now.len());
        for (conversation, fits) in &news.conversations {
            prop_assert!(shown.contains(&conversation.id));
            prop_assert_eq!(*fits, now.contains(&conversation.id));
        }
        let there = |id: &&ConversationId| mirror.conversation(id).is_some();
        prop_assert_eq!(news.conversations.len(), shown.iter().filter(there).count());
    }
}

#[test]
fn what_is_not_known_any_more_is_not_guessed() {
    let mirror = mirror();
    let listed = mirror.list(OPEN, Sort::default(), 0, 5, 0).unwrap();
    let news = |seen| {
        mirror
            .list_news(OPEN, &HistoryAnswers::new(), &[], seen, 0)
            .unwrap()
            .turned
    };
    assert_eq!(news(listed.seen), Some((0, 0)));
    assert_eq!(news(Seen::default()), None, "of no mirror");
    // More than is kept.
    for at in 0..10_001 {
        let status = if at % 2 == 0 {
            Status::Open
        } else {
            Status::Closed
        };
        happen(&mirror, Event::Seen(0, status), at);
    }
    assert_eq!(news(listed.seen), None, "too long ago");
    let later = mirror.list(OPEN, Sort::default(), 0, 5, 0).unwrap();
    assert_eq!(news(later.seen), Some((0, 0)));
    mirror.load(
        CONNECTION,
        StoredMirror {
            directory: StoredDirectory::default(),
            conversations: Vec::new(),
        },
    );
    assert_eq!(news(later.seen), None, "of another mirror");
}
