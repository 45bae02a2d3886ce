//! What Hiver says of a conversation beside the fields that every contract names.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_extras"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let with_extras = Table::alter()
            .table("conversations")
            .add_column(text_null("extras"))
            .to_owned();
        manager.alter_table(with_extras).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let without = Table::alter()
            .table("conversations")
            .drop_column("extras")
            .to_owned();
        manager.alter_table(without).await
    }
}
