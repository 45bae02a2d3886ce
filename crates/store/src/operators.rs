//! Operators: who may sign in, and as what.

mod changes;

use std::fmt;
use std::str::FromStr;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set,
    SqlErr,
};
use serde::{Deserialize, Serialize};

pub use self::changes::OperatorChange;
use crate::entities::operators;
use crate::error::{During, Error, Result};
use crate::open::Store;

/// The number of an operator.
pub type OperatorId = i32;

/// What an operator may do. Each role may all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Also plans and runs changes.
    Lead,
    /// Also the key, the connection and settings.
    Admin,
}

impl Role {
    /// The role's name as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Lead => "lead",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "lead" => Ok(Self::Lead),
            "admin" => Ok(Self::Admin),
            other => Err(format!(
                "`{other}` is not a role: choose viewer, lead or admin"
            )),
        }
    }
}

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// Their number.
    pub id: OperatorId,
    /// Their name as they typed it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The argon2id hash of their password, in PHC form.
    pub password_hash: String,
    /// Whether they must not sign in for now.
    pub disabled: bool,
    /// When they signed in last.
    pub signed_in_at: Option<i64>,
    /// How often all their sessions were ended: a session of before no longer fits.
    pub sessions_ended: i32,
}

impl fmt::Debug for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.disabled { " disabled" } else { "" };
        write!(
            formatter,
            "Operator({} {:?} {}{state})",
            self.id, self.name, self.role
        )
    }
}

/// An operator to be made.
pub struct NewOperator {
    /// Their name; unique whatever its case.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The argon2id hash of their password, in PHC form.
    pub password_hash: String,
    /// Now.
    pub created_at: i64,
}

impl Store {
    /// Makes an operator; nothing when the name is taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_operator(&self, new: NewOperator) -> Result<Option<Operator>> {
        let inserted = operators::ActiveModel {
            name_key: Set(key(&new.name)),
            name: Set(new.name.trim().to_owned()),
            role: Set(new.role.as_str().to_owned()),
            password_hash: Set(new.password_hash),
            created_at: Set(new.created_at),
            ..Default::default()
        }
        .insert(&self.write)
        .await;
        match inserted {
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                Ok(None)
            }
            other => other.during("add an operator").and_then(read).map(Some),
        }
    }

    /// The operator of that name, whatever its case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operator_named(&self, name: &str) -> Result<Option<Operator>> {
        let row = operators::Entity::find()
            .filter(operators::Column::NameKey.eq(key(name)))
            .one(&self.read)
            .await
            .during("look an operator up")?;
        row.map(read).transpose()
    }

    /// The operator of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operator(&self, id: OperatorId) -> Result<Option<Operator>> {
        let row = operators::Entity::find_by_id(id)
            .one(&self.read)
            .await
            .during("look an operator up")?;
        row.map(read).transpose()
    }

    /// All operators by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operators(&self) -> Result<Vec<Operator>> {
        let rows = operators::Entity::find()
            .order_by_asc(operators::Column::NameKey)
            .all(&self.read)
            .await
            .during("list the operators")?;
        rows.into_iter().map(read).collect()
    }

    /// How many operators there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operator_count(&self) -> Result<u64> {
        operators::Entity::find()
            .count(&self.read)
            .await
            .during("count the operators")
    }

    /// Notes that an operator has just signed in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_sign_in(&self, id: OperatorId, at: i64) -> Result<()> {
        operators::Entity::update_many()
            .col_expr(operators::Column::SignedInAt, Some(at).into())
            .filter(operators::Column::Id.eq(id))
            .exec(&self.write)
            .await
            .during("note when an operator signed in")?;
        Ok(())
    }
}

fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn read(row: operators::Model) -> Result<Operator> {
    let role = row.role.parse().map_err(|error: String| Error::Value {
        operation: "read an operator",
        source: error.into(),
    })?;
    Ok(Operator {
        id: row.id,
        name: row.name,
        role,
        password_hash: row.password_hash,
        disabled: row.disabled,
        signed_in_at: row.signed_in_at,
        sessions_ended: row.sessions_ended,
    })
}
