//! The draft of one operator: the whole set as it is being edited.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use engine::{Draft, Engine};
use routing::document::id_from;
use routing::model::{Rule, RuleId, RuleSet};
use serde::{Deserialize, Serialize};
use store::RuleVersion;

use super::reading::blank;
use super::{FieldProblem, RuleForm};

/// A rule of the edited set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: RuleId,
    /// The rule as it last could be used; nothing where it never could.
    pub(crate) rule: Option<Rule>,
    /// What was typed, where it was edited.
    pub(crate) form: Option<RuleForm>,
    /// What keeps what was typed from being used.
    pub(crate) problems: Vec<FieldProblem>,
    /// The page that wrote it last, where one did.
    pub(crate) writer: Option<String>,
}

impl Entry {
    fn of_rule(rule: Rule) -> Self {
        Self {
            id: rule.id.clone(),
            rule: Some(rule),
            form: None,
            problems: Vec::new(),
            writer: None,
        }
    }

    /// The form to be shown.
    pub(crate) fn shown(&self) -> RuleForm {
        match (&self.form, &self.rule) {
            (Some(form), _) => form.clone(),
            (None, Some(rule)) => RuleForm::of_rule(rule),
            (None, None) => RuleForm::of_rule(&blank(&self.id)),
        }
    }

    /// Takes in what was typed.
    pub(crate) fn type_in(&mut self, form: RuleForm) {
        let before = self.rule.as_ref().map(RuleForm::of_rule);
        let read = form.read(&self.id);
        self.problems = read.problems;
        if self.problems.is_empty() {
            // What only differs in how it is written stays as it is.
            let same = before.is_some_and(|before| before.read(&self.id).rule == read.rule);
            if !same {
                self.rule = Some(read.rule);
            }
        }
        self.form = Some(form);
    }

    /// Whether `form` says something else than what stands here.
    pub(crate) fn differs(&self, form: &RuleForm) -> bool {
        if self.shown().mark() == form.mark() {
            return false;
        }
        let read = form.read(&self.id);
        let both_usable = self.problems.is_empty() && read.problems.is_empty();
        !both_usable || self.rule.as_ref() != Some(&read.rule)
    }

    /// Its title, as it was typed last.
    pub(crate) fn name(&self) -> &str {
        let typed = self.form.as_ref().map(RuleForm::name);
        let name = typed
            .or(self.rule.as_ref().map(|rule| rule.name.as_str()))
            .unwrap_or_default();
        if name.trim().is_empty() {
            "Rule without a name"
        } else {
            name
        }
    }
}

/// What the editor keeps beside the usable set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Typed {
    /// All rules in order, those that were never usable included.
    order: Vec<RuleId>,
    /// The forms of those that were edited.
    forms: BTreeMap<RuleId, RuleForm>,
    /// The pages that wrote them last.
    writers: BTreeMap<RuleId, String>,
    /// What was there before something was thrown away, the latest last.
    steps: Vec<Before>,
    /// Why it is saved, for those who read the versions.
    why: String,
}

/// What was there before something was thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    /// What was done, in words.
    what: String,
    base: i32,
    set: RuleSet,
    order: Vec<RuleId>,
    forms: BTreeMap<RuleId, RuleForm>,
    /// The rule, where it was only that one: the others stay as they are when it comes back.
    removed: Option<RuleId>,
}

/// So many rules are kept to be brought back, beside the latest step.
const MOST_KEPT: usize = 2_000;

/// The edited set and what it began from.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// The rules, in order.
    pub(crate) entries: Vec<Entry>,
    /// The version that they began from; 0 where there was none.
    pub(crate) base: i32,
    /// The rules of that version.
    pub(crate) base_set: Arc<RuleSet>,
    /// The version in force; nothing where none was ever saved.
    pub(crate) latest: Option<RuleVersion>,
    /// Its rules.
    pub(crate) latest_set: Arc<RuleSet>,
    /// Why it is saved, for those who read the versions.
    pub(crate) why: String,
    steps: Vec<Before>,
}

impl Work {
    /// What an operator is writing; the rules in force where they began nothing. Nothing where no Hiver was ever
    /// connected.
    pub(crate) async fn of(
        engine: &Engine,
        operator: Option<&str>,
    ) -> Result<Option<Self>, store::Error> {
        let Some(live) = engine.rules().await? else {
            return Ok(None);
        };
        let draft = match operator {
            Some(operator) => engine.rule_draft(operator).await?,
            None => None,
        };
        let mut work = Self {
            entries: Vec::new(),
            base: live.number(),
            base_set: Arc::clone(&live.set),
            latest: live.version.clone(),
            latest_set: Arc::clone(&live.set),
            why: String::new(),
            steps: Vec::new(),
        };
        match draft {
            None => work.entries = entries(&live.set),
            Some(draft) => work.take_up(engine, draft).await?,
        }
        // Who has changed nothing is not left behind by those who save.
        if work.is_behind() && !work.is_changed() {
            work.begin_from(live.number(), Arc::clone(&live.set));
        }
        Ok(Some(work))
    }

