//! The history: what the mirror saw happen to conversations, and when it was looking.
//!
//! Rows come about where the mirror is written, in the same transaction, from what the database held before and what it
//! holds after: so the history and the mirror always tell the same story, whatever was cut off in between.

mod encoding;
mod flows;
mod marks;

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use triage::history::{Flow, Observation, What, is_at_work, observe};
use triage::model::{Conversation, ConversationId, MailboxId, RunId, Status};

pub use self::flows::FlowRow;
pub use self::marks::{HistoryGap, HistoryMark, Look, LookOf};
use crate::connections::ConnectionId;
use crate::entities::history::{self, Column, Entity};
use crate::entities::{history_gaps, history_marks};
use crate::error::{During, Result};
use crate::open::Store;

/// Rows that go into one statement: SQLite takes 32,766 values, and a row has fifteen.
const BATCH: usize = 2_000;

/// How the console came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It read a list.
    Sweep,
    /// Hiver delivered it.
    Event,
    /// It read that conversation.
    LookedUp,
    /// It did it itself, in this run.
    Run(RunId),
}

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its number; later ones are greater.
    pub id: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// What happened to it.
    pub observation: Observation,
    /// When the console saw it, in ms since the epoch, as all times.
    pub at: i64,
    /// When it had last looked before: it happened between then and `at`.
    pub seen_after: i64,
    /// Hiver's own time, where the conversation had one.
    pub hiver_at: Option<i64>,
    /// When it happened as far as can be told: Hiver's time where that can be it, else `at`.
    pub happened_at: i64,
    /// How the console came to know.
    pub source: Source,
}

impl Store {
    /// Rows of the history with numbers above `after`, in order.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn history(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: u64,
    ) -> Result<Vec<HistoryRow>> {
        let rows = Entity::find()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(&self.read)
            .await
            .during("read the history")?;
        rows.into_iter().map(encoding::read).collect()
    }

    /// What happened since `since` to conversations that runs changed since then, in order; at most the latest `limit`
    /// rows.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn history_around_runs(
        &self,
        connection: ConnectionId,
        since: i64,
        limit: u64,
    ) -> Result<Vec<HistoryRow>> {
        let during = "read the history around runs";
        let changed = Entity::find()
            .select_only()
            .column(Column::ConversationId)
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::At.gte(since))
            .filter(Column::RunId.is_not_null())
            .into_query();
        let rows = Entity::find()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::At.gte(since))
            .filter(Column::ConversationId.in_subquery(changed))
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.read)
            .await
            .during(during)?;
        rows.into_iter().rev().map(encoding::read).collect()
    }

    /// Forgets what was seen before `before`, of all connections; returns how many rows that were. Where a history
    /// began earlier, it begins then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_history(&self, before: i64) -> Result<u64> {
        let during = "forget old history";
        let transaction = self.begin().await.during(during)?;
        let forgotten = Entity::delete_many()
            .filter(Column::At.lt(before))
            .exec(&transaction)
            .await
            .during(during)?;
        history_gaps::Entity::delete_many()
            .filter(history_gaps::Column::UntilAt.lt(before))
            .exec(&transaction)
            .await
            .during(during)?;
        history_marks::Entity::update_many()
            .col_expr(history_marks::Column::BeginsAt, Some(before).into())
            .filter(history_marks::Column::BeginsAt.lt(before))
            .exec(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)?;
        Ok(forgotten.rows_affected)
    }
}

/// A mailbox is not looked at from `at` on, within a transaction of the caller's. Its history stays; once all of it was
/// read again, it goes on from what was found then, after a gap.
pub(crate) async fn leave(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    mailbox: &MailboxId,
    at: i64,
) -> Result<()> {
    history_marks::Entity::update_many()
        .col_expr(history_marks::Column::OpenUntil, None::<i64>.into())
        .col_expr(history_marks::Column::ClosedUntil, None::<i64>.into())
        .col_expr(history_marks::Column::LeftAt, Some(at).into())
        .filter(history_marks::Column::ConnectionId.eq(connection))
        .filter(history_marks::Column::MailboxId.eq(mailbox.as_str()))
        .filter(history_marks::Column::BeginsAt.is_not_null())
        .filter(history_marks::Column::LeftAt.is_null())
        .exec(transaction)
        .await
        .during("note that a mailbox is left out")?;
    Ok(())
}

