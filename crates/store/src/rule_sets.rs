//! The versions of a connection's rule set. What the rules say is not known here: it is kept as JSON.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, TransactionTrait,
};

use crate::connections::ConnectionId;
use crate::entities::rule_versions::{ActiveModel, Column, Entity};
use crate::error::{During, Result};
use crate::open::Store;

/// A version of a rule set, without its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleVersion {
    /// Its number; the first one is 1.
    pub version: i32,
    /// Who saved it, in words.
    pub author: String,
    /// When.
    pub saved_at: i64,
    /// Why, where it was not just edited: `restored from version 3`.
    pub note: String,
}

/// A version with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRules {
    /// Which version.
    pub version: RuleVersion,
    /// The rule set as JSON.
    pub rules: String,
}

/// A version to be kept.
#[derive(Clone, Debug)]
pub struct NewRuleVersion {
    /// The connection whose rules these are.
    pub connection: ConnectionId,
    /// The version that was edited; 0 where there was none.
    pub base: i32,
    /// Who saves it, in words.
    pub author: String,
    /// Why, where it was not just edited; else empty.
    pub note: String,
    /// The rule set as JSON.
    pub rules: String,
    /// Now.
    pub now: i64,
}

/// What became of a version to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedRules {
    /// It is the latest, with this number.
    As(i32),
    /// It was not kept: the latest is this one, not the one that was edited.
    Moved(i32),
}

impl Store {
    /// Keeps a version if the one that was edited is still the latest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_rules(&self, new: NewRuleVersion) -> Result<SavedRules> {
        let during = "save the rules";
        let transaction = self.write.begin().await.during(during)?;
        let latest = latest(&transaction, new.connection).await?;
        if latest != new.base {
            transaction.rollback().await.during(during)?;
            return Ok(SavedRules::Moved(latest));
        }
        let version = latest + 1;
        ActiveModel {
            connection_id: Set(new.connection),
            version: Set(version),
            author: Set(new.author),
            saved_at: Set(new.now),
            note: Set(new.note),
            rules: Set(new.rules),
        }
        .insert(&transaction)
        .await
        .during(during)?;
        transaction.commit().await.during(during)?;
        Ok(SavedRules::As(version))
    }

    /// A version with its rules, the latest if none is named; nothing where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rules(
        &self,
        connection: ConnectionId,
        version: Option<i32>,
    ) -> Result<Option<StoredRules>> {
        let mut query = Entity::find().filter(Column::ConnectionId.eq(connection));
        if let Some(version) = version {
            query = query.filter(Column::Version.eq(version));
        }
        let row = query
            .order_by_desc(Column::Version)
            .one(&self.read)
            .await
            .during("read the rules")?;
        Ok(row.map(|row| StoredRules {
            version: RuleVersion {
                version: row.version,
                author: row.author,
                saved_at: row.saved_at,
                note: row.note,
            },
            rules: row.rules,
        }))
    }

    /// The versions before `before`, or all, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_versions(
        &self,
        connection: ConnectionId,
        before: Option<i32>,
        limit: u64,
    ) -> Result<Vec<RuleVersion>> {
        let mut query = Entity::find().filter(Column::ConnectionId.eq(connection));
        if let Some(before) = before {
            query = query.filter(Column::Version.lt(before));
        }
        let rows: Vec<(i32, String, i64, String)> = query
            .select_only()
            .columns([
                Column::Version,
                Column::Author,
                Column::SavedAt,
                Column::Note,
            ])
            .order_by_desc(Column::Version)
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list the versions of the rules")?;
        Ok(rows
            .into_iter()
            .map(|(version, author, saved_at, note)| RuleVersion {
                version,
                author,
                saved_at,
                note,
            })
            .collect())
    }
}

/// The number of the latest version; 0 where there is none.
async fn latest(database: &impl ConnectionTrait, connection: ConnectionId) -> Result<i32> {
    let latest: Option<Option<i32>> = Entity::find()
        .select_only()
        .column_as(Column::Version.max(), "latest")
        .filter(Column::ConnectionId.eq(connection))
        .into_tuple()
        .one(database)
        .await
        .during("save the rules")?;
    Ok(latest.flatten().unwrap_or(0))
}
