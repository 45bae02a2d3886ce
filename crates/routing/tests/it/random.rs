//! Random rules and conversations of few words, so that they meet.

use proptest::{collection::vec, option, prelude::*, sample::select};
use routing::{
    model::{
        Actions, Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, RuleId, RuleSet,
        Schedule, Share, ShareBy, ShareMember, Span, TagsTest, TextCondition, TextField, TextTest,
        TimeOfDay, Weekday, When,
    },
    moment::{Moment, Occasion},
    world::{Acted, Load, Staff},
};
use triage::model::{Assignee, Conversation, Extras, MailboxId, Status, TagId, UserId};

use crate::support::NOW;

const PIECES: [&str; 22] = [
    "invoice", "Invoice", "ínvoice", "INVOICE", "in", "voice", " ", " ", "-", "bill", "Bill",
    "e\u{301}", "é", "e", "退款", "请", "#4", "42", "re", "ﬁ", "ſ", "ς",
];
const PATTERNS: [&str; 10] = [
    "inv.*e",
    r"\bbill\b",
    "(e|é)+",
    "[0-9]+",
    "^re",
    "É",
    "bill|invoice",
    "(in)?voice",
    "i",
    r"\pL{3}",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..7).prop_map(|pieces| pieces.concat())
}

fn some_text() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 1..3).prop_map(|pieces| pieces.concat())
}

fn mailbox() -> impl Strategy<Value = MailboxId> {
    select(vec!["mb_1", "mb_2", "mb_gone"]).prop_map(MailboxId::from)
}

fn user() -> impl Strategy<Value = UserId> {
    select(vec!["usr_ana", "usr_ben", "usr_cleo", "usr_gone"]).prop_map(UserId::from)
}

fn tag() -> impl Strategy<Value = TagId> {
    select(vec!["t_billing", "t_technical", "t_vip", "t_gone"]).prop_map(TagId::from)
}

fn status() -> impl Strategy<Value = Status> {
    select(vec!["open", "pending", "closed", "snoozed"]).prop_map(Status::from)
}

fn assignee() -> impl Strategy<Value = Assignee> {
    prop_oneof![
        1 => Just(Assignee::Unknown),
        2 => Just(Assignee::Nobody),
        2 => (option::of(user()), option::of(select(vec!["Ana Ruiz", "BEN OKAFOR", "Dora"])))
            .prop_map(|(id, name)| Assignee::User { id, name: name.map(str::to_owned) }),
    ]
}

pub fn conversation() -> impl Strategy<Value = Conversation> {
    (
        option::weighted(0.9, text()),
        option::weighted(0.8, mailbox()),
        option::weighted(0.8, status()),
        assignee(),
        option::weighted(0.8, vec(tag(), 0..3)),
        0..300_i64,
        0..300_i64,
        extras(),
    )
        .prop_map(
            |(subject, mailbox, status, assignee, tags, age, quiet, extras)| Conversation {
                id: "conv_1".into(),
                mailbox,
                subject,
                status,
                assignee,
                tags: tags.map(|mut tags| {
                    tags.sort();
                    tags.dedup();
                    tags
                }),
                extras,
                created_at: (age % 2 == 0).then_some(NOW - age * 60_000),
                updated_at: None,
                first_seen: NOW - age * 30_000,
                last_changed: NOW - quiet * 60_000,
            },
        )
}

fn text_condition() -> impl Strategy<Value = TextCondition> {
    let field = prop_oneof![
        8 => Just(TextField::Subject),
        1 => select(vec![TextField::Id, TextField::Mailbox, TextField::Assignee, TextField::Tag]),
        1 => Just(TextField::Extra("sender".to_owned())),
    ];
    let test = select(vec![
        TextTest::Contains,
        TextTest::Contains,
        TextTest::Word,
        TextTest::Equals,
        TextTest::Starts,
        TextTest::Ends,
        TextTest::LowercaseContains,
        TextTest::Regex,
    ]);
    // Now and then a list that is long enough to be searched another way.
    let texts = prop_oneof![5 => vec(some_text(), 1..4), 1 => vec(some_text(), 13..20)];
    let patterns = vec(select(&PATTERNS[..]), 1..3);
    (field, test, texts, patterns, any::<[bool; 3]>())
        .prop_map(
            |(field, test, texts, patterns, [negated, match_case, match_accents])| {
                let patterns = patterns.into_iter().map(str::to_owned).collect();
                TextCondition {
                    field,
                    texts: if test == TextTest::Regex {
                        patterns
                    } else {
                        texts
                    },
                    test,
                    negated,
                    match_case,
                    match_accents,
                }
            },
        )
        .prop_filter("something is left of the text", |condition| {
            condition.match_accents
                || condition
                    .texts
                    .iter()
                    .all(|text| !triage::fold(text).is_empty())
        })
}

