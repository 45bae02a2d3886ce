//! How the connection is doing, for the frame around every page.

use store::{Connection, Error};

use crate::link::KeySource;
use crate::{Engine, words};

/// Something that is wrong with the connection to Hiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What to do about it, or what the console does by itself.
    pub remedy: String,
    /// Whether another key may mend it.
    pub about_key: bool,
}

/// How far reading from Hiver has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncProgress {
    /// What is being read, e.g. `Support, closed`.
    pub doing: String,
    /// Lists read to the end.
    pub lists_done: u32,
    /// Lists in all.
    pub lists: u32,
    /// Conversations read so far.
    pub conversations: u32,
}

/// Everything about the connection at one moment.
#[derive(Debug, Clone)]
pub struct Status {
    /// The connection in use.
    pub connection: Option<Connection>,
    /// Where its key comes from.
    pub key_source: KeySource,
    /// The last four characters of the key in use.
    pub key_hint: Option<String>,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// How far reading has come, while it goes on.
    pub sync: Option<SyncProgress>,
    /// The time of the least fresh mailbox.
    pub mirror_as_of: Option<i64>,
    /// Requests sent in the last 24 hours.
    pub requests_today: u32,
    /// Runs that are not at their end.
    pub open_runs: u32,
    /// How often, since the engine started, something was delivered or what was delivered was applied.
    pub deliveries: u64,
}

impl Engine {
    /// Everything about the connection at this moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status(&self) -> Result<Status, Error> {
        let link = self.link();
        let (requests_today, open_runs) = match &link {
            None => (0, 0),
            Some(link) => {
                let open = self.store().open_run_count(link.connection.id).await?;
                (
                    self.requests_today().await?,
                    u32::try_from(open).unwrap_or(u32::MAX),
                )
            }
        };
        let held = link.as_ref().and_then(|link| {
            words::held(&link.hiver)
                .or_else(|| link.day_is_over(self.now()).map(words::day_is_over))
        });
        let storage = self.0.storage.borrow().clone();
        Ok(Status {
            key_source: link.as_ref().map_or(KeySource::Missing, |link| link.source),
            key_hint: link.as_ref().and_then(|link| link.key_hint.clone()),
            connection: link.map(|link| link.connection.clone()),
            trouble: storage.or_else(|| self.0.trouble.borrow().clone()).or(held),
            sync: self.0.sync.borrow().clone(),
            mirror_as_of: self.mirror().read().as_of(),
            requests_today,
            open_runs,
            deliveries: self.0.board.deliveries(),
        })
    }
}
