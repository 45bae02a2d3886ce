//! Warnings about rules that are in each other's way on one occasion after the other, and about rules that are due at no
//! time of their own.

use routing::model::{
    AssigneeTest, Condition, Hours, Mode, Repeat, Rule, Schedule, Span, Weekday, When,
};

use crate::{
    clashing::{adding, doing, nobody, on, removing, stop, tagged, to},
    linting::{all, hours, none_of, status, warned, when},
    support::{contains, set},
};

fn again(rule: Rule) -> Rule {
    Rule {
        repeat: Repeat::EachOccurrence,
        ..rule
    }
}

fn for_an_hour() -> Condition {
    Condition::Age(Span {
        at_least_minutes: Some(60),
        under_minutes: None,
    })
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
        set([
            on(std::slice::from_ref(&evening), ana(invoice())),
            ben(invoice()),
        ]),
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
        // At each sweep it has it already, or the clock comes in between.
        set([
            any_change(ana(all([invoice(), tagged("t_vip"), nobody()]))),
            again(ben(invoice())),
        ]),
        set([
            on(std::slice::from_ref(&evening), ana(invoice())),
            again(ben(invoice())),
        ]),
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
