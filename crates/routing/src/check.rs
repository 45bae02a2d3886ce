//! What a rule set must be to be used at all. The same for what is typed, imported and saved.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use triage::{actions::MAX_NOTE_CHARACTERS, model::Status};

use crate::{
    form::{Form, needle},
    model::{
        Actions, Assign, AssigneeTest, Condition, Hours, Repeat, Rule, RuleSet, Span, TagsTest,
        TextCondition, TextTest, VERSION, When,
    },
    note::{Piece, pieces},
    pattern::{self, Pattern},
    problem::{
        MAX_DEPTH, MAX_NAME_CHARACTERS, MAX_REPEAT_HOURS, MAX_RULES, MAX_TEXT_CHARACTERS,
        MAX_TEXTS, Problem, ProblemKind,
    },
};

/// Everything that is wrong with `rules`, in the order of the document. Nothing wrong is an empty list.
#[must_use]
pub fn check(rules: &RuleSet) -> Vec<Problem> {
    check_keeping(rules).0
}

/// The patterns of a rule set by what they are written as, whether case matters and whether accents do.
pub(crate) type Patterns = HashMap<(String, bool, bool), Pattern>;

/// What [`check`] says, and the patterns that it compiled to say it.
pub(crate) fn check_keeping(rules: &RuleSet) -> (Vec<Problem>, Patterns) {
    let mut check = Check::default();
    if rules.version != VERSION {
        check.at("version", |check| {
            check.problem(ProblemKind::Version(rules.version));
        });
    }
    check.at("rules", |check| {
        if rules.rules.len() > MAX_RULES {
            check.problem(ProblemKind::TooManyRules(rules.rules.len()));
            return;
        }
        let mut first = HashMap::new();
        for (index, rule) in rules.rules.iter().enumerate() {
            check.at(format!("[{index}]"), |check| {
                let first = *first.entry(&rule.id).or_insert(index);
                if first != index {
                    let id = rule.id.clone();
                    check.at("id", |check| {
                        check.problem(ProblemKind::DuplicateId { id, first });
                    });
                }
                check.rule(rule);
            });
        }
        if check.texts > MAX_TEXTS {
            check.problem(ProblemKind::TooManyTexts(check.texts));
        }
    });
    (check.problems, check.patterns)
}

#[derive(Default)]
struct Check {
    path: String,
    problems: Vec<Problem>,
    texts: usize,
    patterns: Patterns,
}

impl Check {
    fn at(&mut self, part: impl AsRef<str>, inside: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let part = part.as_ref();
        if length > 0 && !part.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(part);
        inside(self);
        self.path.truncate(length);
    }

    fn problem(&mut self, kind: ProblemKind) {
        let path = self.path.clone();
        self.problems.push(Problem { path, kind });
    }

    fn problem_at(&mut self, part: &str, kind: ProblemKind) {
        self.at(part, |check| check.problem(kind));
    }

    fn rule(&mut self, rule: &Rule) {
        if !rule.id.is_well_formed() {
            self.problem_at("id", ProblemKind::MalformedId(rule.id.clone()));
        }
        let characters = rule.name.chars().count();
        if rule.name.trim().is_empty() {
            self.problem_at("name", ProblemKind::BlankName);
        } else if characters > MAX_NAME_CHARACTERS {
            self.problem_at("name", ProblemKind::LongName(characters));
        } else if let Some((place, control)) = (1..).zip(rule.name.chars()).find(is_control) {
            let code = format!("U+{:04X}", u32::from(control));
            self.problem_at("name", ProblemKind::ControlCharacter { code, place });
        }
        if rule.when.is_empty() {
            self.problem_at("when", ProblemKind::NoOccasion);
        }
        for (index, when) in rule.when.iter().enumerate() {
            if let When::Schedule(schedule) = when
                && schedule.at.minutes() == 24 * 60
            {
                // The end of a day is the beginning of the next, and comes only once.
                self.at(format!("when[{index}].schedule.at"), |check| {
                    check.problem(ProblemKind::EndOfDay);
                });
            }
        }
        self.at("conditions", |check| check.condition(&rule.conditions, 1));
        self.at("actions", |check| check.actions(&rule.actions));
        if rule.actions.is_empty() && !rule.stop {
            self.problem_at("actions", ProblemKind::NoAction);
        }
        if let Some(hours) = &rule.hours {
            self.at("hours", |check| check.hours(hours));
        }
        if let Repeat::AfterHours(hours) = rule.repeat
            && !(1..=MAX_REPEAT_HOURS).contains(&hours)
        {
            self.problem_at("repeat.after_hours", ProblemKind::RepeatHours(hours));
        }
    }

