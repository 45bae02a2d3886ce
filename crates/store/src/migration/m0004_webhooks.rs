//! What Hiver delivered, and the secrets of the address that it delivers to.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, binary_null, integer, pk_auto, string, string_null,
    text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_webhooks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(webhook_secrets()).await?;
        manager.create_table(deliveries()).await?;
        let indexes: [(&str, &[&'static str]); 3] = [
            (
                "deliveries_by_hash",
                &["connection_id", "hash", "received_at"],
            ),
            (
                "deliveries_by_state",
                &["connection_id", "state", "conversation_id"],
            ),
            ("deliveries_by_time", &["received_at"]),
        ];
        for (name, columns) in indexes {
            let mut index = Index::create().name(name).table("deliveries").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration(
            "Hiver would deliver to an address that nobody knows any more".to_owned(),
        ))
    }
}

/// The secret in use, which has no end, and the one before it, which has one and needs not be shown any more.
fn webhook_secrets() -> TableCreateStatement {
    Table::create()
        .table("webhook_secrets")
        .col(string("hash").primary_key())
        .col(binary_null("sealed"))
        .col(big_integer("made_at"))
        .col(big_integer_null("valid_until"))
        .to_owned()
}

fn deliveries() -> TableCreateStatement {
    Table::create()
        .table("deliveries")
        .col(pk_auto("id").big_integer())
        .col(integer("connection_id"))
        .col(big_integer("received_at"))
        .col(string("hash"))
        .col(string_null("event"))
        .col(string_null("conversation_id"))
        .col(binary("body"))
        .col(string("state"))
        .col(text_null("effect"))
        .col(big_integer_null("applied_at"))
        .col(big_integer_null("repeat_of"))
        .to_owned()
}
