//! Warnings about rules that are never reached though others stand between them and what hides them; and how rules of
//! the same name are told apart.

use routing::{
    document,
    model::{
        Actions, Assign, AssigneeTest, Condition, Rule, RuleSet, Share, ShareBy, ShareMember,
        TagsTest, TextCondition, TextField, When,
    },
};
use serde_json::json;
use triage::model::Status;

use crate::{
    linting::{all, status, warned, when, without},
    support::{contains, directory, set},
};

pub fn doing(id: &str, actions: Actions, condition: Condition) -> Rule {
    Rule {
        actions,
        ..when(id, condition)
    }
}

pub fn to(id: &str, user: &str, condition: Condition) -> Rule {
    let actions = Actions {
        assign: Some(Assign::User(user.into())),
        ..Actions::default()
    };
    doing(id, actions, condition)
}

pub fn on(occasions: &[When], rule: Rule) -> Rule {
    Rule {
        when: occasions.to_vec(),
        ..rule
    }
}

pub fn stop(rule: Rule) -> Rule {
    Rule { stop: true, ..rule }
}

pub fn nobody() -> Condition {
    Condition::Assignee(AssigneeTest::Nobody)
}

pub fn tagged(tag: &str) -> Condition {
    Condition::Tags(TagsTest::Any(vec![tag.into()]))
}

pub fn adding(tag: &str) -> Actions {
    Actions {
        add_tags: vec![tag.into()],
        ..Actions::default()
    }
}

pub fn removing(tag: &str) -> Actions {
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
