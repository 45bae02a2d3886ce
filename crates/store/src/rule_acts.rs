//! What rules did: each rule at most once per conversation and occurrence of its trigger.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use triage::actions::Change;
use triage::model::{ConversationId, RunId, UserId};

use crate::connections::ConnectionId;
use crate::entities::rule_acts::{self, Column, Entity};
use crate::entities::{rule_begins, rule_marks, rule_turns};
use crate::error::{During, Error, Result};
use crate::open::Store;

/// Rules that go into one question.
const RULES_AT_ONCE: usize = 10_000;
/// Occurrences that begin so were asked for by a person: no ceiling counts them.
const BY_PEOPLE: [&str; 2] = ["demand:%", "run:%"];

/// Whether something was done, or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActMode {
    /// The rule was on.
    On,
    /// The rule was a shadow: nothing was sent.
    Shadow,
}

/// A rule acted on a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAct {
    /// The rule, by id.
    pub rule: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// What made it look: `history:ID`, `delivery:ID`, `sweep:MAILBOX:TIME`, `schedule:TIME`, `demand:ID` or `run:ID`.
    pub occurrence: String,
    /// When.
    pub at: i64,
    /// The version of the rules; 0 where they were not saved.
    pub version: i32,
    /// Whether it did it, or would have.
    pub mode: ActMode,
    /// The run that makes the changes; nothing for a shadow, or where another rule's changes took their place.
    pub run: Option<RunId>,
    /// What it decided to change, in sending order.
    pub did: Vec<Change>,
}

/// When a rule last acted on a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAct {
    /// The conversation.
    pub conversation: ConversationId,
    /// The rule, by id.
    pub rule: String,
    /// Whether it did it, or would have.
    pub mode: ActMode,
    /// When.
    pub at: i64,
}

/// From where on a rule takes part in what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleBegin {
    /// After this row of the history.
    pub history: i64,
    /// After this delivery.
    pub delivery: i64,
    /// After this time.
    pub at: i64,
}

