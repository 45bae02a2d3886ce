//! Reading from Hiver: everything once, then what may have changed.

mod agenda;
mod asked;
mod directory;
mod lists;
mod lookups;
mod reading;
pub(crate) mod schedule;
mod wanted;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hiver::{ErrorKind, Lane};
use store::{ConnectionId, ListKey, ListRead};
use triage::model::{MailboxId, Status};

use self::agenda::{Agenda, Tried, with_mailboxes};
pub use self::asked::RefreshError;
use self::directory::read_directory;
use self::lists::{Spending, Sweep};
pub(crate) use self::lookups::look_up;
use self::lookups::{cheaper_to_read, missing, still_missing};
pub use self::reading::{ListReading, MailboxReading, Reading, ReadingSettings};
pub(crate) use self::reading::{reads_per_second, settings_of};
pub(crate) use self::wanted::Wanted;
use self::wanted::{Ended, Wants};
use crate::history::Looks;
use crate::link::Link;
use crate::live::Live;
use crate::status::{SyncProgress, Trouble};
use crate::{Duties, Engine, words};

/// The pauses between tries while Hiver has trouble.
pub(crate) const PAUSES: [u64; 7] = [2, 5, 15, 30, 60, 120, 300];

pub(crate) enum SyncError {
    Hiver(hiver::Error),
    /// Hiver answers, but not with what can be used.
    Trouble(Trouble),
    Store(store::Error),
    /// It was broken off for somebody who wants something else read first.
    SomebodyGoesFirst,
}

impl From<hiver::Error> for SyncError {
    fn from(error: hiver::Error) -> Self {
        Self::Hiver(error)
    }
}

impl From<store::Error> for SyncError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// How a sweep ended.
enum Swept {
    /// All that was on the agenda and may be read was read.
    All,
    /// The link is of another account and therefore over.
    Elsewhere,
}

/// Keeps the mirror of whatever link is in use, until the engine stops.
pub(crate) async fn work(engine: Engine) {
    let with_link = |engine: Engine, link: Arc<Link>| async move { keep(&engine, &link).await };
    engine
        .follow_links(with_link, |engine| {
            engine.0.sync.send_replace(None);
        })
        .await;
}

