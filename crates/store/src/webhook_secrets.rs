//! The secret in the address that Hiver delivers to: the one in use, and for a while the one before it.
//!
//! The one in use is sealed, so that the address can be shown again. Who knocks is compared with hashes: the door
//! stays open when the secret key is lost, and what is compared is of no use to whoever reads the database.

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::entities::webhook_secrets;
use crate::error::{During, Result};
use crate::open::Store;
use crate::seal::SecretKey;

/// How long the secret before the one in use is still let in, in milliseconds: a day.
pub const WEBHOOK_GRACE_MS: i64 = 24 * 60 * 60 * 1_000;

/// The secret in use.
#[derive(Debug)]
pub struct WebhookSecret {
    /// 64 hexadecimal digits.
    pub secret: SecretString,
    /// When it was made.
    pub made_at: i64,
    /// Until when the one before it is let in as well.
    pub previous_until: Option<i64>,
}

impl WebhookSecret {
    /// The address behind which the secret opens: `door` with it at the end.
    #[must_use]
    pub fn address(&self, door: &str) -> String {
        format!("{door}{}", self.secret.expose_secret())
    }
}

impl Store {
    /// The secret in use, made the first time.
    ///
    /// # Errors
    /// When the database fails, or it was sealed with another secret key: a rotation mends that.
    pub async fn webhook_secret(&self, now: i64, with: &SecretKey) -> Result<WebhookSecret> {
        let during = "make the webhook secret";
        let transaction = self.begin().await.during(during)?;
        if in_use(&transaction).await?.is_none() {
            add(&transaction, now, with).await?;
            transaction.commit().await.during(during)?;
        } else {
            transaction.rollback().await.during(during)?;
        }
        self.shown(now, with).await
    }

    /// Puts a new secret in the place of the one in use, which is let in for another day. Whatever was let in beside
    /// it no longer is.
    ///
    /// # Errors
    /// When the database fails or the system gives no randomness.
    pub async fn rotate_webhook_secret(&self, now: i64, with: &SecretKey) -> Result<WebhookSecret> {
        let during = "rotate the webhook secret";
        let transaction = self.begin().await.during(during)?;
        webhook_secrets::Entity::delete_many()
            .filter(webhook_secrets::Column::ValidUntil.is_not_null())
            .exec(&transaction)
            .await
            .during(during)?;
        if let Some(row) = in_use(&transaction).await? {
            webhook_secrets::ActiveModel {
                hash: Set(row.hash),
                sealed: Set(None),
                valid_until: Set(Some(now.saturating_add(WEBHOOK_GRACE_MS))),
                ..Default::default()
            }
            .update(&transaction)
            .await
            .during(during)?;
        }
        add(&transaction, now, with).await?;
        transaction.commit().await.during(during)?;
        self.shown(now, with).await
    }

    /// Whether whoever presents this is let in. Takes as long whatever is presented.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn knows_webhook_secret(&self, presented: &str, now: i64) -> Result<bool> {
        let presented = hash(presented);
        let rows = webhook_secrets::Entity::find()
            .all(&self.read)
            .await
            .during("compare a webhook secret")?;
        Ok(rows
            .iter()
            .filter(|row| row.valid_until.is_none_or(|until| now < until))
            .fold(false, |known, row| {
                known | bool::from(row.hash.as_bytes().ct_eq(presented.as_bytes()))
            }))
    }

    async fn shown(&self, now: i64, with: &SecretKey) -> Result<WebhookSecret> {
        let rows = webhook_secrets::Entity::find()
            .all(&self.write)
            .await
            .during("read the webhook secret")?;
        let previous_until = rows
            .iter()
            .filter_map(|row| row.valid_until)
            .filter(|until| now < *until)
            .max();
        let row = rows.into_iter().find(|row| row.valid_until.is_none());
        let (hash, sealed, made_at) = row.map_or_else(Default::default, |row| {
            (row.hash, row.sealed.unwrap_or_default(), row.made_at)
        });
        Ok(WebhookSecret {
            secret: with.open(&sealed, &identity(&hash))?,
            made_at,
            previous_until,
        })
    }
}

/// Seals the secret in use anew, as part of sealing everything anew. One that cannot be opened is let in as before, but
/// no longer shown: it is no reason to keep an old secret key.
pub(crate) async fn reseal(
    database: &impl ConnectionTrait,
    old: &SecretKey,
    new: &SecretKey,
) -> Result<()> {
    let Some(row) = in_use(database).await? else {
        return Ok(());
    };
    let Some(sealed) = row.sealed else {
        return Ok(());
    };
    let identity = identity(&row.hash);
    let sealed = match old.open(&sealed, &identity) {
        Ok(secret) => Some(new.seal(&secret, &identity)?),
        Err(_) => None,
    };
    webhook_secrets::ActiveModel {
        sealed: Set(sealed),
        hash: Set(row.hash),
        ..Default::default()
    }
    .update(database)
    .await
    .during("seal the webhook secret anew")?;
    Ok(())
}

/// Whether a secret key opens the secret in use; nothing where there is none.
pub(crate) async fn opens(
    database: &impl ConnectionTrait,
    with: &SecretKey,
) -> Result<Option<bool>> {
    let row = in_use(database).await?;
    Ok(row.and_then(|row| {
        let sealed = row.sealed?;
        Some(with.open(&sealed, &identity(&row.hash)).is_ok())
    }))
}

async fn in_use(database: &impl ConnectionTrait) -> Result<Option<webhook_secrets::Model>> {
    webhook_secrets::Entity::find()
        .filter(webhook_secrets::Column::ValidUntil.is_null())
        .one(database)
        .await
        .during("read the webhook secret")
}

async fn add(database: &impl ConnectionTrait, now: i64, with: &SecretKey) -> Result<()> {
    // 256 bits from the same source, in the same digits.
    let secret = SecretKey::generate()?.to_hex();
    let hash = hash(secret.expose_secret());
    webhook_secrets::ActiveModel {
        sealed: Set(Some(with.seal(&secret, &identity(&hash))?)),
        hash: Set(hash),
        made_at: Set(now),
        valid_until: Set(None),
    }
    .insert(database)
    .await
    .during("keep the webhook secret")?;
    Ok(())
}

/// What is bound into a sealed secret, so that a row copied over another cannot be opened.
fn identity(hash: &str) -> String {
    format!("webhook secret {hash}")
}

fn hash(text: &str) -> String {
    crate::deliveries::hex(&Sha256::digest(text.as_bytes()))
}
