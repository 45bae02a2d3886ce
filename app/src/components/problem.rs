//! What went wrong, where a page or a form would have been.

use leptos::prelude::*;

use crate::server_fns::ApiError;

/// Stands in for a page whose data could not be had.
#[component]
pub(crate) fn PageProblem(error: ApiError) -> impl IntoView {
    let heading = match &error {
        ApiError::NotFound(_) => "Not found",
        ApiError::Forbidden(_) => "Not allowed",
        ApiError::SignedOut => "Signed out",
        _ => "Something went wrong",
    };
    view! {
        <div class="page-problem">
            <h1>{heading}</h1>
            <Message error=error/>
            <p><a href="/">"Back to the overview"</a></p>
        </div>
    }
}

/// An error beside the form that it belongs to.
#[component]
pub(crate) fn Message(error: ApiError) -> impl IntoView {
    let signed_out = error == ApiError::SignedOut;
    let lines = match error {
        ApiError::Invalid(lines) => lines,
        other => vec![other.to_string()],
    };
    view! {
        <div class="message message-error" role="alert">
            {lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
            {signed_out
                .then(|| {
                    view! {
                        <p>
                            <a href="/login?then=close" target="_blank" rel="opener">
                                "Sign in in a new tab"
                            </a>
                            ", then come back here and try again."
                        </p>
                    }
                })}
        </div>
    }
}
