//! When a conversation is looked at, and why.

use serde::{Deserialize, Serialize};

use crate::{
    model::{TimeOfDay, Weekday, When},
    words,
};

/// The moment at which a conversation is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The present, in ms since the epoch.
    pub now_ms: i64,
    /// How far the console's time zone is ahead of UTC then, in seconds.
    pub utc_offset_seconds: i32,
    /// What happened.
    pub occasion: Occasion,
}

/// What made somebody look at a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It is new.
    Created,
    /// It was assigned.
    Assigned,
    /// It became open.
    Opened,
    /// It became pending.
    Pending,
    /// It became closed.
    Closed,
    /// A note was added.
    NoteAdded,
    /// Something else about it changed.
    Changed,
    /// Hiver's lists were read through.
    Sweep,
    /// This time of a schedule has come, in the console's time zone.
    Schedule {
        /// The day.
        weekday: Weekday,
        /// The time.
        at: TimeOfDay,
    },
    /// A person asked for all rules that run on demand.
    OnDemand,
    /// Every rule takes part, whatever its occasions: for a backtest, and to apply one rule now.
    Any,
}

impl Occasion {
    /// Those that a change of a conversation brings.
    pub const OF_CHANGES: [Self; 7] = [
        Self::Created,
        Self::Assigned,
        Self::Opened,
        Self::Pending,
        Self::Closed,
        Self::NoteAdded,
        Self::Changed,
    ];
}

impl When {
    /// Whether a rule with this occasion looks at `occasion`.
    #[must_use]
    pub fn fits(&self, occasion: Occasion) -> bool {
        match (self, occasion) {
            (_, Occasion::Any)
            | (Self::Created, Occasion::Created)
            | (Self::Assigned, Occasion::Assigned)
            | (Self::Opened, Occasion::Opened)
            | (Self::Pending, Occasion::Pending)
            | (Self::Closed, Occasion::Closed)
            | (Self::NoteAdded, Occasion::NoteAdded)
            | (Self::Sweep, Occasion::Sweep)
            | (Self::OnDemand, Occasion::OnDemand) => true,
            (Self::AnyChange, _) => Occasion::OF_CHANGES.contains(&occasion),
            (Self::Schedule(schedule), Occasion::Schedule { weekday, at }) => {
                schedule.is_due(weekday, at)
            }
            _ => false,
        }
    }
}

impl Moment {
    /// Day of the week and minutes since midnight in the console's time zone.
    #[must_use]
    pub fn local(&self) -> (Weekday, u16) {
        let seconds = self.local_seconds();
        // The epoch began on a Thursday.
        let day = (seconds.div_euclid(86_400) + 3).rem_euclid(7);
        let minutes = seconds.rem_euclid(86_400) / 60;
        (Weekday::ALL[day as usize], minutes as u16)
    }

    /// The same as text: `Wednesday 09:20`.
    #[must_use]
    pub fn local_text(&self) -> String {
        let (day, minutes) = self.local();
        let time = TimeOfDay::from_minutes(minutes).unwrap_or(TimeOfDay::MIDNIGHT);
        format!("{} {time}", words::weekday(day))
    }

    /// The day of another moment, in ms since the epoch, as text: `3 Nov`; with its year where that differs.
    #[must_use]
    pub fn day_text(&self, at_ms: i64) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let then = Self {
            now_ms: at_ms,
            ..*self
        };
        let (year, month, day) = civil(then.local_seconds().div_euclid(86_400));
        let (this_year, _, _) = civil(self.local_seconds().div_euclid(86_400));
        let month = MONTHS[month - 1];
        if year == this_year {
            format!("{day} {month}")
        } else {
            format!("{day} {month} {year}")
        }
    }

    fn local_seconds(&self) -> i64 {
        self.now_ms.div_euclid(1_000) + i64::from(self.utc_offset_seconds)
    }
}

/// Year, month and day of a number of days since the epoch, after Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, usize, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as usize, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_follow_the_time_zone() {
        let moment = |now_ms, utc_offset_seconds| Moment {
            now_ms,
            utc_offset_seconds,
            occasion: Occasion::Any,
        };
        // 2026-06-03T09:20:00Z
        let now = 1_780_478_400_000;
        let cases = [
            (moment(now, 0), "Wednesday 09:20", "3 Jun"),
            (moment(now, 2 * 3_600), "Wednesday 11:20", "3 Jun"),
            (moment(now, 15 * 3_600), "Thursday 00:20", "4 Jun"),
            (moment(now, -10 * 3_600), "Tuesday 23:20", "2 Jun"),
            (moment(0, 0), "Thursday 00:00", "1 Jan"),
            (moment(-60_000, 0), "Wednesday 23:59", "31 Dec"),
        ];
        for (moment, local, day) in cases {
            assert_eq!(moment.local_text(), local);
            assert_eq!(moment.day_text(moment.now_ms), day);
        }
        assert_eq!(moment(now, 0).day_text(951_782_400_000), "29 Feb 2000");
    }
}
