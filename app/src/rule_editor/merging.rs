//! Two people edited: what one side alone touched is taken, where both did somebody chooses.

use std::collections::{HashMap, HashSet};

use routing::model::{Rule, RuleId, RuleSet};

/// Whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Mine,
    Theirs,
}

/// The rules that both sides changed since `base`, each in another way.
pub(crate) fn clashes(base: &RuleSet, mine: &RuleSet, theirs: &RuleSet) -> Vec<RuleId> {
    let (base, mine_by_id, theirs_by_id) = (by_id(base), by_id(mine), by_id(theirs));
    let mut seen = HashSet::new();
    let all = mine.rules.iter().chain(&theirs.rules);
    let removed = base.values().copied();
    all.chain(removed)
        .map(|rule| &rule.id)
        .filter(|id| seen.insert(*id))
        .filter(|id| {
            let [base, mine, theirs] = [&base, &mine_by_id, &theirs_by_id].map(|set| set.get(id));
            mine != base && theirs != base && mine != theirs
        })
        .cloned()
        .collect()
}

/// Both sides together. Of a rule that both changed, `choose` says whose is taken. The order is mine where I changed
/// it, else theirs.
pub(crate) fn merged(
    base: &RuleSet,
    mine: &RuleSet,
    theirs: &RuleSet,
    choose: impl Fn(&RuleId) -> Side,
) -> RuleSet {
    let (base_by_id, mine_by_id, theirs_by_id) = (by_id(base), by_id(mine), by_id(theirs));
    let pick = |id: &RuleId| -> Option<Rule> {
        let [base, mine, theirs] =
            [&base_by_id, &mine_by_id, &theirs_by_id].map(|set| set.get(id).copied());
        let picked = if mine == base {
            theirs
        } else if theirs == base || mine == theirs || choose(id) == Side::Mine {
            mine
        } else {
            theirs
        };
        picked.cloned()
    };
    let (first, second) = if reordered(base, mine) {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    let mut order: Vec<&RuleId> = first.rules.iter().map(|rule| &rule.id).collect();
    let mut placed: HashSet<&RuleId> = order.iter().copied().collect();
    // What only the other side has comes behind what it came behind there.
    let mut behind: Option<&RuleId> = None;
    for rule in &second.rules {
        if placed.insert(&rule.id) {
            let at = behind.and_then(|id| order.iter().position(|one| *one == id));
            order.insert(at.map_or(0, |at| at + 1), &rule.id);
        }
        behind = Some(&rule.id);
    }
    RuleSet::of(order.into_iter().filter_map(pick).collect())
}

fn by_id(set: &RuleSet) -> HashMap<&RuleId, &Rule> {
    set.rules.iter().map(|rule| (&rule.id, rule)).collect()
}

/// Whether rules of both run in another order.
fn reordered(base: &RuleSet, edited: &RuleSet) -> bool {
    let (known, kept) = (by_id(base), by_id(edited));
    let before = base.rules.iter().filter(|rule| kept.contains_key(&rule.id));
    let after = edited
        .rules
        .iter()
        .filter(|rule| known.contains_key(&rule.id));
    before.map(|rule| &rule.id).ne(after.map(|rule| &rule.id))
}
