//! Warnings about rules that are in each other's way though others stand between them, or on one occasion after the
//! other; and about rules that are due at no time of their own.

use routing::{
    document,
    model::{
        Actions, Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, RuleSet, Schedule,
        Share, ShareBy, ShareMember, Span, TagsTest, TextCondition, TextField, Weekday, When,
    },
};
use serde_json::json;
use triage::model::Status;

use crate::{
    linting::{all, hours, none_of, status, warned, when, without},
    support::{contains, directory, set},
};

fn doing(id: &str, actions: Actions, condition: Condition) -> Rule {
    Rule {
        actions,
        ..when(id, condition)
    }
}

fn to(id: &str, user: &str, condition: Condition) -> Rule {
    let actions = Actions {
        assign: Some(Assign::User(user.into())),
        ..Actions::default()
    };
    doing(id, actions, condition)
}

fn on(occasions: &[When], rule: Rule) -> Rule {
    Rule {
        when: occasions.to_vec(),
        ..rule
    }
}

fn stop(rule: Rule) -> Rule {
    Rule { stop: true, ..rule }
}

fn again(rule: Rule) -> Rule {
    Rule {
        repeat: Repeat::EachOccurrence,
        ..rule
    }
}

fn nobody() -> Condition {
    Condition::Assignee(AssigneeTest::Nobody)
}

fn tagged(tag: &str) -> Condition {
    Condition::Tags(TagsTest::Any(vec![tag.into()]))
}

fn adding(tag: &str) -> Actions {
    Actions {
        add_tags: vec![tag.into()],
        ..Actions::default()
    }
}

fn removing(tag: &str) -> Actions {
    Actions {
        remove_tags: vec![tag.into()],
        ..Actions::default()
    }
}

fn setting(status: Status) -> Actions {
    Actions {
        set_status: Some(status),
        ..Actions::default()
    }
}

fn for_an_hour() -> Condition {
    Condition::Age(Span {
        at_least_minutes: Some(60),
        under_minutes: None,
    })
}

#[test]
fn an_entry_of_the_tutorials_list_is_never_reached_behind_the_same_keyword() {
    let list = json!([
        {"keyword": "invoice", "tag": "billing", "assignee": "usr_ana"},
        {"keyword": "refund", "tag": "billing", "assignee": "usr_ben"},
        {"keyword": "invoice", "tag": "billing", "assignee": "usr_cleo"},
    ]);
    let rules = document::read(&list.to_string(), &directory()).unwrap();
    assert_eq!(
        warned(&rules),
        [
            "“invoice” (rule 3) is never reached: whatever fits it fits “invoice” (rule 1) before, which stops"
        ]
    );
}

#[test]
fn a_rule_between_hides_nothing_but_what_it_may_have_made_true() {
    let hidden = "“Rule b” is never reached: whatever fits it fits “Rule a” before, which stops";
    let share = Actions {
        assign: Some(Assign::Share(Share {
            by: ShareBy::RoundRobin,
            among: vec![ShareMember {
                user: "usr_ana".into(),
                cap: None,
            }],
        })),
        ..Actions::default()
    };
    let assign = to("c", "usr_ben", Condition::default()).actions;
    let vip_or_billing =
        || Condition::Tags(TagsTest::Any(vec!["t_vip".into(), "t_billing".into()]));
    let not_vip = || Condition::Tags(TagsTest::None(vec!["t_vip".into()]));
    let somebody = || Condition::Assignee(AssigneeTest::Somebody);
    let one_of = |user: &str| Condition::Assignee(AssigneeTest::OneOf(vec![user.into()]));
    let called = |field: TextField, name: &str| {
        Condition::Text(TextCondition {
            field,
            ..TextCondition::subject_contains([name])
        })
    };
    let any_tag = || without(Condition::Tags(TagsTest::Untagged));
    // What both ask for, what the rule between them does, and whether that leaves the later one unreached.
    let cases = [
        (nobody(), assign.clone(), true),
        (nobody(), share.clone(), true),
        (nobody(), adding("t_vip"), true),
        (nobody(), setting(Status::Open), true),
        (somebody(), assign.clone(), false),
        (somebody(), share.clone(), false),
        (status("open"), setting(Status::Closed), true),
        (status("open"), setting(Status::Open), false),
        (status("open"), assign.clone(), true),
        (tagged("t_vip"), adding("t_billing"), true),
        (tagged("t_vip"), removing("t_vip"), true),
        (tagged("t_vip"), adding("t_vip"), false),
        (not_vip(), adding("t_vip"), true),
        (not_vip(), removing("t_billing"), true),
        (not_vip(), removing("t_vip"), false),
        (vip_or_billing(), adding("t_other"), true),
        (vip_or_billing(), adding("t_billing"), false),
        (Condition::Tags(TagsTest::Untagged), adding("t_vip"), true),
        (
            Condition::Tags(TagsTest::Untagged),
            removing("t_vip"),
            false,
        ),
        (any_tag(), adding("t_vip"), false),
        (any_tag(), removing("t_vip"), true),
        (one_of("usr_ben"), assign.clone(), false),
        (one_of("usr_ana"), assign.clone(), true),
        (called(TextField::Assignee, "Ben"), assign, false),
        (called(TextField::Tag, "vip"), adding("t_vip"), false),
        // Where nobody is free, the rest is done all the same.
        (
            all([nobody(), tagged("t_vip")]),
            Actions {
                add_tags: vec!["t_vip".into()],
                ..share
            },
            false,
        ),
    ];
    for (asked, between, is_hidden) in cases {
        let both = || all([contains("invoice"), asked.clone()]);
        let rules = set([
            stop(when("a", both())),
            doing("c", between.clone(), contains("refund")),
            when("b", both()),
        ]);
        let said = warned(&rules);
        let expected = is_hidden.then(|| hidden.to_owned());
        let about_b: Vec<&String> = said.iter().filter(|one| one.contains("reached")).collect();
        assert_eq!(
            about_b,
            expected.iter().collect::<Vec<_>>(),
            "{asked:?} {between:?}"
        );
    }
    // What is undone again is not known of the time before.
    let rules = set([
        stop(when("a", status("open"))),
        doing("c", setting(Status::Closed), contains("refund")),
        doing("d", setting(Status::Open), status("closed")),
        when("b", status("open")),
    ]);
    assert!(!warned(&rules).concat().contains("reached"));
}

