//! From occurrences to what is done: acts, runs and counts. Nothing here waits or writes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use routing::decision::{Decision, Firing};
use routing::evaluate::{Evaluator, KeptAway, Part};
use routing::model::{Mode, Rule, RuleId};
use routing::moment::{Moment, Occasion};
use routing::world::{Acted, Staff};
use store::{ActMode, ConnectionId, Counted, NewAct, RuleBegin};
use triage::actions::Change;
use triage::model::{Conversation, ConversationId, Status, UserId};

use super::decided::Decided;
use super::occurrences::{Occurrence, Place};
use super::planning::Asked;
use super::{Acts, LiveRules};
use crate::mirror::{MirrorState, Row};
use crate::sync::schedule::AHEAD_MS;
use crate::{Engine, answers};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What a decision is made from, beside the mirror.
pub(super) struct Basis {
    pub(super) live: Arc<LiveRules>,
    pub(super) begins: HashMap<String, RuleBegin>,
    acts: Arc<Acts>,
    shadows: Arc<Acts>,
    /// What rules asked for and is still to be made.
    to_come: Vec<(ConversationId, Change)>,
    /// On which conversations each rule acted by itself within the last hour.
    acted: HashMap<String, HashSet<ConversationId>>,
    /// On how many it may; nothing where a person asked.
    pub(super) ceiling: Option<usize>,
    pub(super) now: i64,
}

impl Engine {
    /// From where on each rule takes part. A time further ahead than now was noted by a clock that has since been set
    /// back, and is none.
    pub(super) async fn rule_begins(
        &self,
        connection: ConnectionId,
    ) -> Result<HashMap<String, RuleBegin>, store::Error> {
        let mut begins = self.store().rule_begins(connection).await?;
        let latest = self.now() + AHEAD_MS;
        for begin in begins.values_mut().filter(|begin| begin.at > latest) {
            begin.at = i64::MIN;
        }
        Ok(begins)
    }

    /// What decisions are made from at this moment.
    pub(super) async fn basis(
        &self,
        live: Arc<LiveRules>,
        connection: ConnectionId,
    ) -> Result<Basis, store::Error> {
        let now = self.now();
        let store = self.store();
        let mut acted: HashMap<String, HashSet<ConversationId>> = HashMap::new();
        let rules: Vec<&str> = live.set.rules.iter().map(|rule| rule.id.as_str()).collect();
        let since = now - HOUR_MS;
        for (rule, conversation) in store.acted_since(connection, &rules, since).await? {
            acted.entry(rule).or_default().insert(conversation);
        }
        let memory = &self.0.rules.memory;
        Ok(Basis {
            begins: self.rule_begins(connection).await?,
            acts: memory.acts(ActMode::On),
            shadows: memory.acts(ActMode::Shadow),
            to_come: store.asked_by_rules(connection).await?,
            acted,
            ceiling: Some(self.rule_ceiling().await? as usize),
            live,
            now,
        })
    }
}

/// Decides about one occurrence after the other, over the state as what was decided before leaves it.
pub(super) struct Decider<'d> {
    basis: &'d Basis,
    mirror: &'d MirrorState,
    moment: Moment,
    staff: Staff,
    evaluator: Evaluator<'d>,
    /// What the evaluator was last told of who takes part.
    cast: Option<(Arc<BTreeSet<RuleId>>, Place)>,
    /// Conversations as they will be.
    ahead: HashMap<ConversationId, Conversation>,
    /// How often changes of a conversation were decided here.
    waves: HashMap<ConversationId, usize>,
    /// What was decided here already.
    just: HashMap<ConversationId, Vec<Acted>>,
    /// On which conversations each rule acted within the hour, and the rules that may not act on another.
    acted: HashMap<RuleId, HashSet<ConversationId>>,
    full: BTreeSet<RuleId>,
    /// Only these take part, where some are named.
    only: Option<BTreeSet<RuleId>>,
    decided: Decided,
}

impl<'d> Decider<'d> {
    pub(super) fn new(
        engine: &Engine,
        basis: &'d Basis,
        mirror: &'d MirrorState,
        mut staff: Staff,
        only: Option<BTreeSet<RuleId>>,
    ) -> Self {
        let mut ahead: HashMap<ConversationId, Conversation> = HashMap::new();
        for (id, change) in &basis.to_come {
            let known = ahead.get(id).cloned();
            let known = known.or_else(|| mirror.rows.get(id).map(|row| row.conversation.clone()));
            let Some(mut conversation) = known else {
                continue;
            };
            let before = on_desk_of(&conversation);
            answers::apply(change, &mut conversation, &mirror.directory);
            staff.moved(before.as_ref(), on_desk_of(&conversation).as_ref());
            ahead.insert(id.clone(), conversation);
        }
        let mut decider = Self {
            moment: engine.moment(Occasion::Any),
            evaluator: Evaluator::new(&basis.live.compiled),
            basis,
            mirror,
            staff,
            cast: None,
            ahead,
            waves: HashMap::new(),
            just: HashMap::new(),
            acted: HashMap::new(),
            full: BTreeSet::new(),
            only,
            decided: Decided::default(),
        };
        for (rule, conversations) in &basis.acted {
            let rule = rule.as_str().into();
            for id in conversations {
                decider.note_acted(&rule, id);
            }
        }
        decider
    }