fn span() -> impl Strategy<Value = Span> {
    (option::of(0..300_u32), 0..300_u32).prop_map(|(at_least_minutes, under)| Span {
        at_least_minutes,
        under_minutes: (at_least_minutes.is_none() || under % 2 == 0).then_some(under),
    })
}

fn hours() -> impl Strategy<Value = Hours> {
    let days = vec(select(&Weekday::ALL[..]), 0..4);
    (days, 0..24_u16, 1..24_u16).prop_map(|(weekdays, from, length)| Hours {
        weekdays,
        from: TimeOfDay::from_minutes(from * 60).unwrap(),
        to: TimeOfDay::from_minutes((from + length) % 24 * 60).unwrap(),
    })
}

pub fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        6 => text_condition().prop_map(Condition::Text),
        1 => vec(mailbox(), 1..3).prop_map(Condition::Mailbox),
        2 => vec(status(), 1..3).prop_map(Condition::Status),
        1 => Just(Condition::Assignee(AssigneeTest::Nobody)),
        1 => Just(Condition::Assignee(AssigneeTest::Somebody)),
        1 => vec(user(), 1..3).prop_map(|users| Condition::Assignee(AssigneeTest::OneOf(users))),
        1 => vec(tag(), 1..3).prop_map(|tags| Condition::Tags(TagsTest::Any(tags))),
        1 => vec(tag(), 1..3).prop_map(|tags| Condition::Tags(TagsTest::All(tags))),
        1 => vec(tag(), 1..3).prop_map(|tags| Condition::Tags(TagsTest::None(tags))),
        1 => Just(Condition::Tags(TagsTest::Untagged)),
        1 => span().prop_map(Condition::Age),
        1 => span().prop_map(Condition::Unchanged),
        1 => hours().prop_map(Condition::Time),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Condition::All),
            vec(inner.clone(), 1..4).prop_map(Condition::Any),
            vec(inner, 0..3).prop_map(Condition::None),
        ]
    })
}

