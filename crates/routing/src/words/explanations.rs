//! Explanations in words.

use triage::{
    actions::Change,
    model::Directory,
    text::{after, change, tag_name, user_name},
};

use crate::explanation::{Step, Truth, Verdict};

/// What came of a rule: `did not look: rule 2 stopped here`.
#[must_use]
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Stopped { place, .. } => format!("rule {place} stopped here"),
        Verdict::Off => "off".to_owned(),
        Verdict::OtherOccasion => "not on this occasion".to_owned(),
        Verdict::OtherMailbox => "not in this mailbox".to_owned(),
        Verdict::NotTrue => "does not fit".to_owned(),
        Verdict::Unknown => "cannot tell: Hiver did not say".to_owned(),
        Verdict::OutsideHours { now } => format!("fits, but off at that hour ({now})"),
        Verdict::ActedBefore { day, .. } => format!("fits, but acted on {day}"),
        Verdict::RecordedBefore { day, .. } => {
            format!("fits, but a shadow: what it would do was noted on {day}")
        }
        Verdict::Nothing => "fits, nothing to change".to_owned(),
        Verdict::WouldAct => "fits, would act: shadow".to_owned(),
        Verdict::Acts => "acts".to_owned(),
    }
}

/// One wish and what came of it: `Assign to Ana Ruiz`, `already Ana Ruiz's`.
#[must_use]
pub fn step(step: &Step, names: &Directory) -> String {
    match step {
        Step::Made(made) => change(made, names),
        Step::NobodyFree => "nobody is free: all are away or have as many as they may".to_owned(),
        Step::Already(Change::Assign(user)) => format!("already {}'s", user_name(user, names)),
        Step::Already(Change::RemoveTag(tag)) => {
            format!("not tagged {} anyway", tag_name(tag, names))
        }
        Step::Already(other) => format!("already {}", after(other, names)),
    }
}

/// `true`, `false`, `unknown`.
#[must_use]
pub fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}
