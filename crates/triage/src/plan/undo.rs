//! What can be taken back, and why the rest cannot.

use serde::{Deserialize, Serialize};

use super::{Before, Plan, PlannedChange};
use crate::{
    actions::Change,
    model::{Assignee, ConversationId, Status},
};

/// Whether a planned change can be undone once it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// It was already so: nothing is sent, nothing is to be undone.
    NotNeeded,
    /// This change brings the state before back.
    Possible(Change),
    /// It stays.
    Impossible(UndoImpossible),
}

/// Why a change stays for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoImpossible {
    /// Hiver cannot delete a note.
    NoteStays,
    /// Hiver cannot delete a tag that was made on the way.
    TagStays,
    /// Nobody was assigned before, and Hiver cannot unassign.
    WasUnassigned,
    /// Who was assigned before is not known.
    AssigneeUnknown,
    /// Somebody was assigned before, but Hiver did not say their id.
    UserIdUnknown,
    /// The tags before are not known.
    TagsUnknown,
    /// The status before is not known.
    StatusUnknown,
    /// The status before is one that Hiver shows but does not take.
    StatusCannotBeSet,
}

impl PlannedChange {
    /// Whether it can be undone, judged by the state it replaces.
    #[must_use]
    pub fn undo(&self) -> Undo {
        if self.already {
            return Undo::NotNeeded;
        }
        match reverse(&self.change, &self.before) {
            Ok(change) => Undo::Possible(change),
            Err(reason) => Undo::Impossible(reason),
        }
    }
}

fn reverse(change: &Change, before: &Before) -> Result<Change, UndoImpossible> {
    match change {
        Change::AddNote(_) => Err(UndoImpossible::NoteStays),
        Change::Assign(_) => match before {
            Before::Assignee(Assignee::User { id: Some(id), .. }) => Ok(Change::Assign(id.clone())),
            Before::Assignee(Assignee::User { id: None, .. }) => Err(UndoImpossible::UserIdUnknown),
            Before::Assignee(Assignee::Nobody) => Err(UndoImpossible::WasUnassigned),
            _ => Err(UndoImpossible::AssigneeUnknown),
        },
        Change::AddTag(tag) | Change::RemoveTag(tag) => match before {
            Before::HasTag(Some(true)) => Ok(Change::AddTag(tag.clone())),
            Before::HasTag(Some(false)) => Ok(Change::RemoveTag(tag.clone())),
            _ => Err(UndoImpossible::TagsUnknown),
        },
        Change::SetStatus(_) => match before {
            Before::Status(Some(Status::Other(_))) => Err(UndoImpossible::StatusCannotBeSet),
            Before::Status(Some(status)) => Ok(Change::SetStatus(status.clone())),
            _ => Err(UndoImpossible::StatusUnknown),
        },
    }
}

/// A plan that takes done changes back, and what it has to leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoPlan {
    /// What will be sent.
    pub plan: Plan,
    /// What stays, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A done change that will not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its subject, where the planner knows it.
    #[serde(default)]
    pub subject: Option<String>,
    /// What was done to it.
    pub change: Change,
    /// Why it stays.
    pub reason: LeftOutReason,
}

/// Why a done change is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// It cannot be undone.
    Impossible(UndoImpossible),
    /// Somebody changed the conversation since: undoing would undo their work.
    ChangedSince,
    /// Hiver does not say how the conversation stands now.
    CannotTell,
    /// The conversation does not exist any more.
    NotInMirror,
}
