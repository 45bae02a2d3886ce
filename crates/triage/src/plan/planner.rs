//! Making plans from mirror rows.

use std::collections::HashSet;

use super::{LeftOut, LeftOutReason, Plan, PlannedChange, Undo, UndoPlan};
use crate::{
    actions::{Actions, Change},
    model::{Conversation, ConversationId},
};

/// The plan of `actions` for every one of `conversations`. A conversation that is named twice is
/// planned once, or it would get two notes.
#[must_use]
pub fn plan(conversations: &[&Conversation], actions: &Actions) -> Plan {
    let changes = actions.changes();
    plan_changes(conversations.iter().flat_map(|conversation| {
        changes
            .iter()
            .map(move |change| (*conversation, change.clone()))
    }))
}

/// The plan of changes that differ from conversation to conversation, as rules make them. The order is
/// kept; the same wish about the same conversation is planned once.
#[must_use]
pub fn plan_changes<'a>(changes: impl IntoIterator<Item = (&'a Conversation, Change)>) -> Plan {
    let mut seen = HashSet::new();
    Plan {
        changes: changes
            .into_iter()
            .filter(|(conversation, change)| seen.insert((&conversation.id, change.clone())))
            .map(|(conversation, change)| PlannedChange {
                conversation: conversation.id.clone(),
                before: change.before(conversation),
                // Unknown is never already so.
                already: change.is_so(conversation) == Some(true),
                change,
            })
            .collect(),
    }
}

/// The plan that takes `done` changes back, the last one first, against the rows of today. A
/// conversation that a colleague changed since is left as they left it, and so is one of which it cannot be told.
#[must_use]
pub fn plan_undo<'a>(
    done: &[PlannedChange],
    row: impl Fn(&ConversationId) -> Option<&'a Conversation>,
) -> UndoPlan {
    let mut reversed = Vec::new();
    let mut left_out = Vec::new();
    for planned in done.iter().rev() {
        let reason = match (planned.undo(), row(&planned.conversation)) {
            (Undo::NotNeeded, _) => continue,
            (Undo::Impossible(reason), _) => LeftOutReason::Impossible(reason),
            (Undo::Possible(_), None) => LeftOutReason::NotInMirror,
            (Undo::Possible(reverse), Some(conversation)) => {
                let is_back = reverse.is_so(conversation) == Some(true);
                let is_as_left = planned.change.is_so(conversation);
                if is_back || is_as_left == Some(true) {
                    reversed.push((conversation, reverse));
                    continue;
                }
                match is_as_left {
                    None => LeftOutReason::CannotTell,
                    Some(_) => LeftOutReason::ChangedSince,
                }
            }
        };
        left_out.push(LeftOut {
            conversation: planned.conversation.clone(),
            subject: row(&planned.conversation).and_then(|found| found.subject.clone()),
            change: planned.change.clone(),
            reason,
        });
    }
    UndoPlan {
        plan: plan_changes(reversed),
        left_out,
    }
}
