//! One row: what an operator is writing.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_drafts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) operator: String,
    pub(crate) base: i32,
    pub(crate) changed_at: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) rules: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) typed: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
