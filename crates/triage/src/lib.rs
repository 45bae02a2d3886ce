//! The domain of Hiver Console: what a conversation is, how to say which ones are meant, what should
//! change about them, what that costs, and what became of it.
//!
//! Pure: no I/O, no clock of its own. The time is passed in as milliseconds since the Unix epoch.
//!
//! - [`model`]: conversations, mailboxes, users, tags and the directory that names them
//! - [`filter`]: the filter language, and (feature `eval`) the matcher that decides about rows
//! - `history` (feature `eval`): what happened to a conversation between two looks at it
//! - [`selection`]: named ids, or a filter frozen at a moment minus exclusions
//! - [`actions`]: what a person asks for; a [`actions::Change`] is one wish about one conversation
//! - [`plan`]: changes against the mirror: what will change, what is already so, price and undo
//! - [`outcome`]: what an answer, a crash or a read means for a change that is being sent
//! - [`text`]: numbers and phrases, worded once for every screen
//!
//! Without the feature `eval` the crate holds only what a browser needs.
//!
//! One rule runs through all of it: *unknown is not empty*. A field that Hiver did not send is never
//! "already so", never shown as none, and matches neither a term nor its negation.

pub mod actions;
pub mod filter;
#[cfg(feature = "eval")]
mod fold;
#[cfg(feature = "eval")]
pub mod history;
pub mod model;
pub mod outcome;
pub mod plan;
pub mod selection;
pub mod text;

#[cfg(feature = "eval")]
pub use fold::{fold, is_unspaced};