#[test]
fn what_a_rule_between_cannot_have_made_true_comes_too_late() {
    let wanted = |word: &str| all([contains(word), nobody()]);
    let rules = set([
        to("a", "usr_ana", wanted("invoice")),
        to("c", "usr_ben", wanted("refund")),
        to("b", "usr_cleo", wanted("invoices")),
    ]);
    assert_eq!(
        warned(&rules),
        [
            "“Rule b” comes too late: whatever fits it fits “Rule a” before, and no longer does once that has acted"
        ]
    );
}

#[test]
fn what_is_met_on_a_later_occasion_is_said_to_contradict() {
    let later =
        "“Rule b” assigns to somebody else, on a later occasion, what “Rule a” has assigned";
    let ana = |condition: Condition| on(&[When::Created], to("a", "usr_ana", condition));
    let ben = |condition: Condition| on(&[When::Sweep], to("b", "usr_ben", condition));
    let invoice = || contains("invoice");
    let both = || [When::Created, When::Sweep];
    let cases = [
        // The next sweep comes after each occasion, whichever rule stands first.
        set([ana(invoice()), ben(invoice())]),
        set([ben(invoice()), ana(invoice())]),
        set([ana(contains("my invoices")), ben(invoice())]),
        set([ana(invoice()), ben(contains("my invoices"))]),
        set([
            ana(all([invoice(), nobody(), status("open")])),
            ben(invoice()),
        ]),
        set([stop(ana(invoice())), ben(invoice())]),
        set([
            stop(ana(invoice())),
            on(&both(), to("b", "usr_ben", invoice())),
        ]),
        // A rule that stops all of it stops only as long as it fits.
        set([
            stop(on(&both(), ana(all([invoice(), nobody()])))),
            on(&both(), ben(invoice())),
        ]),
        // Assigning is a change.
        set([
            on(
                &[When::Sweep],
                to("a", "usr_ana", all([invoice(), nobody()])),
            ),
            on(
                &[When::AnyChange],
                to(
                    "b",
                    "usr_ben",
                    all([invoice(), Condition::Assignee(AssigneeTest::Somebody)]),
                ),
            ),
        ]),
        set([
            on(&[When::AnyChange], ana(all([invoice(), tagged("t_vip")]))),
            again(ben(invoice())),
        ]),
    ];
    for rules in cases {
        assert_eq!(warned(&rules), [later], "{rules:?}");
    }
    let tag = on(&[When::Created], doing("a", adding("t_vip"), invoice()));
    let untag = on(&[When::Sweep], doing("b", removing("t_vip"), invoice()));
    assert_eq!(
        warned(&set([tag, untag])),
        ["“Rule b” takes back, on a later occasion, what “Rule a” has done: add tag vip"]
    );
}

