//! What Hiver's objects are to the rest of the program, whatever dialect they came in.

mod conversation;
mod ids;
mod objects;
mod status;

pub use conversation::{Assignee, Conversation, ConversationQuery, TagRef};
pub use ids::{ConversationId, MailboxId, TagId, UserId};
pub use objects::{Mailbox, Tag, User};
pub use status::Status;
