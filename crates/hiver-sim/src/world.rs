//! The account: its mailboxes, users, tags and conversations, and the lists over them.
//!
//! Knows nothing of HTTP. Conversations are kept in the order of their ids, and every list is read in that
//! order from a position: a conversation that leaves or enters a list never moves the others.

mod removal;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

/// The three states of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Someone has to act.
    Open,
    /// Waiting for the customer.
    Pending,
    /// Done.
    Closed,
}

impl Status {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Open, Self::Pending, Self::Closed];

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Closed => "closed",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What the key may do with a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everything.
    #[default]
    Full,
    /// It is listed, but whatever is in it answers 403.
    Forbidden,
    /// As forbidden, and not listed either.
    Hidden,
}

/// A shared inbox.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) access: Access,
}

/// An agent.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Was deleted. The place stays, because others are known by theirs.
    pub(crate) gone: bool,
}

/// A label.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Was deleted. The place stays, because others are known by theirs.
    pub(crate) gone: bool,
}

/// A thread with a customer. Mailbox, assignee and tags are positions in the account's lists.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: Arc<str>,
    pub(crate) mailbox: u16,
    pub(crate) subject: Option<Arc<str>>,
    pub(crate) status: Status,
    pub(crate) assignee: Option<u16>,
    pub(crate) tags: Vec<u16>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

/// An internal note.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) at_ms: i64,
    /// The request of this process that wrote it; 0 when it was replayed.
    pub(crate) request: u64,
}

/// Which conversations a list shall have.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) mailbox: Option<u16>,
    pub(crate) status: Option<Status>,
    pub(crate) tag: Option<u16>,
}

/// The whole account.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) users: Vec<User>,
    pub(crate) tags: Vec<Tag>,
    conversations: Vec<Conversation>,
    /// Of those that are not gone.
    positions: HashMap<Arc<str>, u32>,
    by_mailbox_and_status: BTreeMap<(u16, Status), BTreeSet<u32>>,
    by_tag: BTreeMap<u16, BTreeSet<u32>>,
    notes: BTreeMap<u32, Vec<Note>>,
    /// How many notes were ever written: the number of the next one.
    pub(crate) note_count: usize,
}

impl World {
    /// An account without conversations.
    pub(crate) fn new(
        seed: u64,
        mailboxes: Vec<Mailbox>,
        users: Vec<User>,
        tags: Vec<Tag>,
    ) -> Self {
        Self {
            seed,
            mailboxes,
            users,
            tags,
            ..Self::default()
        }
    }

    /// Appends a conversation. Its id must be greater than all before it.
    pub(crate) fn push(&mut self, conversation: Conversation) {
        let position = self.next_position();
        self.positions.insert(conversation.id.clone(), position);
        self.set_for(conversation.mailbox, conversation.status)
            .insert(position);
        for tag in &conversation.tags {
            self.by_tag.entry(*tag).or_default().insert(position);
        }
        self.conversations.push(conversation);
    }

    /// The position that the next conversation gets.
    pub(crate) fn next_position(&self) -> u32 {
        u32::try_from(self.conversations.len()).unwrap_or(u32::MAX)
    }

    /// All conversations in order, also those that are gone.
    pub(crate) fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// The conversation at a position that came from this world.
    pub(crate) fn at(&self, position: u32) -> &Conversation {
        &self.conversations[position as usize]
    }

    /// Where the conversation of this id is, unless it is gone.
    pub(crate) fn position(&self, id: &str) -> Option<u32> {
        self.positions.get(id).copied()
    }

    /// The notes of a conversation, oldest first.
    pub(crate) fn notes(&self, position: u32) -> &[Note] {
        self.notes.get(&position).map_or(&[], Vec::as_slice)
    }

    /// All conversations with notes, by position, also those that are gone: their notes were written.
    pub(crate) fn all_notes(&self) -> impl Iterator<Item = (&Conversation, &[Note])> {
        let notes = self.notes.iter();
        notes.map(|(position, notes)| (self.at(*position), notes.as_slice()))
    }

    /// The mailbox of this id or name.
    pub(crate) fn mailbox(&self, id_or_name: &str) -> Option<u16> {
        find(&self.mailboxes, id_or_name, |m| Some((&m.id, &m.name)))
    }

    /// The user of this id or name.
    pub(crate) fn user(&self, id_or_name: &str) -> Option<u16> {
        find(&self.users, id_or_name, |u| {
            (!u.gone).then_some((&u.id, &u.name))
        })
    }

    /// The tag of this id or name.
    pub(crate) fn tag(&self, id_or_name: &str) -> Option<u16> {
        find(&self.tags, id_or_name, |t| {
            (!t.gone).then_some((&t.id, &t.name))
        })
    }

