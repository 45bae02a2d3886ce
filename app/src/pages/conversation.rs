//! One conversation: what the mirror knows, and all that was done to it from here.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::components::frame::Who;
use crate::components::marks::{
    Ago, AssigneeMark, OutcomeMark, StatusMark, Subject, TagMarks, conversation_page,
};
use crate::components::problem::{Message, PageProblem};
use crate::live::{Live, steady};
use crate::server_fns::conversation::{RefreshConversation, conversation};
use crate::view::{ConversationView, HistoryLine, Role};

/// The page.
#[component]
pub(crate) fn ConversationPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let refresh = ServerAction::<RefreshConversation>::new();
    let (who, live) = (Who::of_page(), Live::of_tab());
    let data = Resource::new(
        steady(move || (id.get(), refresh.version().get(), live.mirror.get())),
        |(id, ..)| conversation(id),
    );
    view! {
        <Title text="Conversation"/>
        <Transition>
            {move || Suspend::new(async move {
                let may = who.may(Role::Lead).await;
                match data.await {
                    Ok(found) => view! { <Found found=found refresh=refresh may=may/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Found(
    found: ConversationView,
    refresh: ServerAction<RefreshConversation>,
    may: bool,
) -> impl IntoView {
    let row = found.row;
    let error = move || refresh.value().get().and_then(Result::err);
    let changed_title = if found.changed_from_hiver {
        "As Hiver says"
    } else {
        "When the console last saw it change: Hiver did not say"
    };
    let id = row.id.clone();
    let rules = format!("{}/rules", conversation_page(&id));
    view! {
        <header class="page-head">
            <p class="crumb"><a href="/triage?q=status:open">"Triage"</a></p>
            <h1 class="conversation-subject"><Subject subject=row.subject/></h1>
            <div class="conversation-actions">
                {may
                    .then(|| {
                        view! {
                            <ActionForm action=refresh>
                                <input type="hidden" name="id" value=id/>
                                <button class="button" disabled=move || refresh.pending().get()>"Refresh"</button>
                            </ActionForm>
                        }
                    })}
                <a class="button" href=rules>"Rules"</a>
                {found
                    .link
                    .map(|link| {
                        view! { <a class="button" href=link target="_blank" rel="noopener noreferrer">"Open in Hiver"</a> }
                    })}
            </div>
            {move || error().map(|error| view! { <Message error=error/> })}
        </header>
        <dl class="facts">
            <div><dt>"Status"</dt><dd><StatusMark status=row.status/></dd></div>
            <div><dt>"Assignee"</dt><dd><AssigneeMark assignee=row.assignee/></dd></div>
            <div><dt>"Mailbox"</dt><dd>{row.mailbox.unwrap_or_else(|| "unknown".to_owned())}</dd></div>
            <div><dt>"Tags"</dt><dd><TagMarks tags=row.tags/></dd></div>
            <div><dt>"Age"</dt><dd><Ago moment=row.age/></dd></div>
            <div><dt>"Last changed"</dt><dd title=changed_title><Ago moment=found.changed ago=true/></dd></div>
            <div><dt>"Hiver's id"</dt><dd><code>{row.id}</code></dd></div>
        </dl>
        <section aria-labelledby="history">
            <h2 id="history">"Done from here"</h2>
            <History lines=found.history/>
        </section>
    }
}

#[component]
fn History(lines: Vec<HistoryLine>) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="hint">"Nothing was changed from this console yet. Runs that touch this conversation appear here."</p> }
            .into_any();
    }
    view! {
        <div class="table-scroll">
        <table class="list changes" aria-label="Done from here">
            <thead>
                <tr>
                    <th class="change">"Change"</th>
                    <th class="outcome-column">"Outcome"</th>
                    <th>"Run"</th>
                    <th>"By"</th>
                    <th class="age">"When"</th>
                </tr>
            </thead>
            <tbody>
                {lines
                    .into_iter()
                    .map(|line| {
                        view! {
                            <tr>
                                <td class="change">{line.change.change}</td>
                                <td class="outcome-column">
                                    <OutcomeMark outcome=line.change.outcome/>
                                    <span class="reason">{line.change.reason}</span>
                                </td>
                                <td><a href=format!("/runs/{}", line.run)>{line.run}</a></td>
                                <td>{line.author}</td>
                                <td class="age">{line.at.map(|at| view! { <Ago moment=at ago=true/> })}</td>
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
