//! The mirror in memory: what pages are drawn from and plans are made against.
//!
//! The database holds the same rows; this copy exists because a filter must look at every subject, and
//! because no page may wait for a disk that a run is writing to.

mod journal;
mod saving;
mod shared;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use store::{ConnectionId, ListKey, ListRead, MailboxState, Store, StoredDirectory, StoredMirror};
use triage::fold;
use triage::model::{
    Assignee, Conversation, ConversationId, Directory, Extras, Mailbox, MailboxId, Status, Tag,
    TagId, User, UserId,
};

use self::journal::Journal;
use self::shared::SharedIds;
use crate::live::Seen;

/// A conversation with its subject folded for matching.
#[derive(Debug)]
pub struct Row {
    /// The conversation.
    pub conversation: Conversation,
    /// Its subject without case and accents; empty where there is none.
    pub folded: Box<str>,
    /// When we last wrote to it ourselves: what was asked before that is older than what we know.
    written_at: Option<i64>,
}

/// Everything mirrored of one connection.
#[derive(Debug, Default)]
pub struct MirrorState {
    /// The connection that all of it is of. What comes in for another one, from a link that was just replaced, is
    /// not taken in.
    connection: Option<ConnectionId>,
    /// Mailboxes that are read, users and tags, by name and id.
    pub directory: Directory,
    /// Mailboxes that Hiver lists and an admin left out.
    pub left_out: Vec<Mailbox>,
    /// The last complete reading of each list.
    pub lists: HashMap<ListKey, ListRead>,
    /// When each mailbox had last been read to the end: its open and pending conversations, where the closed ones were
    /// read at least once.
    pub synced: HashMap<MailboxId, i64>,
    /// Mailboxes that Hiver lists but does not let us read.
    pub closed_to_us: HashSet<MailboxId>,
    /// All conversations. Each has its own place in memory: the table, a third of which is empty, stays small, and
    /// so does what it takes to make it larger.
    pub rows: HashMap<ConversationId, Box<Row>>,
    ids: SharedIds,
    /// Those that could not be written to the database as they are here.
    unsaved: HashSet<ConversationId>,
    /// What they were before.
    journal: Journal,
}

impl MirrorState {
    /// Reads a mirror from the database, part by part: all of it at once would take much more memory than is needed
    /// afterwards.
    pub(crate) async fn read(
        store: &Store,
        connection: ConnectionId,
    ) -> Result<Self, store::Error> {
        let mut state = Self::of(connection, store.directory(connection).await?);
        let mut after = None;
        loop {
            let part = store
                .conversations_after(connection, after.as_ref())
                .await?;
            let Some(last) = part.last() else {
                return Ok(state);
            };
            after = Some(last.id.clone());
            state.add(part);
        }
    }

    /// The mirror of a connection without conversations.
    fn of(connection: ConnectionId, stored: StoredDirectory) -> Self {
        let mut state = Self {
            connection: Some(connection),
            ..Self::default()
        };
        for MailboxState { mailbox, synced_at } in stored.mailboxes {
            if let Some(at) = synced_at {
                state.synced.insert(mailbox.id.clone(), at);
            }
            state.directory.mailboxes.push(mailbox);
        }
        state.lists = stored.lists.into_iter().collect();
        state.directory.users = stored.users;
        state.directory.tags = stored.tags;
        state
    }

    /// Takes in conversations that the database holds.
    fn add(&mut self, stored: Vec<Conversation>) {
        self.rows.reserve(stored.len());
        for conversation in stored {
            self.keep(conversation, None);
        }
    }

    fn keep(&mut self, mut conversation: Conversation, written_at: Option<i64>) {
        self.ids.settle(&mut conversation);
        self.rows
            .insert(conversation.id.clone(), row(conversation, written_at));
    }

