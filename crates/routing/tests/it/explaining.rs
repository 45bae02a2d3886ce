//! Explanations, as a person reads them.

use routing::{
    Compiled,
    explain::explain,
    explanation::{Explanation, Finding},
    model::{
        Actions, Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, RuleSet, Share,
        ShareBy, ShareMember, Span, TagsTest, When,
    },
    moment::{Moment, Occasion},
    words,
    world::{Acted, Load, Row, Staff},
};
use triage::model::{Conversation, Status};

use crate::support::{NOW, contains, conversation, directory, rule, set, tagging, user};

fn explained(rules: &RuleSet, row: &Row<'_>, staff: &Staff) -> Explanation {
    let compiled = Compiled::new(rules, &directory()).unwrap();
    let moment = Moment {
        now_ms: NOW,
        utc_offset_seconds: 0,
        occasion: Occasion::Changed,
    };
    explain(&compiled, row, &moment, staff).1
}

/// One line per rule: its verdict and its steps.
fn lines(explanation: &Explanation) -> Vec<String> {
    let lines = explanation.rules.iter().map(|rule| {
        let mut line = format!("{}: {}", rule.rule, words::verdict(&rule.verdict));
        for step in &rule.steps {
            line = format!("{line}; {}", words::step(step, &directory()));
        }
        if rule.stopped {
            line.push_str("; stop");
        }
        line
    });
    lines.collect()
}

fn drawn(finding: &Finding, depth: usize) -> String {
    let actual = finding
        .actual
        .as_ref()
        .map_or(String::new(), |actual| format!(" [{actual}]"));
    let truth = words::truth(finding.truth);
    let mut text = format!("{}{truth}: {}{actual}\n", "  ".repeat(depth), finding.text);
    for part in &finding.parts {
        text.push_str(&drawn(part, depth + 1));
    }
    text
}

#[test]
fn each_rule_says_what_kept_it_or_what_it_did() {
    let early = Hours {
        weekdays: Vec::new(),
        from: "06:00".parse().unwrap(),
        to: "08:00".parse().unwrap(),
    };
    let share = Assign::Share(Share {
        by: ShareBy::RoundRobin,
        among: vec![ShareMember {
            user: "usr_cleo".into(),
            cap: None,
        }],
    });
    let rules = set([
        Rule {
            mode: Mode::Off,
            ..rule("off")
        },
        Rule {
            when: vec![When::Created],
            ..rule("created")
        },
        Rule {
            mailboxes: vec!["mb_2".into()],
            ..rule("sales")
        },
        tagging("other", "refund", "t_vip"),
        Rule {
            hours: Some(early),
            ..rule("early")
        },
        Rule {
            repeat: Repeat::Once,
            ..rule("acted")
        },
        Rule {
            mode: Mode::Shadow,
            ..tagging("shadow", "invoice", "t_vip")
        },
        Rule {
            actions: Actions {
                assign: Some(share),
                ..Actions::default()
            },
            ..rule("share")
        },
        tagging("tags", "invoice", "t_billing"),
        rule("assigns"),
        Rule {
            stop: true,
            ..rule("again")
        },
        rule("late"),
        Rule {
            mode: Mode::Off,
            ..rule("last")
        },
    ]);
    let acted = [Acted {
        rule: "acted".into(),
        at_ms: NOW - 212 * 86_400_000,
    }];
    let invoice = conversation("My invoice");
    let row = Row {
        acted: &acted,
        ..Row::of(&invoice)
    };
    let mut staff = Staff::default();
    staff.users.insert(
        "usr_cleo".into(),
        Load {
            away: true,
            ..Load::default()
        },
    );
    assert_eq!(
        lines(&explained(&rules, &row, &staff)),
        [
            "off: off",
            "created: not on this occasion",
            "sales: not in this mailbox",
            "other: does not fit",
            "early: fits, but off at that hour (Wednesday 09:20)",
            "acted: fits, but acted on 3 Nov 2025",
            "shadow: fits, would act: shadow; Add tag vip",
            "share: fits, nothing to change; nobody is free: all are away or have as many as they may",
            "tags: acts; Add tag billing",
            "assigns: acts; Assign to Ana Ruiz",
            "again: fits, nothing to change; already Ana Ruiz's; stop",
            "late: rule 11 stopped here",
            "last: off",
        ]
    );
}

#[test]
fn each_condition_shows_what_it_met() {
    let conditions = Condition::All(vec![
        contains("invoice"),
        Condition::Any(vec![
            Condition::Status(vec![Status::Closed]),
            Condition::Tags(TagsTest::Any(vec!["t_vip".into()])),
            Condition::Assignee(AssigneeTest::Nobody),
        ]),
        Condition::None(vec![
            Condition::Age(Span {
                at_least_minutes: Some(1_440),
                under_minutes: None,
            }),
            Condition::Mailbox(vec!["mb_2".into()]),
        ]),
    ]);
    let rules = set([Rule {
        conditions,
        ..rule("a")
    }]);
    let sparse = Conversation {
        assignee: user("usr_ben"),
        tags: None,
        mailbox: None,
        ..conversation("My INVOICE")
    };
    let explanation = explained(&rules, &Row::of(&sparse), &Staff::default());
    assert_eq!(
        drawn(&explanation.rules[0].conditions, 0),
        "unknown: all of these\n\
         \x20 true: subject contains “invoice” [“My INVOICE”]\n\
         \x20 unknown: any of these\n\
         \x20   false: it is closed [open]\n\
         \x20   unknown: it is tagged vip [unknown]\n\
         \x20   false: nobody is assigned [Ben Okafor]\n\
         \x20 unknown: none of these\n\
         \x20   false: it is at least 1 d old [1 h]\n\
         \x20   unknown: it is in Sales [unknown]\n"
    );
    assert_eq!(lines(&explanation), ["a: cannot tell: Hiver did not say"]);
}