impl Store {
    /// When each rule last acted on each conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_acts(&self, connection: ConnectionId) -> Result<Vec<LastAct>> {
        let rows: Vec<(String, String, String, i64)> = Entity::find()
            .select_only()
            .column(Column::ConversationId)
            .column(Column::RuleId)
            .column(Column::Mode)
            .column_as(Column::At.max(), "last")
            .filter(Column::ConnectionId.eq(connection))
            .group_by(Column::ConversationId)
            .group_by(Column::RuleId)
            .group_by(Column::Mode)
            .into_tuple()
            .all(&self.write)
            .await
            .during("read what rules did")?;
        rows.into_iter()
            .map(|(conversation, rule, mode, at)| {
                Ok(LastAct {
                    conversation: conversation.into(),
                    rule,
                    mode: read_mode(&mode)?,
                    at,
                })
            })
            .collect()
    }

    /// The acts of a rule, or on a conversation, or both, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_acts(
        &self,
        connection: ConnectionId,
        rule: Option<&str>,
        conversation: Option<&ConversationId>,
        mode: Option<ActMode>,
        limit: u64,
    ) -> Result<Vec<RuleAct>> {
        let mut query = Entity::find().filter(Column::ConnectionId.eq(connection));
        if let Some(rule) = rule {
            query = query.filter(Column::RuleId.eq(rule));
        }
        if let Some(conversation) = conversation {
            query = query.filter(Column::ConversationId.eq(conversation.as_str()));
        }
        if let Some(mode) = mode {
            query = query.filter(Column::Mode.eq(mode.to_string()));
        }
        let rows = query
            .order_by_desc(Column::At)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list what rules did")?;
        rows.into_iter().map(read).collect()
    }

    /// The acts that a run carries out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acts_of_run(&self, run: RunId) -> Result<Vec<RuleAct>> {
        let rows = Entity::find()
            .filter(Column::RunId.eq(run.0))
            .all(&self.write)
            .await
            .during("list what rules did in a run")?;
        rows.into_iter().map(read).collect()
    }

    /// On which conversations each of `rules` acted by itself since `since`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn acted_since(
        &self,
        connection: ConnectionId,
        rules: &[&str],
        since: i64,
    ) -> Result<Vec<(String, ConversationId)>> {
        let mut found = Vec::new();
        for rules in rules.chunks(RULES_AT_ONCE) {
            found.extend(self.some_acted_since(connection, rules, since).await?);
        }
        Ok(found)
    }

    async fn some_acted_since(
        &self,
        connection: ConnectionId,
        rules: &[&str],
        since: i64,
    ) -> Result<Vec<(String, ConversationId)>> {
        let mut query = Entity::find()
            .select_only()
            .column(Column::RuleId)
            .column(Column::ConversationId)
            .distinct()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::RuleId.is_in(rules.iter().copied()))
            .filter(Column::At.gt(since))
            .filter(Column::Mode.eq(ActMode::On.to_string()));
        for pattern in BY_PEOPLE {
            query = query.filter(Column::Occurrence.not_like(pattern));
        }
        let rows: Vec<(String, String)> = query
            .into_tuple()
            .all(&self.read)
            .await
            .during("count what rules did")?;
        let rows = rows.into_iter();
        Ok(rows.map(|(rule, id)| (rule, id.into())).collect())
    }

    /// How far the rules of a connection have followed what happens, by name; nothing before rules were first saved.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_marks(&self, connection: ConnectionId) -> Result<HashMap<String, i64>> {
        let rows = rule_marks::Entity::find()
            .filter(rule_marks::Column::ConnectionId.eq(connection))
            .all(&self.write)
            .await
            .during("read how far rules are")?;
        Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
    }

    /// From where on each rule takes part, by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_begins(
        &self,
        connection: ConnectionId,
    ) -> Result<HashMap<String, RuleBegin>> {
        let rows = rule_begins::Entity::find()
            .filter(rule_begins::Column::ConnectionId.eq(connection))
            .all(&self.write)
            .await
            .during("read since when rules are there")?;
        let begin = |row: rule_begins::Model| {
            let begin = RuleBegin {
                history: row.history_id,
                delivery: row.delivery_id,
                at: row.at,
            };
            (row.rule_id, begin)
        };
        Ok(rows.into_iter().map(begin).collect())
    }

    /// Who was last given a conversation by each rule that shares out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_turns(&self, connection: ConnectionId) -> Result<Vec<(String, UserId)>> {
        let rows = rule_turns::Entity::find()
            .filter(rule_turns::Column::ConnectionId.eq(connection))
            .all(&self.write)
            .await
            .during("read whose turn it was")?;
        let rows = rows.into_iter();
        Ok(rows.map(|row| (row.rule_id, row.user_id.into())).collect())
    }
}

impl fmt::Display for ActMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::On => "on",
            Self::Shadow => "shadow",
        })
    }
}

impl FromStr for ActMode {
    type Err = String;

    fn from_str(word: &str) -> std::result::Result<Self, String> {
        match word {
            "on" => Ok(Self::On),
            "shadow" => Ok(Self::Shadow),
            other => Err(format!("`{other}` is not a mode of a rule that acts")),
        }
    }
}

fn read_mode(word: &str) -> Result<ActMode> {
    word.parse().map_err(|error: String| Error::Value {
        operation: "read what rules did",
        source: error.into(),
    })
}

fn read(row: rule_acts::Model) -> Result<RuleAct> {
    Ok(RuleAct {
        rule: row.rule_id,
        conversation: row.conversation_id.into(),
        occurrence: row.occurrence,
        at: row.at,
        version: row.version,
        mode: read_mode(&row.mode)?,
        run: row.run_id.map(RunId),
        did: serde_json::from_str(&row.did).during("read what rules did")?,
    })
}
