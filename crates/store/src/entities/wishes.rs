//! One row: what another process asks of the one that sends.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wishes")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) wish: String,
    pub(crate) author: String,
    pub(crate) created_at: i64,
    pub(crate) answered_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) answer: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
