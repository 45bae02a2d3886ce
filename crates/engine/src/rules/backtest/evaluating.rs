//! Looking at one conversation after the other with two rule sets.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use routing::Compiled;
use routing::decision::Decision;
use routing::evaluate::Evaluator;
use routing::model::{Assign, Mode, Rule, RuleId};
use routing::moment::Moment;
use routing::world::{Row, Staff};
use triage::actions::Change;
use triage::model::{Assignee, Conversation};

use super::Trial;
use super::result::{
    Backtest, BacktestCounts, BacktestEntry, EndState, Ending, RuleCounts, Standing,
};
use crate::rules::{Acts, LiveRules};

/// How much memory the list of a backtest takes at most, about. The numbers count what is not listed, too.
const LISTED_BYTES: usize = 16 * 1024 * 1024;
/// So many of a kind come first.
const SAMPLE: u32 = 3;

/// What is compared, over what.
pub(super) struct Sides {
    pub(super) trial: Trial,
    pub(super) tried: Compiled,
    pub(super) against: Option<Arc<LiveRules>>,
    pub(super) moment: Moment,
    pub(super) acts: Arc<Acts>,
    pub(super) staff: Staff,
}

/// One rule set at work.
struct Side<'s> {
    evaluator: Evaluator<'s>,
    staff: Staff,
}

impl<'s> Side<'s> {
    fn new(compiled: &'s Compiled, staff: &Staff) -> Self {
        Self {
            evaluator: Evaluator::new(compiled),
            staff: staff.clone(),
        }
    }
}

pub(super) struct Comparison<'s> {
    sides: &'s Sides,
    tried: Side<'s>,
    in_force: Option<Side<'s>>,
    places: HashMap<RuleId, u32>,
    rules: Vec<RuleCounts>,
    counts: BacktestCounts,
    standings: HashMap<Standing, [usize; 3]>,
    /// What may be dropped for what differs.
    only_acted_on: usize,
    entries: Vec<BacktestEntry>,
    bytes: usize,
}

impl<'s> Comparison<'s> {
    pub(super) fn new(sides: &'s Sides) -> Self {
        let tried = sides.trial.set.rules.iter().map(|rule| (rule, false));
        let known: HashSet<&RuleId> = sides.trial.set.rules.iter().map(|rule| &rule.id).collect();
        let in_force = sides.against.iter().flat_map(|live| &live.set.rules);
        let gone = in_force
            .filter(|rule| !known.contains(&rule.id))
            .map(|rule| (rule, true));
        let rules: Vec<RuleCounts> = tried
            .chain(gone)
            .map(|(rule, gone)| none(rule, gone))
            .collect();
        let places = rules
            .iter()
            .zip(0..)
            .map(|(one, place)| (one.rule.clone(), place));
        Self {
            tried: Side::new(&sides.tried, &sides.staff),
            in_force: sides
                .against
                .as_ref()
                .map(|live| Side::new(&live.compiled, &sides.staff)),
            places: places.collect(),
            rules,
            counts: BacktestCounts::default(),
            standings: HashMap::new(),
            only_acted_on: 0,
            entries: Vec::new(),
            bytes: 0,
            sides,
        }
    }

