//! One row: something that Hiver delivered.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) connection_id: i32,
    pub(crate) received_at: i64,
    pub(crate) hash: String,
    pub(crate) event: Option<String>,
    pub(crate) conversation_id: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) effect: Option<String>,
    pub(crate) applied_at: Option<i64>,
    pub(crate) repeat_of: Option<i64>,
    pub(crate) ruled: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
