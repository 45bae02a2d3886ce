//! A form read as a rule, with everything that is wrong beside its field.

pub(super) mod conditions;

use routing::check::check;
use routing::model::{
    Actions, Assign, Condition, Hours, Mode, Repeat, Rule, RuleId, RuleSet, Schedule, Share,
    ShareBy, ShareMember, TimeOfDay, Weekday, When,
};
use triage::model::Status;

use super::places::{field_of, said};
use super::writing::weekday;
use super::{Fields, RuleForm};

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldProblem {
    /// The field, by its name on the page.
    pub(crate) field: String,
    /// What is wrong and the way out.
    pub(crate) text: String,
}

/// What a form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    /// The rule, as far as it can be read.
    pub(crate) rule: Rule,
    /// What keeps it from being used. Nothing wrong is an empty list.
    pub(crate) problems: Vec<FieldProblem>,
}

impl RuleForm {
    /// Reads the form as the rule with this id.
    pub(crate) fn read(&self, id: &RuleId) -> Read {
        let mut reader = Reader {
            problems: Vec::new(),
        };
        let rule = reader.rule(self, id);
        let set = RuleSet::of(vec![rule]);
        for problem in check(&set) {
            let field = field_of(&problem.path, self.fields.is_set("bare"));
            // Of a field that could not be read, nothing more can be said.
            if !reader.problems.iter().any(|known| known.field == field) {
                let text = said(&problem.kind);
                reader.problems.push(FieldProblem { field, text });
            }
        }
        let rule = set.rules.into_iter().next().unwrap_or_else(|| blank(id));
        Read {
            rule,
            problems: reader.problems,
        }
    }
}

/// A rule that says nothing yet.
pub(crate) fn blank(id: &RuleId) -> Rule {
    Rule {
        id: id.clone(),
        name: String::new(),
        mode: Mode::On,
        when: vec![When::Created, When::Sweep],
        mailboxes: Vec::new(),
        conditions: Condition::default(),
        actions: Actions::default(),
        stop: false,
        hours: None,
        repeat: Repeat::Once,
    }
}

/// The day with this word.
pub(crate) fn day(word: &str) -> Option<Weekday> {
    Weekday::ALL.into_iter().find(|day| weekday(*day) == word)
}

struct Reader {
    problems: Vec<FieldProblem>,
}

impl Reader {
    fn problem(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.problems.push(FieldProblem {
            field: field.into(),
            text: text.into(),
        });
    }

    /// A word that no choice on the page has.
    fn unknown(&mut self, field: impl Into<String>, word: &str) {
        let word: String = word.chars().take(40).collect();
        self.problem(
            field,
            format!("`{word}` is not one of the choices; pick one."),
        );
    }

    fn rule(&mut self, form: &RuleForm, id: &RuleId) -> Rule {
        let fields = &form.fields;
        let mode = match fields.one("mode") {
            "" | "on" => Mode::On,
            "off" => Mode::Off,
            "shadow" => Mode::Shadow,
            other => {
                self.unknown("mode", other);
                Mode::Off
            }
        };
        let repeat = match fields.one("repeat") {
            "" | "once" => Repeat::Once,
            "each" => Repeat::EachOccurrence,
            "after" => Repeat::AfterHours(self.number(
                "repeat_hours",
                fields.one("repeat_hours"),
                "a number of hours",
            )),
            other => {
                self.unknown("repeat", other);
                Repeat::Once
            }
        };
        let mut conditions = self.group(&form.conditions, "c");
        if fields.is_set("bare")
            && let Condition::All(parts) = &mut conditions
            && parts.len() == 1
            && let Some(only) = parts.pop()
        {
            conditions = only;
        }
        Rule {
            id: id.clone(),
            name: fields.one("name").to_owned(),
            mode,
            when: self.when(&form.when),
            mailboxes: ids(fields.all("mailboxes")),
            conditions,
            actions: self.actions(form),
            stop: fields.is_set("stop"),
            hours: fields.is_set("limited").then(|| self.hours(fields, "")),
            repeat,
        }
    }

    fn number(&mut self, field: impl Into<String>, typed: &str, what: &str) -> u32 {
        typed.trim().parse().unwrap_or_else(|_| {
            let text = if typed.trim().is_empty() {
                format!("Type {what}.")
            } else {
                let shown: String = typed.chars().take(40).collect();
                if typed.trim().chars().all(|one| one.is_ascii_digit()) {
                    format!("`{shown}` is too large; type at most `{}`.", u32::MAX)
                } else {
                    format!("`{shown}` is not {what}; type digits, such as `24`.")
                }
            };
            self.problem(field, text);
            1
        })
    }

