//! The mirror: our copy of Hiver's mailboxes, users, tags and conversations.

use std::collections::HashMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Set,
};
use triage::model::{Conversation, ConversationId, Mailbox, MailboxId, Tag, TagId, User};

use crate::connections::ConnectionId;
use crate::entities::{conversations, mailboxes, tags, users};
use crate::error::{During, Result};
use crate::history::{Recorder, Source};
use crate::open::Store;
use crate::sweeps::{ListKey, ListRead};

/// Rows that go into or come out of one statement: SQLite takes 32,766 values, and a conversation has twelve.
const BATCH: usize = 2_000;

/// A mirrored mailbox and how fresh its conversations are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxState {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// When its conversations had last been read to the end; nothing before the first time.
    pub synced_at: Option<i64>,
}

/// What the mirror of a connection holds beside its conversations.
#[derive(Debug, Default)]
pub struct StoredDirectory {
    /// Mailboxes in Hiver's order.
    pub mailboxes: Vec<MailboxState>,
    /// Users by name.
    pub users: Vec<User>,
    /// The last complete readings of its lists.
    pub lists: Vec<(ListKey, ListRead)>,
    /// Tags.by name.
    pub tags: Vec<Tag>,
}

/// All that the mirror of a connection holds.
#[derive(Debug, Default)]
pub struct StoredMirror {
    /// Mailboxes, users and tags.
    pub directory: StoredDirectory,
    /// Conversations in the order of their ids.
    pub conversations: Vec<Conversation>,
}

