//! Conversations and rules to measure with.

use std::{fs, io, path::PathBuf};

use routing::{
    Compiled,
    evaluate::Evaluator,
    model::{
        Actions, Assign, AssigneeTest, Condition, Mode, Repeat, Rule, RuleId, RuleSet, Span,
        TagsTest, TextCondition, TextTest, When,
    },
    world::{Row, Staff},
};
use serde_json::json;
use triage::{
    fold,
    model::{Assignee, Conversation, Directory, Mailbox, Status, Tag, User},
};

pub const ROWS: usize = 100_000;
/// So many are given to other engines, too: they are slower.
pub const COMPARED: usize = 20_000;
pub const NOW: i64 = 1_780_478_400_000;

/// "Banking77" by PolyAI, CC BY 4.0: see `crates/hiver-sim/data/README.md`.
const QUESTIONS: &str = include_str!("../../../hiver-sim/data/customer-questions.csv");

const MAILBOXES: usize = 4;
const TAGS: usize = 20;
const USERS: usize = 12;
const STATUSES: [Status; 3] = Status::KNOWN;

/// A conversation as the mirror keeps it: with its subject folded.
pub struct Kept {
    pub conversation: Conversation,
    pub folded: String,
}

impl Kept {
    pub fn row(&self) -> Row<'_> {
        Row {
            folded_subject: Some(&self.folded),
            ..Row::of(&self.conversation)
        }
    }
}

fn questions() -> Vec<String> {
    let mut reader = csv::Reader::from_reader(QUESTIONS.as_bytes());
    reader
        .records()
        .filter_map(Result::ok)
        .filter_map(|record| record.get(0).map(str::to_owned))
        .collect()
}

/// Real questions, again and again, each time in other circumstances.
pub fn rows() -> Vec<Kept> {
    let questions = questions();
    (0..ROWS)
        .map(|number| {
            let subject = questions[number % questions.len()].clone();
            let age = (number % 1_000) as i64 * 3_600_000;
            Kept {
                folded: fold(&subject),
                conversation: Conversation {
                    id: format!("conv_{number}").into(),
                    mailbox: Some(format!("mb_{}", number % MAILBOXES).into()),
                    subject: Some(subject),
                    status: Some(STATUSES[number / 7 % 3].clone()),
                    assignee: match number % 3 {
                        0 => Assignee::User {
                            id: Some(format!("usr_{}", number % USERS).into()),
                            name: None,
                        },
                        _ => Assignee::Nobody,
                    },
                    tags: Some(vec![format!("t_{}", number % TAGS).into()]),
                    extras: triage::model::Extras::default(),
                    created_at: Some(NOW - age),
                    updated_at: Some(NOW - age / 2),
                    first_seen: NOW,
                    last_changed: NOW,
                },
            }
        })
        .collect()
}

pub fn directory() -> Directory {
    Directory {
        mailboxes: (0..MAILBOXES)
            .map(|number| Mailbox {
                id: format!("mb_{number}").into(),
                name: format!("Mailbox {number}"),
                email: None,
            })
            .collect(),
        users: (0..USERS)
            .map(|number| User {
                id: format!("usr_{number}").into(),
                name: format!("User {number}"),
                email: None,
            })
            .collect(),
        tags: (0..TAGS)
            .map(|number| Tag {
                id: format!("t_{number}").into(),
                name: format!("tag {number}"),
            })
            .collect(),
    }
}

/// Runs of two words of the questions, each once: what people would look for.
fn phrases(wanted: usize) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut phrases = Vec::new();
    for question in questions() {
        let folded = fold(&question);
        let words: Vec<&str> = folded
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| word.len() > 3)
            .collect();
        for pair in words.windows(2) {
            let phrase = pair.join(" ");
            if phrases.len() < wanted && seen.insert(phrase.clone()) {
                phrases.push(phrase);
            }
        }
    }
    phrases
}

/// Single words of the questions, the more frequent ones first.
fn words(wanted: usize) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for question in questions() {
        for word in fold(&question).split(|character: char| !character.is_alphanumeric()) {
            if word.len() > 4 {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let mut all: Vec<(String, usize)> = counts.into_iter().collect();
    all.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), word.clone()));
    // The most frequent ones say nothing.
    all.into_iter()
        .skip(20)
        .take(wanted)
        .map(|(word, _)| word)
        .collect()
}

fn rule(number: usize, conditions: Condition) -> Rule {
    Rule {
        id: RuleId::from(format!("r{number}")),
        name: format!("Rule {number}"),
        mode: Mode::On,
        when: vec![When::Created, When::Sweep],
        mailboxes: Vec::new(),
        conditions,
        actions: Actions {
            assign: Some(Assign::User(format!("usr_{}", number % USERS).into())),
            add_tags: vec![format!("t_{}", number % TAGS).into()],
            ..Actions::default()
        },
        stop: false,
        hours: None,
        repeat: Repeat::EachOccurrence,
    }
}

fn contains(texts: &[String]) -> Condition {
    Condition::Text(TextCondition::subject_contains(texts.iter().cloned()))
}

