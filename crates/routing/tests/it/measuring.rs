//! Warnings about how much rules fit and cost.

use routing::{
    lint::{Habit, Surroundings, lint},
    model::{Actions, Assign, AssigneeTest, Condition, Rule, When},
    warning::Warning,
    words,
    world::{Acted, Row},
};
use triage::{
    actions::Change,
    model::{Assignee, Conversation, Status},
};

use crate::{
    linting::{MOMENT, all, hours, status, when},
    support::{NOW, contains, conversation, directory, set},
};

#[test]
fn a_rule_that_has_done_all_there_was_to_do_is_not_said_to_fit_none() {
    let names = directory();
    let mine = |text: &str| {
        let nobody = Condition::Assignee(AssigneeTest::Nobody);
        Rule {
            actions: Actions {
                assign: Some(Assign::User("usr_ana".into())),
                ..Actions::default()
            },
            ..when("a", all([status("open"), nobody, contains(text)]))
        }
    };
    let conversations = [
        Conversation {
            assignee: Assignee::User {
                id: Some("usr_ana".into()),
                name: None,
            },
            ..conversation("a card of mine")
        },
        Conversation {
            status: Some(Status::Closed),
            ..conversation("an invoice")
        },
    ];
    let acted = [Acted {
        rule: "a".into(),
        at_ms: NOW,
    }];
    let is_idle = |rule: Rule, acted: &[Acted]| {
        let rows = [0, 1].map(|place| Row {
            acted: if place == 0 { acted } else { &[] },
            ..Row::of(&conversations[place])
        });
        let around = Surroundings {
            directory: &names,
            rows: &rows,
            moment: MOMENT,
            habits: &[],
            requests_per_day: None,
        };
        let warnings = lint(&set([rule]), &around).unwrap();
        warnings
            .iter()
            .any(|warning| matches!(warning, Warning::MatchesNothing { .. }))
    };
    assert!(is_idle(mine("card"), &[]), "it has never acted");
    assert!(!is_idle(mine("card"), &acted), "it has acted on its card");
    assert!(is_idle(mine("crad"), &acted), "what is typed now fits none");
    assert!(is_idle(mine("invoice"), &acted), "it acted on another one");
}

#[test]
fn a_rule_for_new_conversations_is_not_charged_for_old_ones() {
    let names = directory();
    let old = Conversation {
        created_at: Some(NOW - 3 * 86_400_000),
        updated_at: Some(NOW - 2 * 86_400_000),
        ..conversation("card")
    };
    let conversations = vec![old; 9];
    let rows: Vec<Row<'_>> = conversations.iter().map(Row::of).collect();
    let around = Surroundings {
        directory: &names,
        rows: &rows,
        moment: MOMENT,
        habits: &[],
        requests_per_day: Some(5),
    };
    let warnings = |occasion| {
        let rules = set([Rule {
            when: vec![occasion],
            ..when("a", contains("card"))
        }]);
        lint(&rules, &around).unwrap()
    };
    assert_eq!(warnings(When::Created), []);
    let costs = Warning::CostsMoreThanTheDay {
        rule: "a".into(),
        requests: 9,
        day: 5,
    };
    assert_eq!(warnings(When::Sweep), [costs]);
}

#[test]
fn what_is_gone_what_is_odd_in_number_and_what_hiver_takes_back_is_said() {
    let names = directory();
    let conversations: Vec<Conversation> = (0..20)
        .map(|number| conversation(&format!("card {number}")))
        .collect();
    let rows: Vec<Row<'_>> = conversations.iter().map(Row::of).collect();
    let habits = [
        Habit {
            ours: Change::SetStatus(Status::Closed),
            theirs: Change::SetStatus(Status::Open),
            times: 4,
        },
        Habit {
            ours: Change::AddTag("t_vip".into()),
            theirs: Change::RemoveTag("t_vip".into()),
            times: 2,
        },
    ];
    let around = Surroundings {
        directory: &names,
        rows: &rows,
        moment: MOMENT,
        habits: &habits,
        requests_per_day: Some(25),
    };
    let closing = Rule {
        actions: Actions {
            assign: Some(Assign::User("usr_gone".into())),
            add_tags: vec!["t_gone".into(), "t_vip".into()],
            set_status: Some(Status::Closed),
            ..Actions::default()
        },
        mailboxes: vec!["mb_1".into(), "mb_gone".into()],
        ..when("a", contains("card"))
    };
    let rules = set([
        closing,
        when("b", contains("invoice")),
        when("c", contains("card 1")),
        // At another hour it may be otherwise.
        when(
            "d",
            all([
                contains("invoice"),
                Condition::Time(hours("09:00", "17:00")),
            ]),
        ),
    ]);
    let said: Vec<String> = lint(&rules, &around)
        .unwrap()
        .iter()
        .map(|warning| words::warning(warning, &rules, &names))
        .collect();
    assert_eq!(
        said,
        [
            "“Rule a” names the mailbox `mb_gone`, which Hiver does not have, or not any more",
            "“Rule a” names the user `usr_gone`, which Hiver does not have, or not any more",
            "“Rule a” names the tag `t_gone`, which Hiver does not have, or not any more",
            "“Rule a” works against an automation of Hiver: after “Set status closed” came “Set status open” 4 times",
            "“Rule a” fits every one of 20 conversations",
            "“Rule a” asks for 80 requests, and a day has 25",
            "“Rule b” fits none of 20 conversations",
            "“Rule c” assigns to somebody else what “Rule a” has just assigned",
        ]
    );
}
