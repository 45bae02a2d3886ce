//! Why rules decide what they decide about one conversation.

use triage::text::{age, assignee, tag_name};

use crate::{
    compile::{Compiled, CompiledRule, text::Subject, tree::Tree, view::View, words::Seen},
    decision::{Decision, Firing},
    evaluate::{Gate, fire, gate, is_in_mailbox, take_effect},
    explanation::{Explanation, Finding, RuleExplanation, Step, Truth, Verdict},
    model::{Condition, Mode, TextField},
    moment::Moment,
    state::{Holder, State},
    words,
    world::{Row, Staff},
};

/// What the rules decide about the conversation of `row` at `moment`, and why: every rule with every condition, also
/// those that did not matter. Decides as [`Evaluator::decide`](crate::evaluate::Evaluator::decide) does; what is
/// shared out is counted nowhere.
#[must_use]
pub fn explain<'c>(
    compiled: &'c Compiled,
    row: &Row<'_>,
    moment: &Moment,
    staff: &Staff,
) -> (Decision<'c>, Explanation) {
    let mut staff = staff.clone();
    let raw = row.conversation.subject.as_deref();
    let subject = raw.map(|raw| Subject::new(raw, row.folded_subject));
    let mut seen = Seen::default();
    match &subject {
        Some(subject) => compiled.automaton.look_for(subject.folded(), &mut seen),
        None => compiled.automaton.look_for_nothing(&mut seen),
    }
    let mut state = State::of(row.conversation);
    let mut decision = Decision::default();
    let mut explanation = Explanation::default();
    let mut stopped_at = None;
    for (index, rule) in compiled.rules.iter().enumerate() {
        let view = View {
            names: &compiled.names,
            row,
            state: &state,
            moment,
            subject: subject.as_ref(),
            seen: &seen,
        };
        let conditions = finding(&rule.rule.conditions, &rule.conditions, &view);
        let mailbox = is_in_mailbox(&rule.rule, &view);
        let before = stopped_at.map(|at: usize| Verdict::Stopped {
            by: compiled.rules[at].rule.id.clone(),
            place: at + 1,
        });
        // What is off would not have looked anyway.
        let kept_away = match kept_away(rule, mailbox, conditions.truth, &view) {
            Some(Verdict::Off) => Some(Verdict::Off),
            own => before.or(own),
        };
        let firing = kept_away.is_none().then(|| fire(rule, &view, &staff));
        let mut explained = RuleExplanation {
            rule: rule.rule.id.clone(),
            name: rule.rule.name.clone(),
            verdict: kept_away.unwrap_or(Verdict::Nothing),
            mailbox: (mailbox != Some(true)).then(|| mailbox_finding(rule, mailbox, &view)),
            conditions,
            steps: Vec::new(),
            stopped: false,
        };
        if let Some(firing) = firing {
            explained.verdict = outcome(&firing, moment);
            explained.steps = steps(&firing);
            take_effect(&firing, &mut state, &mut staff);
            decision.firings.push(firing);
            if rule.rule.stop && rule.rule.mode == Mode::On {
                explained.stopped = true;
                stopped_at = Some(index);
                decision.stopped_by = Some(&rule.rule);
            }
        }
        explanation.rules.push(explained);
    }
    (decision, explanation)
}

fn kept_away(
    rule: &CompiledRule,
    mailbox: Option<bool>,
    conditions: Truth,
    view: &View<'_>,
) -> Option<Verdict> {
    let gate = gate(&rule.rule, view);
    match (gate, mailbox, conditions) {
        (Gate::Off, _, _) => Some(Verdict::Off),
        (Gate::OtherOccasion, _, _) => Some(Verdict::OtherOccasion),
        (_, Some(false), _) => Some(Verdict::OtherMailbox),
        (_, _, Truth::False) => Some(Verdict::NotTrue),
        (_, None, _) | (_, _, Truth::Unknown) => Some(Verdict::Unknown),
        (Gate::OutsideHours, _, _) => Some(Verdict::OutsideHours {
            now: view.moment.local_text(),
        }),
        (Gate::Open, _, _) => None,
    }
}

