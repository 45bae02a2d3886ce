//! When a mailbox's history begins, until when it was looked at, and when it was not.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, Set,
};
use triage::model::MailboxId;

use crate::connections::ConnectionId;
use crate::entities::history_gaps;
use crate::entities::history_marks::{self, Column, Entity};
use crate::error::{During, Result};
use crate::open::Store;

/// How far the history of a mailbox reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryMark {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// When its history begins: the end of the first time that all of it was read. Nothing before that.
    pub begins_at: Option<i64>,
    /// When its open and pending conversations were last looked at.
    pub open_until: Option<i64>,
    /// When its closed ones were.
    pub closed_until: Option<i64>,
    /// When they should be looked at again at the latest: if that is over, nobody is looking.
    pub expected_by: i64,
    /// Since when the mailbox is not looked at on purpose; nothing where it is.
    pub left_at: Option<i64>,
}

/// A time in which a mailbox was not looked at although it should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryGap {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// When it had last been looked at before.
    pub from: i64,
    /// When it was looked at again.
    pub until: i64,
}

/// A look at a mailbox that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// When it began: what is older was seen.
    pub began: i64,
    /// When it ended.
    pub ended: i64,
    /// What was read.
    pub of: LookOf,
}

/// What of a mailbox was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookOf {
    /// The open and pending conversations.
    Open {
        /// Whether everything that is no longer among them was found out; if not, what is still to be found out
        /// happened after an earlier look.
        settled: bool,
        /// When there should be another look at the latest.
        expected_by: i64,
    },
    /// The closed ones.
    Closed,
}

impl Store {
    /// Notes that a mailbox was looked at. The history begins once everything in it was; a look that comes later than
    /// it was expected leaves a gap.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_look(
        &self,
        connection: ConnectionId,
        mailbox: &MailboxId,
        look: Look,
    ) -> Result<()> {
        let during = "note that a mailbox was looked at";
        let transaction = self.begin().await.during(during)?;
        let known = Entity::find_by_id((connection, mailbox.to_string()))
            .one(&transaction)
            .await
            .during(during)?;
        let mut mark = known.unwrap_or(history_marks::Model {
            connection_id: connection,
            mailbox_id: mailbox.to_string(),
            begins_at: None,
            open_until: None,
            closed_until: None,
            expected_by: i64::MAX,
            left_at: None,
        });
        match look.of {
            LookOf::Closed => mark.closed_until = Some(look.began),
            LookOf::Open {
                settled,
                expected_by,
            } => {
                if let (Some(_), Some(from)) = (mark.begins_at, mark.open_until)
                    && look.began > mark.expected_by
                {
                    gap(connection, mailbox, from, look.began)
                        .insert(&transaction)
                        .await
                        .during(during)?;
                }
                if settled || mark.open_until.is_none() {
                    mark.open_until = Some(look.began);
                }
                mark.expected_by = expected_by;
            }
        }
        if mark.open_until.is_some() && mark.closed_until.is_some() {
            mark.begins_at = mark.begins_at.or(Some(look.ended));
            if let Some(from) = mark.left_at.take() {
                gap(connection, mailbox, from, look.ended)
                    .insert(&transaction)
                    .await
                    .during(during)?;
            }
        }
        let update = OnConflict::columns([Column::ConnectionId, Column::MailboxId])
            .update_columns([
                Column::BeginsAt,
                Column::OpenUntil,
                Column::ClosedUntil,
                Column::ExpectedBy,
                Column::LeftAt,
            ])
            .to_owned();
        Entity::insert(mark.into_active_model())
            .on_conflict(update)
            .exec_without_returning(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)
    }

    /// How far the histories of a connection's mailboxes reach.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history_marks(&self, connection: ConnectionId) -> Result<Vec<HistoryMark>> {
        of(&self.read, connection).await
    }

    /// The gaps of a connection that end after `from`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history_gaps(
        &self,
        connection: ConnectionId,
        from: i64,
    ) -> Result<Vec<HistoryGap>> {
        let rows = history_gaps::Entity::find()
            .filter(history_gaps::Column::ConnectionId.eq(connection))
            .filter(history_gaps::Column::UntilAt.gt(from))
            .order_by_asc(history_gaps::Column::UntilAt)
            .all(&self.read)
            .await
            .during("read the gaps of the history")?;
        Ok(rows
            .into_iter()
            .map(|row| HistoryGap {
                mailbox: row.mailbox_id.into(),
                from: row.from_at,
                until: row.until_at,
            })
            .collect())
    }
}

fn gap(
    connection: ConnectionId,
    mailbox: &MailboxId,
    from: i64,
    until: i64,
) -> history_gaps::ActiveModel {
    history_gaps::ActiveModel {
        connection_id: Set(connection),
        mailbox_id: Set(mailbox.to_string()),
        from_at: Set(from),
        until_at: Set(until),
        ..Default::default()
    }
}

pub(super) async fn of(
    database: &impl ConnectionTrait,
    connection: ConnectionId,
) -> Result<Vec<HistoryMark>> {
    let rows = Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .all(database)
        .await
        .during("read how far the history reaches")?;
    Ok(rows
        .into_iter()
        .map(|row| HistoryMark {
            mailbox: row.mailbox_id.into(),
            begins_at: row.begins_at,
            open_until: row.open_until,
            closed_until: row.closed_until,
            expected_by: row.expected_by,
            left_at: row.left_at,
        })
        .collect())
}
