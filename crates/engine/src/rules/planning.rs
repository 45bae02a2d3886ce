//! What rules decide, as a preview for a person to confirm, and as runs of their own.

use std::collections::{BTreeMap, BTreeSet};

use routing::Compiled;
use routing::evaluate::Evaluator;
use routing::model::{Mode, Rule, RuleId, RuleSet};
use routing::moment::Occasion;
use routing::words;
use store::{Author, ChangeRule, NewChange, NewRun, PlanFacts, Run};
use triage::actions::{Change, ChangeKind};
use triage::model::{Conversation, ConversationId, Directory, RunId};
use triage::outcome::Outcome;
use triage::plan::{Plan, PlannedChange};
use triage::selection::Selection;

use super::ceiling::gone_name;
use super::keeping::unusable;
use crate::planning::{CAPABILITIES, Selected, invalid, labels_of};
use crate::{Engine, PlanError};

/// A change that a rule asks for.
pub(super) struct Asked {
    pub(super) rule: ChangeRule,
    pub(super) planned: PlannedChange,
    pub(super) subject: Option<String>,
    pub(super) mailbox: Option<triage::model::MailboxId>,
}

impl Asked {
    /// What `rule` asks to be changed about a conversation as it is.
    pub(super) fn new(
        rule: &Rule,
        version: Option<i32>,
        of: &Conversation,
        change: Change,
    ) -> Self {
        Self {
            rule: ChangeRule {
                rule: rule.id.to_string(),
                version,
            },
            planned: PlannedChange {
                conversation: of.id.clone(),
                before: change.before(of),
                already: false,
                change,
            },
            subject: of.subject.clone(),
            mailbox: of.mailbox.clone(),
        }
    }
}

impl Engine {
    /// Plans what rules would do to `selection` now, whatever their occasions, and keeps the plan for its preview, which
    /// then is a preview like any other. All rules of `set` that are on take part; or the rule `only`, whether it is on
    /// or not. `label` says in one line what that is. When it is confirmed, the rules have acted on those
    /// conversations, as if they had done so by themselves.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] where the selection or the rules make no sense, or the rules change nothing of what is
    /// selected; else when the database fails.
    pub async fn plan_rules(
        &self,
        author: String,
        set: &RuleSet,
        label: String,
        selection: Selection,
        only: Option<&RuleId>,
    ) -> Result<RunId, PlanError> {
        // What rules do meanwhile would be done twice.
        let _deciding = self.0.rules.deciding.lock().await;
        let Selected {
            link,
            now,
            conversations,
            directory,
            mirror_at,
        } = self.selected(&selection).await?;
        let selected: Vec<ConversationId> = conversations.into_iter().map(|one| one.id).collect();
        let mut taking_part = taking_part(set, only);
        if only.is_some()
            && let Some(rule) = taking_part.rules.first()
            && let Some(warning) = gone_name(rule, &directory)
        {
            let said = words::warning(&warning, set, &directory);
            return Err(invalid(&format!("{said}. Change the rule first.")));
        }
        // As they would be in force: see `shadowed`.
        taking_part
            .rules
            .retain(|rule| gone_name(rule, &directory).is_none());
        let compiled = Compiled::new(&taking_part, &directory).map_err(|problems| {
            PlanError::Invalid(problems.iter().map(|one| format!("{one}.")).collect())
        })?;
        let live = self.rules().await?;
        let version = live
            .filter(|live| *live.set == *set)
            .map(|live| live.number());
        let rules = serde_json::to_string(&taking_part).map_err(unusable)?;
        let engine = self.clone();
        let asked =
            tokio::task::spawn_blocking(move || engine.ask_rules(&compiled, version, &selected))
                .await
                .map_err(|_| invalid("The rules could not be evaluated."))?;
        if asked.is_empty() {
            return Err(invalid("The rules change nothing of what is selected."));
        }
        let chain: BTreeSet<&str> = asked.iter().map(|one| one.rule.rule.as_str()).collect();
        let chain = chain.into_iter().map(str::to_owned).collect();
        let (new, changes) = run_of(
            NewRun {
                connection: link.connection.id,
                author: Author::Operator(author),
                selection,
                actions: triage::actions::Actions::default(),
                title: Some(label),
                chain,
                rules: Some(rules),
                labels: BTreeMap::new(),
                new_tags: Vec::new(),
                facts: PlanFacts::default(),
                mirror_at,
                created_at: now,
            },
            asked,
            &directory,
        );
        Ok(self.store().create_preview(new, changes).await?)
    }

