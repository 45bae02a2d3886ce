//! Differences between versions of a rule set.

use proptest::prelude::*;
use routing::{
    diff::{Difference, diff},
    model::{Condition, Mode, Rule, RuleSet, TextCondition},
};

use crate::{
    random,
    support::{contains, directory, rule, set, tagging},
};

/// One line per difference.
fn lines(old: &RuleSet, new: &RuleSet) -> Vec<String> {
    let said = diff(old, new, &directory()).into_iter().map(|line| {
        let what = match line.difference {
            Difference::Added { place, sentence } => format!("added at {place}: {sentence}"),
            Difference::Removed { sentence } => format!("removed: {sentence}"),
            Difference::Moved { from, to } => format!("moved from {from} to {to}"),
            Difference::Changed {
                part,
                before,
                after,
            } => {
                format!("{}: {before} → {after}", part.word())
            }
        };
        format!("{} {what}", line.rule)
    });
    said.collect()
}

#[test]
fn a_difference_reads_like_a_sentence() {
    let old = set([
        rule("a"),
        tagging("b", "refund", "t_vip"),
        rule("c"),
        rule("d"),
    ]);
    let mut changed = tagging("b", "invoice", "t_billing");
    changed.mode = Mode::Off;
    changed.actions.note = Some("Found {{matched}}.".to_owned());
    changed.stop = true;
    let mut new = tagging("e", "card", "t_vip");
    new.when.truncate(1);
    let new = set([rule("d"), rule("a"), changed, new]);
    assert_eq!(
        lines(&old, &new),
        [
            "c removed: When a conversation changes in any way, at each sweep and on demand: assign to Ana Ruiz. At each \
         occurrence.",
            "d moved from 4 to 1",
            "b mode: on → off",
            "b conditions: subject contains “refund” → subject contains “invoice”",
            "b actions: add tag vip → add tag billing",
            "b note: none → Found {{matched}}.",
            "b stop: goes on → stops here",
            "e added at 4: When a conversation changes in any way, if subject contains “card”: add tag vip. At each \
         occurrence.",
        ]
    );
}

#[test]
fn of_a_long_list_the_texts_that_differ_are_said() {
    let list = |last: &str| {
        let texts = (0..10_000)
            .map(|number| format!("word {number}"))
            .chain([last.to_owned()]);
        let conditions = Condition::Text(TextCondition::subject_contains(texts));
        set([Rule {
            conditions,
            ..rule("a")
        }])
    };
    let said = lines(&list("refund"), &list("invoice"));
    assert!(said[0].contains("9,996 more, with “refund” →"), "{said:?}");
    assert!(said[0].ends_with("9,996 more, with “invoice”"), "{said:?}");
    let other = set([Rule {
        conditions: contains("word 0"),
        ..rule("a")
    }]);
    assert_eq!(lines(&other, &other), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn versions_differ_if_and_only_if_something_is_said(old in random::rules(), new in random::rules()) {
        prop_assert_eq!(lines(&old, &new).is_empty(), old == new);
        prop_assert!(lines(&old, &old).is_empty());
    }

    #[test]
    fn a_rule_that_is_put_elsewhere_is_the_one_that_moved(rules in random::rules(), from in 0..8_usize, to in 0..8_usize) {
        if from < rules.rules.len() {
            let mut moved = rules.clone();
            let rule = moved.rules.remove(from);
            let to = to.min(moved.rules.len());
            moved.rules.insert(to, rule);
            let said = lines(&rules, &moved);
            prop_assert_eq!(said.len(), usize::from(from != to), "{:?}", said);
        }
    }
}
