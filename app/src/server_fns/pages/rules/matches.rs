//! What the rule fits, beside it.

use engine::RuleMatches;
use leptos::prelude::*;
use routing::problem::Problem;
use routing::words::mailbox_name;
use triage::model::Directory;
use triage::text;

use crate::components::marks::{Subject, conversation_page};

/// So many are shown.
pub(super) const SHOWN: usize = 10;

pub(super) fn draw(
    found: Result<RuleMatches, Vec<Problem>>,
    names: &Directory,
    warnings: Vec<String>,
) -> impl IntoView + use<> {
    // As it stands it is not looked at: what is known is of the rule as it was.
    let warnings = if found.is_ok() { warnings } else { Vec::new() };
    let found = match found {
        Err(_) => view! {
            <p class="matches-count">"Cannot tell yet"</p>
            <p class="hint">"Complete the conditions, and what they fit appears here."</p>
        }
        .into_any(),
        Ok(found) => counted(found, names).into_any(),
    };
    view! {
        <aside class="matches" id="matches" data-part="" aria-label="Matches">
            {found}
            {(!warnings.is_empty())
                .then(|| {
                    let warnings: Vec<_> = warnings.into_iter().map(|text| view! { <li>{text}</li> }).collect();
                    view! {
                        <div class="message message-warn rule-warnings">
                            <ul>{warnings}</ul>
                        </div>
                    }
                })}
        </aside>
    }
}

fn counted(found: RuleMatches, names: &Directory) -> impl IntoView + use<> {
    let total = text::plural(found.total, "conversation");
    let hour = if found.at_this_hour {
        ", at this hour"
    } else {
        ""
    };
    let more = found.count.saturating_sub(found.first.len() as u64);
    let lines: Vec<_> = found
        .first
        .into_iter()
        .map(|one| {
            let mailbox = one.mailbox.map(|id| mailbox_name(&id, names));
            view! {
                <li>
                    <a href=conversation_page(one.conversation.as_str())><Subject subject=one.subject/></a>
                    <span class="hint">{mailbox}</span>
                </li>
            }
        })
        .collect();
    view! {
        <p class="matches-count" role="status">
            "Matches "
            <strong>{text::count(found.count)}</strong>
            {format!(" of {total}{hour}")}
        </p>
        <ul class="matches-list">{lines}</ul>
        {(more > 0).then(|| view! { <p class="hint">{format!("and {} more, the newest first", text::count(more))}</p> })}
        {found
            .note
            .map(|note| {
                view! {
                    <p class="hint matches-note">"The first would get this note:"</p>
                    <blockquote class="note-text">{note}</blockquote>
                }
            })}
    }
}
