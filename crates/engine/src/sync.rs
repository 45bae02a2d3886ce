//! Reading from Hiver: everything once, then what may have changed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use hiver::{ConversationQuery, ErrorKind, Lane, SkippedRow};
use triage::model::{ConversationId, Mailbox, MailboxId, Status};

use crate::link::{Adopted, Link};
use crate::live::Live;
use crate::status::{SyncProgress, Trouble};
use crate::{Engine, map, words};

/// How often open and pending conversations are read again.
const OPEN_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often closed ones are.
const CLOSED_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// The share of a day's requests that sweeps may use, where there is a limit.
const SHARE_OF_DAY: f64 = 0.3;
/// Conversations that vanished from a list are looked up one by one, at most so many per list.
const LOOK_UPS: usize = 50;
/// The pauses between tries while Hiver has trouble.
const PAUSES: [u64; 5] = [2, 5, 15, 30, 60];

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
    let mut asked = false;
    loop {
        let swept = sweep(engine, link, asked).await;
        engine.0.sync.send_replace(None);
        engine.tell(Live::Status);
        let pause = match swept {
            Ok(Swept::Elsewhere) => return,
            Ok(Swept::All { closed_to_us }) => {
                failures = 0;
                engine.set_trouble(words::closed_to_us(&closed_to_us));
                next_sweep(engine)
            }
            Err(SyncError::Store(error)) => {
                tracing::error!(error = %chain(&error), "the mirror could not be written");
                failures += 1;
                Some(pause(engine, failures))
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
        asked = tokio::select! {
            () = engine.0.refresh.notified() => true,
            () = wait(pause) => false,
        };
    }
}

/// Shows what is wrong; how long to wait before the next try, if there is one.
fn after_trouble(engine: &Engine, trouble: Trouble, failures: usize) -> Option<Duration> {
    // Trying a refused key again and again may get it locked: only a person starts that.
    let pause = (!trouble.about_key).then(|| pause(engine, failures));
    engine.set_trouble(Some(trouble));
    pause
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
async fn sweep(engine: &Engine, link: &Arc<Link>, asked: bool) -> Result<Swept, SyncError> {
    let connection = link.connection.id;
    let Some(mailboxes) = read_directory(engine, link).await? else {
        return Ok(Swept::Elsewhere);
    };
    let lists = due(engine, connection, &mailboxes, asked).await?;
    let mut progress = SyncProgress {
        lists: u32::try_from(lists.len()).unwrap_or(u32::MAX),
        ..SyncProgress::default()
    };
    let started = engine.now();
    let mut closed_to_us: Vec<&Mailbox> = Vec::new();
    let mut vanished = Vec::new();
    for (position, (mailbox, status)) in lists.iter().enumerate() {
        progress.doing = format!("{}, {status}", mailbox.name);
        show(engine, &progress);
        match read_list(engine, link, mailbox, status, &mut progress).await {
            Ok(seen) => vanished.extend(missing(engine, mailbox, status, started, &seen)),
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
        }
    }
    for gone in vanished {
        look_after(engine, link, gone).await?;
    }
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

/// Reads mailboxes, users and tags; nothing when the link is of another account and therefore over.
async fn read_directory(
    engine: &Engine,
    link: &Arc<Link>,
) -> Result<Option<Vec<Mailbox>>, SyncError> {
    let connection = link.connection.id;
    let on = link.hiver.on(Lane::Sync);
    let known = || engine.mirror().read().directory.clone();

    let mailboxes = on.mailboxes().collect_all().await?;
    report(&mailboxes.skipped, "mailboxes");
    let skipped = !mailboxes.skipped.is_empty();
    let listed: Vec<Mailbox> = mailboxes.items.into_iter().map(map::mailbox).collect();
    match engine.adopt(link, &listed).await? {
        Adopted::Here => {}
        Adopted::Elsewhere => return Ok(None),
        Adopted::NothingToSee => return Err(SyncError::Trouble(words::nothing_to_see())),
    }
    engine.set_trouble(None);
    let mailboxes = keep_unread(listed, known().mailboxes, skipped, |one| one.id.as_str());
    engine
        .store()
        .save_mailboxes(connection, &mailboxes)
        .await?;
    engine.mirror().set_mailboxes(connection, mailboxes.clone());

    let users = on.users().collect_all().await?;
    report(&users.skipped, "users");
    let skipped = !users.skipped.is_empty();
    let listed = users.items.into_iter().map(map::user).collect();
    let users = keep_unread(listed, known().users, skipped, |one| one.id.as_str());
    engine.store().save_users(connection, &users).await?;
    engine.mirror().set_users(connection, users);

    let tags = on.tags().collect_all().await?;
    report(&tags.skipped, "tags");
    let skipped = !tags.skipped.is_empty();
    let listed = tags.items.into_iter().map(map::tag).collect();
    let tags = keep_unread(listed, known().tags, skipped, |one| one.id.as_str());
    engine.store().save_tags(connection, &tags).await?;
    engine.mirror().set_tags(connection, tags);
    engine.tell(Live::Mirror);
    Ok(Some(mailboxes))
}

fn report(skipped: &[SkippedRow], list: &str) {
    for row in skipped {
        tracing::warn!(
            list,
            row = row.index,
            reason = row.reason,
            "a row could not be read and was skipped"
        );
    }
}

/// What is listed, each once. Where rows could not be read, what was known may be among them and stays.
fn keep_unread<T>(listed: Vec<T>, known: Vec<T>, skipped: bool, id: impl Fn(&T) -> &str) -> Vec<T> {
    let mut ids = HashSet::new();
    let candidates = listed
        .into_iter()
        .chain(known.into_iter().filter(|_| skipped));
    candidates
        .filter(|one| ids.insert(id(one).to_owned()))
        .collect()
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

/// Reads one list page by page into the mirror; returns what was in it.
async fn read_list(
    engine: &Engine,
    link: &Arc<Link>,
    mailbox: &Mailbox,
    status: &Status,
    progress: &mut SyncProgress,
) -> Result<Seen, SyncError> {
    let query = ConversationQuery {
        mailbox: Some(mailbox.id.as_str().into()),
        status: Some(map::hiver_status(status)),
        ..ConversationQuery::default()
    };
    let mut seen = Seen {
        ids: HashSet::new(),
        whole: true,
    };
    let mut asked_at = engine.now();
    let mut pages = link
        .hiver
        .on(Lane::Sync)
        .conversations(query.clone())
        .pages();
    while let Some(page) = pages.try_next().await? {
        report(&page.skipped, "conversations");
        seen.whole &= page.skipped.is_empty();
        progress.conversations += u32::try_from(page.items.len()).unwrap_or(0);
        let sightings = {
            let mirror = engine.mirror().read();
            page.items
                .into_iter()
                .map(|mut row| {
                    query.complete(&mut row);
                    map::sighting(row, &mirror.directory)
                })
                .inspect(|one| {
                    seen.ids.insert(one.id.clone());
                })
                .collect()
        };
        let changed = engine
            .mirror()
            .absorb(link.connection.id, sightings, asked_at, engine.now());
        if !changed.is_empty() {
            engine
                .store()
                .save_conversations(link.connection.id, &changed)
                .await?;
            engine.tell(Live::Mirror);
        }
        show(engine, progress);
        asked_at = engine.now();
    }
    Ok(seen)
}

/// A conversation that is no longer in the list where the mirror has it.
struct Vanished {
    id: ConversationId,
    mailbox: MailboxId,
    status: Status,
    /// Every row of the list could be read: it is not among those that could not.
    surely: bool,
}

/// What was in a list.
struct Seen {
    ids: HashSet<ConversationId>,
    /// Whether every row could be read.
    whole: bool,
}

/// What the mirror has in a list and Hiver has not. Looked after once all lists are read: most of it turns up in
/// another one.
fn missing(
    engine: &Engine,
    mailbox: &Mailbox,
    status: &Status,
    started: i64,
    seen: &Seen,
) -> Vec<Vanished> {
    let mirror = engine.mirror().read();
    let rows = mirror.rows.values().map(|row| &row.conversation);
    rows.filter(|one| {
        one.mailbox.as_ref() == Some(&mailbox.id) && one.status.as_ref() == Some(status)
    })
    .filter(|one| one.last_changed < started && !seen.ids.contains(&one.id))
    .map(|one| Vanished {
        id: one.id.clone(),
        mailbox: mailbox.id.clone(),
        status: status.clone(),
        surely: seen.whole,
    })
    .take(LOOK_UPS)
    .collect()
}

/// Finds out what became of a conversation that is no longer where it was.
async fn look_after(engine: &Engine, link: &Arc<Link>, gone: Vanished) -> Result<(), SyncError> {
    let stays = engine.mirror().conversation(&gone.id).is_some_and(|now| {
        now.mailbox.as_ref() == Some(&gone.mailbox) && now.status.as_ref() == Some(&gone.status)
    });
    if !stays {
        return Ok(());
    }
    let asked_at = engine.now();
    match look_up(engine, link, &gone.id, Lane::Sync).await {
        Ok(None) if gone.surely => {
            let connection = link.connection.id;
            let unlisted =
                engine
                    .mirror()
                    .unlist(connection, &gone.id, &gone.status, asked_at, engine.now());
            if let Some(unlisted) = unlisted {
                engine
                    .store()
                    .save_conversations(connection, &[unlisted])
                    .await?;
                engine.tell(Live::Mirror);
            }
        }
        Ok(_) => {}
        Err(SyncError::Hiver(error))
            if !error.is_passing() && !matches!(error.kind(), ErrorKind::Unauthorized { .. }) =>
        {
            tracing::warn!(conversation = %gone.id, error = %chain(&error), "a conversation could not be looked up");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn show(engine: &Engine, progress: &SyncProgress) {
    engine.0.sync.send_replace(Some(progress.clone()));
    engine.tell(Live::Status);
}

/// Reads one conversation, and returns the status that Hiver gave. Forgets it where Hiver no longer has it, or no
/// longer lets us see it.
async fn look_up(
    engine: &Engine,
    link: &Arc<Link>,
    id: &ConversationId,
    lane: Lane,
) -> Result<Option<Status>, SyncError> {
    let connection = link.connection.id;
    let asked_at = engine.now();
    let status = match link.hiver.on(lane).conversation(&id.as_str().into()).await {
        Ok(row) => {
            let sighting = map::sighting(row, &engine.mirror().read().directory);
            let status = sighting.status.clone();
            let changed =
                engine
                    .mirror()
                    .absorb(connection, vec![sighting], asked_at, engine.now());
            engine
                .store()
                .save_conversations(connection, &changed)
                .await?;
            status
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound { .. } | ErrorKind::Forbidden { .. }
            ) =>
        {
            engine
                .store()
                .forget_conversations(connection, std::slice::from_ref(id))
                .await?;
            engine.mirror().forget(connection, std::slice::from_ref(id));
            None
        }
        Err(error) => return Err(error.into()),
    };
    engine.tell(Live::Mirror);
    Ok(status)
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
        match look_up(self, &link, id, Lane::Click).await {
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
