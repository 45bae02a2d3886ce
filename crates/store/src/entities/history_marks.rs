//! One row: when a mailbox's history begins, and until when it was looked at.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "history_marks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) mailbox_id: String,
    pub(crate) begins_at: Option<i64>,
    pub(crate) open_until: Option<i64>,
    pub(crate) closed_until: Option<i64>,
    pub(crate) expected_by: i64,
    pub(crate) left_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