/// Keyword rules, lists, patterns and nested ones, a quarter each.
pub fn thousand() -> RuleSet {
    let phrases = phrases(4_000);
    let words = words(1_000);
    let rules = (0..1_000).map(|number| {
        let own = &phrases[number * 3..number * 3 + 3];
        let word = &words[number % words.len()];
        let conditions = match number % 4 {
            0 => contains(&own[..1]),
            1 => contains(own),
            2 => Condition::Text(TextCondition {
                test: TextTest::Regex,
                ..TextCondition::subject_contains([format!(r"\b{word}\w*\s+(my|the|a)\b.*\d*")])
            }),
            _ => Condition::All(vec![
                Condition::Status(vec![Status::Open, Status::Pending]),
                Condition::Any(vec![
                    contains(&own[..2]),
                    Condition::All(vec![
                        Condition::Text(TextCondition {
                            test: TextTest::Word,
                            ..TextCondition::subject_contains([word])
                        }),
                        Condition::Tags(TagsTest::Any(vec![format!("t_{}", number % TAGS).into()])),
                    ]),
                ]),
                Condition::None(vec![
                    Condition::Age(Span {
                        at_least_minutes: Some(60_000),
                        under_minutes: None,
                    }),
                    contains(&own[2..]),
                ]),
            ]),
        };
        rule(number, conditions)
    });
    RuleSet::of(rules.collect())
}

/// What each of the fifty asks, to be told to the other engines, too.
pub struct Asked {
    pub word: String,
    pub status: Status,
    pub mailbox: String,
}

pub fn asked() -> Vec<Asked> {
    words(50)
        .into_iter()
        .enumerate()
        .map(|(number, word)| Asked {
            word,
            status: STATUSES[number % 3].clone(),
            mailbox: format!("mb_{}", number % MAILBOXES),
        })
        .collect()
}

/// Fifty rules of three conditions.
pub fn fifty() -> RuleSet {
    let rules = asked().into_iter().enumerate().map(|(number, asked)| {
        let conditions = Condition::All(vec![
            contains(&[asked.word]),
            Condition::Status(vec![asked.status]),
            Condition::Mailbox(vec![asked.mailbox.into()]),
        ]);
        Rule {
            actions: Actions {
                add_tags: vec![format!("t_{}", number % TAGS).into()],
                ..Actions::default()
            },
            ..rule(number, conditions)
        }
    });
    RuleSet::of(rules.collect())
}

/// A rule as somebody types it.
pub fn edited() -> RuleSet {
    let texts = ["refund", "chargeback", "top up"].map(str::to_owned);
    RuleSet::of(vec![rule(
        0,
        Condition::All(vec![
            Condition::Assignee(AssigneeTest::Nobody),
            contains(&texts),
            Condition::Text(TextCondition {
                test: TextTest::Regex,
                ..TextCondition::subject_contains([r"(my|the)\s+\w+"])
            }),
        ]),
    )])
}

/// So many rules of one keyword each.
pub fn keywords(number: usize) -> RuleSet {
    let phrases = phrases(number);
    let rules = (0..number).map(|number| {
        // More rules than phrases: the rest ends in a number, and is found nowhere.
        let text = phrases.get(number).cloned();
        rule(
            number,
            contains(&[text.unwrap_or_else(|| format!("nowhere {number}"))]),
        )
    });
    RuleSet::of(rules.collect())
}

/// One rule that looks for 10,000 keywords.
pub fn one_long_list() -> RuleSet {
    let mut texts = phrases(10_000);
    texts.extend((texts.len()..10_000).map(|number| format!("nowhere {number}")));
    RuleSet::of(vec![rule(0, contains(&texts))])
}

/// The folder to write to, if that is asked for.
pub fn export_folder() -> Option<PathBuf> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--export");
    arguments.nth(1).map(PathBuf::from)
}

/// Writes the fifty rules, the conversations and what was decided, and says how many seconds deciding took.
pub fn export(folder: &PathBuf, rows: &[Kept]) -> io::Result<f64> {
    fs::create_dir_all(folder)?;
    let compiled: Compiled = super::compile(&fifty());
    let (took, _) = super::fastest(5, || super::decide_all(&compiled, rows));
    let mut evaluator = Evaluator::new(&compiled);
    let mut staff = Staff::default();
    let decided: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| {
            let decision = evaluator.decide(&row.row(), &super::moment(), &mut staff);
            let numbers = decision
                .firings
                .iter()
                .map(|firing| firing.rule.id.as_str()[1..].parse().unwrap_or(usize::MAX));
            numbers.collect()
        })
        .collect();
    let facts: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "subject": row.folded,
                "status": row.conversation.status,
                "mailbox": row.conversation.mailbox,
            })
        })
        .collect();
    let rules: Vec<_> = asked()
        .into_iter()
        .map(|asked| json!({"word": asked.word, "status": asked.status, "mailbox": asked.mailbox}))
        .collect();
    let all =
        json!({"rules": rules, "facts": facts, "decided": decided, "seconds": took.as_secs_f64()});
    fs::write(folder.join("fifty.json"), all.to_string())?;
    Ok(took.as_secs_f64())
}
