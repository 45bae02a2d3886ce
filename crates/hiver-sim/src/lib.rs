//! A Hiver that runs on this machine: same wire, faults and clock under control.
//!
//! It speaks the `tutorial` dialect of Hiver's API under `/api/v1` over an account of sample data, and is
//! steered under `/_sim/`, or from Rust through [`Simulator`]. It shares no code with any client of Hiver, so
//! that a misreading of the contract in one cannot hide in the other.
//!
//! # Control endpoints
//!
//! | call | body or query | does |
//! |---|---|---|
//! | `GET /_sim/ledger` | `?since=N` | [`Ledger`]: every request and what it did |
//! | `DELETE /_sim/ledger` | | forgets the requests |
//! | `GET /_sim/state` | `?conversation=ID`, `?conversations=false` | [`AccountState`], or one [`ConversationState`] |
//! | `GET`, `PUT /_sim/faults` | `{"429": 0.05, "cut": 0.01}` | [`Faults`] by chance; replaces all |
//! | `POST /_sim/faults/next` | [`NextFault`] | faults for exactly the next requests |
//! | `DELETE /_sim/faults/next` | | takes them back |
//! | `PUT /_sim/latency` | `{"ms": 200}` | |
//! | `PUT /_sim/slow` | `{"ms": 2000}` | how much longer the fault `slow` takes |
//! | `PUT /_sim/rate` | `{"per_second": 5}`, 0 or null for no limit | |
//! | `GET`, `PUT /_sim/day` | `{"per_day": 500}`, 0 or null for no limit | [`DayState`] |
//! | `GET`, `POST /_sim/clock` | `{"advance_ms": 3600000}` | [`ClockState`]; sets the clock forward |
//! | `GET`, `PUT /_sim/wire` | `{"sparse"?, "times"?, "extras"?, "wrapped"?, "bare_mailboxes"?}` | [`WireOptions`] |
//! | `PUT /_sim/key` | `{"key"?, "active"?}` | sets or restores it; answers `{"active", "revoked"}` |
//! | `POST /_sim/do` | [`Deed`] | it happens at once |
//! | `GET`, `POST`, `DELETE /_sim/at` | `{"request": 20}` with a [`Deed`] | [`Script`]: before the 20th from now on |
//! | `GET`, `POST`, `DELETE /_sim/hold` | | [`Hold`]: stops the world, lets it go on |
//! | `GET`, `POST`, `DELETE /_sim/webhooks` | [`Webhook`]: `{"url", "delay_ms"?, "repeat"?, "reorder"?, "events"?, "at_once"?}` | [`WebhookState`]; sends a ping, then what happens |
//! | `POST /_sim/conversations` | [`NewConversation`] | a mail comes in |
//! | `PUT /_sim/conversations/ID` | [`ConversationChange`] | a colleague was there |
//! | `PUT /_sim/mailboxes/ID` | `{"access": "full" \| "forbidden" \| "hidden"}` | [`Access`] |
//!
//! # What was deleted
//!
//! A deleted user, tag or conversation is in no list any more, and nothing else changes its place in any. Naming
//! it afterwards is naming what never was: assigning to the user answers 400, adding or removing the tag and
//! everything about the conversation 404, and a list of the tag has no rows.
//!
//! # Example
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use hiver_sim::{FaultKind, NextFault, Options, Simulator};
//!
//! let running = Simulator::spawn(Options::unlimited(100)).await?;
//! running.simulator().fail_next(NextFault::new(FaultKind::Cut).method("POST"));
//! println!("give your client {}", running.base_url());
//! assert!(running.simulator().ledger().requests.is_empty());
//! running.stop().await?;
//! # Ok::<_, hiver_sim::Error>(()) }).unwrap();
//! ```

mod account;
mod api;
mod clock;
mod connection;
mod control;
mod day;
mod effect;
mod error;
mod faults;
mod gate;
mod ids;
mod journal;
mod ledger;
mod limiter;
mod options;
mod reply;
mod rng;
mod sample;
mod script;
mod serve;
mod simulator;
mod snapshot;
mod spoil;
mod subjects;
mod webhooks;
mod wire;
mod world;

pub use clock::ClockState;
pub use day::DayState;
pub use effect::EffectRecord;
pub use error::Error;
pub use faults::{FaultKind, Faults, NextFault};
pub use ledger::{Answered, Ledger, LedgerEntry, Limit, NoteRecord, Outcome};
pub use options::Options;
pub use script::{Deed, Happened, Scheduled, Script};
pub use serve::Running;
pub use simulator::{Hold, Simulator};
pub use snapshot::{
    AccountState, ConversationChange, ConversationState, MailboxState, NewConversation, TagState,
    Totals, UserState,
};
pub use subjects::{Subject, Subjects};
pub use webhooks::{Webhook, WebhookState};
pub use wire::WireOptions;
pub use world::{Access, Status};