fn actions() -> impl Strategy<Value = Actions> {
    let member = (user(), option::of(1..4_u32)).prop_map(|(user, cap)| ShareMember { user, cap });
    let share = (
        select(vec![ShareBy::RoundRobin, ShareBy::LeastLoaded]),
        vec(member, 1..4),
    )
        .prop_map(|(by, mut among)| {
            let mut seen = Vec::new();
            among.retain(|member| {
                let new = !seen.contains(&member.user);
                seen.push(member.user.clone());
                new
            });
            Share { by, among }
        });
    let assign = prop_oneof![user().prop_map(Assign::User), share.prop_map(Assign::Share)];
    let known = select(vec![Status::Open, Status::Pending, Status::Closed]);
    (
        option::of(assign),
        vec(tag(), 0..3),
        vec(tag(), 0..2),
        option::weighted(0.3, known),
        option::weighted(
            0.3,
            Just("{{rule}} {{matched}} {{mailbox}} {{subject}}".to_owned()),
        ),
    )
        .prop_map(|(assign, add_tags, mut remove_tags, set_status, note)| {
            remove_tags.retain(|tag| !add_tags.contains(tag));
            Actions {
                assign,
                add_tags,
                remove_tags,
                set_status,
                note,
            }
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let when = prop_oneof![
        4 => Just(When::Created),
        2 => Just(When::AnyChange),
        1 => Just(When::Sweep),
        1 => Just(When::Schedule(Schedule {
            weekdays: vec![Weekday::Monday],
            at: TimeOfDay::from_minutes(480).unwrap(),
        })),
    ];
    let repeat = prop_oneof![
        1 => Just(Repeat::Once),
        1 => (1..30_u32).prop_map(Repeat::AfterHours),
        2 => Just(Repeat::EachOccurrence),
    ];
    (
        prop_oneof![5 => Just(Mode::On), 1 => Just(Mode::Off), 1 => Just(Mode::Shadow)],
        vec(when, 1..3),
        option::weighted(0.2, vec(mailbox(), 1..3)),
        condition(),
        actions(),
        prop::bool::weighted(0.2),
        option::weighted(0.2, hours()),
        repeat,
    )
        .prop_map(
            |(mode, when, mailboxes, conditions, actions, stop, hours, repeat)| Rule {
                id: "r".into(),
                name: "Some rule".to_owned(),
                mode,
                when,
                mailboxes: mailboxes.unwrap_or_default(),
                stop: stop || actions.is_empty(),
                conditions,
                actions,
                hours,
                repeat,
            },
        )
}

pub fn rules() -> impl Strategy<Value = RuleSet> {
    vec(rule(), 0..8).prop_map(numbered)
}

fn numbered(mut rules: Vec<Rule>) -> RuleSet {
    for (number, rule) in rules.iter_mut().enumerate() {
        rule.id = RuleId::from(format!("r{number}"));
    }
    RuleSet::of(rules)
}

/// Rules that make true and false what others ask for, all on the same occasion.
pub fn chain() -> impl Strategy<Value = RuleSet> {
    let one = |tag: TagId| vec![tag];
    let user = || select(vec!["usr_ana", "usr_ben"]).prop_map(UserId::from);
    let tag = || select(vec!["t_vip", "t_billing"]).prop_map(TagId::from);
    let status = || select(vec![Status::Open, Status::Pending]);
    let leaf = prop_oneof![
        1 => Just(Condition::Text(TextCondition::subject_contains(["in"]))),
        2 => status().prop_map(|status| Condition::Status(vec![status])),
        2 => Just(Condition::Assignee(AssigneeTest::Nobody)),
        1 => Just(Condition::Assignee(AssigneeTest::Somebody)),
        1 => user().prop_map(|user| Condition::Assignee(AssigneeTest::OneOf(vec![user]))),
        1 => tag().prop_map(move |tag| Condition::Tags(TagsTest::Any(one(tag)))),
        1 => Just(Condition::Tags(TagsTest::Any(vec!["t_vip".into(), "t_billing".into()]))),
        2 => tag().prop_map(move |tag| Condition::Tags(TagsTest::None(one(tag)))),
        1 => Just(Condition::Tags(TagsTest::Untagged)),
        1 => select(vec!["billing", "Ana Ruiz"]).prop_map(|text| {
            let field = if text == "billing" { TextField::Tag } else { TextField::Assignee };
            Condition::Text(TextCondition { field, ..TextCondition::subject_contains([text]) })
        }),
    ];
    let shared = user().prop_map(|user| {
        Assign::Share(Share {
            by: ShareBy::RoundRobin,
            among: vec![ShareMember { user, cap: Some(1) }],
        })
    });
    let assign = prop_oneof![3 => user().prop_map(Assign::User), 1 => shared];
    let actions = (
        option::weighted(0.4, assign),
        vec(tag(), 0..2),
        vec(tag(), 0..2),
        option::weighted(0.3, status()),
    )
        .prop_map(|(assign, add_tags, mut remove_tags, set_status)| {
            remove_tags.retain(|tag| !add_tags.contains(tag));
            Actions {
                assign,
                add_tags,
                remove_tags,
                set_status,
                note: None,
            }
        });
    let part = (leaf, prop::bool::weighted(0.25)).prop_map(|(leaf, negated)| {
        if negated {
            Condition::None(vec![leaf])
        } else {
            leaf
        }
    });
    // All pick from the same few, so that what fits one often fits another.
    let picking = (rule(), actions, any::<[bool; 3]>(), any::<bool>());
    (vec(part, 3), vec(picking, 2..6)).prop_map(|(parts, rules)| {
        let rules = rules
            .into_iter()
            .map(|(rule, actions, picked, stop)| {
                let parts = parts.iter().zip(picked).filter(|(_, picked)| *picked);
                Rule {
                    mode: Mode::On,
                    when: vec![When::Created],
                    mailboxes: Vec::new(),
                    hours: None,
                    conditions: Condition::All(parts.map(|(part, _)| part.clone()).collect()),
                    stop: stop || actions.is_empty(),
                    actions,
                    ..rule
                }
            })
            .collect();
        numbered(rules)
    })
}

pub fn moment() -> impl Strategy<Value = Moment> {
    let occasion = select(vec![
        Occasion::Created,
        Occasion::Created,
        Occasion::Changed,
        Occasion::Sweep,
        Occasion::Any,
        Occasion::Schedule {
            weekday: Weekday::Monday,
            at: TimeOfDay::from_minutes(480).unwrap(),
        },
    ]);
    (occasion, -12..14_i32, 0..7_i64).prop_map(|(occasion, hours, days)| Moment {
        now_ms: NOW + days * 86_400_000,
        utc_offset_seconds: hours * 3_600,
        occasion,
    })
}

pub fn acted() -> impl Strategy<Value = Vec<Acted>> {
    let one = (0..8_u32, 0..40_i64).prop_map(|(rule, hours)| Acted {
        rule: RuleId::from(format!("r{rule}")),
        at_ms: NOW - hours * 3_600_000,
    });
    vec(one, 0..3)
}

pub fn staff() -> impl Strategy<Value = Staff> {
    let load = (
        0..4_u32,
        prop::bool::weighted(0.2),
        option::weighted(0.3, 1..4_u32),
    )
        .prop_map(|(open, away, cap)| Load { open, away, cap });
    (
        prop::collection::hash_map(user(), load, 0..4),
        prop::collection::hash_map(
            (0..8_u32).prop_map(|n| RuleId::from(format!("r{n}"))),
            user(),
            0..3,
        ),
    )
        .prop_map(|(users, last)| Staff { users, last })
}

fn extras() -> impl Strategy<Value = Extras> {
    option::of(text()).prop_map(|sender| sender.map(|text| ("sender", text)).into_iter().collect())
}
