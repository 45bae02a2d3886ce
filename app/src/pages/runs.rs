//! All runs, newest first.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::marks::Ago;
use crate::components::outcome_bar::{OutcomeBar, OutcomeCounts};
use crate::components::pager::Pager;
use crate::components::problem::PageProblem;
use crate::live::{Live, steady};
use crate::pages::run::StateMark;
use crate::server_fns::runs::list_runs;
use crate::view::{RunLine, RunList};

/// The page.
#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| {
        query.with(|query| {
            query
                .get_str("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
        })
    });
    let live = Live::of_tab();
    // The frame comes anew whenever a run moves on as a whole.
    let open = Memo::new(move |_| {
        live.frame
            .with(|frame| frame.as_ref().map(|frame| frame.open_runs))
    });
    let runs = Resource::new(steady(move || (page.get(), open.get())), |(page, _)| {
        list_runs(page)
    });
    view! {
        <Title text="Runs"/>
        <h1>"Runs"</h1>
        <Transition>
            {move || Suspend::new(async move {
                match runs.await {
                    Ok(list) => view! { <Lines list=list/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
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
                    {run.author}
                    {run.confirmed.map(|at| view! { " · " <Ago moment=at ago=true/> })}
                    " · "
                    {run.progress.time}
                </span>
            </div>
        </li>
    }
}
