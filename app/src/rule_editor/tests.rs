//! Rules become forms and forms rules, and nothing that was typed is lost on the way.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use routing::check::check;
use routing::model::{
    Actions, Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, RuleSet, Schedule, Share,
    ShareBy, ShareMember, Span, TagsTest, TextCondition, TextField, TextTest, TimeOfDay, Weekday,
    When,
};
use triage::model::Status;

use super::fields::pairs_of;
use super::merging::{Side, clashes, merged};
use super::reading::blank;
use super::reading::conditions::TEXT_TESTS;
use super::{Node, Pairs, RuleForm};

/// Any text that a browser can send: of line breaks it makes one kind.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z \"\\\\\n,é{}]{1,12}",
        Just("退款".to_owned()),
        Just("\"quoted\"".to_owned()),
        Just(" ".to_owned()),
    ]
}

fn id() -> impl Strategy<Value = String> {
    "[a-z:. ]{0,5}x"
}

fn times() -> impl Strategy<Value = Hours> {
    let days = vec(select(&Weekday::ALL[..]), 0..4);
    (days, 0..1_440_u16, 0..1_440_u16).prop_map(|(weekdays, from, to)| Hours {
        weekdays,
        from: TimeOfDay::from_minutes(from).unwrap(),
        to: TimeOfDay::from_minutes(if from == to { 1_440 } else { to }).unwrap(),
    })
}

fn span() -> impl Strategy<Value = Span> {
    (option::of(any::<u32>()), any::<u32>()).prop_map(|(at_least_minutes, under)| Span {
        at_least_minutes,
        under_minutes: (at_least_minutes.is_none() || under % 2 == 0).then_some(under),
    })
}

fn text_test() -> impl Strategy<Value = Condition> {
    let field = prop_oneof![
        3 => Just(TextField::Subject),
        1 => select(vec![TextField::Id, TextField::Mailbox, TextField::Assignee, TextField::Tag]),
        1 => id().prop_map(TextField::Extra),
    ];
    let texts = vec(text(), 1..4);
    (field, select(&TEXT_TESTS[..]), texts, any::<[bool; 3]>()).prop_map(
        |(field, test, texts, [negated, match_case, match_accents])| {
            Condition::Text(TextCondition {
                field,
                // Not every text is a pattern.
                test: if test == TextTest::Regex {
                    TextTest::Word
                } else {
                    test
                },
                texts,
                negated,
                match_case,
                match_accents,
            })
        },
    )
}

fn condition() -> impl Strategy<Value = Condition> {
    let users = || vec(id(), 1..4);
    let into = |ids: Vec<String>| ids.into_iter().map(Into::into).collect();
    let tags = |ids: Vec<String>| ids.into_iter().map(Into::into).collect();
    let leaf = prop_oneof![
        5 => text_test(),
        1 => users().prop_map(move |ids| Condition::Mailbox(ids.into_iter().map(Into::into).collect())),
        1 => vec(select(vec!["open", "pending", "closed", "snoozed"]), 1..3)
            .prop_map(|words| Condition::Status(words.into_iter().map(Status::from).collect())),
        1 => Just(Condition::Assignee(AssigneeTest::Nobody)),
        1 => Just(Condition::Assignee(AssigneeTest::Somebody)),
        1 => users().prop_map(move |ids| Condition::Assignee(AssigneeTest::OneOf(into(ids)))),
        1 => users().prop_map(move |ids| Condition::Tags(TagsTest::Any(tags(ids)))),
        1 => users().prop_map(move |ids| Condition::Tags(TagsTest::None(tags(ids)))),
        1 => Just(Condition::Tags(TagsTest::Untagged)),
        1 => span().prop_map(Condition::Age),
        1 => span().prop_map(Condition::Unchanged),
        1 => times().prop_map(Condition::Time),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Condition::All),
            vec(inner.clone(), 1..4).prop_map(Condition::Any),
            vec(inner, 0..3).prop_map(Condition::None),
        ]
    })
}

