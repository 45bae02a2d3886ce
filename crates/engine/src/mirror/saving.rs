//! Writing to the database what the mirror took in.

use store::{ConnectionId, Error, Source};
use triage::model::Conversation;

use crate::Engine;

impl Engine {
    /// Writes conversations that the mirror took in. Where that fails, memory is ahead of the disk until they are seen
    /// again: then they are written, whether they changed or not.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn save_seen(
        &self,
        connection: ConnectionId,
        changed: &[Conversation],
        source: Source,
    ) -> Result<(), Error> {
        let saved = self
            .store()
            .save_conversations(connection, changed, source)
            .await;
        if saved.is_err() {
            self.mirror().owe(connection, changed);
        }
        saved
    }
}