    /// Has the rules look at an occurrence. One of a conversation that is gone is over.
    pub(super) fn look(&mut self, at: &Occurrence) {
        let Some(row) = self.mirror.rows.get(&at.conversation) else {
            return;
        };
        self.decided.looked_at += 1;
        self.moment.occasion = at.occasion;
        loop {
            self.cast(at);
            if self.try_to(at, row) {
                return;
            }
        }
    }

    /// Decides; `false` where a rule came to its ceiling, and it has to be decided again with it as a shadow.
    fn try_to(&mut self, at: &Occurrence, row: &Row) -> bool {
        let conversation = match self.ahead.get(&at.conversation) {
            Some(ahead) => ahead.clone(),
            None => row.conversation.clone(),
        };
        let acted = self.done_to(&at.conversation);
        let mut seen = row.seen_by_rules(&self.basis.acts);
        seen.conversation = &conversation;
        if let Some(acted) = &acted {
            seen.acted = acted;
        }
        let full = self.full(&at.conversation);
        let staff = (!full.is_empty()).then(|| self.staff.clone());
        let decision = self.evaluator.decide(&seen, &self.moment, &mut self.staff);
        if let Some(staff) = staff {
            let firings = decision.firings.iter();
            let over: Vec<RuleId> = firings
                .filter(|firing| acts(firing) && full.contains(&firing.rule.id))
                .map(|firing| firing.rule.id.clone())
                .collect();
            if !over.is_empty() {
                self.staff = staff;
                self.decided.over_ceiling.extend(over);
                self.cast = None;
                return false;
            }
        }
        let kept_away = self.evaluator.kept_away(&seen, &self.moment, &decision);
        for (rule, why) in kept_away {
            let what = match why {
                KeptAway::OutsideHours => Counted::OutsideHours,
                KeptAway::Stopped => Counted::Stopped,
            };
            self.count(&rule.id, what);
        }
        self.take(at, &conversation, &decision);
        true
    }

    /// Notes what was decided.
    fn take(&mut self, at: &Occurrence, conversation: &Conversation, decision: &Decision<'d>) {
        for firing in &decision.firings {
            self.count(&firing.rule.id, Counted::Matched);
            if let Some(what) = became(firing) {
                let over = self.decided.over_ceiling.contains(&firing.rule.id);
                let what = match what {
                    Counted::Shadow if over => Counted::Ceiling,
                    what => what,
                };
                self.count(&firing.rule.id, what);
            }
        }
        let wave = self.waves.get(&at.conversation).copied().unwrap_or(0);
        let acting: Vec<&Firing<'d>> = decision.firings.iter().filter(|one| acts(one)).collect();
        let would: Vec<&Firing<'d>> = decision
            .firings
            .iter()
            .filter(|one| !one.counts() && !one.changes.is_empty())
            .collect();
        for (firing, mode) in acting
            .iter()
            .map(|firing| (firing, ActMode::On))
            .chain(would.iter().map(|firing| (firing, ActMode::Shadow)))
        {
            let rule = &firing.rule.id;
            let act = NewAct {
                rule: rule.to_string(),
                conversation: at.conversation.clone(),
                occurrence: at.name.to_string(),
                version: self.basis.live.number(),
                mode,
                run: None,
                did: firing.changes.clone(),
            };
            self.decided.acts.push((wave, act));
            let just = self.just.entry(at.conversation.clone()).or_default();
            just.push(Acted {
                rule: rule.clone(),
                at_ms: self.basis.now,
            });
            if mode == ActMode::On {
                self.note_acted(rule, &at.conversation);
            }
        }
        let changes = decision.changes(conversation);
        if changes.is_empty() {
            return;
        }
        // What all of them did together comes of each of them.
        let mut chain = BTreeSet::clone(&at.chain);
        chain.extend(acting.iter().map(|firing| firing.rule.id.clone()));
        let mut after = conversation.clone();
        let version = Some(self.basis.live.number());
        for (rule, change) in changes {
            answers::apply(&change, &mut after, &self.mirror.directory);
            let asked = Asked::new(rule, version, conversation, change);
            let place = self.place(rule);
            self.decided
                .runs
                .entry((wave, place, chain.clone()))
                .or_default()
                .push(asked);
        }
        self.ahead.insert(at.conversation.clone(), after);
        self.waves.insert(at.conversation.clone(), wave + 1);
    }

