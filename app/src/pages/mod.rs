//! One file per route.

pub(crate) mod conversation;
pub(crate) mod drawn;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod preview;
pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod triage;
