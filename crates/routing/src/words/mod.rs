//! A rule in words, for the builder, the differences and the explanations.

mod conditions;
mod explanations;
mod names;
mod warnings;

pub use conditions::{condition, span, text_test};
pub use explanations::{step, truth, verdict};
pub use names::{listed, mailbox_name, quoted};
use triage::{
    model::{Directory, TagId, UserId},
    text::{count, plural, tag_name, user_name},
};
pub use warnings::warning;

use crate::model::{Actions, Assign, Hours, Mode, Repeat, Rule, Schedule, ShareBy, Weekday, When};

/// The whole rule: `When a conversation is created, in Support, if subject contains “invoice”: assign to Ana Ruiz,
/// add tag billing, then stop. Once per conversation.`
#[must_use]
pub fn sentence(rule: &Rule, names: &Directory) -> String {
    let mut text = when(&rule.when);
    if !rule.mailboxes.is_empty() {
        text.push_str(", in ");
        text.push_str(&mailboxes(rule, names));
    }
    if let Some(hours) = &rule.hours {
        text.push_str(", ");
        text.push_str(&self::hours(hours));
    }
    let condition = condition(&rule.conditions, names);
    if !condition.is_empty() {
        text.push_str(", if ");
        text.push_str(&condition);
    }
    text.push_str(": ");
    text.push_str(&actions(&rule.actions, names));
    if rule.stop {
        text.push_str(", then stop");
    }
    text.push_str(". ");
    text.push_str(&repeat(rule.repeat));
    text.push('.');
    text
}

/// The occasions: `When a conversation is created or assigned, and at each sweep`.
#[must_use]
pub fn when(occasions: &[When]) -> String {
    let happens: Vec<String> = occasions
        .iter()
        .filter_map(|occasion| match occasion {
            When::Created => Some("is created"),
            When::Assigned => Some("is assigned"),
            When::Opened => Some("becomes open"),
            When::Pending => Some("becomes pending"),
            When::Closed => Some("becomes closed"),
            When::NoteAdded => Some("gets a note"),
            When::AnyChange => Some("changes in any way"),
            When::Sweep | When::Schedule(_) | When::OnDemand => None,
        })
        .map(str::to_owned)
        .collect();
    let mut parts = Vec::new();
    if !happens.is_empty() {
        parts.push(format!("when a conversation {}", listed(&happens, "or")));
    }
    for occasion in occasions {
        match occasion {
            When::Sweep => parts.push("at each sweep".to_owned()),
            When::Schedule(schedule) => parts.push(self::schedule(schedule)),
            When::OnDemand => parts.push("on demand".to_owned()),
            _ => {}
        }
    }
    if parts.is_empty() {
        return "Never".to_owned();
    }
    capitalised(&listed(&parts, "and"))
}

/// A time on some days: `at 08:00, Monday to Friday`.
#[must_use]
pub fn schedule(schedule: &Schedule) -> String {
    if schedule.weekdays.is_empty() {
        format!("at {} every day", schedule.at)
    } else {
        format!("at {}, {}", schedule.at, weekdays(&schedule.weekdays))
    }
}

/// Hours: `from 09:00 to 17:00, Monday to Friday`.
#[must_use]
pub fn hours(hours: &Hours) -> String {
    let all_day = hours.from.minutes() == 0 && hours.to.minutes() == 24 * 60;
    let clock = format!("from {} to {}", hours.from, hours.to);
    match (hours.weekdays.is_empty(), all_day) {
        (true, _) => clock,
        (false, true) => format!("on {}", weekdays(&hours.weekdays)),
        (false, false) => format!("{clock}, {}", weekdays(&hours.weekdays)),
    }
}

