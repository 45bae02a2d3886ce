//! What other processes ask of the one that sends: they write it down here and watch for the answer.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::entities::wishes;
use crate::error::{During, Result};
use crate::open::Store;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWish {
    /// Its number.
    pub id: i64,
    /// What is asked for, in the words of the engine.
    pub wish: String,
    /// Who asks.
    pub author: String,
    /// When it was written down.
    pub created_at: i64,
}

impl Store {
    /// Writes a wish down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_wish(&self, wish: String, author: &str, now: i64) -> Result<i64> {
        let row = wishes::ActiveModel {
            wish: Set(wish),
            author: Set(author.to_owned()),
            created_at: Set(now),
            ..Default::default()
        }
        .insert(&self.write)
        .await
        .during("write a wish down")?;
        Ok(row.id)
    }

    /// Wishes that have no answer, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_wishes(&self) -> Result<Vec<StoredWish>> {
        let rows = wishes::Entity::find()
            .filter(wishes::Column::AnsweredAt.is_null())
            .order_by_asc(wishes::Column::Id)
            .all(&self.read)
            .await
            .during("look for wishes")?;
        Ok(rows
            .into_iter()
            .map(|row| StoredWish {
                id: row.id,
                wish: row.wish,
                author: row.author,
                created_at: row.created_at,
            })
            .collect())
    }

    /// Writes the answer to a wish; what was asked for is forgotten, as it may carry a sealed key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer_wish(&self, id: i64, answer: String, now: i64) -> Result<()> {
        wishes::Entity::update_many()
            .col_expr(wishes::Column::Wish, String::new().into())
            .col_expr(wishes::Column::Answer, Some(answer).into())
            .col_expr(wishes::Column::AnsweredAt, Some(now).into())
            .filter(wishes::Column::Id.eq(id))
            .exec(&self.write)
            .await
            .during("answer a wish")?;
        Ok(())
    }

    /// The answer to a wish, once there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wish_answer(&self, id: i64) -> Result<Option<String>> {
        let row = wishes::Entity::find_by_id(id)
            .one(&self.read)
            .await
            .during("look for an answer")?;
        Ok(row.and_then(|row| row.answer))
    }

    /// Takes a wish back that has no answer; `false` when it has one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_wish_back(&self, id: i64) -> Result<bool> {
        let deleted = wishes::Entity::delete_many()
            .filter(wishes::Column::Id.eq(id))
            .filter(wishes::Column::AnsweredAt.is_null())
            .exec(&self.write)
            .await
            .during("take a wish back")?;
        Ok(deleted.rows_affected == 1)
    }

    /// Forgets wishes from before `before`, answered or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_wishes(&self, before: i64) -> Result<()> {
        wishes::Entity::delete_many()
            .filter(wishes::Column::CreatedAt.lt(before))
            .exec(&self.write)
            .await
            .during("forget old wishes")?;
        Ok(())
    }
}