fn actions() -> impl Strategy<Value = Actions> {
    let member = (id(), option::of(1..99_u32));
    let share = (
        select(vec![ShareBy::RoundRobin, ShareBy::LeastLoaded]),
        vec(member, 1..4),
    )
        .prop_map(|(by, members)| {
            let among = members
                .into_iter()
                .enumerate()
                .map(|(index, (user, cap))| ShareMember {
                    user: format!("{index}{user}").into(),
                    cap,
                });
            Share {
                by,
                among: among.collect(),
            }
        });
    let assign = prop_oneof![
        id().prop_map(|id| Assign::User(id.into())),
        share.prop_map(Assign::Share)
    ];
    (
        option::of(assign),
        vec(id(), 0..3),
        vec(id(), 0..3),
        option::of(select(Status::KNOWN.to_vec())),
        option::of("[a-z\n<>&\"]{0,20}x"),
    )
        .prop_map(|(assign, add, remove, set_status, note)| Actions {
            assign,
            add_tags: add.into_iter().map(|id| format!("a{id}").into()).collect(),
            remove_tags: remove
                .into_iter()
                .map(|id| format!("r{id}").into())
                .collect(),
            set_status,
            note,
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let when = prop_oneof![
        select(vec![
            When::Created,
            When::Assigned,
            When::Opened,
            When::Pending,
            When::Closed,
            When::NoteAdded,
            When::AnyChange,
            When::Sweep,
            When::OnDemand,
        ]),
        times().prop_map(|times| When::Schedule(Schedule {
            weekdays: times.weekdays,
            at: times.from,
        })),
    ];
    let repeat = prop_oneof![
        Just(Repeat::Once),
        (1..=87_600_u32).prop_map(Repeat::AfterHours),
        Just(Repeat::EachOccurrence),
    ];
    (
        (text(), select(vec![Mode::On, Mode::Off, Mode::Shadow])),
        vec(when, 1..5),
        vec(id(), 0..3),
        condition(),
        actions(),
        any::<bool>(),
        option::of(times()),
        repeat,
    )
        .prop_map(
            |((name, mode), when, mailboxes, conditions, actions, stop, hours, repeat)| Rule {
                id: "r".into(),
                name: format!("n{name}"),
                mode,
                when,
                mailboxes: mailboxes.into_iter().map(Into::into).collect(),
                conditions,
                stop: stop || actions.is_empty(),
                actions,
                hours,
                repeat,
            },
        )
        .prop_filter("it can be used", |rule| {
            check(&RuleSet::of(vec![rule.clone()])).is_empty()
        })
}

/// As a browser sends it.
fn encoded(pairs: &Pairs) -> String {
    let encode =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                encode(name),
                encode(value).replace("%0A", "%0D%0A")
            )
        })
        .collect();
    pairs.join("&")
}

proptest! {
    #[test]
    fn a_rule_comes_back_from_its_form(rule in rule()) {
        let form = RuleForm::of_rule(&rule);
        let sent = RuleForm::of_pairs(&pairs_of(&encoded(&form.to_pairs()))).unwrap();
        prop_assert_eq!(&sent, &form);
        let read = sent.read(&rule.id);
        prop_assert_eq!(read.problems, vec![]);
        prop_assert_eq!(read.rule, rule);
    }

    #[test]
    fn whatever_is_typed_is_kept_to_the_letter(
        name in any::<String>(),
        fields in vec((select(vec!["what", "text", "texts", "least", "under_unit", "from", "kind", "any"]), ".*"), 0..12),
        top in vec((select(vec!["mode", "repeat", "repeat_hours", "assign", "note", "status", "limited", "from"]), ".*"), 0..8),
        places in vec(vec(0..3_usize, 0..4), 0..12),
    ) {
        let mut pairs = vec![("whole".to_owned(), "1".to_owned()), ("name".to_owned(), name)];
        pairs.extend(top.into_iter().map(|(name, value)| (name.to_owned(), value)));
        for (place, (field, value)) in places.iter().zip(fields) {
            let place: String = place.iter().map(|number| format!(".{number}")).collect();
            pairs.push((format!("c{place}:{field}"), value));
        }
        pairs.push(("m.7:user".to_owned(), "u".to_owned()));
        let form = RuleForm::of_pairs(&pairs).unwrap();
        let again = RuleForm::of_pairs(&form.to_pairs()).unwrap();
        prop_assert_eq!(&again, &form);
        let kept: RuleForm = serde_json::from_str(&serde_json::to_string(&form).unwrap()).unwrap();
        prop_assert_eq!(&kept, &form);
        let id = "r".into();
        let read = form.read(&id);
        // Whatever it is, it is usable or somebody is told why not.
        let usable = check(&RuleSet::of(vec![read.rule])).is_empty();
        prop_assert!(usable || !read.problems.is_empty());
        let sent = form.to_pairs();
        for (name, value) in pairs.iter().filter(|(name, value)| !value.is_empty() && !name.contains(':')) {
            prop_assert!(sent.contains(&(name.clone(), value.clone())), "{}", name);
        }
    }

    #[test]
    fn steps_never_break_a_form(rule in rule(), steps in vec("(add|drop|take|up|down|insert) (c|w|m|mailboxes|add_tags)(\\.[0-3]){0,3}(:tags)?( (test|group|0|1))?", 0..12)) {
        let mut form = RuleForm::of_rule(&rule);
        for step in steps {
            form.step(&step);
        }
        let again = RuleForm::of_pairs(&form.to_pairs()).unwrap();
        // A group without parts is not told apart from none when it was taken out of the middle.
        prop_assert_eq!(again.fields, form.fields);
        prop_assert_eq!(again.when, form.when);
    }

    #[test]
    fn both_sides_go_together(picks in vec((0..3_u8, 0..3_u8), 1..8), order in any::<[u8; 8]>()) {
        let named = |index: usize, name: &str| Rule {
            id: format!("r{index}").as_str().into(),
            name: name.to_owned(),
            stop: true,
            ..blank(&"r".into())
        };
        // 0: as it was, 1: changed, 2: removed.
        let side = |pick: fn(&(u8, u8)) -> u8, name: &str| {
            RuleSet::of(picks.iter().enumerate().filter_map(|(index, one)| match pick(one) {
                0 => Some(named(index, "base")),
                1 => Some(named(index, name)),
                _ => None,
            }).collect())
        };
        let base = RuleSet::of((0..picks.len()).map(|index| named(index, "base")).collect());
        let mut mine = side(|pick| pick.0, "mine");
        let theirs = side(|pick| pick.1, "theirs");
        mine.rules.sort_by_key(|rule| order[rule.id.as_str()[1..].parse::<usize>().unwrap()]);
        mine.rules.insert(0, named(100, "added"));
        let both = clashes(&base, &mine, &theirs);
        let set = merged(&base, &mine, &theirs, |_| Side::Theirs);
        prop_assert!(set.rule(&"r100".into()).is_some());
        prop_assert!(check(&set).is_empty());
        for (index, pick) in picks.iter().enumerate() {
            let id = format!("r{index}").as_str().into();
            let expected = match pick {
                (0, theirs) => *theirs,
                (mine, 0) => if *mine == 2 { 2 } else { 3 },
                (_, theirs) => *theirs,
            };
            let name = set.rule(&id).map(|rule| rule.name.as_str());
            prop_assert_eq!(name, [Some("base"), Some("theirs"), None, Some("mine")][expected as usize]);
            let clash = matches!(pick, (1, 1 | 2) | (2, 1));
            prop_assert_eq!(both.contains(&id), clash);
        }
    }
}

