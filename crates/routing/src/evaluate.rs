//! What the rules decide about a conversation.
//!
//! Rules run top to bottom, each over the state as the earlier ones left it. A rule takes part if it is not off, its
//! occasions include what happened, it looks at the mailbox, its conditions are true, and the hour is one of its own.
//! A rule that takes part and stops does so whatever it changes, also where it acted before and does not act again:
//! else a later rule would take what the earlier one settled. A shadow decides over the same state; nothing of what
//! it decides is seen by later rules, and it stops none.

mod parts;

pub use parts::{KeptAway, Part};
use triage::actions::Change;

use self::parts::idle;
use crate::{
    compile::{Bits, Compiled, CompiledRule, text::Subject, view::View, words::Seen},
    decision::{Decision, Firing},
    model::{Actions, Assign, Mode, Repeat, Rule},
    moment::{Moment, Occasion},
    note::{Placeholder, fill},
    state::{Holder, State},
    world::{Row, Staff},
};

/// Evaluates one conversation after the other, with room to work in that is used again.
#[derive(Debug)]
pub struct Evaluator<'c> {
    compiled: &'c Compiled,
    seen: Seen,
    candidates: Vec<u64>,
    /// Rules that take no part at all, those that do so as shadows, and those that do nothing where they fit.
    absent: Bits,
    shadow: Bits,
    idle: Bits,
    /// Whether a rule keeps to hours.
    has_hours: bool,
}

impl<'c> Evaluator<'c> {
    /// An evaluator of `compiled`.
    #[must_use]
    pub fn new(compiled: &'c Compiled) -> Self {
        Self {
            compiled,
            seen: Seen::default(),
            candidates: Vec::new(),
            absent: Bits::of(compiled.rules.len()),
            shadow: Bits::of(compiled.rules.len()),
            idle: Bits::of(compiled.rules.len()),
            has_hours: compiled.rules().any(|rule| rule.hours.is_some()),
        }
    }

    /// What the rules decide about the conversation of `row` at `moment`. What is shared out is counted in `staff`.
    pub fn decide(&mut self, row: &Row<'_>, moment: &Moment, staff: &mut Staff) -> Decision<'c> {
        let subject = self.look(row);
        self.find_candidates();
        self.keep_active(moment.occasion);
        let mut state = State::of(row.conversation);
        let mut decision = Decision::default();
        for block in 0..self.candidates.len() {
            let mut left = self.candidates[block];
            while left != 0 {
                let index = block * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let rule = &self.compiled.rules[index];
                let view = View {
                    names: &self.compiled.names,
                    row,
                    state: &state,
                    moment,
                    subject: subject.as_ref(),
                    seen: &self.seen,
                };
                if gate(&rule.rule, &view) != Gate::Open || !fits(rule, &view) {
                    continue;
                }
                let mut firing = if self.idle.has(index) {
                    idle(rule, &view)
                } else {
                    fire(rule, &view, staff)
                };
                firing.shadow |= self.shadow.has(index);
                take_effect(&firing, &mut state, staff);
                let counts = firing.counts();
                decision.firings.push(firing);
                if rule.rule.stop && counts {
                    decision.stopped_by = Some(&rule.rule);
                    return decision;
                }
            }
        }
        decision
    }

    /// Whether the conditions of the rule at `index` are true of the conversation as it is, in a mailbox of the rule;
    /// whatever its mode, occasions, hours and the other rules.
    pub fn fits(&mut self, index: usize, row: &Row<'_>, moment: &Moment) -> bool {
        let Some(rule) = self.compiled.rules.get(index) else {
            return false;
        };
        let subject = self.look(row);
        let view = View {
            names: &self.compiled.names,
            row,
            state: &State::of(row.conversation),
            moment,
            subject: subject.as_ref(),
            seen: &self.seen,
        };
        fits(rule, &view)
    }

    /// The places of all rules of which [`Self::fits`] is true, in order, into `found`.
    pub(crate) fn all_that_fit(&mut self, row: &Row<'_>, moment: &Moment, found: &mut Vec<usize>) {
        found.clear();
        let subject = self.look(row);
        self.find_candidates();
        let state = State::of(row.conversation);
        let view = View {
            names: &self.compiled.names,
            row,
            state: &state,
            moment,
            subject: subject.as_ref(),
            seen: &self.seen,
        };
        for (block, candidates) in self.candidates.iter().enumerate() {
            let mut left = *candidates;
            while left != 0 {
                let index = block * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                if fits(&self.compiled.rules[index], &view) {
                    found.push(index);
                }
            }
        }
    }

    /// Finds the words that are in the subject.
    fn look<'r>(&mut self, row: &Row<'r>) -> Option<Subject<'r>> {
        let raw = row.conversation.subject.as_deref();
        let subject = raw.map(|raw| Subject::new(raw, row.folded_subject));
        let automaton = &self.compiled.automaton;
        match &subject {
            Some(subject) => automaton.look_for(subject.folded(), &mut self.seen),
            None => automaton.look_for_nothing(&mut self.seen),
        }
        subject
    }

    /// Of the candidates, those that take part at all.
    fn keep_active(&mut self, occasion: Occasion) {
        let active = &self.compiled.active(occasion).words;
        let present = active.iter().zip(&self.absent.words);
        for (block, (active, absent)) in self.candidates.iter_mut().zip(present) {
            *block &= active & !absent;
        }
    }

    /// The rules of which no word is missing.
    fn find_candidates(&mut self) {
        let compiled = self.compiled;
        self.candidates.clone_from(&compiled.wordless.words);
        for word in self.seen.found() {
            for index in compiled
                .rules_of_word
                .get(*word as usize)
                .into_iter()
                .flatten()
            {
                self.candidates[*index as usize / 64] |= 1 << (index % 64);
            }
        }
    }
}

