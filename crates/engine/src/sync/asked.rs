//! What a person wants read at once: one conversation, or the lists that a filter is about.

use std::sync::Arc;

use hiver::Lane;
use store::{ListKey, Source};
use triage::filter;
use triage::model::{ConversationId, Status};

use super::agenda::with_mailboxes;
use super::lists::{Spending, Sweep};
use super::lookups::{look_up, missing, still_missing};
use super::{SyncError, note_read};
use crate::link::Link;
use crate::{Engine, words};

/// A click may send so many requests ahead of everything else.
const OF_A_CLICK: u32 = 20;

/// Why something could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Hiver did not give it; in words for the screen.
    #[error("{0}")]
    Hiver(String),
    /// The mirror could not be written.
    #[error("the mirror could not be written")]
    Store(#[from] store::Error),
}

impl From<SyncError> for RefreshError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Trouble(trouble) => Self::Hiver(trouble.message),
            SyncError::Store(error) => Self::Store(error),
            SyncError::Hiver(error) => {
                let trouble = words::trouble(&error);
                Self::Hiver(format!("{} {}", trouble.message, trouble.remedy))
            }
            SyncError::SomebodyGoesFirst => {
                Self::Hiver("Something else is being read first: ask again.".to_owned())
            }
        }
    }
}

impl Engine {
    /// Reads one conversation from Hiver again, ahead of everything else.
    ///
    /// # Errors
    /// When Hiver does not give it, or the mirror cannot be written.
    pub async fn refresh_conversation(&self, id: &ConversationId) -> Result<(), RefreshError> {
        let link = self.link().ok_or_else(no_link)?;
        look_up(self, &link, id, Lane::Click, Source::LookedUp).await?;
        Ok(())
    }

    /// Reads the lists that a filter is about from Hiver again, ahead of everything else; without a status that is the
    /// open and the pending ones. Where that takes more requests than a click may send, everything open is read, in
    /// turn and in the background. What goes wrong with Hiver is in the [status](Engine::status), as for every reading.
    ///
    /// # Errors
    /// When there is no Hiver, or the mirror cannot be written.
    pub async fn refresh_lists(&self, filter: &str) -> Result<(), RefreshError> {
        let link = self.link().ok_or_else(no_link)?;
        let lists = self.lists_about(filter);
        let (unread, requests) = {
            let mirror = self.mirror().read();
            let reads: Vec<_> = lists.iter().map(|list| mirror.lists.get(list)).collect();
            (
                reads.iter().any(Option::is_none),
                reads
                    .iter()
                    .flatten()
                    .map(|read| read.requests)
                    .sum::<u32>(),
            )
        };
        if lists.is_empty() || unread || requests > OF_A_CLICK {
            self.refresh();
            return Ok(());
        }
        let engine = self.clone();
        // It is finished although whoever asked has gone.
        let reading = self
            .0
            .tasks
            .spawn(async move { read_now(&engine, &link, lists).await });
        match reading.await {
            Ok(Ok(())) => {
                let trouble = words::closed_to_us(&self.mirror().closed_to_us());
                self.set_trouble(trouble);
            }
            Ok(Err(SyncError::Store(error))) => return Err(error.into()),
            // The banner says it, as for every reading; what passes by itself is tried again in the background.
            Ok(Err(SyncError::Hiver(error))) => {
                let trouble = words::trouble(&error);
                let passes = !trouble.about_key;
                self.set_trouble(Some(trouble));
                if passes {
                    self.refresh();
                }
            }
            // It was broken off; the log has the cause where there is one.
            Ok(Err(SyncError::Trouble(_) | SyncError::SomebodyGoesFirst)) | Err(_) => {
                self.refresh();
            }
        }
        Ok(())
    }

    fn lists_about(&self, filter: &str) -> Vec<ListKey> {
        let Ok(filter) = filter::parse(filter) else {
            return Vec::new();
        };
        let mirror = self.mirror().read();
        let only = filter.single_mailbox();
        let mut statuses = filter.statuses();
        statuses.retain(|status| Status::KNOWN.contains(status));
        if statuses.is_empty() {
            statuses = vec![Status::Open, Status::Pending];
        }
        let named = |one: &&triage::model::Mailbox| {
            only.is_none_or(|name| {
                one.id.as_str() == name || triage::fold(&one.name) == triage::fold(name)
            })
        };
        let mailboxes = mirror.directory.mailboxes.iter().filter(named);
        mailboxes
            .filter(|one| !mirror.closed_to_us.contains(&one.id))
            .flat_map(|one| {
                statuses.iter().map(|status| ListKey {
                    mailbox: one.id.clone(),
                    status: status.clone(),
                })
            })
            .collect()
    }
}

async fn read_now(engine: &Engine, link: &Arc<Link>, lists: Vec<ListKey>) -> Result<(), SyncError> {
    let mut sweep = Sweep::new(engine, link, Lane::Click);
    let mut vanished = Vec::new();
    for (mailbox, key, spending) in with_mailboxes(engine, lists, Spending::AsNeeded) {
        let seen = tokio::select! {
            biased;
            () = link.stop.cancelled() => return Ok(()),
            seen = sweep.read_list(&mailbox, &key.status, spending) => seen?,
        };
        vanished.extend(missing(engine, &key, &seen));
        note_read(engine, link.connection.id, &key, seen.read).await?;
    }
    still_missing(engine, &mut vanished);
    vanished.truncate(OF_A_CLICK as usize);
    sweep.look_after(&mut vanished).await
}

fn no_link() -> RefreshError {
    RefreshError::Hiver("No Hiver is connected: an admin sets the key first.".to_owned())
}
