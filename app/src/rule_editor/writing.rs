//! A rule written into a form.

use routing::model::{
    Assign, AssigneeTest, Condition, Hours, Mode, Repeat, Rule, ShareBy, Span, TagsTest,
    TextCondition, TextField, TextTest, Weekday, When,
};

use super::{Fields, Group, Node, RuleForm};

impl RuleForm {
    /// The form of a rule.
    pub(crate) fn of_rule(rule: &Rule) -> Self {
        let mut fields = Fields::of([("name", rule.name.as_str()), ("mode", mode(rule.mode))]);
        for id in &rule.mailboxes {
            fields.add("mailboxes", id.as_str());
        }
        let mut members = Vec::new();
        match &rule.actions.assign {
            None => {}
            Some(Assign::User(user)) => fields.add("assign", format!("user:{user}")),
            Some(Assign::Share(share)) => {
                fields.add("assign", share_by(share.by));
                members.extend(share.among.iter().map(|member| {
                    let mut fields = Fields::of([("user", member.user.as_str())]);
                    if let Some(cap) = member.cap {
                        fields.add("cap", cap.to_string());
                    }
                    fields
                }));
            }
        }
        for tag in &rule.actions.add_tags {
            fields.add("add_tags", tag.as_str());
        }
        for tag in &rule.actions.remove_tags {
            fields.add("remove_tags", tag.as_str());
        }
        if let Some(status) = &rule.actions.set_status {
            fields.add("status", status.to_string());
        }
        fields.add("note", rule.actions.note.as_deref().unwrap_or_default());
        if rule.stop {
            fields.add("stop", "1");
        }
        if let Some(hours) = &rule.hours {
            fields.add("limited", "1");
            put_hours(&mut fields, hours);
        }
        match rule.repeat {
            Repeat::Once => fields.add("repeat", "once"),
            Repeat::EachOccurrence => fields.add("repeat", "each"),
            Repeat::AfterHours(hours) => {
                fields.add("repeat", "after");
                fields.add("repeat_hours", hours.to_string());
            }
        }
        let conditions = match node(&rule.conditions) {
            Node::Group(group) => group,
            test @ Node::Test(_) => {
                fields.add("bare", "1");
                Group {
                    kind: "all".to_owned(),
                    parts: vec![test],
                }
            }
        };
        Self {
            fields,
            when: rule.when.iter().map(occasion).collect(),
            conditions,
            members,
        }
    }
}

fn occasion(when: &When) -> Fields {
    match when {
        When::Schedule(schedule) => {
            let mut fields = Fields::of([("is", "schedule")]);
            for day in &schedule.weekdays {
                fields.add("day", weekday(*day));
            }
            fields.add("at", schedule.at.to_string());
            fields
        }
        other => Fields::of([("is", simple_occasion(other))]),
    }
}

fn simple_occasion(when: &When) -> &'static str {
    match when {
        When::Created => "created",
        When::Assigned => "assigned",
        When::Opened => "opened",
        When::Pending => "pending",
        When::Closed => "closed",
        When::NoteAdded => "note_added",
        When::AnyChange => "any_change",
        When::Sweep => "sweep",
        When::OnDemand => "on_demand",
        When::Schedule(_) => "schedule",
    }
}

fn node(condition: &Condition) -> Node {
    let group = |kind: &str, parts: &[Condition]| {
        Node::Group(Group {
            kind: kind.to_owned(),
            parts: parts.iter().map(node).collect(),
        })
    };
    match condition {
        Condition::All(parts) => group("all", parts),
        Condition::Any(parts) => group("any", parts),
        Condition::None(parts) => group("none", parts),
        test => Node::Test(self::test(test)),
    }
}

