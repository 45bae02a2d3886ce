//! The page of the operators. Its forms are plain ones; the server handles them in `web/operators.rs`.

use leptos::prelude::*;
use store::Operator;

use super::{LONGEST_PASSWORD, SHORTEST_PASSWORD, Said, head};
use crate::server_fns::access::SignedIn;
use crate::server_fns::words::Words;

/// Roles as they can be chosen, with what they may.
const ROLES: [(&str, &str); 3] = [
    ("viewer", "viewer: looks"),
    ("lead", "lead: also plans and runs"),
    ("admin", "admin: also key, settings and operators"),
];

/// Draws the page for the admin `me`.
pub(in crate::server_fns) fn draw(
    words: &Words,
    me: &SignedIn,
    operators: &[Operator],
    said: Option<Said>,
) -> String {
    let typed = said.as_ref().and_then(|said| said.typed.clone());
    let (name, role) = typed.map_or((String::new(), "viewer"), |(name, role)| {
        (name, role.as_str())
    });
    view! {
        {head("Operators")}
        {said.map(Said::draw)}
        <section aria-labelledby="operators">
            <h2 id="operators">"Who may sign in"</h2>
            <div class="table-scroll narrow">
                <table class="operators" aria-label="Operators">
                    <thead>
                        <tr>
                            <th>"Name"</th>
                            <th>"Role"</th>
                            <th>"State"</th>
                            <th>"Last sign-in"</th>
                            <th><span class="for-readers">"Changes"</span></th>
                        </tr>
                    </thead>
                    <tbody>{operators.iter().map(|one| line(words, me, one)).collect_view()}</tbody>
                </table>
            </div>
        </section>
        <section aria-labelledby="add-operator">
            <h2 id="add-operator">"Add an operator"</h2>
            <form method="post" action="/operators/add" class="fields key-form">
                <label>
                    <span>"Name"</span>
                    <input name="name" required maxlength="100" autocomplete="off" spellcheck="false" value=name/>
                </label>
                <label>
                    <span>"Role"</span>
                    {choice_of_roles(role)}
                </label>
                <label>
                    <span>"Password"</span>
                    <input
                        name="password"
                        type="password"
                        autocomplete="new-password"
                        minlength=SHORTEST_PASSWORD.to_string()
                        maxlength=LONGEST_PASSWORD
                        aria-describedby="password-hint"
                    />
                    <span class="hint" id="password-hint">
                        {format!(
                            "At least {SHORTEST_PASSWORD} characters. Leave it empty and one is made and shown once.",
                        )}
                    </span>
                </label>
                <div class="buttons">
                    <button class="button primary">"Add operator"</button>
                </div>
            </form>
        </section>
    }
    .to_html()
}

fn line(words: &Words, me: &SignedIn, operator: &Operator) -> impl IntoView {
    let is_me = operator.name == me.name;
    let state = if operator.disabled {
        "disabled"
    } else {
        "active"
    };
    let signed_in = match operator.signed_in_at.map(|at| words.moment(at)) {
        Some(at) => {
            let ago = if at.short == "just now" {
                at.short
            } else {
                format!("{} ago", at.short)
            };
            view! { <time title=at.exact>{ago}</time> }.into_any()
        }
        None => view! { <span class="unknown">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                {operator.name.clone()}
                {is_me.then(|| view! { <span class="hint">" (you)"</span> })}
            </th>
            <td>{operator.role.as_str()}</td>
            <td><span class=format!("operator-state operator-{state}")>{state}</span></td>
            <td>{signed_in}</td>
            <td class="operator-tools">{changes(operator, is_me)}</td>
        </tr>
    }
}

/// A button that opens the forms of one operator; a popover needs no script.
fn changes(operator: &Operator, is_me: bool) -> impl IntoView {
    let name = operator.name.clone();
    let panel = format!("operator-{}", operator.id);
    let heading = format!("{panel}-name");
    let disable = if operator.disabled {
        view! {
            {form("/operators/enable", &name, view! { <button class="button">"Enable"</button> }.into_any())}
            <p class="hint">"They may sign in again, with the password they had."</p>
        }
        .into_any()
    } else {
        view! {
            {form("/operators/disable", &name, view! { <button class="button">"Disable"</button> }.into_any())}
            <p class="hint">"Their sessions end at once, and nobody signs in under this name until it is enabled."</p>
        }
        .into_any()
    };
    let password = if is_me {
        view! { <p><a href="/settings/password">"Change your password"</a></p> }.into_any()
    } else {
        view! {
            {form(
                "/operators/password",
                &name,
                view! { <button class="button">"Make a new password"</button> }.into_any(),
            )}
            <p class="hint">"It is shown once. Their sessions end at once."</p>
        }
        .into_any()
    };
    let role = view! {
        <label>
            <span class="for-readers">{format!("Role of {name}")}</span>
            {choice_of_roles(operator.role.as_str())}
        </label>
        <button class="button">"Change role"</button>
    };
    view! {
        <button type="button" class="button small" popovertarget=panel.clone() aria-label=format!("Change {name}")>
            "Change"
        </button>
        <div id=panel class="panel operator-panel" popover="auto" role="dialog" aria-labelledby=heading>
            <h2 id=heading.clone()>{name.clone()}</h2>
            {is_me
                .then(|| {
                    view! { <p class="hint">"This is you: with less than admin, disabled or removed, you are signed out."</p> }
                })}
            {form("/operators/role", &name, role.into_any())}
            <p class="hint">"With less than they had, their sessions end at once."</p>
            {password}
            {disable}
            {form("/operators/remove", &name, view! { <button class="button danger">"Remove"</button> }.into_any())}
            <p class="hint">"Their sessions end at once. Runs keep their name."</p>
        </div>
    }
}

fn form(action: &'static str, name: &str, inside: AnyView) -> impl IntoView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="name" value=name.to_owned()/>
            {inside}
        </form>
    }
}

fn choice_of_roles(chosen: &'static str) -> impl IntoView {
    view! {
        <select name="role">
            {ROLES
                .into_iter()
                .map(|(role, label)| view! { <option value=role selected=role == chosen>{label}</option> })
                .collect_view()}
        </select>
    }
}
