//! One row: a plan and, once confirmed, a run.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) connection_id: i32,
    pub(crate) state: String,
    pub(crate) author_kind: String,
    pub(crate) author: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) selection: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) actions: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) labels: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) facts: String,
    pub(crate) cancel_requested: bool,
    pub(crate) pause_reason: Option<String>,
    pub(crate) mirror_at: i64,
    pub(crate) created_at: i64,
    pub(crate) confirmed_at: Option<i64>,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    pub(crate) lane: String,
    pub(crate) place: Option<i64>,
    pub(crate) pause_requested: bool,
    pub(crate) undo_of: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub(crate) left_out: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) new_tags: String,
    pub(crate) rule_id: Option<String>,
    pub(crate) rule_name: Option<String>,
    pub(crate) rule_version: Option<i32>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) title: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) chain: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
