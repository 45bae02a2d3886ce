//! What a simulator is made from.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use crate::{Error, Faults, Subjects, WireOptions};

/// The settings of a simulator. The account they describe depends on `seed`, `conversations`, `subjects`,
/// `empty_mailbox` and `tutorial_ids` only.
#[derive(Clone, Debug)]
pub struct Options {
    /// The API key that is let in.
    pub key: String,
    /// The key was made but never switched on: every request answers 401.
    pub inactive_key: bool,
    /// How many conversations there are at first.
    pub conversations: usize,
    /// What their subjects are.
    pub subjects: Subjects,
    /// Everything random follows from it.
    pub seed: u64,
    /// Requests per second and key; without one there is no limit.
    pub rate: Option<f64>,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// How many requests of a key are accepted in any 24 hours; without one there is no limit.
    pub per_day: Option<u32>,
    /// What goes wrong by chance.
    pub faults: Faults,
    /// How much longer an answer takes that is [`slow`](crate::FaultKind::Slow).
    pub slow: Duration,
    /// How things look on the wire.
    pub wire: WireOptions,
    /// A fourth mailbox, `Archive`, without any conversation.
    pub empty_mailbox: bool,
    /// The first mailbox is `mb_01HXYZ` and three users are `usr_01BILLING`, `usr_01HABC` and `usr_01TECH`,
    /// as in the tutorial's examples.
    pub tutorial_ids: bool,
    /// Names or ids of mailboxes that are listed but answer 403.
    pub forbidden: Vec<String>,
    /// Where effects are kept, so that they survive a restart.
    pub state: Option<PathBuf>,
    /// What the clock says at the start; the system's time without. From then on it runs by tokio's clock.
    pub started_at: Option<SystemTime>,
    /// How many requests the ledger remembers; the oldest are forgotten first.
    pub ledger_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            key: "sim-key".to_owned(),
            inactive_key: false,
            conversations: 5_000,
            subjects: Subjects::Builtin,
            seed: 1,
            rate: Some(20.0),
            latency: Duration::ZERO,
            per_day: None,
            faults: Faults::none(),
            slow: Duration::from_secs(2),
            wire: WireOptions::default(),
            empty_mailbox: false,
            tutorial_ids: false,
            forbidden: Vec::new(),
            state: None,
            started_at: None,
            ledger_limit: 200_000,
        }
    }
}

impl Options {
    /// For tests: `conversations` conversations, no rate limit.
    #[must_use]
    pub fn unlimited(conversations: usize) -> Self {
        Self {
            conversations,
            rate: None,
            ..Self::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.key.is_empty() {
            let (what, value) = ("key", "empty".to_owned());
            return Err(Error::Value { what, value });
        }
        check_per_day(self.per_day)?;
        check_rate(self.rate)
    }
}

pub(crate) fn check_per_day(per_day: Option<u32>) -> Result<(), Error> {
    if per_day == Some(0) {
        let (what, value) = ("per_day", "0".to_owned());
        return Err(Error::Value { what, value });
    }
    Ok(())
}

pub(crate) fn check_rate(rate: Option<f64>) -> Result<(), Error> {
    match rate {
        // Below one a day an interval no longer fits the clock's arithmetic.
        Some(rate) if !(rate.is_finite() && rate >= 1e-5) => Err(Error::Value {
            what: "rate",
            value: rate.to_string(),
        }),
        _ => Ok(()),
    }
}
