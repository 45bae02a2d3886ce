//! One row: what Hiver said about a conversation of a run to be undone.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reads")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) run_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) conversation_id: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) found: Option<String>,
    pub(crate) read_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
