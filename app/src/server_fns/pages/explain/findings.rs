//! One rule and what it met.

use engine::Explained;
use leptos::prelude::*;
use routing::explanation::{Finding, RuleExplanation, Truth, Verdict};
use routing::words;

use crate::server_fns::rules::address;

/// With more rules than that, only those that are of interest are told in full.
const IN_FULL: usize = 60;

/// Draws a rule. What is of interest is open: a rule that fits, and the `chosen` one. `link` leads to where it is chosen.
pub(super) fn rule(
    one: &RuleExplanation,
    place: usize,
    rules: usize,
    chosen: &str,
    link: String,
    of: &Explained,
) -> impl IntoView + use<> {
    let chosen = one.rule.as_str() == chosen;
    let (kind, shape, interesting) = mark(&one.verdict);
    let open = chosen || (interesting && rules <= IN_FULL);
    let why = why_not(one, of.conversation.subject.as_deref());
    let line = view! {
        <span class="place">{place}</span>
        <span class=format!("shape verdict-{kind}") aria-hidden="true">{shape}</span>
        <span class="rule-name">{one.name.clone()}</span>
        <span class=format!("verdict verdict-{kind}")>{words::verdict(&one.verdict)}</span>
        {why}
    };
    let id = format!("rule-{}", one.rule);
    if rules > IN_FULL && !interesting && !chosen {
        return view! { <li id=id><a class="explained-line" href=link>{line}</a></li> }.into_any();
    }
    let steps: Vec<_> = one
        .steps
        .iter()
        .map(|step| view! { <li>{words::step(step, &of.directory)}</li> })
        .collect();
    let steps = (!steps.is_empty()).then(|| {
        view! {
            <p class="what">"What it does"</p>
            <ul class="did">{steps}</ul>
        }
    });
    let stopped = one
        .stopped
        .then(|| view! { <p class="hint">"It stops here: later rules leave this conversation alone."</p> });
    let mailbox = one.mailbox.as_ref().map(finding);
    view! {
        <li id=id class:chosen=chosen>
            <details open=open>
                <summary>{line}</summary>
                <div class="explained-body">
                    <p class="what">"What it asks"</p>
                    <ul class="findings">{mailbox} {finding(&one.conditions)}</ul>
                    {steps}
                    {stopped}
                    <p><a href=address(&one.rule)>"Open the rule"</a></p>
                </div>
            </details>
        </li>
    }
    .into_any()
}

/// Class, sign, and whether one wants to see more.
fn mark(verdict: &Verdict) -> (&'static str, &'static str, bool) {
    match verdict {
        Verdict::Acts => ("acts", "✓", true),
        Verdict::WouldAct => ("shadow", "◌", true),
        Verdict::Nothing => ("nothing", "=", true),
        Verdict::ActedBefore { .. } | Verdict::RecordedBefore { .. } => ("before", "↺", true),
        Verdict::OutsideHours { .. } => ("hours", "◷", true),
        Verdict::NotTrue | Verdict::OtherMailbox => ("not", "✕", false),
        Verdict::Unknown => ("unknown", "?", false),
        Verdict::Stopped { .. } => ("stopped", "■", false),
        Verdict::Off | Verdict::OtherOccasion => ("off", "–", false),
    }
}

/// The first condition that keeps a rule from fitting, with what it met; what is the `subject` needs no telling again.
fn why_not(one: &RuleExplanation, subject: Option<&str>) -> Option<AnyView> {
    let to_blame = match one.verdict {
        Verdict::OtherMailbox => one.mailbox.as_ref(),
        Verdict::NotTrue | Verdict::Unknown => {
            let mailbox = one.mailbox.as_ref();
            mailbox.or_else(|| blame(&one.conditions, Truth::True))
        }
        Verdict::Stopped { .. } | Verdict::Off | Verdict::OtherOccasion => {
            let fits = one.mailbox.is_none() && one.conditions.truth == Truth::True;
            return fits.then(|| view! { <span class="why-not">"it would fit"</span> }.into_any());
        }
        _ => None,
    }?;
    let (kind, shape) = truth(to_blame.truth);
    let subject = subject.map(words::quoted);
    let actual = to_blame
        .actual
        .clone()
        .filter(|_| to_blame.actual != subject);
    let actual = actual.map(|actual| view! { <span class="actual">{actual}</span> });
    Some(
        view! {
            <span class="why-not">
                <span class=format!("truth truth-{kind}")><span class="shape" aria-hidden="true">{shape}</span></span>
                {to_blame.text.clone()}
                {actual}
            </span>
        }
        .into_any(),
    )
}

/// The first part of `finding` that is not `wanted`.
fn blame(finding: &Finding, wanted: Truth) -> Option<&Finding> {
    if finding.truth == wanted {
        return None;
    }
    if finding.parts.is_empty() {
        return Some(finding);
    }
    // Of “none of these”, it is a part that is true.
    let wanted = match finding.text.as_str() {
        "none of these" => Truth::False,
        _ => Truth::True,
    };
    finding.parts.iter().find_map(|part| blame(part, wanted))
}

fn truth(truth: Truth) -> (&'static str, &'static str) {
    match truth {
        Truth::True => ("true", "✓"),
        Truth::False => ("false", "✕"),
        Truth::Unknown => ("unknown", "?"),
    }
}

fn finding(one: &Finding) -> AnyView {
    let (kind, shape) = truth(one.truth);
    let group = one.actual.is_none();
    let text = if group && one.parts.is_empty() {
        "every conversation".to_owned()
    } else {
        one.text.clone()
    };
    let actual = one
        .actual
        .clone()
        .map(|actual| view! { <span class="actual"><span class="for-readers">", it is "</span>{actual}</span> });
    let parts: Vec<_> = one.parts.iter().map(finding).collect();
    let parts = (!parts.is_empty()).then(|| view! { <ul>{parts}</ul> });
    view! {
        <li>
            <span class=format!("truth truth-{kind}")>
                <span class="shape" aria-hidden="true">{shape}</span>
                <span class="for-readers">{words::truth(one.truth)} ": "</span>
            </span>
            <span class="asked">{text}</span>
            {actual}
            {parts}
        </li>
    }
    .into_any()
}