    /// The connection whose mirror this is.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.connection
    }

    /// Forgets the conversations of some mailboxes.
    fn forget_where(&mut self, is_gone: impl Fn(&MailboxId) -> bool) {
        let journal = &mut self.journal;
        self.rows.retain(|id, row| {
            let gone = row.conversation.mailbox.as_ref().is_some_and(&is_gone);
            if gone {
                journal.note(id.clone(), Some(row.conversation.clone()));
            }
            !gone
        });
    }

    /// Takes in what Hiver lists, apart from what is left out.
    fn list(&mut self, listed: Vec<Mailbox>, left_out: &BTreeSet<MailboxId>) {
        let (out, read): (Vec<_>, Vec<_>) = listed
            .into_iter()
            .partition(|mailbox| left_out.contains(&mailbox.id));
        let is_read = |id: &MailboxId| read.iter().any(|mailbox| mailbox.id == *id);
        self.synced.retain(|id, _| is_read(id));
        self.closed_to_us.retain(&is_read);
        self.lists.retain(|key, _| is_read(&key.mailbox));
        self.directory.mailboxes = read;
        self.left_out = out;
    }

    /// The names of the fields that Hiver sends beside those that every contract names, in order.
    #[must_use]
    pub fn extra_fields(&self) -> Vec<String> {
        self.ids.extra_fields()
    }

    /// The latest change of a conversation.
    pub(crate) fn seen(&self) -> Seen {
        self.journal.latest()
    }

    /// What every conversation that changed after `seen` was at that time; nothing where that is not known.
    pub(crate) fn before(
        &self,
        seen: Seen,
    ) -> Option<HashMap<&ConversationId, Option<&Conversation>>> {
        self.journal.since(seen)
    }

    /// How old the oldest part of the mirror is: the time of its least fresh mailbox; nothing while one has
    /// not been read to the end. Mailboxes that we may not read do not count.
    #[must_use]
    pub fn as_of(&self) -> Option<i64> {
        let readable = self
            .directory
            .mailboxes
            .iter()
            .filter(|mailbox| !self.closed_to_us.contains(&mailbox.id));
        readable
            .map(|mailbox| self.synced.get(&mailbox.id).copied())
            .min()
            .flatten()
    }
}

/// The mirror; shared by everything that reads it.
#[derive(Debug, Default)]
pub struct Mirror {
    state: RwLock<MirrorState>,
}

/// A conversation as Hiver just sent it, before it is compared with what we knew.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    /// Hiver's id.
    pub id: ConversationId,
    /// The mailbox, from the row or from the list that was asked for.
    pub mailbox: Option<MailboxId>,
    /// The subject line.
    pub subject: Option<String>,
    /// The status, from the row or from the list that was asked for.
    pub status: Option<Status>,
    /// Who it is assigned to.
    pub assignee: Assignee,
    /// Its tags; nothing where Hiver did not send them, or sent one that the directory does not know.
    pub tags: Option<Vec<TagId>>,
    /// What else Hiver says of it.
    pub extras: Extras,
    /// Hiver's time of creation.
    pub created_at: Option<i64>,
    /// Hiver's time of the last change.
    pub updated_at: Option<i64>,
}

impl Mirror {
    /// Replaces everything by what the database holds.
    pub fn load(&self, connection: ConnectionId, stored: StoredMirror) {
        let mut state = MirrorState::of(connection, stored.directory);
        state.add(stored.conversations);
        self.replace(state);
    }