    fn place(&self, rule: &Rule) -> usize {
        let rules = &self.basis.live.set.rules;
        rules
            .iter()
            .position(|one| one.id == rule.id)
            .unwrap_or(usize::MAX)
    }

    fn count(&mut self, rule: &RuleId, what: Counted) {
        *self.decided.counts.entry((rule.clone(), what)).or_default() += 1;
    }

    /// Tells the evaluator who takes part in an occurrence.
    fn cast(&mut self, at: &Occurrence) {
        let told = self.cast.as_ref();
        let same = told.is_some_and(|(chain, place)| {
            // The next of the same kind differs only for a rule that began between them.
            *place == at.place && Arc::ptr_eq(chain, &at.chain)
        });
        if same {
            return;
        }
        self.cast = Some((Arc::clone(&at.chain), at.place));
        let (basis, decided, only) = (self.basis, &self.decided, &self.only);
        self.evaluator.cast(|rule| {
            let begun = basis
                .begins
                .get(rule.id.as_str())
                .is_none_or(|begin| at.place.is_after(begin));
            let chosen = only.as_ref().is_none_or(|only| only.contains(&rule.id));
            if !begun || !chosen {
                Part::Absent
            } else if at.chain.contains(&rule.id) {
                Part::Idle
            } else if decided.over_ceiling.contains(&rule.id) {
                Part::Shadow
            } else {
                Part::Own
            }
        });
    }

    /// What rules did to a conversation, where it is more than what is known of those that are on.
    fn done_to(&self, id: &ConversationId) -> Option<Vec<Acted>> {
        let basis = self.basis;
        let shadows = basis.shadows.get(id).into_iter().flatten();
        // What it would have done as a shadow keeps a rule from nothing once it is on.
        let shadows = shadows.filter(|acted| {
            let rule = basis.live.set.rule(&acted.rule);
            rule.is_some_and(|rule| rule.mode == Mode::Shadow)
        });
        let more: Vec<Acted> = shadows
            .chain(self.just.get(id).into_iter().flatten())
            .cloned()
            .collect();
        (!more.is_empty()).then(|| {
            let known = basis.acts.get(id).into_iter().flatten().cloned();
            known.chain(more).collect()
        })
    }

    /// The rules that may not act on one conversation more, if this is one.
    fn full(&self, id: &ConversationId) -> BTreeSet<RuleId> {
        let full = self.full.iter();
        full.filter(|rule| {
            !self
                .acted
                .get(*rule)
                .is_some_and(|acted| acted.contains(id))
        })
        .cloned()
        .collect()
    }

    /// Notes that a rule acts on a conversation within this hour.
    fn note_acted(&mut self, rule: &RuleId, id: &ConversationId) {
        let acted = self.acted.entry(rule.clone()).or_default();
        acted.insert(id.clone());
        if self
            .basis
            .ceiling
            .is_some_and(|ceiling| acted.len() >= ceiling)
        {
            self.full.insert(rule.clone());
        }
    }

    /// All that was decided.
    pub(super) fn end(mut self, turns_before: &HashMap<RuleId, UserId>) -> Decided {
        let turns = self.staff.last.iter();
        self.decided.turns = turns
            .filter(|(rule, user)| turns_before.get(*rule) != Some(*user))
            .map(|(rule, user)| (rule.to_string(), user.clone()))
            .collect();
        self.decided
    }
}

/// Whether a rule acts.
fn acts(firing: &Firing<'_>) -> bool {
    firing.counts() && !firing.changes.is_empty()
}

/// What became of a rule that fits.
fn became(firing: &Firing<'_>) -> Option<Counted> {
    if firing.acted_before.is_some() {
        Some(Counted::ActedBefore)
    } else if !firing.changes.is_empty() {
        Some(if firing.counts() {
            Counted::Acted
        } else {
            Counted::Shadow
        })
    } else if firing.nobody_free {
        Some(Counted::NobodyFree)
    } else if !firing.already.is_empty() {
        Some(Counted::Already)
    } else {
        None
    }
}

/// Who has a conversation on the desk as an open one.
fn on_desk_of(conversation: &Conversation) -> Option<UserId> {
    let is_open = conversation.status == Some(Status::Open);
    is_open
        .then(|| conversation.assignee.user_id().cloned())
        .flatten()
}
