//! Numbers and phrases, worded once for the server, the browser and the command line.

use std::collections::BTreeMap;

use crate::{
    actions::{Actions, Before, Change, ChangeKind},
    model::{Assignee, Directory, Tag, TagId, User, UserId},
    plan::{LeftOutReason, Price, Summary, UndoImpossible},
    selection::Selection,
};

/// A number with its thousands apart: `1,234`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 conversation`, `1,234 conversations`, `2 mailboxes`.
#[must_use]
pub fn plural(number: u64, noun: &str) -> String {
    let number_text = count(number);
    if number == 1 {
        return format!("{number_text} {noun}");
    }
    let mut ending = noun.chars().rev();
    let last = ending.next();
    let before_last = ending.next();
    match (before_last, last) {
        (Some(before), Some('y')) if !"aeiou".contains(before) => {
            format!("{number_text} {}ies", &noun[..noun.len() - 1])
        }
        (_, Some('s' | 'x' | 'z')) | (Some('c' | 's'), Some('h')) => {
            format!("{number_text} {noun}es")
        }
        _ => format!("{number_text} {noun}s"),
    }
}

/// A length of time in its two largest units: `10 min 24 s`, `1 h 2 min`, `3 d`. What is more than
/// nothing is at least a second.
#[must_use]
pub fn duration(seconds: f64) -> String {
    const YEAR: f64 = 365.0 * 86_400.0;
    if seconds.is_nan() || seconds <= 0.0 {
        return "0 s".to_owned();
    }
    if seconds > YEAR {
        return "over a year".to_owned();
    }
    let whole = seconds.round().max(1.0) as u64;
    let units = [
        (whole / 86_400, "d"),
        (whole / 3_600 % 24, "h"),
        (whole / 60 % 60, "min"),
        (whole % 60, "s"),
    ];
    let parts: Vec<String> = units
        .into_iter()
        .skip_while(|(amount, _)| *amount == 0)
        .take(2)
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, unit)| format!("{amount} {unit}"))
        .collect();
    parts.join(" ")
}

/// How long ago something was, from the ms that have passed: `just now`, `5 min`, `5 h`, `3 d`.
#[must_use]
pub fn age(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    match minutes {
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{} h", minutes / 60),
        _ => format!("{} d", count((minutes / 1_440).unsigned_abs())),
    }
}

/// A share as a percentage: `12 %`. What is more than nothing is never shown as `0 %`, and what is
/// less than all never as `100 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    if share.is_nan() || share <= 0.0 {
        "0 %".to_owned()
    } else if rounded < 1.0 {
        "under 1 %".to_owned()
    } else if rounded >= 100.0 && share < 1.0 {
        "over 99 %".to_owned()
    } else {
        format!("{} %", count(rounded as u64))
    }
}

/// The line above the button: `312 will change · 88 already so · 624 requests · 10 min 24 s · 12 % of
/// today`.
#[must_use]
pub fn price_line(summary: &Summary, price: &Price) -> String {
    let mut parts = vec![format!("{} will change", count(summary.will_change))];
    if summary.already > 0 {
        parts.push(format!("{} already so", count(summary.already)));
    }
    parts.push(plural(price.requests, "request"));
    parts.push(duration(price.seconds));
    if let Some(share) = price.share_of_day {
        parts.push(format!("{} of today", percent(share)));
    }
    parts.join(" · ")
}

/// A change as a command: `Assign to Ana Ruiz`, `Add tag billing`, `Set status closed`, `Add note`.
#[must_use]
pub fn change(change: &Change, directory: &Directory) -> String {
    match change {
        Change::Assign(user) => format!("Assign to {}", user_name(user, directory)),
        Change::AddTag(tag) => format!("Add tag {}", tag_name(tag, directory)),
        Change::RemoveTag(tag) => format!("Remove tag {}", tag_name(tag, directory)),
        Change::SetStatus(status) => format!("Set status {status}"),
        Change::AddNote(_) => "Add note".to_owned(),
    }
}

/// The users and tags of a run by the names they had when it was planned, from its labels. A label does not say which
/// of the two it is of, so each is both.
#[must_use]
pub fn labelled(labels: &BTreeMap<String, String>) -> Directory {
    Directory {
        users: labels
            .iter()
            .map(|(id, name)| User {
                id: id.as_str().into(),
                name: name.clone(),
                email: None,
            })
            .collect(),
        tags: labels
            .iter()
            .map(|(id, name)| Tag {
                id: id.as_str().into(),
                name: name.clone(),
            })
            .collect(),
        mailboxes: Vec::new(),
    }
}

/// What is asked for in one line: `Assign to Ana Ruiz, add tag billing, add note`.
#[must_use]
pub fn title(actions: &Actions, names: &Directory) -> String {
    let mut title = String::new();
    for wish in actions.changes() {
        let words = change(&wish, names);
        if title.is_empty() {
            title = words;
        } else {
            title.push_str(", ");
            let mut letters = words.chars();
            title.extend(letters.next().into_iter().flat_map(char::to_lowercase));
            title.push_str(letters.as_str());
        }
    }
    title
}

