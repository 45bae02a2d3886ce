//! A run: one bar, what went wrong first, and every change, turning while it is sent.

mod acts;
mod changes;
mod ending;
mod problems;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use triage::outcome::RunState;

use self::acts::{Acts, Deed, run_keys};
use self::changes::{Changes, collect_turns};
use self::ending::{TellMe, page_title};
use self::problems::Problems;
use crate::components::frame::Who;
use crate::components::marks::Ago;
use crate::components::outcome_bar::{OutcomeBar, OutcomeCounts};
use crate::components::pager::Pager;
use crate::components::problem::{Message, PageProblem};
use crate::live::{Live, steady};
use crate::server_fns::runs::{ActOnRun, run};
use crate::view::{Role, RunProgressView, RunView};

/// The page.
#[component]
pub(crate) fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| {
        params.with(|params| {
            params
                .get_str("id")
                .and_then(|id| id.parse::<i64>().ok())
                .unwrap_or(0)
        })
    });
    let outcome = Memo::new(move |_| query.with(|query| query.get("outcome").unwrap_or_default()));
    let page = Memo::new(move |_| {
        query.with(|query| {
            query
                .get_str("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
        })
    });
    let live = Live::of_tab();
    live.watch(Signal::derive(move || Some(id.get())));
    let act = ServerAction::<ActOnRun>::new();
    // The list is read again when the stream may have left out changes, once the run is at its end, each time with
    // what it then comes to, and after every deed.
    let stage = Memo::new(move |_| {
        let ended = live.run.with(|run| {
            run.as_ref()
                .filter(|run| run.id == id.get() && run.state.is_over())
                .map(|run| run.counts.clone())
        });
        (ended, live.missed.get())
    });
    let deeds = act.version();
    let turned = collect_turns(live, id, deeds);
    let who = Who::of_page();
    let data = Resource::new(
        steady(move || {
            (
                id.get(),
                outcome.get(),
                page.get(),
                stage.get(),
                deeds.get(),
            )
        }),
        |(id, outcome, page, ..)| run(id, outcome, page),
    );
    run_keys();
    view! {
        // The next page is there before this one is gone, and titles are put together anew then.
        <Title text=steady(move || id.try_get().map(|id| format!("Run {id}")).unwrap_or_default())/>
        <Transition>
            {move || Suspend::new(async move {
                let may = who.may(Role::Lead).await;
                match data.await {
                    Ok(run) => {
                        let progress = progress_of(&run, live);
                        let deed = Deed { act, id: run.progress.id, may };
                        view! {
                            <Title text=steady(move || progress.try_get().map(|now| page_title(&now)).unwrap_or_default())/>
                            <Head run=run.clone() progress=progress/>
                            <Standing run=run.clone() progress=progress deed=deed/>
                            {(run.progress.state.is_over() || !run.problems.is_empty())
                                .then(|| {
                                    view! { <Problems problems=run.problems.clone() state=run.progress.state deed=deed/> }
                                })}
                            <section aria-labelledby="changes">
                                <ListHead run=run.clone()/>
                                <Changes rows=run.rows turned=turned deed=deed/>
                            </section>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The run as it was drawn, then as the stream tells it.
fn progress_of(run: &RunView, live: Live) -> Memo<RunProgressView> {
    let first = run.progress.clone();
    Memo::new(move |_| {
        live.run.with(|now| match now {
            Some(now) if now.id == first.id => now.clone(),
            _ => first.clone(),
        })
    })
}

#[component]
fn Head(run: RunView, progress: Memo<RunProgressView>) -> impl IntoView {
    let id = run.progress.id;
    view! {
        {(!run.progress.state.is_over()).then(|| view! { <NoScriptRefresh/> })}
        <header class="page-head">
            <p class="crumb"><a href="/runs">"All runs"</a></p>
            <h1>{format!("Run {id} ")}<span class="state-slot">{move || view! { <StateMark state=progress.get().state/> }}</span></h1>
            <p class="price">{run.title}</p>
            <p class="hint">
                {match run.undo_of {
                    Some(of) => view! { "takes back " <a href=format!("/runs/{of}")>{format!("run {of}")}</a> }.into_any(),
                    None => run.selected.into_any(),
                }}
                " · started "
                {run.confirmed.map(|at| view! { <Ago moment=at ago=true/> " " })}
                "by "
                {match run.rule {
                    Some(page) => view! { <a href=page>{run.author}</a> }.into_any(),
                    None => run.author.into_any(),
                }}
                {run
                    .undone_by
                    .into_iter()
                    .map(|(undo, state)| {
                        let page = if state.is_plan() { "preview" } else { "runs" };
                        view! { " · " <a href=format!("/{page}/{undo}")>{format!("undo: {undo}, {state}")}</a> }
                    })
                    .collect_view()}
            </p>
        </header>
    }
}

#[component]
fn Standing(run: RunView, progress: Memo<RunProgressView>, deed: Deed) -> impl IntoView {
    let id = run.progress.id;
    let counts = Signal::derive(move || progress.with(|progress| progress.counts.clone()));
    let error = move || deed.act.value().get().and_then(Result::err);
    view! {
        <section class="run-progress" aria-label="Progress">
            <OutcomeBar counts=counts/>
            <div class="run-progress-foot">
                <OutcomeCounts counts=counts run=Some(id) narrowed=run.outcome/>
                <p class="hint run-time" aria-live="polite">{move || times(&progress.get())}</p>
            </div>
            <p class="hint schedule">{move || progress.get().schedule}</p>
            {(!run.new_tags.is_empty())
                .then(|| {
                    let tags = run.new_tags.into_iter().map(|(name, state)| format!("{name}: {state}"));
                    view! { <p class="hint">{format!("New tags · {}", tags.collect::<Vec<_>>().join(" · "))}</p> }
                })}
            {move || {
                progress
                    .get()
                    .pause_reason
                    .map(|reason| view! { <p class="message message-warn" role="status">{reason}</p> })
            }}
            <Acts progress=progress deed=deed undo=run.undo/>
            <TellMe progress=progress/>
            {move || error().map(|error| view! { <Message error=error/> })}
        </section>
    }
}

#[component]
fn ListHead(run: RunView) -> impl IntoView {
    let (id, narrowed) = (run.progress.id, run.outcome);
    let label = format!("Page {} of {}", run.page, run.pages);
    let csv = match narrowed {
        Some(outcome) => format!("/runs/{id}/changes.csv?outcome={outcome}"),
        None => format!("/runs/{id}/changes.csv"),
    };
    view! {
        <div class="list-head">
            <h2 id="changes">"Changes"</h2>
            <a class="csv" href=csv download rel="external">"CSV"</a>
            <Pager
                page=run.page
                pages=run.pages
                label=label
                address=move |page| match narrowed {
                    Some(outcome) => format!("/runs/{id}?outcome={outcome}&page={page}"),
                    None => format!("/runs/{id}?page={page}"),
                }
            />
        </div>
    }
}

/// Without scripts, a page of a run that goes on asks for itself again.
#[component]
fn NoScriptRefresh() -> impl IntoView {
    view! { <noscript><p class="hint">"This page shows the run as it was when it was loaded. "<a href="">"Load it again"</a></p></noscript> }
}

fn times(progress: &RunProgressView) -> String {
    match &progress.rate {
        Some(rate) if !progress.state.is_over() => format!("{rate} · {}", progress.time),
        _ => progress.time.clone(),
    }
}

/// Where a run stands, as a word with a sign.
#[component]
pub(crate) fn StateMark(state: RunState) -> impl IntoView {
    view! { <span class=format!("run-state run-{state}")>{state.as_str()}</span> }
}