    /// Replaces everything.
    pub(crate) fn replace(&self, state: MirrorState) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Looks at the mirror. Hold the guard briefly: writers wait.
    pub fn read(&self) -> RwLockReadGuard<'_, MirrorState> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection whose mirror this is.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.read().connection
    }

    /// The state, to be changed on behalf of a connection; nothing when the mirror is of another one.
    fn write(&self, connection: ConnectionId) -> Option<RwLockWriteGuard<'_, MirrorState>> {
        let state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        (state.connection == Some(connection)).then_some(state)
    }

    /// The mailboxes that Hiver lists now.
    pub(crate) fn set_mailboxes(&self, connection: ConnectionId, listed: Vec<Mailbox>) {
        let Some(mut state) = self.write(connection) else {
            return;
        };
        let left_out: BTreeSet<MailboxId> =
            state.left_out.iter().map(|one| one.id.clone()).collect();
        state.list(listed, &left_out);
    }

    /// Mailboxes that an admin leaves out from now on: what is mirrored of them is forgotten.
    pub(crate) fn leave_out(&self, connection: ConnectionId, left_out: &BTreeSet<MailboxId>) {
        if let Some(mut state) = self.write(connection) {
            let state = &mut *state;
            let mut listed = std::mem::take(&mut state.directory.mailboxes);
            listed.append(&mut state.left_out);
            state.list(listed, left_out);
            if !left_out.is_empty() {
                state.forget_where(|mailbox| left_out.contains(mailbox));
            }
        }
    }

    /// The users that Hiver lists now.
    pub(crate) fn set_users(&self, connection: ConnectionId, listed: Vec<User>) {
        if let Some(mut state) = self.write(connection) {
            state.directory.users = listed;
        }
    }

    /// The tags that Hiver lists now.
    pub(crate) fn set_tags(&self, connection: ConnectionId, listed: Vec<Tag>) {
        if let Some(mut state) = self.write(connection) {
            state.directory.tags = listed;
        }
    }

    /// Whether an admin left a mailbox out.
    pub(crate) fn leaves_out(&self, mailbox: Option<&MailboxId>) -> bool {
        let state = self.read();
        state.left_out.iter().any(|one| Some(&one.id) == mailbox)
    }

    /// Forgets what is mirrored of a mailbox that Hiver no longer lists.
    pub(crate) fn forget_mailbox(&self, connection: ConnectionId, mailbox: &MailboxId) {
        if let Some(mut state) = self.write(connection) {
            state.forget_where(|one| one == mailbox);
        }
    }

    /// A list was read to its end. Returns since when its whole mailbox is known, where it is.
    pub(crate) fn note_read(
        &self,
        connection: ConnectionId,
        list: &ListKey,
        read: ListRead,
    ) -> Option<i64> {
        let mut state = self.write(connection)?;
        state.closed_to_us.remove(&list.mailbox);
        state.lists.insert(list.clone(), read);
        let read_at = |status: Status| {
            let key = ListKey {
                mailbox: list.mailbox.clone(),
                status,
            };
            state.lists.get(&key).map(|read| read.at)
        };
        read_at(Status::Closed)?;
        let at = read_at(Status::Open)?.min(read_at(Status::Pending)?);
        state.synced.insert(list.mailbox.clone(), at);
        Some(at)
    }

    /// Hiver does not let us read a mailbox.
    pub(crate) fn set_closed_to_us(&self, connection: ConnectionId, mailbox: &MailboxId) {
        if let Some(mut state) = self.write(connection) {
            state.closed_to_us.insert(mailbox.clone());
        }
    }

    /// The names of the mailboxes that Hiver does not let us read, in its order.
    pub(crate) fn closed_to_us(&self) -> Vec<String> {
        let state = self.read();
        let mailboxes = state.directory.mailboxes.iter();
        mailboxes
            .filter(|mailbox| state.closed_to_us.contains(&mailbox.id))
            .map(|mailbox| mailbox.name.clone())
            .collect()
    }

    /// Takes in what Hiver sent; returns the conversations that are new or differ from what we knew.
    /// Rows that we wrote to since `asked_at` stay: the answer may be older than the write.
    pub(crate) fn absorb(
        &self,
        connection: ConnectionId,
        sightings: Vec<Sighting>,
        asked_at: i64,
        now: i64,
    ) -> Vec<Conversation> {
        let Some(mut state) = self.write(connection) else {
            return Vec::new();
        };
        let mut changed = Vec::new();
        for sighting in sightings {
            let mailbox = sighting.mailbox.as_ref();
            if state.left_out.iter().any(|one| Some(&one.id) == mailbox) {
                continue;
            }
            let known = state.rows.get(&sighting.id);
            if known
                .and_then(|row| row.written_at)
                .is_some_and(|written_at| written_at >= asked_at)
            {
                continue;
            }
            let merged = merge(known.map(|row| &row.conversation), sighting, now);
            let owed = state.unsaved.remove(&merged.id);
            let known = state.rows.get(&merged.id);
            if known.is_some_and(|row| row.conversation == merged) {
                if owed {
                    changed.push(merged);
                }
            } else {
                changed.push(merged.clone());
                let written_at = known.and_then(|row| row.written_at);
                let before = known.map(|row| row.conversation.clone());
                state.journal.note(merged.id.clone(), before);
                state.keep(merged, written_at);
            }
        }
        changed
    }

    /// What was taken in could not be written to the database: it is tried again when it is next seen.
    pub(crate) fn owe(&self, connection: ConnectionId, changed: &[Conversation]) {
        if let Some(mut state) = self.write(connection) {
            let ids = changed.iter().map(|one| one.id.clone());
            state.unsaved.extend(ids);
        }
    }

    /// Changes a conversation that we just wrote to; returns it as it is now.
    pub(crate) fn apply(
        &self,
        connection: ConnectionId,
        id: &ConversationId,
        now: i64,
        change: impl FnOnce(&mut Conversation),
    ) -> Option<Conversation> {
        let mut state = self.write(connection)?;
        let row = state.rows.get_mut(id)?;
        let before = row.conversation.clone();
        change(&mut row.conversation);
        row.written_at = Some(now);
        let differs = row.conversation != before;
        if differs {
            row.conversation.last_changed = now;
            // Hiver's own time is older than this change now, until Hiver tells a new one.
            row.conversation.updated_at = None;
        }
        let after = row.conversation.clone();
        if differs {
            state.journal.note(id.clone(), Some(before));
        }
        Some(after)
    }

    /// A conversation is no longer in the list of a status, and Hiver does not say where it is now: its status is
    /// unknown. Returns it, if that is news.
    pub(crate) fn unlist(
        &self,
        connection: ConnectionId,
        id: &ConversationId,
        status: &Status,
        asked_at: i64,
        now: i64,
    ) -> Option<Conversation> {
        let mut state = self.write(connection)?;
        let row = state.rows.get_mut(id)?;
        let written_since = row
            .written_at
            .is_some_and(|written_at| written_at >= asked_at);
        if written_since || row.conversation.status.as_ref() != Some(status) {
            return None;
        }
        let before = row.conversation.clone();
        row.conversation.status = None;
        row.conversation.last_changed = now;
        let after = row.conversation.clone();
        state.journal.note(id.clone(), Some(before));
        Some(after)
    }

    /// Forgets conversations that Hiver no longer has.
    pub(crate) fn forget(&self, connection: ConnectionId, gone: &[ConversationId]) {
        let Some(mut state) = self.write(connection) else {
            return;
        };
        for id in gone {
            if let Some(row) = state.rows.remove(id) {
                state.journal.note(id.clone(), Some(row.conversation));
            }
        }
    }
}