    fn when(&mut self, occasions: &[Fields]) -> Vec<When> {
        let mut when = Vec::new();
        for (index, one) in occasions.iter().enumerate() {
            when.push(match one.one("is") {
                "created" => When::Created,
                "assigned" => When::Assigned,
                "opened" => When::Opened,
                "pending" => When::Pending,
                "closed" => When::Closed,
                "note_added" => When::NoteAdded,
                "any_change" => When::AnyChange,
                "sweep" => When::Sweep,
                "on_demand" => When::OnDemand,
                "schedule" => When::Schedule(Schedule {
                    weekdays: self.days(one, &format!("w.{index}:")),
                    at: self.time(
                        format!("w.{index}:at"),
                        one.one("at"),
                        TimeOfDay::MIDNIGHT,
                        false,
                    ),
                }),
                other => {
                    self.unknown("when", other);
                    continue;
                }
            });
        }
        when
    }

    fn days(&mut self, fields: &Fields, prefix: &str) -> Vec<Weekday> {
        let mut days = Vec::new();
        for word in fields.all("day") {
            match day(word) {
                Some(day) => days.push(day),
                None => self.unknown(format!("{prefix}from"), word),
            }
        }
        days
    }

    /// A time of the day; `9` and `9:30` are read as well.
    fn time(
        &mut self,
        field: String,
        typed: &str,
        otherwise: TimeOfDay,
        may_be_empty: bool,
    ) -> TimeOfDay {
        let trimmed = typed.trim();
        if trimmed.is_empty() && may_be_empty {
            return otherwise;
        }
        let (hours, minutes) = trimmed.split_once([':', '.']).unwrap_or((trimmed, "00"));
        let full = format!("{hours:0>2}:{minutes}");
        let read = full.parse().ok().filter(|_| !hours.is_empty());
        read.unwrap_or_else(|| {
            let typed: String = typed.chars().take(40).collect();
            let text = if trimmed.is_empty() {
                "Type a time of the day, such as `09:30`.".to_owned()
            } else {
                format!("`{typed}` is not a time of the day; write hours and minutes like `09:30`, at most `24:00`.")
            };
            self.problem(field, text);
            otherwise
        })
    }

    fn hours(&mut self, fields: &Fields, prefix: &str) -> Hours {
        let before = self.problems.len();
        let from = self.time(
            format!("{prefix}from"),
            fields.one("from"),
            TimeOfDay::MIDNIGHT,
            true,
        );
        let to = self.time(
            format!("{prefix}from"),
            fields.one("to"),
            TimeOfDay::END,
            true,
        );
        let weekdays = self.days(fields, prefix);
        if self.problems.len() > before {
            // What stands in for it must not look wrong as well.
            return Hours {
                weekdays,
                from: TimeOfDay::MIDNIGHT,
                to: TimeOfDay::END,
            };
        }
        Hours { weekdays, from, to }
    }

    fn actions(&mut self, form: &RuleForm) -> Actions {
        let fields = &form.fields;
        let assign = match fields.one("assign") {
            "" => None,
            "round_robin" => Some(ShareBy::RoundRobin),
            "least_loaded" => Some(ShareBy::LeastLoaded),
            other => {
                let user = other.strip_prefix("user:").filter(|id| !id.is_empty());
                if user.is_none() {
                    self.unknown("assign", other);
                }
                return Actions {
                    assign: user.map(|id| Assign::User(id.into())),
                    ..self.other_actions(fields)
                };
            }
        };
        let assign = assign.map(|by| {
            let among = form.members.iter().enumerate();
            let among = among
                .map(|(index, member)| ShareMember {
                    user: member.one("user").into(),
                    cap: match member.one("cap") {
                        "" => None,
                        typed => {
                            Some(self.number(format!("m.{index}:cap"), typed, "a whole number"))
                        }
                    },
                })
                .collect();
            Assign::Share(Share { by, among })
        });
        Actions {
            assign,
            ..self.other_actions(fields)
        }
    }

    fn other_actions(&mut self, fields: &Fields) -> Actions {
        let status = fields.one("status");
        let note = fields.one("note");
        Actions {
            assign: None,
            add_tags: ids(fields.all("add_tags")),
            remove_tags: ids(fields.all("remove_tags")),
            set_status: (!status.is_empty()).then(|| Status::from(status)),
            note: (!note.is_empty()).then(|| note.to_owned()),
        }
    }
}

fn ids<T: From<String>>(ids: &[String]) -> Vec<T> {
    ids.iter().cloned().map(T::from).collect()
}
