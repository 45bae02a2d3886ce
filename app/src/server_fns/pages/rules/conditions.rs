//! Conditions as lines: groups of tests, to any depth.

use leptos::prelude::*;
use triage::model::{Directory, Status};

use super::controls::{Choice, chips, days, line, moves, select, slot, slot_id, textarea, tick};
use crate::rule_editor::{FieldProblem, Fields, Group, Node};

/// What choices there are.
pub(super) struct Choices {
    pub(super) mailboxes: Vec<Choice>,
    pub(super) users: Vec<Choice>,
    pub(super) tags: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    /// The names of the fields that Hiver sends beside those that every contract names.
    pub(super) extras: Vec<String>,
}

impl Choices {
    pub(super) fn of(names: &Directory, extras: Vec<String>) -> Self {
        let mut users: Vec<Choice> = names
            .users
            .iter()
            .map(|user| (user.id.to_string(), user.name.clone()))
            .collect();
        let mut tags: Vec<Choice> = names
            .tags
            .iter()
            .map(|tag| (tag.id.to_string(), tag.name.clone()))
            .collect();
        for list in [&mut users, &mut tags] {
            list.sort_by_key(|(_, name)| name.to_lowercase());
        }
        Self {
            mailboxes: names
                .mailboxes
                .iter()
                .map(|mailbox| (mailbox.id.to_string(), mailbox.name.clone()))
                .collect(),
            users,
            tags,
            extras,
            statuses: Status::KNOWN
                .iter()
                .map(|status| (status.to_string(), status.to_string()))
                .collect(),
        }
    }
}

pub(super) fn choices(of: &[(&str, &str)]) -> Vec<Choice> {
    of.iter()
        .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()))
        .collect()
}

/// A group at `place`, and all that is in it.
pub(super) fn group(
    place: &str,
    group_: &Group,
    choices_: &Choices,
    problems: &[FieldProblem],
) -> AnyView {
    let many = group_.parts.len();
    let parts: Vec<_> = group_
        .parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let inner = format!("{place}.{index}");
            let last = index + 1 == many;
            let (class, drawn, what) = match part {
                Node::Group(group_) => (
                    "part part-group",
                    group(&inner, group_, choices_, problems),
                    format!("group {}", counted(&inner)),
                ),
                Node::Test(fields) => (
                    "part",
                    test(&inner, fields, choices_, problems).into_any(),
                    format!("condition {}", counted(&inner)),
                ),
            };
            view! {
                <li class=class data-keys="">
                    <div class="part-body">{drawn}</div>
                    {moves(&inner, &what, last)}
                </li>
            }
        })
        .collect();
    let kind = select(
        &format!("{place}:kind"),
        "How they belong together",
        if group_.kind.is_empty() {
            "all"
        } else {
            &group_.kind
        },
        choices(&[
            ("all", "all of these are true"),
            ("any", "any of these is true"),
            ("none", "none of these is true"),
        ]),
    );
    view! {
        <div class="group">
            <div class="group-head">{kind}{slot(problems, &format!("{place}:kind"))}</div>
            <ul class="parts">{parts}</ul>
            <div class="group-tools">
                <button
                    class="button quiet" id=format!("{place}:add") name="do" value=format!("add {place} test")
                    data-move="add" title="Add a condition (Ctrl+Enter)"
                >
                    "+ Condition"
                </button>
                <button class="button quiet" name="do" value=format!("add {place} group")>"+ Group"</button>
            </div>
        </div>
    }
    .into_any()
}

/// `c.0.2` as people count: `1.3`.
fn counted(place: &str) -> String {
    let numbers = place.split('.').skip(1);
    let counted: Vec<String> = numbers
        .filter_map(|number| number.parse::<usize>().ok())
        .map(|number| (number + 1).to_string())
        .collect();
    counted.join(".")
}

