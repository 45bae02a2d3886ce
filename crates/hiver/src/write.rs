//! Changes to one conversation.

use std::fmt;

use crate::{ConversationId, Status, TagId, UserId};

/// One change to one conversation, as one request. `Debug` does not show what a note says.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Assign it to a user.
    Assign {
        /// Which conversation.
        conversation: ConversationId,
        /// To whom.
        user: UserId,
    },
    /// Set where it stands.
    SetStatus {
        /// Which conversation.
        conversation: ConversationId,
        /// The new status.
        status: Status,
    },
    /// Put a tag on it.
    AddTag {
        /// Which conversation.
        conversation: ConversationId,
        /// Which tag.
        tag: TagId,
    },
    /// Take a tag off it.
    RemoveTag {
        /// Which conversation.
        conversation: ConversationId,
        /// Which tag.
        tag: TagId,
    },
    /// Add an internal note, seen by agents only.
    AddNote {
        /// Which conversation.
        conversation: ConversationId,
        /// What the note says.
        body: String,
    },
}

impl Write {
    /// The conversation that changes.
    #[must_use]
    pub fn conversation(&self) -> &ConversationId {
        match self {
            Self::Assign { conversation, .. }
            | Self::SetStatus { conversation, .. }
            | Self::AddTag { conversation, .. }
            | Self::RemoveTag { conversation, .. }
            | Self::AddNote { conversation, .. } => conversation,
        }
    }

    /// Whether sending it twice leaves the same state as sending it once. Only a note does not.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::AddNote { .. })
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assign { conversation, user } => formatter
                .debug_struct("Assign")
                .field("conversation", conversation)
                .field("user", user)
                .finish(),
            Self::SetStatus {
                conversation,
                status,
            } => formatter
                .debug_struct("SetStatus")
                .field("conversation", conversation)
                .field("status", status)
                .finish(),
            Self::AddTag { conversation, tag } => formatter
                .debug_struct("AddTag")
                .field("conversation", conversation)
                .field("tag", tag)
                .finish(),
            Self::RemoveTag { conversation, tag } => formatter
                .debug_struct("RemoveTag")
                .field("conversation", conversation)
                .field("tag", tag)
                .finish(),
            Self::AddNote { conversation, body } => formatter
                .debug_struct("AddNote")
                .field("conversation", conversation)
                .field("body", &format_args!("{} characters", body.chars().count()))
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_words_to_itself() {
        let note = Write::AddNote {
            conversation: "cnv_1".into(),
            body: "private words".to_owned(),
        };
        let shown = format!("{note:?}");
        assert!(!shown.contains("private"), "{shown}");
        assert!(shown.contains("13 characters"));
        assert!(!note.is_repeatable());
        assert_eq!(note.conversation().as_str(), "cnv_1");
    }
}
