//! One file per route.

pub(crate) mod activity;
pub(crate) mod budget;
pub(crate) mod conversation;
pub(crate) mod login;
pub(crate) mod not_found;
pub(crate) mod operators;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod preview;
pub(crate) mod reading;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod settings_part;
pub(crate) mod setup;
pub(crate) mod triage;
pub(crate) mod webhooks;