#[test]
fn what_is_handed_over_later_is_no_contradiction() {
    let ana = |condition: Condition| on(&[When::Created], to("a", "usr_ana", condition));
    let ben = |condition: Condition| on(&[When::Sweep], to("b", "usr_ben", condition));
    let invoice = || contains("invoice");
    let evening = When::Schedule(Schedule {
        weekdays: Vec::new(),
        at: "18:00".parse().unwrap(),
    });
    let with_ana = Condition::Assignee(AssigneeTest::OneOf(vec!["usr_ana".into()]));
    let quiet = Condition::Unchanged(Span {
        at_least_minutes: Some(60),
        under_minutes: None,
    });
    let at_night = Rule {
        hours: Some(hours("18:00", "08:00")),
        ..ben(invoice())
    };
    let any_change = |rule: Rule| on(&[When::AnyChange], rule);
    let cases = [
        // It does not fit any more, or only after something else has happened.
        set([ana(invoice()), ben(all([invoice(), nobody()]))]),
        set([ana(invoice()), ben(contains("refund"))]),
        set([ana(invoice()), ben(all([invoice(), status("pending")]))]),
        set([ana(invoice()), ben(all([invoice(), tagged("t_vip")]))]),
        set([ana(invoice()), ben(all([invoice(), for_an_hour()]))]),
        set([ana(invoice()), ben(all([invoice(), quiet]))]),
        set([ana(invoice()), at_night]),
        // It takes over what it names.
        set([ana(invoice()), ben(all([invoice(), with_ana]))]),
        // By the clock and by hand.
        set([
            ana(invoice()),
            on(std::slice::from_ref(&evening), ben(invoice())),
        ]),
        set([on(&[evening], ana(invoice())), ben(invoice())]),
        set([on(&[When::OnDemand], ana(invoice())), ben(invoice())]),
        // It has acted before, and acts only once.
        set([
            any_change(ana(all([invoice(), tagged("t_vip")]))),
            ben(invoice()),
        ]),
        set([
            on(&[When::Sweep], ana(all([invoice(), for_an_hour()]))),
            on(&[When::Created], ben(invoice())),
        ]),
        set([on(&[When::Closed], ana(invoice())), ben(invoice())]),
        // What is assigned once more is asked for by name.
        set([ana(invoice()), on(&[When::Assigned], ben(invoice()))]),
        // Another rule takes it first.
        set([
            ana(invoice()),
            on(
                &[When::Sweep],
                stop(to(
                    "c",
                    "usr_ana",
                    Condition::Assignee(AssigneeTest::Somebody),
                )),
            ),
            ben(invoice()),
        ]),
        set([
            stop(on(&[When::Created, When::Sweep], ana(invoice()))),
            ben(invoice()),
        ]),
        // To the same user, or not at all.
        set([
            ana(invoice()),
            on(&[When::Sweep], to("b", "usr_ana", invoice())),
        ]),
        set([
            ana(invoice()),
            Rule {
                mode: Mode::Shadow,
                ..ben(invoice())
            },
        ]),
        set([
            Rule {
                mode: Mode::Off,
                ..ana(invoice())
            },
            ben(invoice()),
        ]),
    ];
    for rules in cases {
        let said = warned(&rules);
        assert!(
            !said.concat().contains("later occasion"),
            "{said:?} {rules:?}"
        );
    }
}

#[test]
fn a_rule_that_is_due_outside_its_hours_is_named() {
    let due = |weekdays: &[Weekday], at: &str| {
        When::Schedule(Schedule {
            weekdays: weekdays.to_vec(),
            at: at.parse().unwrap(),
        })
    };
    let monday = || Hours {
        weekdays: vec![Weekday::Monday],
        ..hours("09:00", "17:00")
    };
    let said = "“Rule a” is due only at times that its hours or conditions leave out: set another time, or let them \
                take that in";
    let by_hours = |when: &[When]| {
        let rule = Rule {
            hours: Some(monday()),
            ..self::when("a", contains("invoice"))
        };
        warned(&set([on(when, rule)]))
    };
    let by_conditions = |when: &[When]| {
        let condition = Condition::Any(vec![
            all([Condition::Time(monday()), contains("invoice")]),
            all([Condition::Time(hours("20:00", "21:00")), contains("refund")]),
        ]);
        warned(&set([on(when, self::when("a", condition))]))
    };
    let saturday = || due(&[Weekday::Saturday], "08:00");
    for outside in [
        vec![saturday()],
        vec![due(&[], "08:59"), due(&[], "17:00")],
        vec![due(&[Weekday::Tuesday], "10:00")],
    ] {
        assert_eq!(by_hours(&outside), [said], "{outside:?}");
        assert_eq!(by_conditions(&outside), [said], "{outside:?}");
    }
    for inside in [
        vec![due(&[], "09:00")],
        vec![saturday(), due(&[Weekday::Monday], "16:59")],
        vec![saturday(), When::OnDemand],
        vec![saturday(), When::Sweep],
    ] {
        none_of(&by_hours(&inside));
        none_of(&by_conditions(&inside));
    }
    none_of(&by_conditions(&[due(&[Weekday::Saturday], "20:30")]));
}

#[test]
fn rules_of_the_same_name_are_told_apart_by_their_places() {
    let named = |id: &str, name: &str| Rule {
        name: name.to_owned(),
        ..stop(when(id, contains("invoice")))
    };
    let said = |names: [&str; 3]| {
        let rules: RuleSet = set([
            named("a", names[0]),
            on(&[When::NoteAdded], named("c", names[1])),
            named("b", names[2]),
        ]);
        warned(&rules).pop().unwrap()
    };
    let (long, longer) = ("x".repeat(150), "x".repeat(151));
    assert!(
        said(["Bills", "Bills", "Money"])
            .starts_with("“Money” is never reached: whatever fits it fits “Bills” (rule 1)")
    );
    assert!(
        said(["Bills", "Money", "Bills"]).starts_with(
            "“Bills” (rule 3) is never reached: whatever fits it fits “Bills” (rule 1)"
        )
    );
    assert!(said(["Bills", "Money", "bills"]).starts_with("“bills” is never"));
    assert!(said([&long, "Money", &longer]).contains("…” (rule 3) is never"));
}
