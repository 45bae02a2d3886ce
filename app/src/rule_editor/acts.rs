//! What the forms of the rules' pages do. Each keeps everything that was typed before anything else.

use std::collections::HashMap;

use engine::{Engine, SaveRulesError};
use routing::model::{
    Actions, AssigneeTest, Condition, Mode, Rule, RuleId, TextCondition, TextTest,
};
use routing::words::quoted;
use triage::model::Status;
use triage::text;

use super::merging::{Side, merged};
use super::reading::blank;
use super::{Pairs, RuleForm, Work};
use crate::server_fns::rules::address;
use crate::server_fns::{Pasted, Said};

/// The page of the list.
pub(crate) const LIST: &str = "/rules";
/// The page before rules are saved.
pub(crate) const SAVE: &str = "/rules/save";

/// What a form led to.
#[derive(Debug, Default)]
pub struct Done {
    /// The page to be shown.
    pub at: String,
    /// What is to be said there.
    pub said: Option<Said>,
    /// The field that gets the focus, by its id.
    pub focus: Option<String>,
    /// What was pasted and not taken; the page shows it again.
    pub pasted: Option<Pasted>,
}

impl Done {
    pub(super) fn at(page: impl Into<String>) -> Self {
        Self {
            at: page.into(),
            ..Self::default()
        }
    }

    pub(super) fn said(self, text: impl Into<String>) -> Self {
        Self {
            said: Some(Said::done(text)),
            ..self
        }
    }

    pub(super) fn refused(self, text: impl Into<String>) -> Self {
        Self {
            said: Some(Said::refused(text)),
            ..self
        }
    }

    fn focus(self, focus: Option<String>) -> Self {
        Self { focus, ..self }
    }

    pub(super) fn without_connection() -> Self {
        Self::at(LIST)
            .refused("No Hiver is connected, so nothing was kept: an admin sets the key first.")
    }
}

pub(super) fn value<'p>(pairs: &'p Pairs, name: &str) -> &'p str {
    let found = pairs.iter().rev().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// Takes in the form of one rule, and does what its button asks for.
///
/// # Errors
/// When the database fails.
pub async fn edit_rule(
    engine: &Engine,
    operator: &str,
    id: &str,
    pairs: &Pairs,
) -> Result<Done, store::Error> {
    let Some(mut work) = Work::of(engine, Some(operator)).await? else {
        return Ok(Done::without_connection());
    };
    let id = RuleId::from(id);
    let asked = value(pairs, "do");
    let mut done = Done::at(address(&id));
    if work.place(&id).is_none() {
        if RuleForm::of_pairs(pairs).is_none() || !id.is_well_formed() {
            return Ok(Done::at(LIST).refused(format!("There is no rule `{id}`, or not any more.")));
        }
        // Somebody removed it while it was typed: what was typed comes first.
        work.put_back(&id, value(pairs, "tab"));
        done = done.said("This rule was removed elsewhere. It is here again, as you typed it.");
    }
    if let Some(mut form) = RuleForm::of_pairs(pairs) {
        // Rules are moved in the list, too. Who has not touched the place here leaves it.
        let place = value(pairs, "place").trim();
        let place = (place != value(pairs, "was_place")).then(|| place.parse::<usize>());
        done.focus = form.take_in_new(pairs);
        if let Some(focus) = form.step(asked) {
            done.focus = Some(focus);
        }
        if let Some(said) = type_in(&mut work, &id, form, pairs) {
            done = done.said(said);
        }
        if let Some(Ok(place @ 1..)) = place {
            work.put(&id, place - 1);
        }
    }
    if asked == "delete" {
        done = remove(&mut work, &id);
    }
    work.keep(engine, operator).await?;
    Ok(done)
}

/// Takes in what was typed on a page. What was written elsewhere since that page was drawn is not lost over it: it can
/// be had again, which is said.
fn type_in(work: &mut Work, id: &RuleId, mut form: RuleForm, pairs: &Pairs) -> Option<String> {
    let (tab, seen) = (value(pairs, "tab"), value(pairs, "seen"));
    let entry = work.entries.get(work.place(id)?)?;
    let shown = entry.shown();
    // Whether it acts is pressed in the list, too. Who has not touched it here leaves it.
    let was = value(pairs, "was_mode");
    if !was.is_empty() && form.fields.one("mode") == was {
        form.fields.set("mode", shown.fields.one("mode"));
    }
    let elsewhere = !seen.is_empty()
        && entry.writer.as_deref() != Some(tab)
        && shown.mark() != seen
        && entry.differs(&form);
    let untouched = elsewhere && form.mark() == seen;
    let mut said = None;
    if untouched {
        let mode = form.fields.one("mode").to_owned();
        form = shown;
        form.fields.set("mode", mode);
    } else if elsewhere && value(pairs, "do") == "delete" {
        return None;
    } else if elsewhere {
        let name = quoted(entry.name());
        work.remember(format!("{name} was written elsewhere, too."));
        said = Some(format!(
            "{name} was changed elsewhere since you opened it here. What you typed here is kept; Undo brings back what \
             stood there."
        ));
    }
    let entry = work.entry_mut(id)?;
    entry.type_in(form);
    if !untouched {
        entry.writer = Some(tab.to_owned()).filter(|tab| !tab.is_empty());
    }
    said
}

