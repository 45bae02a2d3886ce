//! The objects that conversations refer to.

use crate::{MailboxId, TagId, UserId};

/// A shared inbox, such as `support@company.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its identity.
    pub id: MailboxId,
    /// What people call it. Where Hiver sends none: its address, else its id.
    pub name: String,
    /// Its address; `None` is unknown.
    pub email: Option<String>,
    /// Hiver's word for what sort of mailbox it is (`shared`), as sent; `None` is unknown.
    pub kind: Option<String>,
}

/// An agent whom conversations are assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their identity.
    pub id: UserId,
    /// What people call them. Where Hiver sends none: their address, else their id.
    pub name: String,
    /// Their address; `None` is unknown.
    pub email: Option<String>,
}

/// A label that conversations can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its identity.
    pub id: TagId,
    /// Its text, as shown to people.
    pub name: String,
}
