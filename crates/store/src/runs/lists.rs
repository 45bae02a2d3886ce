//! Reading plans and runs.

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use triage::model::RunId;
use triage::outcome::RunState;

use super::{Author, Run, RunLane, parse};
use crate::connections::ConnectionId;
use crate::entities::runs;
use crate::error::{During, Result};
use crate::open::Store;

impl Store {
    /// The plan or run of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>> {
        let row = runs::Entity::find_by_id(id.0)
            .one(&self.read)
            .await
            .during("read a run")?;
        row.map(read_run).transpose()
    }

    /// Confirmed runs of a connection, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs(
        &self,
        connection: ConnectionId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<Run>> {
        let rows = runs::Entity::find()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.is_not_in(plans()))
            .order_by_desc(runs::Column::Id)
            .offset(offset)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list the runs")?;
        rows.into_iter().map(read_run).collect()
    }

    /// How many confirmed runs a connection has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_count(&self, connection: ConnectionId) -> Result<u64> {
        runs::Entity::find()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.is_not_in(plans()))
            .count(&self.read)
            .await
            .during("count the runs")
    }

    /// Runs that are not at their end, in the order in which they go: that of their confirmation, unless somebody
    /// moved one ahead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_runs(&self, connection: ConnectionId) -> Result<Vec<Run>> {
        let rows = runs::Entity::find()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(is_open())
            .order_by_asc(runs::Column::Place)
            .order_by_asc(runs::Column::Id)
            .all(&self.write)
            .await
            .during("list the open runs")?;
        rows.into_iter().map(read_run).collect()
    }

    /// Which runs are not at their end, in the order in which they go: number, lane, state. For pages, which look often:
    /// it reads nothing of what the runs do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, connection: ConnectionId) -> Result<Vec<(RunId, RunLane, RunState)>> {
        let rows: Vec<(i64, String, String)> = runs::Entity::find()
            .select_only()
            .column(runs::Column::Id)
            .column(runs::Column::Lane)
            .column(runs::Column::State)
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(is_open())
            .order_by_asc(runs::Column::Place)
            .order_by_asc(runs::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list the open runs")?;
        rows.into_iter()
            .map(|(id, lane, state)| Ok((RunId(id), parse(&lane)?, parse(&state)?)))
            .collect()
    }

    /// Undos of a connection that are being prepared, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runs_to_read(&self, connection: ConnectionId) -> Result<Vec<Run>> {
        let rows = runs::Entity::find()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.eq(RunState::Reading.as_str()))
            .order_by_asc(runs::Column::Id)
            .all(&self.write)
            .await
            .during("list the undos to prepare")?;
        rows.into_iter().map(read_run).collect()
    }

    /// The runs that take a run back, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undos_of(&self, id: RunId) -> Result<Vec<Run>> {
        let rows = runs::Entity::find()
            .filter(runs::Column::UndoOf.eq(id.0))
            .order_by_desc(runs::Column::Id)
            .all(&self.read)
            .await
            .during("list the undos of a run")?;
        rows.into_iter().map(read_run).collect()
    }

    /// How many runs are not at their end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_run_count(&self, connection: ConnectionId) -> Result<u64> {
        runs::Entity::find()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(is_open())
            .count(&self.read)
            .await
            .during("count the open runs")
    }
}

/// Runs that are confirmed and not at their end.
pub(super) fn is_open() -> SimpleExpr {
    let open = RunState::ALL
        .into_iter()
        .filter(|state| !state.is_plan() && !state.is_over());
    runs::Column::State.is_in(open.map(RunState::as_str))
}

/// The ids of the open runs of a connection.
pub(super) fn ids_of_open(connection: ConnectionId) -> Select<runs::Entity> {
    runs::Entity::find()
        .select_only()
        .column(runs::Column::Id)
        .filter(runs::Column::ConnectionId.eq(connection))
        .filter(is_open())
}

/// The states of what is not confirmed.
pub(super) fn plans() -> Vec<&'static str> {
    let plans = RunState::ALL.into_iter().filter(|state| state.is_plan());
    plans.map(RunState::as_str).collect()
}

pub(super) fn read_run(row: runs::Model) -> Result<Run> {
    let during = "read a run";
    Ok(Run {
        id: RunId(row.id),
        connection: row.connection_id,
        state: parse(&row.state)?,
        author: match (row.rule_id, row.rule_version) {
            (Some(rule), Some(version)) => Author::Rule {
                rule,
                name: row.rule_name.unwrap_or_default(),
                version,
            },
            _ => Author::Operator(row.author),
        },
        selection: serde_json::from_str(&row.selection).during(during)?,
        actions: serde_json::from_str(&row.actions).during(during)?,
        labels: serde_json::from_str(&row.labels).during(during)?,
        title: row.title,
        chain: serde_json::from_str(&row.chain).during(during)?,
        facts: serde_json::from_str(&row.facts).during(during)?,
        cancel_requested: row.cancel_requested,
        pause_reason: row.pause_reason,
        mirror_at: row.mirror_at,
        created_at: row.created_at,
        confirmed_at: row.confirmed_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        lane: parse(&row.lane)?,
        pause_requested: row.pause_requested,
        undo_of: row.undo_of.map(RunId),
        left_out: serde_json::from_str(&row.left_out).during(during)?,
        new_tags: serde_json::from_str(&row.new_tags).during(during)?,
    })
}
