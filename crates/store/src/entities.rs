//! The rows as SeaORM sees them; nothing outside this crate does.

pub(crate) mod changes;
pub(crate) mod connections;
pub(crate) mod conversations;
pub(crate) mod deliveries;
pub(crate) mod history;
pub(crate) mod history_gaps;
pub(crate) mod history_marks;
pub(crate) mod holds;
pub(crate) mod list_reads;
pub(crate) mod mailboxes;
pub(crate) mod operators;
pub(crate) mod reads;
pub(crate) mod rule_drafts;
pub(crate) mod rule_versions;
pub(crate) mod runs;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sweep_pages;
pub(crate) mod tags;
pub(crate) mod usage;
pub(crate) mod users;
pub(crate) mod webhook_secrets;
pub(crate) mod wishes;