impl Store {
    /// Reads the whole mirror of a connection at once. A large one takes a multiple of the memory that it needs
    /// afterwards: [`conversations_after`](Self::conversations_after) reads it in parts.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn load_mirror(&self, connection: ConnectionId) -> Result<StoredMirror> {
        let mut conversations: Vec<Conversation> = Vec::new();
        loop {
            let after = conversations.last().map(|last| &last.id);
            let part = self.conversations_after(connection, after).await?;
            if part.is_empty() {
                break;
            }
            conversations.extend(part);
        }
        Ok(StoredMirror {
            directory: self.directory(connection).await?,
            conversations,
        })
    }

    /// The mirrored mailboxes, users and tags of a connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, connection: ConnectionId) -> Result<StoredDirectory> {
        let during = "read the mirror";
        let users = users::Entity::find()
            .filter(users::Column::ConnectionId.eq(connection))
            .order_by_asc(users::Column::Name)
            .all(&self.read)
            .await
            .during(during)?;
        let tags = tags::Entity::find()
            .filter(tags::Column::ConnectionId.eq(connection))
            .order_by_asc(tags::Column::Name)
            .all(&self.read)
            .await
            .during(during)?;
        Ok(StoredDirectory {
            mailboxes: self.mailboxes(connection).await?,
            lists: self.list_reads(connection).await?,
            users: users
                .into_iter()
                .map(|row| User {
                    id: row.id.into(),
                    name: row.name,
                    email: row.email,
                })
                .collect(),
            tags: tags
                .into_iter()
                .map(|row| Tag {
                    id: TagId::from(row.id),
                    name: row.name,
                })
                .collect(),
        })
    }

    /// The next mirrored conversations of a connection in the order of their ids, some thousand at most: those that
    /// follow `after`, or the first. None is the end.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn conversations_after(
        &self,
        connection: ConnectionId,
        after: Option<&ConversationId>,
    ) -> Result<Vec<Conversation>> {
        let after = after.map(|after| conversations::Column::Id.gt(after.as_str()));
        let rows = conversations::Entity::find()
            .filter(conversations::Column::ConnectionId.eq(connection))
            .filter(Condition::all().add_option(after))
            .order_by_asc(conversations::Column::Id)
            .limit(BATCH as u64)
            .all(&self.read)
            .await
            .during("read the mirror")?;
        rows.into_iter().map(read).collect()
    }

    /// The mirrored mailboxes of a connection, in Hiver's order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mailboxes(&self, connection: ConnectionId) -> Result<Vec<MailboxState>> {
        let rows = mailboxes::Entity::find()
            .filter(mailboxes::Column::ConnectionId.eq(connection))
            .order_by_asc(mailboxes::Column::Position)
            .all(&self.read)
            .await
            .during("read the mailboxes")?;
        Ok(rows
            .into_iter()
            .map(|row| MailboxState {
                mailbox: Mailbox {
                    id: MailboxId::from(row.id),
                    name: row.name,
                    email: row.email,
                },
                synced_at: row.synced_at,
            })
            .collect())
    }

    /// Writes the mailboxes that Hiver lists now and forgets the others; freshness stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_mailboxes(&self, connection: ConnectionId, listed: &[Mailbox]) -> Result<()> {
        let during = "write the mailboxes";
        let transaction = self.begin().await.during(during)?;
        let ids = listed.iter().map(|mailbox| mailbox.id.as_str());
        mailboxes::Entity::delete_many()
            .filter(mailboxes::Column::ConnectionId.eq(connection))
            .filter(mailboxes::Column::Id.is_not_in(ids))
            .exec(&transaction)
            .await
            .during(during)?;
        let rows = listed
            .iter()
            .enumerate()
            .map(|(position, mailbox)| mailboxes::ActiveModel {
                connection_id: Set(connection),
                id: Set(mailbox.id.to_string()),
                name: Set(mailbox.name.clone()),
                email: Set(mailbox.email.clone()),
                position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
                synced_at: Set(None),
            });
        let update = OnConflict::columns([mailboxes::Column::ConnectionId, mailboxes::Column::Id])
            .update_columns([
                mailboxes::Column::Name,
                mailboxes::Column::Email,
                mailboxes::Column::Position,
            ])
            .to_owned();
        if !listed.is_empty() {
            mailboxes::Entity::insert_many(rows)
                .on_conflict(update)
                .exec_without_returning(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)
    }

    /// Writes the users that Hiver lists now and forgets the others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_users(&self, connection: ConnectionId, listed: &[User]) -> Result<()> {
        let during = "write the users";
        let transaction = self.begin().await.during(during)?;
        users::Entity::delete_many()
            .filter(users::Column::ConnectionId.eq(connection))
            .exec(&transaction)
            .await
            .during(during)?;
        for batch in listed.chunks(BATCH) {
            let rows = batch.iter().map(|user| users::ActiveModel {
                connection_id: Set(connection),
                id: Set(user.id.to_string()),
                name: Set(user.name.clone()),
                email: Set(user.email.clone()),
            });
            users::Entity::insert_many(rows)
                .exec_without_returning(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)
    }

    /// Writes the tags that Hiver lists now and forgets the others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_tags(&self, connection: ConnectionId, listed: &[Tag]) -> Result<()> {
        let during = "write the tags";
        let transaction = self.begin().await.during(during)?;
        tags::Entity::delete_many()
            .filter(tags::Column::ConnectionId.eq(connection))
            .exec(&transaction)
            .await
            .during(during)?;
        for batch in listed.chunks(BATCH) {
            let rows = batch.iter().map(|tag| tags::ActiveModel {
                connection_id: Set(connection),
                id: Set(tag.id.to_string()),
                name: Set(tag.name.clone()),
            });
            tags::Entity::insert_many(rows)
                .exec_without_returning(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)
    }

    /// Writes new and changed conversations, and to the history what happened to them since they were last written,
    /// as seen when they last changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_conversations(
        &self,
        connection: ConnectionId,
        changed: &[Conversation],
        source: Source,
    ) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let during = "write conversations to the mirror";
        let transaction = self.begin().await.during(during)?;
        save(&transaction, connection, changed, source).await?;
        transaction.commit().await.during(during)
    }

    /// Forgets conversations that Hiver was found not to have any more at `at`; the history keeps that they were there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_conversations(
        &self,
        connection: ConnectionId,
        gone: &[ConversationId],
        source: Source,
        at: i64,
    ) -> Result<()> {
        let during = "forget conversations";
        for batch in gone.chunks(BATCH) {
            let transaction = self.begin().await.during(during)?;
            let mut recorder = Recorder::new(&transaction, connection, source).await?;
            if recorder.is_on() {
                for known in known(&transaction, connection, batch.iter())
                    .await?
                    .values()
                {
                    recorder.take_down(Some(known), None, at);
                }
            }
            recorder.write().await?;
            conversations::Entity::delete_many()
                .filter(conversations::Column::ConnectionId.eq(connection))
                .filter(conversations::Column::Id.is_in(batch.iter().map(ConversationId::as_str)))
                .exec(&transaction)
                .await
                .during(during)?;
            transaction.commit().await.during(during)?;
        }
        Ok(())
    }

    /// Notes that a mailbox's conversations were read to the end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_synced(
        &self,
        connection: ConnectionId,
        mailbox: &MailboxId,
        at: i64,
    ) -> Result<()> {
        mailboxes::Entity::update_many()
            .col_expr(mailboxes::Column::SyncedAt, Some(at).into())
            .filter(mailboxes::Column::ConnectionId.eq(connection))
            .filter(mailboxes::Column::Id.eq(mailbox.as_str()))
            .exec(&self.write)
            .await
            .during("note how fresh a mailbox is")?;
        Ok(())
    }
}

