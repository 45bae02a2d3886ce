//! A page that the server has drawn: HTML in, no code for what is in it.

use leptos::prelude::*;

use super::problem::PageProblem;
use crate::server_fns::ApiError;

/// Shows HTML that a server function has drawn from escaped text (see `server_fns::pages`). Its links and plain
/// forms work, with scripts and without; it holds nothing that needs any.
#[component]
pub(crate) fn Drawn(html: Resource<Result<String, ApiError>>) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match html.await {
                    Ok(html) => view! { <div class="drawn" inner_html=html></div> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}
