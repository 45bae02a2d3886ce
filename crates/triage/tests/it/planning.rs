//! Plans: what will change and what it costs.

use proptest::prelude::*;
use triage::{
    actions::{Actions, ActionsProblem, Before, Change, ChangeKind},
    model::{Assignee, Conversation, Status},
    plan::{Capabilities, ChangeGroup, Plan, plan},
};

use crate::support::{conversation, directory, somebody};

pub const SINGLE: Capabilities = Capabilities {
    combined_patch: false,
};
const COMBINED: Capabilities = Capabilities {
    combined_patch: true,
};

pub fn everything() -> Actions {
    Actions {
        assign: Some("u_ana".into()),
        add_tags: vec!["t_billing".into(), "t_billing".into()],
        new_tags: Vec::new(),
        remove_tags: vec!["t_vip1".into()],
        set_status: Some(Status::Closed),
        note: Some("Thanks".to_owned()),
    }
}

/// Already as [`everything`] wishes, but for the note.
pub fn settled(id: &str) -> Conversation {
    Conversation {
        assignee: somebody("u_ana"),
        tags: Some(vec!["t_billing".into()]),
        status: Some(Status::Closed),
        ..conversation(id)
    }
}

pub fn fresh(id: &str) -> Conversation {
    Conversation {
        assignee: Assignee::Nobody,
        tags: Some(vec!["t_vip1".into()]),
        status: Some(Status::Open),
        ..conversation(id)
    }
}

#[test]
fn changes_stand_in_sending_order_with_the_state_they_replace() {
    let row = fresh("c1");
    let planned = plan(&[&row], &everything()).changes;
    let expected = [
        (
            Change::Assign("u_ana".into()),
            Before::Assignee(Assignee::Nobody),
        ),
        (
            Change::AddTag("t_billing".into()),
            Before::HasTag(Some(false)),
        ),
        (
            Change::RemoveTag("t_vip1".into()),
            Before::HasTag(Some(true)),
        ),
        (
            Change::SetStatus(Status::Closed),
            Before::Status(Some(Status::Open)),
        ),
        (Change::AddNote("Thanks".to_owned()), Before::Nothing),
    ];
    assert_eq!(planned.len(), expected.len());
    for (planned, (change, before)) in planned.into_iter().zip(expected) {
        assert_eq!((planned.change, planned.before), (change, before));
        assert!(!planned.already);
    }
}

#[test]
fn only_what_is_known_is_already_so() {
    let already = |row: &Conversation| -> Vec<bool> {
        let plan = plan(&[row], &everything());
        plan.changes.iter().map(|planned| planned.already).collect()
    };
    assert_eq!(already(&settled("c1")), [true, true, true, true, false]);
    assert_eq!(already(&conversation("c2")), [false; 5]);
    let named_only = Conversation {
        assignee: Assignee::User {
            id: None,
            name: Some("Ana Ruiz".to_owned()),
        },
        ..settled("c3")
    };
    assert!(!already(&named_only)[0], "a name is not an id");
}

#[test]
fn a_plan_is_counted_in_conversations_changes_and_requests() {
    let rows = [fresh("c1"), settled("c2"), conversation("c3")];
    let rows: Vec<&Conversation> = rows.iter().chain(&rows[..1]).collect();
    let mut actions = everything();
    let with_note = plan(&rows, &actions);
    assert_eq!(
        with_note.changes.len(),
        15,
        "the conversation named twice is planned once"
    );
    assert_eq!(with_note.requests(SINGLE), 5 + 1 + 5);
    assert_eq!(with_note.requests(COMBINED), 2 + 1 + 2);

    actions.note = None;
    let summary = plan(&rows, &actions).summary(SINGLE);
    assert_eq!(
        (summary.conversations, summary.will_change, summary.already),
        (3, 2, 1)
    );
    assert_eq!(
        (summary.changes, summary.changes_already, summary.requests),
        (8, 4, 8)
    );
    let kinds: Vec<_> = summary
        .by_kind
        .iter()
        .map(|count| (count.kind, count.will_change, count.already))
        .collect();
    assert_eq!(
        kinds,
        [
            (ChangeKind::Assign, 2, 1),
            (ChangeKind::AddTag, 2, 1),
            (ChangeKind::RemoveTag, 2, 1),
            (ChangeKind::SetStatus, 2, 1),
        ]
    );
    assert_eq!(plan(&rows, &actions).summary(COMBINED).requests, 2);
    assert_eq!(
        plan(&[], &actions).summary(SINGLE),
        Plan::default().summary(SINGLE)
    );
}

