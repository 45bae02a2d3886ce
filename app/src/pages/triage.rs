//! Triage: the list, its filter, the selection, and the bar in which actions are composed.

mod address;
mod filter_bar;
mod list;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_query_map};

use self::address::Address;
use self::filter_bar::FilterBar;
#[cfg(feature = "ssr")]
pub(crate) use self::filter_bar::FilterProblem;
use self::list::List;
use crate::components::compose::{Compose, ComposeBar, Kept, Picked};
use crate::components::frame::Who;
use crate::components::problem::PageProblem;
use crate::live::{Live, steady};
use crate::server_fns::triage::{choices, list_conversations};
use crate::view::Role;

/// The page.
#[component]
pub(crate) fn TriagePage() -> impl IntoView {
    let query = use_query_map();
    let location = use_location();
    // On the way to another page the address changes before this one is gone; that is no other filter.
    let address = Memo::new(move |before: Option<&Address>| match before {
        Some(before) if location.pathname.get() != "/triage" => before.clone(),
        _ => location.search.with(|search| Address::of_search(search)),
    });
    let filter = Signal::derive(move || address.with(|address| address.filter.clone()));
    // Grows to read the list again at the same address.
    let again = RwSignal::new(0_u32);
    let refreshed = Live::of_tab().refreshed;
    let list = Resource::new(
        steady(move || (address.get(), again.get(), refreshed.get())),
        |(address, ..)| {
            list_conversations(
                address.filter,
                address.sort,
                address.descending,
                address.page,
            )
        },
    );
    let choices = Resource::new(|| (), |()| choices());

    let compose = Compose::new();
    if query.with_untracked(|query| query.get_str("select") == Some("all")) {
        compose.picked.set(Picked::AllBut(Default::default()));
    }
    // On the server before anything is drawn from it: what is drawn there must not change afterwards.
    #[cfg(feature = "ssr")]
    if let Some(draft) = crate::server_fns::kept_draft() {
        take_up_draft(compose, &draft);
    }
    compose.keep_in_tab(filter);
    forget_selection_with_filter(compose, filter);
    let matching = RwSignal::new(0_usize);
    let shown = RwSignal::new(Vec::new());
    let at = StoredValue::new(None);
    let who = Who::of_page();

    view! {
        <Title text="Triage"/>
        <h1 class="for-readers">"Triage"</h1>
        <FilterBar address=address choices=choices/>
        <Transition fallback=move || view! { <ListSkeleton/> }>
            {move || Suspend::new(async move {
                let may_change = who.may(Role::Lead).await;
                match list.await {
                    Ok(list) => {
                        view! {
                            <List
                                list=list
                                address=address.get_untracked()
                                compose=compose
                                matching=matching
                                shown=shown
                                again=again
                                at=at
                                selectable=may_change
                            />
                        }
                            .into_any()
                    }
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
        <Suspense>
            {move || Suspend::new(async move {
                let may_change = who.may(Role::Lead).await;
                let choices = choices.await.ok().filter(|_| may_change);
                choices
                    .map(|choices| {
                        #[cfg(feature = "hydrate")]
                        if let Some(draft) = &choices.draft {
                            take_up_draft(compose, draft);
                        }
                        view! {
                            <ComposeBar
                                compose=compose
                                choices=choices
                                filter=filter
                                matching=matching
                                shown=shown
                            />
                        }
                    })
            })}
        </Suspense>
    }
}

/// A form that the server kept is shown again as it was sent.
fn take_up_draft(compose: Compose, draft: &str) {
    if let Some(kept) = Kept::from_form(draft) {
        compose.take_up(kept);
    }
}

/// A selection belongs to the filter it was made under.
fn forget_selection_with_filter(compose: Compose, filter: Signal<String>) {
    Effect::new(move |before: Option<String>| {
        let now = filter.get();
        if before.is_some_and(|before| before != now) {
            compose.picked.set(Picked::default());
        }
        now
    });
}

/// Keeps the place of the list while it is read for the first time.
#[component]
fn ListSkeleton() -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            {(0..12).map(|_| view! { <div class="skeleton-row"></div> }).collect_view()}
        </div>
    }
}
