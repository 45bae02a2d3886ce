//! What makes rules act: one task that follows what happens and has the rules look at it.
//!
//! What happens to conversations is in the history, in order and on disk; how far the rules have followed it is a mark
//! beside it. What they decide is kept together with the mark, in one transaction: so an occurrence is decided once,
//! whenever the process ends.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use routing::model::{RuleId, When};
use store::{ConnectionId, Counted, HISTORY_MARK, NewFiring, RuleMark};
use triage::model::RunId;

use super::decided::Decided;
use super::deciding::{Basis, Decider};
use super::memory::JustActed;
use super::occurrences::Occurrence;
use super::{LiveRules, SaveRulesError};
use crate::Engine;
use crate::link::Link;
use crate::live::Live;
use crate::sync::chain;

/// So much of what happened is looked at at once.
const AT_ONCE: u64 = 500;
/// The clock is looked at at least this often: it may have been set, or the machine slept.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);
/// How long to wait after trouble with the database.
const PAUSE: Duration = Duration::from_secs(5);

/// Has the rules of whatever link is in use look at what happens, until the engine stops.
pub(crate) async fn work(engine: Engine) {
    let with_link = |engine: Engine, link: Arc<Link>| async move { keep(&engine, &link).await };
    engine.follow_links(with_link, |_| ()).await;
}

