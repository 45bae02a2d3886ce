//! What rules did to a conversation.

use leptos::prelude::*;
use routing::model::RuleId;
use store::{ActMode, RuleAct};
use triage::outcome::Outcome;
use triage::text;

use super::Found;
use crate::components::marks::{Ago, conversation_page};
use crate::server_fns::words::{Words, encode};

/// Draws the section.
pub(super) fn draw(words: &Words, found: &Found) -> impl IntoView + use<> {
    let rows: Vec<_> = found
        .acts
        .iter()
        .map(|act| row(words, found, act))
        .collect();
    let body = if rows.is_empty() {
        view! {
            <p class="hint">"No rule has acted on this conversation. Once one does, this says when, why it looked, and in which run."</p>
        }
        .into_any()
    } else {
        view! { <ol class="groups acts">{rows}</ol> }.into_any()
    };
    view! {
        <section aria-labelledby="did">
            <h2 id="did">"What rules did"</h2>
            {body}
        </section>
    }
}

fn row(words: &Words, found: &Found, act: &RuleAct) -> impl IntoView + use<> {
    let id = RuleId::from(act.rule.as_str());
    let name = found.rule_names.get(&id).cloned();
    let name = name.unwrap_or_else(|| act.rule.clone());
    let names = &found.explained.directory;
    let did: Vec<String> = act
        .did
        .iter()
        .map(|change| text::change(change, names))
        .collect();
    let did = match (did.is_empty(), act.mode) {
        (true, _) => "nothing".to_owned(),
        (false, ActMode::On) => did.join(" · "),
        (false, ActMode::Shadow) => format!("would have: {}", did.join(" · ")),
    };
    let page = conversation_page(found.explained.conversation.id.as_str());
    let version = match act.version {
        0 => view! { "edited rules" }.into_any(),
        version => {
            let href = format!("{page}/rules?rules={version}&rule={}", encode(&act.rule));
            view! { <a href=href>{format!("version {version}")}</a> }.into_any()
        }
    };
    let run = match (act.run, act.mode) {
        (Some(run), _) => {
            let sent = found.sent.get(&(run, act.rule.clone()));
            let became = sent.map(|sent| became(sent));
            let run = run.0;
            view! { ", " <a href=format!("/runs/{run}")>{format!("run {run}")}</a> {became} }
                .into_any()
        }
        (None, ActMode::Shadow) => ", a shadow: nothing was sent".into_any(),
        (None, ActMode::On) => ", nothing was sent for it".into_any(),
    };
    view! {
        <li>
            <span class="act"><strong>{name}</strong> " " {did}</span>
            <span class="hint">
                <Ago moment=words.moment(act.at) ago=true/> ", " {occasion(&act.occurrence)} ", " {version} {run}
            </span>
        </li>
    }
}

/// What became of the changes of an act, where it is more than that they are done.
fn became(sent: &[Outcome]) -> String {
    let mut all = String::new();
    for outcome in Outcome::ALL {
        let count = sent.iter().filter(|one| **one == outcome).count();
        match count {
            0 => {}
            _ if outcome == Outcome::Done => {}
            _ if count == sent.len() => all.push_str(&format!(": {}", outcome.as_str())),
            _ => all.push_str(&format!(": {count} of {} {}", sent.len(), outcome.as_str())),
        }
    }
    all
}

/// What made the rule look, from the occurrence that is kept with an act.
pub(super) fn occasion(occurrence: &str) -> &'static str {
    match occurrence.split(':').next() {
        Some("history" | "delivery") => "after a change",
        Some("sweep") => "at a sweep",
        Some("schedule") => "on schedule",
        _ => "because a person asked",
    }
}
