//! Lists and counts, drawn from the mirror in memory.

use std::cmp::Ordering;
use std::collections::HashMap;

use triage::filter::{self, FilterError, HistoryAnswers};
use triage::fold;
use triage::model::{
    Assignee, Conversation, ConversationId, Directory, Mailbox, MailboxId, Status, User, UserId,
};

use crate::live::Seen;
use crate::mirror::{Mirror, Row};

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKey {
    /// Time of creation, else of the first sight.
    #[default]
    Age,
    /// Subject, without case and accents.
    Subject,
    /// Mailbox by name.
    Mailbox,
    /// Open, pending, closed, others.
    Status,
    /// Assignee by name; nobody first.
    Assignee,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest comes first; for [`SortKey::Age`] that is the oldest.
    pub descending: bool,
}

/// A page of a list.
#[derive(Debug)]
pub struct Listed {
    /// The conversations on the page.
    pub conversations: Vec<Conversation>,
    /// How many match in all.
    pub matching: usize,
    /// How many there are.
    pub total: usize,
    /// How the mirror was when it was listed, for [`Mirror::list_news`].
    pub seen: Seen,
}

/// What became of a list since it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct ListNews {
    /// The conversations asked for that there still are, each with whether it still matches.
    pub conversations: Vec<(Conversation, bool)>,
    /// How many match in all.
    pub matching: usize,
    /// How many match now and did not then, and how many did then and do not now, as far as they changed. Nothing
    /// where that is not known any more.
    pub turned: Option<(usize, usize)>,
}

/// Conversations of a mailbox, counted.
#[derive(Debug, Clone)]
pub struct MailboxCounts {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Open ones.
    pub open: usize,
    /// Pending ones.
    pub pending: usize,
    /// Closed ones.
    pub closed: usize,
    /// Open ones that are nobody's.
    pub unassigned: usize,
    /// When the oldest open one began.
    pub oldest: Option<i64>,
    /// When it had last been read to the end.
    pub synced_at: Option<i64>,
}

/// Open conversations of a user, counted.
#[derive(Debug, Clone)]
pub struct UserCounts {
    /// The user.
    pub user: User,
    /// Open conversations.
    pub open: usize,
    /// Pending conversations.
    pub pending: usize,
}

impl Mirror {
    /// The `page`th page (from 0) of what matches `filter`, in order.
    ///
    /// # Errors
    /// When the filter cannot be read, names what does not exist, or asks the history; nothing is listed then.
    pub fn list(
        &self,
        filter: &str,
        sort: Sort,
        page: usize,
        page_size: usize,
        now: i64,
    ) -> Result<Listed, FilterError> {
        self.list_with(filter, &HistoryAnswers::new(), sort, page, page_size, now)
    }

