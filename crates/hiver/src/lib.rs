//! A typed, patient client for Hiver's API.
//!
//! Three ideas carry this crate:
//!
//! * **One domain model.** [`Mailbox`], [`Conversation`], [`User`], [`Tag`] and [`Status`] say what is
//!   known and keep *unknown* apart from *empty*. What the wire looks like stays in a private module
//!   per [`Dialect`]; what a dialect can do is said by its [`Capabilities`].
//! * **One pacer.** Every request, whoever asks, waits for a [`Slot`] of the one [`Pacer`]: evenly
//!   spaced, in order of [`Lane`], and held while Hiver answers `429`.
//! * **Honest outcomes.** Reads are retried here. A write is attempted exactly once, and
//!   [`Error::certainty`] says whether it is provably *not* done.
//!
//! ```no_run
//! use hiver::{ConversationQuery, Hiver, Lane, Settings, Status};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let hiver = Hiver::new(Settings::tutorial("the key".to_owned().into()))?;
//! let open = ConversationQuery { status: Some(Status::Open), ..ConversationQuery::default() };
//! let listed = hiver.on(Lane::Sync).conversations(open).collect_all().await?;
//! println!("{} open, {} rows could not be read", listed.items.len(), listed.skipped.len());
//! # Ok(())
//! # }
//! ```

mod answer;
mod client;
mod connecting;
mod dialect;
mod error;
mod event;
mod list;
mod model;
mod pacer;
mod retry_after;
mod settings;
mod transport;
mod wire;
mod write;

pub use client::{Hiver, OnLane};
pub use dialect::{Capabilities, Dialect, UnknownDialect};
pub use error::{BoxError, Certainty, Error, ErrorKind, UnauthorizedReason};
pub use event::Event;
pub use list::{Collected, Cursor, List, Page, SkippedRow};
pub use model::{
    Assignee, Conversation, ConversationId, ConversationQuery, Mailbox, MailboxId, Status, Tag,
    TagId, TagRef, User, UserId,
};
pub use pacer::{
    Allowance, Departure, Held, HoldReason, InvalidRate, Lane, Meter, NoLimit, Pacer,
    PacerSettings, PacerState, Rate, Slot, Waiting,
};
pub use settings::{Settings, SettingsError};
pub use write::Write;
