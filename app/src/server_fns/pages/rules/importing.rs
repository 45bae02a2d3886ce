//! The page on which a document is pasted.

use leptos::prelude::*;

use super::controls::{html, textarea};
use super::{Asked, head, spoken};
use crate::rule_editor::REPLACE;
use crate::server_fns::access::Pasted;

const SAMPLE: &str = r#"[
  { "keyword": "invoice", "tag": "billing", "assignee": "Ana Ruiz" }
]"#;

pub(super) fn draw(asked: &Asked) -> String {
    let Pasted { document, replaces } = asked.pasted.clone().unwrap_or_default();
    html(|| {
        view! {
            {head(view! { <h1>"Import rules"</h1> })}
            {spoken(asked)}
            <form class="rules-import" method="post" action="/rules/import" autocomplete="off">
                <p>
                    "Paste a document as Export writes it, or the list of Hiver's tutorial. Names of users, tags and \
                     mailboxes are as good as their ids."
                </p>
                {textarea("document", "Document", &document, "document", SAMPLE)}
                {places(replaces)}
                <span class="buttons">
                    <button class="button primary">"Import"</button>
                    <a class="button" href="/rules">"Go back"</a>
                </span>
                <p class="hint">"A document may have 16 MiB. Nothing is in force before you save."</p>
                <p><a href="/rules/schema.json" rel="external">"The shape of a document"</a></p>
            </form>
            <form class="rules-import" method="post" action="/rules/import" enctype="multipart/form-data">
                <h2>"Or a file"</h2>
                <input type="file" name="file" aria-label="File" accept=".json,application/json" required/>
                {places(replaces)}
                <span class="buttons"><button class="button">"Import the file"</button></span>
            </form>
        }
    })
}

fn places(replaces: bool) -> impl IntoView {
    view! {
        <div class="choices" role="radiogroup" aria-label="Where they go">
            <label class="tick">
                <input type="radio" name="how" value="add" checked=!replaces/>
                <span>"add below the rules that are there"</span>
            </label>
            <label class="tick">
                <input type="radio" name="how" value=REPLACE checked=replaces/>
                <span>"replace all of them"</span>
            </label>
        </div>
    }
}
