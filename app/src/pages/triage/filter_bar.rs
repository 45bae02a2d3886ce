//! The box for the filter, and links that switch its most common terms.

use leptos::prelude::*;
use leptos_router::components::Form;
use triage::filter::{FilterError, quote};

use super::address::{Address, has_term, toggled};
use crate::server_fns::ApiError;
use crate::view::Choices;

const STATUS_KINDS: [&str; 4] = ["status:", "is:open", "is:pending", "is:closed"];

/// The filter. Its box is there at once; the mailboxes' links come with the choices.
#[component]
pub(super) fn FilterBar(
    address: Memo<Address>,
    choices: Resource<Result<Choices, ApiError>>,
) -> impl IntoView {
    let filter = move || address.with(|address| address.filter.clone());
    let chip = move |term: String, label: String, kinds: &'static [&'static str]| {
        let (for_link, for_state) = (term.clone(), term);
        view! {
            <a
                class="chip-link"
                href=move || address.with(|address| {
                    address.filtered(toggled(&address.filter, &for_link, kinds)).href()
                })
                aria-current=move || {
                    address.with(|address| has_term(&address.filter, &for_state)).then_some("true")
                }
            >
                {label}
            </a>
        }
    };
    view! {
        <search class="filter-bar">
            <Form method="GET" action="/triage">
                <label class="for-readers" for="filter">"Filter"</label>
                <input
                    type="search"
                    id="filter"
                    name="q"
                    placeholder="Filter: words, mailbox: status: is:unassigned assignee: tag: subject: older_than:"
                    autocomplete="off"
                    spellcheck="false"
                    value=untrack(filter)
                    prop:value=filter
                />
                <Show when=move || address.with(|address| !address.sort.is_empty())>
                    <input type="hidden" name="sort" value=move || address.with(|address| address.sort.clone())/>
                </Show>
                <Show when=move || address.with(|address| address.descending)>
                    <input type="hidden" name="dir" value="desc"/>
                </Show>
            </Form>
            <div class="chips">
                {chip("status:open".to_owned(), "Open".to_owned(), &STATUS_KINDS)}
                {chip("status:pending".to_owned(), "Pending".to_owned(), &STATUS_KINDS)}
                {chip("status:closed".to_owned(), "Closed".to_owned(), &STATUS_KINDS)}
                <span class="chips-gap"></span>
                {chip("is:unassigned".to_owned(), "Unassigned".to_owned(), &["is:unassigned", "is:assigned", "assignee:"])}
                <span class="chips-gap"></span>
                <Suspense>
                    {move || Suspend::new(async move {
                        choices
                            .await
                            .map(|choices| choices.mailboxes)
                            .unwrap_or_default()
                            .into_iter()
                            .map(|mailbox| chip(format!("mailbox:{}", quote(&mailbox.name)), mailbox.name, &["mailbox:"]))
                            .collect_view()
                    })}
                </Suspense>
            </div>
        </search>
    }
}

/// A filter that cannot be read: the place is marked, and nothing is listed.
#[component]
pub(crate) fn FilterProblem(filter: String, error: FilterError) -> impl IntoView {
    let FilterError {
        span,
        message,
        hint,
    } = error;
    // A place outside the text would be a fault of ours; the text is shown all the same.
    let within = |at: usize| {
        if filter.is_char_boundary(at) {
            at
        } else {
            filter.len()
        }
    };
    let (start, end) = (within(span.start), within(span.end).max(within(span.start)));
    let mut before = filter;
    let after = before.split_off(end);
    let wrong = before.split_off(start);
    let wrong = if wrong.is_empty() {
        "▁".to_owned()
    } else {
        wrong
    };
    view! {
        <div class="filter-problem" role="alert">
            <p class="filter-text">
                <code>{before}<mark>{wrong}</mark>{after}</code>
            </p>
            <p>
                <strong>{message}</strong>
                {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            </p>
            <p class="hint">"Nothing is listed until the filter can be read."</p>
        </div>
    }
}
