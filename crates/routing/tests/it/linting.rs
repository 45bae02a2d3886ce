//! Warnings: by tables, and that what is said never to happen does not happen.

use proptest::prelude::*;
use routing::{
    Compiled,
    evaluate::Evaluator,
    lint::{Surroundings, lint},
    model::{
        Actions, Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, RuleId, RuleSet,
        Share, ShareBy, ShareMember, Span, TagsTest, TextCondition, TextField, TextTest, When,
    },
    moment::{Moment, Occasion},
    warning::Warning,
    words,
    world::{Row, Staff},
};
use triage::model::{Conversation, Directory, Status};

use crate::{
    random,
    support::{NOW, contains, directory, rule, set, tagging},
};

pub const MOMENT: Moment = Moment {
    now_ms: NOW,
    utc_offset_seconds: 0,
    occasion: Occasion::Any,
};

pub fn warned(rules: &RuleSet) -> Vec<String> {
    let names = directory();
    let warnings = lint(rules, &nothing_around(&names)).unwrap();
    warnings
        .iter()
        .map(|warning| words::warning(warning, rules, &names))
        .collect()
}

fn nothing_around(directory: &Directory) -> Surroundings<'_> {
    Surroundings {
        directory,
        rows: &[],
        moment: MOMENT,
        habits: &[],
        requests_per_day: None,
    }
}

pub fn all(parts: impl IntoIterator<Item = Condition>) -> Condition {
    Condition::All(parts.into_iter().collect())
}

pub fn when(id: &str, condition: Condition) -> Rule {
    Rule {
        conditions: condition,
        repeat: Repeat::Once,
        ..rule(id)
    }
}

pub fn status(word: &str) -> Condition {
    Condition::Status(vec![word.into()])
}

pub fn text(test: TextTest, text: &str) -> TextCondition {
    TextCondition {
        test,
        ..TextCondition::subject_contains([text])
    }
}

pub fn without(condition: Condition) -> Condition {
    Condition::None(vec![condition])
}

