//! Why rules do what they do to a conversation: each rule in order, each condition with what it met.

mod acts;
mod decided;
mod findings;

use std::collections::HashMap;
use std::sync::Arc;

use engine::Explained;
use leptos::prelude::*;
use routing::explanation::{Explanation, Verdict};
use routing::model::{RuleId, RuleSet};
use routing::moment::Occasion;
use store::RuleAct;
use triage::model::RunId;
use triage::outcome::Outcome;
use triage::text;

pub(in crate::server_fns) use self::decided::Decided;
use super::trying::{Choices, head, source_key};
use crate::components::marks::{AssigneeMark, StatusMark, Subject, TagMarks, conversation_page};
use crate::server_fns::words::{Words, encode};
use crate::view::ConversationRow;

/// The occasions that can be chosen: key in the address, and words.
const OCCASIONS: [(&str, &str, Occasion); 10] = [
    ("any", "whatever happened", Occasion::Any),
    ("created", "it was created", Occasion::Created),
    ("assigned", "it was assigned", Occasion::Assigned),
    ("opened", "it became open", Occasion::Opened),
    ("pending", "it became pending", Occasion::Pending),
    ("closed", "it became closed", Occasion::Closed),
    ("note_added", "a note was added", Occasion::NoteAdded),
    ("changed", "something else changed", Occasion::Changed),
    ("sweep", "at the next sweep", Occasion::Sweep),
    ("on_demand", "a person asks for it", Occasion::OnDemand),
];

/// The occasion that an address names.
pub(in crate::server_fns) fn occasion(key: &str) -> Option<Occasion> {
    let found = OCCASIONS.iter().find(|(name, ..)| *name == key);
    found.map(|(_, _, occasion)| *occasion)
}

/// A conversation that is explained.
pub(in crate::server_fns) struct Found {
    pub(in crate::server_fns) explained: Explained,
    pub(in crate::server_fns) choices: Choices,
    pub(in crate::server_fns) occasion: Occasion,
    /// The change that is asked about, where one is.
    pub(in crate::server_fns) decided: Option<Decided>,
    /// What rules did to it, newest first, and with the names of rules as they are now.
    pub(in crate::server_fns) acts: Vec<RuleAct>,
    /// What became of the changes that rules asked for, by run and rule.
    pub(in crate::server_fns) sent: HashMap<(RunId, String), Vec<Outcome>>,
    pub(in crate::server_fns) rule_names: HashMap<RuleId, String>,
}

/// A conversation that is looked for, to be explained.
pub(in crate::server_fns) struct Search<'s> {
    pub(in crate::server_fns) choices: Choices,
    /// The rules that are chosen.
    pub(in crate::server_fns) set: Arc<RuleSet>,
    pub(in crate::server_fns) typed: &'s str,
    pub(in crate::server_fns) rule: &'s str,
    /// Those whose subject has the words, and how many there are.
    pub(in crate::server_fns) rows: Vec<ConversationRow>,
    pub(in crate::server_fns) matching: usize,
    pub(in crate::server_fns) explained: Option<Found>,
}

/// Draws the page of a conversation.
pub(in crate::server_fns) fn of_conversation(words: &Words, found: &Found, rule: &str) -> String {
    let conversation = &found.explained.conversation;
    let page = conversation_page(conversation.id.as_str());
    let subject = conversation.subject.clone();
    let row = words.row(&found.explained.directory, conversation);
    let crumb = view! { <a class="crumb-subject" href=page.clone()><Subject subject=subject/></a> };
    view! {
        {head("Rules", crumb)}
        {facts(row)}
        {found.decided.as_ref().map(|one| decided::draw(words, found, one))}
        {acts::draw(words, found)}
        <section aria-labelledby="now">
            <h2 id="now">"What would happen now"</h2>
            <form method="get" action=format!("{page}/rules") class="narrowing trying">
                {found.choices.draw(words)}
                {occasions(found.occasion)}
                {(!rule.is_empty()).then(|| view! { <input type="hidden" name="rule" value=rule.to_owned()/> })}
                {found
                    .decided
                    .as_ref()
                    .map(|one| {
                        let (run, change) = (one.run.id.to_string(), one.change.seq.to_string());
                        view! {
                            <input type="hidden" name="run" value=run/>
                            <input type="hidden" name="change" value=change/>
                        }
                    })}
                <button class="button">"Explain"</button>
            </form>
            {explanation(words, found, rule)}
        </section>
    }
    .to_html()
}

/// Draws the page on which a conversation is looked for, to explain a rule by it.
pub(in crate::server_fns) fn of_rule(words: &Words, found: &Search<'_>) -> String {
    let picked = found.rule.to_owned();
    let options: Vec<_> = found
        .set
        .rules
        .iter()
        .map(|rule| {
            let id = rule.id.to_string();
            let selected = id == picked;
            view! { <option value=id selected=selected>{rule.name.clone()}</option> }
        })
        .collect();
    let typed = found.typed.to_owned();
    let body = match &found.explained {
        Some(one) => {
            let conversation = &one.explained.conversation;
            let row = words.row(&one.explained.directory, conversation);
            let page = conversation_page(conversation.id.as_str());
            view! {
                <section aria-labelledby="explained">
                    <h2 id="explained" class="explained-subject">
                        <a href=page><Subject subject=conversation.subject.clone()/></a>
                    </h2>
                    {facts(row)}
                    {explanation(words, one, found.rule)}
                </section>
            }
            .into_any()
        }
        None if typed.is_empty() => view! {
            <div class="nothing">
                <p class="nothing-what">"Why did a rule act, and why not?"</p>
                <p class="hint">
                    "Type the id of a conversation, or words of its subject: every rule is told in order, each condition with what \
                     the conversation has there, and what became of it. Nothing is changed."
                </p>
            </div>
        }
        .into_any(),
        None => offered(found).into_any(),
    };
    view! {
        {head("Explain", view! { <a href="/rules">"Rules"</a> })}
        <form method="get" action="/rules/explain" class="narrowing trying">
            {found.choices.draw(words)}
            <label>
                <span>"Rule"</span>
                <select name="rule"><option value="">"every rule"</option>{options}</select>
            </label>
            <label class="grows">
                <span>"Conversation"</span>
                <input name="conversation" value=typed placeholder="its id, or words of its subject"/>
            </label>
            <button class="button primary">"Explain"</button>
        </form>
        {body}
    }
    .to_html()
}

