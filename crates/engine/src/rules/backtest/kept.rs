//! The backtests that are in memory: a few for each operator, for a while.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::result::Backtest;
use super::{RuleSource, Trial, desks};

/// How long a result is there.
const KEEP_MS: i64 = 60 * 60 * 1_000;
/// How many of an operator's are there; of more, the oldest are stopped and forgotten.
const KEEP_PER_OPERATOR: usize = 4;
/// How much memory all results take at most, but for the newest, which is there however large.
const KEEP_BYTES: usize = 64 * 1024 * 1024;

/// The number of a backtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BacktestId(i64);

impl fmt::Display for BacktestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for BacktestId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// A backtest that is there.
#[derive(Debug, Clone)]
pub struct KeptBacktest {
    /// Its number.
    pub id: BacktestId,
    /// Where the rules come from.
    pub source: RuleSource,
    /// The conversations that it is about.
    pub filter: String,
    /// Whether it looks as if no rule had ever acted.
    pub as_if_new: bool,
    /// When it began.
    pub begun_at: i64,
    /// How it stands.
    pub state: BacktestState,
}

/// How a backtest stands.
#[derive(Debug, Clone)]
pub enum BacktestState {
    /// It is worked on, or waits until others are done.
    Running {
        /// Conversations that were looked at.
        done: usize,
        /// Conversations in all.
        of: usize,
    },
    /// It is done.
    Done(Arc<Backtest>),
    /// Somebody stopped it.
    Cancelled,
    /// The console failed; the log has the cause.
    Failed,
}

/// What came of the work.
pub(super) enum Ended {
    Done(Arc<Backtest>),
    Cancelled,
}

/// The work on a backtest, as the worker and those who watch share it.
#[derive(Default)]
pub(super) struct Work {
    done: AtomicUsize,
    of: usize,
    cancelled: AtomicBool,
    ended: Mutex<Option<Ended>>,
}

impl Work {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn get_on(&self, by: usize) {
        self.done.fetch_add(by, Ordering::Relaxed);
    }

    /// What was cancelled stays so, even where the work was just done.
    pub(super) fn end(&self, ended: Ended) {
        let mut kept = self.ended();
        *kept = Some(if self.is_cancelled() {
            Ended::Cancelled
        } else {
            ended
        });
    }

    fn ended(&self) -> MutexGuard<'_, Option<Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `alone`: nobody works on it any more.
    fn state(&self, alone: bool) -> BacktestState {
        match &*self.ended() {
            Some(Ended::Done(result)) => BacktestState::Done(Arc::clone(result)),
            Some(Ended::Cancelled) => BacktestState::Cancelled,
            None if self.is_cancelled() => BacktestState::Cancelled,
            None if alone => BacktestState::Failed,
            None => BacktestState::Running {
                done: self.done.load(Ordering::Relaxed),
                of: self.of,
            },
        }
    }

    fn bytes(&self) -> usize {
        match &*self.ended() {
            Some(Ended::Done(result)) => result.bytes(),
            _ => 0,
        }
    }
}

/// All backtests of this process.
pub(crate) struct Backtests {
    kept: Mutex<Vec<One>>,
    desks: Semaphore,
}

impl Default for Backtests {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            desks: desks(),
        }
    }
}

struct One {
    operator: String,
    shown: KeptBacktest,
    work: Arc<Work>,
}

impl One {
    fn shown(&self) -> KeptBacktest {
        KeptBacktest {
            state: self.work.state(Arc::strong_count(&self.work) == 1),
            ..self.shown.clone()
        }
    }
}

