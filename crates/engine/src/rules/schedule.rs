//! Rules that look at times of the day. One that was missed while the console was off is made up for once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use routing::model::{Rule, RuleId, Schedule, TimeOfDay, Weekday, When};
use routing::moment::Occasion;
use store::{ConnectionId, RuleMark};

use super::SaveRulesError;
use super::firing::Look;
use crate::Engine;

/// From so much on, a schedule is late, also where the console was not off.
const LATE_MS: i64 = 5 * 60 * 1_000;
/// One that is late waits until the mirror is not older than this.
const OLD_MS: i64 = 60 * 60 * 1_000;
/// A week, and a day for clocks that are set.
const DAYS: i64 = 8;
/// A time so far ahead was noted by a clock that has since been set back.
const AHEAD_MS: i64 = DAYS * 24 * 60 * 60 * 1_000;

/// A time of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    /// In ms since the epoch.
    at: i64,
    weekday: Weekday,
    time: TimeOfDay,
}

impl Engine {
    /// Has schedules make up for nothing that was due before: by another time zone, it may be due again.
    pub(crate) async fn begin_schedules_anew(&self) -> Result<(), store::Error> {
        let Some(live) = self.rules().await? else {
            return Ok(());
        };
        let scheduled = live.set.taking_part();
        let scheduled: Vec<String> = scheduled
            .filter(|rule| schedules(rule).next().is_some())
            .map(|rule| rule.id.to_string())
            .collect();
        self.store()
            .begin_rules_anew(live.connection, &scheduled, self.now())
            .await?;
        self.wake_rules();
        Ok(())
    }

    /// Has the rules look whose time has come; how long until the next one's does.
    pub(super) async fn look_at_schedules(
        &self,
        connection: ConnectionId,
    ) -> Result<Duration, SaveRulesError> {
        let forever = Duration::MAX;
        let _deciding = self.0.rules.deciding.lock().await;
        let Some(live) = self.live_rules_of(connection).await? else {
            return Ok(forever);
        };
        let scheduled: Vec<&Rule> = live
            .set
            .taking_part()
            .filter(|rule| schedules(rule).next().is_some())
            .collect();
        if scheduled.is_empty() {
            return Ok(forever);
        }
        let now = self.now();
        let zone = self.time_zone();
        let marks = self.store().rule_marks(connection).await?;
        let begins = self.rule_begins(connection).await?;
        let mut due: BTreeMap<Due, Vec<(&Rule, Option<i64>)>> = BTreeMap::new();
        let mut next = i64::MAX;
        for rule in scheduled {
            let from = marks.get(&mark(&rule.id)).copied();
            let begun = begins.get(rule.id.as_str()).map(|begin| begin.at);
            let since = from.max(begun).unwrap_or(now);
            let since = if (0..=now + AHEAD_MS).contains(&since) {
                since
            } else {
                now
            };
            if let Some(last) = last_due(rule, since, now, &zone) {
                due.entry(last).or_default().push((rule, from));
            }
            if let Some(coming) = next_due(rule, now, &zone) {
                next = next.min(coming);
            }
        }
        let as_of = self.mirror().read().as_of().unwrap_or(i64::MIN);
        for (when, rules) in due {
            let late = when.at < self.0.started_at || now - when.at >= LATE_MS;
            if late && as_of < now - OLD_MS {
                // What Hiver has is about to be read.
                continue;
            }
            let name: Arc<str> = format!("schedule:{}", when.at).into();
            let occasion = Occasion::Schedule {
                weekday: when.weekday,
                at: when.time,
            };
            let ids = || rules.iter().map(|(rule, _)| rule.id.clone());
            if late {
                for id in ids() {
                    tracing::warn!(rule = %id, due = when.at, "a schedule was missed and is made up for now");
                }
            }
            let look = Look {
                occurrences: self.each(None, occasion, &name, when.at),
                marks: rules
                    .iter()
                    .map(|(rule, from)| RuleMark {
                        name: mark(&rule.id),
                        from: *from,
                        to: when.at,
                    })
                    .collect(),
                deliveries: Vec::new(),
                only: Some(ids().collect::<BTreeSet<_>>()),
                late: if late { ids().collect() } else { Vec::new() },
                asked: false,
            };
            self.fire(Arc::clone(&live), look).await?;
        }
        let wait = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
        Ok(Duration::from_millis(wait))
    }
}

/// What says when a rule last looked by the clock.
fn mark(rule: &RuleId) -> String {
    format!("schedule:{rule}")
}

fn schedules(rule: &Rule) -> impl Iterator<Item = &Schedule> {
    rule.when.iter().filter_map(|when| match when {
        When::Schedule(schedule) => Some(schedule),
        _ => None,
    })
}

