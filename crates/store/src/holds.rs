//! When Hiver asked to slow down, and for how long.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::connections::ConnectionId;
use crate::entities::holds;
use crate::error::{During, Result};
use crate::open::Store;

/// A time for which nothing was sent because Hiver asked to slow down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// When it began.
    pub at: i64,
    /// When it ended, or will.
    pub until: i64,
    /// Why, in words.
    pub reason: String,
}

impl Store {
    /// Keeps a hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_hold(&self, connection: ConnectionId, hold: Hold) -> Result<()> {
        holds::ActiveModel {
            connection_id: Set(connection),
            at: Set(hold.at),
            until: Set(hold.until),
            reason: Set(hold.reason),
            ..Default::default()
        }
        .insert(&self.write)
        .await
        .during("keep a hold")?;
        Ok(())
    }

    /// The last holds of a connection, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holds(&self, connection: ConnectionId, limit: u64) -> Result<Vec<Hold>> {
        let rows = holds::Entity::find()
            .filter(holds::Column::ConnectionId.eq(connection))
            .order_by_desc(holds::Column::Id)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list the holds")?;
        Ok(rows
            .into_iter()
            .map(|row| Hold {
                at: row.at,
                until: row.until,
                reason: row.reason,
            })
            .collect())
    }
}
