//! Warnings in words.

use triage::{
    actions::Change,
    model::Directory,
    text::{change, count, plural},
};

use super::{
    listed,
    names::{MOST_QUOTED, quoted},
};
use crate::{
    model::{RuleId, RuleSet},
    warning::{Impossible, Named, Warning},
};

/// A warning: `“Refunds” is never reached: whatever fits it fits “Money” before, which stops`.
#[must_use]
pub fn warning(warning: &Warning, rules: &RuleSet, names: &Directory) -> String {
    let title = |id: &RuleId| title(id, rules);
    let titles = |ids: &[RuleId]| {
        let all: Vec<String> = ids.iter().map(title).collect();
        listed(&all, "and")
    };
    match warning {
        Warning::NeverMatches { rule, because } => {
            format!("{} can never fit: {}", title(rule), impossible(*because))
        }
        Warning::DueOutsideHours { rule } => format!(
            "{} is due only at times that its hours or conditions leave out: set another time, or let them take that in",
            title(rule)
        ),
        Warning::Hidden { rule, behind } => {
            let stops = if behind.len() == 1 { "stops" } else { "stop" };
            format!(
                "{} is never reached: whatever fits it fits {} before, which {stops}",
                title(rule),
                titles(behind)
            )
        }
        Warning::TooLate { rule, behind } => {
            let have = if behind.len() == 1 {
                "that has"
            } else {
                "they have"
            };
            format!(
                "{} comes too late: whatever fits it fits {} before, and no longer does once {have} acted",
                title(rule),
                titles(behind)
            )
        }
        Warning::Contradicts { rule, other, later } => format!(
            "{} assigns to somebody else{} what {} has {}assigned",
            title(rule),
            if *later { ", on a later occasion," } else { "" },
            title(other),
            if *later { "" } else { "just " },
        ),
        Warning::Undoes {
            rule,
            other,
            change: undone,
            later,
        } => format!(
            "{} takes back{} what {} has {}done: {}",
            title(rule),
            if *later { ", on a later occasion," } else { "" },
            title(other),
            if *later { "" } else { "just " },
            in_passing(undone, names)
        ),
        Warning::FeedsItself { rule } => format!(
            "{} still fits what it has acted on, and acts anew at each of its occasions: let it act once per \
             conversation, or exclude what it leaves behind",
            title(rule)
        ),
        Warning::PingPong { rules } => format!(
            "{} make each other fit again, and start anew at each of their occasions: let one of them act once per \
             conversation",
            titles(rules)
        ),
        Warning::AgainstHiver {
            rule,
            ours,
            theirs,
            times,
        } => format!(
            "{} works against an automation of Hiver: after “{}” came “{}” {}",
            title(rule),
            change(ours, names),
            change(theirs, names),
            plural((*times).into(), "time")
        ),
        Warning::Gone { rule, what, id } => {
            let what = match what {
                Named::Mailbox => "mailbox",
                Named::User => "user",
                Named::Tag => "tag",
            };
            format!(
                "{} names the {what} `{id}`, which Hiver does not have, or not any more",
                title(rule)
            )
        }
        Warning::MatchesNothing { rule, of } => format!(
            "{} fits none of {}",
            title(rule),
            plural(*of, "conversation")
        ),
        Warning::MatchesEverything { rule, of } => format!(
            "{} fits every one of {}",
            title(rule),
            plural(*of, "conversation")
        ),
        Warning::CostsMoreThanTheDay {
            rule,
            requests,
            day,
        } => format!(
            "{} asks for {}, and a day has {}",
            title(rule),
            plural(*requests, "request"),
            count(*day)
        ),
    }
}

/// The name of a rule, with its place where another one is called the same: `“Refunds” (rule 3)`.
fn title(id: &RuleId, rules: &RuleSet) -> String {
    let all = || rules.rules.iter();
    let Some(place) = all().position(|rule| rule.id == *id) else {
        return quoted(id.as_str());
    };
    let name = quoted(&rules.rules[place].name);
    if all()
        .filter(|rule| looks_like(&rule.name, &rules.rules[place].name))
        .count()
        > 1
    {
        format!("{name} (rule {})", count(place as u64 + 1))
    } else {
        name
    }
}

/// Whether two names cannot be told apart where they are quoted.
fn looks_like(one: &str, other: &str) -> bool {
    let are_long = one.len().min(other.len()) > MOST_QUOTED;
    one == other || (are_long && quoted(one) == quoted(other))
}

fn in_passing(made: &Change, names: &Directory) -> String {
    let words = change(made, names);
    let mut letters = words.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(letters)
        .collect()
}

fn impossible(because: Impossible) -> &'static str {
    match because {
        Impossible::Mailbox => "its mailboxes rule each other out",
        Impossible::Status => "its statuses rule each other out",
        Impossible::Assignee => "what it asks of the assignee rules itself out",
        Impossible::Tags => "what it asks of the tags rules itself out",
        Impossible::Age => "no age is at least and under what it asks for",
        Impossible::Unchanged => "no time without change is at least and under what it asks for",
        Impossible::Time => "its hours rule each other out",
        Impossible::Text => "what it asks of a text rules itself out",
        Impossible::UpperCase => "it looks for upper case in a text in lower case",
    }
}