/// Writes conversations, and what happened to them, within a transaction of the caller's.
pub(crate) async fn save(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    changed: &[Conversation],
    source: Source,
) -> Result<()> {
    let mut recorder = Recorder::new(transaction, connection, source).await?;
    for batch in changed.chunks(BATCH) {
        if recorder.is_on() {
            let ids = batch.iter().map(|one| &one.id);
            let mut known = known(transaction, connection, ids).await?;
            for one in batch {
                // The same one may come twice.
                let before = known.insert(one.id.clone(), one.clone());
                recorder.take_down(before.as_ref(), Some(one), one.last_changed);
            }
        }
        let rows = batch
            .iter()
            .map(|one| row(connection, one))
            .collect::<Result<Vec<_>>>()?;
        let update = OnConflict::columns([
            conversations::Column::ConnectionId,
            conversations::Column::Id,
        ])
        .update_columns([
            conversations::Column::MailboxId,
            conversations::Column::Subject,
            conversations::Column::Status,
            conversations::Column::Assignee,
            conversations::Column::Tags,
            conversations::Column::Extras,
            conversations::Column::CreatedAt,
            conversations::Column::UpdatedAt,
            conversations::Column::LastChanged,
        ])
        .to_owned();
        conversations::Entity::insert_many(rows)
            .on_conflict(update)
            .exec_without_returning(transaction)
            .await
            .during("write conversations to the mirror")?;
    }
    recorder.write().await
}

/// Those of some conversations that are there already.
async fn known(
    transaction: &DatabaseTransaction,
    connection: ConnectionId,
    ids: impl Iterator<Item = &ConversationId>,
) -> Result<HashMap<ConversationId, Conversation>> {
    let rows = conversations::Entity::find()
        .filter(conversations::Column::ConnectionId.eq(connection))
        .filter(conversations::Column::Id.is_in(ids.map(ConversationId::as_str)))
        .all(transaction)
        .await
        .during("read what the mirror held")?;
    rows.into_iter()
        .map(|row| read(row).map(|one| (one.id.clone(), one)))
        .collect()
}

fn row(connection: ConnectionId, one: &Conversation) -> Result<conversations::ActiveModel> {
    let during = "write conversations to the mirror";
    Ok(conversations::ActiveModel {
        connection_id: Set(connection),
        id: Set(one.id.to_string()),
        mailbox_id: Set(one.mailbox.as_ref().map(ToString::to_string)),
        subject: Set(one.subject.clone()),
        status: Set(one.status.as_ref().map(|status| status.as_str().to_owned())),
        assignee: Set(serde_json::to_string(&one.assignee).during(during)?),
        tags: Set(one
            .tags
            .as_ref()
            .map(serde_json::to_string)
            .transpose()
            .during(during)?),
        extras: Set((!one.extras.is_empty())
            .then(|| serde_json::to_string(&one.extras))
            .transpose()
            .during(during)?),
        created_at: Set(one.created_at),
        updated_at: Set(one.updated_at),
        first_seen: Set(one.first_seen),
        last_changed: Set(one.last_changed),
    })
}

fn read(row: conversations::Model) -> Result<Conversation> {
    let during = "read a conversation of the mirror";
    Ok(Conversation {
        id: row.id.into(),
        mailbox: row.mailbox_id.map(Into::into),
        subject: row.subject,
        status: row.status.map(Into::into),
        assignee: serde_json::from_str(&row.assignee).during(during)?,
        tags: row
            .tags
            .map(|tags| serde_json::from_str(&tags))
            .transpose()
            .during(during)?,
        extras: row
            .extras
            .map(|extras| serde_json::from_str(&extras))
            .transpose()
            .during(during)?
            .unwrap_or_default(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        first_seen: row.first_seen,
        last_changed: row.last_changed,
    })
}
