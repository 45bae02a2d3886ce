//! Connections: which Hiver account is meant, and its key, sealed.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use secrecy::{ExposeSecret, SecretString};

use crate::entities::connections;
use crate::error::{During, Result};
use crate::open::Store;
use crate::seal::SecretKey;
use crate::webhook_secrets;

/// The number of a connection.
pub type ConnectionId = i32;

/// Dialect, address and account of a Hiver. Mirror, runs and the day's count belong to one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// `tutorial` or `inboxes`.
    pub dialect: String,
    /// The address that requests go to; for the demo a name of its own, since its port changes.
    pub base_url: String,
    /// Tells accounts at the same address apart.
    pub account: String,
    /// The last four characters of the stored key, where there is one.
    pub key_hint: Option<String>,
}

impl Store {
    /// The connection of that dialect, address and account, made if it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn connection(
        &self,
        dialect: &str,
        base_url: &str,
        account: &str,
        now: i64,
    ) -> Result<Connection> {
        let found = connections::Entity::find()
            .filter(connections::Column::Dialect.eq(dialect))
            .filter(connections::Column::BaseUrl.eq(base_url))
            .filter(connections::Column::Account.eq(account))
            .one(&self.write)
            .await
            .during("look a connection up")?;
        if let Some(row) = found {
            return Ok(read(row));
        }
        connections::ActiveModel {
            dialect: Set(dialect.to_owned()),
            base_url: Set(base_url.to_owned()),
            account: Set(account.to_owned()),
            created_at: Set(now),
            ..Default::default()
        }
        .insert(&self.write)
        .await
        .during("add a connection")
        .map(read)
    }

    /// The connections of that dialect and address, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn connections_at(&self, dialect: &str, base_url: &str) -> Result<Vec<Connection>> {
        let rows = connections::Entity::find()
            .filter(connections::Column::Dialect.eq(dialect))
            .filter(connections::Column::BaseUrl.eq(base_url))
            .order_by_desc(connections::Column::Id)
            .all(&self.read)
            .await
            .during("list the connections")?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// Stores the connection's key, sealed for its row.
    ///
    /// # Errors
    /// When the database fails or the key cannot be sealed.
    pub async fn set_key(
        &self,
        id: ConnectionId,
        key: &SecretString,
        with: &SecretKey,
    ) -> Result<()> {
        connections::ActiveModel {
            id: Set(id),
            key_sealed: Set(Some(with.seal(key, &identity(id))?)),
            key_hint: Set(Some(hint(key))),
            ..Default::default()
        }
        .update(&self.write)
        .await
        .during("store the Hiver key")?;
        Ok(())
    }

    /// Seals every stored key anew, and the webhook secret: all of them, or none when a key cannot be opened.
    ///
    /// # Errors
    /// When a key was sealed under another secret than `old`, or the database fails.
    pub async fn reseal_keys(&self, old: &SecretKey, new: &SecretKey) -> Result<()> {
        let during = "seal the stored keys anew";
        let transaction = self.begin().await.during(during)?;
        let rows = connections::Entity::find()
            .filter(connections::Column::KeySealed.is_not_null())
            .all(&transaction)
            .await
            .during(during)?;
        for row in rows {
            let Some(sealed) = row.key_sealed else {
                continue;
            };
            let key = old.open(&sealed, &identity(row.id))?;
            connections::ActiveModel {
                id: Set(row.id),
                key_sealed: Set(Some(new.seal(&key, &identity(row.id))?)),
                ..Default::default()
            }
            .update(&transaction)
            .await
            .during(during)?;
        }
        webhook_secrets::reseal(&transaction, old, new).await?;
        transaction.commit().await.during(during)
    }

    /// Whether a secret opens every stored key, or the webhook secret where there is none; `None` when there is
    /// neither.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn opens_keys(&self, with: &SecretKey) -> Result<Option<bool>> {
        let rows = connections::Entity::find()
            .filter(connections::Column::KeySealed.is_not_null())
            .all(&self.read)
            .await
            .during("read the Hiver keys")?;
        let opened: Vec<bool> = rows
            .iter()
            .filter_map(|row| {
                let sealed = row.key_sealed.as_ref()?;
                Some(with.open(sealed, &identity(row.id)).is_ok())
            })
            .collect();
        if opened.is_empty() {
            return webhook_secrets::opens(&self.read, with).await;
        }
        Ok(Some(opened.into_iter().all(|opens| opens)))
    }

    /// The connection's stored key.
    ///
    /// # Errors
    /// When the database fails or the key was sealed under another secret.
    pub async fn key(&self, id: ConnectionId, with: &SecretKey) -> Result<Option<SecretString>> {
        let row = connections::Entity::find_by_id(id)
            .one(&self.read)
            .await
            .during("read the Hiver key")?;
        match row.and_then(|row| row.key_sealed) {
            None => Ok(None),
            Some(sealed) => Ok(Some(with.open(&sealed, &identity(id))?)),
        }
    }
}

/// What is bound into a sealed key, so that a row copied over another cannot be opened.
fn identity(id: ConnectionId) -> String {
    format!("connection {id}")
}

/// The last four characters of a key, which is all of it that is ever shown; fewer of a short one.
fn hint(key: &SecretString) -> String {
    let key = key.expose_secret();
    let shown = if key.chars().count() >= 12 { 4 } else { 0 };
    key.chars().skip(key.chars().count() - shown).collect()
}

fn read(row: connections::Model) -> Connection {
    Connection {
        id: row.id,
        dialect: row.dialect,
        base_url: row.base_url,
        account: row.account,
        key_hint: row.key_hint,
    }
}