    /// As [`list`](Self::list), with what the history answers to the filter: see
    /// [`Engine::history_answers`](crate::Engine::history_answers).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn list_with(
        &self,
        filter: &str,
        history: &HistoryAnswers,
        sort: Sort,
        page: usize,
        page_size: usize,
        now: i64,
    ) -> Result<Listed, FilterError> {
        let state = self.read();
        let matcher = filter::parse(filter)?.resolve_with(&state.directory, history)?;
        let mut rows: Vec<&Row> = state
            .rows
            .values()
            .map(Box::as_ref)
            .filter(|row: &&Row| matcher.matches(&row.conversation, &row.folded, now))
            .collect();
        let matching = rows.len();
        let names = Names::of(&state.directory);
        let from = page.saturating_mul(page_size).min(matching);
        let to = from.saturating_add(page_size).min(matching);
        // Only the page itself is put in order: what comes before and after it is merely kept apart.
        if to < matching {
            rows.select_nth_unstable_by(to, |left, right| order(left, right, sort, &names));
            rows.truncate(to);
        }
        if 0 < from && from < to {
            rows.select_nth_unstable_by(from, |left, right| order(left, right, sort, &names));
        }
        let rows = &mut rows[from..to];
        rows.sort_unstable_by(|left, right| order(left, right, sort, &names));
        let conversations = rows.iter().map(|row| row.conversation.clone()).collect();
        Ok(Listed {
            conversations,
            matching,
            total: state.rows.len(),
            seen: state.seen(),
        })
    }

    /// What became of the list of what matches `filter` since it was read with `seen`, and of the conversations that
    /// it shows.
    ///
    /// # Errors
    /// When the filter cannot be read or names what does not exist.
    pub fn list_news(
        &self,
        filter: &str,
        history: &HistoryAnswers,
        shown: &[ConversationId],
        seen: Seen,
        now: i64,
    ) -> Result<ListNews, FilterError> {
        let state = self.read();
        let matcher = filter::parse(filter)?.resolve_with(&state.directory, history)?;
        let fits = |row: &Row| matcher.matches(&row.conversation, &row.folded, now);
        let fitted = |was: &Conversation| {
            let folded = was.subject.as_deref().map(fold).unwrap_or_default();
            matcher.matches(was, &folded, now)
        };
        let turned = state.before(seen).map(|changed| {
            let (mut new, mut gone) = (0, 0);
            for (id, was) in changed {
                match (
                    was.is_some_and(fitted),
                    state.rows.get(id).is_some_and(|row| fits(row)),
                ) {
                    (false, true) => new += 1,
                    (true, false) => gone += 1,
                    (true, true) | (false, false) => {}
                }
            }
            (new, gone)
        });
        let shown = shown.iter().filter_map(|id| state.rows.get(id));
        Ok(ListNews {
            conversations: shown
                .map(|row| (row.conversation.clone(), fits(row)))
                .collect(),
            matching: state.rows.values().filter(|row| fits(row)).count(),
            turned,
        })
    }

    /// All that matches `filter`, oldest first.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn matching(&self, filter: &str, now: i64) -> Result<Vec<Conversation>, FilterError> {
        self.matching_with(filter, &HistoryAnswers::new(), now)
    }

    /// As [`matching`](Self::matching), with what the history answers to the filter.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn matching_with(
        &self,
        filter: &str,
        history: &HistoryAnswers,
        now: i64,
    ) -> Result<Vec<Conversation>, FilterError> {
        let oldest_first = Sort {
            key: SortKey::Age,
            descending: true,
        };
        self.list_with(filter, history, oldest_first, 0, usize::MAX, now)
            .map(|listed| listed.conversations)
    }

    /// The ids of all that matches `filter`, in the order of [`matching_with`](Self::matching_with).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn ids_matching(
        &self,
        filter: &str,
        history: &HistoryAnswers,
        now: i64,
    ) -> Result<Vec<ConversationId>, FilterError> {
        let state = self.read();
        let matcher = filter::parse(filter)?.resolve_with(&state.directory, history)?;
        let mut found: Vec<(i64, &ConversationId)> = state
            .rows
            .values()
            .filter(|row| matcher.matches(&row.conversation, &row.folded, now))
            .map(|row| (row.conversation.age_from(), &row.conversation.id))
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, id)| id.clone()).collect())
    }

    /// The conversation of that id.
    pub fn conversation(&self, id: &ConversationId) -> Option<Conversation> {
        self.read().rows.get(id).map(|row| row.conversation.clone())
    }

    /// Counts per mailbox, in Hiver's order, and per user, the busiest first.
    pub fn counts(&self) -> (Vec<MailboxCounts>, Vec<UserCounts>) {
        let state = self.read();
        let mut mailboxes: Vec<MailboxCounts> = state
            .directory
            .mailboxes
            .iter()
            .map(|mailbox| MailboxCounts {
                mailbox: mailbox.clone(),
                open: 0,
                pending: 0,
                closed: 0,
                unassigned: 0,
                oldest: None,
                synced_at: state.synced.get(&mailbox.id).copied(),
            })
            .collect();
        let mut users: Vec<UserCounts> = state
            .directory
            .users
            .iter()
            .map(|user| UserCounts {
                user: user.clone(),
                open: 0,
                pending: 0,
            })
            .collect();
        let mailbox_index: HashMap<MailboxId, usize> = mailboxes
            .iter()
            .enumerate()
            .map(|(at, one)| (one.mailbox.id.clone(), at))
            .collect();
        let user_index: HashMap<UserId, usize> = users
            .iter()
            .enumerate()
            .map(|(at, one)| (one.user.id.clone(), at))
            .collect();
        for row in state.rows.values() {
            let conversation = &row.conversation;
            let mailbox = conversation
                .mailbox
                .as_ref()
                .and_then(|id| mailbox_index.get(id))
                .copied();
            let user = conversation
                .assignee
                .user_id()
                .and_then(|id| user_index.get(id))
                .copied();
            count(
                conversation,
                mailbox.map(|at| &mut mailboxes[at]),
                user.map(|at| &mut users[at]),
            );
        }
        users.sort_by(|left, right| {
            right
                .open
                .cmp(&left.open)
                .then(left.user.name.cmp(&right.user.name))
        });
        (mailboxes, users)
    }
}

