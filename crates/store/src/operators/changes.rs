//! Changing operators, so that an active admin is always left.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::{Operator, OperatorId, Role, key, read};
use crate::entities::operators;
use crate::error::{During, Result};
use crate::open::Store;

/// What became of changing an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it may not have been carried out"]
pub enum OperatorChange {
    /// They are as was wished.
    Done,
    /// There is nobody of that name.
    Nobody,
    /// It would have left no active admin, so nothing was changed.
    LastAdmin,
}

impl Store {
    /// Gives an operator another role. With less than they had, their sessions end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<OperatorChange> {
        let during = "change an operator's role";
        let chosen = Chosen::begin(self, name, during).await?;
        let Some(operator) = &chosen.operator else {
            return Ok(OperatorChange::Nobody);
        };
        if role != Role::Admin && chosen.is_last_admin {
            return Ok(OperatorChange::LastAdmin);
        }
        let ended = operator.sessions_ended + i32::from(role < operator.role);
        operators::Entity::update_many()
            .col_expr(operators::Column::Role, role.as_str().into())
            .col_expr(operators::Column::SessionsEnded, ended.into())
            .filter(operators::Column::Id.eq(operator.id))
            .exec(&chosen.transaction)
            .await
            .during(during)?;
        chosen.commit(during).await
    }

    /// Disables an operator, which ends their sessions, or enables them again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_disabled(&self, name: &str, disabled: bool) -> Result<OperatorChange> {
        let during = "disable or enable an operator";
        let chosen = Chosen::begin(self, name, during).await?;
        let Some(operator) = &chosen.operator else {
            return Ok(OperatorChange::Nobody);
        };
        if disabled && chosen.is_last_admin {
            return Ok(OperatorChange::LastAdmin);
        }
        // What has ended stays so when they are enabled again.
        let ended = operator.sessions_ended + i32::from(disabled);
        operators::Entity::update_many()
            .col_expr(operators::Column::Disabled, disabled.into())
            .col_expr(operators::Column::SessionsEnded, ended.into())
            .filter(operators::Column::Id.eq(operator.id))
            .exec(&chosen.transaction)
            .await
            .during(during)?;
        chosen.commit(during).await
    }

    /// Removes an operator; their sessions end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_operator(&self, name: &str) -> Result<OperatorChange> {
        let during = "remove an operator";
        let chosen = Chosen::begin(self, name, during).await?;
        let Some(operator) = &chosen.operator else {
            return Ok(OperatorChange::Nobody);
        };
        if chosen.is_last_admin {
            return Ok(OperatorChange::LastAdmin);
        }
        operators::Entity::delete_by_id(operator.id)
            .exec(&chosen.transaction)
            .await
            .during(during)?;
        chosen.commit(during).await
    }

    /// Gives an operator another password; sessions made with the old one no longer fit. `false` when there is
    /// no such operator.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(&self, name: &str, password_hash: String) -> Result<bool> {
        let updated = operators::Entity::update_many()
            .col_expr(operators::Column::PasswordHash, password_hash.into())
            .filter(operators::Column::NameKey.eq(key(name)))
            .exec(&self.write)
            .await
            .during("set a password")?;
        Ok(updated.rows_affected == 1)
    }

    /// The same for somebody who knows the password with the hash `old`; `false` when it is no longer theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_password(&self, id: OperatorId, old: &str, new: String) -> Result<bool> {
        let updated = operators::Entity::update_many()
            .col_expr(operators::Column::PasswordHash, new.into())
            .filter(operators::Column::Id.eq(id))
            .filter(operators::Column::PasswordHash.eq(old))
            .exec(&self.write)
            .await
            .during("set a password")?;
        Ok(updated.rows_affected == 1)
    }
}

/// An operator who is about to be changed.
struct Chosen {
    transaction: DatabaseTransaction,
    operator: Option<Operator>,
    is_last_admin: bool,
}

impl Chosen {
    async fn begin(store: &Store, name: &str, during: &'static str) -> Result<Self> {
        let transaction = store.begin().await.during(during)?;
        // Nobody else, in another process either, may change an admin between looking and writing.
        operators::Entity::update_many()
            .col_expr(operators::Column::Role, Expr::col(operators::Column::Role))
            .filter(operators::Column::Role.eq(Role::Admin.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        let row = operators::Entity::find()
            .filter(operators::Column::NameKey.eq(key(name)))
            .one(&transaction)
            .await
            .during(during)?;
        let operator = row.map(read).transpose()?;
        let active_admins: Vec<OperatorId> = operators::Entity::find()
            .filter(operators::Column::Role.eq(Role::Admin.as_str()))
            .filter(operators::Column::Disabled.eq(false))
            .all(&transaction)
            .await
            .during(during)?
            .into_iter()
            .map(|row| row.id)
            .collect();
        let is_last_admin = operator
            .as_ref()
            .is_some_and(|operator| active_admins == [operator.id]);
        Ok(Self {
            transaction,
            operator,
            is_last_admin,
        })
    }

    async fn commit(self, during: &'static str) -> Result<OperatorChange> {
        self.transaction.commit().await.during(during)?;
        Ok(OperatorChange::Done)
    }
}
