//! The list of Hiver's tutorial, `[{"keyword", "tag", "assignee"}]`, as rules that do the same: the first entry whose
//! keyword is in the lower-cased subject of an open conversation that nobody has assigns it, tags it and leaves a note.

use std::collections::HashSet;

use serde::Deserialize;
use triage::model::{Directory, Status, TagId, UserId};

use crate::{
    document::id_from,
    model::{
        Actions, Assign, AssigneeTest, Condition, Mode, Repeat, Rule, RuleSet, TextCondition,
        TextTest, When,
    },
    problem::{MAX_NAME_CHARACTERS, MAX_RULES, MAX_TEXT_CHARACTERS, Problem, ProblemKind},
};

/// The tutorial's note, with a placeholder for the keyword.
pub const NOTE: &str = "Auto-assigned: subject matched keyword \"{{matched}}\".";

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What is looked for in the lower-cased subject, letter for letter.
    pub keyword: String,
    /// The name of the tag that is added, or its id.
    pub tag: String,
    /// The id of the user, or their name or address.
    pub assignee: String,
}

/// The rules that do what the list does.
///
/// # Errors
///
/// Every keyword, tag and user that cannot be used, with its entry.
pub fn rules(entries: Vec<Entry>, directory: &Directory) -> Result<RuleSet, Vec<Problem>> {
    let mut problems = Vec::new();
    if entries.len() > MAX_RULES {
        let kind = ProblemKind::TooManyEntries(entries.len());
        return Err(vec![Problem {
            path: String::new(),
            kind,
        }]);
    }
    let mut taken = HashSet::new();
    let mut rules = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let mut wrong = |field: &str, kind| {
            let path = format!("[{index}].{field}");
            problems.push(Problem { path, kind });
        };
        let characters = entry.keyword.chars().count();
        if entry.keyword.is_empty() {
            wrong("keyword", ProblemKind::EmptyText);
        } else if characters > MAX_TEXT_CHARACTERS {
            wrong("keyword", ProblemKind::LongText(characters));
        }
        let tag = tag(&entry.tag, directory).map_err(|kind| wrong("tag", kind));
        let user = user(&entry.assignee, directory).map_err(|kind| wrong("assignee", kind));
        if let (Ok(tag), Ok(user)) = (tag, user) {
            let id = id_from(&entry.keyword, &mut taken);
            rules.push(Rule {
                id,
                ..rule(entry.keyword, tag, user)
            });
        }
    }
    if problems.is_empty() {
        Ok(RuleSet::of(rules))
    } else {
        Err(problems)
    }
}

fn rule(keyword: String, tag: TagId, user: UserId) -> Rule {
    let plain = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    let name: String = keyword
        .chars()
        .map(plain)
        .take(MAX_NAME_CHARACTERS)
        .collect();
    let name = if name.trim().is_empty() {
        "Spaces".to_owned()
    } else {
        name
    };
    Rule {
        id: "".into(),
        name,
        mode: Mode::On,
        when: vec![When::Created, When::Sweep, When::OnDemand],
        mailboxes: Vec::new(),
        conditions: Condition::All(vec![
            Condition::Status(vec![Status::Open]),
            Condition::Assignee(AssigneeTest::Nobody),
            Condition::Text(TextCondition {
                test: TextTest::LowercaseContains,
                ..TextCondition::subject_contains([keyword])
            }),
        ]),
        actions: Actions {
            assign: Some(Assign::User(user)),
            add_tags: vec![tag],
            note: Some(NOTE.to_owned()),
            ..Actions::default()
        },
        stop: true,
        hours: None,
        repeat: Repeat::Once,
    }
}

/// The tutorial compares names letter for letter; only where that finds nothing, case and accents are let go.
fn tag(name: &str, directory: &Directory) -> Result<TagId, ProblemKind> {
    let exactly = directory.tags.iter().filter(|tag| tag.name == name);
    let mut found: Vec<&TagId> = exactly.map(|tag| &tag.id).collect();
    if found.is_empty() {
        found = directory
            .tags_called(name)
            .into_iter()
            .map(|tag| &tag.id)
            .collect();
    }
    one(
        &found,
        "tag",
        name,
        "make the tag in Hiver, or name another",
    )
}

fn user(name: &str, directory: &Directory) -> Result<UserId, ProblemKind> {
    let id = UserId::from(name);
    if directory.user(&id).is_some() {
        return Ok(id);
    }
    let found: Vec<&UserId> = directory
        .users_called(name)
        .into_iter()
        .map(|user| &user.id)
        .collect();
    one(
        &found,
        "user",
        name,
        "give the id of a user of this account",
    )
}

fn one<T: Clone + AsRef<str>>(
    found: &[&T],
    what: &str,
    name: &str,
    way_out: &str,
) -> Result<T, ProblemKind> {
    match found {
        [one] => Ok((*one).clone()),
        [] => Err(ProblemKind::NotFound {
            what: what.to_owned(),
            name: name.to_owned(),
            way_out: way_out.to_owned(),
        }),
        several => {
            let ids: Vec<&str> = several.iter().map(|id| id.as_ref()).collect();
            Err(ProblemKind::Ambiguous {
                what: format!("{what}s"),
                name: name.to_owned(),
                ids: ids.join(", "),
            })
        }
    }
}
