//! Routing rules: which conversations are meant, and what becomes of them.
//!
//! Pure: no I/O, no clock of its own. Moments are passed in as milliseconds since the Unix epoch with the offset of
//! the console's time zone, and the rest of the world (who is away, who has how many, what a rule did before) as plain
//! data.
#[cfg(feature = "evaluate")]
pub mod check;
#[cfg(feature = "evaluate")]
mod compile;
#[cfg(feature = "evaluate")]
pub mod decision;
pub mod diff;
#[cfg(feature = "evaluate")]
pub mod document;
#[cfg(feature = "evaluate")]
pub mod evaluate;
#[cfg(feature = "evaluate")]
pub mod explain;
pub mod explanation;
#[cfg(feature = "evaluate")]
mod form;
#[cfg(feature = "evaluate")]
pub mod lint;
pub mod model;
pub mod moment;
pub mod note;
#[cfg(feature = "evaluate")]
mod pattern;
pub mod problem;
#[cfg(feature = "evaluate")]
pub mod resolve;
#[cfg(feature = "evaluate")]
mod state;
#[cfg(feature = "evaluate")]
pub mod tutorial;
pub mod warning;
pub mod words;
#[cfg(feature = "evaluate")]
pub mod world;

#[cfg(feature = "evaluate")]
pub use compile::Compiled;
