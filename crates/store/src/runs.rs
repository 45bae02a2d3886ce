//! Plans and runs: what was previewed, what was confirmed, and the outcome of every change.

mod by_rules;
mod changes;
mod decisions;
mod lists;
mod new_tags;
mod plans;
mod states;
mod undo;
mod written;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use triage::actions::{Actions, Change};
use triage::model::{ConversationId, MailboxId, RunId};
use triage::outcome::{Outcome, RunState};
use triage::plan::{Before, CannotBeUndone, ChangeGroup, LeftOut, Summary};
use triage::selection::Selection;

use crate::connections::ConnectionId;
use crate::error::{Error, Result};

pub use by_rules::SentChange;
pub use decisions::Decision;
pub use new_tags::{NewTag, NewTagState};
pub(crate) use plans::{insert_changes, run_row};
pub use undo::{NewUndo, PlannedUndo, UndoReads};
pub use written::{Written, WrittenFilter};

/// Who wanted a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// A person, by the name they sign in with.
    Operator(String),
    /// A rule.
    Rule {
        /// Its id.
        rule: String,
        /// What it was called then.
        name: String,
        /// The version of the rules.
        version: i32,
    },
}

impl std::fmt::Display for Author {
    /// `ana`, `rule “Invoices to Ana” (version 3)`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator(name) => formatter.write_str(name),
            Self::Rule { name, version, .. } => {
                write!(formatter, "rule “{name}” (version {version})")
            }
        }
    }
}

/// The rule that asked for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRule {
    /// Its id.
    pub rule: String,
    /// The version of the rules; nothing where they were not saved.
    pub version: Option<i32>,
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

/// How a run is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunLane {
    /// Small enough to go ahead of everything, like any click.
    Click,
    /// What rules ask for.
    Rules,
    /// One after the other, in the order of confirmation.
    Bulk,
}

impl RunLane {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Rules => "rules",
            Self::Bulk => "bulk",
        }
    }
}

impl std::str::FromStr for RunLane {
    type Err = String;

    fn from_str(word: &str) -> std::result::Result<Self, String> {
        match word {
            "click" => Ok(Self::Click),
            "rules" => Ok(Self::Rules),
            "bulk" => Ok(Self::Bulk),
            other => Err(format!("`{other}` is not a lane of runs")),
        }
    }
}

/// A plan to be kept for its preview.
pub struct NewRun {
    /// The connection that it is for.
    pub connection: ConnectionId,
    /// Who asked for it.
    pub author: Author,
    /// What was selected.
    pub selection: Selection,
    /// What is to be done; nothing where rules decided for each conversation.
    pub actions: Actions,
    /// What it does in one line, where the actions do not say.
    pub title: Option<String>,
    /// The rules that led to it, by id: none of them acts on what comes of it.
    pub chain: Vec<String>,
    /// The rules that it was made with, as JSON, where it was made with rules and may be made again.
    pub rules: Option<String>,
    /// Names of the users and tags in `actions` at that moment, by id.
    pub labels: BTreeMap<String, String>,
    /// Names of tags that have to be made before they can be added.
    pub new_tags: Vec<String>,
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
    /// Its mailbox at that moment.
    pub mailbox: Option<MailboxId>,
    /// What is wished.
    pub change: Change,
    /// The state it replaces.
    pub before: Before,
    /// `waiting`, or `unchanged` where it already is so.
    pub outcome: Outcome,
    /// The rule that asks for it, where one does.
    pub rule: Option<ChangeRule>,
}

impl Run {
    /// By what single conversations were selected, in words: `picked by hand`.
    #[must_use]
    pub fn picked(&self) -> &'static str {
        match (&self.author, &self.title) {
            (Author::Rule { .. }, _) => "picked by the rule",
            (Author::Operator(_), Some(_)) => "picked by the rules",
            (Author::Operator(_), None) => "picked by hand",
        }
    }
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
    /// What is to be done; nothing where rules decided for each conversation.
    pub actions: Actions,
    /// What it does in one line, where the actions do not say.
    pub title: Option<String>,
    /// The rules that led to it, by id: none of them acts on what comes of it.
    pub chain: Vec<String>,
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
    /// How it is sent; settled when it is confirmed.
    pub lane: RunLane,
    /// Whether a person has asked it to pause.
    pub pause_requested: bool,
    /// The run that it takes back.
    pub undo_of: Option<RunId>,
    /// What an undo leaves as it is.
    pub left_out: Vec<LeftOut>,
    /// Tags that have to be made before they can be added.
    pub new_tags: Vec<NewTag>,
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
    /// Who decided about it after its run had given it up.
    pub decided_by: Option<String>,
    /// The rule that asked for it, where one did.
    pub rule: Option<ChangeRule>,
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeUpdate {
    /// The state it replaces, where that is known better than when it was planned.
    pub before: Option<Before>,
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