/// The last time of a rule's schedules after `since`, up to `now`.
fn last_due(rule: &Rule, since: i64, now: i64, zone: &TimeZone) -> Option<Due> {
    times(rule, now, -DAYS..=0, zone)
        .filter(|due| since < due.at && due.at <= now)
        .max()
}

/// The next time of a rule's schedules after `now`.
fn next_due(rule: &Rule, now: i64, zone: &TimeZone) -> Option<i64> {
    let times = times(rule, now, -1..=DAYS, zone).map(|due| due.at);
    times.filter(|at| *at > now).min()
}

/// The times of a rule's schedules on some days around today. A time that the clocks skip comes as much later, one that
/// they show twice the first time.
fn times(
    rule: &Rule,
    now: i64,
    days: std::ops::RangeInclusive<i64>,
    zone: &TimeZone,
) -> impl Iterator<Item = Due> {
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = now.to_zoned(zone.clone()).date();
    days.filter_map(move |day| today.checked_add(Span::new().days(day)).ok())
        .flat_map(move |date| {
            let weekday = weekday(date);
            schedules(rule)
                .filter(move |schedule| schedule.is_due(weekday, schedule.at))
                .filter_map(move |schedule| {
                    let at = moment(date, schedule.at, zone)?;
                    Some(Due {
                        at,
                        weekday,
                        time: schedule.at,
                    })
                })
        })
}

fn weekday(date: Date) -> Weekday {
    let days = date.weekday().to_monday_zero_offset();
    Weekday::ALL[usize::try_from(days).unwrap_or(0) % 7]
}

fn moment(date: Date, time: TimeOfDay, zone: &TimeZone) -> Option<i64> {
    let minutes = time.minutes();
    let (date, minutes) = if minutes < 24 * 60 {
        (date, minutes)
    } else {
        (date.tomorrow().ok()?, 0)
    };
    let hour = i8::try_from(minutes / 60).ok()?;
    let minute = i8::try_from(minutes % 60).ok()?;
    let at = date.to_datetime(Time::new(hour, minute, 0, 0).ok()?);
    let zoned = at.to_zoned(zone.clone()).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use routing::model::{Actions, Condition, Mode, Repeat};

    use super::*;

    fn rule(weekdays: &[Weekday], at: &str) -> Rule {
        Rule {
            id: "r".into(),
            name: "r".to_owned(),
            mode: Mode::On,
            when: vec![When::Schedule(Schedule {
                weekdays: weekdays.to_vec(),
                at: at.parse().unwrap(),
            })],
            mailboxes: Vec::new(),
            conditions: Condition::default(),
            actions: Actions::default(),
            stop: false,
            hours: None,
            repeat: Repeat::EachOccurrence,
        }
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_time_comes_once_a_day_whatever_the_clocks_do() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // On 29 March 2026 there was no 02:30, on 25 October two.
        let cases = [
            ("02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
            ("02:30", "2026-03-29T12:00:00Z", "2026-03-30T00:30:00Z"),
            ("02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            ("08:00", "2026-11-23T06:59:59Z", "2026-11-23T07:00:00Z"),
            ("24:00", "2026-11-23T06:59:59Z", "2026-11-23T23:00:00Z"),
            ("00:00", "2026-11-23T22:59:59Z", "2026-11-23T23:00:00Z"),
        ];
        for (at, now, next) in cases {
            let found = next_due(&rule(&[], at), ms(now), &berlin);
            assert_eq!(found, Some(ms(next)), "{at} after {now}");
        }
    }

    #[test]
    fn of_several_that_were_missed_the_last_one_counts() {
        use Weekday::{Monday, Sunday, Wednesday};
        let utc = TimeZone::UTC;
        let daily = rule(&[], "08:00");
        let last = |rule: &Rule, since: &str, now: &str| {
            last_due(rule, ms(since), ms(now), &utc).map(|due| (due.at, due.weekday))
        };
        let (before, after) = ("2026-11-18T08:00:00Z", "2026-11-23T07:00:00Z");
        let sunday = Some((ms("2026-11-22T08:00:00Z"), Sunday));
        assert_eq!(last(&daily, before, after), sunday);
        assert_eq!(last(&daily, "2026-11-22T08:00:00Z", after), None);
        let some = rule(&[Monday, Wednesday], "24:00");
        let wednesday = Some((ms("2026-11-19T00:00:00Z"), Wednesday));
        assert_eq!(last(&some, before, after), wednesday);
        assert_eq!(last(&some, before, "2026-11-18T23:59:59Z"), None);
    }
}
