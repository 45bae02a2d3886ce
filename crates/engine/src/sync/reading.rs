//! What of Hiver is read, how often, and at what price: the settings, and how they work out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store::{ConnectionId, Error, ListKey, ListRead, Store};
use triage::model::{Mailbox, MailboxId, Status};

use super::schedule::{Means, Pace, due_at};
use crate::Engine;
use crate::live::Live;

/// Requests that reading mailboxes, users and tags takes, as long as each fits on a page.
const DIRECTORY_REQUESTS: u32 = 3;
/// Events tell of changes as long as one came within so long.
const EVENTS_WITHIN_MS: i64 = 2 * 60 * 60 * 1_000;

/// What an admin says about reading from Hiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingSettings {
    /// The share of the day's requests that sweeps may use, in percent.
    pub share: u8,
    /// Mailboxes that are not read, and whose conversations the mirror does not have.
    pub left_out: BTreeSet<MailboxId>,
}

impl Default for ReadingSettings {
    fn default() -> Self {
        Self {
            share: 30,
            left_out: BTreeSet::new(),
        }
    }
}

/// How reading works out for the account in use.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What the admin said.
    pub settings: ReadingSettings,
    /// Requests in 24 hours that sweeps may use.
    pub allowance: f64,
    /// Requests in 24 hours that they need at their present pace.
    pub price: f64,
    /// So many times rarer than usual, for them to keep within the allowance. 1 where they do anyway.
    pub stretch: f64,
    /// Whether events tell of changes: one came within two hours.
    pub events: bool,
    /// The mailboxes that Hiver lists, by name.
    pub mailboxes: Vec<MailboxReading>,
}

/// How a mailbox is read.
#[derive(Debug, Clone)]
pub struct MailboxReading {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Whether the admin left it out.
    pub left_out: bool,
    /// Whether Hiver does not let us read it.
    pub closed_to_us: bool,
    /// Its lists: open, pending, closed. None where it is left out.
    pub lists: Vec<ListReading>,
}

/// How a list is read.
#[derive(Debug, Clone)]
pub struct ListReading {
    /// The status of its conversations.
    pub status: Status,
    /// When it was last read to its end, and what that took.
    pub last: Option<ListRead>,
    /// When it is read again.
    pub due_at: i64,
    /// Milliseconds from one reading to the next.
    pub every_ms: i64,
}

impl Engine {
    /// What an admin said about reading from the account in use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reading_settings(&self) -> Result<ReadingSettings, Error> {
        match self.delivered_to().await? {
            Some(connection) => settings_of(self.store(), connection).await,
            None => Ok(ReadingSettings::default()),
        }
    }

    /// Reads other mailboxes, or with another share, from now on. The mirror forgets the conversations of mailboxes
    /// that are left out; in Hiver nothing changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_reading(&self, settings: ReadingSettings) -> Result<(), Error> {
        let Some(connection) = self.delivered_to().await? else {
            return Ok(());
        };
        let settings = ReadingSettings {
            share: settings.share.min(100),
            ..settings
        };
        self.store()
            .set_setting(&name(connection), &settings)
            .await?;
        self.mirror().leave_out(connection, &settings.left_out);
        for mailbox in &settings.left_out {
            self.store()
                .forget_mailbox(connection, mailbox, self.now())
                .await?;
        }
        tracing::info!(
            share = settings.share,
            left_out = settings.left_out.len(),
            "what is read from Hiver was set"
        );
        self.tell(Live::Mirror);
        self.look_at_schedule();
        Ok(())
    }

    /// What of Hiver is read, how often, and at what price.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reading_plan(&self) -> Result<Reading, Error> {
        let settings = self.reading_settings().await?;
        let means = self.means(&settings);
        let pace = self.pace(&means).await?;
        let now = self.now();
        let mirror = self.mirror().read();
        let list = |mailbox: &Mailbox, status: Status| {
            let key = ListKey {
                mailbox: mailbox.id.clone(),
                status,
            };
            let last = mirror.lists.get(&key).copied();
            let every = pace.every(&key.status);
            ListReading {
                last,
                due_at: due_at(last.map(|last| last.at), every, now),
                every_ms: i64::try_from(every.as_millis()).unwrap_or(i64::MAX),
                status: key.status,
            }
        };
        let read = mirror
            .directory
            .mailboxes
            .iter()
            .map(|mailbox| MailboxReading {
                lists: Status::KNOWN.map(|status| list(mailbox, status)).into(),
                left_out: false,
                closed_to_us: mirror.closed_to_us.contains(&mailbox.id),
                mailbox: mailbox.clone(),
            });
        let left_out = mirror.left_out.iter().map(|mailbox| MailboxReading {
            lists: Vec::new(),
            left_out: true,
            closed_to_us: false,
            mailbox: mailbox.clone(),
        });
        Ok(Reading {
            allowance: means.allowance(),
            price: pace.price,
            stretch: pace.stretch,
            events: pace.events,
            mailboxes: {
                let mut mailboxes: Vec<_> = read.chain(left_out).collect();
                // By name, so that none moves when it is left out.
                mailboxes.sort_by(|one, other| one.mailbox.name.cmp(&other.mailbox.name));
                mailboxes
            },
            settings,
        })
    }

    pub(super) fn means(&self, settings: &ReadingSettings) -> Means {
        Means {
            share: settings.share,
            per_day: self.config().requests_per_day,
            per_second: self.allowed_per_second(),
        }
    }

    /// How often what is read at present.
    pub(super) async fn pace(&self, means: &Means) -> Result<Pace, Error> {
        let now = self.now();
        let events = match self.link() {
            Some(link) => {
                let last = self.store().last_event(link.connection.id).await?;
                last.is_some_and(|at| now.saturating_sub(at) < EVENTS_WITHIN_MS)
            }
            None => false,
        };
        let mirror = self.mirror().read();
        let lists = mirror
            .lists
            .iter()
            .map(|(key, read)| (key.status.clone(), read.requests));
        Ok(Pace::of(means, events, lists, DIRECTORY_REQUESTS))
    }
}

/// Requests per second that reading may use in the long run.
pub(crate) async fn reads_per_second(
    engine: &Engine,
    connection: ConnectionId,
) -> Result<f64, Error> {
    let settings = settings_of(engine.store(), connection).await?;
    Ok(engine.means(&settings).allowance() / 86_400.0)
}

/// What an admin said about reading from an account.
pub(crate) async fn settings_of(
    store: &Store,
    connection: ConnectionId,
) -> Result<ReadingSettings, Error> {
    let settings = store.setting(&name(connection)).await?;
    Ok(settings.unwrap_or_default())
}

fn name(connection: ConnectionId) -> String {
    format!("reading:{connection}")
}