fn test(condition: &Condition) -> Fields {
    let listed = |what: &str, name: &str, values: Vec<String>| {
        let mut fields = Fields::of([("what", what)]);
        for value in values {
            fields.add(name, value);
        }
        fields
    };
    match condition {
        Condition::All(_) | Condition::Any(_) | Condition::None(_) => Fields::default(),
        Condition::Text(text) => text_test(text),
        Condition::Mailbox(mailboxes) => listed(
            "mailbox",
            "mailboxes",
            mailboxes.iter().map(ToString::to_string).collect(),
        ),
        Condition::Status(statuses) => listed(
            "status",
            "statuses",
            statuses.iter().map(ToString::to_string).collect(),
        ),
        Condition::Assignee(test) => {
            let (word, users) = match test {
                AssigneeTest::Nobody => ("nobody", Vec::new()),
                AssigneeTest::Somebody => ("somebody", Vec::new()),
                AssigneeTest::OneOf(users) => {
                    ("one_of", users.iter().map(ToString::to_string).collect())
                }
            };
            let mut fields = listed("assignee", "users", users);
            fields.add("assignee", word);
            fields
        }
        Condition::Tags(test) => {
            let word = match test {
                TagsTest::Any(_) => "any",
                TagsTest::All(_) => "all",
                TagsTest::None(_) => "none",
                TagsTest::Untagged => "untagged",
            };
            let mut fields = listed(
                "tags",
                "tags",
                test.named().iter().map(ToString::to_string).collect(),
            );
            fields.add("tagged", word);
            fields
        }
        Condition::Age(span) => span_test("age", *span),
        Condition::Unchanged(span) => span_test("unchanged", *span),
        Condition::Time(hours) => {
            let mut fields = Fields::of([("what", "time")]);
            put_hours(&mut fields, hours);
            fields
        }
    }
}

fn text_test(text: &TextCondition) -> Fields {
    let what = match &text.field {
        TextField::Extra(_) => "extra",
        TextField::Subject => "subject",
        TextField::Id => "id",
        TextField::Mailbox => "mailbox_name",
        TextField::Assignee => "assignee_name",
        TextField::Tag => "tag",
    };
    let negated = if text.negated { "!" } else { "" };
    let mut fields = Fields::of([
        ("what", what.to_owned()),
        ("text", format!("{negated}{}", text_word(text.test))),
        ("texts", written_texts(&text.texts)),
    ]);
    if let TextField::Extra(name) = &text.field {
        fields.add("extra", name);
    }
    if text.match_case {
        fields.add("case", "1");
    }
    if text.match_accents {
        fields.add("accents", "1");
    }
    fields
}

pub(super) fn text_word(test: TextTest) -> &'static str {
    match test {
        TextTest::Contains => "contains",
        TextTest::Word => "word",
        TextTest::Equals => "equals",
        TextTest::Starts => "starts",
        TextTest::Ends => "ends",
        TextTest::Regex => "regex",
        TextTest::LowercaseContains => "lowercase_contains",
    }
}

/// One text a line. What a line would not keep is quoted.
fn written_texts(texts: &[String]) -> String {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| {
            let is_quoted = text.starts_with('"') && text.ends_with('"');
            if text.is_empty() || is_quoted || text.trim() != text || text.contains(['\n', '\r']) {
                serde_json::Value::from(text.as_str()).to_string()
            } else {
                text.clone()
            }
        })
        .collect();
    lines.join("\n")
}

fn span_test(what: &str, span: Span) -> Fields {
    let mut fields = Fields::of([("what", what)]);
    for (name, minutes) in [
        ("least", span.at_least_minutes),
        ("under", span.under_minutes),
    ] {
        let Some(minutes) = minutes else {
            continue;
        };
        let (number, unit) = match minutes {
            0 => (0, "minutes"),
            _ if minutes.is_multiple_of(1_440) => (minutes / 1_440, "days"),
            _ if minutes.is_multiple_of(60) => (minutes / 60, "hours"),
            _ => (minutes, "minutes"),
        };
        fields.add(name, number.to_string());
        fields.add(format!("{name}_unit"), unit);
    }
    fields
}

fn put_hours(fields: &mut Fields, hours: &Hours) {
    for day in &hours.weekdays {
        fields.add("day", weekday(*day));
    }
    fields.add("from", hours.from.to_string());
    fields.add("to", hours.to.to_string());
}

pub(super) fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::On => "on",
        Mode::Off => "off",
        Mode::Shadow => "shadow",
    }
}

pub(super) fn share_by(by: ShareBy) -> &'static str {
    match by {
        ShareBy::RoundRobin => "round_robin",
        ShareBy::LeastLoaded => "least_loaded",
    }
}
