//! Pages of a list.

use leptos::prelude::*;

/// `Previous` and `Next`, as links that keep the rest of the address. `address` makes the link of a page.
#[component]
pub(crate) fn Pager(
    page: usize,
    pages: usize,
    /// What stands between the two, e.g. `1–50 of 312`.
    #[prop(into)]
    label: Signal<String>,
    address: impl Fn(usize) -> String,
) -> impl IntoView {
    let previous = (page > 1).then(|| address(page - 1));
    let next = (page < pages).then(|| address(page + 1));
    view! {
        <nav class="pager" aria-label="Pages">
            {match previous {
                Some(href) => view! { <a class="button quiet" rel="prev" href=href>"Previous"</a> }.into_any(),
                None => view! { <span class="button quiet disabled" aria-hidden="true">"Previous"</span> }.into_any(),
            }}
            <span class="pager-label">{label}</span>
            {match next {
                Some(href) => view! { <a class="button quiet" rel="next" href=href>"Next"</a> }.into_any(),
                None => view! { <span class="button quiet disabled" aria-hidden="true">"Next"</span> }.into_any(),
            }}
        </nav>
    }
}
