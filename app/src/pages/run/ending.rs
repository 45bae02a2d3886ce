//! What tells that a run has ended: the title of the tab and, where the browser was allowed to, a notification.

use leptos::prelude::*;
use triage::outcome::{Outcome, RunState};
use triage::text;

use crate::view::RunProgressView;

/// The title of the page: how far the run is, then how it ended.
pub(super) fn page_title(progress: &RunProgressView) -> String {
    let id = progress.id;
    let count = |wanted: &[Outcome]| -> u64 {
        let counts = progress.counts.iter();
        counts
            .filter(|(outcome, _)| wanted.contains(outcome))
            .map(|(_, count)| u64::from(*count))
            .sum()
    };
    let wrong = count(&[Outcome::Failed, Outcome::Uncertain]);
    match progress.state {
        RunState::Finished if wrong == 0 => format!("✓ Run {id} is done"),
        RunState::Finished => format!("✕ Run {id}: {} went wrong", text::count(wrong)),
        RunState::Cancelled => format!("Run {id} was cancelled"),
        RunState::Paused => format!("‖ Run {id} is paused"),
        _ => {
            let all = count(&Outcome::ALL).max(1);
            let left = count(&[Outcome::Waiting, Outcome::Sending]);
            format!("{} % · Run {id}", (all - left) * 100 / all)
        }
    }
}

/// Offers to tell when a long run ends, where the browser can, and tells.
#[component]
pub(super) fn TellMe(progress: Memo<RunProgressView>) -> impl IntoView {
    let may_ask = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        use web_sys::{Notification, NotificationPermission};

        let over = Memo::new(move |_| progress.with(|progress| progress.state.is_over()));
        let permission = Notification::permission;
        Effect::new(move |_| {
            may_ask.set(permission() == NotificationPermission::Default);
        });
        Effect::new(move |was_over: Option<bool>| {
            let is_over = over.get();
            let title = progress.with_untracked(page_title);
            if was_over == Some(false)
                && is_over
                && document().hidden()
                && permission() == NotificationPermission::Granted
            {
                // Where it is refused, the title has said it.
                let _ = Notification::new(&title);
            }
            is_over
        });
    }
    let ask = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let _ = web_sys::Notification::request_permission();
        }
        may_ask.set(false);
    };
    view! {
        <Show when=move || may_ask.get() && progress.with(|progress| !progress.state.is_over())>
            <button type="button" class="link tell-me" on:click=ask>"Tell me when it ends"</button>
        </Show>
    }
}
