//! The page of one rule: a sentence to fill in, and what it fits beside it.

use std::sync::atomic::{AtomicU64, Ordering};

use leptos::prelude::*;
use routing::model::{Mode, Rule, RuleId};
use routing::words;
use triage::text;

use super::conditions::{Choices, choices, group};
use super::controls::{Choice, chips, days, html, line, more, slot};
use super::{Around, Asked, bar, effects, head, matches, spoken};
use crate::rule_editor::{Entry, FieldProblem, Fields, RuleForm, Work};
use crate::server_fns::pages::rule_stats;
use crate::server_fns::rules::address;

/// So many of the rules are looked through for warnings while somebody writes.
const MOST_LOOKED_THROUGH: usize = 300;

pub(super) async fn draw(
    around: &Around<'_>,
    work: &Work,
    id: &RuleId,
    asked: Asked,
) -> Result<Option<String>, store::Error> {
    let Some(place) = work.place(id) else {
        return Ok(None);
    };
    let entry = &work.entries[place];
    let form = entry.shown();
    let read = form.read(id).rule;
    let found = around.engine.rule_matches(&read, matches::SHOWN).await;
    let warnings = warnings(around, work, id, asked.idle).await;
    let pane = |found| matches::draw(found, &around.names, warnings);
    let stats = around.engine.rule_stats(rule_stats::DAYS).await?;
    let tab = tab(around.engine.now());
    let by = around.by.name.clone();
    let html = html(|| {
        let lately = rule_stats::section(&around.words, stats.get(id));
        let explain = explain(id, around.edits);
        let page = if around.edits {
            view! {
                {spoken(&asked)}
                <form
                    class="rule-form" method="post" action=address(id) autocomplete="off" data-live="typing"
                    data-by=by aria-label="Rule"
                >
                    // Enter in a field is the first button.
                    <button class="for-readers" tabindex="-1" aria-hidden="true" name="do" value="look"></button>
                    <input type="hidden" name="whole" value="1"/>
                    <input type="hidden" name="rule" value=id.to_string()/>
                    <input type="hidden" name="tab" value=tab/>
                    {bar::draw(around, work)}
                    <div class="rule-page">
                        <div id="rule-fields" data-part="fields">{fields(around, work, place, entry, &form)}</div>
                        {pane(found)}
                    </div>
                </form>
            }
            .into_any()
        } else {
            view! {
                <div class="rule-page">
                    {entry.rule.as_ref().map(|rule| told(around, rule))}
                    {pane(found)}
                </div>
            }
            .into_any()
        };
        view! { {page} {explain} {lately} }
    });
    Ok(Some(html))
}

/// Tells this page from others that show the same rule.
fn tab(now: i64) -> String {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    format!("{now}-{}", DRAWN.fetch_add(1, Ordering::Relaxed))
}

/// The way to what the rule makes of a conversation.
fn explain(id: &RuleId, edits: bool) -> impl IntoView + use<> {
    let rules = if edits { "draft" } else { "live" };
    view! {
        <form class="narrowing rule-explain" method="get" action="/rules/explain">
            <input type="hidden" name="rules" value=rules/>
            <input type="hidden" name="rule" value=id.to_string()/>
            <label>
                <span>"Explain a conversation"</span>
                <input name="conversation" placeholder="its id, or words of its subject"/>
            </label>
            <button class="button">"Explain"</button>
        </form>
    }
}

/// What is odd about this rule. Looked for when nobody types; else what is known is said.
async fn warnings(around: &Around<'_>, work: &Work, id: &RuleId, idle: bool) -> Vec<String> {
    let set = work.set();
    let found = if idle && set.rules.len() <= MOST_LOOKED_THROUGH {
        around.engine.rule_warnings(&set).await.ok()
    } else {
        around.engine.known_rule_warnings(&set)
    };
    let found = found.unwrap_or_default();
    found
        .iter()
        .filter(|warning| warning.rules().contains(&id))
        .map(|warning| format!("{}.", words::warning(warning, &set, &around.names)))
        .collect()
}

/// The rule for those who look.
fn told(around: &Around<'_>, rule: &Rule) -> impl IntoView + use<> {
    let name = rule.name.clone();
    view! {
        <div>
            {head(view! { <h1>{name}</h1> })}
            <p class="rule-told">{words::sentence(rule, &around.names)}</p>
            <p class="hint">{format!("It is {}. Leads change rules.", words::mode(rule.mode))}</p>
        </div>
    }
}

