//! What Hiver delivers to a webhook, as far as it can be told.

use crate::wire;
use crate::{Assignee, Conversation, ConversationId, Status};

/// One delivery. No contract says more of it than `{"event", "data"}` and what four events carry, so nothing here is
/// ever an error: what cannot be read is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Whether the body is JSON at all.
    pub is_json: bool,
    /// Such as `conversation.assigned`; `None` where none is named.
    pub name: Option<String>,
    /// The conversation that it is about; `None` where none is named.
    pub conversation: Option<ConversationId>,
    /// The status that the event says the conversation has; `None` where it says none, or two.
    pub status: Option<Status>,
    /// Who the event says it is assigned to; `None` where it does not say.
    pub assignee: Option<Assignee>,
    /// What may be the text of the note that the event tells of: its body, or all texts in it; none where none is told.
    pub note: Vec<String>,
    /// The conversation, where the event shows all that the mirror keeps of one and does not contradict itself.
    pub whole: Option<Conversation>,
}

impl Event {
    /// Reads a delivery.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).map_or_else(|_| Self::default(), |body| wire::event(&body))
    }
}