    pub(super) fn look_at(&mut self, row: &Row<'_>) {
        let before = row.conversation;
        let moment = &self.sides.moment;
        let side = &mut self.tried;
        let decision = side.evaluator.decide(row, moment, &mut side.staff);
        let tried = decision.changes(before);
        let other = self.in_force.as_mut().map(|side| {
            let decision = side.evaluator.decide(row, moment, &mut side.staff);
            let changes = decision.changes(before);
            (decision, changes)
        });
        self.counts.looked_at += 1;
        self.count_rules(&decision);
        for (_, change) in &tried {
            *self.counts.changes.entry(change.kind()).or_default() += 1;
        }
        self.counts.acted_on += usize::from(!tried.is_empty());
        let in_force = other.as_ref().map(|(_, changes)| changes.as_slice());
        if let Some(changes) = in_force {
            self.counts.acted_on_in_force += usize::from(!changes.is_empty());
            self.counts.requests_in_force += changes.len();
        }
        self.count_standings(before, in_force, &tried);
        let differs = in_force.is_some_and(|changes| differ(changes, &tried));
        if differs {
            let changes = in_force.unwrap_or_default();
            self.counts.differ += 1;
            self.counts.differ_in_turn += usize::from(differ_in_turn(changes, &tried));
            let acting: BTreeSet<u32> = changes
                .iter()
                .chain(&tried)
                .filter_map(|(rule, _)| self.places.get(&rule.id).copied())
                .collect();
            for place in acting {
                self.rules[place as usize].differ += 1;
            }
        }
        if differs || !tried.is_empty() {
            let entry = BacktestEntry {
                before: Conversation {
                    subject: None,
                    ..before.clone()
                },
                tried: self.ending(&decision, tried),
                in_force: other.map(|(decision, changes)| self.ending(&decision, changes)),
                differs,
            };
            self.keep(entry);
        }
    }

    /// Ends the looking; `now` is when.
    pub(super) fn end(mut self, now: i64) -> Backtest {
        sample_first(&mut self.entries);
        let mut end_states: Vec<EndState> = self
            .standings
            .into_iter()
            .filter(|(_, [before, in_force, tried])| before != tried || before != in_force)
            .map(|(standing, [before, in_force, tried])| EndState {
                standing,
                before,
                in_force: self.sides.against.is_some().then_some(in_force),
                tried,
            })
            .collect();
        end_states.sort_by(|left, right| left.standing.cmp(&right.standing));
        Backtest {
            trial: self.sides.trial.clone(),
            against: self.sides.against.as_ref().map(|live| live.number()),
            done_at: now,
            counts: self.counts,
            rules: self.rules,
            end_states,
            entries: self.entries,
            bytes: self.bytes,
        }
    }

    fn count_rules(&mut self, decision: &Decision<'_>) {
        for firing in &decision.firings {
            let Some(place) = self.places.get(&firing.rule.id) else {
                continue;
            };
            let counts = &mut self.rules[*place as usize];
            counts.matched += 1;
            counts.nobody_free += usize::from(firing.nobody_free);
            if firing.acted_before.is_some() {
                counts.acted_before += 1;
            } else if !firing.changes.is_empty() {
                counts.acts += 1;
            } else if !firing.nobody_free {
                counts.already += 1;
            }
        }
        let stopped = decision
            .stopped_by
            .and_then(|rule| self.places.get(&rule.id));
        if let Some(place) = stopped {
            self.rules[*place as usize].stopped += 1;
        }
    }

    fn count_standings(
        &mut self,
        before: &Conversation,
        in_force: Option<&[(&Rule, Change)]>,
        tried: &[(&Rule, Change)],
    ) {
        let in_force = in_force.unwrap_or_default();
        if tried.is_empty() && in_force.is_empty() {
            for standing in standings(before, &[]) {
                for count in self.standings.entry(standing).or_default() {
                    *count += 1;
                }
            }
            return;
        }
        let ends = [[].as_slice(), in_force, tried];
        for (at, changes) in ends.into_iter().enumerate() {
            for standing in standings(before, changes) {
                self.standings.entry(standing).or_default()[at] += 1;
            }
        }
    }

    fn ending(&self, decision: &Decision<'_>, changes: Vec<(&Rule, Change)>) -> Ending {
        let place = |rule: &Rule| self.places.get(&rule.id).copied();
        Ending {
            changes: changes
                .into_iter()
                .filter_map(|(rule, change)| Some((place(rule)?, change)))
                .collect(),
            stopped_by: decision.stopped_by.and_then(place),
        }
    }

