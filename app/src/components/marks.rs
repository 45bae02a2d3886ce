//! Small marks: status, outcome, assignee, tags, times, subjects.

use leptos::prelude::*;
use triage::model::Status;
use triage::outcome::Outcome;

use crate::view::{AssigneeView, Moment};

/// A status by colour, shape and word.
#[component]
pub(crate) fn StatusMark(status: Option<Status>) -> impl IntoView {
    let (kind, shape) = match &status {
        Some(Status::Open) => ("open", "○"),
        Some(Status::Pending) => ("pending", "◐"),
        Some(Status::Closed) => ("closed", "●"),
        Some(Status::Other(_)) => ("other", "◇"),
        None => ("unknown", "?"),
    };
    let word = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
    view! {
        <span class=format!("status status-{kind}")>
            <span class="shape" aria-hidden="true">{shape}</span>
            <span class="word">{word}</span>
        </span>
    }
}

/// The sign that stands for an outcome; the word stands beside it.
pub(crate) fn outcome_shape(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Waiting => "○",
        Outcome::Sending => "◔",
        Outcome::Done => "✓",
        Outcome::Unchanged => "=",
        Outcome::Failed => "✕",
        Outcome::Uncertain => "?",
        Outcome::Cancelled => "–",
    }
}

/// An outcome by colour, shape and word.
#[component]
pub(crate) fn OutcomeMark(#[prop(into)] outcome: Signal<Outcome>) -> impl IntoView {
    view! {
        <span class=move || format!("outcome outcome-{}", outcome.get())>
            <span class="shape" aria-hidden="true">{move || outcome_shape(outcome.get())}</span>
            <span class="word">{move || outcome.get().as_str()}</span>
        </span>
    }
}

/// Who a conversation is assigned to.
#[component]
pub(crate) fn AssigneeMark(assignee: AssigneeView) -> impl IntoView {
    match assignee {
        AssigneeView::Somebody(name) => {
            let title = name.clone();
            view! { <span class="assignee" title=title>{name}</span> }.into_any()
        }
        AssigneeView::Nobody => view! { <span class="nobody">"nobody"</span> }.into_any(),
        AssigneeView::Unknown => view! { <span class="unknown">"unknown"</span> }.into_any(),
    }
}

/// Tags, each with its swatch.
#[component]
pub(crate) fn TagMarks(tags: Option<Vec<String>>) -> impl IntoView {
    match tags {
        None => view! { <span class="unknown">"unknown"</span> }.into_any(),
        Some(tags) if tags.is_empty() => {
            view! { <span class="for-readers">"none"</span> }.into_any()
        }
        Some(tags) => view! {
            <span class="tags">
                {tags
                    .into_iter()
                    .map(|tag| {
                        let swatch = format!("tag swatch-{}", swatch(&tag));
                        view! { <span class=swatch>{tag}</span> }
                    })
                    .collect_view()}
            </span>
        }
        .into_any(),
    }
}

/// One of eight colours, always the same for the same name.
fn swatch(name: &str) -> u32 {
    name.bytes().fold(7_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    }) % 8
}

/// How long ago, with the exact time on hover and for screen readers.
#[component]
pub(crate) fn Ago(
    moment: Moment,
    /// Whether to say `3 d ago`, in a sentence, rather than `3 d`.
    #[prop(optional)]
    ago: bool,
) -> impl IntoView {
    let short = if ago && moment.short != "just now" {
        format!("{} ago", moment.short)
    } else {
        moment.short
    };
    view! {
        <time title=moment.exact.clone()>
            {short}
            <span class="for-readers">{format!(", {}", moment.exact)}</span>
        </time>
    }
}

/// A subject; says so where there is none. Any direction of writing keeps to itself.
#[component]
pub(crate) fn Subject(subject: Option<String>) -> impl IntoView {
    match subject.filter(|subject| !subject.trim().is_empty()) {
        Some(subject) => {
            let title = subject.clone();
            view! { <bdi class="subject-text" title=title>{subject}</bdi> }.into_any()
        }
        None => view! { <span class="unknown">"(no subject)"</span> }.into_any(),
    }
}

/// The address of a conversation's page.
pub(crate) fn conversation_page(id: &str) -> String {
    let mut address = "/conversations/".to_owned();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}
