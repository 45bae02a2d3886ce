//! Operators that are disabled, when each signed in last, and what ends their sessions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, boolean, integer};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_operators"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            boolean("disabled").default(false).take(),
            big_integer_null("signed_in_at").take(),
            integer("sessions_ended").default(0).take(),
        ];
        for column in columns {
            // SQLite adds one column at a time.
            let added = Table::alter()
                .table("operators")
                .add_column(column)
                .to_owned();
            manager.alter_table(added).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration(
            "without these columns whoever is disabled could sign in again".to_owned(),
        ))
    }
}