const WHAT: [(&str, &str); 13] = [
    ("subject", "subject"),
    ("status", "status"),
    ("assignee", "assignee"),
    ("tags", "tags"),
    ("mailbox", "mailbox"),
    ("age", "age"),
    ("unchanged", "time since it changed"),
    ("time", "hour and weekday"),
    ("id", "id"),
    ("mailbox_name", "name of the mailbox"),
    ("assignee_name", "name of the assignee"),
    ("tag", "name of a tag"),
    ("extra", "another field …"),
];

const TEXT: [(&str, &str); 14] = [
    ("contains", "contains"),
    ("!contains", "does not contain"),
    ("word", "has the word"),
    ("!word", "does not have the word"),
    ("equals", "is"),
    ("!equals", "is not"),
    ("starts", "starts with"),
    ("!starts", "does not start with"),
    ("ends", "ends with"),
    ("!ends", "does not end with"),
    ("regex", "fits the pattern"),
    ("!regex", "does not fit the pattern"),
    ("lowercase_contains", "in lower case contains"),
    ("!lowercase_contains", "in lower case does not contain"),
];

fn test(
    place: &str,
    fields: &Fields,
    choices_: &Choices,
    problems: &[FieldProblem],
) -> impl IntoView + use<> {
    let what = match fields.one("what") {
        "" => "subject",
        what => what,
    };
    let name = |field: &str| format!("{place}:{field}");
    let (drawn, used): (AnyView, &[&str]) = match what {
        "status" => {
            let picked = fields.all("statuses");
            let chips = chips(
                &name("statuses"),
                "Statuses",
                picked,
                &choices_.statuses,
                "+ status",
            );
            (
                view! { <span class="says">"is"</span>{chips} }.into_any(),
                &["statuses"],
            )
        }
        "mailbox" => {
            let picked = fields.all("mailboxes");
            let chips = chips(
                &name("mailboxes"),
                "Mailboxes",
                picked,
                &choices_.mailboxes,
                "+ mailbox",
            );
            (
                view! { <span class="says">"is"</span>{chips} }.into_any(),
                &["mailboxes"],
            )
        }
        "assignee" => {
            let how = match fields.one("assignee") {
                "" => "nobody",
                how => how,
            };
            let several = (how == "one_of").then(|| {
                chips(
                    &name("users"),
                    "Users",
                    fields.all("users"),
                    &choices_.users,
                    "+ user",
                )
            });
            let how = select(
                &name("assignee"),
                "Assignee",
                how,
                choices(&[
                    ("nobody", "is nobody"),
                    ("somebody", "is somebody"),
                    ("one_of", "is one of"),
                ]),
            );
            let used: &[&str] = if several.is_some() {
                &["assignee", "users"]
            } else {
                &["assignee"]
            };
            (view! { {how}{several} }.into_any(), used)
        }
        "tags" => {
            let how = match fields.one("tagged") {
                "" => "any",
                how => how,
            };
            let several = (how != "untagged").then(|| {
                chips(
                    &name("tags"),
                    "Tags",
                    fields.all("tags"),
                    &choices_.tags,
                    "+ tag",
                )
            });
            let how = select(
                &name("tagged"),
                "How it is tagged",
                how,
                choices(&[
                    ("any", "include any of"),
                    ("all", "include all of"),
                    ("none", "include none of"),
                    ("untagged", "are none"),
                ]),
            );
            let used: &[&str] = if several.is_some() {
                &["tagged", "tags"]
            } else {
                &["tagged"]
            };
            (view! { {how}{several} }.into_any(), used)
        }
        "age" | "unchanged" => (
            span(place, fields).into_any(),
            &["least", "least_unit", "under", "under_unit"],
        ),
        "time" => (
            hours(&format!("{place}:"), fields).into_any(),
            &["day", "from", "to"],
        ),
        other => {
            let extra = (other == "extra").then(|| {
                let known = format!("known-{}", name("extra"));
                let options: Vec<_> = choices_
                    .extras
                    .iter()
                    .map(|field| view! { <option value=field.clone()></option> })
                    .collect();
                view! {
                    <input
                        id=name("extra")
                        name=name("extra")
                        class="short"
                        value=fields.one("extra").to_owned()
                        placeholder="name of the field"
                        list=known.clone()
                        aria-label="Name of the field"
                        aria-describedby=slot_id(&name("extra"))
                    />
                    <datalist id=known>{options}</datalist>
                    {slot(problems, &name("extra"))}
                }
            });
            let used: &[&str] = if extra.is_some() {
                &["text", "texts", "case", "accents", "extra"]
            } else {
                &["text", "texts", "case", "accents"]
            };
            (view! { {extra}{text(place, fields)} }.into_any(), used)
        }
    };
    let wrong = [
        "what",
        "text",
        "texts",
        "users",
        "assignee",
        "tags",
        "tagged",
        "mailboxes",
        "statuses",
        "least",
        "from",
    ]
    .map(|field| slot(problems, &name(field)));
    // What another kind of condition was told stays, for when it is picked again.
    let kept: Vec<_> = fields
        .0
        .iter()
        .filter(|(field, _)| *field != "what" && !used.contains(&field.as_str()))
        .flat_map(|(field, values)| values.iter().map(move |value| (field, value)))
        .map(|(field, value)| view! { <input type="hidden" name=format!("{place}:{field}") value=value.clone()/> })
        .collect();
    view! {
        {select(&name("what"), "What is looked at", what, choices(&WHAT))}
        {drawn}
        {kept}
        {wrong.into_iter().collect_view()}
    }
}

