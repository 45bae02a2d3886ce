//! Operators and sessions, connections, the mirror, runs, and the count of requests.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_null, boolean, integer, pk_auto, string, string_null,
    text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_first_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in people().into_iter().chain(mirror()).chain(runs()) {
            manager.create_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("changes_by_outcome")
                    .table("changes")
                    .col("run_id")
                    .col("outcome")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("changes_by_conversation")
                    .table("changes")
                    .col("conversation_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration(
            "there is nothing before the first tables".to_owned(),
        ))
    }
}

fn people() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("operators")
            .col(pk_auto("id"))
            .col(string("name"))
            .col(string("name_key").unique_key())
            .col(string("role"))
            .col(string("password_hash"))
            .col(big_integer("created_at"))
            .to_owned(),
        Table::create()
            .table("sessions")
            .col(string("id").primary_key())
            .col(text("data"))
            .col(big_integer("expires_at"))
            .to_owned(),
        Table::create()
            .table("settings")
            .col(string("key").primary_key())
            .col(text("value"))
            .to_owned(),
    ]
}

fn mirror() -> Vec<TableCreateStatement> {
    let owned = |name: &'static str| {
        Table::create()
            .table(name)
            .col(integer("connection_id"))
            .col(string("id"))
            .primary_key(Index::create().col("connection_id").col("id"))
            .to_owned()
    };
    vec![
        Table::create()
            .table("connections")
            .col(pk_auto("id"))
            .col(string("dialect"))
            .col(string("base_url"))
            .col(string("account"))
            .col(binary_null("key_sealed"))
            .col(string_null("key_hint"))
            .col(big_integer("created_at"))
            .to_owned(),
        owned("mailboxes")
            .col(string("name"))
            .col(string_null("email"))
            .col(integer("position"))
            .col(big_integer_null("synced_at"))
            .to_owned(),
        owned("users")
            .col(string("name"))
            .col(string_null("email"))
            .to_owned(),
        owned("tags").col(string("name")).to_owned(),
        owned("conversations")
            .col(string_null("mailbox_id"))
            .col(text_null("subject"))
            .col(string_null("status"))
            .col(text("assignee"))
            .col(text_null("tags"))
            .col(big_integer_null("created_at"))
            .col(big_integer_null("updated_at"))
            .col(big_integer("first_seen"))
            .col(big_integer("last_changed"))
            .to_owned(),
        Table::create()
            .table("usage")
            .col(integer("connection_id"))
            .col(big_integer("minute"))
            .col(string("lane"))
            .col(integer("requests"))
            .primary_key(
                Index::create()
                    .col("connection_id")
                    .col("minute")
                    .col("lane"),
            )
            .to_owned(),
    ]
}

fn runs() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("runs")
            .col(pk_auto("id").big_integer())
            .col(integer("connection_id"))
            .col(string("state"))
            .col(string("author_kind"))
            .col(string("author"))
            .col(text("selection"))
            .col(text("actions"))
            .col(text("labels"))
            .col(text("facts"))
            .col(boolean("cancel_requested"))
            .col(string_null("pause_reason"))
            .col(big_integer("mirror_at"))
            .col(big_integer("created_at"))
            .col(big_integer_null("confirmed_at"))
            .col(big_integer_null("started_at"))
            .col(big_integer_null("finished_at"))
            .to_owned(),
        Table::create()
            .table("changes")
            .col(big_integer("run_id"))
            .col(integer("seq"))
            .col(string("conversation_id"))
            .col(text_null("subject"))
            .col(text("change"))
            .col(text("before"))
            .col(string("outcome"))
            .col(text_null("reason"))
            .col(integer("attempts"))
            .col(big_integer_null("sent_at"))
            .col(big_integer_null("finished_at"))
            .primary_key(Index::create().col("run_id").col("seq"))
            .foreign_key(
                ForeignKey::create()
                    .from("changes", "run_id")
                    .to("runs", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
    ]
}
