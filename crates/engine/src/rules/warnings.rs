//! What is odd about a rule set, given the mirror.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use routing::lint::{Habit, Surroundings, lint};
use routing::model::RuleSet;
use routing::moment::Occasion;
use routing::problem::Problem;
use routing::warning::Warning;
use routing::world::Row;

use crate::Engine;
use crate::sync::chain;

/// What was found out about a set is taken for true at least so long, and as many times as long as it took.
const FRESH_MS: i64 = 1_000;
const FRESH_TIMES: i64 = 20;

/// What was last looked through.
#[derive(Debug, Default)]
pub(super) struct Looked {
    last: Mutex<Option<Found>>,
    /// Sets are looked through one at a time: whoever asks for the same one meanwhile finds it done.
    looking: tokio::sync::Mutex<()>,
}

/// What is odd about a set.
#[derive(Debug)]
struct Found {
    rules: RuleSet,
    /// Until when it is taken for true, in ms since the epoch.
    until: i64,
    warnings: Arc<Vec<Warning>>,
}

impl Engine {
    /// What a person should know before `rules` are saved. Takes seconds for many rules and conversations; the mirror
    /// is only held for as long as it takes to copy it.
    ///
    /// # Errors
    /// What is wrong with the rules: only what can be used can be odd.
    pub async fn rule_warnings(&self, rules: &RuleSet) -> Result<Arc<Vec<Warning>>, Vec<Problem>> {
        if let Some(known) = self.known_rule_warnings(rules) {
            return Ok(known);
        }
        let _looking = self.0.rules.looked.looking.lock().await;
        if let Some(known) = self.known_rule_warnings(rules) {
            return Ok(known);
        }
        // Without the history, less is found odd; that is no reason to say nothing.
        let habits = self.rule_habits().await.unwrap_or_else(|error| {
            tracing::warn!(error = %chain(&error), "the history could not be looked at for rules");
            Vec::new()
        });
        let (engine, rules) = (self.clone(), rules.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let begun = engine.now();
            let warnings = Arc::new(engine.warnings_now(&rules, &habits)?);
            let now = engine.now();
            let found = Found {
                rules,
                until: now + FRESH_MS.max((now - begun) * FRESH_TIMES),
                warnings: Arc::clone(&warnings),
            };
            let looked = &engine.0.rules.looked.last;
            *looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            Ok(warnings)
        });
        // What breaks down is in the log; nothing is known then.
        looking.await.unwrap_or_else(|_| Ok(Arc::default()))
    }

    /// The same, if it is found out in time; else it is known a while later. Nothing where the rules cannot be used.
    pub async fn rule_warnings_within(
        &self,
        rules: &RuleSet,
        patience: Duration,
    ) -> Option<Arc<Vec<Warning>>> {
        let (engine, rules) = (self.clone(), rules.clone());
        let looking = tokio::spawn(async move { engine.rule_warnings(&rules).await });
        tokio::time::timeout(patience, looking)
            .await
            .ok()?
            .ok()?
            .ok()
    }

    /// The same, where it was found out a moment ago.
    #[must_use]
    pub fn known_rule_warnings(&self, rules: &RuleSet) -> Option<Arc<Vec<Warning>>> {
        let looked = &self.0.rules.looked.last;
        let looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
        let found = looked.as_ref().filter(|found| found.rules == *rules)?;
        (self.now() < found.until).then(|| Arc::clone(&found.warnings))
    }

    fn warnings_now(
        &self,
        rules: &RuleSet,
        habits: &[Habit],
    ) -> Result<Vec<Warning>, Vec<Problem>> {
        let acts = self.acts();
        let (directory, copied) = {
            let state = self.mirror().read();
            let rows = state.rows.values();
            let copied: Vec<_> = rows
                .map(|row| (row.conversation.clone(), row.folded.clone()))
                .collect();
            (state.directory.clone(), copied)
        };
        let rows: Vec<Row<'_>> = copied
            .iter()
            .map(|(conversation, folded)| Row {
                conversation,
                folded_subject: conversation.subject.is_some().then_some(&**folded),
                acted: acts.get(&conversation.id).map_or(&[], Vec::as_slice),
            })
            .collect();
        lint(
            rules,
            &Surroundings {
                directory: &directory,
                rows: &rows,
                moment: self.moment(Occasion::Any),
                habits,
                requests_per_day: self.config().requests_per_day.map(u64::from),
            },
        )
    }
}
