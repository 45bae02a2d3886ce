//! One row: a mirrored conversation.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) mailbox_id: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) subject: Option<String>,
    pub(crate) status: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) assignee: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) tags: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) extras: Option<String>,
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
    pub(crate) first_seen: i64,
    pub(crate) last_changed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
