//! The pages of the rules. Their forms are plain ones, which scripts bring to life: see `components::live_form`; the
//! server handles them in `web/rule_forms.rs`.

mod bar;
mod ceiling;
mod conditions;
mod controls;
mod differences;
mod editor;
mod effects;
mod importing;
mod list;
mod matches;
mod saving;
mod versions;

use engine::Engine;
use leptos::prelude::*;
use triage::model::Directory;

use super::Said;
use crate::rule_editor::Work;
use crate::server_fns::access::Pasted;
use crate::server_fns::access::SignedIn;
use crate::server_fns::rules::rule_named;
use crate::server_fns::words::Words;
use crate::view::Role;

/// What is asked for.
#[derive(Debug, Default)]
pub(in crate::server_fns) struct Asked {
    pub(in crate::server_fns) path: String,
    pub(in crate::server_fns) query: Vec<(String, String)>,
    pub(in crate::server_fns) said: Option<Said>,
    /// What was pasted and not taken.
    pub(in crate::server_fns) pasted: Option<Pasted>,
    pub(in crate::server_fns) focus: Option<String>,
    pub(in crate::server_fns) idle: bool,
}

impl Asked {
    /// A page by its address.
    pub(in crate::server_fns) fn of(at: &str) -> Self {
        let (path, query) = at.split_once('?').unwrap_or((at, ""));
        Self {
            path: path.trim_end_matches('/').to_owned(),
            query: crate::rule_editor::pairs_of(query),
            ..Self::default()
        }
    }

    fn parameter(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What all pages are drawn from.
struct Around<'a> {
    engine: &'a Engine,
    words: Words,
    names: Directory,
    /// Whether the operator may edit.
    edits: bool,
    /// Who they are.
    by: SignedIn,
}

/// The title of the page at a path.
fn title(part: &str, work: &Work) -> String {
    match part {
        "" => "Rules".to_owned(),
        "save" => "Save the rules".to_owned(),
        "import" => "Import rules".to_owned(),
        "versions" => "Versions of the rules".to_owned(),
        other => match other.strip_prefix("versions/") {
            Some(number) => format!("Version {number} of the rules"),
            None => rule_named(other)
                .and_then(|id| work.place(&id))
                .map_or("Rules", |place| work.entries[place].name())
                .to_owned(),
        },
    }
}

/// Draws the page: its title and its HTML; nothing where there is none.
pub(in crate::server_fns) async fn draw(
    engine: &Engine,
    by: &SignedIn,
    asked: Asked,
) -> Result<Option<(String, String)>, store::Error> {
    let edits = by.role >= Role::Lead;
    let around = Around {
        engine,
        words: Words::of(engine),
        names: engine.mirror().read().directory.clone(),
        edits,
        by: by.clone(),
    };
    let Some(work) = Work::of(engine, edits.then_some(by.name.as_str())).await? else {
        let html = controls::html(|| list::unconnected(asked.said));
        return Ok(Some(("Rules".to_owned(), html)));
    };
    let part = asked.path.strip_prefix("/rules").unwrap_or_default();
    let part = part.strip_prefix('/').unwrap_or(part).to_owned();
    let html = match part.as_str() {
        "" => Some(list::draw(&around, &work, asked).await?),
        "save" if edits => Some(saving::draw(&around, &work, asked).await?),
        "import" if edits => Some(importing::draw(&asked)),
        "versions" => Some(versions::list(&around, asked).await?),
        other => match (other.strip_prefix("versions/"), rule_named(other)) {
            (Some(number), _) => versions::one(&around, &work, number, asked).await?,
            (None, Some(id)) => editor::draw(&around, &work, &id, asked).await?,
            (None, None) => None,
        },
    };
    Ok(html.map(|html| (title(&part, &work), html)))
}

/// The top of a page below the list.
fn head(heading: impl IntoView) -> impl IntoView {
    view! {
        <header class="page-head">
            <p class="crumb"><a href="/rules">"Rules"</a></p>
            {heading}
        </header>
    }
}

/// What was done, for everybody: screen readers are told when it changes.
fn spoken(asked: &Asked) -> impl IntoView + use<> {
    let focus = asked.focus.clone();
    let said = asked.said.clone();
    let refused = said.as_ref().is_some_and(|said| !said.done);
    let class = match &said {
        None => "rules-said",
        Some(_) if refused => "rules-said message message-error",
        Some(_) => "rules-said message message-good",
    };
    view! {
        <div id="rules-said" data-part="" role="status">
            <p class=class data-focus=focus>{said.map(|said| said.text)}</p>
        </div>
    }
}
