//! What the browser may ask the server: who may, call the engine, say what went wrong.
//!
//! Every function states the role it needs as its first act. They are public addresses under `/api/`.

pub(crate) mod activity;
pub(crate) mod budget;
pub(crate) mod connection;
pub(crate) mod conversation;
mod error;
pub(crate) mod frame;
mod json;
pub(crate) mod operators;
pub(crate) mod overview;
pub(crate) mod preview;
pub(crate) mod reading;
pub(crate) mod rules;
pub(crate) mod runs;
pub(crate) mod settings_parts;
pub(crate) mod triage;
pub(crate) mod webhooks;

#[cfg(feature = "ssr")]
mod access;
#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub(crate) use access::kept_draft;
#[cfg(feature = "ssr")]
pub use access::{Draft, SignedIn};
pub use error::ApiError;
#[cfg(feature = "ssr")]
pub use export::changes_csv;
#[cfg(feature = "ssr")]
pub use frame::frame_now;
pub(crate) use json::Json;
#[cfg(feature = "ssr")]
pub use pages::{SHORTEST_PASSWORD, Said};
#[cfg(feature = "ssr")]
pub use rules::{Answered, answer, rule_named};
#[cfg(feature = "ssr")]
pub use runs::progress_now;
#[cfg(feature = "ssr")]
pub use webhooks::WebhookDoor;
