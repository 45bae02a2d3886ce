//! What rules decide: against the reference, and by tables.

use proptest::prelude::*;
use routing::{
    Compiled,
    evaluate::{Evaluator, Part},
    explain::explain,
    explanation::{Explanation, Verdict},
    model::{
        Actions, Assign, AssigneeTest, Condition, Mode, Rule, RuleSet, TextCondition, TextField,
    },
    moment::{Moment, Occasion},
    world::{Row, Staff},
};

use triage::actions::Change;

use crate::{
    random,
    reference::{Reference, plain},
    support::{NOW, conversation, directory, rule, set, tagging},
};

const MOMENT: Moment = Moment {
    now_ms: NOW,
    utc_offset_seconds: 0,
    occasion: Occasion::Any,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn evaluating_is_what_the_rules_mean(
        rules in random::rules(),
        conversations in prop::collection::vec((random::conversation(), random::acted()), 1..4),
        moment in random::moment(),
        staff in random::staff(),
    ) {
        let names = directory();
        let compiled = Compiled::new(&rules, &names).unwrap();
        let mut evaluator = Evaluator::new(&compiled);
        let (mut own, mut expected_staff) = (staff.clone(), staff);
        // One evaluator for all, as nothing may be left of the one before.
        for (conversation, acted) in &conversations {
            let row = Row { acted, ..Row::of(conversation) };
            let (explained, explanation) = explain(&compiled, &row, &moment, &own);
            let decision = evaluator.decide(&row, &moment, &mut own);
            prop_assert_eq!(&explained, &decision);
            prop_assert_eq!(fitting(&explanation), decision.firings.len());
            let expected = Reference::new(&names, &row, &moment).decide(&rules, &mut expected_staff);
            prop_assert_eq!(plain(&decision), expected);
            prop_assert_eq!(&own, &expected_staff);
        }
    }

    #[test]
    fn putting_rules_that_do_not_take_part_elsewhere_changes_nothing(
        rules in random::rules(),
        conversation in random::conversation(),
        moment in random::moment(),
        to in 0..8_usize,
        from in 0..8_usize,
    ) {
        let names = directory();
        let row = Row::of(&conversation);
        let decided = |rules: &RuleSet| {
            let compiled = Compiled::new(rules, &names).unwrap();
            let mut staff = Staff::default();
            plain(&Evaluator::new(&compiled).decide(&row, &moment, &mut staff))
        };
        let before = decided(&rules);
        if let Some(rule) = rules.rules.get(from) {


            let quiet = !rule.when.iter().any(|when| when.fits(moment.occasion))
                || rule.mode == Mode::Off
                || !before.0.iter().any(|said| said.rule == rule.id)
                    && Reference::new(&names, &row, &moment).holds(&rule.conditions) == Some(false)
                    && !reads_what_rules_write(&rule.conditions);
            if quiet {
                let mut moved = rules.clone();
                let rule = moved.rules.remove(from);
                moved.rules.insert(to.min(moved.rules.len()), rule);
                prop_assert_eq!(decided(&moved), before);
            }
        }
    }
}

/// The rules that fit and were looked at.
fn fitting(explanation: &Explanation) -> usize {
    let fits = |verdict: &Verdict| {
        matches!(
            verdict,
            Verdict::Acts
                | Verdict::WouldAct
                | Verdict::Nothing
                | Verdict::ActedBefore { .. }
                | Verdict::RecordedBefore { .. }
        )
    };
    explanation
        .rules
        .iter()
        .filter(|rule| fits(&rule.verdict))
        .count()
}

/// Whether a condition looks at something that rules change.
fn reads_what_rules_write(condition: &Condition) -> bool {
    match condition {
        Condition::Status(_) | Condition::Assignee(_) | Condition::Tags(_) => true,
        Condition::Text(text) => matches!(text.field, TextField::Assignee | TextField::Tag),
        group => group.parts().iter().any(reads_what_rules_write),
    }
}

#[test]
fn a_moment_of_the_tests_is_a_wednesday_morning() {
    assert_eq!(MOMENT.local_text(), "Wednesday 09:20");
}