    /// At most `limit` positions that match, all after `after`, and whether there are more. Conversations of
    /// mailboxes that the key may not see are left out.
    pub(crate) fn page(
        &self,
        filter: Filter,
        after: Option<u32>,
        limit: usize,
    ) -> (Vec<u32>, bool) {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let visible = |mailbox: u16| self.mailboxes[usize::from(mailbox)].access == Access::Full;
        let mut found: Vec<u32> = if let Some(tag) = filter.tag {
            let tagged = self
                .by_tag
                .get(&tag)
                .into_iter()
                .flat_map(|set| set.range(from..));
            let matching = tagged.copied().filter(|position| {
                let conversation = self.at(*position);
                visible(conversation.mailbox)
                    && filter.mailbox.is_none_or(|m| m == conversation.mailbox)
                    && filter.status.is_none_or(|s| s == conversation.status)
            });
            matching.take(limit + 1).collect()
        } else {
            let sets = self
                .by_mailbox_and_status
                .iter()
                .filter(|((mailbox, status), _)| {
                    visible(*mailbox)
                        && filter.mailbox.is_none_or(|m| m == *mailbox)
                        && filter.status.is_none_or(|s| s == *status)
                });
            merge(
                sets.map(|(_, set)| set.range(from..).copied()).collect(),
                limit + 1,
            )
        };
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }

    /// How many conversations a mailbox has in a status.
    pub(crate) fn count(&self, mailbox: u16, status: Status) -> usize {
        let set = self.by_mailbox_and_status.get(&(mailbox, status));
        set.map_or(0, BTreeSet::len)
    }

    /// The positions of the conversations that a mailbox has in a status.
    pub(crate) fn positions(&self, mailbox: u16, status: Status) -> impl Iterator<Item = u32> {
        let set = self.by_mailbox_and_status.get(&(mailbox, status));
        set.into_iter().flatten().copied()
    }

    pub(crate) fn set_status(&mut self, position: u32, status: Status) {
        let mailbox = self.at(position).mailbox;
        self.relist(position, mailbox, status);
    }

    pub(crate) fn set_mailbox(&mut self, position: u32, mailbox: u16) {
        let status = self.at(position).status;
        self.relist(position, mailbox, status);
    }

    pub(crate) fn add_tag(&mut self, position: u32, tag: u16) {
        if self.by_tag.entry(tag).or_default().insert(position) {
            self.conversations[position as usize].tags.push(tag);
        }
    }

    pub(crate) fn remove_tag(&mut self, position: u32, tag: u16) {
        self.by_tag.entry(tag).or_default().remove(&position);
        self.conversations[position as usize]
            .tags
            .retain(|other| *other != tag);
    }

    pub(crate) fn add_note(&mut self, position: u32, note: Note) {
        self.notes.entry(position).or_default().push(note);
        self.note_count += 1;
    }

    /// For the fields that no list depends on: subject, assignee and times.
    pub(crate) fn edit(&mut self, position: u32) -> &mut Conversation {
        &mut self.conversations[position as usize]
    }

    fn relist(&mut self, position: u32, mailbox: u16, status: Status) {
        let conversation = &mut self.conversations[position as usize];
        let before = (conversation.mailbox, conversation.status);
        conversation.mailbox = mailbox;
        conversation.status = status;
        self.set_for(before.0, before.1).remove(&position);
        self.set_for(mailbox, status).insert(position);
    }

    fn set_for(&mut self, mailbox: u16, status: Status) -> &mut BTreeSet<u32> {
        self.by_mailbox_and_status
            .entry((mailbox, status))
            .or_default()
    }
}

/// `names` gives the id and the name of an item, none for one that is gone.
fn find<T>(
    items: &[T],
    id_or_name: &str,
    names: impl Fn(&T) -> Option<(&String, &String)>,
) -> Option<u16> {
    let by_id = items
        .iter()
        .position(|item| names(item).is_some_and(|(id, _)| id == id_or_name));
    let wanted = id_or_name.to_lowercase();
    let position = by_id.or_else(|| {
        let mut items = items.iter();
        items.position(|item| names(item).is_some_and(|(_, name)| name.to_lowercase() == wanted))
    })?;
    u16::try_from(position).ok()
}

/// The first `limit` of several ascending sequences, in ascending order.
fn merge(sequences: Vec<impl Iterator<Item = u32>>, limit: usize) -> Vec<u32> {
    let mut sequences: Vec<_> = sequences.into_iter().map(Iterator::peekable).collect();
    let mut merged = Vec::new();
    while merged.len() < limit {
        let heads = sequences
            .iter_mut()
            .filter_map(|s| s.peek().copied().map(|head| (head, s)));
        let Some((smallest, sequence)) = heads.min_by_key(|(head, _)| *head) else {
            break;
        };
        sequence.next();
        merged.push(smallest);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn merging_keeps_the_order_and_the_limit() {
        let sequences = vec![
            vec![1, 5, 9].into_iter(),
            vec![2, 3].into_iter(),
            vec![].into_iter(),
        ];
        assert_eq!(merge(sequences.clone(), 4), [1, 2, 3, 5]);
        assert_eq!(merge(sequences, 9), [1, 2, 3, 5, 9]);
    }
}
