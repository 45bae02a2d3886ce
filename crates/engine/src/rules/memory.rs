//! What is remembered of what rules did: when each last acted on each conversation, and whose turn it was.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use routing::model::{Mode, RuleId, RuleSet};
use routing::world::Acted;
use store::{ActMode, ConnectionId};
use triage::model::{ConversationId, RunId, UserId};

use super::Acts;
use crate::Engine;

/// What rules did, in memory; all of it is on disk too.
#[derive(Default)]
pub(crate) struct Memory {
    /// What was done.
    acts: RwLock<Arc<Acts>>,
    /// What shadows would have done.
    shadows: RwLock<Arc<Acts>>,
    /// Who was last given a conversation.
    turns: RwLock<HashMap<RuleId, UserId>>,
}

/// A rule acted on a conversation.
pub(super) struct JustActed {
    pub(super) rule: RuleId,
    pub(super) conversation: ConversationId,
    pub(super) mode: ActMode,
    pub(super) at: i64,
}

impl Memory {
    fn of(&self, mode: ActMode) -> &RwLock<Arc<Acts>> {
        match mode {
            ActMode::On => &self.acts,
            ActMode::Shadow => &self.shadows,
        }
    }

    pub(super) fn acts(&self, mode: ActMode) -> Arc<Acts> {
        let acts = self.of(mode).read();
        Arc::clone(&acts.unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn turns(&self) -> HashMap<RuleId, UserId> {
        let turns = self.turns.read();
        turns.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn took_turns(&self, turns: impl IntoIterator<Item = (RuleId, UserId)>) {
        let known = self.turns.write();
        known.unwrap_or_else(PoisonError::into_inner).extend(turns);
    }

    /// Remembers what rules just did.
    pub(super) fn note(&self, acted: &[JustActed]) {
        for mode in [ActMode::On, ActMode::Shadow] {
            let mut of_mode = acted.iter().filter(|one| one.mode == mode).peekable();
            if of_mode.peek().is_none() {
                continue;
            }
            let mut acts = self
                .of(mode)
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let acts = Arc::make_mut(&mut acts);
            for one in of_mode {
                note(acts, &one.conversation, &one.rule, one.at);
            }
        }
    }
}

fn note(acts: &mut Acts, conversation: &ConversationId, rule: &RuleId, at: i64) {
    let of_conversation = acts.entry(conversation.clone()).or_default();
    match of_conversation.iter_mut().find(|one| one.rule == *rule) {
        Some(known) => known.at_ms = known.at_ms.max(at),
        None => of_conversation.push(Acted {
            rule: rule.clone(),
            at_ms: at,
        }),
    }
}

impl Engine {
    /// When each rule of `set` last acted on each conversation; for shadows, what they would have done counts.
    pub(super) fn acts_seen_by(&self, set: &RuleSet) -> Arc<Acts> {
        let memory = &self.0.rules.memory;
        let (mut acts, shadows) = (memory.acts(ActMode::On), memory.acts(ActMode::Shadow));
        let is_shadow: HashSet<&RuleId> = set
            .rules
            .iter()
            .filter(|rule| rule.mode == Mode::Shadow)
            .map(|rule| &rule.id)
            .collect();
        if is_shadow.is_empty() || shadows.is_empty() {
            return acts;
        }
        let all = Arc::make_mut(&mut acts);
        for (conversation, acted) in shadows.iter() {
            for one in acted.iter().filter(|one| is_shadow.contains(&one.rule)) {
                note(all, conversation, &one.rule, one.at_ms);
            }
        }
        acts
    }

    /// When each rule last acted on each conversation.
    #[must_use]
    pub fn acts(&self) -> Arc<Acts> {
        self.0.rules.memory.acts(ActMode::On)
    }

    /// Remembers what the rules of a connection did, as the database has it.
    pub(crate) async fn load_acts(&self, connection: ConnectionId) -> Result<(), store::Error> {
        let (mut acts, mut shadows) = (Acts::default(), Acts::default());
        for last in self.store().last_acts(connection).await? {
            let of_mode = match last.mode {
                ActMode::On => &mut acts,
                ActMode::Shadow => &mut shadows,
            };
            note(of_mode, &last.conversation, &last.rule.into(), last.at);
        }
        let memory = &self.0.rules.memory;
        for (mode, acts) in [(ActMode::On, acts), (ActMode::Shadow, shadows)] {
            let mut known = memory
                .of(mode)
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *known = Arc::new(acts);
        }
        self.load_turns(connection).await
    }

    async fn load_turns(&self, connection: ConnectionId) -> Result<(), store::Error> {
        let turns = self.store().rule_turns(connection).await?;
        let memory = &self.0.rules.memory;
        let mut known = memory.turns.write().unwrap_or_else(PoisonError::into_inner);
        *known = turns
            .into_iter()
            .map(|(rule, user)| (rule.into(), user))
            .collect();
        Ok(())
    }

    /// Remembers what rules do in a run that a person confirmed.
    pub(crate) async fn remember_acts_of(
        &self,
        connection: ConnectionId,
        run: RunId,
    ) -> Result<(), store::Error> {
        let acts = self.store().acts_of_run(run).await?;
        let acted = acts.into_iter().map(|act| JustActed {
            rule: act.rule.into(),
            conversation: act.conversation,
            mode: act.mode,
            at: act.at,
        });
        let acted: Vec<_> = acted.collect();
        self.0.rules.memory.note(&acted);
        self.load_turns(connection).await
    }
}
