//! What came and left.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use triage::model::{ConversationId, MailboxId};

use crate::connections::ConnectionId;
use crate::entities::history::{Column, Entity};
use crate::error::{During, Result};
use crate::open::Store;

/// A conversation that came to be at work in a mailbox, or left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// The number of the row.
    pub id: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// The mailbox.
    pub mailbox: Option<MailboxId>,
    /// When, as far as can be told.
    pub happened_at: i64,
    /// Whether it came; else it left.
    pub came: bool,
}

/// What of a flow is read from the database.
type FlowColumns = (i64, String, Option<String>, i64, i16);

impl Store {
    /// What came and left from `from` until before `until`, of rows with numbers above `after`; in the order in which
    /// it was seen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn flows(
        &self,
        connection: ConnectionId,
        from: i64,
        until: i64,
        after: i64,
    ) -> Result<Vec<FlowRow>> {
        let mut query = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::ConversationId,
                Column::MailboxId,
                Column::HappenedAt,
                Column::Flow,
            ])
            .filter(Column::Flow.ne(0));
        if after > 0 {
            // What is new is few rows at the end of the table. Terms that no index can serve keep the database from
            // walking through all days instead.
            query = query
                .filter(Column::Id.gt(after))
                .filter(plain(Column::ConnectionId).eq(connection))
                .filter(plain(Column::HappenedAt).gte(from))
                .filter(plain(Column::HappenedAt).lt(until));
        } else {
            query = query
                .filter(Column::ConnectionId.eq(connection))
                .filter(Column::HappenedAt.gte(from))
                .filter(Column::HappenedAt.lt(until));
        }
        let rows: Vec<FlowColumns> = query
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await
            .during("read what came and left")?;
        Ok(rows
            .into_iter()
            .map(|(id, conversation, mailbox, happened_at, flow)| FlowRow {
                id,
                conversation: conversation.into(),
                mailbox: mailbox.map(Into::into),
                happened_at,
                came: flow > 0,
            })
            .collect())
    }
}

/// A column as a value that no index holds.
fn plain(column: Column) -> Expr {
    Expr::col(column).add(0)
}
