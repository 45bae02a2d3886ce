//! The preview: exactly what would change, what it costs, what stays for good, and one button.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use triage::outcome::RunState;
use triage::text;

use crate::components::compose::Compose;
use crate::components::frame::Who;
use crate::components::marks::{Ago, Subject};
use crate::components::pager::Pager;
use crate::components::problem::{Message, PageProblem};
use crate::live::steady;
use crate::server_fns::preview::{PlanAgain, StartRun, preview};
use crate::view::{ChangeGroup, PlannedRow, PreviewView, Role};

/// The page.
#[component]
pub(crate) fn PreviewPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| {
        params.with(|params| {
            params
                .get_str("id")
                .and_then(|id| id.parse().ok())
                .unwrap_or(0)
        })
    });
    let page = Memo::new(move |_| {
        query.with(|query| {
            query
                .get_str("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
        })
    });
    let who = Who::of_page();
    let plan = Resource::new(steady(move || (id.get(), page.get())), |(id, page)| {
        preview(id, page)
    });
    view! {
        <Title text="Preview"/>
        <Transition>
            {move || Suspend::new(async move {
                let may = who.may(Role::Lead).await;
                match plan.await {
                    Ok(plan) => view! { <Plan plan=plan may=may/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Plan(plan: PreviewView, may: bool) -> impl IntoView {
    let id = plan.id;
    let nothing = plan.changing == 0;
    let shown = 1 + (plan.page - 1) * 50;
    let label = format!(
        "{}–{} of {}",
        text::count(shown as u64),
        text::count((shown + plan.rows.len()).saturating_sub(1) as u64),
        text::count(plan.changing as u64)
    );
    view! {
        <header class="page-head">
            <p class="crumb"><a href=plan.back.clone()>"Back to the list"</a></p>
            <h1>"Preview"</h1>
            <p class="price">{plan.line.clone()}</p>
            <p class="hint">
                {plan.selected.clone()}
                " · planned "
                <Ago moment=plan.planned.clone() ago=true/>
                " by "
                {plan.author.clone()}
                {plan
                    .mirror_age
                    .clone()
                    .map(|age| view! { " · against the mirror of " <Ago moment=age ago=true/> })}
            </p>
        </header>
        <Decision plan=plan.clone() may=may/>
        <section class="plan-groups" aria-label="What changes">
            <div class="plan-wishes">
                <ul class="groups">
                    {plan.groups.into_iter().map(|group| view! { <Group group=group/> }).collect_view()}
                </ul>
                {plan
                    .note
                    .map(|note| view! { <blockquote class="note-text" tabindex="0">{note}</blockquote> })}
            </div>
            {(!plan.cannot_undo.is_empty())
                .then(|| {
                    view! {
                        <div class="cannot-undo">
                            <h2>"What cannot be undone"</h2>
                            <ul>
                                {plan.cannot_undo.into_iter().map(|one| view! { <li>{one.sentence}</li> }).collect_view()}
                            </ul>
                        </div>
                    }
                })}
        </section>
        {(!nothing)
            .then(|| {
                view! {
                    <section aria-labelledby="changes">
                        <div class="list-head">
                            <h2 id="changes">"Before → after"</h2>
                            <Pager
                                page=plan.page
                                pages=plan.pages
                                label=label
                                address=move |page| format!("/preview/{id}?page={page}")
                            />
                        </div>
                        <PlannedTable rows=plan.rows name="Planned changes"/>
                    </section>
                }
            })}
        {(plan.already > 0)
            .then(|| {
                let shown = plan.already_rows.len();
                view! {
                    <details class="already">
                        <summary>
                            {format!("{} already so: nothing is sent for them", text::plural(plan.already as u64, "conversation"))}
                        </summary>
                        <PlannedTable rows=plan.already_rows name="Already so"/>
                        {(plan.already > shown)
                            .then(|| {
                                let more = text::count((plan.already - shown) as u64);
                                view! { <p class="hint">{format!("and {more} more")}</p> }
                            })}
                    </details>
                }
            })}
    }
}

/// The one button, or why there is none.
#[component]
fn Decision(plan: PreviewView, may: bool) -> impl IntoView {
    let start = ServerAction::<StartRun>::new();
    let again = ServerAction::<PlanAgain>::new();
    let id = plan.id;
    let error = move || {
        start
            .value()
            .get()
            .and_then(Result::err)
            .or_else(|| again.value().get().and_then(Result::err))
    };
    if plan.state != RunState::Preview {
        return view! {
            <div class="decision">
                <p>"This plan was started. It runs once, whoever presses the button again."</p>
                <a class="button primary" href=format!("/runs/{id}")>"Open the run"</a>
            </div>
        }
        .into_any();
    }
    if plan.changing == 0 {
        return view! {
            <div class="decision">
                <p>"Everything already is as wished: there is nothing to send."</p>
                <a class="button" href=plan.back>"Back to the list"</a>
            </div>
        }
        .into_any();
    }
    let stale = plan.stale;
    view! {
        {(stale > 0)
            .then(|| {
                view! {
                    <div class="message message-warn stale" role="status">
                        <p>
                            {format!(
                                "{} changed in the mirror since this was planned. The run would do what is shown here.",
                                text::plural(stale as u64, "conversation"),
                            )}
                        </p>
                        <ActionForm action=again>
                            <input type="hidden" name="id" value=id/>
                            <button class="button">"Plan again"</button>
                        </ActionForm>
                    </div>
                }
            })}
        {(!plan.fits_today)
            .then(|| {
                view! {
                    <p class="message message-warn">
                        "This is more than what is left of today's requests: the run waits at the limit and goes on by itself when there is room again."
                    </p>
                }
            })}
        <div class="decision">
            {if may {
                view! {
                    <ActionForm action=start on:submit:capture=|_| Compose::forget_in_tab()>
                        <input type="hidden" name="id" value=id/>
                        <button id="start-run" class="button primary large" disabled=move || start.pending().get()>
                            "Start run"
                        </button>
                    </ActionForm>
                    <p class="hint">
                        {format!(
                            "Sends {} in about {}. It goes on when you close this page; Cancel stops it before its next request. \
                             It does not look again first: what colleagues changed since Hiver was read is overwritten.",
                            text::plural(plan.changes as u64, "request"),
                            plan.duration,
                        )}
                    </p>
                }
                    .into_any()
            } else {
                view! { <p class="hint">"You may look at plans; a lead starts them."</p> }.into_any()
            }}
        </div>
        {move || error().map(|error| view! { <Message error=error/> })}
    }
    .into_any()
}

#[component]
fn Group(group: ChangeGroup) -> impl IntoView {
    view! {
        <li>
            <span class="group-label">{group.label}</span>
            <span class="group-count">
                <strong class="number">{text::count(group.changing as u64)}</strong>
                {(group.already > 0).then(|| format!(" · {} already so", text::count(group.already as u64)))}
            </span>
        </li>
    }
}

#[component]
fn PlannedTable(rows: Vec<PlannedRow>, name: &'static str) -> impl IntoView {
    view! {
        <div class="table-scroll">
        <table class="list plan" aria-label=name>
            <thead>
                <tr>
                    <th class="subject">"Conversation"</th>
                    <th class="plan-changes">"Before → after"</th>
                </tr>
            </thead>
            <tbody>
                {rows
                    .into_iter()
                    .map(|row| {
                        view! {
                            <tr>
                                <td class="subject"><Subject subject=row.subject/></td>
                                <td class="plan-changes">
                                    <ul>
                                        {row
                                            .changes
                                            .into_iter()
                                            .map(|change| {
                                                view! {
                                                    <li class:already=change.already>
                                                        <span class="what">{change.what}</span>
                                                        {change
                                                            .before
                                                            .map(|before| {
                                                                view! {
                                                                    <span class="before">{before}</span>
                                                                    <span class="arrow" aria-label="becomes">"→"</span>
                                                                }
                                                            })}
                                                        <span class="after">{change.after}</span>
                                                        {change.already.then(|| view! { <span class="hint">"already so"</span> })}
                                                    </li>
                                                }
                                            })
                                            .collect_view()}
                                    </ul>
                                </td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        </div>
    }
}