/// What was selected: `312 conversations matching is:open, 4 taken out`. `picked` says by what single conversations were:
/// `picked by hand`.
#[must_use]
pub fn selected(selection: &Selection, conversations: u64, picked: &str) -> String {
    let number = plural(conversations, "conversation");
    match selection {
        Selection::Ids(_) => format!("{number} {picked}"),
        Selection::Matching { filter, except } => {
            let filter = Some(filter.trim()).filter(|filter| !filter.is_empty());
            let matching = format!("{number} matching {}", filter.unwrap_or("everything"));
            match except.len() {
                0 => matching,
                out => format!("{matching}, {} taken out", count(out as u64)),
            }
        }
    }
}

/// A kind of change as a button: `Assign`, `Add tag`.
#[must_use]
pub fn change_kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Assign => "Assign",
        ChangeKind::AddTag => "Add tag",
        ChangeKind::RemoveTag => "Remove tag",
        ChangeKind::SetStatus => "Set status",
        ChangeKind::AddNote => "Add note",
    }
}

/// The left side of *before → after*: `nobody`, `Ana Ruiz`, `open`, `not tagged`, `unknown`.
#[must_use]
pub fn before(before: &Before, directory: &Directory) -> String {
    match before {
        Before::Assignee(who) => assignee(who, directory),
        Before::HasTag(Some(true)) => "tagged".to_owned(),
        Before::HasTag(Some(false)) => "not tagged".to_owned(),
        Before::Status(Some(status)) => status.to_string(),
        Before::HasTag(None) | Before::Status(None) => "unknown".to_owned(),
        Before::Nothing => String::new(),
    }
}

/// The right side of *before → after*.
#[must_use]
pub fn after(change: &Change, directory: &Directory) -> String {
    match change {
        Change::Assign(user) => user_name(user, directory),
        Change::AddTag(tag) => format!("tagged {}", tag_name(tag, directory)),
        Change::RemoveTag(tag) => format!("not tagged {}", tag_name(tag, directory)),
        Change::SetStatus(status) => status.to_string(),
        Change::AddNote(_) => "note".to_owned(),
    }
}

/// Who a conversation is assigned to: a name, `nobody` or `unknown`. A user without a name in the
/// directory is shown by the name in the row, else by id.
#[must_use]
pub fn assignee(assignee: &Assignee, directory: &Directory) -> String {
    match assignee {
        Assignee::Unknown => "unknown".to_owned(),
        Assignee::Nobody => "nobody".to_owned(),
        Assignee::User { id, name } => id
            .as_ref()
            .and_then(|id| directory.user(id))
            .map(|user| user.name.clone())
            .or_else(|| name.clone())
            .or_else(|| id.as_ref().map(UserId::to_string))
            .unwrap_or_else(|| "somebody".to_owned()),
    }
}

/// The name of a user, else the id.
#[must_use]
pub fn user_name(user: &UserId, directory: &Directory) -> String {
    let known = directory.user(user);
    known.map_or_else(|| user.to_string(), |user| user.name.clone())
}

/// The name of a tag, else the id.
#[must_use]
pub fn tag_name(tag: &TagId, directory: &Directory) -> String {
    match (directory.tag(tag), tag.name_to_make()) {
        (Some(tag), _) => tag.name.clone(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => tag.to_string(),
    }
}

/// Why changes stay for good, in plain words behind their number: `12 notes stay: Hiver cannot delete
/// notes`.
#[must_use]
pub fn cannot_be_undone(reason: UndoImpossible, changes: u64) -> String {
    let stay = |noun: &str| {
        let verb = if changes == 1 { "stays" } else { "stay" };
        format!("{} {verb}", plural(changes, noun))
    };
    match reason {
        UndoImpossible::TagStays => format!("{}: Hiver cannot delete tags", stay("new tag")),
        UndoImpossible::NoteStays => format!("{}: Hiver cannot delete notes", stay("note")),
        UndoImpossible::WasUnassigned => format!(
            "{}: nobody had the conversation before, and Hiver cannot unassign",
            stay("assignment")
        ),
        UndoImpossible::AssigneeUnknown => {
            format!("{}: who had it before is not known", stay("assignment"))
        }
        UndoImpossible::UserIdUnknown => format!(
            "{}: Hiver did not say the id of who had it before",
            stay("assignment")
        ),
        UndoImpossible::TagsUnknown => {
            format!("{}: the tags before are not known", stay("tag change"))
        }
        UndoImpossible::StatusUnknown => {
            format!("{}: the status before is not known", stay("status change"))
        }
        UndoImpossible::StatusCannotBeSet => format!(
            "{}: Hiver does not take the status before",
            stay("status change")
        ),
    }
}

/// Why done changes are left by an undo.
#[must_use]
pub fn left_out(reason: LeftOutReason, changes: u64) -> String {
    match reason {
        LeftOutReason::Impossible(reason) => cannot_be_undone(reason, changes),
        LeftOutReason::ChangedSince => format!(
            "{} left alone: somebody changed the conversation since",
            plural(changes, "change")
        ),
        LeftOutReason::CannotTell => format!(
            "{} left alone: Hiver does not say how the conversation stands now",
            plural(changes, "change")
        ),
        LeftOutReason::NotInMirror => format!(
            "{} left alone: the conversation does not exist any more",
            plural(changes, "change")
        ),
    }
}