pub fn hours(from: &str, to: &str) -> Hours {
    Hours {
        weekdays: Vec::new(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    }
}

pub fn none_of(warnings: &[String]) {
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn conditions_that_rule_each_other_out_never_fit() {
    let vip = || vec!["t_vip".into()];
    let span = |least: Option<u32>, under: Option<u32>| Span {
        at_least_minutes: least,
        under_minutes: under,
    };
    let cases = [
        (all([status("open"), status("closed")]), "its statuses"),
        (
            all([status("open"), without(status("open"))]),
            "its statuses",
        ),
        (
            all([
                Condition::Mailbox(vec!["mb_1".into()]),
                Condition::Mailbox(vec!["mb_2".into()]),
            ]),
            "its mailboxes",
        ),
        (
            all([
                Condition::Assignee(AssigneeTest::Nobody),
                Condition::Assignee(AssigneeTest::OneOf(vec!["usr_ana".into()])),
            ]),
            "the assignee",
        ),
        (
            all([
                Condition::Assignee(AssigneeTest::Somebody),
                without(Condition::Assignee(AssigneeTest::Somebody)),
            ]),
            "the assignee",
        ),
        (
            all([
                Condition::Tags(TagsTest::Any(vip())),
                Condition::Tags(TagsTest::None(vip())),
            ]),
            "the tags",
        ),
        (
            all([
                Condition::Tags(TagsTest::Untagged),
                Condition::Tags(TagsTest::All(vip())),
            ]),
            "the tags",
        ),
        (
            all([
                Condition::Age(span(Some(60), None)),
                Condition::Age(span(None, Some(30))),
            ]),
            "no age",
        ),
        (
            Condition::Unchanged(span(Some(60), Some(60))),
            "no time without change",
        ),
        (
            all([
                Condition::Time(hours("09:00", "10:00")),
                Condition::Time(hours("11:00", "12:00")),
            ]),
            "its hours",
        ),
        (
            all([contains("invoice"), without(contains("voice"))]),
            "of a text",
        ),
        (
            all([
                Condition::Text(text(TextTest::Equals, "Invoice")),
                contains("refund"),
            ]),
            "of a text",
        ),
        (
            Condition::Text(text(TextTest::LowercaseContains, "Invoice")),
            "upper case",
        ),
        (
            all([
                contains("a"),
                Condition::Any(vec![status("open"), status("pending")]),
                status("closed"),
            ]),
            "its statuses",
        ),
        (
            Condition::Any(vec![all([status("open"), status("closed")])]),
            "its statuses",
        ),
    ];
    for (conditions, expected) in cases {
        let warnings = warned(&set([when("a", conditions.clone())]));
        assert_eq!(warnings.len(), 1, "{conditions:?}: {warnings:?}");
        assert!(
            warnings[0].starts_with("“Rule a” can never fit") && warnings[0].contains(expected),
            "{warnings:?}"
        );
    }
    let tag = |test: TextTest, name: &str, negated: bool| {
        Condition::Text(TextCondition {
            field: TextField::Tag,
            negated,
            ..text(test, name)
        })
    };
    // A conversation has several tags, and each is looked at by itself.
    let named_vip = || tag(TextTest::Equals, "vip", false);
    for other in [TextTest::Equals, TextTest::Word, TextTest::Starts] {
        let both = all([named_vip(), tag(other, "billing", false)]);
        none_of(&warned(&set([when("a", both)])));
    }
    let neither = all([named_vip(), tag(TextTest::Contains, "vi", true)]);
    assert!(warned(&set([when("a", neither)]))[0].contains("of a text"));
    let mut outside = when("a", Condition::Time(hours("11:00", "12:00")));
    outside.hours = Some(hours("09:00", "10:00"));
    assert!(warned(&set([outside]))[0].contains("its hours"));
    let possible = all([
        contains("invoice"),
        without(contains("invoices")),
        Condition::Any(vec![
            status("open"),
            all([status("pending"), without(status("open"))]),
        ]),
        Condition::Tags(TagsTest::Any(vec!["t_vip".into(), "t_billing".into()])),
        without(Condition::Tags(TagsTest::All(vip()))),
    ]);
    none_of(&warned(&set([when("a", possible)])));
}

#[test]
fn what_an_earlier_rule_stops_is_hidden() {
    let stop = |rule: Rule| Rule { stop: true, ..rule };
    let hidden = "“Rule b” is never reached: whatever fits it fits “Rule a” before, which stops";
    let narrow = all([contains("my invoices"), status("open")]);
    let rules = |first: Rule| set([first, when("b", narrow.clone())]);

    assert_eq!(
        warned(&rules(stop(when("a", contains("Invoice"))))),
        [hidden]
    );
    assert_eq!(
        warned(&rules(stop(when("a", Condition::default())))),
        [hidden]
    );
    let wide = all([
        without(status("closed")),
        Condition::Any(vec![contains("refund"), contains("invoice")]),
    ]);
    assert_eq!(warned(&rules(stop(when("a", wide)))), [hidden]);

    // It does not stop all: it is stricter, off, a shadow, elsewhere, at other hours or on other occasions.
    let strict = TextCondition {
        match_case: true,
        ..text(TextTest::Contains, "invoice")
    };
    none_of(&warned(&rules(stop(when("a", Condition::Text(strict))))));
    none_of(&warned(&rules(stop(Rule {
        mode: Mode::Off,
        ..when("a", contains("invoice"))
    }))));
    none_of(&warned(&rules(stop(Rule {
        mode: Mode::Shadow,
        ..when("a", contains("invoice"))
    }))));
    none_of(&warned(&rules(stop(Rule {
        mailboxes: vec!["mb_1".into()],
        ..when("a", contains("invoice"))
    }))));
    none_of(&warned(&rules(stop(Rule {
        hours: Some(hours("09:00", "17:00")),
        ..when("a", contains("invoice"))
    }))));
    none_of(&warned(&rules(stop(Rule {
        when: vec![When::Created],
        ..when("a", contains("invoice"))
    }))));

    // A rule between them makes true what the later one asks for.
    let closes = Rule {
        actions: Actions {
            set_status: Some(Status::Closed),
            ..Actions::default()
        },
        ..when("c", contains("invoice"))
    };
    let closed = all([contains("invoice"), status("closed")]);
    let rules = set([stop(when("a", closed.clone())), closes, when("b", closed)]);
    none_of(&warned(&rules));
    // Two rules together.
    let rules = set([
        stop(when("a", contains("invoice"))),
        stop(when("c", contains("refund"))),
        when(
            "b",
            Condition::Any(vec![contains("invoices"), contains("refunds")]),
        ),
    ]);
    assert_eq!(
        warned(&rules),
        [
            "“Rule b” is never reached: whatever fits it fits “Rule a” and “Rule c” before, which stop"
        ]
    );
}

fn tagging_open() -> Rule {
    Rule {
        actions: Actions {
            add_tags: vec!["t_vip".into()],
            ..Actions::default()
        },
        ..when("b", status("open"))
    }
}

#[test]
fn what_an_earlier_rule_changes_comes_too_late() {
    let to = |id: &str, user: &str, condition: Condition| Rule {
        actions: Actions {
            assign: Some(Assign::User(user.into())),
            ..Actions::default()
        },
        ..when(id, condition)
    };
    let nobodys = |word: &str| all([contains(word), Condition::Assignee(AssigneeTest::Nobody)]);
    let late = "“Rule b” comes too late: whatever fits it fits “Rule a” before, and no longer does once that has acted";
    let pair = |first: Rule, second: &str| set([first, to("b", "usr_ben", nobodys(second))]);
    let first = |word: &str| to("a", "usr_ana", nobodys(word));
    assert_eq!(warned(&pair(first("invoice"), "invoice")), [late]);
    assert_eq!(warned(&pair(first("invoice"), "my invoices")), [late]);
    let anybodys = to("a", "usr_ana", contains("invoice"));
    assert_eq!(warned(&pair(anybodys, "invoice")), [late]);
    // Nobody may be free, and what acts once leaves what became open again.
    let sharing = |mut rule: Rule| {
        rule.actions.assign = Some(Assign::Share(Share {
            by: ShareBy::RoundRobin,
            among: vec![ShareMember {
                user: "usr_ana".into(),
                cap: Some(1),
            }],
        }));
        rule
    };
    none_of(&warned(&pair(sharing(first("invoice")), "invoice")));
    let closing = Rule {
        actions: Actions {
            set_status: Some(Status::Closed),
            ..Actions::default()
        },
        ..when("a", status("open"))
    };
    let tagging = tagging_open();
    none_of(&warned(&set([closing.clone(), tagging.clone()])));
    let always = Rule {
        repeat: Repeat::EachOccurrence,
        ..closing
    };
    assert_eq!(warned(&set([always, tagging])), [late]);
    // What is left over for the later one is its own.
    none_of(&warned(&pair(first("my invoices"), "invoice")));
    none_of(&warned(&pair(first("refund"), "invoice")));
    none_of(&warned(&pair(
        Rule {
            mode: Mode::Shadow,
            ..first("invoice")
        },
        "invoice",
    )));
    none_of(&warned(&pair(
        Rule {
            when: vec![When::Created],
            ..first("invoice")
        },
        "invoice",
    )));
    none_of(&warned(&pair(
        Rule {
            actions: Actions {
                set_status: Some(Status::Closed),
                ..Actions::default()
            },
            ..first("invoice")
        },
        "invoice",
    )));
}

#[test]
fn rules_that_take_each_other_back_are_named() {
    let to = |id: &str, user: &str, condition: Condition| Rule {
        actions: Actions {
            assign: Some(Assign::User(user.into())),
            ..Actions::default()
        },
        ..when(id, condition)
    };
    let contradicts = "“Rule b” assigns to somebody else what “Rule a” has just assigned";
    let pair = |first: Condition, second: Condition| {
        set([to("a", "usr_ana", first), to("b", "usr_ben", second)])
    };
    assert_eq!(
        warned(&pair(contains("invoices"), contains("invoice"))),
        [contradicts]
    );
    assert_eq!(
        warned(&pair(contains("invoice"), contains("invoices"))),
        [contradicts]
    );
    none_of(&warned(&pair(contains("invoice"), contains("refund"))));
    let nobody = || Condition::Assignee(AssigneeTest::Nobody);
    assert_eq!(
        warned(&pair(all([nobody(), contains("a")]), contains("a"))),
        [contradicts]
    );
    none_of(&warned(&set([
        to("a", "usr_ana", contains("a")),
        to("b", "usr_ana", contains("a")),
    ])));

    let untag = Rule {
        actions: Actions {
            remove_tags: vec!["t_vip".into()],
            ..Actions::default()
        },
        ..when("b", contains("invoices"))
    };
    let tag = Rule {
        repeat: Repeat::Once,
        ..tagging("a", "invoice", "t_vip")
    };
    assert_eq!(
        warned(&set([tag, untag])),
        ["“Rule b” takes back what “Rule a” has just done: add tag vip"]
    );
}

#[test]
fn rules_that_act_without_end_are_found() {
    let noting = |id: &str, occasions: Vec<When>, repeat| Rule {
        when: occasions,
        repeat,
        actions: Actions {
            note: Some("Look.".to_owned()),
            ..Actions::default()
        },
        ..when(id, contains("invoice"))
    };
    let feeds = "“Rule a” still fits what it has acted on, and acts anew at each of its occasions: let it act once \
                 per conversation, or exclude what it leaves behind";
    for occasion in [When::NoteAdded, When::AnyChange, When::Sweep] {
        let again = noting("a", vec![occasion.clone()], Repeat::EachOccurrence);
        assert_eq!(warned(&set([again])), [feeds], "{occasion:?}");
        none_of(&warned(&set([noting("a", vec![occasion], Repeat::Once)])));
    }
    none_of(&warned(&set([noting(
        "a",
        vec![When::Created],
        Repeat::EachOccurrence,
    )])));

    let turns = |id: &str, from: &str, to: &str| Rule {
        conditions: status(from),
        actions: Actions {
            set_status: Some(to.into()),
            ..Actions::default()
        },
        ..rule(id)
    };
    let both = Rule {
        when: vec![When::Closed],
        ..turns("b", "closed", "open")
    };
    let rules = set([
        Rule {
            when: vec![When::Opened],
            ..turns("a", "open", "closed")
        },
        both,
    ]);
    assert_eq!(
        warned(&rules),
        [
            "“Rule a” and “Rule b” make each other fit again, and start anew at each of their occasions: let one of \
             them act once per conversation"
        ]
    );
    let chain = [
        Rule {
            when: vec![When::Opened],
            ..turns("a", "open", "pending")
        },
        Rule {
            when: vec![When::Pending],
            ..turns("b", "pending", "closed")
        },
    ];
    none_of(&warned(&set(chain)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_said_never_to_happen_does_not_happen(
        rules in random::rules(),
        conversations in prop::collection::vec(random::conversation(), 12),
        moment in random::moment(),
    ) {
        holds(&rules, &conversations, moment)?;
    }

    #[test]
    fn nor_does_it_where_rules_change_what_others_look_at(
        rules in random::chain(),
        conversations in prop::collection::vec(random::conversation(), 30),
        moment in random::moment(),
    ) {
        holds(&rules, &conversations, moment)?;
    }
}

/// That nothing happens which a warning about `rules` says never happens.
fn holds(
    rules: &RuleSet,
    conversations: &[Conversation],
    moment: Moment,
) -> Result<(), TestCaseError> {
    let names = directory();
    let around = Surroundings {
        moment,
        ..nothing_around(&names)
    };
    let warnings = lint(rules, &around).unwrap();
    let compiled = Compiled::new(rules, &names).unwrap();
    let mut evaluator = Evaluator::new(&compiled);
    // Whoever shares out may find nobody to share with.
    let acts_for_sure = |id: &RuleId| {
        let rule = rules.rule(id).unwrap();
        !matches!(rule.actions.assign, Some(Assign::Share(_)))
    };
    let never: Vec<&RuleId> = warnings
        .iter()
        .filter_map(|warning| match warning {
            Warning::NeverMatches { rule, .. } | Warning::Hidden { rule, .. } => Some(rule),
            Warning::TooLate { rule, behind } => {
                Some(rule).filter(|_| behind.iter().all(acts_for_sure))
            }
            _ => None,
        })
        .collect();
    for conversation in conversations {
        for occasion in [moment.occasion, Occasion::Any] {
            let moment = Moment { occasion, ..moment };
            let row = Row::of(conversation);
            let decision = evaluator.decide(&row, &moment, &mut Staff::default());
            for firing in decision.firings {
                prop_assert!(!never.contains(&&firing.rule.id), "{warnings:?}");
            }
        }
    }
    Ok(())
}
