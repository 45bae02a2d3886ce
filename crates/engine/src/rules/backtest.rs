//! Backtests: what a whole rule set would do to the conversations of the mirror, and where they would end otherwise than
//! by the rules in force. Nothing is written and nothing is sent: what comes of it is kept in memory for a while.

mod evaluating;
mod kept;
mod result;

use std::sync::Arc;
use std::time::{Duration, Instant};

use routing::Compiled;
use routing::model::RuleSet;
use routing::moment::Occasion;
use routing::problem::Problem;
use tokio::sync::Semaphore;
use triage::filter::FilterError;

use self::evaluating::{Comparison, Sides};
pub(crate) use self::kept::Backtests;
pub use self::kept::{BacktestId, BacktestState, KeptBacktest};
use self::kept::{Ended, Work};
pub use self::result::{
    Backtest, BacktestCounts, BacktestEntry, BacktestList, EndState, Ending, RuleCounts, Shown,
    Standing,
};
use super::Acts;
use crate::Engine;
use crate::live::Live;

/// How many are worked on at a time.
const AT_ONCE: usize = 2;
/// Conversations that are looked at before the mirror is let go.
const CHUNK: usize = 500;
/// How often it is told how far a backtest is.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Who wants to know; nobody else sees the result.
    pub operator: String,
    /// Where the rules come from.
    pub source: RuleSource,
    /// The rules.
    pub set: Arc<RuleSet>,
    /// The conversations, in the filter language; all of them where it is empty.
    pub filter: String,
    /// Whether to look at every conversation as if no rule had ever acted on it.
    pub as_if_new: bool,
}

/// Where tried or explained rules come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSource {
    /// What the operator is writing.
    Draft,
    /// A version that was saved; 0 where none ever was.
    Version(i32),
}

/// Why there is no backtest.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// No Hiver was ever connected: there are no conversations.
    #[error("no Hiver is connected: an admin sets the key first")]
    NoConnection,
    /// The rules cannot be used.
    #[error("the rules cannot be used")]
    Problems(Vec<Problem>),
    /// The filter cannot be read, or names what does not exist.
    #[error("the filter cannot be used")]
    Filter(#[from] FilterError),
    /// The database failed.
    #[error("the backtest could not begin")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Begins to try rules over the mirror as it is, every rule whatever its occasions, oldest conversation first, and
    /// compares what comes of it with the rules in force, unless there are none, or it is those that are tried. Sharing out goes on from
    /// [`Engine::staff`]. Not more than two backtests are worked on at a time; [`Live::Backtest`] tells how they get on.
    ///
    /// # Errors
    /// When no Hiver was ever connected, the rules or the filter cannot be used, or the database fails.
    pub async fn start_backtest(&self, trial: Trial) -> Result<BacktestId, BacktestError> {
        let live = self.rules().await?.ok_or(BacktestError::NoConnection)?;
        let directory = self.mirror().read().directory.clone();
        let tried = Compiled::new(&trial.set, &directory).map_err(BacktestError::Problems)?;
        let history = self.history_answers(&trial.filter).await?;
        let now = self.now();
        let ids = self.mirror().ids_matching(&trial.filter, &history, now)?;
        let is_in_force = trial.source == RuleSource::Version(live.number());
        let against = (!is_in_force && live.number() > 0).then_some(live);
        let (id, work) = self.0.rules.backtests.begin(&trial, ids.len(), now);
        let engine = self.clone();
        let sides = Sides {
            moment: self.moment(Occasion::Any),
            acts: if trial.as_if_new {
                Arc::new(Acts::default())
            } else {
                self.acts_seen_by(&trial.set)
            },
            staff: self.staff(),
            tried,
            against,
            trial,
        };
        self.0.tasks.spawn(async move {
            let permit = engine.0.rules.backtests.permit().await;
            let worker = engine.clone();
            let done = tokio::task::spawn_blocking(move || {
                let ended = worker.work_on_backtest(&sides, &ids, &work);
                work.end(ended);
            });
            if let Err(error) = done.await {
                tracing::error!(%error, "a backtest broke off");
            }
            drop(permit);
            let now = engine.now();
            engine.0.rules.backtests.tidy(now);
            engine.tell(Live::Backtest);
        });
        Ok(id)
    }

    /// A backtest of an operator; nothing where there is none of that number any more.
    #[must_use]
    pub fn backtest(&self, operator: &str, id: BacktestId) -> Option<KeptBacktest> {
        self.0.rules.backtests.get(operator, id, self.now())
    }

    /// Whether a backtest that is still there was made by somebody else.
    #[must_use]
    pub fn backtest_is_of_another(&self, operator: &str, id: BacktestId) -> bool {
        self.0
            .rules
            .backtests
            .is_of_another(operator, id, self.now())
    }

    /// The backtests of an operator that are still there, newest first.
    #[must_use]
    pub fn backtests(&self, operator: &str) -> Vec<KeptBacktest> {
        self.0.rules.backtests.of(operator, self.now())
    }

    /// Stops a backtest. Returns whether there was one to be stopped.
    pub fn cancel_backtest(&self, operator: &str, id: BacktestId) -> bool {
        let cancelled = self.0.rules.backtests.cancel(operator, id, self.now());
        if cancelled {
            self.tell(Live::Backtest);
        }
        cancelled
    }

    fn work_on_backtest(
        &self,
        sides: &Sides,
        ids: &[triage::model::ConversationId],
        work: &Work,
    ) -> Ended {
        let mut comparison = Comparison::new(sides);
        let mut told = Instant::now();
        for chunk in ids.chunks(CHUNK) {
            if work.is_cancelled() || self.0.stop.is_cancelled() {
                return Ended::Cancelled;
            }
            {
                let mirror = self.mirror().read();
                let rows = chunk.iter().filter_map(|id| mirror.rows.get(id));
                for row in rows {
                    comparison.look_at(&row.seen_by_rules(&sides.acts));
                }
            }
            work.get_on(chunk.len());
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.tell(Live::Backtest);
            }
        }
        Ended::Done(Arc::new(comparison.end(self.now())))
    }
}

/// Room for those that are worked on.
fn desks() -> Semaphore {
    Semaphore::new(AT_ONCE)
}