#[test]
fn ten_thousand_keywords_are_one_condition_or_as_many_rules() {
    let words: Vec<String> = (0..10_000)
        .map(|number| format!("keyword{number}x"))
        .collect();
    let one = set([Rule {
        conditions: Condition::Text(TextCondition::subject_contains(words.clone())),
        ..rule("all")
    }]);
    let rules = words.iter().take(5_000).enumerate();
    let many = set(rules.map(|(number, word)| tagging(&format!("r{number}"), word, "t_vip")));
    let conversation = conversation("About KEYWORD4711X and keyword42x");
    for (rules, expected) in [
        (one, vec!["keyword42x"]),
        (many, vec!["keyword42x", "keyword4711x"]),
    ] {
        let compiled = Compiled::new(&rules, &directory()).unwrap();
        let mut staff = Staff::default();
        let decision =
            Evaluator::new(&compiled).decide(&Row::of(&conversation), &MOMENT, &mut staff);
        let matched: Vec<&str> = decision
            .firings
            .iter()
            .filter_map(|firing| firing.matched.as_deref())
            .collect();
        assert_eq!(matched, expected);
    }
}

#[test]
fn later_rules_see_what_earlier_ones_did_and_only_the_end_of_it_is_sent() {
    let to = |id: &str, user: &str| Rule {
        actions: Actions {
            assign: Some(Assign::User(user.into())),
            ..Actions::default()
        },
        ..rule(id)
    };
    let sees = Rule {
        conditions: Condition::Assignee(AssigneeTest::OneOf(vec!["usr_ana".into()])),
        ..tagging("c", "x", "t_vip")
    };
    let untags = Rule {
        actions: Actions {
            remove_tags: vec!["t_vip".into()],
            ..Actions::default()
        },
        ..rule("e")
    };
    let shadow = Rule {
        mode: Mode::Shadow,
        stop: true,
        ..to("b", "usr_cleo")
    };
    let rules = set([to("a", "usr_ana"), shadow, sees, to("d", "usr_ben"), untags]);
    let compiled = Compiled::new(&rules, &directory()).unwrap();
    let conversation = conversation("Anything");
    let decision =
        Evaluator::new(&compiled).decide(&Row::of(&conversation), &MOMENT, &mut Staff::default());
    let fired: Vec<&str> = decision
        .firings
        .iter()
        .map(|firing| firing.rule.id.as_str())
        .collect();
    assert_eq!(
        fired,
        ["a", "b", "c", "d", "e"],
        "a shadow neither stops nor is seen"
    );
    let sent: Vec<(&str, Change)> = decision
        .changes(&conversation)
        .into_iter()
        .map(|(rule, change)| (rule.id.as_str(), change))
        .collect();
    assert_eq!(
        sent,
        [("d", Change::Assign("usr_ben".into()))],
        "the tag came and went"
    );
}

proptest! {
    #[test]
    fn an_absent_rule_is_as_if_off_and_an_idle_one_only_stops(
        rules in random::rules(),
        conversation in random::conversation(),
        acted in random::acted(),
        moment in random::moment(),
        staff in random::staff(),
        place in 0_usize..8,
    ) {
        let names = directory();
        let Some(id) = rules.rules.get(place).map(|rule| rule.id.clone()) else {
            return Ok(());
        };
        let compiled = Compiled::new(&rules, &names).unwrap();
        let row = Row { acted: &acted, ..Row::of(&conversation) };
        let decide = |part: Part| {
            let mut evaluator = Evaluator::new(&compiled);
            evaluator.cast(|rule| if rule.id == id { part } else { Part::Own });
            let mut staff = staff.clone();
            (plain(&evaluator.decide(&row, &moment, &mut staff)), staff)
        };
        let with = |change: &dyn Fn(&mut Rule)| {
            let mut rules = rules.clone();
            change(&mut rules.rules[place]);
            let compiled = Compiled::new(&rules, &names).unwrap();
            let mut staff = staff.clone();
            let decision = plain(&Evaluator::new(&compiled).decide(&row, &moment, &mut staff));
            (decision, staff)
        };
        prop_assert_eq!(decide(Part::Absent), with(&|rule| rule.mode = Mode::Off));
        // One that acted on the conversation this very moment, and does so once.
        let (mut idle, idle_staff) = decide(Part::Idle);
        let mut acted_now = acted.clone();
        acted_now.push(routing::world::Acted { rule: id.clone(), at_ms: moment.now_ms });
        let mut once = rules.clone();
        once.rules[place].repeat = routing::model::Repeat::Once;
        let compiled = Compiled::new(&once, &names).unwrap();
        let mut staff = staff.clone();
        let row = Row { acted: &acted_now, ..row };
        let mut as_once = plain(&Evaluator::new(&compiled).decide(&row, &moment, &mut staff));
        for decision in [&mut idle, &mut as_once] {
            for firing in &mut decision.0 {
                firing.acted_before = firing.acted_before.map(|_| 0);
            }
        }
        prop_assert_eq!(idle, as_once);
        prop_assert_eq!(idle_staff, staff);
    }
}
