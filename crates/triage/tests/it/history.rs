//! What happened between two looks at a conversation.

use std::collections::BTreeSet;

use proptest::prelude::*;
use triage::history::{Flow, Observation, What, is_at_work, observe};
use triage::model::{Assignee, Conversation, MailboxId, Status, TagId};

use crate::support::{NOW, conversation, somebody};

fn open() -> Conversation {
    Conversation {
        mailbox: Some("mb_1".into()),
        status: Some(Status::Open),
        assignee: Assignee::Nobody,
        tags: Some(vec!["t1".into()]),
        ..conversation("c1")
    }
}

/// Two looks, and what happened between them.
type Case<'a> = (
    Option<&'a Conversation>,
    Option<&'a Conversation>,
    Vec<(What, Flow)>,
);

fn summary(before: Option<&Conversation>, after: Option<&Conversation>) -> Vec<(What, Flow)> {
    observe(before, after, NOW)
        .into_iter()
        .map(|one| (one.what, one.flow))
        .collect()
}

#[test]
fn the_ways_in_and_out() {
    let open = open();
    let with = |change: &dyn Fn(&mut Conversation)| {
        let mut other = open.clone();
        change(&mut other);
        other
    };
    let closed = with(&|one| one.status = Some(Status::Closed));
    let pending = with(&|one| one.status = Some(Status::Pending));
    let elsewhere = with(&|one| one.mailbox = Some("mb_2".into()));
    let unlisted = with(&|one| one.status = None);
    let old = with(&|one| {
        one.status = Some(Status::Closed);
        one.created_at = Some(NOW - 1);
    });
    let status = |before: &Conversation| What::Status {
        before: before.status.clone(),
    };
    let seen = || What::Seen {
        tags: open.tags.clone(),
    };
    let cases: Vec<Case<'_>> = vec![
        (None, None, vec![]),
        (Some(&open), Some(&open), vec![]),
        (None, Some(&open), vec![(seen(), Flow::Came)]),
        // It came and was closed between two looks, unless it is older than the history.
        (
            None,
            Some(&closed),
            vec![
                (seen(), Flow::Came),
                (What::Status { before: None }, Flow::Left),
            ],
        ),
        (None, Some(&old), vec![(seen(), Flow::Neither)]),
        (
            Some(&open),
            Some(&closed),
            vec![(status(&open), Flow::Left)],
        ),
        (
            Some(&closed),
            Some(&open),
            vec![(status(&closed), Flow::Came)],
        ),
        (
            Some(&closed),
            Some(&pending),
            vec![(status(&closed), Flow::Came)],
        ),
        (
            Some(&open),
            Some(&pending),
            vec![(status(&open), Flow::Neither)],
        ),
        (
            Some(&open),
            Some(&unlisted),
            vec![(status(&open), Flow::Left)],
        ),
        (Some(&open), None, vec![(What::Gone, Flow::Left)]),
        (Some(&closed), None, vec![(What::Gone, Flow::Neither)]),
        (
            Some(&open),
            Some(&elsewhere),
            vec![
                (
                    What::MovedOut {
                        to: Some("mb_2".into()),
                    },
                    Flow::Left,
                ),
                (
                    What::MovedIn {
                        from: Some("mb_1".into()),
                    },
                    Flow::Came,
                ),
            ],
        ),
    ];
    for (before, after, expected) in cases {
        assert_eq!(summary(before, after), expected, "{before:?} {after:?}");
    }
}

#[test]
fn who_and_what_changed_is_told_one_by_one() {
    let before = open();
    let after = Conversation {
        assignee: somebody("u_ana"),
        tags: Some(vec!["t2".into(), "t2".into(), "t3".into()]),
        subject: Some("Another".to_owned()),
        ..open()
    };
    let expected = vec![
        (
            What::Assignee {
                before: Assignee::Nobody,
            },
            Flow::Neither,
        ),
        (What::TagRemoved("t1".into()), Flow::Neither),
        (What::TagAdded("t2".into()), Flow::Neither),
        (What::TagAdded("t3".into()), Flow::Neither),
    ];
    assert_eq!(summary(Some(&before), Some(&after)), expected);

    let named = Conversation {
        assignee: Assignee::User {
            id: Some("u_ana".into()),
            name: Some("Ana".to_owned()),
        },
        tags: None,
        ..after.clone()
    };
    let expected = vec![(
        What::Tags {
            before: after.tags.clone(),
            after: None,
        },
        Flow::Neither,
    )];
    assert_eq!(summary(Some(&after), Some(&named)), expected);
}

/// What a replay knows of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Replayed {
    mailbox: Option<MailboxId>,
    status: Option<Status>,
    assignee: Assignee,
    tags: Option<BTreeSet<TagId>>,
}

