//! One row: a rule acted on a conversation, or would have.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_acts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) rule_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) conversation_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) occurrence: String,
    pub(crate) at: i64,
    pub(crate) version: i32,
    pub(crate) mode: String,
    pub(crate) run_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub(crate) did: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