fn text(place: &str, fields: &Fields) -> impl IntoView + use<> {
    let how = match fields.one("text") {
        "" => "contains",
        how => how,
    };
    let is_tutorial = how.ends_with("lowercase_contains");
    let name = |field: &str| format!("{place}:{field}");
    let options = (!is_tutorial).then(|| {
        view! {
            {tick(&name("case"), "Aa", fields.is_set("case"), "Upper and lower case differ")}
            {tick(&name("accents"), "é", fields.is_set("accents"), "Letters with and without accents differ")}
        }
    });
    let kept = is_tutorial.then(|| {
        ["case", "accents"]
            .map(|field| {
                fields
                    .is_set(field)
                    .then(|| view! { <input type="hidden" name=name(field) value="1"/> })
            })
            .into_iter()
            .collect_view()
    });
    view! {
        {select(&name("text"), "How it is compared", how, choices(&TEXT))}
        {textarea(&name("texts"), "Texts, one a line; one of them is enough", fields.one("texts"), "texts", "one a line")}
        {options}
        {kept}
    }
}

const UNITS: [(&str, &str); 3] = [("minutes", "minutes"), ("hours", "hours"), ("days", "days")];

fn span(place: &str, fields: &Fields) -> impl IntoView + use<> {
    let name = |field: &str| format!("{place}:{field}");
    let unit = |field: &str| match fields.one(field) {
        "" => "hours".to_owned(),
        unit => unit.to_owned(),
    };
    view! {
        <span class="says">"is at least"</span>
        {line(&name("least"), "At least", fields.one("least"), "number", "")}
        {select(&name("least_unit"), "Unit of at least", &unit("least_unit"), choices(&UNITS))}
        <span class="says">"and under"</span>
        {line(&name("under"), "Under", fields.one("under"), "number", "")}
        {select(&name("under_unit"), "Unit of under", &unit("under_unit"), choices(&UNITS))}
    }
}

/// Hours of days.
pub(super) fn hours(prefix: &str, fields: &Fields) -> impl IntoView + use<> {
    view! {
        {days(prefix, fields.all("day"))}
        <span class="says">"from"</span>
        {line(&format!("{prefix}from"), "From", fields.one("from"), "time", "00:00")}
        <span class="says">"to"</span>
        {line(&format!("{prefix}to"), "To", fields.one("to"), "time", "24:00")}
    }
}