fn outcome(firing: &Firing<'_>, moment: &Moment) -> Verdict {
    if let Some(at_ms) = firing.acted_before {
        let day = moment.day_text(at_ms);
        if firing.shadow {
            Verdict::RecordedBefore { day, at_ms }
        } else {
            Verdict::ActedBefore { day, at_ms }
        }
    } else if firing.changes.is_empty() {
        Verdict::Nothing
    } else if firing.counts() {
        Verdict::Acts
    } else {
        Verdict::WouldAct
    }
}

fn steps(firing: &Firing<'_>) -> Vec<Step> {
    let already = firing.already.iter().cloned().map(|change| (change, true));
    let made = firing.changes.iter().cloned().map(|change| (change, false));
    let mut wishes: Vec<_> = already.chain(made).collect();
    wishes.sort_by_key(|(change, _)| change.kind());
    let nobody = firing.nobody_free.then_some(Step::NobodyFree);
    let wishes = wishes.into_iter().map(|(change, already)| {
        if already {
            Step::Already(change)
        } else {
            Step::Made(change)
        }
    });
    nobody.into_iter().chain(wishes).collect()
}

fn mailbox_finding(rule: &CompiledRule, holds: Option<bool>, view: &View<'_>) -> Finding {
    Finding {
        text: format!("in {}", words::mailboxes(&rule.rule, &view.names.directory)),
        truth: holds.into(),
        actual: Some(mailbox_text(view)),
        parts: Vec::new(),
    }
}

/// A condition and what it met. `tree` is `condition`, made ready.
fn finding(condition: &Condition, tree: &Tree, view: &View<'_>) -> Finding {
    let parts = match tree {
        Tree::All(trees) | Tree::Any(trees) | Tree::None(trees) => condition
            .parts()
            .iter()
            .zip(trees)
            .map(|(part, tree)| finding(part, tree, view))
            .collect(),
        _ => Vec::new(),
    };
    let text = match condition {
        Condition::All(_) => "all of these".to_owned(),
        Condition::Any(_) => "any of these".to_owned(),
        Condition::None(_) => "none of these".to_owned(),
        test => words::condition(test, &view.names.directory),
    };
    Finding {
        text,
        truth: tree.holds(view).into(),
        actual: actual(condition, view),
        parts,
    }
}

fn actual(condition: &Condition, view: &View<'_>) -> Option<String> {
    let unknown = || "unknown".to_owned();
    let since = |then| age(view.moment.now_ms.saturating_sub(then));
    Some(match condition {
        Condition::All(_) | Condition::Any(_) | Condition::None(_) => return None,
        Condition::Text(text) => match view.texts(&text.field) {
            Some((texts, true)) if texts.is_empty() => match text.field {
                TextField::Assignee => "nobody".to_owned(),
                _ => "no tags".to_owned(),
            },
            Some((texts, _)) if !texts.is_empty() => {
                let all: Vec<String> = texts.into_iter().map(words::quoted).collect();
                words::listed(&all, "and")
            }
            _ => unknown(),
        },
        Condition::Mailbox(_) => mailbox_text(view),
        Condition::Status(_) => view
            .state
            .status()
            .map_or_else(unknown, ToString::to_string),
        Condition::Assignee(_) => match view.state.holder() {
            Holder::User { id: Some(id), .. } => triage::text::user_name(id, &view.names.directory),
            _ => assignee(&view.row.conversation.assignee, &view.names.directory),
        },
        Condition::Tags(_) => tags_text(view),
        Condition::Age(_) => since(view.row.conversation.age_from()),
        Condition::Unchanged(_) => since(view.row.conversation.changed_at()),
        Condition::Time(_) => view.moment.local_text(),
    })
}

fn mailbox_text(view: &View<'_>) -> String {
    let mailbox = view.state.mailbox();
    mailbox.map_or_else(
        || "unknown".to_owned(),
        |id| words::mailbox_name(id, &view.names.directory),
    )
}

fn tags_text(view: &View<'_>) -> String {
    let (tags, all) = view.state.tags();
    let mut names: Vec<String> = tags
        .into_iter()
        .map(|tag| tag_name(tag, &view.names.directory))
        .collect();
    if !all {
        names.push("others unknown".to_owned());
    }
    match names.as_slice() {
        [] => "no tags".to_owned(),
        [only] if !all => only.replace("others unknown", "unknown"),
        names => words::listed(names, "and"),
    }
}
