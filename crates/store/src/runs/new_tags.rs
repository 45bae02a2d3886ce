//! Tags that a run makes before it adds them.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use triage::actions::Change;
use triage::model::{RunId, Tag, TagId};
use triage::outcome::Outcome;

use super::Run;
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;

/// A tag to be made on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTag {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub state: NewTagState,
}

/// How far a tag is that is made on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewTagState {
    /// Nothing was sent for it.
    Waiting,
    /// The request may have left: before another one, Hiver's tags are looked through.
    Sending,
    /// It is there.
    Made(TagId),
    /// It could not be made, for this reason.
    Failed(String),
}

impl NewTag {
    /// A tag for which nothing was sent yet.
    #[must_use]
    pub fn waiting(name: String) -> Self {
        Self {
            name,
            state: NewTagState::Waiting,
        }
    }

    /// Whether something is still to be done for it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, NewTagState::Waiting | NewTagState::Sending)
    }
}

impl Store {
    /// Writes how far the new tags of a run are.
    ///
    /// # Errors
    /// When the database fails; the caller must then not send.
    pub async fn set_new_tags(&self, id: RunId, tags: &[NewTag]) -> Result<()> {
        let during = "write how far a new tag is";
        let text = serde_json::to_string(tags).during(during)?;
        runs::Entity::update_many()
            .col_expr(runs::Column::NewTags, text.into())
            .filter(runs::Column::Id.eq(id.0))
            .exec(&self.write)
            .await
            .during(during)?;
        Ok(())
    }

    /// Puts the tag that was made, or found, in the place where the changes of a run name it as one to be made;
    /// `tags` and `run.labels` then say so too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tag_made(&self, run: &Run, tags: &[NewTag], made: &Tag, name: &str) -> Result<()> {
        let during = "write that a tag was made";
        let transaction = self.begin().await.during(during)?;
        let placeholder = Change::AddTag(TagId::to_make(name));
        let real = Change::AddTag(made.id.clone());
        changes::Entity::update_many()
            .col_expr(
                changes::Column::Change,
                serde_json::to_string(&real).during(during)?.into(),
            )
            .filter(changes::Column::RunId.eq(run.id.0))
            .filter(changes::Column::Change.eq(serde_json::to_string(&placeholder).during(during)?))
            .exec(&transaction)
            .await
            .during(during)?;
        let mut labels = run.labels.clone();
        labels.insert(made.id.to_string(), made.name.clone());
        runs::Entity::update_many()
            .col_expr(
                runs::Column::Labels,
                serde_json::to_string(&labels).during(during)?.into(),
            )
            .col_expr(
                runs::Column::NewTags,
                serde_json::to_string(tags).during(during)?.into(),
            )
            .filter(runs::Column::Id.eq(run.id.0))
            .exec(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)
    }

    /// Fails every waiting change of a run that needs a tag which could not be made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tag_not_made(
        &self,
        id: RunId,
        tags: &[NewTag],
        name: &str,
        reason: &str,
        now: i64,
    ) -> Result<()> {
        let during = "write that a tag could not be made";
        let transaction = self.begin().await.during(during)?;
        fail_changes(&transaction, id, name, reason, now).await?;
        runs::Entity::update_many()
            .col_expr(
                runs::Column::NewTags,
                serde_json::to_string(tags).during(during)?.into(),
            )
            .filter(runs::Column::Id.eq(id.0))
            .exec(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)
    }
}

async fn fail_changes(
    transaction: &DatabaseTransaction,
    id: RunId,
    name: &str,
    reason: &str,
    now: i64,
) -> Result<()> {
    let during = "write that a tag could not be made";
    let placeholder = Change::AddTag(TagId::to_make(name));
    changes::Entity::update_many()
        .col_expr(changes::Column::Outcome, Outcome::Failed.as_str().into())
        .col_expr(changes::Column::Reason, Some(reason.to_owned()).into())
        .col_expr(changes::Column::FinishedAt, Some(now).into())
        .filter(changes::Column::RunId.eq(id.0))
        .filter(changes::Column::Outcome.eq(Outcome::Waiting.as_str()))
        .filter(changes::Column::Change.eq(serde_json::to_string(&placeholder).during(during)?))
        .exec(transaction)
        .await
        .during(during)?;
    Ok(())
}
