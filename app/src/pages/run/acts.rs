//! What a person may do to a run as a whole.

use leptos::form::ActionForm;
use leptos::prelude::*;
use triage::outcome::{Outcome, RunState};

use crate::keys::on_keys;
use crate::server_fns::runs::ActOnRun;
use crate::view::RunProgressView;

/// How the parts of the page act on their run.
#[derive(Clone, Copy)]
pub(super) struct Deed {
    pub(super) act: ServerAction<ActOnRun>,
    /// The run.
    pub(super) id: i64,
    /// Whether the operator may.
    pub(super) may: bool,
}

/// A form with a button for each of some deeds: word for the server (none: it is under way), label, class.
#[component]
pub(super) fn DeedForm(
    deed: Deed,
    /// The change that is meant, where it is not the whole run.
    #[prop(optional_no_strip)]
    seq: Option<i32>,
    #[prop(into)] buttons: Signal<Vec<(&'static str, String, &'static str)>>,
) -> impl IntoView {
    let pending = deed.act.pending();
    view! {
        <ActionForm action=deed.act attr:class="buttons">
            <input type="hidden" name="id" value=deed.id/>
            {seq.map(|seq| view! { <input type="hidden" name="seq" value=seq/> })}
            {move || {
                buttons
                    .get()
                    .into_iter()
                    .map(|(act, label, class)| {
                        view! {
                            <button
                                class=class
                                name="act"
                                value=act
                                data-act=act
                                disabled=move || act.is_empty() || pending.get()
                            >
                                {label}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </ActionForm>
    }
}

/// The buttons of a run, by where it stands.
#[component]
pub(super) fn Acts(
    progress: Memo<RunProgressView>,
    deed: Deed,
    /// What taking it back costs to prepare.
    undo: Option<String>,
) -> impl IntoView {
    let undoable = undo.is_some();
    let buttons = Memo::new(move |_| progress.with(|progress| buttons(progress, undoable)));
    let hint = move || {
        progress.with(|progress| match progress.state {
            RunState::Waiting | RunState::Running => Some(
                "Pause and Cancel take effect before the next request. What was sent stays."
                    .to_owned(),
            ),
            RunState::Paused => Some(
                "What was sent stays. Nothing more is sent before somebody resumes it.".to_owned(),
            ),
            _ => undo
                .as_ref()
                .map(|reads| format!("Undo {reads}. Then you see what it would do.")),
        })
    };
    view! {
        <Show when=move || deed.may && !buttons.with(Vec::is_empty)>
            <div class="run-actions">
                <DeedForm deed=deed buttons=buttons/>
                <p class="hint">{hint.clone()}</p>
            </div>
        </Show>
    }
}

fn buttons(
    progress: &RunProgressView,
    undoable: bool,
) -> Vec<(&'static str, String, &'static str)> {
    let plain = |act, label: &str| (act, label.to_owned(), "button");
    let primary = |act, label: &str| (act, label.to_owned(), "button primary");
    let failed = progress
        .counts
        .iter()
        .any(|(outcome, count)| *outcome == Outcome::Failed && *count > 0);
    let mut buttons = Vec::new();
    match progress.state {
        _ if progress.cancelling => buttons.push(plain("", "Cancelling …")),
        RunState::Running if progress.pausing => buttons.push(plain("", "Pausing …")),
        RunState::Running => buttons.push(plain("pause", "Pause")),
        RunState::Waiting => {
            if progress.may_go_ahead {
                buttons.push(plain("ahead", "Move ahead"));
            }
            buttons.push(plain("pause", "Pause"));
        }
        RunState::Paused => buttons.push(primary("resume", "Resume")),
        _ => {}
    }
    if !progress.state.is_over() && !progress.cancelling {
        buttons.push(plain("cancel", "Cancel"));
    }
    if failed {
        buttons.push(plain("retry", "Retry failed"));
    }
    if progress.state.is_over() && undoable {
        buttons.push(plain("undo", "Undo"));
    }
    buttons
}

/// `u` takes a run back that is over.
pub(super) fn run_keys() {
    on_keys(move |pressed| {
        let undo = pressed.key == "u";
        if undo {
            click_deed("undo");
        }
        undo
    });
}

#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "nobody presses keys on the server")
)]
fn click_deed(act: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;

        let button = document().query_selector(&format!("button[data-act='{act}']"));
        if let Ok(Some(button)) = button {
            button.unchecked_into::<web_sys::HtmlElement>().click();
        }
    }
}
