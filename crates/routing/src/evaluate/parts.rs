//! Rules that take less part than they say, and those that were kept from taking part.

use super::{Evaluator, Gate, fits, gate};
use crate::{
    compile::{Bits, CompiledRule, view::View},
    decision::{Decision, Firing},
    model::{Mode, Rule},
    moment::Moment,
    state::State,
    world::Row,
};

/// How a rule takes part, whatever it says itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// As it says.
    Own,
    /// As a shadow.
    Shadow,
    /// Where it fits it does nothing, as if it had acted on the conversation just before: what happened came of what it
    /// did itself. It stops later rules all the same, or those would take what it settled.
    Idle,
    /// As if it were off.
    Absent,
}

/// Why a rule that would have fitted was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptAway {
    /// It is not one of its hours.
    OutsideHours,
    /// An earlier rule stopped.
    Stopped,
}

impl<'c> Evaluator<'c> {
    /// Says how rules take part in all that is decided from here on.
    pub fn cast(&mut self, part: impl Fn(&Rule) -> Part) {
        let rules = self.compiled.rules.len();
        (self.absent, self.idle) = (Bits::of(rules), Bits::of(rules));
        self.shadow = Bits::of(rules);
        for (index, rule) in self.compiled.rules().enumerate() {
            match part(rule) {
                Part::Own => {}
                Part::Shadow => self.shadow.set(index),
                Part::Idle => self.idle.set(index),
                Part::Absent => self.absent.set(index),
            }
        }
    }

    /// The rules that fit the conversation as it is and were not looked at when `decision` was made of it, each with the
    /// reason.
    pub fn kept_away(
        &mut self,
        row: &Row<'_>,
        moment: &Moment,
        decision: &Decision<'c>,
    ) -> Vec<(&'c Rule, KeptAway)> {
        let mut kept_away = Vec::new();
        if decision.stopped_by.is_none() && !self.has_hours {
            return kept_away;
        }
        let subject = self.look(row);
        self.find_candidates();
        self.keep_active(moment.occasion);
        let view = View {
            names: &self.compiled.names,
            row,
            state: &State::of(row.conversation),
            moment,
            subject: subject.as_ref(),
            seen: &self.seen,
        };
        let mut stopped = false;
        for (index, rule) in self.compiled.rules.iter().enumerate() {
            let is_candidate = self.candidates[index / 64] & (1 << (index % 64)) != 0;
            let why = match gate(&rule.rule, &view) {
                Gate::Open if stopped => Some(KeptAway::Stopped),
                Gate::OutsideHours => Some(KeptAway::OutsideHours),
                _ => None,
            };
            if let Some(why) = why.filter(|_| is_candidate && fits(rule, &view)) {
                kept_away.push((&rule.rule, why));
            }
            stopped |= decision
                .stopped_by
                .is_some_and(|stopper| stopper.id == rule.rule.id);
        }
        kept_away
    }
}

/// What a rule that fits does where it is idle.
pub(super) fn idle<'c>(rule: &'c CompiledRule, view: &View<'_>) -> Firing<'c> {
    let acted = view.row.acted.iter();
    let last = acted
        .filter(|acted| acted.rule == rule.rule.id)
        .map(|acted| acted.at_ms)
        .max();
    Firing {
        rule: &rule.rule,
        shadow: rule.rule.mode != Mode::On,
        acted_before: Some(last.unwrap_or(view.moment.now_ms)),
        matched: rule.conditions.matched(view),
        changes: Vec::new(),
        already: Vec::new(),
        nobody_free: false,
    }
}
