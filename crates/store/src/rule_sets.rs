//! The versions of a connection's rule set. What the rules say is not known here: it is kept as JSON.

use std::collections::HashSet;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use crate::connections::ConnectionId;
use crate::entities::rule_versions::{ActiveModel, Column, Entity};
use crate::entities::{deliveries, history, rule_begins, rule_marks};
use crate::error::{During, Result};
use crate::open::Store;
use crate::rule_reports::add_notice;

/// The mark that says how far the history was followed.
pub const HISTORY_MARK: &str = "history";

/// Rows that go into one statement: SQLite takes 32,766 values, and a row has six.
const BATCH: usize = 2_000;

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
    /// The ids of the rules that are not off. What happened before a rule is one of them is none of its business.
    pub taking_part: Vec<String>,
    /// Those that look on other occasions than in the version before: by the clock and by sweeps they begin anew.
    pub begin_anew: Vec<String>,
    /// Notices that are kept with it: the rule, its name, the text.
    pub notices: Vec<(String, String, String)>,
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
        let transaction = self.begin().await.during(during)?;
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
        begin(&transaction, new.connection, &new.taking_part, new.now).await?;
        begin_anew(&transaction, new.connection, &new.begin_anew, new.now).await?;
        for (rule, name, text) in new.notices {
            add_notice(&transaction, new.connection, (rule, name, text), new.now).await?;
        }
        transaction.commit().await.during(during)?;
        Ok(SavedRules::As(version))
    }

    /// Has rules make up for nothing by the clock or by sweeps that was due before `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_rules_anew(
        &self,
        connection: ConnectionId,
        rules: &[String],
        now: i64,
    ) -> Result<()> {
        begin_anew(&self.write, connection, rules, now).await
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

/// Notes from where on rules take part that did not before.
async fn begin(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    taking_part: &[String],
    now: i64,
) -> Result<()> {
    use rule_begins::{ActiveModel, Column, Entity};

    let during = "note since when rules are there";
    let known: HashSet<String> = Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::TakesPart.eq(true))
        .all(transaction)
        .await
        .during(during)?
        .into_iter()
        .map(|row| row.rule_id)
        .collect();
    let last_of_history: Option<Option<i64>> = history::Entity::find()
        .select_only()
        .column_as(history::Column::Id.max(), "last")
        .into_tuple()
        .one(transaction)
        .await
        .during(during)?;
    let last_delivery: Option<Option<i64>> = deliveries::Entity::find()
        .select_only()
        .column_as(deliveries::Column::Id.max(), "last")
        .into_tuple()
        .one(transaction)
        .await
        .during(during)?;
    let history_id = last_of_history.flatten().unwrap_or(0);
    let delivery_id = last_delivery.flatten().unwrap_or(0);
    // Where nothing was followed before, it is from here on.
    rule_marks::Entity::insert(rule_marks::ActiveModel {
        connection_id: Set(connection),
        name: Set(HISTORY_MARK.to_owned()),
        value: Set(history_id),
    })
    .on_conflict_do_nothing()
    .exec_without_returning(transaction)
    .await
    .during(during)?;
    let parts: HashSet<&String> = taking_part.iter().collect();
    let left: Vec<&String> = known.iter().filter(|id| !parts.contains(id)).collect();
    for ids in left.chunks(BATCH) {
        Entity::update_many()
            .col_expr(Column::TakesPart, false.into())
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::RuleId.is_in(ids.iter().map(|id| id.as_str())))
            .exec(transaction)
            .await
            .during(during)?;
    }
    let new: Vec<ActiveModel> = taking_part
        .iter()
        .filter(|id| !known.contains(*id))
        .map(|id| ActiveModel {
            connection_id: Set(connection),
            rule_id: Set(id.clone()),
            takes_part: Set(true),
            history_id: Set(history_id),
            delivery_id: Set(delivery_id),
            at: Set(now),
        })
        .collect();
    for rows in new.chunks(BATCH) {
        Entity::insert_many(rows.to_vec())
            .on_conflict(
                OnConflict::columns([Column::ConnectionId, Column::RuleId])
                    .update_columns([
                        Column::TakesPart,
                        Column::HistoryId,
                        Column::DeliveryId,
                        Column::At,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(transaction)
            .await
            .during(during)?;
    }
    Ok(())
}

async fn begin_anew(
    database: &impl ConnectionTrait,
    connection: ConnectionId,
    rules: &[String],
    now: i64,
) -> Result<()> {
    use rule_begins::{Column, Entity};

    for ids in rules.chunks(BATCH) {
        Entity::update_many()
            .col_expr(Column::At, now.into())
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::RuleId.is_in(ids.iter().map(String::as_str)))
            .exec(database)
            .await
            .during("note since when rules are there")?;
    }
    Ok(())
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
