//! What the mirror saw change, and when it was looking.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, pk_auto, small_integer, string, string_null, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_history"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(history()).await?;
        manager.create_table(history_marks()).await?;
        manager.create_table(history_gaps()).await?;
        let indexes: [(&str, &str, &[&'static str]); 4] = [
            // Per mailbox and day: what came and left, which status or assignee it got.
            (
                "history_by_time",
                "history",
                &["connection_id", "happened_at"],
            ),
            // Per conversation, in order: first assignment, how often it was reopened.
            (
                "history_by_conversation",
                "history",
                &["connection_id", "conversation_id"],
            ),
            // For forgetting what is old.
            ("history_by_sight", "history", &["at"]),
            (
                "history_gaps_by_end",
                "history_gaps",
                &["connection_id", "until_at"],
            ),
        ];
        for (name, table, columns) in indexes {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration(
            "what the mirror saw change cannot be seen again".to_owned(),
        ))
    }
}

/// One row per thing that happened to a conversation. What `before` and `after` hold depends on `kind`.
fn history() -> TableCreateStatement {
    Table::create()
        .table("history")
        .col(pk_auto("id").big_integer())
        .col(integer("connection_id"))
        .col(string("conversation_id"))
        .col(string_null("mailbox_id"))
        .col(string("kind"))
        .col(text_null("before"))
        .col(text_null("after"))
        .col(string_null("status"))
        .col(string_null("assignee"))
        .col(small_integer("flow"))
        .col(big_integer("at"))
        .col(big_integer("seen_after"))
        .col(big_integer_null("hiver_at"))
        .col(big_integer("happened_at"))
        .col(string("source"))
        .col(big_integer_null("run_id"))
        .to_owned()
}

/// Per mailbox: when its history begins, and until when it was looked at.
fn history_marks() -> TableCreateStatement {
    Table::create()
        .table("history_marks")
        .col(integer("connection_id"))
        .col(string("mailbox_id"))
        .col(big_integer_null("begins_at"))
        .col(big_integer_null("open_until"))
        .col(big_integer_null("closed_until"))
        .col(big_integer("expected_by"))
        .col(big_integer_null("left_at"))
        .primary_key(Index::create().col("connection_id").col("mailbox_id"))
        .to_owned()
}

/// Times in which a mailbox was not looked at although it should have been.
fn history_gaps() -> TableCreateStatement {
    Table::create()
        .table("history_gaps")
        .col(pk_auto("id").big_integer())
        .col(integer("connection_id"))
        .col(string("mailbox_id"))
        .col(big_integer("from_at"))
        .col(big_integer("until_at"))
        .to_owned()
}
