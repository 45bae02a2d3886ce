//! What happens, for those who watch: that something did, and how far one has followed.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{broadcast, watch};
use triage::model::RunId;
use triage::outcome::Outcome;

/// How many messages a slow listener may fall behind before it has to look again.
const BACKLOG: usize = 4_096;

/// Something happened; who is interested looks it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// The mirror changed.
    Mirror,
    /// The connection, the sync or the budget changed.
    Status,
    /// Something was delivered by Hiver, or what was delivered was applied.
    Delivered,
    /// The rules were saved, or something else about them changed.
    Rules,
    /// A backtest got on, or is over.
    Backtest,
    /// A run moved on as a whole.
    Run(RunId),
    /// A change of a run turned.
    Turned(RunId, Turned),
}

/// A change that turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// Its place in the run.
    pub seq: i32,
    /// How it stands now.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    pub reason: Option<String>,
}

/// How far somebody has followed: the upper half is of this engine alone, the lower counts what happened since it
/// started. Written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Seen(u64);

impl Seen {
    /// The beginning of an engine's, or of anything else's that is counted like that. Random, since no clock tells
    /// two starts apart for sure.
    pub(crate) fn beginning() -> Self {
        let random = RandomState::new().build_hasher().finish();
        Self(random >> 32 << 32)
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// How many steps it is from `self` to `later`, which it leads to.
    pub(crate) fn steps_to(self, later: Self) -> usize {
        usize::try_from(later.0.saturating_sub(self.0)).unwrap_or(usize::MAX)
    }

    /// Whether `self` lies on the way to `latest`: not of another engine, and not ahead.
    pub(crate) fn leads_to(self, latest: Self) -> bool {
        self.0 >> 32 == latest.0 >> 32 && self <= latest
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Seen {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Where everything that happens is told and counted.
#[derive(Debug)]
pub(crate) struct Board {
    channel: broadcast::Sender<Live>,
    latest: AtomicU64,
    mirror: watch::Sender<Seen>,
    frame: watch::Sender<Seen>,
    /// How often something happened that a page shows and the frame does not: something was delivered or applied, or a
    /// backtest got on.
    deliveries: AtomicU64,
    /// When each run moved last; also keeps what is told in order.
    runs: Mutex<HashMap<RunId, Seen>>,
}

impl Default for Board {
    fn default() -> Self {
        let Seen(beginning) = Seen::beginning();
        Self {
            channel: broadcast::Sender::new(BACKLOG),
            latest: AtomicU64::new(beginning),
            mirror: watch::Sender::new(Seen(beginning)),
            frame: watch::Sender::new(Seen(beginning)),
            deliveries: AtomicU64::new(0),
            runs: Mutex::default(),
        }
    }
}

impl Board {
    pub(crate) fn tell(&self, live: Live) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.latest().next();
        match &live {
            Live::Mirror => {
                self.mirror.send_replace(now);
            }
            Live::Status | Live::Rules => {
                self.frame.send_replace(now);
            }
            Live::Delivered | Live::Backtest => {
                self.deliveries.fetch_add(1, Ordering::Relaxed);
                self.frame.send_replace(now);
            }
            Live::Run(id) | Live::Turned(id, _) => {
                runs.insert(*id, now);
                self.frame.send_replace(now);
            }
        }
        // Nobody listening is no failure.
        let _ = self.channel.send(live);
        // Last: whoever reads this finds all the rest.
        self.latest.store(now.0, Ordering::Release);
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Live> {
        self.channel.subscribe()
    }

    /// How far one has followed who has just looked at everything.
    pub(crate) fn latest(&self) -> Seen {
        Seen(self.latest.load(Ordering::Acquire))
    }

    /// When the mirror changed last, and whenever it does.
    pub(crate) fn mirror(&self) -> watch::Receiver<Seen> {
        self.mirror.subscribe()
    }

    /// When anything of what stands around every page changed last, and whenever it does.
    pub(crate) fn frame(&self) -> watch::Receiver<Seen> {
        self.frame.subscribe()
    }

    /// How often something was delivered or applied, or a backtest got on.
    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// When a run moved last; nothing where it has not since the engine started.
    pub(crate) fn run(&self, id: RunId) -> Option<Seen> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_counted_where_it_belongs() {
        let board = Board::default();
        let (beginning, mirror, frame) = (board.latest(), board.mirror(), board.frame());
        board.tell(Live::Mirror);
        let first = board.latest();
        assert!(beginning < first);
        assert_eq!((*mirror.borrow(), *frame.borrow()), (first, beginning));
        board.tell(Live::Run(RunId(7)));
        assert_eq!((*mirror.borrow(), *frame.borrow()), (first, board.latest()));
        assert_eq!(board.run(RunId(7)), Some(board.latest()));
        assert_eq!(board.run(RunId(8)), None);
        board.tell(Live::Delivered);
        assert_eq!((*mirror.borrow(), *frame.borrow()), (first, board.latest()));
    }

    #[test]
    fn what_another_engine_said_leads_nowhere() {
        let (one, other) = (Board::default(), Board::default());
        let seen = one.latest();
        one.tell(Live::Mirror);
        assert!(seen.leads_to(one.latest()) && one.latest().leads_to(one.latest()));
        assert!(!one.latest().leads_to(seen), "nobody is ahead");
        assert!(!seen.leads_to(other.latest()) && !other.latest().leads_to(seen));
        assert!(!Seen::default().leads_to(one.latest()));
        assert_eq!(seen.to_string().parse(), Ok(seen));
    }
}
