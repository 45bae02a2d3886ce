//! The page of the activity: a form that narrows, and a table.

use leptos::prelude::*;
use store::Written;
use triage::actions::ChangeKind;
use triage::model::Mailbox;
use triage::text;

use super::author::author_link;
use crate::components::marks::{Ago, OutcomeMark, Subject, conversation_page};
use crate::server_fns::words::{Words, encode, names};

/// What the address asks for, as it stands there.
pub(in crate::server_fns) struct Asked {
    pub(in crate::server_fns) author: String,
    pub(in crate::server_fns) mailbox: String,
    pub(in crate::server_fns) kind: String,
    pub(in crate::server_fns) since: String,
    pub(in crate::server_fns) until: String,
    pub(in crate::server_fns) page: u64,
}

/// What was found, and what can be asked for.
pub(in crate::server_fns) struct Found {
    pub(in crate::server_fns) authors: Vec<String>,
    pub(in crate::server_fns) mailboxes: Vec<Mailbox>,
    pub(in crate::server_fns) written: Vec<Written>,
    pub(in crate::server_fns) total: u64,
    pub(in crate::server_fns) pages: u64,
}

impl Asked {
    fn narrows(&self) -> bool {
        let all = [
            &self.author,
            &self.mailbox,
            &self.kind,
            &self.since,
            &self.until,
        ];
        all.into_iter().any(|one| !one.is_empty())
    }

    fn on_page(&self, page: u64) -> String {
        format!(
            "/activity?author={}&mailbox={}&kind={}&since={}&until={}&page={page}",
            encode(&self.author),
            encode(&self.mailbox),
            encode(&self.kind),
            encode(&self.since),
            encode(&self.until),
        )
    }
}

/// Draws the page.
pub(in crate::server_fns) fn draw(
    words: &Words,
    asked: &Asked,
    found: Found,
    notices: String,
) -> String {
    let Found {
        authors,
        mailboxes,
        written,
        total,
        pages,
    } = found;
    let authors = authors
        .into_iter()
        .map(|name| (name.clone(), name))
        .collect();
    let names_of_mailboxes = mailboxes
        .iter()
        .map(|mailbox| (mailbox.id.to_string(), mailbox.name.clone()))
        .collect();
    let kinds = ChangeKind::ALL
        .map(|kind| (kind.to_string(), text::change_kind(kind).to_owned()))
        .to_vec();
    let empty = written.is_empty();
    view! {
        <h1>"Activity"</h1>
        <div inner_html=notices></div>
        <form method="get" action="/activity" class="narrowing">
            {choice("By", "author", "anybody", &asked.author, authors)}
            {choice("Mailbox", "mailbox", "all", &asked.mailbox, names_of_mailboxes)}
            {choice("Change", "kind", "every kind", &asked.kind, kinds)}
            {day("From", "since", &asked.since)}
            {day("To", "until", &asked.until)}
            <button class="button">"Show"</button>
            {asked.narrows().then(|| view! { <a href="/activity">"Show everything"</a> })}
        </form>
        {if empty {
            nothing(asked.narrows()).into_any()
        } else {
            view! {
                <div class="list-head">
                    <p class="hint">{format!("{} sent, newest first", text::plural(total, "change"))}</p>
                    {pager(asked, pages)}
                </div>
                {table(words, written)}
            }
                .into_any()
        }}
    }
    .to_html()
}

fn choice(
    label: &'static str,
    name: &'static str,
    all: &'static str,
    picked: &str,
    options: Vec<(String, String)>,
) -> impl IntoView + use<> {
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, text)| {
            let selected = value == picked;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect();
    view! {
        <label>
            <span>{label}</span>
            <select name=name>
                <option value="">{all}</option>
                {options}
            </select>
        </label>
    }
}

fn day(label: &'static str, name: &'static str, picked: &str) -> impl IntoView + use<> {
    view! {
        <label>
            <span>{label}</span>
            <input type="date" name=name value=picked.to_owned()/>
        </label>
    }
}

fn pager(asked: &Asked, pages: u64) -> impl IntoView + use<> {
    let at = asked.page;
    let step = |page: u64, label: &'static str, possible: bool| {
        let address = asked.on_page(page);
        possible.then(|| view! { <a href=address>{label}</a> })
    };
    (pages > 1).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                <span class="hint">{format!("Page {at} of {pages}")}</span>
                {step(at.saturating_sub(1), "Previous", at > 1)}
                {step(at + 1, "Next", at < pages)}
            </nav>
        }
    })
}

fn nothing(narrowed: bool) -> impl IntoView {
    let (what, how) = if narrowed {
        (
            "Nothing like that was sent",
            "Widen the choice above to see more.",
        )
    } else {
        (
            "Nothing was sent yet",
            "Every change that a run makes in Hiver appears here, with its author.",
        )
    };
    view! {
        <div class="nothing">
            <p class="nothing-what">{what}</p>
            <p class="hint">{how}</p>
        </div>
    }
}

fn table(words: &Words, written: Vec<Written>) -> impl IntoView + use<> {
    let lines: Vec<_> = written
        .into_iter()
        .map(|(run, change)| {
            let at = change.finished_at.or(change.sent_at).map(|at| words.moment(at));
            let by = author_link(&run);
            let number = run.id.0;
            let change = words.change(run.id, change, &names(&run));
            view! {
                <tr>
                    <td class="subject">
                        <a href=conversation_page(&change.conversation)><Subject subject=change.subject/></a>
                    </td>
                    <td class="change">{change.change}</td>
                    <td class="outcome-column">
                        <OutcomeMark outcome=Signal::stored(change.outcome)/>
                        <span class="reason">{change.reason}</span>
                    </td>
                    <td class="author">
                        {by}
                        {change.decided_by.map(|by| view! { <span class="hint decided">{format!("decided by {by}")}</span> })}
                    </td>
                    <td class="run-number"><a href=format!("/runs/{number}")>{format!("run {number}")}</a></td>
                    <td class="age">{at.map(|at| view! { <Ago moment=at ago=true/> })}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-scroll">
            <table class="list changes" aria-label="Activity">
                <thead>
                    <tr>
                        <th class="subject">"Conversation"</th>
                        <th class="change">"Change"</th>
                        <th class="outcome-column">"Outcome"</th>
                        <th class="author">"By"</th>
                        <th class="run-number">"Run"</th>
                        <th class="age">"When"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}