async fn keep(engine: &Engine, link: &Arc<Link>) {
    // A key of another account would have rules act on what is not theirs.
    let mut verified = link.verified.subscribe();
    if verified.wait_for(|verified| *verified).await.is_err() {
        return;
    }
    loop {
        let pause = match pass(engine, link.connection.id).await {
            Ok(pause) => pause.min(LOOK_AT_CLOCK),
            Err(error) => {
                tracing::error!(error = %chain(&error), "rules could not look at what happened");
                engine.patience().of(PAUSE)
            }
        };
        tokio::select! {
            () = engine.0.rules.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Has the rules look at all that is new; how long until there will be something by the clock.
async fn pass(engine: &Engine, connection: ConnectionId) -> Result<Duration, SaveRulesError> {
    engine.look_for_names_that_are_gone().await?;
    while engine.follow(connection).await? {}
    engine.look_after_sweeps(connection).await?;
    engine.look_at_schedules(connection).await
}

/// What is looked at at once.
pub(super) struct Look {
    /// What happened.
    pub(super) occurrences: Vec<Occurrence>,
    /// How far that has been followed then.
    pub(super) marks: Vec<RuleMark>,
    /// The deliveries among it.
    pub(super) deliveries: Vec<i64>,
    /// The rules that look, where only some do.
    pub(super) only: Option<BTreeSet<RuleId>>,
    /// Those that do so late.
    pub(super) late: Vec<RuleId>,
    /// Whether a person asked for it: then there is no ceiling.
    pub(super) asked: bool,
}

/// What came of a look.
pub(super) struct Fired {
    pub(super) runs: Vec<RunId>,
    /// How often what became of which rule.
    pub(super) counts: BTreeMap<(RuleId, Counted), u64>,
    ceiling: usize,
}

impl Engine {
    /// Has rules look again at what happened, soon.
    pub(crate) fn wake_rules(&self) {
        self.0.rules.wake.notify_one();
    }

    /// Has the rules look at the next part of what happened; `false` where there is nothing.
    async fn follow(&self, connection: ConnectionId) -> Result<bool, SaveRulesError> {
        let _deciding = self.0.rules.deciding.lock().await;
        let Some(live) = self.live_rules_of(connection).await? else {
            return Ok(false);
        };
        let marks = self.store().rule_marks(connection).await?;
        let Some(from) = marks.get(HISTORY_MARK).copied() else {
            return Ok(false);
        };
        let history = self.store().history(connection, from, AT_ONCE).await?;
        let notes = self.store().notes_for_rules(connection, AT_ONCE).await?;
        if history.is_empty() && notes.is_empty() {
            return Ok(false);
        }
        let occurrences = if looks_at_changes(&live) {
            self.occurrences(connection, &history, &notes).await?
        } else {
            Vec::new()
        };
        let marks = history.last().map(|last| RuleMark {
            name: HISTORY_MARK.to_owned(),
            from: Some(from),
            to: last.id,
        });
        let look = Look {
            occurrences,
            marks: marks.into_iter().collect(),
            deliveries: notes.iter().map(|note| note.id).collect(),
            only: None,
            late: Vec::new(),
            asked: false,
        };
        self.fire(live, look).await?;
        Ok(true)
    }

    /// The rules in force of a connection, where that is the one whose mirror there is and they were ever saved.
    pub(super) async fn live_rules_of(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<Arc<LiveRules>>, store::Error> {
        let live = self.rules().await?;
        Ok(live.filter(|live| live.connection == connection && live.version.is_some()))
    }

    /// Has rules look, and keeps what they decide. Whoever calls holds `deciding`.
    pub(super) async fn fire(
        &self,
        live: Arc<LiveRules>,
        look: Look,
    ) -> Result<Fired, SaveRulesError> {
        let engine = self.clone();
        // What is kept must be remembered too: nobody who goes away in between keeps it from that.
        let firing = self.0.tasks.spawn(async move {
            let (fired, over_ceiling) = engine.decide_and_keep(live, look).await?;
            for rule in over_ceiling {
                engine.stop_at_ceiling(&rule, fired.ceiling).await?;
            }
            Ok(fired)
        });
        firing.await.unwrap_or_else(|error| {
            Err(SaveRulesError::Store(store::Error::Value {
                operation: "have rules look at what happened",
                source: Box::new(error),
            }))
        })
    }

    async fn decide_and_keep(
        &self,
        live: Arc<LiveRules>,
        look: Look,
    ) -> Result<(Fired, BTreeSet<RuleId>), store::Error> {
        let connection = live.connection;
        let mut basis = self.basis(live, connection).await?;
        if look.asked {
            basis.ceiling = None;
        }
        let Look {
            occurrences,
            marks,
            deliveries,
            only,
            late,
            ..
        } = look;
        let (mut decided, basis) = self.decide_about(occurrences, only, basis).await?;
        for rule in late {
            decided.counts.insert((rule, Counted::Late), 1);
        }
        let over_ceiling = std::mem::take(&mut decided.over_ceiling);
        let anything = !decided.counts.is_empty() || !decided.acts.is_empty();
        let turns = decided.turns.clone();
        let counts = decided.counts.clone();
        let ceiling = basis.ceiling.unwrap_or(usize::MAX);
        let directory = self.mirror().read().directory.clone();
        let (firing, acted) = decided.into_firing(self, connection, &basis, &directory);
        let firing = NewFiring {
            marks,
            deliveries,
            ..firing
        };
        // Who keeps nothing of the acts lets them be added to in their place.
        drop(basis);
        let runs = self.keep_fired(firing, acted, turns).await?;
        if anything {
            self.tell(Live::Rules);
        }
        let fired = Fired {
            runs,
            counts,
            ceiling,
        };
        Ok((fired, over_ceiling))
    }

    /// Decides, off the threads that answer: a sweep may be a hundred thousand conversations.
    pub(super) async fn decide_about(
        &self,
        occurrences: Vec<Occurrence>,
        only: Option<BTreeSet<RuleId>>,
        basis: Basis,
    ) -> Result<(Decided, Basis), store::Error> {
        let engine = self.clone();
        let deciding = tokio::task::spawn_blocking(move || {
            let staff = engine.staff();
            let turns: HashMap<_, _> = staff.last.clone();
            let decided = {
                let mirror = engine.mirror().read();
                let mut decider = Decider::new(&engine, &basis, &mirror, staff, only);
                for occurrence in &occurrences {
                    decider.look(occurrence);
                }
                decider.end(&turns)
            };
            (decided, basis)
        });
        deciding.await.map_err(|error| store::Error::Value {
            operation: "have rules decide",
            source: Box::new(error),
        })
    }

    /// Keeps what was decided, and then remembers it and has it sent.
    async fn keep_fired(
        &self,
        firing: NewFiring,
        acted: Vec<JustActed>,
        turns: Vec<(String, triage::model::UserId)>,
    ) -> Result<Vec<RunId>, store::Error> {
        let nothing = firing.marks.is_empty()
            && firing.deliveries.is_empty()
            && firing.acts.is_empty()
            && firing.counts.is_empty();
        if nothing {
            return Ok(Vec::new());
        }
        let Some(runs) = self.store().keep_firing(firing).await? else {
            tracing::info!("somebody else has decided what rules looked at");
            return Ok(Vec::new());
        };
        let memory = &self.0.rules.memory;
        memory.note(&acted);
        memory.took_turns(turns.into_iter().map(|(rule, user)| (rule.into(), user)));
        for run in &runs {
            tracing::info!(%run, "rules act");
            self.tell(Live::Run(*run));
        }
        if !runs.is_empty() {
            self.call_to_work();
        }
        Ok(runs)
    }
}

/// Whether any rule looks at changes.
fn looks_at_changes(live: &LiveRules) -> bool {
    let at_changes =
        |when: &When| !matches!(when, When::Sweep | When::Schedule(_) | When::OnDemand);
    live.set
        .taking_part()
        .any(|rule| rule.when.iter().any(at_changes))
}
