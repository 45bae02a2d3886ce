//! What a change of a run knows of itself: which rule asked for it, when, and what it changes.

use leptos::prelude::*;
use routing::model::RuleId;
use store::{Author, ChangeRow, Run};
use triage::actions::Change;
use triage::outcome::Outcome;
use triage::text;

use super::{Found, acts};
use crate::components::marks::{Ago, conversation_page};
use crate::server_fns::words::{Words, encode, names};

/// A change that is to be explained, with its run.
pub(in crate::server_fns) struct Decided {
    pub(in crate::server_fns) run: Run,
    pub(in crate::server_fns) change: ChangeRow,
}

/// Draws the section.
pub(super) fn draw(
    words: &Words,
    found: &Found,
    decided: &Decided,
) -> Option<impl IntoView + use<>> {
    let Decided { run, change } = decided;
    let asked = change.rule.as_ref()?;
    let own = match &run.author {
        Author::Rule { rule, name, .. } if *rule == asked.rule => Some(name.clone()),
        _ => None,
    };
    let known = || {
        found
            .rule_names
            .get(&RuleId::from(asked.rule.as_str()))
            .cloned()
    };
    let name = own.or_else(known).unwrap_or_else(|| asked.rule.clone());
    let page = conversation_page(change.conversation.as_str());
    let version = match asked.version {
        None => "edited rules that were not saved then".into_any(),
        Some(version) => {
            let href = format!("{page}/rules?rules={version}&rule={}", encode(&asked.rule));
            view! { <a href=href>{format!("version {version}")}</a> }.into_any()
        }
    };
    let looked = found
        .acts
        .iter()
        .find(|act| act.run == Some(run.id) && act.rule == asked.rule)
        .map_or("because a person asked", |act| {
            acts::occasion(&act.occurrence)
        });
    let id = run.id.0;
    let of_run = if run.state.is_plan() {
        view! { <a href=format!("/preview/{id}")>{format!("plan {id}")}</a> }
    } else {
        view! { <a href=format!("/runs/{id}")>{format!("run {id}")}</a> }
    };
    let by = match &run.author {
        Author::Operator(name) => format!(" by {name}"),
        Author::Rule { .. } => String::new(),
    };
    let names = names(run);
    let (did, note) = match &change.change {
        Change::AddNote(note) if change.outcome == Outcome::Done => {
            ("added this note:".to_owned(), Some(note.clone()))
        }
        Change::AddNote(note) => ("asked for this note:".to_owned(), Some(note.clone())),
        other => {
            let before = text::before(&change.before, &names);
            let words = text::change(other, &names);
            (format!("{words}; before: {before}"), None)
        }
    };
    Some(view! {
        <section aria-labelledby="decided">
            <h2 id="decided">"What was decided"</h2>
            <p><strong>{name}</strong> " " {did}</p>
            {note.map(|note| view! { <blockquote class="note-text" tabindex="0">{note}</blockquote> })}
            <p class="hint">
                <Ago moment=words.moment(run.created_at) ago=true/> ", " {looked} ", " {version} ", " {of_run} {by}
                ", now " {change.outcome.as_str()}
            </p>
        </section>
    })
}
