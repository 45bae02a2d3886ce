//! What rules decided, kept whole: how far they have followed, what they did, and the runs that carry it out, in one
//! transaction. So nothing is decided twice, and nothing that was decided is lost.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, Statement,
};
use triage::actions::Change;
use triage::model::{ConversationId, RunId, UserId};
use triage::outcome::{Outcome, RunState};

use crate::connections::ConnectionId;
use crate::entities::{changes, deliveries, rule_acts, rule_marks, rule_turns, runs};
use crate::error::{During, Result};
use crate::open::Store;
use crate::rule_acts::ActMode;
use crate::rule_reports::Counted;
use crate::runs::{NewChange, NewRun, RunLane, insert_changes, run_row};

/// Rows that go into one statement: SQLite takes 32,766 values, and an act has nine.
const BATCH: usize = 3_000;

/// How far something was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMark {
    /// Of what.
    pub name: String,
    /// Where it stood when it was decided; nothing where it did not stand anywhere.
    pub from: Option<i64>,
    /// Where it stands then.
    pub to: i64,
}

/// Something that a rule did, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAct {
    /// The rule, by id.
    pub rule: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// What made it look.
    pub occurrence: String,
    /// The version of the rules.
    pub version: i32,
    /// Whether it did it, or would have.
    pub mode: ActMode,
    /// Which of the runs carries it out.
    pub run: Option<usize>,
    /// What it decided to change.
    pub did: Vec<Change>,
}

/// What rules decided at once.
#[derive(Default)]
pub struct NewFiring {
    /// The connection.
    pub connection: ConnectionId,
    /// Now.
    pub now: i64,
    /// Today, in the console's time zone: `2026-11-23`.
    pub day: String,
    /// How far they have followed.
    pub marks: Vec<RuleMark>,
    /// Deliveries that they have looked at.
    pub deliveries: Vec<i64>,
    /// The runs, which wait for their turn from then on.
    pub runs: Vec<(NewRun, Vec<NewChange>)>,
    /// What was done.
    pub acts: Vec<NewAct>,
    /// How often what became of which rule.
    pub counts: Vec<(String, Counted, u64)>,
    /// Who was last given a conversation by which rule.
    pub turns: Vec<(String, UserId)>,
}

impl Store {
    /// Keeps all of it, or nothing: nothing is returned where somebody else was there since it was decided.
    ///
    /// # Errors
    /// When the database fails; then nothing of it is kept.
    pub async fn keep_firing(&self, new: NewFiring) -> Result<Option<Vec<RunId>>> {
        let during = "keep what rules decided";
        let transaction = self.begin().await.during(during)?;
        for mark in new.marks {
            if !move_mark(&transaction, new.connection, mark).await? {
                transaction.rollback().await.during(during)?;
                return Ok(None);
            }
        }
        if !look_at(&transaction, &new.deliveries).await? {
            transaction.rollback().await.during(during)?;
            return Ok(None);
        }
        let mut ids = Vec::with_capacity(new.runs.len());
        let mut at = next_place(&transaction, new.now).await?;
        for (run, planned) in new.runs {
            let row = runs::ActiveModel {
                state: Set(RunState::Waiting.as_str().to_owned()),
                lane: Set(RunLane::Rules.as_str().to_owned()),
                confirmed_at: Set(Some(at)),
                place: Set(Some(at)),
                ..run_row(run)?
            };
            let run = row.insert(&transaction).await.during(during)?;
            insert_changes(&transaction, run.id, planned).await?;
            ids.push(RunId(run.id));
            at += 1;
        }
        forget_shadows(&transaction, new.connection, &new.acts).await?;
        let mut acts = Vec::with_capacity(new.acts.len());
        for act in new.acts {
            acts.push(rule_acts::ActiveModel {
                connection_id: Set(new.connection),
                rule_id: Set(act.rule),
                conversation_id: Set(act.conversation.to_string()),
                occurrence: Set(act.occurrence),
                at: Set(new.now),
                version: Set(act.version),
                mode: Set(act.mode.to_string()),
                run_id: Set(act.run.and_then(|run| ids.get(run)).map(|run| run.0)),
                did: Set(serde_json::to_string(&act.did).during(during)?),
            });
        }
        insert_acts(&transaction, acts).await?;
        for (rule, what, count) in new.counts {
            let of = (new.connection, new.day.as_str(), new.now);
            add_count(&transaction, of, &rule, what, count).await?;
        }
        for (rule, user) in new.turns {
            turn(&transaction, new.connection, rule, user).await?;
        }
        transaction.commit().await.during(during)?;
        Ok(Some(ids))
    }
}

