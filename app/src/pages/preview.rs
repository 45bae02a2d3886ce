//! The preview: exactly what would change, what it costs, what stays for good, and one button.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use triage::outcome::RunState;
use triage::text;

use crate::components::compose::Compose;
use crate::components::frame::Who;
use crate::components::marks::{Ago, Subject, conversation_page};
use crate::components::outcome_bar::{OutcomeBar, OutcomeCounts};
use crate::components::pager::Pager;
use crate::components::problem::{Message, PageProblem};
use crate::live::{Live, steady};
use crate::server_fns::preview::{PlanAgain, StartRun, preview};
use crate::server_fns::runs::ActOnRun;
use crate::view::{ChangeGroup, LeftOutView, PlannedRow, PreviewView, Role};

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
    let live = Live::of_tab();
    live.watch(Signal::derive(move || Some(id.get())));
    // An undo that is being prepared becomes a preview.
    let stage = Memo::new(move |_| {
        live.run.with(|run| {
            run.as_ref()
                .filter(|run| run.id == id.get())
                .map(|run| run.state)
        })
    });
    let plan = Resource::new(
        steady(move || (id.get(), page.get(), stage.get())),
        |(id, page, _)| preview(id, page),
    );
    view! {
        <Title text="Preview"/>
        <Transition>
            {move || Suspend::new(async move {
                let may = who.may(Role::Lead).await;
                match plan.await {
                    Ok(plan) if plan.state == RunState::Reading => {
                        view! { <Reading plan=plan live=live may=may/> }.into_any()
                    }
                    Ok(plan) => view! { <Plan plan=plan may=may/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What Hiver says now is being read, for an undo.
#[component]
fn Reading(plan: PreviewView, live: Live, may: bool) -> impl IntoView {
    let cancel = ServerAction::<ActOnRun>::new();
    let id = plan.id;
    let first = plan.reading;
    let progress = Memo::new(move |_| {
        live.run
            .with(|now| now.clone().filter(|now| now.id == id))
            .or_else(|| first.clone())
    });
    let counts = Signal::derive(move || {
        progress.with(|progress| {
            progress
                .as_ref()
                .map(|progress| progress.counts.clone())
                .unwrap_or_default()
        })
    });
    let time = move || progress.get().map(|progress| progress.time);
    view! {
        <header class="page-head">
            <p class="crumb"><a href=plan.back>"Back to the run"</a></p>
            <h1>"Undo"</h1>
            <p class="price">"Asking Hiver how the conversations stand now"</p>
            <p class="hint">"Only what still is as the run left it is taken back. Nothing is changed before you have seen what would be."</p>
        </header>
        <section class="run-progress" aria-label="Progress">
            <OutcomeBar counts=counts/>
            <div class="run-progress-foot">
                <OutcomeCounts counts=counts/>
                <p class="hint run-time" aria-live="polite">{time}</p>
            </div>
            <noscript><p class="hint"><a href="">"Load this page again"</a>" to see how far it is."</p></noscript>
            {may
                .then(|| {
                    view! {
                        <ActionForm action=cancel attr:class="buttons">
                            <input type="hidden" name="id" value=id/>
                            <button class="button" name="act" value="cancel">"Cancel"</button>
                        </ActionForm>
                    }
                })}
        </section>
    }
}

/// What an undo leaves as it is: conflicts first, open; what cannot be undone folded.
#[component]
fn LeftOut(left_out: Vec<LeftOutView>) -> impl IntoView {
    left_out
        .into_iter()
        .map(|one| {
            let class = if one.conflict { "left-out conflict" } else { "left-out" };
            view! {
                <details class=class open=one.conflict>
                    <summary>{one.sentence}</summary>
                    <ul>
                        {one
                            .first
                            .into_iter()
                            .map(|(id, subject, change)| {
                                view! {
                                    <li>
                                        <a href=conversation_page(&id)><Subject subject=subject/></a>
                                        <span class="hint">{change}</span>
                                    </li>
                                }
                            })
                            .collect_view()}
                        {(one.more > 0).then(|| view! { <li class="hint">{format!("and {} more", text::count(one.more as u64))}</li> })}
                    </ul>
                </details>
            }
        })
        .collect_view()
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
            <p class="crumb">
                <a href=plan.back.clone()>{match plan.undo_of {
                    Some(_) => "Back to the run",
                    None if plan.back.starts_with("/r") => "Back to the backtests",
                    None => "Back to the list",
                }}</a>
            </p>
            <h1>{plan.undo_of.map_or_else(|| "Preview".to_owned(), |of| format!("Preview: undo run {of}"))}</h1>
            <p class="price">{plan.line.clone()}</p>
            <p class="hint">
                {plan.undo_of.is_none().then(|| plan.selected.clone())}
                {plan.undo_of.map(|_| "against what Hiver says now")}
                " · planned "
                <Ago moment=plan.planned.clone() ago=true/>
                " by "
                {plan.author.clone()}
                {plan
                    .mirror_age
                    .clone()
                    .filter(|_| plan.undo_of.is_none())
                    .map(|age| view! { " · against the mirror of " <Ago moment=age ago=true/> })}
            </p>
        </header>
        <Decision plan=plan.clone() may=may/>
        <LeftOut left_out=plan.left_out/>
        <section class="plan-groups" aria-label="What changes">
            <div class="plan-wishes">
                <ul class="groups">
                    {plan.groups.into_iter().map(|group| view! { <Group group=group/> }).collect_view()}
                </ul>
                {(!plan.new_tags.is_empty())
                    .then(|| view! { <p class="hint">{format!("Made first: the tag {}", plan.new_tags.join(", "))}</p> })}
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
                <p>
                    {if plan.undo_of.is_some() {
                        "There is nothing that can be taken back."
                    } else {
                        "Everything already is as wished: there is nothing to send."
                    }}
                </p>
                <a class="button" href=plan.back>"Back"</a>
            </div>
        }
        .into_any();
    }
    let stale = plan.stale;
    view! {
        {plan
            .meets
            .into_iter()
            .map(|(run, conversations)| {
                view! {
                    <p class="message message-warn">
                        {format!("{} of these still have something to come in ", text::plural(conversations as u64, "conversation"))}
                        <a href=format!("/runs/{run}")>{format!("run {run}")}</a>
                        ". Started now, this comes after it unless it is small."
                    </p>
                }
            })
            .collect_view()}
        {(stale > 0)
            .then(|| {
                view! {
                    <div class="message message-warn stale" role="status">
                        <p>
                            {format!(
                                "{} changed since this was planned. The run would do what is shown here.",
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
                        {format!(
                            "This is more than what is left of today's requests. The run goes on by itself when there is room again: {}.",
                            plan.schedule,
                        )}
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
                            "Sends {} in about {}; started now, {}. It goes on when you close this page; Cancel stops it before its next request. \
                             It does not look again first: what colleagues changed since Hiver was read is overwritten.",
                            text::plural((plan.changes + plan.new_tags.len()) as u64, "request"),
                            plan.duration,
                            plan.schedule,
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
                                <td class="subject">
                                    <Subject subject=row.subject/>
                                </td>
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
                                                        <span class="after" title=change.after.clone()>{change.after.clone()}</span>
                                                        {change.already.then(|| view! { <span class="hint">"already so"</span> })}
                                                    </li>
                                                }
                                            })
                                            .collect_view()}
                                        {row.why.map(|why| view! { <li><a href=why>"why"</a></li> })}
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
