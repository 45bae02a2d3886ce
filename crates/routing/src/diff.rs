//! What differs between two versions of a rule set, in words.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use triage::model::Directory;

use crate::{
    model::{Condition, Rule, RuleId, RuleSet},
    words,
};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The rule.
    pub rule: RuleId,
    /// Its title; of a rule that was removed, the former one.
    pub name: String,
    /// What about it.
    pub difference: Difference,
}

/// What differs about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It is new.
    Added {
        /// Its place, counted from 1.
        place: usize,
        /// The rule in words.
        sentence: String,
    },
    /// It is gone.
    Removed {
        /// The rule in words.
        sentence: String,
    },
    /// It runs before or after others that it ran after or before.
    Moved {
        /// Its former place, counted from 1.
        from: usize,
        /// Its place, counted from 1.
        to: usize,
    },
    /// A part of it changed.
    Changed {
        /// Which part.
        part: Part,
        /// What it was.
        before: String,
        /// What it is.
        after: String,
    },
}

/// A part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Part {
    Name,
    Mode,
    When,
    Mailboxes,
    Conditions,
    Actions,
    Note,
    Stop,
    Hours,
    Repeat,
}

impl Part {
    /// As a screen shows it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Mode => "mode",
            Self::When => "occasions",
            Self::Mailboxes => "mailboxes",
            Self::Conditions => "conditions",
            Self::Actions => "actions",
            Self::Note => "note",
            Self::Stop => "stop",
            Self::Hours => "hours",
            Self::Repeat => "repeat",
        }
    }
}

/// What differs between `old` and `new`: what is removed, then the rules of `new` in their order. The fewest rules
/// that explain the new order are the ones that moved. Nothing differs if and only if nothing is returned.
#[must_use]
pub fn diff(old: &RuleSet, new: &RuleSet, names: &Directory) -> Vec<Line> {
    let places: HashMap<&RuleId, usize> = old
        .rules
        .iter()
        .enumerate()
        .map(|(place, rule)| (&rule.id, place))
        .collect();
    let kept: HashSet<&RuleId> = new.rules.iter().map(|rule| &rule.id).collect();
    let mut lines: Vec<Line> = old
        .rules
        .iter()
        .filter(|rule| !kept.contains(&rule.id))
        .map(|rule| {
            let sentence = words::sentence(rule, names);
            line(rule, Difference::Removed { sentence })
        })
        .collect();
    let former: Vec<Option<usize>> = new
        .rules
        .iter()
        .map(|rule| places.get(&rule.id).copied())
        .collect();
    let stayed = longest_rising(&former);
    for (place, (rule, former)) in new.rules.iter().zip(&former).enumerate() {
        let Some(former) = *former else {
            let sentence = words::sentence(rule, names);
            let place = place + 1;
            lines.push(line(rule, Difference::Added { place, sentence }));
            continue;
        };
        if !stayed.contains(&former) {
            let (from, to) = (former + 1, place + 1);
            lines.push(line(rule, Difference::Moved { from, to }));
        }
        changed(&old.rules[former], rule, names, &mut lines);
    }
    lines
}

fn line(rule: &Rule, difference: Difference) -> Line {
    Line {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        difference,
    }
}

fn changed(old: &Rule, new: &Rule, names: &Directory, lines: &mut Vec<Line>) {
    let mut part = |part, differs: bool, word: &dyn Fn(&Rule) -> String| {
        if differs {
            let (mut before, mut after) = (word(old), word(new));
            if before == after {
                // What differs lies beyond what is said of a long list, or in ids that share a name.
                before.push_str(" (before)");
                after.push_str(" (otherwise)");
            }
            lines.push(line(
                new,
                Difference::Changed {
                    part,
                    before,
                    after,
                },
            ));
        }
    };
    part(Part::Name, old.name != new.name, &|rule| rule.name.clone());
    part(Part::Mode, old.mode != new.mode, &|rule| {
        words::mode(rule.mode).to_owned()
    });
    part(Part::When, old.when != new.when, &|rule| {
        words::when(&rule.when)
    });
    part(Part::Mailboxes, old.mailboxes != new.mailboxes, &|rule| {
        words::mailboxes(rule, names)
    });
    if old.conditions != new.conditions {
        let (before, after) = conditions(&old.conditions, &new.conditions, names);
        part(Part::Conditions, true, &|rule| {
            if std::ptr::eq(rule, old) {
                before.clone()
            } else {
                after.clone()
            }
        });
    }
    let (old_note, new_note) = (&old.actions.note, &new.actions.note);
    let without_note = |rule: &Rule| {
        let mut actions = rule.actions.clone();
        actions.note = None;
        actions
    };
    let (old_actions, new_actions) = (without_note(old), without_note(new));
    part(Part::Actions, old_actions != new_actions, &|rule| {
        words::actions(&without_note(rule), names)
    });
    part(Part::Note, old_note != new_note, &|rule| {
        rule.actions
            .note
            .clone()
            .unwrap_or_else(|| "none".to_owned())
    });
    part(Part::Stop, old.stop != new.stop, &|rule| {
        if rule.stop { "stops here" } else { "goes on" }.to_owned()
    });
    part(Part::Hours, old.hours != new.hours, &|rule| {
        rule.hours
            .as_ref()
            .map_or_else(|| "always".to_owned(), words::hours)
    });
    part(Part::Repeat, old.repeat != new.repeat, &|rule| {
        words::repeat(rule.repeat)
    });
}

/// Both in words. Where they are long lists of texts that differ in a few, those are said, not the beginning that
/// both have.
fn conditions(old: &Condition, new: &Condition, names: &Directory) -> (String, String) {
    let say = |condition: &Condition| {
        let text = words::condition(condition, names);
        if text.is_empty() {
            "always".to_owned()
        } else {
            text
        }
    };
    let (before, after) = (say(old), say(new));
    if before != after {
        return (before, after);
    }
    let (old_texts, new_texts) = (texts(old), texts(new));
    let only = |these: &[&str], those: &[&str]| {
        let those: HashSet<&str> = those.iter().copied().collect();
        let only: Vec<String> = these
            .iter()
            .filter(|text| !those.contains(*text))
            .map(|text| words::quoted(text))
            .collect();
        only
    };
    let (removed, added) = (only(&old_texts, &new_texts), only(&new_texts, &old_texts));
    let with = |text: &str, these: &[String]| match these {
        [] => text.to_owned(),
        these => format!("{text}, with {}", words::listed(these, "and")),
    };
    (with(&before, &removed), with(&after, &added))
}

/// Every text that is looked for.
fn texts(condition: &Condition) -> Vec<&str> {
    match condition {
        Condition::Text(text) => text.texts.iter().map(String::as_str).collect(),
        group => group.parts().iter().flat_map(texts).collect(),
    }
}

/// Of the numbers that are there, the most that rise from left to right.
fn longest_rising(numbers: &[Option<usize>]) -> HashSet<usize> {
    // By length of a rising row, the place of the smallest number that ends one.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (place, number) in numbers.iter().enumerate() {
        if number.is_none() {
            continue;
        }
        let length = ends.partition_point(|end| numbers[*end] < *number);
        before[place] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(place);
        } else {
            ends[length] = place;
        }
    }
    let mut rising = HashSet::new();
    let mut place = ends.last().copied();
    while let Some(at) = place {
        rising.extend(numbers[at]);
        place = before[at];
    }
    rising
}
