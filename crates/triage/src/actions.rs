//! What a person, or a rule, asks for.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::model::{Assignee, Conversation, Directory, Status, TagId, UserId};

/// The longest note that is sent, in characters.
pub const MAX_NOTE_CHARACTERS: usize = 10_000;

/// The longest name of a tag that is made, in characters.
pub const MAX_TAG_CHARACTERS: usize = 100;

/// What should become of every conversation of a selection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Actions {
    /// Assign to this user.
    pub assign: Option<UserId>,
    /// Add these tags.
    pub add_tags: Vec<TagId>,
    /// Make tags of these names, then add them.
    pub new_tags: Vec<String>,
    /// Remove these tags.
    pub remove_tags: Vec<TagId>,
    /// Set this status.
    pub set_status: Option<Status>,
    /// Add this internal note.
    pub note: Option<String>,
}

impl Actions {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The changes to each conversation, in the order they are sent: assign, add tags, remove tags,
    /// status, note. A tag named twice is one change.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.assign.clone().map(Change::Assign));
        changes.extend(distinct(&self.add_tags).cloned().map(Change::AddTag));
        let to_make: Vec<TagId> = self
            .new_tags
            .iter()
            .map(|name| TagId::to_make(name))
            .collect();
        changes.extend(distinct(&to_make).cloned().map(Change::AddTag));
        changes.extend(distinct(&self.remove_tags).cloned().map(Change::RemoveTag));
        changes.extend(self.set_status.clone().map(Change::SetStatus));
        changes.extend(self.note.clone().map(Change::AddNote));
        changes
    }

    /// Checks that this can be asked for at all.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in the order of the fields.
    pub fn validate(&self, directory: &Directory) -> Result<(), Vec<ActionsProblem>> {
        let mut problems = Vec::new();
        if self.is_empty() {
            problems.push(ActionsProblem::NothingChosen);
        }
        if let Some(user) = &self.assign
            && directory.user(user).is_none()
        {
            problems.push(ActionsProblem::UnknownUser(user.clone()));
        }
        for tag in distinct(&self.add_tags) {
            if self.remove_tags.contains(tag) {
                let name = directory.tag(tag).map_or(tag.as_str(), |tag| &tag.name);
                problems.push(ActionsProblem::AddedAndRemoved(name.to_owned()));
            }
        }
        let named: Vec<&TagId> = self.add_tags.iter().chain(&self.remove_tags).collect();
        for tag in distinct(named) {
            if directory.tag(tag).is_none() {
                problems.push(ActionsProblem::UnknownTag(tag.clone()));
            }
        }
        for name in distinct(&self.new_tags) {
            problems.extend(new_tag_problem(name, directory));
        }
        if let Some(Status::Other(word)) = &self.set_status {
            problems.push(ActionsProblem::UnknownStatus(word.clone()));
        }
        if let Some(note) = &self.note {
            if note.trim().is_empty() {
                problems.push(ActionsProblem::BlankNote);
            }
            let characters = note.chars().count();
            if characters > MAX_NOTE_CHARACTERS {
                problems.push(ActionsProblem::LongNote { characters });
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

fn new_tag_problem(name: &str, directory: &Directory) -> Option<ActionsProblem> {
    if name.trim() != name || name.is_empty() || name.chars().any(char::is_control) {
        return Some(ActionsProblem::NewTagName(name.to_owned()));
    }
    let characters = name.chars().count();
    if characters > MAX_TAG_CHARACTERS {
        return Some(ActionsProblem::LongTagName { characters });
    }
    directory
        .tag_named(name)
        .map(|tag| ActionsProblem::TagExists(tag.name.clone()))
}

/// Each of `items` once, in the order they first come.
fn distinct<'a, T: Ord + 'a>(
    items: impl IntoIterator<Item = &'a T>,
) -> impl Iterator<Item = &'a T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(move |item| seen.insert(*item))
}

/// Why actions cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ActionsProblem {
    /// No action at all.
    #[error("Nothing is chosen to be changed")]
    NothingChosen,
    /// The user to assign to is not in the directory.
    #[error("No user has the id `{0}`")]
    UnknownUser(UserId),
    /// A tag is not in the directory.
    #[error("No tag has the id `{0}`")]
    UnknownTag(TagId),
    /// A tag to be made has no usable name.
    #[error(
        "`{0}` is not a name for a tag: it is empty, or has spaces around it or control characters"
    )]
    NewTagName(String),
    /// A tag to be made has a name above [`MAX_TAG_CHARACTERS`].
    #[error(
        "The name of the new tag has {characters} characters; at most {MAX_TAG_CHARACTERS} are sent"
    )]
    LongTagName {
        /// Its length.
        characters: usize,
    },
    /// A tag to be made is there already.
    #[error("The tag `{0}` exists already: choose it from the list")]
    TagExists(String),
    /// The same tag, here by its name, would be added and removed.
    #[error("The tag `{0}` cannot be both added and removed")]
    AddedAndRemoved(String),
    /// A status that Hiver does not take.
    #[error("The status `{0}` cannot be set; use `open`, `pending` or `closed`")]
    UnknownStatus(String),
    /// A note of nothing but space.
    #[error("The note is empty")]
    BlankNote,
    /// A note above [`MAX_NOTE_CHARACTERS`].
    #[error("The note has {characters} characters; at most {MAX_NOTE_CHARACTERS} are sent")]
    LongNote {
        /// Its length.
        characters: usize,
    },
}