/// What rules ask for in a run counts as done by them from when a person confirmed it, within the transaction that does.
pub(crate) async fn acts_of_confirmed(
    transaction: &DatabaseTransaction,
    id: RunId,
    now: i64,
    day: &str,
) -> Result<()> {
    let during = "keep what rules did in a run";
    let rows = changes::Entity::find()
        .filter(changes::Column::RunId.eq(id.0))
        .filter(changes::Column::RuleId.is_not_null())
        .filter(changes::Column::Outcome.eq(Outcome::Waiting.as_str()))
        .order_by_asc(changes::Column::Seq)
        .all(transaction)
        .await
        .during(during)?;
    if rows.is_empty() {
        return Ok(());
    }
    let Some(run) = runs::Entity::find_by_id(id.0)
        .one(transaction)
        .await
        .during(during)?
    else {
        return Ok(());
    };
    // Whose turn it was is kept of every rule that assigns; of those that do not share out, it matters to nobody.
    let mut turns: BTreeMap<String, UserId> = BTreeMap::new();
    let mut acts: BTreeMap<(String, String), (i32, Vec<Change>)> = BTreeMap::new();
    for row in rows {
        let Some(rule) = row.rule_id else { continue };
        let change: Change = serde_json::from_str(&row.change).during(during)?;
        if let Change::Assign(user) = &change {
            turns.insert(rule.clone(), user.clone());
        }
        let (_, did) = acts
            .entry((rule, row.conversation_id))
            .or_insert((row.rule_version.unwrap_or(0), Vec::new()));
        did.push(change);
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (rule, _) in acts.keys() {
        *counts.entry(rule).or_default() += 1;
    }
    for (rule, count) in counts {
        for what in [Counted::Matched, Counted::Acted] {
            let of = (run.connection_id, day, now);
            add_count(transaction, of, rule, what, count).await?;
        }
    }
    let mut rows = Vec::with_capacity(acts.len());
    for ((rule, conversation), (version, did)) in acts {
        rows.push(rule_acts::ActiveModel {
            connection_id: Set(run.connection_id),
            rule_id: Set(rule),
            conversation_id: Set(conversation),
            occurrence: Set(format!("run:{id}")),
            at: Set(now),
            version: Set(version),
            mode: Set(ActMode::On.to_string()),
            run_id: Set(Some(id.0)),
            did: Set(serde_json::to_string(&did).during(during)?),
        });
    }
    for (rule, user) in turns {
        turn(transaction, run.connection_id, rule, user).await?;
    }
    insert_acts(transaction, rows).await
}

/// Forgets what shadows would have done before to conversations to which they would do something now. Nothing changes what
/// a shadow fits, so it may go on like that at each sweep.
async fn forget_shadows(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    acts: &[NewAct],
) -> Result<()> {
    let mut of_rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for act in acts.iter().filter(|act| act.mode == ActMode::Shadow) {
        let of_rule = of_rules.entry(&act.rule).or_default();
        of_rule.push(act.conversation.as_str());
    }
    for (rule, conversations) in of_rules {
        for batch in conversations.chunks(BATCH) {
            rule_acts::Entity::delete_many()
                .filter(rule_acts::Column::ConnectionId.eq(connection))
                .filter(rule_acts::Column::RuleId.eq(rule))
                .filter(rule_acts::Column::ConversationId.is_in(batch.iter().copied()))
                .filter(rule_acts::Column::Mode.eq(ActMode::Shadow.to_string()))
                .exec(transaction)
                .await
                .during("forget what shadows would have done")?;
        }
    }
    Ok(())
}

async fn insert_acts(
    transaction: &DatabaseTransaction,
    acts: Vec<rule_acts::ActiveModel>,
) -> Result<()> {
    let mut acts = acts.into_iter().peekable();
    while acts.peek().is_some() {
        rule_acts::Entity::insert_many(acts.by_ref().take(BATCH))
            .exec_without_returning(transaction)
            .await
            .during("keep what rules did")?;
    }
    Ok(())
}

/// Moves a mark on; `false` where it stands elsewhere than it did.
async fn move_mark(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    mark: RuleMark,
) -> Result<bool> {
    let during = "note how far rules are";
    let known = rule_marks::Entity::find_by_id((connection, mark.name.clone()))
        .one(transaction)
        .await
        .during(during)?
        .map(|row| row.value);
    if known != mark.from {
        return Ok(false);
    }
    rule_marks::Entity::insert(rule_marks::ActiveModel {
        connection_id: Set(connection),
        name: Set(mark.name),
        value: Set(mark.to),
    })
    .on_conflict(
        OnConflict::columns([rule_marks::Column::ConnectionId, rule_marks::Column::Name])
            .update_column(rule_marks::Column::Value)
            .to_owned(),
    )
    .exec_without_returning(transaction)
    .await
    .during(during)?;
    Ok(true)
}

/// Notes that rules have looked at deliveries; `false` where they had looked at one before.
async fn look_at(transaction: &DatabaseTransaction, ids: &[i64]) -> Result<bool> {
    if ids.is_empty() {
        return Ok(true);
    }
    let updated = deliveries::Entity::update_many()
        .col_expr(deliveries::Column::Ruled, true.into())
        .filter(deliveries::Column::Id.is_in(ids.iter().copied()))
        .filter(deliveries::Column::Ruled.eq(false))
        .exec(transaction)
        .await
        .during("note which deliveries rules have looked at")?;
    Ok(updated.rows_affected == ids.len() as u64)
}

/// The moment at which the next run is confirmed: no two have the same.
async fn next_place(transaction: &DatabaseTransaction, now: i64) -> Result<i64> {
    let latest: Option<Option<i64>> = runs::Entity::find()
        .select_only()
        .column_as(runs::Column::ConfirmedAt.max(), "latest")
        .into_tuple()
        .one(transaction)
        .await
        .during("keep what rules decided")?;
    Ok(latest
        .flatten()
        .map_or(now, |latest| now.max(latest.saturating_add(1))))
}

async fn add_count(
    transaction: &DatabaseTransaction,
    (connection, day, now): (ConnectionId, &str, i64),
    rule: &str,
    what: Counted,
    count: u64,
) -> Result<()> {
    let statement = Statement::from_sql_and_values(
        transaction.get_database_backend(),
        "INSERT INTO rule_counts (connection_id, rule_id, day, what, count, last_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (connection_id, rule_id, day, what) DO UPDATE SET count = rule_counts.count + excluded.count, \
         last_at = excluded.last_at",
        [
            connection.into(),
            rule.into(),
            day.into(),
            what.to_string().into(),
            i64::try_from(count).unwrap_or(i64::MAX).into(),
            now.into(),
        ],
    );
    transaction
        .execute_raw(statement)
        .await
        .during("count what rules did")?;
    Ok(())
}

async fn turn(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    rule: String,
    user: UserId,
) -> Result<()> {
    rule_turns::Entity::insert(rule_turns::ActiveModel {
        connection_id: Set(connection),
        rule_id: Set(rule),
        user_id: Set(user.into_string()),
    })
    .on_conflict(
        OnConflict::columns([rule_turns::Column::ConnectionId, rule_turns::Column::RuleId])
            .update_column(rule_turns::Column::UserId)
            .to_owned(),
    )
    .exec_without_returning(transaction)
    .await
    .during("note whose turn it was")?;
    Ok(())
}