    /// Keeps a conversation for the list. Where memory is short, what differs goes before what does not.
    fn keep(&mut self, entry: BacktestEntry) {
        let bytes = entry.bytes();
        if self.bytes + bytes > LISTED_BYTES && entry.differs && self.only_acted_on > 0 {
            let listed = self.entries.len();
            self.entries.retain(|one| one.differs);
            self.counts.unlisted += listed - self.entries.len();
            self.bytes = self.entries.iter().map(BacktestEntry::bytes).sum();
            self.only_acted_on = 0;
        }
        if self.bytes + bytes > LISTED_BYTES {
            self.counts.unlisted += 1;
            return;
        }
        self.bytes += bytes;
        self.only_acted_on += usize::from(!entry.differs);
        self.entries.push(entry);
    }
}

fn none(rule: &Rule, is_gone: bool) -> RuleCounts {
    RuleCounts {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        mode: if is_gone { Mode::Off } else { rule.mode },
        is_gone,
        matched: 0,
        acts: 0,
        already: 0,
        acted_before: 0,
        nobody_free: 0,
        stopped: 0,
        differ: 0,
    }
}

/// Whether a conversation ends differently, whichever rule it is that has it so.
fn differ(left: &[(&Rule, Change)], right: &[(&Rule, Change)]) -> bool {
    let changes = |side: &[(&Rule, Change)]| -> Vec<Change> {
        let mut changes: Vec<Change> = side.iter().map(|(_, change)| change.clone()).collect();
        changes.sort_unstable();
        changes
    };
    left.len() != right.len() || changes(left) != changes(right)
}

/// Whether the only difference is to whom a rule shares it out.
fn differ_in_turn(left: &[(&Rule, Change)], right: &[(&Rule, Change)]) -> bool {
    let shares = |rule: &Rule| matches!(rule.actions.assign, Some(Assign::Share(_)));
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|((by, one), (by_other, other))| {
                one == other
                    || matches!((one, other), (Change::Assign(_), Change::Assign(_)))
                        && by.id == by_other.id
                        && shares(by)
                        && shares(by_other)
            })
}

/// What a conversation is counted by after `changes`.
fn standings(before: &Conversation, changes: &[(&Rule, Change)]) -> Vec<Standing> {
    let mut status = before.status.clone();
    let mut holder = match &before.assignee {
        Assignee::Nobody => Some(Standing::Nobodys),
        Assignee::User { id: Some(id), .. } => Some(Standing::Assignee(id.clone())),
        Assignee::User { id: None, .. } | Assignee::Unknown => None,
    };
    let mut tags = before.tags.clone().unwrap_or_default();
    for (_, change) in changes {
        match change {
            Change::Assign(user) => holder = Some(Standing::Assignee(user.clone())),
            Change::SetStatus(to) => status = Some(to.clone()),
            Change::AddTag(tag) => tags.push(tag.clone()),
            Change::RemoveTag(tag) => tags.retain(|one| one != tag),
            Change::AddNote(_) => {}
        }
    }
    let status = status.map(Standing::Status);
    let tags = tags.into_iter().map(Standing::Tag);
    status.into_iter().chain(holder).chain(tags).collect()
}

/// Of every kind, by the rules that make it and whether it differs, a few come first.
fn sample_first(entries: &mut Vec<BacktestEntry>) {
    type Kind = (bool, Vec<u32>, Vec<u32>);
    let rules = |ending: &Ending| -> Vec<u32> {
        let mut rules: Vec<u32> = ending.changes.iter().map(|(rule, _)| *rule).collect();
        rules.dedup();
        rules
    };
    let mut seen: HashMap<Kind, u32> = HashMap::new();
    let (mut sample, mut rest) = (Vec::new(), Vec::with_capacity(entries.len()));
    for entry in entries.drain(..) {
        let kind = (
            entry.differs,
            rules(&entry.tried),
            entry.in_force.as_ref().map(rules).unwrap_or_default(),
        );
        let so_far = seen.entry(kind).or_default();
        *so_far += 1;
        if *so_far <= SAMPLE {
            sample.push((*so_far, entry));
        } else {
            rest.push(entry);
        }
    }
    // One of each, then a second of each: the sort is stable.
    sample.sort_by_key(|(so_far, _)| *so_far);
    entries.extend(sample.into_iter().map(|(_, entry)| entry));
    entries.append(&mut rest);
}