fn fields(
    around: &Around<'_>,
    work: &Work,
    place: usize,
    entry: &Entry,
    form: &RuleForm,
) -> impl IntoView + use<> {
    let choices_ = Choices::of(&around.names, around.engine.extra_fields());
    let problems = &entry.problems;
    let mode = match form.fields.one("mode") {
        "" => "on",
        mode => mode,
    };
    let sentence = entry
        .rule
        .as_ref()
        .filter(|_| problems.is_empty())
        .map(|rule| words::sentence(rule, &around.names));
    let all = work.entries.len();
    let bare = form
        .fields
        .is_set("bare")
        .then(|| view! { <input type="hidden" name="bare" value="1"/> });
    view! {
        {head(view! {
            <h1 class="for-readers">{entry.name().to_owned()}</h1>
            <div class="rule-title">
                {line("name", "Name of the rule", form.name(), "rule-name", "Name of the rule")}
                // Also while somebody types: in the list it may have been switched.
                <span id="rule-modes" data-part="">{modes(mode)}</span>
            </div>
            {slot(problems, "name")}
            {slot(problems, "mode")}
        })}
        <input type="hidden" name="seen" value=form.mark()/>
        {bare}
        <p class="rule-sentence" id="rule-sentence" data-part="">{sentence}</p>
        {slot(problems, "rule")}
        {section("When", view! { {when(form, problems)} })}
        {section("in", view! {
            {form.fields.all("mailboxes").is_empty().then(|| view! { <span class="says">"all mailboxes"</span> })}
            {chips("mailboxes", "Mailboxes", form.fields.all("mailboxes"), &choices_.mailboxes, "only in …")}
        })}
        {section("if", view! { {group("c", &form.conditions, &choices_, problems)} })}
        {section("then", view! { {effects::actions(form, &choices_, problems)} })}
        {section("and", view! { {effects::rest(form, problems)} })}
        <div class="rule-foot">
            <label class="rule-place">
                "Rule "
                <input
                    type="number" class="number" id="place" name="place" min="1" max=all.to_string()
                    value=(place + 1).to_string()
                />
                <input type="hidden" name="was_place" value=(place + 1).to_string()/>
                {format!(" of {}: earlier rules run first", text::count(all as u64))}
            </label>
            <button class="button quiet" name="do" value="delete" formaction=address(&entry.id)>"Remove this rule"</button>
            <button class="button quiet when-still" name="do" value="look">"Look again"</button>
        </div>
    }
}

fn section(word: &'static str, inside: impl IntoView) -> impl IntoView {
    view! {
        <section class="clause" aria-label=word>
            <span class="clause-word" aria-hidden="true">{word}</span>
            <div class="clause-body">{inside}</div>
        </section>
    }
}

fn modes(picked: &str) -> impl IntoView + use<> {
    let picked = picked.to_owned();
    let all = [
        (Mode::On, "on", "On", "It acts"),
        (
            Mode::Shadow,
            "shadow",
            "Shadow",
            "It decides and is recorded; nothing is sent",
        ),
        (Mode::Off, "off", "Off", "It does nothing"),
    ];
    let radios: Vec<_> = all
        .into_iter()
        .map(|(_, value, text, title)| {
            let checked = value == picked;
            view! {
                <label title=title>
                    <input type="radio" id=format!("mode-{value}") name="mode" value=value checked=checked/>
                    <span>{text}</span>
                </label>
            }
        })
        .collect();
    view! {
        <span class="switch" role="radiogroup" aria-label="Whether it acts">{radios}</span>
        <input type="hidden" name="was_mode" value=picked/>
    }
}

const OCCASIONS: [(&str, &str); 10] = [
    ("created", "a conversation is created"),
    ("sweep", "at each sweep"),
    ("schedule", "at a time of the day"),
    ("assigned", "it is assigned"),
    ("opened", "it becomes open"),
    ("pending", "it becomes pending"),
    ("closed", "it becomes closed"),
    ("note_added", "it gets a note"),
    ("any_change", "it changes in any way"),
    ("on_demand", "somebody asks"),
];

fn when(form: &RuleForm, problems: &[FieldProblem]) -> impl IntoView + use<> {
    let shown: Vec<_> = form
        .when
        .iter()
        .enumerate()
        .map(|(index, one)| occasion(index, one, problems))
        .collect();
    let left: Vec<Choice> = choices(&OCCASIONS)
        .into_iter()
        .filter(|(value, _)| {
            value == "schedule" || !form.when.iter().any(|one| one.one("is") == value)
        })
        .collect();
    view! {
        {shown}
        {more("new_when", "new_when", "One more occasion", left, "or …")}
        {slot(problems, "when")}
    }
}

fn occasion(index: usize, fields: &Fields, problems: &[FieldProblem]) -> impl IntoView + use<> {
    let is = fields.one("is").to_owned();
    let known = OCCASIONS.iter().find(|(value, _)| *value == is);
    let text = known.map_or(is.clone(), |(_, text)| (*text).to_owned());
    let remove = format!("Remove: {text}");
    let prefix = format!("w.{index}:");
    let schedule = (is == "schedule").then(|| {
        view! {
            {line(&format!("{prefix}at"), "Time of the day", fields.one("at"), "time", "08:00")}
            {days(&prefix, fields.all("day"))}
        }
    });
    let text = if is == "schedule" {
        "at".to_owned()
    } else {
        text
    };
    // What a schedule was told is kept also where it is none any more.
    view! {
        <span class="chip">
            <input type="hidden" name=format!("{prefix}is") value=is/>
            {text}
            {schedule}
            <button name="do" value=format!("drop w.{index}") aria-label=remove>"×"</button>
        </span>
        {slot(problems, &format!("{prefix}at"))}
        {slot(problems, &format!("{prefix}from"))}
    }
}