    fn condition(&mut self, condition: &Condition, depth: usize) {
        if depth > MAX_DEPTH {
            self.problem(ProblemKind::TooDeep);
            return;
        }
        match condition {
            Condition::All(parts) => self.group("all", parts, depth),
            Condition::Any(parts) => {
                self.at("any", |check| check.named(parts));
                self.group("any", parts, depth);
            }
            Condition::None(parts) => self.group("none", parts, depth),
            Condition::Text(text) => self.at("text", |check| check.text(text)),
            Condition::Mailbox(ids) => self.at("mailbox", |check| check.named(ids)),
            Condition::Status(statuses) => self.at("status", |check| check.named(statuses)),
            Condition::Assignee(AssigneeTest::OneOf(ids)) => {
                self.at("assignee.one_of", |check| check.named(ids));
            }
            Condition::Assignee(AssigneeTest::Nobody | AssigneeTest::Somebody) => {}
            Condition::Tags(test) => {
                let part = match test {
                    TagsTest::Any(_) => "tags.any",
                    TagsTest::All(_) => "tags.all",
                    TagsTest::None(_) => "tags.none",
                    TagsTest::Untagged => return,
                };
                self.at(part, |check| check.named(test.named()));
            }
            Condition::Age(span) => self.at("age", |check| check.span(*span)),
            Condition::Unchanged(span) => self.at("unchanged", |check| check.span(*span)),
            Condition::Time(hours) => self.at("time", |check| check.hours(hours)),
        }
    }

    fn group(&mut self, part: &str, parts: &[Condition], depth: usize) {
        for (index, inner) in parts.iter().enumerate() {
            self.at(format!("{part}[{index}]"), |check| {
                check.condition(inner, depth + 1);
            });
        }
    }

    fn named<T>(&mut self, list: &[T]) {
        if list.is_empty() {
            self.problem(ProblemKind::EmptyList);
        }
    }

    fn span(&mut self, span: Span) {
        if span == Span::default() {
            self.problem(ProblemKind::NoBounds);
        }
    }

    fn hours(&mut self, hours: &Hours) {
        if hours.from == hours.to {
            self.problem(ProblemKind::EmptyHours);
        }
    }

    fn text(&mut self, text: &TextCondition) {
        self.at("texts", |check| check.named(&text.texts));
        self.texts += text.texts.len();
        let form = Form::of(text);
        for (index, one) in text.texts.iter().enumerate() {
            let problem = if text.test == TextTest::Regex {
                self.pattern_problem(one, text)
            } else {
                text_problem(one, form)
            };
            if let Some(kind) = problem {
                self.at(format!("texts[{index}]"), |check| check.problem(kind));
            }
        }
    }

    fn pattern_problem(&mut self, text: &str, condition: &TextCondition) -> Option<ProblemKind> {
        if text.is_empty() {
            return Some(ProblemKind::EmptyText);
        }
        let key = (
            text.to_owned(),
            condition.match_case,
            condition.match_accents,
        );
        if let Entry::Vacant(vacant) = self.patterns.entry(key) {
            match pattern::compile(text, condition) {
                Ok(pattern) => {
                    vacant.insert(pattern);
                }
                Err(problem) => return Some(problem),
            }
        }
        None
    }

    fn actions(&mut self, actions: &Actions) {
        if let Some(Assign::Share(share)) = &actions.assign {
            self.at("assign.share.among", |check| {
                if share.among.is_empty() {
                    check.problem(ProblemKind::NobodyToShareAmong);
                }
                let mut seen = HashSet::new();
                for (index, member) in share.among.iter().enumerate() {
                    if !seen.insert(&member.user) {
                        let kind = ProblemKind::SameUserTwice(member.user.to_string());
                        check.at(format!("[{index}].user"), |check| check.problem(kind));
                    }
                    if member.cap == Some(0) {
                        check.at(format!("[{index}].cap"), |check| {
                            check.problem(ProblemKind::ZeroCap);
                        });
                    }
                }
            });
        }
        for (index, tag) in actions.remove_tags.iter().enumerate() {
            if actions.add_tags.contains(tag) {
                let kind = ProblemKind::AddedAndRemoved(tag.to_string());
                self.at(format!("remove_tags[{index}]"), |check| check.problem(kind));
            }
        }
        if let Some(Status::Other(word)) = &actions.set_status {
            self.problem_at("set_status", ProblemKind::UnknownStatus(word.clone()));
        }
        if let Some(note) = &actions.note {
            self.at("note", |check| check.note(note));
        }
    }

    fn note(&mut self, note: &str) {
        if note.trim().is_empty() {
            self.problem(ProblemKind::BlankNote);
        }
        let characters = note.chars().count();
        if characters > MAX_NOTE_CHARACTERS {
            self.problem(ProblemKind::LongNote(characters));
            return;
        }
        for piece in pieces(note) {
            if let Piece::Strange(strange) = piece {
                let shown = strange.chars().take(40).collect();
                self.problem(ProblemKind::UnknownPlaceholder(shown));
            }
        }
    }
}

fn is_control((_, character): &(usize, char)) -> bool {
    character.is_control()
}

fn text_problem(text: &str, form: Form) -> Option<ProblemKind> {
    let characters = text.chars().count();
    if text.is_empty() {
        Some(ProblemKind::EmptyText)
    } else if characters > MAX_TEXT_CHARACTERS {
        Some(ProblemKind::LongText(characters))
    } else if needle(text, form).is_empty() {
        Some(ProblemKind::OnlyAccents(text.to_owned()))
    } else {
        None
    }
}
