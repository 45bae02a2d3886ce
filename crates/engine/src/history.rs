//! The history: which days conversations came and left, honest about when it begins and where nobody looked.

mod days;
mod flows;
mod looks;
#[cfg(test)]
mod replaying;

use std::sync::{Arc, Mutex, PoisonError};

use store::{ConnectionId, Error, FlowRow};
use triage::filter::{self, HistoryAnswers, HistoryTerm, Way, WhatHappened};

use self::days::{bounds, date};
pub use self::flows::{FlowDay, Flowed, Known, MailboxFlow};
pub(crate) use self::looks::Looks;
use self::looks::Watched;
use crate::Engine;

/// How long what happened is kept, in days: a year and the month before it, to compare with.
pub const HISTORY_DAYS: i64 = 400;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What the history has in memory.
#[derive(Default)]
pub(crate) struct History {
    /// What came and left lately: overviews ask for it again and again, and little of it is new.
    lately: Mutex<Lately>,
    /// When old history was last forgotten.
    tidied: Mutex<Option<i64>>,
}

#[derive(Default)]
struct Lately {
    connection: Option<ConnectionId>,
    from: i64,
    last: i64,
    flows: Arc<Vec<FlowRow>>,
}

impl Engine {
    /// What the history answers to the terms of a filter that only it can decide; nothing where there are none, or the
    /// filter cannot be read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history_answers(&self, filter: &str) -> Result<HistoryAnswers, Error> {
        let asked = filter::parse(filter)
            .map(|filter| filter.asked_of_history())
            .unwrap_or_default();
        let mut answers = HistoryAnswers::new();
        if asked.is_empty() {
            return Ok(answers);
        }
        let watched = self.watched(None).await?;
        for term in asked {
            answers.insert(term, self.answer(&watched, term).await?);
        }
        Ok(answers)
    }

    async fn answer(
        &self,
        watched: &Watched,
        term: HistoryTerm,
    ) -> Result<Result<Arc<WhatHappened>, String>, Error> {
        let zone = self.time_zone();
        let Some(span) = bounds(&zone, term.days) else {
            return Ok(Err(format!("`{}` is out of reach", term.days)));
        };
        let (Some(connection), Some(begins)) = (watched.connection, watched.begins()) else {
            return Ok(Err(
                "Nothing is known yet: the history begins once a mailbox was read to the end"
                    .to_owned(),
            ));
        };
        if span.end <= begins {
            let begins = date(&zone, begins);
            return Ok(Err(format!(
                "Nothing is known of `{}`: the history begins on {begins}",
                term.days
            )));
        }
        let came = term.way == Way::Came;
        let flows = self.store().flows(connection, span.start, span.end, 0);
        let to = flows
            .await?
            .into_iter()
            .filter(|flow| flow.came == came)
            .map(|flow| flow.conversation)
            .collect();
        let watched = watched.throughout(&span, self.now());
        Ok(Ok(Arc::new(WhatHappened { to, watched })))
    }

    /// What came and left since `from`. What was read before is not read again.
    async fn flows_since(
        &self,
        connection: ConnectionId,
        from: i64,
    ) -> Result<Arc<Vec<FlowRow>>, Error> {
        let known = {
            let lately = self.lately();
            let usable = lately.connection == Some(connection) && lately.from <= from;
            usable.then(|| (lately.from, lately.last, Arc::clone(&lately.flows)))
        };
        let (kept_from, last, mut flows) = known.unwrap_or((from, 0, Arc::default()));
        let new = self
            .store()
            .flows(connection, kept_from, i64::MAX, last)
            .await?;
        if new.is_empty() && kept_from == from {
            return Ok(flows);
        }
        let last = new.last().map_or(last, |flow| flow.id);
        let all = Arc::make_mut(&mut flows);
        all.retain(|flow| flow.happened_at >= from);
        all.extend(new.into_iter().filter(|flow| flow.happened_at >= from));
        let mut lately = self.lately();
        *lately = Lately {
            connection: Some(connection),
            from,
            last,
            flows: Arc::clone(&flows),
        };
        Ok(flows)
    }

    /// Forgets what is older than [`HISTORY_DAYS`], once a day.
    pub(crate) async fn forget_old_history(&self) -> Result<(), Error> {
        let now = self.now();
        {
            let mut tidied = self
                .0
                .history
                .tidied
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if tidied.is_some_and(|at| now.saturating_sub(at) < DAY_MS) {
                return Ok(());
            }
            *tidied = Some(now);
        }
        let forgotten = self
            .store()
            .forget_history(now - HISTORY_DAYS * DAY_MS)
            .await?;
        if forgotten > 0 {
            tracing::info!(rows = forgotten, "forgot what is too old for the history");
        }
        Ok(())
    }

    fn lately(&self) -> std::sync::MutexGuard<'_, Lately> {
        self.0
            .history
            .lately
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