/// One wish about one conversation. Ordered as changes to one conversation are sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Change {
    /// Assign to this user.
    Assign(UserId),
    /// Add this tag.
    AddTag(TagId),
    /// Remove this tag.
    RemoveTag(TagId),
    /// Set this status.
    SetStatus(Status),
    /// Add an internal note with this text.
    AddNote(String),
}

impl Change {
    /// What kind of change it is.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Assign(_) => ChangeKind::Assign,
            Self::AddTag(_) => ChangeKind::AddTag,
            Self::RemoveTag(_) => ChangeKind::RemoveTag,
            Self::SetStatus(_) => ChangeKind::SetStatus,
            Self::AddNote(_) => ChangeKind::AddNote,
        }
    }

    /// Whether sending it twice leaves the same state as once: everything but a note.
    #[must_use]
    pub fn is_set_operation(&self) -> bool {
        self.kind().is_set_operation()
    }

    /// Whether `conversation` already is as wished; `None` when that cannot be told. A note never is.
    #[must_use]
    pub fn is_so(&self, conversation: &Conversation) -> Option<bool> {
        match self {
            Self::Assign(user) => conversation.assignee.is_user(user),
            Self::AddTag(tag) => conversation.has_tag(tag),
            Self::RemoveTag(tag) => conversation.has_tag(tag).map(|has| !has),
            Self::SetStatus(status) => Some(conversation.status.as_ref()? == status),
            Self::AddNote(_) => Some(false),
        }
    }

    /// What of `conversation` the change replaces.
    #[must_use]
    pub fn before(&self, conversation: &Conversation) -> Before {
        match self {
            Self::Assign(_) => Before::Assignee(conversation.assignee.clone()),
            Self::AddTag(tag) | Self::RemoveTag(tag) => Before::HasTag(conversation.has_tag(tag)),
            Self::SetStatus(_) => Before::Status(conversation.status.clone()),
            Self::AddNote(_) => Before::Nothing,
        }
    }
}

/// The state that a change replaces, as it was known when the change was planned or sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Who it was assigned to.
    Assignee(Assignee),
    /// Whether it carried the tag of the change; `None` is unknown.
    HasTag(Option<bool>),
    /// Its status; `None` is unknown.
    Status(Option<Status>),
    /// A note replaces nothing.
    Nothing,
}

impl Before {
    /// Whether `now` is certainly another state; of what is unknown it is not.
    #[must_use]
    pub fn is_other_than(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::Assignee(before), Self::Assignee(now)) => match (before, now) {
                (Assignee::Unknown, _) | (_, Assignee::Unknown) => false,
                (
                    Assignee::User {
                        id: Some(before), ..
                    },
                    Assignee::User { id: Some(now), .. },
                ) => before != now,
                (Assignee::User { .. }, Assignee::User { .. }) => false,
                (before, now) => before != now,
            },
            (Self::HasTag(Some(before)), Self::HasTag(Some(now))) => before != now,
            (Self::Status(Some(before)), Self::Status(Some(now))) => before != now,
            _ => false,
        }
    }
}

/// The kind of a [`Change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Assign.
    Assign,
    /// Add a tag.
    AddTag,
    /// Remove a tag.
    RemoveTag,
    /// Set the status.
    SetStatus,
    /// Add a note.
    AddNote,
}

impl ChangeKind {
    /// Every kind, in the order of sending.
    pub const ALL: [Self; 5] = [
        Self::Assign,
        Self::AddTag,
        Self::RemoveTag,
        Self::SetStatus,
        Self::AddNote,
    ];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::AddTag => "add_tag",
            Self::RemoveTag => "remove_tag",
            Self::SetStatus => "set_status",
            Self::AddNote => "add_note",
        }
    }

    /// Whether sending it twice leaves the same state as once: everything but a note.
    #[must_use]
    pub fn is_set_operation(self) -> bool {
        self != Self::AddNote
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A stored word that no version of the console has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown {what} `{word}`")]
pub struct UnknownWord {
    /// What the word should have named.
    pub what: &'static str,
    /// The word.
    pub word: String,
}

impl FromStr for ChangeKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownWord {
                what: "kind of change",
                word: word.to_owned(),
            })
    }
}