    /// Plans once more what rules would do, with the same rules and the same selection; nothing where the plan was not
    /// made with rules.
    ///
    /// # Errors
    /// As [`plan_rules`](Self::plan_rules).
    pub async fn plan_rules_again(
        &self,
        author: String,
        run: &Run,
    ) -> Result<Option<RunId>, PlanError> {
        let Some(rules) = self.store().planned_rules(run.id).await? else {
            return Ok(None);
        };
        let set: RuleSet = serde_json::from_str(&rules).map_err(unusable)?;
        let label = run.title.clone().unwrap_or_default();
        let again = self.plan_rules(author, &set, label, run.selection.clone(), None);
        again.await.map(Some)
    }

    /// What rules would change about conversations of the mirror now, in the order of those.
    fn ask_rules(
        &self,
        compiled: &Compiled,
        version: Option<i32>,
        selected: &[ConversationId],
    ) -> Vec<Asked> {
        let moment = self.moment(Occasion::Any);
        let acts = self.acts();
        let mut staff = self.staff();
        let mut evaluator = Evaluator::new(compiled);
        let mirror = self.mirror().read();
        let mut asked = Vec::new();
        for row in selected.iter().filter_map(|id| mirror.rows.get(id)) {
            let conversation = &row.conversation;
            let decision = evaluator.decide(&row.seen_by_rules(&acts), &moment, &mut staff);
            for (rule, change) in decision.changes(conversation) {
                asked.push(Asked::new(rule, version, conversation, change));
            }
        }
        asked
    }
}

/// The rules that are on; or one, which is on then.
fn taking_part(set: &RuleSet, only: Option<&RuleId>) -> RuleSet {
    let Some(only) = only else {
        let on = set.rules.iter().filter(|rule| rule.mode == Mode::On);
        return RuleSet {
            rules: on.cloned().collect(),
            ..*set
        };
    };
    let one = set.rule(only).cloned().map(|rule| Rule {
        mode: Mode::On,
        ..rule
    });
    RuleSet {
        rules: one.into_iter().collect(),
        ..*set
    }
}

/// A run that makes what rules ask for, with all that is counted of it.
pub(super) fn run_of(
    new: NewRun,
    asked: Vec<Asked>,
    directory: &Directory,
) -> (NewRun, Vec<NewChange>) {
    let labels = labels_of(asked.iter().map(|one| &one.planned.change), directory);
    let plan = Plan {
        changes: asked.iter().map(|one| one.planned.clone()).collect(),
    };
    let mut groups = plan.groups();
    // Each conversation may get a note of its own: they count as one wish.
    let is_note = |change: &Change| change.kind() == ChangeKind::AddNote;
    if let Some(first) = groups.iter().position(|group| is_note(&group.change)) {
        let notes = groups.iter().filter(|group| is_note(&group.change));
        groups[first].will_change = notes.map(|group| group.will_change).sum();
        let mut position = 0;
        groups.retain(|group| {
            position += 1;
            position <= first + 1 || !is_note(&group.change)
        });
    }
    let new = NewRun {
        labels,
        facts: PlanFacts {
            summary: plan.summary(CAPABILITIES),
            groups,
            cannot_be_undone: plan.cannot_be_undone(),
        },
        ..new
    };
    let changes = asked.into_iter().map(|one| NewChange {
        conversation: one.planned.conversation,
        subject: one.subject,
        mailbox: one.mailbox,
        change: one.planned.change,
        before: one.planned.before,
        outcome: Outcome::Waiting,
        rule: Some(one.rule),
    });
    (new, changes.collect())
}
