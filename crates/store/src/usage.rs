//! How many requests were sent, by minute and lane: the ground of the day's count.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, Set};

use crate::connections::ConnectionId;
use crate::entities::usage;
use crate::error::{During, Result};
use crate::open::Store;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Store {
    /// Adds requests sent at `at` on a lane.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_requests(
        &self,
        connection: ConnectionId,
        lane: &str,
        at: i64,
        requests: i32,
    ) -> Result<()> {
        usage::Entity::insert(usage::ActiveModel {
            connection_id: Set(connection),
            minute: Set(at / MINUTE),
            lane: Set(lane.to_owned()),
            requests: Set(requests),
        })
        .on_conflict(
            OnConflict::columns([
                usage::Column::ConnectionId,
                usage::Column::Minute,
                usage::Column::Lane,
            ])
            .value(
                usage::Column::Requests,
                Expr::col((usage::Entity, usage::Column::Requests)).add(requests),
            )
            .to_owned(),
        )
        .exec_without_returning(&self.write)
        .await
        .during("count requests")?;
        Ok(())
    }

    /// Requests sent in the 24 hours before `now`, by minutes since 1970.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn minutes_of_day(
        &self,
        connection: ConnectionId,
        now: i64,
    ) -> Result<Vec<(i64, u32)>> {
        let rows = usage::Entity::find()
            .filter(usage::Column::ConnectionId.eq(connection))
            .filter(usage::Column::Minute.gt((now - DAY) / MINUTE))
            .all(&self.read)
            .await
            .during("count the day's requests")?;
        Ok(rows
            .into_iter()
            .map(|row| (row.minute, u32::try_from(row.requests).unwrap_or(0)))
            .collect())
    }

    /// Requests sent in the 24 hours before `now`: minute since 1970, lane, requests.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usage_of_day(
        &self,
        connection: ConnectionId,
        now: i64,
    ) -> Result<Vec<(i64, String, u32)>> {
        let rows = usage::Entity::find()
            .filter(usage::Column::ConnectionId.eq(connection))
            .filter(usage::Column::Minute.gt((now - DAY) / MINUTE))
            .all(&self.read)
            .await
            .during("list the day's requests")?;
        Ok(rows
            .into_iter()
            .map(|row| {
                (
                    row.minute,
                    row.lane,
                    u32::try_from(row.requests).unwrap_or(0),
                )
            })
            .collect())
    }

    /// Forgets counts from before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_usage(&self, before: i64) -> Result<()> {
        usage::Entity::delete_many()
            .filter(usage::Column::Minute.lt(before / MINUTE))
            .exec(&self.write)
            .await
            .during("forget old counts of requests")?;
        Ok(())
    }

    /// Requests sent in the 24 hours before `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn requests_of_day(&self, connection: ConnectionId, now: i64) -> Result<u32> {
        let sum: Option<Option<i64>> = usage::Entity::find()
            .select_only()
            .column_as(usage::Column::Requests.sum(), "sum")
            .filter(usage::Column::ConnectionId.eq(connection))
            .filter(usage::Column::Minute.gt((now - DAY) / MINUTE))
            .into_tuple()
            .one(&self.read)
            .await
            .during("count the day's requests")?;
        Ok(u32::try_from(sum.flatten().unwrap_or(0)).unwrap_or(u32::MAX))
    }
}