/// Writes down what happens to conversations, within the transaction that writes the mirror.
pub(crate) struct Recorder<'t> {
    transaction: &'t DatabaseTransaction,
    connection: ConnectionId,
    source: Source,
    /// Of the mailboxes whose history has begun.
    begun: HashMap<MailboxId, HistoryMark>,
    rows: Vec<history::ActiveModel>,
}

impl<'t> Recorder<'t> {
    pub(crate) async fn new(
        transaction: &'t DatabaseTransaction,
        connection: ConnectionId,
        source: Source,
    ) -> Result<Self> {
        let marks = marks::of(transaction, connection).await?;
        Ok(Self {
            transaction,
            connection,
            source,
            begun: marks
                .into_iter()
                .filter(|mark| mark.begins_at.is_some() && mark.left_at.is_none())
                .map(|mark| (mark.mailbox.clone(), mark))
                .collect(),
            rows: Vec::new(),
        })
    }

    /// Whether there is anything to write down: before a history begins, what is read is where it begins from.
    pub(crate) fn is_on(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Takes down what happened to a conversation, seen at `at`. What is of a mailbox whose history has not begun is
    /// left out.
    pub(crate) fn take_down(
        &mut self,
        before: Option<&Conversation>,
        after: Option<&Conversation>,
        at: i64,
    ) {
        let Some(of) = after.or(before) else { return };
        let begins = of.mailbox.as_ref().and_then(|id| self.begun.get(id));
        let since = begins.and_then(|mark| mark.begins_at).unwrap_or(0);
        let status = |of: Option<&Conversation>| of.and_then(|one| one.status.clone());
        // One that is closed before and after was last looked at when closed ones were.
        let [had, has] = [before, after].map(status);
        let among_closed = !is_at_work(had.as_ref()) && has == Some(Status::Closed);
        for observation in observe(before, after, since) {
            let mark = match &observation.mailbox {
                None => None,
                Some(mailbox) => match self.begun.get(mailbox) {
                    None => continue,
                    mark => mark,
                },
            };
            let looked = mark.and_then(|mark| {
                let last = if among_closed {
                    mark.closed_until
                } else {
                    mark.open_until
                };
                last.or(mark.begins_at)
            });
            let seen_after = match self.source {
                Source::Run(_) => at,
                Source::Sweep | Source::Event | Source::LookedUp => looked.unwrap_or(at).min(at),
            };
            let hiver_at = match (&observation.what, self.source) {
                (_, Source::Run(_)) | (What::Gone, _) => None,
                (What::Seen { .. }, _) => of.created_at,
                _ => of.updated_at,
            };
            // What is new to us may be old; but a change of what we knew was made when Hiver says, if that is later
            // than what Hiver said before.
            let earliest = match (&observation.what, before) {
                (What::Seen { .. }, _) | (_, None) => seen_after,
                (_, Some(before)) => since.max(before.updated_at.unwrap_or(since)),
            };
            let happened_at = hiver_at
                .filter(|hiver_at| earliest < *hiver_at && *hiver_at <= at)
                .unwrap_or(at);
            let times = encoding::Times {
                at,
                seen_after: seen_after.min(happened_at),
                hiver_at,
                happened_at,
            };
            let row = encoding::row(self.connection, of, observation, self.source, times);
            self.rows.push(row);
        }
    }

    /// Writes it.
    pub(crate) async fn write(self) -> Result<()> {
        let mut rows = self.rows.into_iter().peekable();
        while rows.peek().is_some() {
            Entity::insert_many(rows.by_ref().take(BATCH))
                .exec_without_returning(self.transaction)
                .await
                .during("write the history")?;
        }
        Ok(())
    }
}

fn number(flow: Flow) -> i16 {
    match flow {
        Flow::Came => 1,
        Flow::Left => -1,
        Flow::Neither => 0,
    }
}