fn count(
    conversation: &Conversation,
    mailbox: Option<&mut MailboxCounts>,
    user: Option<&mut UserCounts>,
) {
    match conversation.status {
        Some(Status::Open) => {
            if let Some(mailbox) = mailbox {
                mailbox.open += 1;
                let began = conversation.age_from();
                mailbox.oldest = Some(mailbox.oldest.map_or(began, |oldest| oldest.min(began)));
                if conversation.assignee == Assignee::Nobody {
                    mailbox.unassigned += 1;
                }
            }
            if let Some(user) = user {
                user.open += 1;
            }
        }
        Some(Status::Pending) => {
            if let Some(mailbox) = mailbox {
                mailbox.pending += 1;
            }
            if let Some(user) = user {
                user.pending += 1;
            }
        }
        Some(Status::Closed) => {
            if let Some(mailbox) = mailbox {
                mailbox.closed += 1;
            }
        }
        Some(Status::Other(_)) | None => {}
    }
}

/// Names by id, looked up once per list rather than once per comparison.
struct Names<'a> {
    mailboxes: HashMap<&'a MailboxId, &'a str>,
}

impl<'a> Names<'a> {
    fn of(directory: &'a Directory) -> Self {
        let mailboxes = directory
            .mailboxes
            .iter()
            .map(|mailbox| (&mailbox.id, mailbox.name.as_str()))
            .collect();
        Self { mailboxes }
    }

    fn mailbox(&self, row: &Row) -> Option<&str> {
        row.conversation
            .mailbox
            .as_ref()
            .and_then(|id| self.mailboxes.get(id))
            .copied()
    }
}

/// Ties are broken by age and id, so that pages never overlap.
fn order(left: &Row, right: &Row, sort: Sort, names: &Names) -> Ordering {
    let (a, b) = (&left.conversation, &right.conversation);
    let newest_first = b.age_from().cmp(&a.age_from());
    let by_key = match sort.key {
        SortKey::Age => newest_first,
        SortKey::Subject => left.folded.cmp(&right.folded),
        SortKey::Mailbox => names.mailbox(left).cmp(&names.mailbox(right)),
        SortKey::Status => a.status.cmp(&b.status),
        SortKey::Assignee => assignee_name(a).cmp(&assignee_name(b)),
    };
    let by_key = if sort.descending {
        by_key.reverse()
    } else {
        by_key
    };
    by_key.then(newest_first).then_with(|| a.id.cmp(&b.id))
}

fn assignee_name(conversation: &Conversation) -> Option<&str> {
    match &conversation.assignee {
        Assignee::User { name, id } => name.as_deref().or(id.as_ref().map(UserId::as_str)),
        Assignee::Unknown | Assignee::Nobody => None,
    }
}

#[cfg(test)]
mod tests;
