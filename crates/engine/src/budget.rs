//! What may still be sent, what was sent on which lane, and when Hiver asked to slow down.

use std::sync::Arc;

use hiver::Lane;
use store::{Error, Hold, RunLane};
use triage::model::RunId;
use triage::outcome::RunState;

use crate::day::{Day, Forecast};
use crate::link::Link;
use crate::live::Live;
use crate::sync::chain;
use crate::{Engine, words};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Holds that are shown.
const HOLDS: u64 = 10;

/// The lanes of [`BudgetHour::requests`], by name.
pub const LANES: [&str; 5] = ["clicks", "rules", "events", "runs", "reading"];

/// The budget of a connection's last 24 hours.
#[derive(Debug)]
pub struct Budget {
    /// What may be sent in 24 hours, if that is limited.
    pub per_day: Option<u32>,
    /// Requests per second that may be sent.
    pub per_second: f64,
    /// What was sent in the last 24 hours.
    pub used: u32,
    /// By hour, the oldest first.
    pub hours: Vec<BudgetHour>,
    /// The last times at which Hiver asked to slow down, newest first.
    pub holds: Vec<Hold>,
}

/// An hour of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetHour {
    /// When it began.
    pub at: i64,
    /// Requests by lane, in the order of [`LANES`].
    pub requests: [u32; LANES.len()],
}

/// What goes before a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Before {
    /// Requests of the runs before it.
    pub(crate) requests: u64,
    /// How many of them wait too.
    pub(crate) waiting: u64,
}

impl Engine {
    /// The budget of the last 24 hours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn budget(&self) -> Result<Budget, Error> {
        let now = self.now();
        let mut budget = Budget {
            per_day: self.config().requests_per_day,
            per_second: self.allowed_per_second(),
            used: self.requests_today().await?,
            hours: hours_until(now),
            holds: Vec::new(),
        };
        let Some(link) = self.link() else {
            return Ok(budget);
        };
        let id = link.connection.id;
        for (minute, lane, requests) in self.store().usage_of_day(id, now).await? {
            let lane = Lane::ALL.iter().position(|one| one.as_str() == lane);
            let at = minute * MINUTE_MS;
            let hour = budget.hours.iter_mut().rfind(|hour| hour.at <= at);
            if let (Some(lane), Some(hour)) = (lane, hour) {
                hour.requests[lane] += requests;
            }
        }
        budget.holds = self.store().holds(id, HOLDS).await?;
        Ok(budget)
    }

    /// Requests sent in the last 24 hours, those that are not written down yet included.
    pub(crate) async fn requests_today(&self) -> Result<u32, Error> {
        let Some(link) = self.link() else {
            return Ok(0);
        };
        let id = link.connection.id;
        let unwritten = self.with_activity(|activity| activity.uncounted(id));
        let written = self.store().requests_of_day(id, self.now()).await?;
        Ok(written.saturating_add(unwritten))
    }

    /// When so many requests of a lane will have been sent.
    pub(crate) fn forecast(&self, lane: RunLane, requests: u64) -> Forecast {
        let lane = match lane {
            RunLane::Click => Lane::Click,
            RunLane::Rules => Lane::Rules,
            RunLane::Bulk => Lane::Bulk,
        };
        let now = self.now();
        match self.link() {
            None => {
                Day::new(None, Vec::new()).forecast(lane, requests, self.allowed_per_second(), now)
            }
            Some(link) => {
                let rate = link.hiver.pacer().state().current_per_second;
                link.forecast(lane, requests, rate, now)
            }
        }
    }

    /// What goes on a lane before a run; before one that is not confirmed go all.
    pub(crate) async fn before(&self, lane: RunLane, run: Option<RunId>) -> Result<Before, Error> {
        let mut before = Before::default();
        let Some(link) = self.link() else {
            return Ok(before);
        };
        for (id, of_lane, state) in self.store().queue(link.connection.id).await? {
            if run == Some(id) {
                break;
            }
            if of_lane != lane || state == RunState::Paused {
                continue;
            }
            before.waiting += u64::from(state == RunState::Waiting);
            before.requests += self.store().tally(id).await?.remaining();
        }
        Ok(before)
    }
}

/// The 24 hours before the one that goes on now, and that one.
fn hours_until(now: i64) -> Vec<BudgetHour> {
    let last = now.div_euclid(HOUR_MS) * HOUR_MS;
    (0..=24)
        .rev()
        .map(|ago| BudgetHour {
            at: last - ago * HOUR_MS,
            requests: [0; LANES.len()],
        })
        .collect()
}

/// Keeps every hold of a link, until the link ends.
pub(crate) async fn keep_holds(engine: Engine, link: Arc<Link>) {
    let mut pacer = link.hiver.pacer().watch();
    let mut known = None;
    loop {
        let held = pacer.borrow_and_update().held;
        if let Some(held) = held.filter(|held| known != Some(held.until)) {
            known = Some(held.until);
            let now = engine.now();
            let lasts = i64::try_from(held.remaining().as_millis()).unwrap_or(i64::MAX);
            let hold = Hold {
                at: now,
                until: now.saturating_add(lasts),
                reason: words::hold_reason(held.reason).to_owned(),
            };
            if let Err(error) = engine.store().add_hold(link.connection.id, hold).await {
                tracing::error!(error = %chain(&error), "a hold could not be kept");
            }
            engine.tell(Live::Status);
        }
        tokio::select! {
            () = link.stop.cancelled() => return,
            changed = pacer.changed() => if changed.is_err() { return },
        }
    }
}
