//! Warnings in words.

use triage::{
    actions::Change,
    model::Directory,
    text::{change, count, plural},
};

use super::{listed, quoted};
use crate::{
    model::{RuleId, RuleSet},
    warning::{Impossible, Named, Warning},
};

/// A warning: `“Refunds” is never reached: whatever fits it fits “Money” before, which stops`.
#[must_use]
pub fn warning(warning: &Warning, rules: &RuleSet, names: &Directory) -> String {
    let title = |id: &RuleId| {
        let rule = rules.rule(id);
        quoted(rule.map_or(id.as_str(), |rule| &rule.name))
    };
    let titles = |ids: &[RuleId]| {
        let all: Vec<String> = ids.iter().map(title).collect();
        listed(&all, "and")
    };
    match warning {
        Warning::NeverMatches { rule, because } => {
            format!("{} can never fit: {}", title(rule), impossible(*because))
        }
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
        Warning::Contradicts { rule, other } => format!(
            "{} assigns to somebody else what {} has just assigned",
            title(rule),
            title(other)
        ),
        Warning::Undoes {
            rule,
            other,
            change: undone,
        } => format!(
            "{} takes back what {} has just done: {}",
            title(rule),
            title(other),
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
