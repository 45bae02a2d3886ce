//! Browser sessions, so that they survive a restart.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::entities::sessions;
use crate::error::{During, Result};
use crate::open::Store;

/// A session as it is kept: opaque data under an unguessable id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// The session's id; the cookie holds the same.
    pub id: String,
    /// What the session layer put in it, JSON.
    pub data: String,
    /// When it ends.
    pub expires_at: i64,
}

impl Store {
    /// Makes a session; `false` when the id is taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(&self, session: StoredSession) -> Result<bool> {
        let inserted = sessions::Entity::insert(row(session))
            .on_conflict(
                OnConflict::column(sessions::Column::Id)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(&self.write)
            .await
            .during("make a session")?;
        Ok(inserted == 1)
    }

    /// Writes a session that is there. One that has ended in the meantime stays ended: a request that began before
    /// somebody signed out must not bring it back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_session(&self, session: StoredSession) -> Result<()> {
        sessions::Entity::update_many()
            .set(row(session.clone()))
            .filter(sessions::Column::Id.eq(session.id))
            .exec(&self.write)
            .await
            .during("save a session")?;
        Ok(())
    }

    /// A session that has not ended at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, id: &str, now: i64) -> Result<Option<StoredSession>> {
        let found = sessions::Entity::find_by_id(id)
            .filter(sessions::Column::ExpiresAt.gt(now))
            .one(&self.read)
            .await
            .during("read a session")?;
        Ok(found.map(|row| StoredSession {
            id: row.id,
            data: row.data,
            expires_at: row.expires_at,
        }))
    }

    /// Those of `ids` that have not ended at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_alive(&self, ids: Vec<String>, now: i64) -> Result<Vec<String>> {
        sessions::Entity::find()
            .select_only()
            .column(sessions::Column::Id)
            .filter(sessions::Column::Id.is_in(ids))
            .filter(sessions::Column::ExpiresAt.gt(now))
            .into_tuple()
            .all(&self.read)
            .await
            .during("read sessions")
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&self, id: &str) -> Result<()> {
        sessions::Entity::delete_by_id(id)
            .exec(&self.write)
            .await
            .during("end a session")?;
        Ok(())
    }

    /// Forgets the sessions that had ended at `now`; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_ended_sessions(&self, now: i64) -> Result<u64> {
        let deleted = sessions::Entity::delete_many()
            .filter(sessions::Column::ExpiresAt.lte(now))
            .exec(&self.write)
            .await
            .during("forget ended sessions")?;
        Ok(deleted.rows_affected)
    }
}

fn row(session: StoredSession) -> sessions::ActiveModel {
    sessions::ActiveModel {
        id: Set(session.id),
        data: Set(session.data),
        expires_at: Set(session.expires_at),
    }
}