fn offered(found: &Search<'_>) -> impl IntoView + use<> {
    if found.rows.is_empty() {
        return view! {
            <div class="nothing">
                <p class="nothing-what">"No such conversation"</p>
                <p class="hint">"None has that id, or a subject with these words."</p>
            </div>
        }
        .into_any();
    }
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|row| {
            let href = format!(
                "/rules/explain?rules={}&rule={}&conversation={}",
                source_key(found.choices.chosen),
                encode(found.rule),
                encode(&row.id)
            );
            view! {
                <li>
                    <a href=href><Subject subject=row.subject.clone()/></a>
                    <StatusMark status=row.status.clone()/>
                </li>
            }
        })
        .collect();
    let shown = rows.len();
    let title = if found.matching > shown {
        format!(
            "{} of {} with these words",
            text::count(shown as u64),
            text::plural(found.matching as u64, "conversation")
        )
    } else {
        format!(
            "{} with these words",
            text::plural(shown as u64, "conversation")
        )
    };
    view! {
        <section aria-labelledby="offered">
            <h2 id="offered">{title}</h2>
            <ul class="groups offered">{rows}</ul>
        </section>
    }
    .into_any()
}

fn occasions(chosen: Occasion) -> impl IntoView {
    let options: Vec<_> = OCCASIONS
        .into_iter()
        .map(|(key, words, occasion)| {
            view! { <option value=key selected=occasion == chosen>{words}</option> }
        })
        .collect();
    view! {
        <label>
            <span>"When"</span>
            <select name="on">{options}</select>
        </label>
    }
}

fn facts(row: ConversationRow) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"Status"</dt><dd><StatusMark status=row.status/></dd></div>
            <div><dt>"Assignee"</dt><dd><AssigneeMark assignee=row.assignee/></dd></div>
            <div><dt>"Mailbox"</dt><dd>{row.mailbox.unwrap_or_else(|| "unknown".to_owned())}</dd></div>
            <div><dt>"Tags"</dt><dd><TagMarks tags=row.tags/></dd></div>
            <div><dt>"Hiver's id"</dt><dd><code>{row.id}</code></dd></div>
        </dl>
    }
}

fn explanation(words: &Words, found: &Found, rule: &str) -> impl IntoView + use<> {
    let explained = &found.explained;
    let name = found.choices.name(found.choices.chosen);
    if explained.explanation.rules.is_empty() {
        return view! {
            <div class="nothing">
                <p class="nothing-what">"No rules"</p>
                <p class="hint">{format!("By {name}, nothing happens to any conversation.")}</p>
            </div>
        }
        .into_any();
    }
    let rules = &explained.explanation.rules;
    let page = conversation_page(explained.conversation.id.as_str());
    let rows: Vec<_> = rules
        .iter()
        .zip(1_usize..)
        .map(|(one, place)| {
            let link = format!(
                "{page}/rules?rules={}&rule={}",
                source_key(found.choices.chosen),
                encode(one.rule.as_str())
            );
            findings::rule(one, place, rules.len(), rule, link, explained)
        })
        .collect();
    let hint = format!(
        "By {name}, at {}. It is looked at as it is; nothing is changed.",
        words.clock(explained.moment.now_ms)
    );
    view! {
        <p class="summary-line">{summary(explained)}</p>
        <p class="hint">{hint}</p>
        <ol class="explained">{rows}</ol>
    }
    .into_any()
}

/// `Assign to Ana Ruiz, add tag billing.` or why nothing is sent, in a line.
fn summary(explained: &Explained) -> String {
    let Explanation { rules } = &explained.explanation;
    if !explained.changes.is_empty() {
        let changes: Vec<String> = explained
            .changes
            .iter()
            .map(|(_, change)| text::change(change, &explained.directory))
            .collect();
        return format!("{}.", changes.join(" · "));
    }
    let of = |wanted: fn(&Verdict) -> bool| rules.iter().filter(|one| wanted(&one.verdict)).count();
    let fit = of(|verdict| {
        matches!(
            verdict,
            Verdict::Acts
                | Verdict::WouldAct
                | Verdict::Nothing
                | Verdict::ActedBefore { .. }
                | Verdict::RecordedBefore { .. }
                | Verdict::OutsideHours { .. }
        )
    });
    match fit {
        0 => format!(
            "Nothing: none of {} fits.",
            text::plural(rules.len() as u64, "rule")
        ),
        1 => "Nothing: one rule fits, and changes nothing.".to_owned(),
        some => format!(
            "Nothing: {} fit, and change nothing.",
            text::plural(some as u64, "rule")
        ),
    }
}
