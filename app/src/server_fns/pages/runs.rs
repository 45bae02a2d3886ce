//! The runs: a line each, with its bar.

use leptos::prelude::*;

use super::author::linked;
use crate::components::marks::Ago;
use crate::components::outcome_bar::{OutcomeBar, OutcomeCounts};
use crate::components::pager::Pager;
use crate::pages::run::StateMark;
use crate::view::{RunLine, RunList};

/// Draws the page.
pub(in crate::server_fns) fn draw(list: RunList) -> String {
    view! { <Lines list=list/> }.to_html()
}

#[component]
fn Lines(list: RunList) -> impl IntoView {
    if list.runs.is_empty() {
        return view! {
            <div class="nothing">
                <p class="nothing-what">"No runs yet"</p>
                <p class="hint">"Select conversations in Triage, compose what should change, and preview it: a plan that was started is a run."</p>
                <a class="button" href="/triage?q=status:open">"Open Triage"</a>
            </div>
        }
        .into_any();
    }
    let label = format!("Page {} of {}", list.page, list.pages);
    let more = list.pages > 1;
    view! {
        <ul class="runs">
            {list.runs.into_iter().map(|run| view! { <Line run=run/> }).collect_view()}
        </ul>
        {more
            .then(|| {
                view! { <Pager page=list.page pages=list.pages label=label address=|page| format!("/runs?page={page}")/> }
            })}
    }
    .into_any()
}

#[component]
fn Line(run: RunLine) -> impl IntoView {
    let counts = run.progress.counts.clone();
    view! {
        <li class="run-line">
            <div class="run-line-head">
                <a href=format!("/runs/{}", run.progress.id)>{format!("{} · {}", run.progress.id, run.title)}</a>
                <StateMark state=run.progress.state/>
            </div>
            <OutcomeBar counts=counts.clone()/>
            <div class="run-line-foot">
                <OutcomeCounts counts=counts/>
                <span class="hint">
                    {linked(run.author, run.rule)}
                    {run.confirmed.map(|at| view! { " · " <Ago moment=at ago=true/> })}
                    " · "
                    {run.progress.time}
                </span>
            </div>
        </li>
    }
}
