//! What came and left per mailbox and day.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use store::{Error, FlowRow};
use triage::model::{ConversationId, MailboxId};

use super::days;
use super::looks::Watched;
use crate::Engine;
use crate::mirror::MirrorState;

/// What came and left in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxFlow {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// When its history begins, in ms since the epoch; nothing where it has not.
    pub begins: Option<i64>,
    /// Day by day, oldest first; the last is today.
    pub days: Vec<FlowDay>,
}

/// What came and left on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowDay {
    /// The day, in the console's time zone.
    pub day: Date,
    /// Conversations that came: newly seen, reopened, or moved in.
    pub came: Flowed,
    /// Conversations that left: closed, moved out, or gone.
    pub left: Flowed,
    /// How much of it is known.
    pub known: Known,
    /// For how many ms of it nobody looked; what happened then counts on the day on which it was seen.
    pub unwatched: i64,
    /// Whether it is not over.
    pub today: bool,
}

/// How much of a day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The history begins after it.
    Nothing,
    /// The history begins on it.
    Part,
    /// All of it, but for the time in which nobody looked.
    All,
}

/// Conversations that went one way on a day, each counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flowed {
    /// How many.
    pub conversations: usize,
    /// How many of them are still in that mailbox: those that a list of them shows.
    pub listed: usize,
}

impl Engine {
    /// What came and left on the last `days` days, today included, per mailbox in Hiver's order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inflow_outflow(&self, days: u16) -> Result<Vec<MailboxFlow>, Error> {
        let zone = self.time_zone();
        self.inflow_outflow_in(&zone, days).await
    }

    /// As [`inflow_outflow`](Self::inflow_outflow), by the days of another time zone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn inflow_outflow_in(
        &self,
        zone: &TimeZone,
        days: u16,
    ) -> Result<Vec<MailboxFlow>, Error> {
        let now = self.now();
        let days = days::last(zone, now, days);
        let from = days.first().map_or(now, |(_, span)| span.start);
        let watched = self.watched(Some(from)).await?;
        let flows = match watched.connection {
            Some(connection) => self.flows_since(connection, from).await?,
            None => return Ok(Vec::new()),
        };
        let sets = Sets::of(&flows, &days);
        let mirror = self.mirror().read();
        let mailboxes = mirror.directory.mailboxes.iter();
        Ok(mailboxes
            .map(|mailbox| MailboxFlow {
                mailbox: mailbox.id.clone(),
                begins: watched.begins_of(&mailbox.id),
                days: days
                    .iter()
                    .enumerate()
                    .map(|(at, (day, span))| {
                        let flowed = |came| sets.count(&mailbox.id, at, came, &mirror);
                        FlowDay {
                            day: *day,
                            came: flowed(true),
                            left: flowed(false),
                            known: known(&watched, &mailbox.id, span),
                            unwatched: watched.unwatched(&mailbox.id, span, now),
                            today: span.contains(&now),
                        }
                    })
                    .collect(),
            })
            .collect())
    }
}

fn known(watched: &Watched, mailbox: &MailboxId, span: &std::ops::Range<i64>) -> Known {
    match watched.begins_of(mailbox) {
        Some(begins) if begins <= span.start => Known::All,
        Some(begins) if begins < span.end => Known::Part,
        _ => Known::Nothing,
    }
}

/// Who went which way, by mailbox and day.
struct Sets<'f>(HashMap<(&'f MailboxId, usize, bool), HashSet<&'f ConversationId>>);

impl<'f> Sets<'f> {
    fn of(flows: &'f [FlowRow], days: &[(Date, std::ops::Range<i64>)]) -> Self {
        let mut sets: HashMap<_, HashSet<_>> = HashMap::new();
        for flow in flows {
            let at = days.partition_point(|(_, span)| span.end <= flow.happened_at);
            if let Some(mailbox) = &flow.mailbox
                && at < days.len()
            {
                sets.entry((mailbox, at, flow.came))
                    .or_default()
                    .insert(&flow.conversation);
            }
        }
        Self(sets)
    }

    fn count(&self, mailbox: &MailboxId, day: usize, came: bool, mirror: &MirrorState) -> Flowed {
        let Some(set) = self.0.get(&(mailbox, day, came)) else {
            return Flowed::default();
        };
        let still_there = |id: &&&ConversationId| {
            let row = mirror.rows.get(**id);
            row.is_some_and(|row| row.conversation.mailbox.as_ref() == Some(mailbox))
        };
        Flowed {
            conversations: set.len(),
            listed: set.iter().filter(still_there).count(),
        }
    }
}
