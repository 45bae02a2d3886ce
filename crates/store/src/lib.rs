//! The database: mirror, runs, operators, sessions, connections and their sealed keys.
//!
//! SQLite by default (WAL, `synchronous=FULL`, one writer), PostgreSQL by URL. This crate knows no HTTP and
//! makes no decision: it keeps what the engine and the server hand it, in the words of `triage::model`.
//! All times are milliseconds since 1970 (UTC).

mod connections;
mod deliveries;
mod entities;
mod error;
mod history;
mod holds;
mod migration;
mod mirror;
mod open;
mod operators;
mod plan_rules;
mod rule_acts;
mod rule_drafts;
mod rule_firings;
mod rule_reports;
mod rule_sets;
mod runs;
mod seal;
mod sessions;
mod settings;
mod sweeps;
mod usage;
mod webhook_secrets;
mod wishes;

pub use connections::{Connection, ConnectionId};
pub use deliveries::{DeliveredNote, Delivery, DeliveryState, KeptDelivery, NewDelivery};
pub use error::Error;
pub use history::{FlowRow, HistoryGap, HistoryMark, HistoryRow, Look, LookOf, Source};
pub use holds::Hold;
pub use mirror::{MailboxState, StoredDirectory, StoredMirror};
pub use open::Store;
pub use operators::{NewOperator, Operator, OperatorChange, OperatorId, Role};
pub use rule_acts::{ActMode, LastAct, RuleAct, RuleBegin};
pub use rule_drafts::RuleDraft;
pub use rule_firings::{NewAct, NewFiring, RuleMark};
pub use rule_reports::{Counted, RuleCount, RuleNotice};
pub use rule_sets::{HISTORY_MARK, NewRuleVersion, RuleVersion, SavedRules, StoredRules};
pub use runs::{
    Author, ChangeRow, ChangeRule, ChangeUpdate, Decision, NewChange, NewRun, NewTag, NewTagState,
    NewUndo, PlanFacts, PlannedUndo, Run, RunLane, SentChange, UndoReads, Written, WrittenFilter,
};
pub use seal::{SealError, SecretKey};
pub use sessions::StoredSession;
pub use sweeps::{ListKey, ListRead, SweepPage, UnfinishedRead};
pub use webhook_secrets::{WEBHOOK_GRACE_MS, WebhookSecret};
pub use wishes::StoredWish;
