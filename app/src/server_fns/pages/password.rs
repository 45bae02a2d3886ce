//! The page for one's own password. Its form is a plain one; the server handles it in `web/own_password.rs`.

use leptos::prelude::*;

use super::{LONGEST_PASSWORD, SHORTEST_PASSWORD, Said, head};
use crate::server_fns::access::SignedIn;

/// Draws the page for `me`.
pub(in crate::server_fns) fn draw(me: &SignedIn, said: Option<Said>) -> String {
    let new_password = |name: &'static str, label: &'static str| {
        view! {
            <label>
                <span>{label}</span>
                <input
                    name=name
                    type="password"
                    autocomplete="new-password"
                    required
                    minlength=SHORTEST_PASSWORD.to_string()
                    maxlength=LONGEST_PASSWORD
                />
            </label>
        }
    };
    view! {
        {head("Your password")}
        {said.map(Said::draw)}
        <form method="post" action="/password" class="fields key-form">
            // Password managers want to know whose it is.
            <input type="hidden" name="username" autocomplete="username" value=me.name.clone()/>
            <label>
                <span>"Current password"</span>
                <input
                    name="current"
                    type="password"
                    autocomplete="current-password"
                    required
                    maxlength=LONGEST_PASSWORD
                />
            </label>
            {new_password("new", "New password")}
            {new_password("again", "New password again")}
            <p class="hint">
                {format!(
                    "At least {SHORTEST_PASSWORD} characters. Your other sessions end; this one goes on.",
                )}
            </p>
            <div class="buttons">
                <button class="button primary">"Change password"</button>
            </div>
        </form>
    }
    .to_html()
}
