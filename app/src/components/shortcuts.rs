//! The list of shortcuts, on `?`.

use leptos::prelude::*;

const EVERYWHERE: [(&str, &str); 8] = [
    ("g o", "Overview"),
    ("g t", "Triage"),
    ("g r", "Runs"),
    ("g l", "Rules"),
    ("g a", "Activity"),
    ("g s", "Settings"),
    ("/", "Filter"),
    ("?", "This list"),
];

const ON_THE_LIST: [(&str, &str); 12] = [
    ("j  k  ↓  ↑", "Next, previous conversation"),
    ("Enter", "Open it"),
    ("x", "Select it"),
    ("Shift x", "Select everything from the last one to it"),
    ("* a", "Select all that match"),
    ("Esc  * n", "Select nothing"),
    ("a", "Assign"),
    ("t", "Add tag"),
    ("s", "Set status"),
    ("n", "Add note"),
    ("p", "Preview"),
    (".", "Show what is new"),
];

const ON_A_RULE: [(&str, &str); 3] = [
    ("Alt ↑  Alt ↓", "Move it"),
    ("Ctrl Enter", "Add a condition"),
    ("Ctrl s", "Save"),
];

const ON_A_RUN: [(&str, &str); 1] = [("u", "Undo a run that is over")];

/// The id of the panel; a button with `popovertarget` opens it, scripts or not.
pub(crate) const SHORTCUTS: &str = "shortcuts";

/// The list of shortcuts, in a panel that a button or `?` opens.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let list = |title: &'static str, keys: Vec<(&'static str, &'static str)>| {
        view! {
            <section>
                <h2>{title}</h2>
                <dl>
                    {keys
                        .into_iter()
                        .map(|(key, what)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div> })
                        .collect_view()}
                </dl>
            </section>
        }
    };
    view! {
        <div id=SHORTCUTS class="panel shortcuts" popover="auto" tabindex="0" role="dialog" aria-label="Keyboard shortcuts">
            {list("Everywhere", EVERYWHERE.to_vec())}
            {list("On the list", ON_THE_LIST.to_vec())}
            {list("On a run", ON_A_RUN.to_vec())}
            {list("On a rule", ON_A_RULE.to_vec())}
        </div>
    }
}
