//! Reading lists: when each was last read to its end, and how far an unfinished reading has come.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use triage::model::{ConversationId, MailboxId, Status};

use crate::connections::ConnectionId;
use crate::entities::{conversations, list_reads, sweep_pages};
use crate::error::{During, Result};
use crate::history;
use crate::open::Store;

/// The conversations of one status in one mailbox, which Hiver lists page by page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListKey {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The status.
    pub status: Status,
}

/// The last complete reading of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRead {
    /// When its first page was asked for.
    pub at: i64,
    /// Requests it took: its pages.
    pub requests: u32,
}

/// What an unfinished reading has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedRead {
    /// When its first page was asked for.
    pub started_at: i64,
    /// Pages so far.
    pub pages: u32,
    /// Where the next page begins, as Hiver wrote it.
    pub next: String,
    /// What was in them.
    pub ids: Vec<ConversationId>,
    /// Whether every row could be read.
    pub whole: bool,
}

/// A page of a list that goes on after it.
#[derive(Clone, Copy, Debug)]
pub struct SweepPage<'a> {
    /// Its place, from 0.
    pub page: u32,
    /// When the list's first page was asked for.
    pub started_at: i64,
    /// Where the next page begins, as Hiver wrote it.
    pub next: &'a str,
    /// What was in it.
    pub ids: &'a [ConversationId],
    /// Whether every row could be read.
    pub whole: bool,
}

impl Store {
    /// The last complete readings of a connection's lists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_reads(&self, connection: ConnectionId) -> Result<Vec<(ListKey, ListRead)>> {
        let rows = list_reads::Entity::find()
            .filter(list_reads::Column::ConnectionId.eq(connection))
            .all(&self.read)
            .await
            .during("read when lists were read")?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let key = ListKey {
                    mailbox: row.mailbox_id.into(),
                    status: Status::from(row.status.as_str()),
                };
                let read = ListRead {
                    at: row.read_at,
                    requests: u32::try_from(row.requests).unwrap_or(0),
                };
                (key, read)
            })
            .collect())
    }

    /// Notes that a list was read to its end; nothing of the reading is left unfinished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_list(
        &self,
        connection: ConnectionId,
        list: &ListKey,
        read: ListRead,
    ) -> Result<()> {
        let during = "note that a list was read";
        let transaction = self.begin().await.during(during)?;
        list_reads::Entity::insert(list_reads::ActiveModel {
            connection_id: Set(connection),
            mailbox_id: Set(list.mailbox.to_string()),
            status: Set(list.status.to_string()),
            read_at: Set(read.at),
            requests: Set(i32::try_from(read.requests).unwrap_or(i32::MAX)),
        })
        .on_conflict(
            OnConflict::columns([
                list_reads::Column::ConnectionId,
                list_reads::Column::MailboxId,
                list_reads::Column::Status,
            ])
            .update_columns([list_reads::Column::ReadAt, list_reads::Column::Requests])
            .to_owned(),
        )
        .exec_without_returning(&transaction)
        .await
        .during(during)?;
        drop_pages(&transaction, connection, list).await?;
        transaction.commit().await.during(during)
    }

    /// Keeps what a page of a list held, so that the reading can go on after it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_page(
        &self,
        connection: ConnectionId,
        list: &ListKey,
        page: SweepPage<'_>,
    ) -> Result<()> {
        let during = "keep a page of a list";
        sweep_pages::Entity::insert(sweep_pages::ActiveModel {
            connection_id: Set(connection),
            mailbox_id: Set(list.mailbox.to_string()),
            status: Set(list.status.to_string()),
            page: Set(i32::try_from(page.page).unwrap_or(i32::MAX)),
            started_at: Set(page.started_at),
            next: Set(page.next.to_owned()),
            ids: Set(serde_json::to_string(page.ids).during(during)?),
            whole: Set(page.whole),
        })
        .on_conflict(
            OnConflict::columns([
                sweep_pages::Column::ConnectionId,
                sweep_pages::Column::MailboxId,
                sweep_pages::Column::Status,
                sweep_pages::Column::Page,
            ])
            .update_columns([
                sweep_pages::Column::StartedAt,
                sweep_pages::Column::Next,
                sweep_pages::Column::Ids,
                sweep_pages::Column::Whole,
            ])
            .to_owned(),
        )
        .exec_without_returning(&self.write)
        .await
        .during(during)?;
        Ok(())
    }

    /// What an unfinished reading of a list has read; nothing where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unfinished_read(
        &self,
        connection: ConnectionId,
        list: &ListKey,
    ) -> Result<Option<UnfinishedRead>> {
        let during = "look for an unfinished reading";
        let pages = sweep_pages::Entity::find()
            .filter(sweep_pages::Column::ConnectionId.eq(connection))
            .filter(sweep_pages::Column::MailboxId.eq(list.mailbox.as_str()))
            .filter(sweep_pages::Column::Status.eq(list.status.to_string()))
            .order_by_asc(sweep_pages::Column::Page)
            .all(&self.read)
            .await
            .during(during)?;
        // Another reading of the list may have come to its end in between, and taken the first pages away.
        let Some(last) = pages
            .last()
            .filter(|last| usize::try_from(last.page).is_ok_and(|last| last + 1 == pages.len()))
        else {
            return Ok(None);
        };
        let mut read = UnfinishedRead {
            started_at: last.started_at,
            pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
            next: last.next.clone(),
            ids: Vec::new(),
            whole: true,
        };
        for page in &pages {
            let ids: Vec<ConversationId> = serde_json::from_str(&page.ids).during(during)?;
            read.ids.extend(ids);
            read.whole &= page.whole;
        }
        Ok(Some(read))
    }

    /// Forgets what an unfinished reading of a list has read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up_read(&self, connection: ConnectionId, list: &ListKey) -> Result<()> {
        drop_pages(&self.write, connection, list).await
    }

    /// Forgets the conversations of a mailbox and that its lists were ever read, from `at` on. Its history stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_mailbox(
        &self,
        connection: ConnectionId,
        mailbox: &MailboxId,
        at: i64,
    ) -> Result<()> {
        let during = "forget a mailbox";
        let transaction = self.begin().await.during(during)?;
        conversations::Entity::delete_many()
            .filter(conversations::Column::ConnectionId.eq(connection))
            .filter(conversations::Column::MailboxId.eq(mailbox.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        list_reads::Entity::delete_many()
            .filter(list_reads::Column::ConnectionId.eq(connection))
            .filter(list_reads::Column::MailboxId.eq(mailbox.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        sweep_pages::Entity::delete_many()
            .filter(sweep_pages::Column::ConnectionId.eq(connection))
            .filter(sweep_pages::Column::MailboxId.eq(mailbox.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        // What is read of it some day is nothing that came.
        history::leave(&transaction, connection, mailbox, at).await?;
        transaction.commit().await.during(during)
    }
}

async fn drop_pages(
    on: &impl ConnectionTrait,
    connection: ConnectionId,
    list: &ListKey,
) -> Result<()> {
    sweep_pages::Entity::delete_many()
        .filter(sweep_pages::Column::ConnectionId.eq(connection))
        .filter(sweep_pages::Column::MailboxId.eq(list.mailbox.as_str()))
        .filter(sweep_pages::Column::Status.eq(list.status.to_string()))
        .exec(on)
        .await
        .during("forget an unfinished reading")?;
    Ok(())
}
