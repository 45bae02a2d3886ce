//! Days of the console's time zone as spans of milliseconds since 1970.

use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use triage::filter::{Day, Days};

/// When a day begins: at midnight, or where the clocks skip that, at the first moment after it.
fn start(zone: &TimeZone, day: Date) -> Option<i64> {
    let zoned = day.to_zoned(zone.clone()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// From the beginning of a day until that of the next.
pub(super) fn span(zone: &TimeZone, day: Date) -> Option<Range<i64>> {
    Some(start(zone, day)?..start(zone, day.tomorrow().ok()?)?)
}

/// The span of days as a filter writes them.
pub(super) fn bounds(zone: &TimeZone, days: Days) -> Option<Range<i64>> {
    let date = |day: Day| {
        let [month, day_of_month] = [day.month, day.day].map(|one| i8::try_from(one).ok());
        Date::new(i16::try_from(day.year).ok()?, month?, day_of_month?).ok()
    };
    let first = span(zone, date(days.first())?)?;
    let last = span(zone, date(days.last())?)?;
    Some(first.start..last.end)
}

/// The day of a moment.
pub(super) fn date(zone: &TimeZone, at: i64) -> Date {
    Timestamp::from_millisecond(at)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone())
        .date()
}

/// The last `number` days up to that of `now`, each with its span; oldest first.
pub(super) fn last(zone: &TimeZone, now: i64, number: u16) -> Vec<(Date, Range<i64>)> {
    let today = date(zone, now);
    (0..number)
        .rev()
        .filter_map(|back| {
            let day = today.checked_sub(i64::from(back).days()).ok()?;
            Some((day, span(zone, day)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// Berlin, by its rule: a test needs no table of time zones.
    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
    /// Santiago, where the clocks skip a midnight.
    const SANTIAGO: &str = "<-04>4<-03>,M9.1.6/24,M4.1.6/24";

    fn zone(rule: &str) -> TimeZone {
        TimeZone::posix(rule).unwrap()
    }

    #[test]
    fn days_follow_each_other_also_where_the_clocks_change() {
        for (rule, now, lengths) in [
            ("UTC0", "2026-10-26T12:00:00Z", [24, 24, 24]),
            (BERLIN, "2026-10-26T12:00:00Z", [24, 25, 24]),
            (BERLIN, "2026-03-30T12:00:00Z", [24, 23, 24]),
            (SANTIAGO, "2026-09-07T12:00:00Z", [24, 23, 24]),
        ] {
            let days = last(&zone(rule), at(now), 3);
            let found: Vec<i64> = days
                .iter()
                .map(|(_, span)| (span.end - span.start) / HOUR)
                .collect();
            assert_eq!(found, lengths, "{rule} {now}");
            for pair in days.windows(2) {
                assert_eq!(pair[0].1.end, pair[1].1.start, "{rule} {now}");
            }
            assert!(days[2].1.contains(&at(now)), "{rule}");
        }
    }

    #[test]
    fn midnight_belongs_to_the_day_that_begins() {
        let berlin = zone(BERLIN);
        let midnight = at("2026-11-19T23:00:00Z");
        assert_eq!(date(&berlin, midnight).to_string(), "2026-11-20");
        assert_eq!(date(&berlin, midnight - 1).to_string(), "2026-11-19");
        let asked = triage::filter::parse("came:2026-11-20..2026-11-21").unwrap();
        let days = asked.asked_of_history()[0].days;
        assert_eq!(
            bounds(&berlin, days),
            Some(midnight..at("2026-11-21T23:00:00Z"))
        );
    }
}
