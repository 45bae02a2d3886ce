//! What a rule is. The same types are the document: see `docs/rules.schema.json`.

mod actions;
mod condition;
mod time;

use std::fmt;

pub use actions::{Actions, Assign, Share, ShareBy, ShareMember};
pub use condition::{AssigneeTest, Condition, Span, TagsTest, TextCondition, TextField, TextTest};
use serde::{Deserialize, Serialize};
pub use time::{Hours, Schedule, TimeOfDay, Weekday};
use triage::model::MailboxId;

/// The version of the document that this program reads and writes.
pub const VERSION: u32 = 1;

/// Rules in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The version of the format: 1.
    pub version: u32,
    /// The rules, the first one first.
    pub rules: Vec<Rule>,
}

impl Default for RuleSet {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl RuleSet {
    /// A rule set of these rules.
    #[must_use]
    pub fn of(rules: Vec<Rule>) -> Self {
        Self {
            version: VERSION,
            rules,
        }
    }

    /// The rules that are not off.
    pub fn taking_part(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.mode != Mode::Off)
    }

    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }
}

/// The short name by which a rule is known for good, whatever its title and place become: 1 to 64 of `a-z`, `0-9`,
/// `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RuleId(
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9_-]{1,64}$")))] String,
);

impl RuleId {
    /// The most characters an id has.
    pub const MAX_CHARACTERS: usize = 64;

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has the form of an id.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        (1..=Self::MAX_CHARACTERS).contains(&self.0.len()) && self.0.bytes().all(allowed)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for RuleId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<String> for RuleId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

/// One rule: when it looks, at which conversations, and what it does to those that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name for good.
    pub id: RuleId,
    /// Its title.
    pub name: String,
    /// On, off or shadow.
    #[serde(default)]
    pub mode: Mode,
    /// The occasions on which it looks at a conversation.
    pub when: Vec<When>,
    /// The ids of the mailboxes it looks at; none given is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub mailboxes: Vec<MailboxId>,
    /// What must be true of the conversation. `{"all": []}` is true of every one.
    #[serde(default)]
    pub conditions: Condition,
    /// What it does to a conversation that fits.
    pub actions: Actions,
    /// Whether later rules leave alone what fits this one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stop: bool,
    /// The hours at which it works; outside them it is as if off. None given is always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Whether it acts on the same conversation again.
    #[serde(default)]
    pub repeat: Repeat,
}

pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether a rule takes part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It acts.
    #[default]
    On,
    /// It does nothing.
    Off,
    /// It decides and is recorded; nothing is sent, later rules see nothing of it, and it stops none.
    Shadow,
}

/// An occasion on which a rule looks at a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The conversation is new.
    Created,
    /// It was assigned.
    Assigned,
    /// It became open.
    Opened,
    /// It became pending.
    Pending,
    /// It became closed.
    Closed,
    /// A note was added to it.
    NoteAdded,
    /// Anything about it changed, all of the above included.
    AnyChange,
    /// Hiver's lists were read through.
    Sweep,
    /// A time of the day has come.
    Schedule(Schedule),
    /// A person asked for it.
    OnDemand,
}

/// Whether a rule acts again on a conversation on which it acted before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Once per conversation.
    #[default]
    Once,
    /// Again when so many hours have passed since it last acted.
    AfterHours(#[cfg_attr(feature = "schema", schemars(range(min = 1, max = 87600)))] u32),
    /// At each occurrence of its occasion.
    EachOccurrence,
}
