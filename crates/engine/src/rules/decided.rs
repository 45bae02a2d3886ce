//! What rules decided, made into what is kept.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use routing::model::RuleId;
use store::{Author, ConnectionId, Counted, NewAct, NewFiring, NewRun, PlanFacts};
use triage::actions::Actions;
use triage::model::{ConversationId, Directory, UserId};
use triage::selection::Selection;

use super::deciding::Basis;
use super::memory::JustActed;
use super::planning::{Asked, run_of};
use crate::Engine;

/// What was decided about occurrences.
#[derive(Default)]
pub(super) struct Decided {
    /// Each with the wave that it is of.
    pub(super) acts: Vec<(usize, NewAct)>,
    /// The runs, in the order in which they are sent: by wave, by rule, and by what led to them. All that is decided at
    /// once about a conversation is of one wave, what is decided later of a later one.
    pub(super) runs: BTreeMap<(usize, usize, BTreeSet<RuleId>), Vec<Asked>>,
    pub(super) counts: BTreeMap<(RuleId, Counted), u64>,
    /// The rules that were about to act on more conversations than they may.
    pub(super) over_ceiling: BTreeSet<RuleId>,
    pub(super) turns: Vec<(String, UserId)>,
    /// How many conversations were looked at.
    pub(super) looked_at: u64,
}

impl Decided {
    /// All of it, to be kept; and what is to be remembered once it is.
    pub(super) fn into_firing(
        self,
        engine: &Engine,
        connection: ConnectionId,
        basis: &Basis,
        directory: &Directory,
    ) -> (NewFiring, Vec<JustActed>) {
        let mut acts = self.acts;
        let mut runs = Vec::with_capacity(self.runs.len());
        let mirror_at = engine.mirror().read().as_of().unwrap_or(basis.now);
        for ((wave, place, chain), asked) in self.runs {
            let Some(rule) = basis.live.set.rules.get(place) else {
                continue;
            };
            let of: HashSet<&ConversationId> =
                asked.iter().map(|one| &one.planned.conversation).collect();
            for (of_wave, act) in &mut acts {
                if *of_wave == wave
                    && act.rule == rule.id.as_str()
                    && of.contains(&act.conversation)
                {
                    act.run = Some(runs.len());
                }
            }
            let mut seen = HashSet::new();
            let ids = asked.iter().map(|one| &one.planned.conversation);
            let ids = ids.filter(|id| seen.insert(*id)).cloned().collect();
            let new = NewRun {
                connection,
                author: Author::Rule {
                    rule: rule.id.to_string(),
                    name: rule.name.clone(),
                    version: basis.live.number(),
                },
                selection: Selection::Ids(ids),
                actions: Actions::default(),
                title: Some(routing::words::deeds(&rule.actions, directory)),
                chain: chain.into_iter().map(|id| id.to_string()).collect(),
                rules: None,
                labels: BTreeMap::new(),
                new_tags: Vec::new(),
                facts: PlanFacts::default(),
                mirror_at,
                created_at: basis.now,
            };
            runs.push(run_of(new, asked, directory));
        }
        let acts: Vec<NewAct> = acts.into_iter().map(|(_, act)| act).collect();
        let acted = acts.iter().map(|act| JustActed {
            rule: act.rule.as_str().into(),
            conversation: act.conversation.clone(),
            mode: act.mode,
            at: basis.now,
        });
        let acted = acted.collect();
        let counts = self.counts.into_iter();
        let firing = NewFiring {
            connection,
            now: basis.now,
            day: engine.day_of(basis.now),
            runs,
            acts,
            counts: counts
                .map(|((rule, what), count)| (rule.to_string(), what, count))
                .collect(),
            turns: self.turns,
            ..NewFiring::default()
        };
        (firing, acted)
    }
}
