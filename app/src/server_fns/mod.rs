//! What the browser may ask the server: who may, call the engine, say what went wrong.
//!
//! Every function states the role it needs as its first act. They are public addresses under `/api/`.

pub(crate) mod connection;
pub(crate) mod conversation;
pub(crate) mod drawn;
mod error;
pub(crate) mod frame;
mod json;
pub(crate) mod preview;
pub(crate) mod runs;
pub(crate) mod triage;

#[cfg(feature = "ssr")]
mod access;
#[cfg(feature = "ssr")]
mod activity;
#[cfg(feature = "ssr")]
mod budget;
#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod operators;
#[cfg(feature = "ssr")]
mod overview;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod reading;
#[cfg(feature = "ssr")]
pub(crate) mod rules;
#[cfg(feature = "ssr")]
mod settings_parts;
#[cfg(feature = "ssr")]
mod trying;
#[cfg(feature = "ssr")]
mod webhooks;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub(crate) use access::kept_draft;
#[cfg(feature = "ssr")]
pub use access::{Draft, Pasted, SignedIn};
pub use error::ApiError;
#[cfg(feature = "ssr")]
pub use export::changes_csv;
#[cfg(feature = "ssr")]
pub use frame::frame_now;
pub(crate) use json::Json;
#[cfg(feature = "ssr")]
pub use pages::{SHORTEST_PASSWORD, Said, rule_source};
#[cfg(feature = "ssr")]
pub use rules::{Answered, answer, rule_named};
#[cfg(feature = "ssr")]
pub use runs::progress_now;
#[cfg(feature = "ssr")]
pub use webhooks::WebhookDoor;
