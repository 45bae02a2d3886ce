//! Rules that a person asks for: those that run on demand.

use std::collections::BTreeMap;
use std::sync::Arc;

use routing::model::{RuleId, When};
use routing::moment::Occasion;
use serde::{Deserialize, Serialize};
use store::{Counted, RuleMark};
use triage::actions::Change;
use triage::filter::HistoryAnswers;
use triage::model::{ConversationId, RunId};
use triage::selection::Selection;

use super::SaveRulesError;
use super::firing::Look;
use super::sweeping::each_of;
use crate::planning::{invalid, select};
use crate::{Engine, PlanError};

/// What rules that were asked for do, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnDemand {
    /// The version of the rules.
    pub version: i32,
    /// How many rules run on demand: on, or as shadows.
    pub rules: u64,
    /// How many conversations they looked at.
    pub looked_at: u64,
    /// The runs that make the changes, which wait for their turn; none where it was only asked what they would do.
    pub runs: Vec<RunId>,
    /// What they would do, where that was asked.
    pub would: Vec<WouldDo>,
    /// By rule: how often it fitted, acted (or would), and was kept from it.
    pub by_rule: Vec<OnDemandRule>,
}

/// What a rule would do to a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldDo {
    /// The rule.
    pub rule: RuleId,
    /// What it is called.
    pub name: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its subject.
    pub subject: Option<String>,
    /// What would change, in sending order.
    pub changes: Vec<Change>,
    /// Whether it is a shadow: then nothing would be sent.
    pub shadow: bool,
}

/// What became of one rule that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnDemandRule {
    /// The rule.
    pub rule: RuleId,
    /// What it is called.
    pub name: String,
    /// Conversations that it fits.
    pub matched: u64,
    /// Those on which it acts, or as a shadow would.
    pub acted: u64,
    /// Those on which it does not, though it fits.
    pub skipped: u64,
}

impl Engine {
    /// Has the rules that run on demand look at `selection`. What they decide is sent by runs of their own, once for each
    /// `name`; without one, it is only told. No ceiling holds: a person asked.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] where no rules are saved, none of them runs on demand, the selection makes no sense, or
    /// rules were run by that name before; else when the database fails.
    pub async fn run_rules_on_demand(
        &self,
        selection: &Selection,
        name: Option<&str>,
    ) -> Result<OnDemand, PlanError> {
        let Some(link) = self.link() else {
            return Err(invalid(
                "No Hiver is connected: an admin sets the key first.",
            ));
        };
        let connection = link.connection.id;
        let now = self.now();
        let history = match selection {
            Selection::Matching { filter, .. } => self.history_answers(filter).await?,
            Selection::Ids(_) => HistoryAnswers::new(),
        };
        if self.mirror().read().rows.is_empty() {
            return Err(invalid(
                "The mirror has no conversations yet: read them from Hiver first (`hiver-console sync`).",
            ));
        }
        let selected = select(self.mirror(), selection, &history, now)?;
        let _deciding = self.0.rules.deciding.lock().await;
        let Some(live) = self.live_rules_of(connection).await? else {
            return Err(invalid("No rules were saved yet."));
        };
        let asked: BTreeMap<RuleId, String> = live
            .set
            .taking_part()
            .filter(|rule| rule.when.contains(&When::OnDemand))
            .map(|rule| (rule.id.clone(), rule.name.clone()))
            .collect();
        if asked.is_empty() {
            return Err(invalid(
                "No rule runs on demand: give one the occasion `on_demand` first.",
            ));
        }
        let mark = name.map(|name| RuleMark {
            name: format!("demand:{name}"),
            from: None,
            to: now,
        });
        if let Some(mark) = &mark
            && self
                .store()
                .rule_marks(connection)
                .await?
                .contains_key(&mark.name)
        {
            return Err(invalid(
                "The rules were run already, and the answer was lost: the list of runs shows what they did.",
            ));
        }
        let occurrence: Arc<str> = mark.as_ref().map_or("", |mark| &mark.name).into();
        let ids = selected.iter().map(|one| one.id.clone());
        let occurrences = each_of(ids, Occasion::OnDemand, &occurrence, now);
        let looked_at = occurrences.len() as u64;
        let mut report = OnDemand {
            version: live.number(),
            rules: asked.len() as u64,
            looked_at,
            runs: Vec::new(),
            would: Vec::new(),
            by_rule: Vec::new(),
        };
        let counts = if mark.is_none() {
            let mut basis = self.basis(Arc::clone(&live), connection).await?;
            basis.ceiling = None;
            let (decided, _) = self.decide_about(occurrences, None, basis).await?;
            let subjects: BTreeMap<_, _> =
                selected.iter().map(|one| (&one.id, &one.subject)).collect();
            for (_, act) in decided.acts {
                let rule = RuleId::from(act.rule);
                report.would.push(WouldDo {
                    name: asked.get(&rule).cloned().unwrap_or_default(),
                    rule,
                    subject: subjects
                        .get(&act.conversation)
                        .and_then(|subject| (*subject).clone()),
                    conversation: act.conversation,
                    changes: act.did,
                    shadow: act.mode == store::ActMode::Shadow,
                });
            }
            decided.counts
        } else {
            let look = Look {
                occurrences,
                marks: mark.into_iter().collect(),
                deliveries: Vec::new(),
                only: None,
                late: Vec::new(),
                asked: true,
            };
            let fired = self.fire(live, look).await.map_err(|error| match error {
                SaveRulesError::Store(error) => PlanError::Store(error),
                other => invalid(&format!("{other}.")),
            })?;
            report.runs = fired.runs;
            fired.counts
        };
        report.by_rule = asked
            .into_iter()
            .map(|(rule, name)| {
                let of = |what| counts.get(&(rule.clone(), what)).copied().unwrap_or(0);
                let matched = of(Counted::Matched);
                let acted = of(Counted::Acted) + of(Counted::Shadow);
                OnDemandRule {
                    rule: rule.clone(),
                    name,
                    matched,
                    acted,
                    skipped: matched.saturating_sub(acted),
                }
            })
            .collect();
        Ok(report)
    }
}