/// The user whom a row means: by id, else the only one of that name.
#[must_use]
pub(crate) fn resolve_user(
    directory: &Directory,
    id: Option<UserId>,
    name: Option<String>,
) -> Assignee {
    if let Some(id) = id {
        let known = directory.user(&id).map(|user| user.name.clone());
        return Assignee::User {
            id: Some(id),
            name: known.or(name),
        };
    }
    let Some(name) = name else {
        return Assignee::Unknown;
    };
    let mut named = directory.users.iter().filter(|user| user.name == name);
    let id = match (named.next(), named.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    };
    Assignee::User {
        id,
        name: Some(name),
    }
}

fn merge(known: Option<&Conversation>, sighting: Sighting, now: i64) -> Conversation {
    let mut merged = Conversation {
        // The id that the row is found by: kept once.
        id: known.map_or(sighting.id, |known| known.id.clone()),
        mailbox: sighting
            .mailbox
            .or_else(|| known.and_then(|known| known.mailbox.clone())),
        subject: sighting.subject,
        status: sighting
            .status
            .or_else(|| known.and_then(|known| known.status.clone())),
        assignee: sighting.assignee,
        // Tags that were not sent are not known any more: what they once were must never pass for "already so".
        tags: sighting.tags,
        // As with tags: what was not sent is not known any more.
        extras: sighting.extras,
        created_at: sighting
            .created_at
            .or_else(|| known.and_then(|known| known.created_at)),
        updated_at: sighting
            .updated_at
            .or_else(|| known.and_then(|known| known.updated_at)),
        first_seen: known.map_or(now, |known| known.first_seen),
        last_changed: known.map_or(now, |known| known.last_changed),
    };
    if known.is_some_and(|known| *known != merged) {
        merged.last_changed = now;
    }
    merged
}

fn row(conversation: Conversation, written_at: Option<i64>) -> Box<Row> {
    let folded = conversation
        .subject
        .as_deref()
        .map(fold)
        .unwrap_or_default();
    Box::new(Row {
        conversation,
        folded: folded.into_boxed_str(),
        written_at,
    })
}
