//! Days of the calendar, as a filter writes them.

use std::fmt;

/// A day of the calendar: `2026-11-20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The year, of four digits.
    pub year: u16,
    /// From 1 for January.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

/// Days from a first to a last one, both included: `2026-11-20..2026-11-26`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days {
    first: Day,
    last: Day,
}

/// Why a text is not [`Days`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoDays {
    Unreadable,
    NoSuchDay,
    Backwards,
}

impl Days {
    pub(super) fn read(text: &str) -> Result<Self, NoDays> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (day(first)?, day(last)?);
        if last < first {
            return Err(NoDays::Backwards);
        }
        Ok(Self { first, last })
    }

    /// A single day.
    #[must_use]
    pub fn one(day: Day) -> Self {
        Self {
            first: day,
            last: day,
        }
    }

    /// The first of them.
    #[must_use]
    pub fn first(self) -> Day {
        self.first
    }

    /// The last of them, which is not before the first.
    #[must_use]
    pub fn last(self) -> Day {
        self.last
    }
}

fn day(text: &str) -> Result<Day, NoDays> {
    let number = |text: &str, digits: usize| {
        let all_digits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let mut parts = text.split('-');
    let mut next = |digits| {
        parts
            .next()
            .and_then(|part| number(part, digits))
            .ok_or(NoDays::Unreadable)
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() {
        return Err(NoDays::Unreadable);
    }
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return Err(NoDays::NoSuchDay),
    };
    if year == 0 || day == 0 || day > length {
        return Err(NoDays::NoSuchDay);
    }
    let small = |number: u16| u8::try_from(number).map_err(|_| NoDays::NoSuchDay);
    Ok(Day {
        year,
        month: small(month)?,
        day: small(day)?,
    })
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        )
    }
}

impl fmt::Display for Days {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.first)?;
        if self.last != self.first {
            write!(formatter, "..{}", self.last)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        let cases = [
            ("2026-11-20", Ok("2026-11-20")),
            ("2026-11-20..2026-11-20", Ok("2026-11-20")),
            ("2026-12-31..2027-01-01", Ok("2026-12-31..2027-01-01")),
            ("2024-02-29", Ok("2024-02-29")),
            ("2000-02-29", Ok("2000-02-29")),
            ("2026-02-29", Err(NoDays::NoSuchDay)),
            ("2100-02-29", Err(NoDays::NoSuchDay)),
            ("2026-13-01", Err(NoDays::NoSuchDay)),
            ("2026-00-01", Err(NoDays::NoSuchDay)),
            ("2026-11-31", Err(NoDays::NoSuchDay)),
            ("0000-01-01", Err(NoDays::NoSuchDay)),
            ("2026-11-20..2026-11-19", Err(NoDays::Backwards)),
            ("2026-11-20..", Err(NoDays::Unreadable)),
            ("..2026-11-20", Err(NoDays::Unreadable)),
            ("2026-1-2", Err(NoDays::Unreadable)),
            ("2026/11/20", Err(NoDays::Unreadable)),
            ("2026-11-20-1", Err(NoDays::Unreadable)),
            ("+026-11-20", Err(NoDays::Unreadable)),
            ("today", Err(NoDays::Unreadable)),
        ];
        for (text, expected) in cases {
            let read = Days::read(text).map(|days| days.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }
}
