//! Reading from Hiver: everything once, then what may have changed.

mod directory;
mod lists;
mod wanted;

use std::sync::Arc;
use std::time::Duration;

use hiver::{ErrorKind, Lane};
use triage::model::{ConversationId, Mailbox, MailboxId, Status};

use self::directory::read_directory;
pub(crate) use self::lists::look_up;
use self::lists::{LOOK_UPS, look_after, missing, read_list};
pub(crate) use self::wanted::Wanted;
use self::wanted::{Ended, Wants};
use crate::history::Looks;
use crate::link::Link;
use crate::live::Live;
use crate::status::{SyncProgress, Trouble};
use crate::{Duties, Engine, words};

/// How often open and pending conversations are read again.
const OPEN_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often closed ones are.
const CLOSED_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// The share of a day's requests that sweeps may use, where there is a limit.
const SHARE_OF_DAY: f64 = 0.3;
/// The pauses between tries while Hiver has trouble.
pub(crate) const PAUSES: [u64; 5] = [2, 5, 15, 30, 60];

/// Why a conversation could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Hiver did not give it; in words for the screen.
    #[error("{0}")]
    Hiver(String),
    /// The mirror could not be written.
    #[error("the mirror could not be written")]
    Store(#[from] store::Error),
}

pub(crate) enum SyncError {
    Hiver(hiver::Error),
    /// Hiver answers, but not with what can be used.
    Trouble(Trouble),
    Store(store::Error),
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
    /// All that was due and may be read was read; these mailboxes may not.
    All { closed_to_us: Vec<String> },
    /// The link is of another account and therefore over.
    Elsewhere,
}

/// Keeps the mirror of whatever link is in use, until the engine stops.
pub(crate) async fn work(engine: Engine) {
    let mut links = engine.0.link.subscribe();
    loop {
        let link = links.borrow_and_update().clone();
        let Some(link) = link else {
            tokio::select! {
                () = engine.0.stop.cancelled() => return,
                changed = links.changed() => if changed.is_err() { return },
            }
            continue;
        };
        tokio::select! {
            // The end of the engine is also the end of the link, and must not be taken for a replacement: nothing
            // leaves after it.
            biased;
            () = engine.0.stop.cancelled() => return,
            () = link.stop.cancelled() => {}
            () = keep(&engine, &link) => {}
        }
        engine.0.sync.send_replace(None);
    }
}