#[test]
fn changes_are_grouped_by_wish() {
    let actions = Actions {
        set_status: Some(Status::Closed),
        add_tags: vec!["t_vip2".into(), "t_billing".into()],
        ..Actions::default()
    };
    let groups = plan(&[&fresh("c1"), &settled("c2")], &actions).groups();
    let group = |change, will_change, already| ChangeGroup {
        change,
        will_change,
        already,
    };
    assert_eq!(
        groups,
        [
            group(Change::AddTag("t_billing".into()), 1, 1),
            group(Change::AddTag("t_vip2".into()), 2, 0),
            group(Change::SetStatus(Status::Closed), 1, 1),
        ]
    );
}

#[test]
fn actions_that_cannot_be_asked_for_are_named() {
    let directory = directory();
    let problems = |actions: Actions| actions.validate(&directory).unwrap_err();
    assert_eq!(everything().validate(&directory), Ok(()));
    assert_eq!(
        problems(Actions::default()),
        [ActionsProblem::NothingChosen]
    );
    let wrong = Actions {
        assign: Some("u_gone".into()),
        add_tags: vec!["t_billing".into(), "t_gone".into()],
        new_tags: Vec::new(),
        remove_tags: vec!["t_billing".into()],
        set_status: Some(Status::Other("snoozed".to_owned())),
        note: Some(" \n".to_owned()),
    };
    let messages: Vec<String> = problems(wrong).iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "No user has the id `u_gone`",
            "The tag `billing` cannot be both added and removed",
            "No tag has the id `t_gone`",
            "The status `snoozed` cannot be set; use `open`, `pending` or `closed`",
            "The note is empty",
        ]
    );
    let noted = |characters: usize| Actions {
        note: Some("é".repeat(characters)),
        ..Actions::default()
    };
    assert_eq!(noted(10_000).validate(&directory), Ok(()));
    assert_eq!(
        problems(noted(10_001)),
        [ActionsProblem::LongNote { characters: 10_001 }]
    );
}

#[test]
fn json_shapes_are_stable() {
    let planned = plan(&[&fresh("c1")], &everything());
    let json = serde_json::to_value(&planned.changes[1]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "conversation": "c1",
            "change": {"kind": "add_tag", "value": "t_billing"},
            "before": {"has_tag": false},
            "already": false,
        })
    );
    let text = serde_json::to_string(&planned).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), planned);
    let actions: Actions = serde_json::from_str("{}").unwrap();
    assert!(actions.is_empty());
}

pub fn rows() -> impl Strategy<Value = Conversation> {
    let status = prop::sample::select(vec![None, Some(Status::Open), Some(Status::Closed)]);
    let assignee = prop::sample::select(vec![
        Assignee::Unknown,
        Assignee::Nobody,
        somebody("u_ana"),
        somebody("u_ben"),
    ]);
    let tags = prop::option::of(prop::sample::subsequence(vec!["t_billing", "t_vip1"], 0..3));
    (0..6, status, assignee, tags).prop_map(|(id, status, assignee, tags)| Conversation {
        status,
        assignee,
        tags: tags.map(|tags| tags.into_iter().map(Into::into).collect()),
        ..conversation(&format!("c{id}"))
    })
}

proptest! {
    #[test]
    fn the_numbers_of_a_plan_agree(rows in prop::collection::vec(rows(), 0..12)) {
        let plan = plan(&rows.iter().collect::<Vec<_>>(), &everything());
        for capabilities in [SINGLE, COMBINED] {
            let summary = plan.summary(capabilities);
            prop_assert_eq!(summary.will_change + summary.already, summary.conversations);
            prop_assert_eq!(summary.changes + summary.changes_already, plan.changes.len() as u64);
            prop_assert!(summary.requests <= summary.changes);
            prop_assert!(summary.requests >= summary.will_change);
            let grouped: u64 = plan.groups().iter().map(|group| group.will_change).sum();
            prop_assert_eq!(grouped, summary.changes);
        }
        prop_assert_eq!(plan.requests(SINGLE), plan.summary(SINGLE).changes);
    }
}
