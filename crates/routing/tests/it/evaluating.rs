//! What rules decide: against the reference, and by tables.

use proptest::prelude::*;
use routing::{
    Compiled,
    evaluate::Evaluator,
    explain::explain,
    explanation::{Explanation, Verdict},
    model::RuleSet,
    moment::{Moment, Occasion},
    world::{Row, Staff},
};

use crate::{
    random,
    reference::{Reference, plain},
    support::directory,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn evaluating_is_what_the_rules_mean(
        rules in random::rules(),
        conversations in prop::collection::vec((random::conversation(), random::acted(), random::extras()), 1..4),
        moment in random::moment(),
        staff in random::staff(),
    ) {
        let names = directory();
        let compiled = Compiled::new(&rules, &names).unwrap();
        let mut evaluator = Evaluator::new(&compiled);
        let (mut own, mut expected_staff) = (staff.clone(), staff);
        // One evaluator for all, as nothing may be left of the one before.
        for (conversation, acted, extras) in &conversations {
            let row = Row { acted, extras, ..Row::of(conversation) };
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
                || rule.mode == routing::model::Mode::Off
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
            Verdict::Acts | Verdict::WouldAct | Verdict::Nothing | Verdict::ActedBefore { .. }
        )
    };
    explanation
        .rules
        .iter()
        .filter(|rule| fits(&rule.verdict))
        .count()
}

/// Whether a condition looks at something that rules change.
fn reads_what_rules_write(condition: &routing::model::Condition) -> bool {
    use routing::model::{Condition, TextField};
    match condition {
        Condition::Status(_) | Condition::Assignee(_) | Condition::Tags(_) => true,
        Condition::Text(text) => matches!(text.field, TextField::Assignee | TextField::Tag),
        group => group.parts().iter().any(reads_what_rules_write),
    }
}

#[test]
fn a_moment_of_the_tests_is_a_wednesday_morning() {
    let moment = Moment {
        now_ms: crate::support::NOW,
        utc_offset_seconds: 0,
        occasion: Occasion::Any,
    };
    assert_eq!(moment.local_text(), "Wednesday 09:20");
}