impl Backtests {
    /// Waits for a desk to work at.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.desks.acquire().await.ok()
    }

    pub(super) fn begin(&self, trial: &Trial, of: usize, now: i64) -> (BacktestId, Arc<Work>) {
        let work = Arc::new(Work {
            of,
            ..Work::default()
        });
        let mut kept = self.kept();
        // A number that no earlier process gave.
        let after = kept.iter().map(|one| one.shown.id.0 + 1).max();
        let id = BacktestId(now.max(after.unwrap_or(0)));
        kept.push(One {
            operator: trial.operator.clone(),
            shown: KeptBacktest {
                id,
                source: trial.source,
                filter: trial.filter.clone(),
                as_if_new: trial.as_if_new,
                begun_at: now,
                state: BacktestState::Running { done: 0, of },
            },
            work: Arc::clone(&work),
        });
        forget(&mut kept, now);
        (id, work)
    }

    pub(super) fn get(&self, operator: &str, id: BacktestId, now: i64) -> Option<KeptBacktest> {
        let mut kept = self.kept();
        forget(&mut kept, now);
        let one = kept
            .iter()
            .find(|one| one.shown.id == id && one.operator == operator)?;
        Some(one.shown())
    }

    pub(super) fn is_of_another(&self, operator: &str, id: BacktestId, now: i64) -> bool {
        let mut kept = self.kept();
        forget(&mut kept, now);
        let mut all = kept.iter();
        all.any(|one| one.shown.id == id && one.operator != operator)
    }

    pub(super) fn of(&self, operator: &str, now: i64) -> Vec<KeptBacktest> {
        let mut kept = self.kept();
        forget(&mut kept, now);
        let own = kept.iter().rev().filter(|one| one.operator == operator);
        own.map(One::shown).collect()
    }

    pub(super) fn cancel(&self, operator: &str, id: BacktestId, now: i64) -> bool {
        let running = self
            .get(operator, id, now)
            .is_some_and(|one| matches!(one.state, BacktestState::Running { .. }));
        if running && let Some(one) = self.kept().iter().find(|one| one.shown.id == id) {
            one.work.cancelled.store(true, Ordering::Relaxed);
        }
        running
    }

    /// Forgets what is too old or too much.
    pub(super) fn tidy(&self, now: i64) {
        forget(&mut self.kept(), now);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<One>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `kept` is in the order of their beginning.
fn forget(kept: &mut Vec<One>, now: i64) {
    let newest = kept.last().map(|one| one.shown.id);
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut bytes = 0;
    let mut keep: Vec<bool> = kept
        .iter()
        .rev()
        .map(|one| {
            let at = match seen.iter().position(|(name, _)| *name == one.operator) {
                Some(at) => at,
                None => {
                    seen.push((one.operator.clone(), 0));
                    seen.len() - 1
                }
            };
            seen[at].1 += 1;
            bytes += one.work.bytes();
            let young = now.saturating_sub(one.shown.begun_at) < KEEP_MS;
            let few = seen[at].1 <= KEEP_PER_OPERATOR;
            young && few && (bytes <= KEEP_BYTES || Some(one.shown.id) == newest)
        })
        .collect();
    kept.retain(|one| {
        let stays = keep.pop().unwrap_or(false);
        if !stays {
            one.work.cancelled.store(true, Ordering::Relaxed);
        }
        stays
    });
}

#[cfg(test)]
mod tests {
    use routing::model::RuleSet;

    use super::*;

    fn trial(operator: &str) -> Trial {
        Trial {
            operator: operator.to_owned(),
            source: RuleSource::Draft,
            set: Arc::new(RuleSet::default()),
            filter: String::new(),
            as_if_new: false,
        }
    }

    #[test]
    fn a_few_are_kept_for_their_operator_and_for_a_while() {
        let backtests = Backtests::default();
        let begun: Vec<_> = (0..6)
            .map(|at| backtests.begin(&trial("ana"), 10, at))
            .collect();
        let (ben, _work) = backtests.begin(&trial("ben"), 10, 0);
        let ids = |of| -> Vec<BacktestId> {
            let kept = backtests.of(of, 6);
            kept.into_iter().map(|one| one.id).collect()
        };
        let newest: Vec<_> = begun.iter().rev().take(4).map(|(id, _)| *id).collect();
        assert_eq!(ids("ana"), newest);
        assert_eq!(ids("ben"), [ben]);
        assert!(begun[0].1.is_cancelled(), "nobody can see it any more");
        assert!(backtests.get("ben", newest[0], 6).is_none());
        assert!(!backtests.cancel("ben", newest[0], 6));
        assert!(backtests.cancel("ana", newest[0], 6));
        assert!(!backtests.cancel("ana", newest[0], 6), "it is stopped");
        assert!(backtests.of("ana", KEEP_MS + 10).is_empty());
    }

    #[test]
    fn one_that_nobody_works_on_has_failed() {
        let backtests = Backtests::default();
        let (id, work) = backtests.begin(&trial("ana"), 10, 0);
        work.get_on(4);
        let state = |now| backtests.get("ana", id, now).unwrap().state;
        assert!(matches!(
            state(1),
            BacktestState::Running { done: 4, of: 10 }
        ));
        drop(work);
        assert!(matches!(state(1), BacktestState::Failed));
    }
}
