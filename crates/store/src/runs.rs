//! Plans and runs: what was previewed, what was confirmed, and the outcome of every change.

mod changes;
mod lists;
mod plans;
mod states;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use triage::actions::{Actions, Change};
use triage::model::{ConversationId, RunId};
use triage::outcome::{Outcome, RunState};
use triage::plan::{Before, CannotBeUndone, ChangeGroup, Summary};
use triage::selection::Selection;

use crate::connections::ConnectionId;
use crate::error::{Error, Result};

/// Who wanted a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// A person, by the name they sign in with.
    Operator(String),
}

/// What a plan comes to, counted once when it is made: a preview of thousands of changes must not count them
/// again for every look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFacts {
    /// The plan in numbers.
    pub summary: Summary,
    /// The changes by wish.
    pub groups: Vec<ChangeGroup>,
    /// What will stay for good, by reason.
    pub cannot_be_undone: Vec<CannotBeUndone>,
}

/// A plan to be kept for its preview.
pub struct NewRun {
    /// The connection that it is for.
    pub connection: ConnectionId,
    /// Who asked for it.
    pub author: Author,
    /// What was selected.
    pub selection: Selection,
    /// What is to be done.
    pub actions: Actions,
    /// Names of the users and tags in `actions` at that moment, by id.
    pub labels: BTreeMap<String, String>,
    /// What the plan comes to.
    pub facts: PlanFacts,
    /// How old the mirror was that the plan was made against.
    pub mirror_at: i64,
    /// Now.
    pub created_at: i64,
}

/// A change of a plan to be kept.
pub struct NewChange {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its subject, kept so that results stay readable when it is gone.
    pub subject: Option<String>,
    /// What is wished.
    pub change: Change,
    /// The state it replaces.
    pub before: Before,
    /// `waiting`, or `unchanged` where it already is so.
    pub outcome: Outcome,
}

/// A plan or run as it is kept.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number, the same for the preview and the run.
    pub id: RunId,
    /// The connection that it is for.
    pub connection: ConnectionId,
    /// Where it stands.
    pub state: RunState,
    /// Who asked for it.
    pub author: Author,
    /// What was selected.
    pub selection: Selection,
    /// What is to be done.
    pub actions: Actions,
    /// Names of users and tags when it was planned, by id.
    pub labels: BTreeMap<String, String>,
    /// What the plan comes to.
    pub facts: PlanFacts,
    /// Whether somebody has asked it to stop.
    pub cancel_requested: bool,
    /// Why it is paused, in words.
    pub pause_reason: Option<String>,
    /// How old the mirror was that the plan was made against.
    pub mirror_at: i64,
    /// When it was planned.
    pub created_at: i64,
    /// When it was confirmed.
    pub confirmed_at: Option<i64>,
    /// When its first request was about to leave.
    pub started_at: Option<i64>,
    /// When its last outcome was known.
    pub finished_at: Option<i64>,
}

/// A change of a run as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRow {
    /// Its place in the run, from 0.
    pub seq: i32,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its subject when it was planned.
    pub subject: Option<String>,
    /// What is wished.
    pub change: Change,
    /// The state it replaces.
    pub before: Before,
    /// How it stands.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    pub reason: Option<String>,
    /// How often it was sent.
    pub attempts: i32,
    /// When it was about to be sent: the last time, but while it is not known whether an earlier try was made,
    /// the first of those tries.
    pub sent_at: Option<i64>,
    /// When its outcome was known.
    pub finished_at: Option<i64>,
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeUpdate {
    /// How it stands now.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    pub reason: Option<String>,
    /// How often it was sent.
    pub attempts: i32,
    /// When it was about to be sent: the last time, but while it is not known whether an earlier try was made,
    /// the first of those tries.
    pub sent_at: Option<i64>,
    /// When its outcome was known.
    pub finished_at: Option<i64>,
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| Error::Value {
        operation: "read a run",
        source: error.to_string().into(),
    })
}
