//! The part of a rule's page that says what it does.

use leptos::prelude::*;

use super::conditions::{Choices, choices, hours};
use super::controls::{Choice, chips, line, more, moves, select, slot, textarea, tick};
use crate::rule_editor::{FieldProblem, RuleForm};

pub(super) fn actions(
    form: &RuleForm,
    choices_: &Choices,
    problems: &[FieldProblem],
) -> impl IntoView + use<> {
    let fields = &form.fields;
    let assign = fields.one("assign");
    let shares = ["round_robin", "least_loaded"].contains(&assign);
    let mut to = choices(&[
        ("", "leave the assignee"),
        ("round_robin", "share out in turns"),
        ("least_loaded", "share out to whoever has the fewest"),
    ]);
    let users = choices_.users.iter();
    to.extend(users.map(|(id, name)| (format!("user:{id}"), format!("assign to {name}"))));
    let statuses = choices(&[
        ("", "leave the status"),
        ("open", "set status open"),
        ("pending", "set status pending"),
        ("closed", "set status closed"),
    ]);
    let members = members(form, shares, choices_, problems);
    let insert: Vec<_> = [
        ("rule", "name of the rule"),
        ("matched", "what was found"),
        ("subject", "subject"),
        ("mailbox", "mailbox"),
    ]
    .into_iter()
    .map(|(word, text)| {
        let title = format!("Insert the {text}");
        view! { <button class="mini" name="do" value=format!("insert {word}") title=title>{format!("{{{{{word}}}}}")}</button> }
    })
    .collect();
    view! {
        <div class="action">{select("assign", "Assign", assign, to)}{members}{slot(problems, "assign")}</div>
        <div class="action">
            <span class="says">"add tags"</span>
            {chips("add_tags", "Tags to add", fields.all("add_tags"), &choices_.tags, "+ tag")}
            {slot(problems, "add_tags")}
        </div>
        <div class="action">
            <span class="says">"remove tags"</span>
            {chips("remove_tags", "Tags to remove", fields.all("remove_tags"), &choices_.tags, "+ tag")}
            {slot(problems, "remove_tags")}
        </div>
        <div class="action">{select("status", "Status", fields.one("status"), statuses)}{slot(problems, "status")}</div>
        <div class="action action-note">
            {textarea("note", "Note", fields.one("note"), "note", "Leave a note: nothing typed, no note")}
            <span class="inserts" role="group" aria-label="Insert into the note">{insert}</span>
            {slot(problems, "note")}
        </div>
        {slot(problems, "actions")}
    }
}

fn members(
    form: &RuleForm,
    shares: bool,
    choices_: &Choices,
    problems: &[FieldProblem],
) -> impl IntoView + use<> {
    let many = form.members.len();
    let shown: Vec<_> = form
        .members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let (id, cap) = (member.one("user").to_owned(), member.one("cap").to_owned());
            let place = format!("m.{index}");
            if !shares {
                return view! {
                    <input type="hidden" name=format!("{place}:user") value=id/>
                    <input type="hidden" name=format!("{place}:cap") value=cap/>
                }
                .into_any();
            }
            let known = choices_.users.iter().find(|(known, _)| *known == id);
            let name = known.map_or_else(|| format!("{id} (gone)"), |(_, name)| name.clone());
            view! {
                <li class="member" data-keys="">
                    <input type="hidden" name=format!("{place}:user") value=id/>
                    <span class="member-name">{name.clone()}</span>
                    <span class="says">"at most"</span>
                    {line(&format!("{place}:cap"), &format!("Most open conversations of {name}"), &cap, "number", "any")}
                    {moves(&place, &name, index + 1 == many)}
                    {slot(problems, &format!("{place}:cap"))}
                </li>
            }
            .into_any()
        })
        .collect();
    if !shares {
        return view! { {shown} }.into_any();
    }
    let left: Vec<Choice> = choices_
        .users
        .iter()
        .filter(|(id, _)| !form.members.iter().any(|member| member.one("user") == id))
        .cloned()
        .collect();
    view! {
        <ul class="members">{shown}</ul>
        {more("new_member", "new_member", "One more user", left, "+ user")}
        {slot(problems, "members")}
        <p class="hint"><a href="/settings/people">"Who is away, and how many each may have in all"</a></p>
    }
    .into_any()
}

pub(super) fn rest(form: &RuleForm, problems: &[FieldProblem]) -> impl IntoView + use<> {
    let fields = &form.fields;
    let limited = fields.is_set("limited");
    let times = if limited {
        view! { {hours("", fields)} }.into_any()
    } else {
        let kept: Vec<_> = ["day", "from", "to"]
            .into_iter()
            .flat_map(|name| {
                fields
                    .all(name)
                    .iter()
                    .map(move |value| (name, value.clone()))
            })
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect();
        view! { {kept} }.into_any()
    };
    let repeat = match fields.one("repeat") {
        "" => "once",
        repeat => repeat,
    };
    let after = fields.one("repeat_hours").to_owned();
    let hours = if repeat == "after" {
        view! {
            {line("repeat_hours", "Hours", &after, "number", "24")}
            <span class="says">"hours"</span>
        }
        .into_any()
    } else {
        view! { <input type="hidden" name="repeat_hours" value=after/> }.into_any()
    };
    let again = select(
        "repeat",
        "Whether it acts again",
        repeat,
        choices(&[
            ("once", "act once per conversation"),
            ("after", "act again after"),
            ("each", "act at each occurrence"),
        ]),
    );
    view! {
        <div class="action">
            {tick("stop", "stop here", fields.is_set("stop"), "Later rules leave alone what fits this one")}
            <span class="hint">"later rules leave alone what fits this one"</span>
        </div>
        <div class="action">
            {tick("limited", "only at some hours", limited, "Outside them it is as if off")}
            {times}
            {slot(problems, "from")}
        </div>
        <div class="action">{again}{hours}{slot(problems, "repeat_hours")}{slot(problems, "repeat")}</div>
    }
}