fn set(tags: Option<&Vec<TagId>>) -> Option<BTreeSet<TagId>> {
    tags.map(|tags| tags.iter().cloned().collect())
}

fn as_replayed(one: &Conversation) -> Replayed {
    Replayed {
        mailbox: one.mailbox.clone(),
        status: one.status.clone(),
        assignee: one.assignee.clone(),
        tags: set(one.tags.as_ref()),
    }
}

fn tags(state: &mut Replayed) -> &mut BTreeSet<TagId> {
    match &mut state.tags {
        Some(tags) => tags,
        None => panic!("one more or less of tags that are not known"),
    }
}

fn replay(state: &mut Option<Replayed>, one: Observation) {
    match (one.what, state.as_mut()) {
        (What::Gone, _) => *state = None,
        (What::Seen { tags }, _) => {
            *state = Some(Replayed {
                mailbox: one.mailbox,
                status: one.status,
                assignee: one.assignee,
                tags: set(tags.as_ref()),
            });
        }
        (what, Some(state)) => {
            match what {
                What::Status { before } => assert_eq!(state.status, before),
                What::Assignee { before } => assert_eq!(state.assignee, before),
                What::MovedIn { from } => {
                    assert_eq!(state.mailbox, from);
                    state.mailbox = one.mailbox;
                }
                What::MovedOut { to } => {
                    assert_eq!(state.mailbox, one.mailbox);
                    if to.is_none() {
                        state.mailbox = None;
                    }
                }
                What::TagAdded(tag) => assert!(tags(state).insert(tag)),
                What::TagRemoved(tag) => assert!(tags(state).remove(&tag)),
                What::Tags { before, after } => {
                    assert_eq!(state.tags, set(before.as_ref()));
                    state.tags = set(after.as_ref());
                }
                What::Seen { .. } | What::Gone => {}
            }
            state.status = one.status;
            state.assignee = one.assignee;
        }
        (what, None) => panic!("{what:?} of a conversation that is not there"),
    }
}

fn look() -> impl Strategy<Value = Option<Conversation>> {
    let mailbox = prop::sample::select(vec![None, Some("mb_1"), Some("mb_2")]);
    let status = prop::sample::select(vec![
        None,
        Some(Status::Open),
        Some(Status::Pending),
        Some(Status::Closed),
        Some(Status::Other("snoozed".to_owned())),
    ]);
    let assignee = prop::sample::select(vec![
        Assignee::Unknown,
        Assignee::Nobody,
        somebody("u_ana"),
        somebody("u_ben"),
    ]);
    let tag = prop::sample::select(vec!["t1", "t2", "t3"]);
    let tags = prop::option::of(prop::collection::vec(tag.prop_map(TagId::from), 0..4));
    let created_at = prop::sample::select(vec![None, Some(NOW - 5), Some(NOW + 5)]);
    let conversation = (mailbox, status, assignee, tags, created_at).prop_map(
        |(mailbox, status, assignee, tags, created_at)| Conversation {
            mailbox: mailbox.map(Into::into),
            status,
            assignee,
            tags,
            created_at,
            ..conversation("c1")
        },
    );
    prop_oneof![1 => Just(None), 5 => conversation.prop_map(Some)]
}

proptest! {
    #[test]
    fn replaying_what_happened_leads_to_the_present(looks in prop::collection::vec(look(), 1..12)) {
        let mut looks = looks.into_iter();
        let mut before = looks.next().flatten();
        let mut replayed = before.as_ref().map(as_replayed);
        for after in looks {
            for one in observe(before.as_ref(), after.as_ref(), NOW) {
                replay(&mut replayed, one);
            }
            prop_assert_eq!(&replayed, &after.as_ref().map(as_replayed));
            before = after;
        }
    }

    #[test]
    fn what_came_less_what_left_is_what_is_at_work(looks in prop::collection::vec(look(), 1..12)) {
        let at_work = |one: &Option<Conversation>, mailbox: &MailboxId| {
            one.as_ref().is_some_and(|one| {
                one.mailbox.as_ref() == Some(mailbox) && is_at_work(one.status.as_ref())
            })
        };
        for mailbox in ["mb_1", "mb_2"].map(MailboxId::from) {
            let mut number = i32::from(at_work(&looks[0], &mailbox));
            for pair in looks.windows(2) {
                for one in observe(pair[0].as_ref(), pair[1].as_ref(), NOW) {
                    if one.mailbox.as_ref() == Some(&mailbox) {
                        number += match one.flow {
                            Flow::Came => 1,
                            Flow::Left => -1,
                            Flow::Neither => 0,
                        };
                    }
                }
                prop_assert_eq!(number, i32::from(at_work(&pair[1], &mailbox)));
            }
        }
    }
}
