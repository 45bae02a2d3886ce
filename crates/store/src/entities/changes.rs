//! One row: a change of a run.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) run_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i32,
    pub(crate) conversation_id: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) subject: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) change: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) before: String,
    pub(crate) outcome: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) reason: Option<String>,
    pub(crate) attempts: i32,
    pub(crate) sent_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    pub(crate) kind: String,
    pub(crate) mailbox_id: Option<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) rule_id: Option<String>,
    pub(crate) rule_version: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
