//! Runs by rules; what rules did, how far they have followed what happens, and what is counted of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, pk_auto, string, string_null,
    text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_rule_acts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("runs", string_null("rule_id").take()),
            ("runs", string_null("rule_name").take()),
            ("runs", integer_null("rule_version").take()),
            ("runs", text_null("title").take()),
            ("runs", text("chain").default("[]").take()),
            ("changes", string_null("rule_id").take()),
            ("changes", integer_null("rule_version").take()),
            // Whether rules have looked at it; what was delivered before there were any is none of theirs.
            ("deliveries", boolean("ruled").default(true).take()),
        ];
        for (table, column) in columns {
            // SQLite adds one column at a time.
            manager
                .alter_table(Table::alter().table(table).add_column(column).to_owned())
                .await?;
        }
        let tables = [
            rule_acts(),
            rule_marks(),
            rule_begins(),
            rule_turns(),
            rule_counts(),
            rule_notices(),
            plan_rules(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let indexes: [(&str, &str, &[&'static str]); 3] = [
            // How many a rule acted on within an hour, and what a shadow would have done lately.
            (
                "rule_acts_by_time",
                "rule_acts",
                &["connection_id", "rule_id", "at"],
            ),
            ("rule_acts_by_run", "rule_acts", &["run_id"]),
            (
                "deliveries_for_rules",
                "deliveries",
                &["connection_id", "ruled"],
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
            "what rules did must not be forgotten, or they would do it again".to_owned(),
        ))
    }
}

/// A rule acted on a conversation, or would have, at an occurrence of its trigger.
fn rule_acts() -> TableCreateStatement {
    Table::create()
        .table("rule_acts")
        .col(integer("connection_id"))
        .col(string("rule_id"))
        .col(string("conversation_id"))
        .col(string("occurrence"))
        .col(big_integer("at"))
        .col(integer("version"))
        .col(string("mode"))
        .col(big_integer_null("run_id"))
        .col(text("did"))
        .primary_key(
            Index::create()
                .col("connection_id")
                .col("rule_id")
                .col("conversation_id")
                .col("occurrence"),
        )
        .to_owned()
}

/// How far the rules of a connection have followed something.
fn rule_marks() -> TableCreateStatement {
    Table::create()
        .table("rule_marks")
        .col(integer("connection_id"))
        .col(string("name"))
        .col(big_integer("value"))
        .primary_key(Index::create().col("connection_id").col("name"))
        .to_owned()
}

/// From where on a rule takes part: what happened before it was there, or on, is none of its business.
fn rule_begins() -> TableCreateStatement {
    Table::create()
        .table("rule_begins")
        .col(integer("connection_id"))
        .col(string("rule_id"))
        .col(boolean("takes_part"))
        .col(big_integer("history_id"))
        .col(big_integer("delivery_id"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("connection_id").col("rule_id"))
        .to_owned()
}

/// Who was last given a conversation by a rule that shares out.
fn rule_turns() -> TableCreateStatement {
    Table::create()
        .table("rule_turns")
        .col(integer("connection_id"))
        .col(string("rule_id"))
        .col(string("user_id"))
        .primary_key(Index::create().col("connection_id").col("rule_id"))
        .to_owned()
}

/// How often what became of a rule, by days of the console.
fn rule_counts() -> TableCreateStatement {
    Table::create()
        .table("rule_counts")
        .col(integer("connection_id"))
        .col(string("rule_id"))
        .col(string("day"))
        .col(string("what"))
        .col(big_integer("count"))
        .col(big_integer("last_at"))
        .primary_key(
            Index::create()
                .col("connection_id")
                .col("rule_id")
                .col("day")
                .col("what"),
        )
        .to_owned()
}

/// What the console did to a rule by itself, until somebody has read it.
fn rule_notices() -> TableCreateStatement {
    Table::create()
        .table("rule_notices")
        .col(pk_auto("id").big_integer())
        .col(integer("connection_id"))
        .col(string("rule_id"))
        .col(string("name"))
        .col(big_integer("at"))
        .col(text("text"))
        .col(string_null("dismissed_by"))
        .to_owned()
}

/// The rules that a plan was made with.
fn plan_rules() -> TableCreateStatement {
    Table::create()
        .table("plan_rules")
        .col(big_integer("run_id").primary_key())
        .col(text("rules"))
        .foreign_key(
            ForeignKey::create()
                .from("plan_rules", "run_id")
                .to("runs", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
