//! The changes of a run, as a table whose rows turn.

use std::collections::HashMap;

use leptos::prelude::*;
use triage::outcome::Outcome;

use super::acts::{Deed, DeedForm};
use crate::components::marks::{OutcomeMark, Subject, conversation_page};
use crate::live::Live;
use crate::view::ChangeView;

/// Outcomes and reasons by place in the run.
pub(super) type Turns = HashMap<i32, (Outcome, Option<String>)>;

/// What the stream has brought of the run that is shown. After a deed, and where something was missed,
/// the list is read again, and what was heard before is old.
pub(super) fn collect_turns(live: Live, id: Memo<i64>, deeds: RwSignal<usize>) -> Memo<Turns> {
    let collected = Memo::new(move |before: Option<&((i64, usize, u32), Turns)>| {
        let of = (id.get(), deeds.get(), live.missed.get());
        let kept = before.filter(|(known, _)| *known == of);
        let fresh = before.is_none() || kept.is_some();
        let mut turned = kept.map(|(_, turned)| turned.clone()).unwrap_or_default();
        live.run.with(|run| {
            if let Some(run) = run.as_ref().filter(|run| fresh && run.id == of.0) {
                for (seq, outcome, reason) in &run.turned {
                    turned.insert(*seq, (*outcome, reason.clone()));
                }
            }
        });
        (of, turned)
    });
    Memo::new(move |_| collected.with(|(_, turned)| turned.clone()))
}

#[component]
pub(super) fn Changes(rows: Vec<ChangeView>, turned: Memo<Turns>, deed: Deed) -> impl IntoView {
    if rows.is_empty() {
        return view! { <p class="hint">"No change has this outcome."</p> }.into_any();
    }
    view! {
        <div class="table-scroll">
        <table class="list changes" aria-label="Changes">
            <thead>
                <tr>
                    <th class="subject">"Conversation"</th>
                    <th class="change">"Change"</th>
                    <th class="outcome-column">"Outcome"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! { <Row row=row turned=turned deed=deed/> }).collect_view()}
            </tbody>
        </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(row: ChangeView, turned: Memo<Turns>, deed: Deed) -> impl IntoView {
    let (seq, first, reason) = (row.seq, row.outcome, row.reason);
    let outcome = Memo::new(move |_| {
        turned.with(|turned| turned.get(&seq).map_or(first, |(outcome, _)| *outcome))
    });
    let reason = move || {
        turned.with(|turned| match turned.get(&seq) {
            Some((_, reason)) => reason.clone(),
            None => reason.clone(),
        })
    };
    view! {
        <tr>
            <td class="subject">
                <a href=conversation_page(&row.conversation)>
                    <Subject subject=row.subject/>
                </a>
            </td>
            <td class="change">{row.change} {row.why.map(|why| view! { <a class="in-hiver" href=why>"why"</a> })}</td>
            <td class="outcome-column">
                <OutcomeMark outcome=outcome/>
                <span class="reason">{reason}</span>
                {row.decided_by.map(|by| view! { <span class="hint decided">{format!("decided by {by}")}</span> })}
                <Show when=move || deed.may && outcome.get() == Outcome::Uncertain>
                    {row
                        .link
                        .clone()
                        .map(|link| view! { <a class="in-hiver" href=link target="_blank" rel="noopener noreferrer">"Look in Hiver"</a> })}
                    <DeedForm deed=deed seq=Some(seq) buttons=ways_out("")/>
                </Show>
            </td>
        </tr>
    }
}

/// The ways out for what is uncertain, besides looking.
pub(super) fn ways_out(all: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("done", format!("Mark{all} as done"), "button small"),
        ("again", format!("Send{all} again"), "button small"),
    ]
}
