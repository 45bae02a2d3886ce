//! Opening the database: one writer, a few readers, migrations.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, QueryOrder, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, prelude::SchemaManager, seaql_migrations};

use crate::error::{During, Error, Result};
use crate::migration::Migrator;

/// A handle on the database; cheap to clone.
///
/// SQLite allows one writer at a time: all writes go through one connection, so that none of them ever
/// meets `database is locked`, and reads have connections of their own, so that no page waits for a write.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) write: DatabaseConnection,
    pub(crate) read: DatabaseConnection,
}

impl Store {
    /// Opens `sqlite:…` or `postgres:…` and brings the tables up to date.
    ///
    /// # Errors
    /// When the database cannot be opened, a migration fails, or it is of a newer version of this program.
    pub async fn open(url: &str) -> Result<Self> {
        let write = Database::connect(options(url, 1))
            .await
            .during("open the database")?;
        refuse_newer(&write).await?;
        Migrator::up(&write, None)
            .await
            .during("bring the tables up to date")?;
        let read = match write.get_database_backend() {
            DbBackend::Sqlite => Database::connect(options(url, 4))
                .await
                .during("open the database")?,
            _ => write.clone(),
        };
        Ok(Self { write, read })
    }

    /// Begins to write. In SQLite the right to write is taken at once, and waited for where another process has it: who
    /// reads first and asks for it later is refused without waiting if somebody else wrote in between.
    pub(crate) async fn begin(&self) -> std::result::Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.read
            .ping()
            .await
            .during("ask the database whether it is there")
    }

    /// Closes all connections; SQLite then folds its write-ahead log into the file.
    ///
    /// # Errors
    /// When a connection cannot be closed.
    pub async fn close(self) -> Result<()> {
        if self.write.get_database_backend() == DbBackend::Sqlite {
            self.read.close().await.during("close the database")?;
        }
        self.write.close().await.during("close the database")
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

    let postgres = url.starts_with("postgres");
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if postgres { 8 } else { connections })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // An intent that was reported as written survives a power cut, not only a crash.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(30))
        });
    options
}

/// A database that has seen migrations which this program does not know must not be touched.
async fn refuse_newer(database: &DatabaseConnection) -> Result<()> {
    let schema = SchemaManager::new(database);
    if !schema
        .has_table("seaql_migrations")
        .await
        .during("read the database's version")?
    {
        return Ok(());
    }
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    let applied = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(database)
        .await
        .during("read the database's version")?;
    match applied
        .into_iter()
        .map(|row| row.version)
        .rfind(|version| !known.contains(version))
    {
        None => Ok(()),
        Some(found) => Err(Error::Newer {
            found,
            known: known.last().cloned().unwrap_or_default(),
        }),
    }
}

#[cfg(test)]
mod tests;
