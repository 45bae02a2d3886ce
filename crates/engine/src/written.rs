//! What was sent, by whom; and what is about to be.

use std::collections::BTreeMap;

use store::{ChangeRow, Error, Run, Written, WrittenFilter};
use triage::model::{ConversationId, RunId};

use crate::Engine;

impl Engine {
    /// What was sent to Hiver, newest first, from the `offset`th on; and how much it is in all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn written(
        &self,
        filter: &WrittenFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<Written>, u64), Error> {
        match self.link() {
            None => Ok((Vec::new(), 0)),
            Some(link) => {
                let id = link.connection.id;
                self.store().written(id, filter, offset, limit).await
            }
        }
    }

    /// Everybody who ever confirmed a run, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn authors(&self) -> Result<Vec<String>, Error> {
        match self.link() {
            None => Ok(Vec::new()),
            Some(link) => self.store().authors(link.connection.id).await,
        }
    }

    /// What was done to a conversation from here, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&self, id: &ConversationId) -> Result<Vec<(Run, ChangeRow)>, Error> {
        let Some(link) = self.link() else {
            return Ok(Vec::new());
        };
        self.store()
            .changes_of_conversation(link.connection.id, id, 100)
            .await
    }

    /// Which of some conversations have something to come in a run that is not at its end, and in which.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn in_open_runs(
        &self,
        conversations: &[ConversationId],
    ) -> Result<BTreeMap<ConversationId, RunId>, Error> {
        match self.link() {
            None => Ok(BTreeMap::new()),
            Some(link) => {
                let id = link.connection.id;
                self.store().in_open_runs(id, conversations).await
            }
        }
    }
}
