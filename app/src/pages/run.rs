//! A run: one bar, what went wrong first, and every change, turning while it is sent.

use std::collections::HashMap;

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use triage::outcome::{Outcome, RunState};
use triage::text;

use crate::components::frame::Who;
use crate::components::marks::{Ago, OutcomeMark, Subject, conversation_page};
use crate::components::outcome_bar::{OutcomeBar, OutcomeCounts};
use crate::components::pager::Pager;
use crate::components::problem::{Message, PageProblem};
use crate::live::{Live, steady};
use crate::server_fns::runs::{CancelRun, run};
use crate::view::{ChangeView, Problem, Role, RunProgressView, RunView};

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
    // The list is read again once the stream is up (changes may have turned since the page was drawn), and once the
    // run is at its end.
    let stage = Memo::new(move |_| {
        live.run.with(|run| {
            run.as_ref()
                .filter(|run| run.id == id.get())
                .map(|run| run.state.is_over())
        })
    });
    let turned = collect_turns(live, id);
    let who = Who::of_page();
    let data = Resource::new(
        steady(move || (id.get(), outcome.get(), page.get(), stage.get())),
        |(id, outcome, page, _)| run(id, outcome, page),
    );
    view! {
        <Title text=move || format!("Run {}", id.get())/>
        <Transition>
            {move || Suspend::new(async move {
                let may = who.may(Role::Lead).await;
                match data.await {
                    Ok(run) => view! { <Run run=run live=live turned=turned may=may/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Run(run: RunView, live: Live, turned: Memo<Turns>, may: bool) -> impl IntoView {
    let id = run.progress.id;
    let first = run.progress.clone();
    let progress = Memo::new(move |_| {
        live.run.with(|now| match now {
            Some(now) if now.id == id => now.clone(),
            _ => first.clone(),
        })
    });
    let counts = Signal::derive(move || progress.with(|progress| progress.counts.clone()));
    let label = format!("Page {} of {}", run.page, run.pages);
    let narrowed = run.outcome;
    let over = run.progress.state.is_over();
    view! {
        {(!over).then(|| view! { <NoScriptRefresh/> })}
        <header class="page-head">
            <p class="crumb"><a href="/runs">"All runs"</a></p>
            <h1>{format!("Run {id} ")}<span class="state-slot">{move || view! { <StateMark state=progress.get().state/> }}</span></h1>
            <p class="price">{run.title.clone()}</p>
            <p class="hint">
                {run.selected.clone()}
                " · started "
                {run.confirmed.clone().map(|at| view! { <Ago moment=at ago=true/> " " })}
                "by "
                {run.author.clone()}
            </p>
        </header>
        <section class="run-progress" aria-label="Progress">
            <OutcomeBar counts=counts/>
            <div class="run-progress-foot">
                <OutcomeCounts counts=counts run=Some(id) narrowed=narrowed/>
                <p class="hint run-time" aria-live="polite">{move || times(&progress.get())}</p>
            </div>
            {move || {
                progress
                    .get()
                    .pause_reason
                    .map(|reason| view! { <p class="message message-warn" role="status">{reason}</p> })
            }}
            <Stop progress=progress may=may/>
        </section>
        {(over || !run.problems.is_empty()).then(|| view! { <Problems problems=run.problems progress=run.progress.clone()/> })}
        <section aria-labelledby="changes">
            <div class="list-head">
                <h2 id="changes">"Changes"</h2>
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
            <Changes rows=run.rows turned=turned/>
        </section>
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

/// Outcomes and reasons by place in the run.
type Turns = HashMap<i32, (Outcome, Option<String>)>;

/// What the stream has brought of the run that is shown.
fn collect_turns(live: Live, id: Memo<i64>) -> Memo<Turns> {
    let collected = Memo::new(move |before: Option<&(i64, Turns)>| {
        let id = id.get();
        let mut turned = before
            .filter(|(of, _)| *of == id)
            .map(|(_, turned)| turned.clone())
            .unwrap_or_default();
        live.run.with(|run| {
            if let Some(run) = run.as_ref().filter(|run| run.id == id) {
                for (seq, outcome, reason) in &run.turned {
                    turned.insert(*seq, (*outcome, reason.clone()));
                }
            }
        });
        (id, turned)
    });
    Memo::new(move |_| collected.with(|(_, turned)| turned.clone()))
}

/// Where a run stands, as a word with a sign.
#[component]
pub(crate) fn StateMark(state: RunState) -> impl IntoView {
    view! { <span class=format!("run-state run-{state}")>{state.as_str()}</span> }
}

#[component]
fn Stop(progress: Memo<RunProgressView>, may: bool) -> impl IntoView {
    let cancel = ServerAction::<CancelRun>::new();
    let error = move || cancel.value().get().and_then(Result::err);
    let stopping = move || progress.with(|progress| progress.cancelling) || cancel.pending().get();
    let id = progress.get_untracked().id;
    view! {
        <Show when=move || may && progress.with(|progress| !progress.state.is_over())>
            <div class="run-actions">
                <ActionForm action=cancel>
                    <input type="hidden" name="id" value=id/>
                    <button class="button" disabled=stopping>
                        {move || if stopping() { "Cancelling …" } else { "Cancel" }}
                    </button>
                </ActionForm>
                <p class="hint">"Stops before the next request. What was sent stays; the rest is not sent."</p>
            </div>
        </Show>
        {move || error().map(|error| view! { <Message error=error/> })}
    }
}

/// What went wrong, with what to do about it; or that nothing did.
#[component]
fn Problems(problems: Vec<Problem>, progress: RunProgressView) -> impl IntoView {
    let id = progress.id;
    if problems.is_empty() {
        let sentence = match progress.state {
            RunState::Cancelled => "Cancelled. Everything that was sent before is done.",
            _ => "Everything is done.",
        };
        return view! { <p class="message message-good" role="status">{sentence}</p> }.into_any();
    }
    view! {
        <section class="problems" aria-labelledby="problems">
            <h2 id="problems">"What went wrong"</h2>
            <ul>
                {problems
                    .into_iter()
                    .map(|problem| {
                        view! {
                            <li>
                                <a href=format!("/runs/{id}?outcome={}", problem.outcome)>
                                    <OutcomeMark outcome=problem.outcome/>
                                    " "
                                    <strong class="number">{text::count(problem.count as u64)}</strong>
                                </a>
                                <span>{problem.reason}</span>
                                <span class="hint">{remedy(problem.outcome)}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

fn remedy(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Uncertain => {
            "Open the conversation in Hiver and look: it is not sent again by itself, so nothing happens twice."
        }
        _ => {
            "Nothing was changed there. Select these conversations again in Triage once the cause is gone."
        }
    }
}

#[component]
fn Changes(rows: Vec<ChangeView>, turned: Memo<Turns>) -> impl IntoView {
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
                {rows
                    .into_iter()
                    .map(|row| {
                        let (seq, first, reason) = (row.seq, row.outcome, row.reason);
                        let outcome = Signal::derive(move || {
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
                                <td class="change">{row.change}</td>
                                <td class="outcome-column">
                                    <OutcomeMark outcome=outcome/>
                                    <span class="reason">{reason}</span>
                                </td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        </div>
    }
    .into_any()
}