    async fn take_up(&mut self, engine: &Engine, draft: Draft) -> Result<(), store::Error> {
        if draft.base != self.base {
            self.base = draft.base;
            self.base_set = match engine.rules_of_version(draft.base).await? {
                Some((_, set)) => Arc::new(set),
                None => Arc::default(),
            };
        }
        // What another version of the console kept beside the set may not be readable; the set is.
        let typed: Typed = serde_json::from_str(&draft.typed).unwrap_or_default();
        self.steps = typed.steps;
        self.why = typed.why;
        self.entries = together(&draft.set, typed.order, typed.forms);
        for entry in &mut self.entries {
            entry.writer = typed.writers.get(&entry.id).cloned();
        }
        Ok(())
    }

    /// Keeps it, or forgets it where it says nothing that is not in force.
    pub(crate) async fn keep(&self, engine: &Engine, operator: &str) -> Result<(), store::Error> {
        let is_changed = self.is_changed();
        if !is_changed && self.steps.is_empty() {
            return engine.drop_rule_draft(operator).await;
        }
        let typed = Typed {
            order: self.order(),
            forms: self.forms(),
            writers: self.writers(),
            steps: self.steps.clone(),
            // Why nothing is changed is nobody's question.
            why: if is_changed {
                self.why.clone()
            } else {
                String::new()
            },
        };
        let typed = serde_json::to_string(&typed).unwrap_or_default();
        engine
            .keep_rule_draft(operator, self.base, &self.set(), typed)
            .await
    }

    fn order(&self) -> Vec<RuleId> {
        self.entries.iter().map(|entry| entry.id.clone()).collect()
    }

    fn forms(&self) -> BTreeMap<RuleId, RuleForm> {
        let typed = self.entries.iter();
        typed
            .filter_map(|entry| Some((entry.id.clone(), entry.form.clone()?)))
            .collect()
    }

    fn writers(&self) -> BTreeMap<RuleId, String> {
        let written = self.entries.iter();
        written
            .filter_map(|entry| Some((entry.id.clone(), entry.writer.clone()?)))
            .collect()
    }

    /// The rules that can be used, in order.
    pub(crate) fn set(&self) -> RuleSet {
        let rules = self.entries.iter();
        RuleSet::of(rules.filter_map(|entry| entry.rule.clone()).collect())
    }

