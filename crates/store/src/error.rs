//! The one error of this crate.

use crate::seal::SealError;

/// A database operation that failed. The message names the operation; the cause is the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached.
    #[error("{operation} failed in the database")]
    Database {
        /// What was being done, e.g. `save the session`.
        operation: &'static str,
        /// The database's own words.
        #[source]
        source: sea_orm::DbErr,
    },
    /// A stored value cannot be read back.
    #[error("{operation}: a stored value cannot be read")]
    Value {
        /// What was being done.
        operation: &'static str,
        /// Why it cannot be read.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A sealed secret cannot be opened.
    #[error("opening the stored Hiver key failed")]
    Seal(#[from] SealError),
    /// The database is of a newer version of this program.
    #[error(
        "the database is newer than this program: it has `{found}`, this program knows up to `{known}`"
    )]
    Newer {
        /// The last migration that the database has seen.
        found: String,
        /// The last migration of this program.
        known: String,
    },
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Names the operation on the way out: `query.await.during("list the operators")?`.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T>;
}

impl<T> During<T> for std::result::Result<T, sea_orm::DbErr> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|source| Error::Database { operation, source })
    }
}

impl<T> During<T> for std::result::Result<T, serde_json::Error> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|source| Error::Value {
            operation,
            source: Box::new(source),
        })
    }
}
