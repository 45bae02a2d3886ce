//! What differs between two sets of rules.

use leptos::prelude::*;
use routing::diff::{Difference, Line};
use triage::text;

/// So many lines are shown at once.
const MOST: usize = 300;

/// Every difference as a line.
pub(super) fn draw(lines: Vec<Line>) -> impl IntoView {
    let more = lines.len().saturating_sub(MOST);
    let shown: Vec<_> = lines.into_iter().take(MOST).map(line).collect();
    view! {
        <ul class="differences">
            {shown}
            {(more > 0).then(|| view! { <li class="hint">{format!("and {} more", text::count(more as u64))}</li> })}
        </ul>
    }
}

/// What differs about one rule, in one line.
pub(super) fn told(lines: Vec<Line>) -> String {
    let changed = lines.into_iter().filter_map(|line| match line.difference {
        Difference::Changed {
            part,
            before,
            after,
        } => Some(format!(
            "{}: {} → {}",
            part.word(),
            filled(before),
            filled(after)
        )),
        Difference::Added { .. } | Difference::Removed { .. } | Difference::Moved { .. } => None,
    });
    let changed: Vec<String> = changed.collect();
    if changed.is_empty() {
        return "as it was".to_owned();
    }
    changed.join("; ")
}

fn line(line: Line) -> impl IntoView {
    let name = line.name;
    match line.difference {
        Difference::Added { place, sentence } => view! {
            <li>
                <span class="difference added">"added"</span>
                <strong>{name}</strong>
                {format!(" as rule {place}: {sentence}")}
            </li>
        }
        .into_any(),
        Difference::Removed { sentence } => view! {
            <li>
                <span class="difference removed">"removed"</span>
                <strong>{name}</strong>
                {format!(": {sentence}")}
            </li>
        }
        .into_any(),
        Difference::Moved { from, to } => view! {
            <li>
                <span class="difference">"moved"</span>
                <strong>{name}</strong>
                {format!(" from {from} to {to}")}
            </li>
        }
        .into_any(),
        Difference::Changed {
            part,
            before,
            after,
        } => view! {
            <li>
                <span class="difference">"changed"</span>
                <strong>{name}</strong>
                {format!(", {}: ", part.word())}
                <del>{filled(before)}</del>
                " → "
                <ins>{filled(after)}</ins>
            </li>
        }
        .into_any(),
    }
}

fn filled(text: String) -> String {
    if text.is_empty() {
        "anything".to_owned()
    } else {
        text
    }
}
