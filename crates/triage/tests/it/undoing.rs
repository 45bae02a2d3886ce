//! What can be undone, and how it is taken back.

use proptest::prelude::*;
use triage::{
    actions::{Before, Change},
    model::{Assignee, Conversation, Status},
    plan::{CannotBeUndone, LeftOutReason, PlannedChange, Undo, UndoImpossible, plan, plan_undo},
};

use crate::{
    planning::{SINGLE, everything, fresh, rows, settled},
    support::{conversation, somebody},
};

#[test]
fn undo_needs_a_known_state_that_hiver_takes() {
    let note = Change::AddNote("x".to_owned());
    let assign = Change::Assign("u_ana".into());
    let add = Change::AddTag("t_billing".into());
    let remove = Change::RemoveTag("t_billing".into());
    let close = Change::SetStatus(Status::Closed);
    let named = Assignee::User {
        id: None,
        name: Some("Ben".to_owned()),
    };
    let snoozed = Some(Status::Other("snoozed".to_owned()));
    let stays = Undo::Impossible;
    let cases = [
        (note, Before::Nothing, stays(UndoImpossible::NoteStays)),
        (
            assign.clone(),
            Before::Assignee(Assignee::Nobody),
            stays(UndoImpossible::WasUnassigned),
        ),
        (
            assign.clone(),
            Before::Assignee(Assignee::Unknown),
            stays(UndoImpossible::AssigneeUnknown),
        ),
        (
            assign.clone(),
            Before::Assignee(named),
            stays(UndoImpossible::UserIdUnknown),
        ),
        (
            assign,
            Before::Assignee(somebody("u_ben")),
            Undo::Possible(Change::Assign("u_ben".into())),
        ),
        (
            add.clone(),
            Before::HasTag(None),
            stays(UndoImpossible::TagsUnknown),
        ),
        (
            add.clone(),
            Before::HasTag(Some(false)),
            Undo::Possible(remove.clone()),
        ),
        (
            remove.clone(),
            Before::HasTag(None),
            stays(UndoImpossible::TagsUnknown),
        ),
        (remove, Before::HasTag(Some(true)), Undo::Possible(add)),
        (
            close.clone(),
            Before::Status(None),
            stays(UndoImpossible::StatusUnknown),
        ),
        (
            close.clone(),
            Before::Status(snoozed),
            stays(UndoImpossible::StatusCannotBeSet),
        ),
        (
            close,
            Before::Status(Some(Status::Open)),
            Undo::Possible(Change::SetStatus(Status::Open)),
        ),
    ];
    for (change, before, expected) in cases {
        let mut planned = PlannedChange {
            conversation: "c1".into(),
            change,
            before,
            already: false,
        };
        assert_eq!(planned.undo(), expected, "{planned:?}");
        planned.already = true;
        assert_eq!(planned.undo(), Undo::NotNeeded);
    }
}

#[test]
fn what_stays_for_good_is_counted_by_reason() {
    let plan = plan(
        &[&fresh("c1"), &settled("c2"), &conversation("c3")],
        &everything(),
    );
    let count = |reason, changes| CannotBeUndone { reason, changes };
    assert_eq!(
        plan.cannot_be_undone(),
        [
            count(UndoImpossible::NoteStays, 3),
            count(UndoImpossible::WasUnassigned, 1),
            count(UndoImpossible::AssigneeUnknown, 1),
            count(UndoImpossible::TagsUnknown, 2),
            count(UndoImpossible::StatusUnknown, 1),
        ]
    );
}

#[test]
fn an_undo_leaves_what_a_colleague_did_since() {
    let before = Conversation {
        assignee: somebody("u_ben"),
        ..fresh("c1")
    };
    let done = plan(&[&before], &everything()).changes;
    let reason = |row: Option<&Conversation>, change: &Change| {
        let undo = plan_undo(&done, |_| row);
        let left = undo
            .left_out
            .into_iter()
            .find(|left| left.change == *change);
        left.map(|left| left.reason)
    };
    let assign = Change::Assign("u_ana".into());

    let as_left = settled("c1");
    assert_eq!(reason(Some(&as_left), &assign), None);
    let taken = Conversation {
        assignee: somebody("u_kim1"),
        ..settled("c1")
    };
    assert_eq!(
        reason(Some(&taken), &assign),
        Some(LeftOutReason::ChangedSince)
    );
    assert_eq!(reason(None, &assign), Some(LeftOutReason::NotInMirror));
    let note = Change::AddNote("Thanks".to_owned());
    assert_eq!(
        reason(Some(&as_left), &note),
        Some(LeftOutReason::Impossible(UndoImpossible::NoteStays))
    );
    let undone: Vec<Change> = plan_undo(&done, |_| Some(&as_left))
        .plan
        .changes
        .into_iter()
        .map(|planned| planned.change)
        .collect();
    assert_eq!(
        undone,
        [
            Change::SetStatus(Status::Open),
            Change::AddTag("t_vip1".into()),
            Change::RemoveTag("t_billing".into()),
            Change::Assign("u_ben".into()),
        ],
        "the last change is taken back first"
    );
    // What is back already is shown as such and costs nothing.
    let undo = plan_undo(&done, |_| Some(&before));
    assert_eq!(undo.plan.requests(SINGLE), 0);
    assert_eq!(undo.plan.changes.len(), 4);
}

/// What Hiver does with a change.
fn apply(row: &mut Conversation, change: &Change) {
    match change {
        Change::Assign(user) => row.assignee = somebody(user.as_str()),
        Change::SetStatus(status) => row.status = Some(status.clone()),
        Change::AddTag(tag) => row.tags.iter_mut().for_each(|tags| tags.push(tag.clone())),
        Change::RemoveTag(tag) => row
            .tags
            .iter_mut()
            .for_each(|tags| tags.retain(|one| one != tag)),
        Change::AddNote(_) => {}
    }
}

proptest! {
    #[test]
    fn done_then_undone_is_as_before_but_for_what_was_said_to_stay(row in rows()) {
        let planned = plan(&[&row], &everything());
        let mut now = row.clone();
        let sent = planned.changes.iter().filter(|planned| !planned.already);
        sent.for_each(|planned| apply(&mut now, &planned.change));

        let undo = plan_undo(&planned.changes, |_| Some(&now));
        let mut back = now.clone();
        undo.plan.changes.iter().for_each(|planned| apply(&mut back, &planned.change));

        let stays: u64 = planned.cannot_be_undone().iter().map(|stays| stays.changes).sum();
        prop_assert_eq!(undo.left_out.len() as u64, stays);
        if row.status.is_some() {
            prop_assert_eq!(back.status, row.status);
        }
        if row.assignee.user_id().is_some() {
            prop_assert_eq!(back.assignee, row.assignee);
        }
        prop_assert_eq!(back.tags, row.tags);
    }
}
