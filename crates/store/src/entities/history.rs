//! One row: one thing that happened to a conversation.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "history")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) connection_id: i32,
    pub(crate) conversation_id: String,
    pub(crate) mailbox_id: Option<String>,
    pub(crate) kind: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) before: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) after: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) assignee: Option<String>,
    pub(crate) flow: i16,
    pub(crate) at: i64,
    pub(crate) seen_after: i64,
    pub(crate) hiver_at: Option<i64>,
    pub(crate) happened_at: i64,
    pub(crate) source: String,
    pub(crate) run_id: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
