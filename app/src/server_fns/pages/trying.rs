//! What the pages on which rules are tried and explained have in common.

use engine::RuleSource;
use leptos::prelude::*;
use store::RuleVersion;

use crate::server_fns::words::Words;

/// The rules that can be chosen, and which are.
pub(in crate::server_fns) struct Choices {
    /// The version in force; 0 where none was ever saved.
    pub(in crate::server_fns) live: i32,
    /// The version that the operator's draft began from, and when it was last changed.
    pub(in crate::server_fns) draft: Option<(i32, i64)>,
    /// Newest first.
    pub(in crate::server_fns) versions: Vec<RuleVersion>,
    pub(in crate::server_fns) chosen: RuleSource,
}

/// The rules that an address or form names: `draft`, `live`, or a version's number; nothing where it names none.
#[must_use]
pub fn source(text: &str, live: i32) -> Option<RuleSource> {
    match text {
        "draft" => Some(RuleSource::Draft),
        "live" => Some(RuleSource::Version(live)),
        number => number.parse().ok().map(RuleSource::Version),
    }
}

/// The same for an address.
pub(in crate::server_fns) fn source_key(source: RuleSource) -> String {
    match source {
        RuleSource::Draft => "draft".to_owned(),
        RuleSource::Version(number) => number.to_string(),
    }
}

impl Choices {
    /// `the edited set`, `the live version 3`, `version 2`.
    pub(super) fn name(&self, source: RuleSource) -> String {
        match source {
            RuleSource::Draft => "the edited set".to_owned(),
            RuleSource::Version(0) => "no rules".to_owned(),
            RuleSource::Version(number) if number == self.live => {
                format!("the live version {number}")
            }
            RuleSource::Version(number) => format!("version {number}"),
        }
    }

    pub(super) fn draw(&self, words: &Words) -> impl IntoView + use<> {
        let live = self.live;
        let draft = self.draft.map(|(base, changed)| {
            let changed = words.moment(changed).short;
            let text = match base {
                0 => format!("Edited set, {}", ago(changed)),
                base => format!("Edited from version {base}, {}", ago(changed)),
            };
            (RuleSource::Draft, text)
        });
        let none = (live == 0).then(|| (RuleSource::Version(0), "Live: no rules yet".to_owned()));
        let versions = self.versions.iter().map(|one| {
            let number = one.version;
            let by = format!(
                "by {}, {}",
                one.author,
                ago(words.moment(one.saved_at).short)
            );
            let text = if number == live {
                format!("Live, version {number} {by}")
            } else {
                format!("Version {number} {by}")
            };
            (RuleSource::Version(number), text)
        });
        let chosen = self.chosen;
        let options: Vec<_> = draft
            .into_iter()
            .chain(none)
            .chain(versions)
            .map(|(source, text)| {
                let key = source_key(source);
                view! { <option value=key selected=source == chosen>{text}</option> }
            })
            .collect();
        view! {
            <label>
                <span>"Rules"</span>
                <select name="rules">{options}</select>
            </label>
        }
    }
}

fn ago(short: String) -> String {
    if short == "just now" {
        short
    } else {
        format!("{short} ago")
    }
}

/// What stands at the top.
pub(super) fn head(heading: &'static str, crumb: impl IntoView) -> impl IntoView {
    view! {
        <header class="page-head">
            <p class="crumb">{crumb}</p>
            <h1>{heading}</h1>
        </header>
    }
}