/// Sweeps again and again; comes back when the link turns out to be of another account.
async fn keep(engine: &Engine, link: &Arc<Link>) {
    let mut failures = 0_usize;
    let mut left_over = Wants::default();
    let mut tried = Tried {
        since: engine.now(),
        ..Tried::default()
    };
    let only_wanted = engine.config().duties == Duties::Reading;
    loop {
        // What nobody wants is not begun: the process may end at any moment.
        if only_wanted && !left_over.include_somebodys() {
            engine.until_wanted().await;
        }
        let wants = engine.take_wants(std::mem::take(&mut left_over));
        let agenda = match Agenda::now(engine, link, &tried, &wants).await {
            Ok(agenda) => agenda,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the settings of reading cannot be read");
                Agenda::nothing()
            }
        };
        if agenda.is_empty() {
            tokio::select! {
                () = engine.until_wanted() => {}
                () = engine.0.schedule_changed.notified() => {}
                () = tokio::time::sleep(agenda.next) => {}
            }
            continue;
        }
        show(
            engine,
            &SyncProgress {
                doing: "mailboxes, users and tags".to_owned(),
                ..SyncProgress::default()
            },
        );
        let swept = sweep(engine, link, &agenda, &mut tried).await;
        engine.0.sync.send_replace(None);
        engine.tell(Live::Status);
        engine.wake_rules();
        let (pause, ended) = match swept {
            Ok(Swept::Elsewhere) => {
                engine.want_again(wants);
                return;
            }
            Ok(Swept::All) => {
                failures = 0;
                let trouble = words::closed_to_us(&engine.mirror().closed_to_us());
                engine.set_trouble(trouble.clone());
                (None, Ended::Read(trouble))
            }
            Err(SyncError::SomebodyGoesFirst) => {
                left_over = wants;
                continue;
            }
            Err(SyncError::Store(error)) => {
                tracing::error!(error = %chain(&error), "the mirror could not be written");
                failures += 1;
                after_trouble(engine, words::storage(&error), failures)
            }
            Err(SyncError::Hiver(error)) => {
                tracing::warn!(error = %chain(&error), "reading from Hiver failed");
                failures += 1;
                after_trouble(engine, words::trouble(&error), failures)
            }
            Err(SyncError::Trouble(trouble)) => {
                tracing::warn!(trouble = trouble.message, "reading from Hiver failed");
                failures += 1;
                after_trouble(engine, trouble, failures)
            }
        };
        left_over = wants.tell(&ended);
        match pause {
            None => {}
            Some(Pause::For(pause)) => {
                tokio::select! {
                    () = engine.until_wanted() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
            Some(Pause::UntilWanted) => engine.until_wanted().await,
        }
    }
}

/// How long to wait after trouble.
enum Pause {
    For(Duration),
    /// A person has to mend it, and to ask.
    UntilWanted,
}

/// Shows what is wrong; how long to wait before the next try.
fn after_trouble(engine: &Engine, trouble: Trouble, failures: usize) -> (Option<Pause>, Ended) {
    // Trying a refused key again and again may get it locked: only a person starts that.
    let pause = if trouble.about_key {
        Pause::UntilWanted
    } else {
        Pause::For(pause(engine, failures))
    };
    engine.set_trouble(Some(trouble.clone()));
    (Some(pause), Ended::Failed(trouble))
}

fn pause(engine: &Engine, failures: usize) -> Duration {
    engine.patience().of(Duration::from_secs(
        PAUSES[failures.clamp(1, PAUSES.len()) - 1],
    ))
}

/// Reads what is on the agenda.
async fn sweep(
    engine: &Engine,
    link: &Arc<Link>,
    agenda: &Agenda,
    tried: &mut Tried,
) -> Result<Swept, SyncError> {
    let connection = link.connection.id;
    if agenda.directory {
        let asked_at = engine.now();
        if read_directory(engine, link).await?.is_none() {
            return Ok(Swept::Elsewhere);
        }
        tried.directory = Some(asked_at);
    }
    let mut lists = agenda.lists(engine);
    let mut sweep = Sweep::new(engine, link, Lane::Sync);
    let mut read: HashSet<ListKey> = HashSet::new();
    let mut refused: HashSet<MailboxId> = HashSet::new();
    let mut looks = Looks::new(connection);
    // What is read in place of looking up what vanished is read in a second round.
    for round in 0..2 {
        sweep.progress.lists += u32::try_from(lists.len()).unwrap_or(u32::MAX);
        for (mailbox, key, spending) in std::mem::take(&mut lists) {
            tried.lists.insert(key.clone(), engine.now());
            if refused.contains(&mailbox.id) {
                continue;
            }
            match sweep.read_list(&mailbox, &key.status, spending).await {
                Ok(seen) => {
                    tried.vanished.extend(missing(engine, &key, &seen));
                    note_read(engine, connection, &key, seen.read).await?;
                    looks.list_read(&key.mailbox, &key.status);
                    if key.status == Status::Closed {
                        looks
                            .note_closed(engine, &key.mailbox, seen.read.at)
                            .await?;
                    }
                    read.insert(key);
                }
                Err(SyncError::Hiver(error)) if concerns_only_this(&error) => {
                    tracing::warn!(mailbox = %mailbox.id, error = %chain(&error), "a mailbox may not be read");
                    engine.mirror().set_closed_to_us(connection, &mailbox.id);
                    refused.insert(mailbox.id);
                }
                Err(error) => return Err(error),
            }
            sweep.progress.lists_done += 1;
        }
        still_missing(engine, &mut tried.vanished);
        if round == 0 {
            let instead = cheaper_to_read(engine, &tried.vanished, |key| read.contains(key));
            lists = with_mailboxes(engine, instead, Spending::OfTheShare);
        }
    }
    sweep.look_after(&mut tried.vanished).await?;
    let settled = tried.vanished.is_empty();
    looks
        .note_open(engine, settled, agenda.open_every())
        .await?;
    if !read.is_empty() {
        tracing::info!(
            lists = read.len(),
            conversations = sweep.progress.conversations,
            "read from Hiver"
        );
    }
    Ok(Swept::All)
}

/// Notes that a list was read to its end.
async fn note_read(
    engine: &Engine,
    connection: ConnectionId,
    list: &ListKey,
    read: ListRead,
) -> Result<(), SyncError> {
    engine.store().finish_list(connection, list, read).await?;
    if let Some(at) = engine.mirror().note_read(connection, list, read) {
        engine
            .store()
            .set_synced(connection, &list.mailbox, at)
            .await?;
    }
    Ok(())
}

/// Whether an error is about one mailbox or conversation alone: the rest can be read.
fn concerns_only_this(error: &hiver::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Forbidden { .. } | ErrorKind::NotFound { .. } | ErrorKind::BadRequest { .. }
    )
}

fn show(engine: &Engine, progress: &SyncProgress) {
    engine.0.sync.send_replace(Some(progress.clone()));
    engine.tell(Live::Status);
}

/// An error with all its causes, for the log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
