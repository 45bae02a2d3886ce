//! The one place that knows what travels. Each dialect has a module; this one chooses between them.

mod event;
mod read;
mod tutorial;

use http::Method;
use serde_json::Value;

pub(crate) use self::event::event;
use crate::{
    Conversation, ConversationId, ConversationQuery, Cursor, Dialect, Mailbox, Page, Tag, User,
    Write,
};

/// A request before it has an address, a key or a place in the schedule.
#[derive(Clone)]
pub(crate) struct Call {
    /// What it does, to be read after "could not".
    pub(crate) operation: String,
    pub(crate) method: Method,
    /// Path segments behind the base address, not encoded yet.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Call {
    fn new(
        method: Method,
        operation: impl Into<String>,
        path: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            operation: operation.into(),
            method,
            path: path.into_iter().map(Into::into).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    fn with_query(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.query.extend(value.map(|value| (name, value.into())));
        self
    }

    fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// How an answer is read; the error says what is wrong with it.
pub(crate) type Reader<T> = fn(&Value) -> Result<T, String>;

/// How a list is asked for and read.
pub(crate) struct ListCall<T> {
    /// Asks for the first page.
    pub(crate) first: Call,
    /// Turns the request for the first page into the one for the page at a cursor.
    pub(crate) at: fn(Call, &Cursor) -> Call,
    /// Reads a page.
    pub(crate) read: Reader<Page<T>>,
}

pub(crate) fn check(dialect: Dialect) -> (Call, Reader<Page<Mailbox>>) {
    match dialect {
        Dialect::Tutorial => tutorial::check(),
    }
}

pub(crate) fn mailboxes(dialect: Dialect) -> ListCall<Mailbox> {
    match dialect {
        Dialect::Tutorial => tutorial::mailboxes(),
    }
}

pub(crate) fn users(dialect: Dialect) -> ListCall<User> {
    match dialect {
        Dialect::Tutorial => tutorial::users(),
    }
}

pub(crate) fn tags(dialect: Dialect) -> ListCall<Tag> {
    match dialect {
        Dialect::Tutorial => tutorial::tags(),
    }
}

pub(crate) fn conversations(dialect: Dialect, query: &ConversationQuery) -> ListCall<Conversation> {
    match dialect {
        Dialect::Tutorial => tutorial::conversations(query),
    }
}

pub(crate) fn conversation(dialect: Dialect, id: &ConversationId) -> (Call, Reader<Conversation>) {
    match dialect {
        Dialect::Tutorial => tutorial::conversation(id),
    }
}

pub(crate) fn create_tag(dialect: Dialect, name: &str) -> (Call, Reader<Tag>) {
    match dialect {
        Dialect::Tutorial => tutorial::create_tag(name),
    }
}

pub(crate) fn write(dialect: Dialect, write: &Write) -> Call {
    match dialect {
        Dialect::Tutorial => tutorial::write(write),
    }
}
