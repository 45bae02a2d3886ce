//! One row: from where on a rule takes part.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_begins")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) rule_id: String,
    pub(crate) takes_part: bool,
    pub(crate) history_id: i64,
    pub(crate) delivery_id: i64,
    pub(crate) at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