fn remove(work: &mut Work, id: &RuleId) -> Done {
    let Some(place) = work.place(id) else {
        return Done::at(LIST);
    };
    let name = quoted(work.entries[place].name());
    work.remember_removed(format!("{name} is removed."), id);
    work.entries.remove(place);
    Done::at(LIST)
}

/// Does what a button of the list asks for.
///
/// # Errors
/// When the database fails.
pub async fn edit_list(
    engine: &Engine,
    operator: &str,
    pairs: &Pairs,
) -> Result<Done, store::Error> {
    let Some(mut work) = Work::of(engine, Some(operator)).await? else {
        return Ok(Done::without_connection());
    };
    let asked: Vec<&str> = value(pairs, "do").splitn(3, ' ').collect();
    let back = match value(pairs, "q") {
        "" => LIST.to_owned(),
        find => format!("{LIST}?q={}", crate::server_fns::rules::encoded(find)),
    };
    let mut done = Done::at(back);
    match asked[..] {
        ["new"] => {
            let id = work.add(value(pairs, "name").trim(), None);
            done = Done::at(address(&id)).focus(Some("name".to_owned()));
        }
        ["example"] => {
            let id = work.add("Refunds", Some(example()));
            done = Done::at(address(&id));
        }
        [step @ ("up" | "down" | "put"), id, ref to @ ..] => {
            let id = RuleId::from(id);
            let Some(from) = work.place(&id) else {
                return Ok(done);
            };
            // Where it goes, not how far: what is sent twice moves it once.
            let to = to.first().and_then(|to| to.parse().ok()).unwrap_or(from);
            let to = work.put(&id, to).unwrap_or(from);
            let all = work.entries.len();
            let name = quoted(work.entries[to].name());
            done = done.said(format!("{name} is rule {} of {all} now.", to + 1));
            done.focus = Some(format!("{step}:{id}"));
        }
        ["mode", id, mode] => {
            let id = RuleId::from(id);
            if let Some(entry) = work.entry_mut(&id) {
                let mut form = entry.shown();
                form.fields.set("mode", mode);
                entry.type_in(form);
                let name = quoted(entry.name());
                done = done.said(format!("{name}: {mode}."));
            }
            done.focus = Some(format!("{mode}:{id}"));
        }
        ["delete", id] => {
            let removed = remove(&mut work, &RuleId::from(id));
            done.said = removed.said;
        }
        _ => {}
    }
    work.keep(engine, operator).await?;
    Ok(done)
}

/// A rule to begin with. It is a shadow: nobody's conversations move because somebody tried the editor.
fn example() -> Rule {
    let id = RuleId::from("refunds");
    Rule {
        name: "Refunds".to_owned(),
        mode: Mode::Shadow,
        conditions: Condition::All(vec![
            Condition::Status(vec![Status::Open]),
            Condition::Assignee(AssigneeTest::Nobody),
            Condition::Text(TextCondition {
                test: TextTest::Word,
                ..TextCondition::subject_contains(["refund", "money back"])
            }),
        ]),
        actions: Actions {
            note: Some("{{rule}}: found \"{{matched}}\" in the subject.".to_owned()),
            ..Actions::default()
        },
        ..blank(&id)
    }
}

/// Does what the bar and the page before saving ask for: save, throw away, take back, take in what others saved.
///
/// # Errors
/// When the database fails.
pub async fn settle(engine: &Engine, operator: &str, pairs: &Pairs) -> Result<Done, store::Error> {
    // The bar stands in the form of a rule: what was typed there comes first.
    if RuleForm::of_pairs(pairs).is_some() {
        let rule = value(pairs, "rule").to_owned();
        let typed: Pairs = pairs
            .iter()
            .filter(|(name, _)| name != "do")
            .cloned()
            .collect();
        let done = edit_rule(engine, operator, &rule, &typed).await?;
        // Something else than what was seen here stood there: that is to be looked at first.
        if done.said.is_some() {
            return Ok(done);
        }
    }
    let Some(mut work) = Work::of(engine, Some(operator)).await? else {
        return Ok(Done::without_connection());
    };
    if pairs.iter().any(|(name, _)| name == "why") {
        value(pairs, "why").clone_into(&mut work.why);
    }
    match value(pairs, "do") {
        // Only what was typed: nobody pressed anything.
        "" => {
            work.keep(engine, operator).await?;
            Ok(Done::at(SAVE))
        }
        // Sent twice, the second would leave nothing to take back.
        "discard" if !work.is_changed() => Ok(Done::at(LIST)),
        "discard" => {
            let what = text::plural(work.changes() as u64, "rule");
            work.remember(format!("Your changes to {what} are discarded."));
            from_latest(&mut work);
            work.keep(engine, operator).await?;
            Ok(Done::at(LIST))
        }
        "undo" => {
            let done = if work.take_back(engine).await? {
                Done::at(LIST).said("It is back, as it was.")
            } else {
                Done::at(LIST)
            };
            work.keep(engine, operator).await?;
            Ok(done)
        }
        "merge" => {
            merge(&mut work, pairs);
            work.keep(engine, operator).await?;
            let done = Done::at(if work.is_changed() { SAVE } else { LIST });
            Ok(done.said("Their changes are taken in. Nothing is saved yet: look, then save."))
        }
        asked => {
            work.keep(engine, operator).await?;
            save(engine, operator, work, asked == "anyway").await
        }
    }
}