/// Sweeps again and again; comes back when the link turns out to be of another account.
async fn keep(engine: &Engine, link: &Arc<Link>) {
    let mut failures = 0_usize;
    let mut left_over = Wants::default();
    if engine.config().duties == Duties::Reading {
        engine.until_wanted().await;
    }
    loop {
        show(
            engine,
            &SyncProgress {
                doing: "mailboxes, users and tags".to_owned(),
                ..SyncProgress::default()
            },
        );
        let wants = engine.take_wants(left_over);
        let swept = sweep(engine, link, &wants).await;
        engine.0.sync.send_replace(None);
        engine.tell(Live::Status);
        let (pause, ended) = match swept {
            Ok(Swept::Elsewhere) => {
                engine.want_again(wants);
                return;
            }
            Ok(Swept::All { closed_to_us }) => {
                failures = 0;
                let trouble = words::closed_to_us(&closed_to_us);
                engine.set_trouble(trouble.clone());
                (next_sweep(engine), Ended::Read(trouble))
            }
            Err(SyncError::Store(error)) => {
                tracing::error!(error = %chain(&error), "the mirror could not be written");
                failures += 1;
                let pause = pause(engine, failures);
                (Some(pause), Ended::Failed(words::storage(&error)))
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
        tokio::select! {
            () = engine.until_wanted() => {}
            () = wait(pause) => {}
        }
    }
}

/// Shows what is wrong; how long to wait before the next try, if there is one.
fn after_trouble(engine: &Engine, trouble: Trouble, failures: usize) -> (Option<Duration>, Ended) {
    // Trying a refused key again and again may get it locked: only a person starts that.
    let pause = (!trouble.about_key).then(|| pause(engine, failures));
    engine.set_trouble(Some(trouble.clone()));
    (pause, Ended::Failed(trouble))
}

fn pause(engine: &Engine, failures: usize) -> Duration {
    engine.patience().of(Duration::from_secs(
        PAUSES[failures.clamp(1, PAUSES.len()) - 1],
    ))
}

async fn wait(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// When open conversations are due again: every ten minutes, less often where the day's limit is tight.
fn next_sweep(engine: &Engine) -> Option<Duration> {
    let open = engine
        .mirror()
        .read()
        .rows
        .values()
        .filter(|row| !matches!(row.conversation.status, Some(Status::Closed)))
        .count();
    let mailboxes = engine.mirror().read().directory.mailboxes.len();
    let requests = (open.div_ceil(100) + 2 * mailboxes + 3) as f64;
    let stretched = engine.config().requests_per_day.map_or(0.0, |per_day| {
        requests * 86_400.0 / (SHARE_OF_DAY * f64::from(per_day.max(1)))
    });
    Some(OPEN_EVERY.max(Duration::from_secs_f64(stretched.min(86_400.0))))
}

/// Reads mailboxes, users, tags and what is due of the conversations.
async fn sweep(engine: &Engine, link: &Arc<Link>, wants: &Wants) -> Result<Swept, SyncError> {
    let connection = link.connection.id;
    let Some(mailboxes) = read_directory(engine, link).await? else {
        return Ok(Swept::Elsewhere);
    };
    let mut lists = match engine.config().duties {
        Duties::All | Duties::Reading if wants.include_all() => {
            due(engine, connection, &mailboxes, wants.include_somebodys()).await?
        }
        Duties::All | Duties::Reading | Duties::ChosenRuns => Vec::new(),
    };
    if engine.config().duties != Duties::ChosenRuns {
        for list in wants
            .mailboxes()
            .flat_map(|only| lists_of(&mailboxes, only))
        {
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
    }
    let mut progress = SyncProgress {
        lists: u32::try_from(lists.len()).unwrap_or(u32::MAX),
        ..SyncProgress::default()
    };
    let started = engine.now();
    let mut closed_to_us: Vec<&Mailbox> = Vec::new();
    let mut vanished = Vec::new();
    let mut looks = Looks::new(connection, started);
    for (position, (mailbox, status)) in lists.iter().enumerate() {
        progress.doing = format!("{}, {status}", mailbox.name);
        show(engine, &progress);
        match read_list(engine, link, mailbox, status, &mut progress).await {
            Ok(seen) => {
                let gone = missing(engine, mailbox, status, started, &seen);
                looks.list_read(&mailbox.id, status, gone.len() < LOOK_UPS);
                vanished.extend(gone);
            }
            Err(SyncError::Hiver(error)) if concerns_only_this(&error) => {
                tracing::warn!(mailbox = %mailbox.id, error = %chain(&error), "a mailbox may not be read");
                engine.mirror().set_closed_to_us(connection, &mailbox.id);
                if !closed_to_us.contains(&mailbox) {
                    closed_to_us.push(mailbox);
                }
            }
            Err(error) => return Err(error),
        }
        progress.lists_done += 1;
        let more_of_it = lists[position + 1..]
            .iter()
            .any(|(later, _)| later.id == mailbox.id);
        if closed_to_us.contains(&mailbox) {
            continue;
        }
        if !more_of_it {
            engine
                .store()
                .set_synced(connection, &mailbox.id, started)
                .await?;
            engine.mirror().set_synced(connection, &mailbox.id, started);
        }
        if *status == Status::Closed {
            engine
                .store()
                .set_setting(&closed_read(connection, &mailbox.id), &started)
                .await?;
            looks.note_closed(engine, &mailbox.id).await?;
        }
    }
    for gone in vanished {
        look_after(engine, link, gone).await?;
    }
    looks.note_open(engine, next_sweep(engine)).await?;
    if !lists.is_empty() {
        tracing::info!(
            lists = lists.len(),
            conversations = progress.conversations,
            "read from Hiver"
        );
    }
    Ok(Swept::All {
        closed_to_us: closed_to_us
            .into_iter()
            .map(|mailbox| mailbox.name.clone())
            .collect(),
    })
}

/// Whether an error is about one mailbox or conversation alone: the rest can be read.
fn concerns_only_this(error: &hiver::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Forbidden { .. } | ErrorKind::NotFound { .. } | ErrorKind::BadRequest { .. }
    )
}

fn closed_read(connection: store::ConnectionId, mailbox: &MailboxId) -> String {
    format!("closed-read:{connection}:{mailbox}")
}

/// The lists to be read: the open ones of all mailboxes first, so that the work is on screen soonest.
async fn due(
    engine: &Engine,
    connection: store::ConnectionId,
    mailboxes: &[Mailbox],
    asked: bool,
) -> Result<Vec<(Mailbox, Status)>, SyncError> {
    let now = engine.now();
    let old = |at: Option<i64>, every: Duration| {
        at.is_none_or(|at| {
            now.saturating_sub(at) >= i64::try_from(every.as_millis()).unwrap_or(i64::MAX)
        })
    };
    let mut lists = Vec::new();
    for status in Status::KNOWN {
        for mailbox in mailboxes {
            let is_due = if status == Status::Closed {
                let read: Option<i64> = engine
                    .store()
                    .setting(&closed_read(connection, &mailbox.id))
                    .await?;
                old(read, CLOSED_EVERY)
            } else {
                let read = engine.mirror().read().synced.get(&mailbox.id).copied();
                asked || old(read, OPEN_EVERY)
            };
            if is_due {
                lists.push((mailbox.clone(), status.clone()));
            }
        }
    }
    Ok(lists)
}

/// All lists of one mailbox.
fn lists_of(mailboxes: &[Mailbox], only: &MailboxId) -> Vec<(Mailbox, Status)> {
    let mailbox = mailboxes.iter().find(|mailbox| mailbox.id == *only);
    mailbox
        .into_iter()
        .flat_map(|mailbox| Status::KNOWN.map(|status| (mailbox.clone(), status)))
        .collect()
}

fn show(engine: &Engine, progress: &SyncProgress) {
    engine.0.sync.send_replace(Some(progress.clone()));
    engine.tell(Live::Status);
}

impl Engine {
    /// Reads one conversation from Hiver again, ahead of everything else.
    ///
    /// # Errors
    /// When Hiver does not give it, or the mirror cannot be written.
    pub async fn refresh_conversation(&self, id: &ConversationId) -> Result<(), RefreshError> {
        let Some(link) = self.link() else {
            return Err(RefreshError::Hiver(
                "No Hiver is connected: an admin sets the key first.".to_owned(),
            ));
        };
        match look_up(self, &link, id, Lane::Click, store::Source::LookedUp).await {
            Ok(_) => Ok(()),
            Err(SyncError::Trouble(trouble)) => Err(RefreshError::Hiver(trouble.message)),
            Err(SyncError::Store(error)) => Err(error.into()),
            Err(SyncError::Hiver(error)) => {
                let trouble = words::trouble(&error);
                Err(RefreshError::Hiver(format!(
                    "{} {}",
                    trouble.message, trouble.remedy
                )))
            }
        }
    }
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
