//! What is counted of rules, and what the console did to them by itself.

use std::fmt;
use std::str::FromStr;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, Set,
};

use crate::connections::ConnectionId;
use crate::entities::rule_counts;
use crate::entities::rule_notices::{self, Column, Entity};
use crate::error::{During, Error, Result};
use crate::open::Store;

/// What became of a rule that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// It fitted a conversation, whatever came of it.
    Matched,
    /// It acted.
    Acted,
    /// Everything was so already.
    Already,
    /// It had acted on the conversation before, or what it looked at came of itself.
    ActedBefore,
    /// It fitted outside its hours.
    OutsideHours,
    /// It would have fitted, but an earlier rule stopped.
    Stopped,
    /// It shares out, and nobody was free.
    NobodyFree,
    /// It was about to act on more conversations than it may within an hour.
    Ceiling,
    /// It would have acted, but is a shadow.
    Shadow,
    /// Its schedule was late: the console was off at the time.
    Late,
}

/// How often something became of a rule on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule, by id.
    pub rule: String,
    /// The day, in the console's time zone: `2026-11-23`.
    pub day: String,
    /// What.
    pub what: Counted,
    /// How often.
    pub count: u64,
    /// The last time.
    pub last_at: i64,
}

/// Something that the console did to a rule by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNotice {
    /// Its number.
    pub id: i64,
    /// The rule, by id.
    pub rule: String,
    /// What it was called.
    pub name: String,
    /// When.
    pub at: i64,
    /// What, and why, in a sentence.
    pub text: String,
}

impl Store {
    /// What was counted of the rules of a connection from `day` (`2026-11-23`) on, by rule and day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_counts(&self, connection: ConnectionId, day: &str) -> Result<Vec<RuleCount>> {
        let rows = rule_counts::Entity::find()
            .filter(rule_counts::Column::ConnectionId.eq(connection))
            .filter(rule_counts::Column::Day.gte(day))
            .order_by_asc(rule_counts::Column::RuleId)
            .order_by_asc(rule_counts::Column::Day)
            .all(&self.read)
            .await
            .during("read what is counted of rules")?;
        rows.into_iter()
            .map(|row| {
                Ok(RuleCount {
                    rule: row.rule_id,
                    day: row.day,
                    what: row.what.parse().map_err(|error: String| Error::Value {
                        operation: "read what is counted of rules",
                        source: error.into(),
                    })?,
                    count: u64::try_from(row.count).unwrap_or(0),
                    last_at: row.last_at,
                })
            })
            .collect()
    }

    /// The notices that nobody has dismissed, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_notices(&self, connection: ConnectionId) -> Result<Vec<RuleNotice>> {
        let rows = Entity::find()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::DismissedBy.is_null())
            .order_by_desc(Column::Id)
            .all(&self.read)
            .await
            .during("list the notices")?;
        let notice = |row: rule_notices::Model| RuleNotice {
            id: row.id,
            rule: row.rule_id,
            name: row.name,
            at: row.at,
            text: row.text,
        };
        Ok(rows.into_iter().map(notice).collect())
    }

    /// Dismisses a notice; `false` where there is none of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dismiss_rule_notice(
        &self,
        connection: ConnectionId,
        id: i64,
        by: &str,
    ) -> Result<bool> {
        let updated = Entity::update_many()
            .col_expr(Column::DismissedBy, Some(by.to_owned()).into())
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Id.eq(id))
            .filter(Column::DismissedBy.is_null())
            .exec(&self.write)
            .await
            .during("dismiss a notice")?;
        Ok(updated.rows_affected == 1)
    }
}

/// Keeps a notice until somebody dismisses it, within a transaction of the caller's.
pub(crate) async fn add_notice(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    (rule, name, text): (String, String, String),
    now: i64,
) -> Result<()> {
    rule_notices::ActiveModel {
        connection_id: Set(connection),
        rule_id: Set(rule),
        name: Set(name),
        at: Set(now),
        text: Set(text),
        ..Default::default()
    }
    .insert(transaction)
    .await
    .during("keep a notice")?;
    Ok(())
}

impl Counted {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Matched,
        Self::Acted,
        Self::Already,
        Self::ActedBefore,
        Self::OutsideHours,
        Self::Stopped,
        Self::NobodyFree,
        Self::Ceiling,
        Self::Shadow,
        Self::Late,
    ];

    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Acted => "acted",
            Self::Already => "already",
            Self::ActedBefore => "acted_before",
            Self::OutsideHours => "outside_hours",
            Self::Stopped => "stopped",
            Self::NobodyFree => "nobody_free",
            Self::Ceiling => "ceiling",
            Self::Shadow => "shadow",
            Self::Late => "late",
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Counted {
    type Err = String;

    fn from_str(word: &str) -> std::result::Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|what| what.as_str() == word)
            .ok_or_else(|| format!("`{word}` is nothing that is counted of rules"))
    }
}