#[test]
fn what_is_wrong_stands_beside_its_field() {
    let pairs = |more: &[(&str, &str)]| -> Vec<String> {
        let mut pairs: Pairs = [
            ("whole", "1"),
            ("name", "Bills"),
            ("w.0:is", "created"),
            ("stop", "1"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        pairs.push(("c:kind".to_owned(), "all".to_owned()));
        let read = RuleForm::of_pairs(&pairs).unwrap().read(&"bills".into());
        read.problems.into_iter().map(|one| one.field).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(pairs(&[]), none);
    assert_eq!(pairs(&[("name", "")]), none);
    let cases: [(&[(&str, &str)], &str); 17] = [
        (&[("c.0:what", "subject")], "c.0:texts"),
        (
            &[
                ("c.0:what", "subject"),
                ("c.0:text", "regex"),
                ("c.0:texts", "("),
            ],
            "c.0:texts",
        ),
        (&[("c.0:what", "extra"), ("c.0:texts", "a")], "c.0:extra"),
        (&[("c.0:what", "nonsense")], "c.0:what"),
        (&[("c.0:kind", "any")], "c.0:kind"),
        (&[("c.0:kind", "any"), ("c.0.0:what", "tags")], "c.0.0:tags"),
        (&[("c.0:what", "age")], "c.0:least"),
        (&[("c.0:what", "age"), ("c.0:least", "two")], "c.0:least"),
        (
            &[("c.0:what", "time"), ("c.0:from", "9"), ("c.0:to", "09:00")],
            "c.0:from",
        ),
        (&[("w.1:is", "schedule"), ("w.1:at", "later")], "w.1:at"),
        (&[("w.1:is", "schedule")], "w.1:at"),
        (&[("assign", "round_robin")], "members"),
        (
            &[
                ("assign", "least_loaded"),
                ("m.0:user", "u"),
                ("m.0:cap", "0"),
            ],
            "m.0:cap",
        ),
        (&[("add_tags", "t"), ("remove_tags", "t")], "remove_tags"),
        (&[("note", "{{nobody}}")], "note"),
        (&[("limited", "1"), ("from", "25:00")], "from"),
        (
            &[("repeat", "after"), ("repeat_hours", "0")],
            "repeat_hours",
        ),
    ];
    for (more, field) in cases {
        assert_eq!(pairs(more), [field], "{more:?}");
    }
}

#[test]
fn buttons_add_remove_and_move() {
    let mut form = RuleForm::of_rule(&blank(&"r".into()));
    assert_eq!(form.step("add c test").unwrap(), "c.0:texts");
    assert_eq!(form.step("add c group").unwrap(), "c.1.0:texts");
    assert_eq!(form.step("add c.1 test").unwrap(), "c.1.1:texts");
    assert_eq!(form.step("up c.1").unwrap(), "c.0:up");
    assert!(matches!(
        form.conditions.parts[..],
        [Node::Group(_), Node::Test(_)]
    ));
    assert_eq!(form.step("drop c.0.1").unwrap(), "c.0:add");
    assert_eq!(form.step("down c.1"), None);
    assert_eq!(form.step("drop w.0").unwrap(), "new_when");
    assert_eq!(form.when.len(), 1);
    form.step("insert rule");
    assert_eq!(form.fields.one("note"), "{{rule}}");
}
