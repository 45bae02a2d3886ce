//! Pausing, order and lanes of runs, undo with what it read, tags made on the way; wishes of the command line; holds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, pk_auto, string, string_null, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_surviving_runs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let run_columns = [
            string("lane").default("bulk").take(),
            big_integer_null("place").take(),
            boolean("pause_requested").default(false).take(),
            big_integer_null("undo_of").take(),
            text("left_out").default("[]").take(),
            text("new_tags").default("[]").take(),
        ];
        for column in run_columns {
            add(manager, "runs", column).await?;
        }
        let change_columns = [
            string("kind").default("").take(),
            string_null("mailbox_id").take(),
            string_null("decided_by").take(),
        ];
        for column in change_columns {
            add(manager, "changes", column).await?;
        }
        for table in [reads(), wishes(), holds()] {
            manager.create_table(table).await?;
        }
        let indexes = [
            ("changes_by_time", "changes", "finished_at"),
            ("runs_by_state", "runs", "state"),
            ("wishes_by_answer", "wishes", "answered_at"),
        ];
        for (name, table, column) in indexes {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table(table)
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }
        fill_in(manager).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration(
            "what runs went through cannot be put back into the older tables".to_owned(),
        ))
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    // SQLite adds one column at a time.
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}

/// What Hiver said about the conversations of a run that is to be undone.
fn reads() -> TableCreateStatement {
    Table::create()
        .table("reads")
        .col(big_integer("run_id"))
        .col(string("conversation_id"))
        .col(text_null("found"))
        .col(big_integer("read_at"))
        .primary_key(Index::create().col("run_id").col("conversation_id"))
        .foreign_key(
            ForeignKey::create()
                .from("reads", "run_id")
                .to("runs", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// What other processes ask of the one that sends.
fn wishes() -> TableCreateStatement {
    Table::create()
        .table("wishes")
        .col(pk_auto("id").big_integer())
        .col(text("wish"))
        .col(string("author"))
        .col(big_integer("created_at"))
        .col(big_integer_null("answered_at"))
        .col(text_null("answer"))
        .to_owned()
}

/// When Hiver asked to slow down.
fn holds() -> TableCreateStatement {
    Table::create()
        .table("holds")
        .col(pk_auto("id").big_integer())
        .col(integer("connection_id"))
        .col(big_integer("at"))
        .col(big_integer("until"))
        .col(string("reason"))
        .to_owned()
}

/// What the new columns say of older rows.
async fn fill_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let database = manager.get_connection();
    for kind in ["assign", "add_tag", "remove_tag", "set_status", "add_note"] {
        let update = Query::update()
            .table("changes")
            .value("kind", kind)
            .and_where(Expr::col("change").like(format!("{{\"kind\":\"{kind}\",%")))
            .to_owned();
        database.execute(&update).await?;
    }
    let mailbox = Query::select()
        .column(("conversations", "mailbox_id"))
        .from("conversations")
        .inner_join(
            "runs",
            Expr::col(("runs", "connection_id")).equals(("conversations", "connection_id")),
        )
        .and_where(Expr::col(("runs", "id")).equals(("changes", "run_id")))
        .and_where(Expr::col(("conversations", "id")).equals(("changes", "conversation_id")))
        .to_owned();
    let update = Query::update()
        .table("changes")
        .value(
            "mailbox_id",
            SimpleExpr::SubQuery(None, Box::new(mailbox.into())),
        )
        .to_owned();
    database.execute(&update).await?;
    let update = Query::update()
        .table("runs")
        .value("place", Expr::col("confirmed_at"))
        .to_owned();
    database.execute(&update).await?;
    Ok(())
}
