//! When each list was last read to its end, and what an unfinished reading has read so far.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, string, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_sweeps"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let list_reads = Table::create()
            .table("list_reads")
            .col(integer("connection_id"))
            .col(string("mailbox_id"))
            .col(string("status"))
            .col(big_integer("read_at"))
            .col(integer("requests"))
            .primary_key(
                Index::create()
                    .col("connection_id")
                    .col("mailbox_id")
                    .col("status"),
            )
            .to_owned();
        manager.create_table(list_reads).await?;
        let sweep_pages = Table::create()
            .table("sweep_pages")
            .col(integer("connection_id"))
            .col(string("mailbox_id"))
            .col(string("status"))
            .col(integer("page"))
            .col(big_integer("started_at"))
            .col(string("next"))
            .col(text("ids"))
            .col(boolean("whole"))
            .primary_key(
                Index::create()
                    .col("connection_id")
                    .col("mailbox_id")
                    .col("status")
                    .col("page"),
            )
            .to_owned();
        manager.create_table(sweep_pages).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sweep_pages", "list_reads"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