fn from_latest(work: &mut Work) {
    let number = work.latest.as_ref().map_or(0, |latest| latest.version);
    let set = work.latest_set.clone();
    work.begin_from(number, set);
}

async fn save(
    engine: &Engine,
    operator: &str,
    work: Work,
    anyway: bool,
) -> Result<Done, store::Error> {
    if !work.is_changed() {
        return Ok(
            Done::at(LIST).said("There is nothing to save: the rules are as they are in force.")
        );
    }
    if work.is_behind() || work.unusable().next().is_some() {
        return Ok(Done::at(SAVE));
    }
    let set = work.set();
    if !anyway {
        let clean = engine
            .rule_warnings(&set)
            .await
            .is_ok_and(|warnings| warnings.is_empty());
        if !clean {
            return Ok(Done::at(SAVE));
        }
    }
    match engine
        .save_rules(operator, work.base, set, work.why.trim())
        .await
    {
        Ok(version) => {
            engine.drop_rule_draft(operator).await?;
            Ok(Done::at(LIST).said(format!("Saved as version {version}. It is in force.")))
        }
        Err(SaveRulesError::Moved { .. } | SaveRulesError::Problems(_)) => Ok(Done::at(SAVE)),
        Err(SaveRulesError::NoConnection) => Ok(Done::without_connection()),
        Err(SaveRulesError::Store(error)) => Err(error),
    }
}

/// Takes in what somebody else saved.
fn merge(work: &mut Work, pairs: &Pairs) {
    let theirs = work.latest_set.clone();
    let mine = work.set();
    let choices: HashMap<&str, &str> = pairs
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("keep:")?, value.as_str())))
        .collect();
    let side = |id: &RuleId| match choices.get(id.as_str()) {
        Some(&"theirs") => Side::Theirs,
        _ => Side::Mine,
    };
    let set = merged(&work.base_set, &mine, &theirs, side);
    work.remember("You took in what somebody else saved.");
    let before = std::mem::take(&mut work.entries);
    from_latest(work);
    work.replace(&set);
    for (place, old) in before.into_iter().enumerate() {
        // What cannot be used yet is nobody else's business, unless theirs was chosen.
        if old.problems.is_empty() || side(&old.id) == Side::Theirs {
            continue;
        }
        match work.entry_mut(&old.id) {
            Some(entry) => (entry.form, entry.problems) = (old.form, old.problems),
            None => {
                let id = old.id.clone();
                work.entries.push(old);
                work.put(&id, place);
            }
        }
    }
}

/// Takes in a form that was sent when nobody was signed in, after signing in again; `page` is the one it is of.
///
/// # Errors
/// When the database fails.
pub async fn kept_form(
    engine: &Engine,
    operator: &str,
    page: &str,
    pairs: &Pairs,
) -> Result<(), store::Error> {
    if page == LIST {
        // The name of a new rule was typed there.
        if value(pairs, "do") == "new" {
            edit_list(engine, operator, pairs).await?;
        }
        return Ok(());
    }
    if page == SAVE && pairs.iter().any(|(name, _)| name == "why") {
        let typed: Pairs = pairs
            .iter()
            .filter(|(name, _)| name == "why")
            .cloned()
            .collect();
        settle(engine, operator, &typed).await?;
    }
    let named = match value(pairs, "rule") {
        "" => crate::server_fns::rules::rule_of(page),
        id => Some(RuleId::from(id)),
    };
    let Some(id) = named else {
        return Ok(());
    };
    // Only what was typed: what a button asked for is asked for again by a person.
    let typed: Pairs = pairs
        .iter()
        .filter(|(name, _)| name != "do")
        .cloned()
        .collect();
    edit_rule(engine, operator, id.as_str(), &typed).await?;
    Ok(())
}
