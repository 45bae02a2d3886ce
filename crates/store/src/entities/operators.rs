//! One row: an operator.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) name_key: String,
    pub(crate) role: String,
    pub(crate) password_hash: String,
    pub(crate) created_at: i64,
    pub(crate) disabled: bool,
    pub(crate) signed_in_at: Option<i64>,
    pub(crate) sessions_ended: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