/// Days of the week: `Monday to Friday`, `Monday, Wednesday and Sunday`.
#[must_use]
pub fn weekdays(days: &[Weekday]) -> String {
    let mut runs: Vec<(Weekday, Weekday)> = Vec::new();
    for day in Weekday::ALL.into_iter().filter(|day| days.contains(day)) {
        match runs.last_mut() {
            Some((_, last)) if last.next() == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let mut parts = Vec::new();
    for (first, last) in runs {
        match last.index() - first.index() {
            0 => parts.push(weekday(first).to_owned()),
            1 => parts.extend([first, last].map(|day| weekday(day).to_owned())),
            _ => parts.push(format!("{} to {}", weekday(first), weekday(last))),
        }
    }
    listed(&parts, "and")
}

/// A day: `Monday`.
#[must_use]
pub fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// The mailboxes of a rule: `Support or Sales`, `all mailboxes`.
#[must_use]
pub fn mailboxes(rule: &Rule, names: &Directory) -> String {
    if rule.mailboxes.is_empty() {
        return "all mailboxes".to_owned();
    }
    let all: Vec<String> = rule
        .mailboxes
        .iter()
        .map(|id| mailbox_name(id, names))
        .collect();
    listed(&all, "or")
}

/// What it does: `assign to Ana Ruiz, add tag billing, add note “…”`; `do nothing`.
#[must_use]
pub fn actions(actions: &Actions, names: &Directory) -> String {
    did(actions, names, |note| format!("add note {}", quoted(note)))
}

/// The same without the text of the note, which is another for each conversation: `assign to Ana Ruiz, add note`.
#[must_use]
pub fn deeds(actions: &Actions, names: &Directory) -> String {
    did(actions, names, |_| "add note".to_owned())
}

fn did(actions: &Actions, names: &Directory, in_words: impl Fn(&str) -> String) -> String {
    let mut parts = Vec::new();
    parts.extend(actions.assign.as_ref().map(|to| assign(to, names)));
    parts.extend(tags("add", &actions.add_tags, names));
    parts.extend(tags("remove", &actions.remove_tags, names));
    let status = actions.set_status.as_ref();
    parts.extend(status.map(|status| format!("set status {status}")));
    let note = actions.note.as_ref();
    parts.extend(note.map(|note| in_words(note)));
    if parts.is_empty() {
        return "do nothing".to_owned();
    }
    parts.join(", ")
}

/// Who gets it: `assign to Ana Ruiz`, `share out in turns among Ana Ruiz (at most 10) and Ben`.
#[must_use]
pub fn assign(to: &Assign, names: &Directory) -> String {
    match to {
        Assign::User(user) => format!("assign to {}", user_name(user, names)),
        Assign::Share(share) => {
            let by = match share.by {
                ShareBy::RoundRobin => "in turns",
                ShareBy::LeastLoaded => "to whoever has the fewest",
            };
            let among: Vec<String> = share
                .among
                .iter()
                .map(|member| {
                    let name = user_name(&member.user, names);
                    match member.cap {
                        Some(cap) => format!("{name} (at most {})", count(cap.into())),
                        None => name,
                    }
                })
                .collect();
            format!("share out {by} among {}", listed(&among, "and"))
        }
    }
}

fn tags(verb: &str, tags: &[TagId], names: &Directory) -> Option<String> {
    let noun = if tags.len() == 1 { "tag" } else { "tags" };
    let all: Vec<String> = tags.iter().map(|tag| tag_name(tag, names)).collect();
    (!tags.is_empty()).then(|| format!("{verb} {noun} {}", listed(&all, "and")))
}

/// Whether it acts again: `Once per conversation`.
#[must_use]
pub fn repeat(repeat: Repeat) -> String {
    match repeat {
        Repeat::Once => "Once per conversation".to_owned(),
        Repeat::AfterHours(hours) => format!("Again after {}", plural(hours.into(), "hour")),
        Repeat::EachOccurrence => "At each occurrence".to_owned(),
    }
}

/// Whether it takes part: `on`, `off`, `shadow`.
#[must_use]
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::On => "on",
        Mode::Off => "off",
        Mode::Shadow => "shadow",
    }
}

/// The names of users: `Ana Ruiz or Ben`.
pub(crate) fn users(users: &[UserId], names: &Directory) -> String {
    let all: Vec<String> = users.iter().map(|user| user_name(user, names)).collect();
    listed(&all, "or")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row_are_put_together() {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        let cases: [(&[Weekday], &str); 5] = [
            (
                &[Monday, Tuesday, Wednesday, Thursday, Friday],
                "Monday to Friday",
            ),
            (&[Sunday, Saturday], "Saturday and Sunday"),
            (&[Monday, Wednesday], "Monday and Wednesday"),
            (
                &[Monday, Wednesday, Thursday, Friday],
                "Monday and Wednesday to Friday",
            ),
            (&[Tuesday], "Tuesday"),
        ];
        for (days, expected) in cases {
            assert_eq!(weekdays(days), expected);
        }
    }
}
