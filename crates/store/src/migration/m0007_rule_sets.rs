//! The versions of a connection's rule set, and what operators are writing.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_rule_sets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rule_versions = Table::create()
            .table("rule_versions")
            .col(integer("connection_id"))
            .col(integer("version"))
            .col(string("author"))
            .col(big_integer("saved_at"))
            .col(string("note"))
            .col(text("rules"))
            .primary_key(Index::create().col("connection_id").col("version"))
            .to_owned();
        manager.create_table(rule_versions).await?;
        let rule_drafts = Table::create()
            .table("rule_drafts")
            .col(integer("connection_id"))
            .col(string("operator"))
            .col(integer("base"))
            .col(big_integer("changed_at"))
            .col(text("rules"))
            .col(text("typed"))
            .primary_key(Index::create().col("connection_id").col("operator"))
            .to_owned();
        manager.create_table(rule_drafts).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["rule_drafts", "rule_versions"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
