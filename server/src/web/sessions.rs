//! Sessions in the database.

use std::fmt;

use async_trait::async_trait;
use store::{Store, StoredSession};
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Keeps sessions in the console's database.
#[derive(Clone)]
pub(super) struct DatabaseSessions {
    store: Store,
}

impl DatabaseSessions {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }
}

impl fmt::Debug for DatabaseSessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseSessions")
    }
}

#[async_trait]
impl SessionStore for DatabaseSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.store
            .delete_ended_sessions(now())
            .await
            .map_err(backend)?;
        while !self
            .store
            .create_session(stored(record)?)
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store
            .save_session(stored(record)?)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self
            .store
            .session(&id.to_string(), now())
            .await
            .map_err(backend)?;
        found
            .map(|found| {
                serde_json::from_str(&found.data).map_err(|error| Error::Decode(error.to_string()))
            })
            .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store
            .delete_session(&id.to_string())
            .await
            .map_err(backend)
    }
}

fn stored(record: &Record) -> Result<StoredSession> {
    Ok(StoredSession {
        id: record.id.to_string(),
        data: serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?,
        expires_at: milliseconds(record.expiry_date),
    })
}

fn now() -> i64 {
    milliseconds(OffsetDateTime::now_utc())
}

fn milliseconds(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().saturating_mul(1_000)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that `map_err` takes"
)]
fn backend(error: store::Error) -> Error {
    tracing::error!(error = %crate::Problem::because("a session could not be kept", &error), "sessions");
    Error::Backend(error.to_string())
}
