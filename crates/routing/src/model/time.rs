//! Hours of the day and days of the week, in the console's time zone.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Days since Monday.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self.index() + 1) % 7]
    }

    /// The day before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::ALL[(self.index() + 6) % 7]
    }
}

/// Minutes since midnight, 0 to 1,440; written `09:30`, and `24:00` for the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TimeOfDay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A time of the day, such as `09:30`; `24:00` is the end of the day.",
            "type": "string",
            "pattern": r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
        })
    }
}

impl TimeOfDay {
    /// The beginning of the day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of the day.
    pub const END: Self = Self(24 * 60);

    /// From minutes since midnight, if there are so many in a day.
    #[must_use]
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= Self::END.0).then_some(Self(minutes))
    }

    /// Minutes since midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }
}

/// A text that is no time of the day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of the day; write hours and minutes like `09:30`, at most `24:00`")]
pub struct NotATime(String);

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())?
        };
        text.split_once(':')
            .and_then(|(hours, minutes)| Some((digits(hours)?, digits(minutes)?)))
            .filter(|(_, minutes)| *minutes < 60)
            .and_then(|(hours, minutes)| Self::from_minutes(hours * 60 + minutes))
            .ok_or_else(|| NotATime(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotATime;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Hours of some days: from `from` up to, not including, `to`. Where `to` is before `from`, it is on the next day,
/// and the hours after midnight belong to the day on which they began.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days; none given is every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// The first minute.
    #[serde(default = "midnight")]
    pub from: TimeOfDay,
    /// The minute after the last.
    #[serde(default = "end_of_day")]
    pub to: TimeOfDay,
}

fn midnight() -> TimeOfDay {
    TimeOfDay::MIDNIGHT
}

fn end_of_day() -> TimeOfDay {
    TimeOfDay::END
}

impl Hours {
    /// Whether `minutes` since midnight of `weekday` lie in these hours.
    #[must_use]
    pub fn contain(&self, weekday: Weekday, minutes: u16) -> bool {
        let on = |day: Weekday| self.weekdays.is_empty() || self.weekdays.contains(&day);
        let (from, to) = (self.from.minutes(), self.to.minutes());
        if from <= to {
            on(weekday) && (from..to).contains(&minutes)
        } else {
            (on(weekday) && minutes >= from) || (on(weekday.previous()) && minutes < to)
        }
    }
}

/// A time of the day, on some days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The days; none given is every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// The time.
    pub at: TimeOfDay,
}

impl Schedule {
    /// Whether it is due at `at` of `weekday`.
    #[must_use]
    pub fn is_due(&self, weekday: Weekday, at: TimeOfDay) -> bool {
        self.at == at && (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(weekdays: &[Weekday], from: &str, to: &str) -> Hours {
        Hours {
            weekdays: weekdays.to_vec(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    #[test]
    fn hours_end_before_their_end_and_may_pass_midnight() {
        use Weekday::{Friday, Monday, Saturday, Sunday};
        let cases = [
            (hours(&[], "09:00", "17:00"), Monday, "09:00", true),
            (hours(&[], "09:00", "17:00"), Monday, "17:00", false),
            (hours(&[], "00:00", "24:00"), Sunday, "23:59", true),
            (hours(&[Friday], "22:00", "06:00"), Friday, "23:00", true),
            (hours(&[Friday], "22:00", "06:00"), Saturday, "05:59", true),
            (hours(&[Friday], "22:00", "06:00"), Friday, "05:00", false),
            (hours(&[Friday], "22:00", "06:00"), Saturday, "22:00", false),
            (hours(&[Sunday], "22:00", "06:00"), Monday, "01:00", true),
        ];
        for (hours, day, at, expected) in cases {
            let minutes = at.parse::<TimeOfDay>().unwrap().minutes();
            assert_eq!(
                hours.contain(day, minutes),
                expected,
                "{hours:?} {day:?} {at}"
            );
        }
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "9:30", "24:01", "12:60", "+1:00", "12:30:00", "١٢:٣٠"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