    /// The rules that cannot be used as they were typed.
    pub(crate) fn unusable(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| !entry.problems.is_empty())
    }

    /// How many rules differ from those that it began from.
    pub(crate) fn changes(&self) -> usize {
        let mut changed: HashSet<&RuleId> = self.unusable().map(|entry| &entry.id).collect();
        let mut kept: HashSet<&RuleId> = HashSet::new();
        let base: HashMap<&RuleId, &Rule> = self
            .base_set
            .rules
            .iter()
            .map(|rule| (&rule.id, rule))
            .collect();
        for entry in &self.entries {
            kept.insert(&entry.id);
            if base.get(&entry.id).copied() != entry.rule.as_ref() {
                changed.insert(&entry.id);
            }
        }
        let gone = self.base_set.rules.iter();
        changed.extend(gone.map(|rule| &rule.id).filter(|id| !kept.contains(id)));
        if changed.is_empty() {
            let set = self.entries.iter().map(|entry| &entry.id);
            let moved = set
                .zip(&self.base_set.rules)
                .filter(|(id, rule)| **id != rule.id);
            return moved.count();
        }
        changed.len()
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.changes() > 0
    }

    /// Whether somebody saved since it began.
    pub(crate) fn is_behind(&self) -> bool {
        self.latest
            .as_ref()
            .is_some_and(|latest| latest.version != self.base)
    }

    pub(crate) fn place(&self, id: &RuleId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.id == *id)
    }

    pub(crate) fn entry_mut(&mut self, id: &RuleId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == *id)
    }

    /// Adds a rule of this title at the end, and says its id.
    pub(crate) fn add(&mut self, name: &str, rule: Option<Rule>) -> RuleId {
        let mut taken: HashSet<RuleId> = self.order().into_iter().collect();
        taken.extend(self.base_set.rules.iter().map(|rule| rule.id.clone()));
        taken.extend(self.latest_set.rules.iter().map(|rule| rule.id.clone()));
        let id = match &rule {
            Some(rule) if !taken.contains(&rule.id) => rule.id.clone(),
            _ => id_from(name, &mut taken),
        };
        let entry = match rule {
            Some(rule) => Entry::of_rule(Rule {
                id: id.clone(),
                ..rule
            }),
            None => {
                let mut entry = Entry {
                    id: id.clone(),
                    rule: None,
                    form: None,
                    problems: Vec::new(),
                    writer: None,
                };
                let mut form = entry.shown();
                form.fields.set("name", name);
                entry.type_in(form);
                entry
            }
        };
        self.entries.push(entry);
        id
    }

    /// Puts a rule that was removed back at the end, to be typed in on a page.
    pub(crate) fn put_back(&mut self, id: &RuleId, tab: &str) {
        let known = [&self.base_set, &self.latest_set];
        let rule = known.into_iter().find_map(|set| set.rule(id)).cloned();
        self.entries.push(Entry {
            id: id.clone(),
            rule,
            form: None,
            problems: Vec::new(),
            writer: Some(tab.to_owned()),
        });
    }

    /// Moves a rule to a place, counted from 0.
    pub(crate) fn put(&mut self, id: &RuleId, to: usize) -> Option<usize> {
        let from = self.place(id)?;
        let entry = self.entries.remove(from);
        let to = to.min(self.entries.len());
        self.entries.insert(to, entry);
        Some(to)
    }

    /// Remembers what is there, before something of it is thrown away.
    pub(crate) fn remember(&mut self, what: impl Into<String>) {
        self.remember_step(what.into(), None);
    }

    /// The same, before one rule is removed.
    pub(crate) fn remember_removed(&mut self, what: impl Into<String>, rule: &RuleId) {
        self.remember_step(what.into(), Some(rule.clone()));
    }

    fn remember_step(&mut self, what: String, removed: Option<RuleId>) {
        self.steps.push(Before {
            what,
            base: self.base,
            set: self.set(),
            order: self.order(),
            forms: self.forms(),
            removed,
        });
        let kept = |steps: &[Before]| -> usize { steps.iter().map(|step| step.order.len()).sum() };
        while self.steps.len() > 1 && kept(&self.steps) > MOST_KEPT {
            self.steps.remove(0);
        }
    }

    /// What can be taken back, in words, and what that brings.
    pub(crate) fn can_take_back(&self) -> Option<String> {
        let step = self.steps.last()?;
        Some(match step.removed {
            Some(_) => step.what.clone(),
            None => format!(
                "{} Undo brings back all rules as they were then.",
                step.what
            ),
        })
    }

    /// Brings back what was thrown away last. What takes its place then can be had again in the same way.
    pub(crate) async fn take_back(&mut self, engine: &Engine) -> Result<bool, store::Error> {
        let Some(step) = self.steps.pop() else {
            return Ok(false);
        };
        if let Some(rule) = &step.removed
            && self.place(rule).is_none()
            && self.base == step.base
        {
            self.bring_back(&step, rule);
            return Ok(true);
        }
        self.remember("What was undone is undone.");
        let typed = Typed {
            order: step.order,
            forms: step.forms,
            writers: BTreeMap::new(),
            steps: std::mem::take(&mut self.steps),
            why: std::mem::take(&mut self.why),
        };
        let draft = Draft {
            base: step.base,
            set: step.set,
            typed: serde_json::to_string(&typed).unwrap_or_default(),
            changed_at: 0,
        };
        self.take_up(engine, draft).await?;
        Ok(true)
    }

    /// Brings a removed rule back to its place; the others stay as they are now.
    fn bring_back(&mut self, step: &Before, rule: &RuleId) {
        let place = step.order.iter().position(|id| id == rule).unwrap_or(0);
        let then = together(&step.set, step.order.clone(), step.forms.clone());
        if let Some(entry) = then.into_iter().find(|entry| entry.id == *rule) {
            self.entries.insert(place.min(self.entries.len()), entry);
        }
    }

    /// Begins anew from these rules; `base` is the version they are of.
    pub(crate) fn begin_from(&mut self, base: i32, set: Arc<RuleSet>) {
        self.entries = entries(&set);
        self.base = base;
        self.base_set = set;
    }

    /// Replaces all rules.
    pub(crate) fn replace(&mut self, set: &RuleSet) {
        self.entries = entries(set);
    }
}

fn entries(set: &RuleSet) -> Vec<Entry> {
    set.rules.iter().cloned().map(Entry::of_rule).collect()
}

/// The rules of `set` and those that were never usable, in `order`; what is not in it comes last.
fn together(
    set: &RuleSet,
    order: Vec<RuleId>,
    mut forms: BTreeMap<RuleId, RuleForm>,
) -> Vec<Entry> {
    let mut usable: BTreeMap<&RuleId, &Rule> =
        set.rules.iter().map(|rule| (&rule.id, rule)).collect();
    let mut entries = Vec::with_capacity(order.len());
    let rest = set.rules.iter().map(|rule| rule.id.clone());
    for id in order.into_iter().chain(rest) {
        let rule = usable.remove(&id).cloned();
        let form = forms.remove(&id);
        if rule.is_none() && form.is_none() {
            continue;
        }
        let problems = form
            .as_ref()
            .map(|form| form.read(&id).problems)
            .unwrap_or_default();
        entries.push(Entry {
            id,
            rule,
            form,
            problems,
            writer: None,
        });
    }
    entries
}
