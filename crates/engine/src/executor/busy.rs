//! Which conversations have a request on its way: runs side by side must not mix up the order in one of them.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use triage::model::ConversationId;

/// Conversations that a change is on its way to, whichever run it is of.
#[derive(Debug)]
pub(crate) struct Busy {
    conversations: Mutex<HashSet<ConversationId>>,
    released: watch::Sender<()>,
}

impl Default for Busy {
    fn default() -> Self {
        Self {
            conversations: Mutex::default(),
            released: watch::Sender::new(()),
        }
    }
}

impl Busy {
    /// Whether something is on its way to it.
    pub(super) fn has(&self, conversation: &ConversationId) -> bool {
        self.lock().contains(conversation)
    }

    /// Claims a conversation; `false` when another has it.
    pub(super) fn claim(&self, conversation: &ConversationId) -> bool {
        self.lock().insert(conversation.clone())
    }

    /// Lets conversations go.
    pub(super) fn release<'a>(&self, freed: impl IntoIterator<Item = &'a ConversationId>) {
        let mut conversations = self.lock();
        for conversation in freed {
            conversations.remove(conversation);
        }
        drop(conversations);
        self.released.send_replace(());
    }

    /// Follows releases.
    pub(super) fn follow(&self) -> watch::Receiver<()> {
        self.released.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ConversationId>> {
        self.conversations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
