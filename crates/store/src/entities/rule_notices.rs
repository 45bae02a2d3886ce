//! One row: what the console did to a rule by itself.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_notices")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) connection_id: i32,
    pub(crate) rule_id: String,
    pub(crate) name: String,
    pub(crate) at: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) text: String,
    pub(crate) dismissed_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