/// Whether a rule looks at a conversation at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Off,
    OtherOccasion,
    OutsideHours,
}

pub(crate) fn gate(rule: &Rule, view: &View<'_>) -> Gate {
    let fits = |occasion| rule.when.iter().any(|when| when.fits(occasion));
    if rule.mode == Mode::Off {
        return Gate::Off;
    }
    if !fits(view.moment.occasion) {
        return Gate::OtherOccasion;
    }
    if let Some(hours) = &rule.hours {
        let (weekday, minutes) = view.moment.local();
        if !hours.contain(weekday, minutes) {
            return Gate::OutsideHours;
        }
    }
    Gate::Open
}

fn fits(rule: &CompiledRule, view: &View<'_>) -> bool {
    is_in_mailbox(&rule.rule, view) == Some(true) && rule.conditions.holds(view) == Some(true)
}

pub(crate) fn is_in_mailbox(rule: &Rule, view: &View<'_>) -> Option<bool> {
    if rule.mailboxes.is_empty() {
        return Some(true);
    }
    Some(rule.mailboxes.contains(view.state.mailbox()?))
}

/// What a rule that fits does.
pub(crate) fn fire<'c>(rule: &'c CompiledRule, view: &View<'_>, staff: &Staff) -> Firing<'c> {
    let matched = rule.conditions.matched(view);
    let mut firing = Firing {
        acted_before: acted_before(&rule.rule, view),
        rule: &rule.rule,
        shadow: rule.rule.mode != Mode::On,
        matched: None,
        changes: Vec::new(),
        already: Vec::new(),
        nobody_free: false,
    };
    if firing.acted_before.is_none() {
        let wishes = wishes(&rule.rule, view, staff, matched.as_deref(), &mut firing);
        for change in wishes {
            if view.state.is_so(&change) == Some(true) {
                firing.already.push(change);
            } else {
                firing.changes.push(change);
            }
        }
    }
    firing.matched = matched;
    firing
}

fn acted_before(rule: &Rule, view: &View<'_>) -> Option<i64> {
    let acted = view.row.acted.iter().filter(|acted| acted.rule == rule.id);
    let last = acted.map(|acted| acted.at_ms).max()?;
    match rule.repeat {
        Repeat::Once => Some(last),
        Repeat::AfterHours(hours) => {
            let since = view.moment.now_ms.saturating_sub(last);
            (since < i64::from(hours) * 3_600_000).then_some(last)
        }
        Repeat::EachOccurrence => None,
    }
}

/// What a rule wants, in sending order.
fn wishes(
    rule: &Rule,
    view: &View<'_>,
    staff: &Staff,
    matched: Option<&str>,
    firing: &mut Firing<'_>,
) -> Vec<Change> {
    let Actions {
        assign,
        add_tags,
        remove_tags,
        set_status,
        note,
    } = &rule.actions;
    let mut wishes = Vec::with_capacity(4);
    match assign {
        Some(Assign::User(user)) => wishes.push(Change::Assign(user.clone())),
        Some(Assign::Share(share)) => {
            let stays = match view.state.holder() {
                Holder::User { id: Some(id), .. } => {
                    share.among.iter().find(|member| member.user == *id)
                }
                _ => None,
            };
            let next = stays
                .map(|member| &member.user)
                .or_else(|| staff.next(&rule.id, share));
            firing.nobody_free = next.is_none();
            wishes.extend(next.cloned().map(Change::Assign));
        }
        None => {}
    }
    let mut each_once = |tag_changes: &mut dyn Iterator<Item = Change>| {
        for change in tag_changes {
            if !wishes.contains(&change) {
                wishes.push(change);
            }
        }
    };
    each_once(&mut add_tags.iter().cloned().map(Change::AddTag));
    each_once(&mut remove_tags.iter().cloned().map(Change::RemoveTag));
    wishes.extend(set_status.clone().map(Change::SetStatus));
    if let Some(note) = note {
        let mailbox = view.state.mailbox();
        let mailbox = mailbox.map(|id| {
            view.names
                .mailboxes
                .get(id)
                .map_or(id.as_str(), |name| name)
        });
        let text = fill(note, |placeholder| match placeholder {
            Placeholder::Rule => &rule.name,
            Placeholder::Matched => matched.unwrap_or_default(),
            Placeholder::Subject => view
                .row
                .conversation
                .subject
                .as_deref()
                .unwrap_or("unknown"),
            Placeholder::Mailbox => mailbox.unwrap_or("unknown"),
        });
        wishes.push(Change::AddNote(text));
    }
    wishes
}

/// Lets later rules see what a rule did, unless it is a shadow.
pub(crate) fn take_effect(firing: &Firing<'_>, state: &mut State<'_>, staff: &mut Staff) {
    if !firing.counts() || firing.changes.is_empty() {
        return;
    }
    let before = state.on_desk_of().cloned();
    for change in &firing.changes {
        state.apply(change);
        if let (Change::Assign(user), Some(Assign::Share(_))) =
            (change, &firing.rule.actions.assign)
        {
            staff.gave(&firing.rule.id, user);
        }
    }
    let after = state.on_desk_of();
    staff.moved(before.as_ref(), after);
}
