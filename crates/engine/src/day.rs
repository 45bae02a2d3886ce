//! The requests of the last 24 hours, and who may still send where a day is limited.
//!
//! Counted by minutes that roll out one by one. Others may use the same account, so it is an estimate.

use std::collections::VecDeque;
use std::time::Duration;

use hiver::Lane;

const MINUTE: i64 = 60_000;
const MINUTES_OF_DAY: i64 = 24 * 60;
/// Requests of the day that only a person's clicks may use.
const FOR_CLICKS: u32 = 50;
/// Requests that may be about to leave without being counted yet.
const ABOUT_TO_LEAVE: u32 = 4;
/// A forecast looks so many minutes of sending ahead one by one; what is then left is divided by the day.
const MINUTES_AHEAD: u32 = 20_000;

/// When a number of requests will have been sent, if nobody else sends any. In milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// The last one leaves then.
    pub finish_at: i64,
    /// The day is used up before that: none leaves after this instant …
    pub stops_at: Option<i64>,
    /// … until this one. It may happen again; this is the first time.
    pub continues_at: Option<i64>,
}

/// The count of a connection's day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Day {
    limit: Option<u32>,
    /// Minutes since 1970 with their requests, oldest first.
    minutes: VecDeque<(i64, u32)>,
    used: u32,
}

impl Day {
    /// A day with a limit, if there is one, and what was sent before; minutes in any order.
    pub(crate) fn new(limit: Option<u32>, mut sent: Vec<(i64, u32)>) -> Self {
        sent.sort_unstable();
        Self {
            limit,
            used: sent.iter().map(|(_, requests)| requests).sum(),
            minutes: sent.into(),
        }
    }

    /// Another limit from now on.
    pub(crate) fn set_limit(&mut self, limit: Option<u32>) {
        self.limit = limit;
    }

    /// Counts a request that left at `now`, in milliseconds since 1970.
    pub(crate) fn count(&mut self, now: i64) {
        self.add(now, 1);
    }

    fn add(&mut self, now: i64, requests: u32) {
        // A clock that was set back must not make the past count twice as long.
        let minute = (now / MINUTE).max(self.minutes.back().map_or(i64::MIN, |(last, _)| *last));
        match self.minutes.back_mut() {
            Some((last, counted)) if *last == minute => *counted += requests,
            _ => self.minutes.push_back((minute, requests)),
        }
        self.used += requests;
    }

    /// How long a lane has to wait; nothing when it may send now.
    ///
    /// Near the end of the day reading stops first, then runs; the last requests are for clicks.
    pub(crate) fn wait(&mut self, lane: Lane, now: i64) -> Option<Duration> {
        let room = self.room(lane)?;
        self.forget(now);
        if self.used < room {
            return None;
        }
        // So many must roll out before there is room again.
        let mut to_go = self.used - room + 1;
        let minute = self.minutes.iter().find_map(|(minute, requests)| {
            to_go = to_go.saturating_sub(*requests);
            (to_go == 0).then_some(*minute)
        })?;
        let free_at = (minute + MINUTES_OF_DAY + 1) * MINUTE;
        u64::try_from(free_at - now).ok().map(Duration::from_millis)
    }

    /// When `requests` on a lane will have been sent at a rate, under the day's limit.
    ///
    /// Nobody knows what people and reading will send in the meantime, so it is the earliest that can be hoped for.
    pub(crate) fn forecast(
        &self,
        lane: Lane,
        requests: u64,
        per_second: f64,
        now: i64,
    ) -> Forecast {
        // The bounds of the pacer; what is no number is taken for the slowest.
        let per_second = if per_second >= 0.001 {
            per_second.min(1_000.0)
        } else {
            0.001
        };
        let gap = 1_000.0 / per_second;
        let mut forecast = Forecast {
            finish_at: now,
            stops_at: None,
            continues_at: None,
        };
        let mut day = self.clone();
        // The latest departure; fractions of a millisecond add up over a long run.
        let mut at = now as f64;
        let mut left = requests;
        let mut minutes = 0;
        while let Some(room) = day.room(lane)
            && left > 0
            && minutes < MINUTES_AHEAD
        {
            let mut next = at + gap;
            if let Some(wait) = day.wait(lane, next as i64) {
                forecast.stops_at.get_or_insert(at as i64);
                next += wait.as_millis() as f64;
                forecast.continues_at.get_or_insert(next as i64);
                // More than one may have room again by then.
                day.forget(next as i64);
            }
            let of_minute = MINUTE as f64 - next % MINUTE as f64;
            let leaving = (of_minute / gap)
                .ceil()
                .clamp(1.0, f64::from(room.saturating_sub(day.used).max(1)))
                .min(left as f64);
            day.add(next as i64, leaving as u32);
            at = next + (leaving - 1.0) * gap;
            left -= leaving as u64;
            minutes += 1;
        }
        let per_request = day.room(lane).map_or(gap, |room| {
            gap.max((MINUTES_OF_DAY * MINUTE) as f64 / f64::from(room))
        });
        forecast.finish_at = (at + left as f64 * per_request) as i64;
        forecast
    }

    /// How many requests of a day may have left before one more of a lane; nothing where there is no limit.
    fn room(&self, lane: Lane) -> Option<u32> {
        let limit = self.limit?;
        let kept = FOR_CLICKS.min(limit / 4);
        let cap = match lane {
            Lane::Click => limit,
            Lane::Rules | Lane::Bulk => limit - kept,
            Lane::Event | Lane::Sync => limit - kept - limit / 10,
        };
        Some(cap.saturating_sub(ABOUT_TO_LEAVE.min(limit / 4)).max(1))
    }

    fn forget(&mut self, now: i64) {
        let oldest = now / MINUTE - MINUTES_OF_DAY;
        while let Some((minute, requests)) = self.minutes.front() {
            if *minute >= oldest {
                break;
            }
            self.used -= requests;
            self.minutes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 60 * MINUTE;

    fn full(limit: u32, lane: Lane) -> Day {
        let mut day = Day::new(Some(limit), Vec::new());
        while day.wait(lane, 0).is_none() {
            day.count(0);
        }
        day
    }

    #[test]
    fn reading_stops_first_then_runs_and_clicks_last() {
        let mut day = full(5_000, Lane::Sync);
        assert!((4_400..4_450).contains(&day.used), "{}", day.used);
        assert_eq!(day.wait(Lane::Bulk, 0), None);
        let mut day = full(5_000, Lane::Bulk);
        assert!((4_940..=4_950).contains(&day.used), "{}", day.used);
        assert_eq!(day.wait(Lane::Click, 0), None);
        assert!(full(5_000, Lane::Click).used <= 5_000);
    }

    #[test]
    fn room_comes_back_as_the_oldest_minutes_roll_out() {
        let mut day = full(100, Lane::Bulk);
        let wait = day.wait(Lane::Bulk, HOUR).unwrap();
        assert_eq!(wait, Duration::from_secs(23 * 3600 + 60));
        let later = HOUR + i64::try_from(wait.as_millis()).unwrap();
        assert_eq!(day.wait(Lane::Bulk, later), None);
        assert_eq!(day.used, 0);
    }

    #[test]
    fn what_was_sent_before_a_restart_counts_and_no_limit_never_waits() {
        let mut day = Day::new(Some(100), vec![(2, 60), (1, 30)]);
        assert!(day.wait(Lane::Bulk, 3 * MINUTE).is_some());
        let mut free = Day::new(None, vec![(1, 1_000_000)]);
        assert_eq!(free.wait(Lane::Sync, 2 * MINUTE), None);
    }

    /// Everybody who sends, a departure a second: one click every few minutes, a run that never ends, and reading.
    #[test]
    fn a_week_of_work_uses_98_percent_of_the_limit_and_no_24_hours_exceed_it() {
        const LIMIT: u32 = 5_000;
        let mut day = Day::new(Some(LIMIT), Vec::new());
        let mut left = VecDeque::new();
        let (mut all, mut clicks, mut most) = (0, 0, 0);
        let mut waiting_clicks = 0;
        for second in 0..7 * 24 * 3_600 {
            let now = second * 1_000;
            waiting_clicks += u32::from(second % 2_399 == 0);
            let wishes = [
                (Lane::Click, waiting_clicks > 0),
                (Lane::Bulk, true),
                (Lane::Sync, true),
            ];
            let next = wishes
                .into_iter()
                .find(|(lane, wished)| *wished && day.wait(*lane, now).is_none());
            let Some((lane, _)) = next else {
                continue;
            };
            day.count(now);
            all += 1;
            if lane == Lane::Click {
                clicks += 1;
                waiting_clicks -= 1;
            }
            left.push_back(now);
            while left.front().is_some_and(|at| *at <= now - 24 * HOUR) {
                left.pop_front();
            }
            most = most.max(left.len());
        }
        assert!(most <= LIMIT as usize, "{most}");
        assert!(all >= 7 * LIMIT * 98 / 100, "{all}");
        // No click waited for longer than its next place.
        assert_eq!((clicks, waiting_clicks), (253, 0));
    }

    #[test]
    fn a_forecast_says_when_the_day_stops_a_run_and_when_it_goes_on() {
        // 4,946 of 5,000 are for runs: a minute more than a day later, the first minute's 59 come back.
        let day = Day::new(Some(5_000), Vec::new());
        let forecast = day.forecast(Lane::Bulk, 10_000, 1.0, 0);
        let (stops, goes_on) = (4_946_000, 24 * HOUR + MINUTE);
        assert_eq!(forecast.stops_at, Some(stops));
        assert_eq!(forecast.continues_at, Some(goes_on));
        assert!((48 * HOUR..49 * HOUR).contains(&forecast.finish_at));

        let enough = day.forecast(Lane::Bulk, 4_946, 1.0, 0);
        assert_eq!((enough.finish_at, enough.stops_at), (stops, None));
        let used_up = full(5_000, Lane::Bulk).forecast(Lane::Bulk, 1, 1.0, HOUR);
        assert_eq!(used_up.stops_at, Some(HOUR));
        assert_eq!(used_up.continues_at, Some(goes_on));
        assert_eq!(used_up.finish_at, goes_on);
    }

    #[test]
    fn a_forecast_without_a_limit_is_a_division() {
        let day = Day::new(None, vec![(0, 1_000_000)]);
        let forecast = day.forecast(Lane::Sync, 36_000, 5.0, HOUR);
        assert_eq!(forecast.finish_at, HOUR + 7_200_000);
        assert_eq!((forecast.stops_at, forecast.continues_at), (None, None));
        let nothing = Day::new(Some(1), vec![(0, 1)]).forecast(Lane::Bulk, 0, 5.0, HOUR);
        assert_eq!((nothing.finish_at, nothing.stops_at), (HOUR, None));
    }

    #[test]
    fn a_forecast_takes_no_time_whatever_it_is_asked() {
        let spread = (0..MINUTES_OF_DAY).map(|minute| (minute, 3)).collect();
        let day = Day::new(Some(5_000), spread);
        let quickest = |requests, per_second| {
            let one = || {
                let start = Instant::now();
                let forecast = day.forecast(Lane::Bulk, requests, per_second, 24 * HOUR);
                assert!(forecast.finish_at > 24 * HOUR);
                start.elapsed()
            };
            (0..10).map(|_| one()).min().unwrap_or_default()
        };
        // Unoptimised, it may take ten times as long as the millisecond that is promised.
        assert!(quickest(10_000, 1.0) < Duration::from_millis(10));
        for rate in [0.0, 0.001, 1_000.0, f64::NAN, f64::INFINITY] {
            assert!(quickest(u64::MAX, rate) < Duration::from_millis(100));
        }
    }

    proptest! {
        #[test]
        fn no_24_hours_ever_hold_more_than_the_limit(
            limit in 1_u32..400,
            steps in prop::collection::vec((0_i64..40 * MINUTE, 1_usize..30), 1..200),
        ) {
            let mut day = Day::new(Some(limit), Vec::new());
            let mut now = 0;
            let mut left: Vec<i64> = Vec::new();
            for (pause, wishes) in steps {
                now += pause;
                for _ in 0..wishes {
                    if day.wait(Lane::Bulk, now).is_none() {
                        day.count(now);
                        left.push(now);
                    }
                }
                let since = now - 24 * HOUR;
                let recent = left.iter().filter(|at| **at > since).count();
                prop_assert!(recent <= limit as usize, "{recent} of {limit}");
            }
        }

        #[test]
        fn a_forecast_agrees_with_sending_one_by_one(
            limit in 1_u32..2_000,
            sent in prop::collection::vec((0_i64..MINUTES_OF_DAY, 0_u32..40), 0..80),
            lane in prop::sample::select(Lane::ALL.to_vec()),
            requests in 1_u64..4_000,
            per_second in 0.05_f64..20.0,
            into_minute in 0..MINUTE,
        ) {
            let now = 24 * HOUR + into_minute;
            let mut day = Day::new(Some(limit), sent);
            let forecast = day.forecast(lane, requests, per_second, now);
            let mut at = now as f64;
            let (mut stops_at, mut continues_at) = (None, None);
            for _ in 0..requests {
                let stopped = at as i64;
                at += 1_000.0 / per_second;
                if let Some(wait) = day.wait(lane, at as i64) {
                    at += wait.as_millis() as f64;
                    stops_at = stops_at.or(Some(stopped));
                    continues_at = continues_at.or(Some(at as i64));
                    prop_assert_eq!(day.wait(lane, at as i64), None);
                }
                day.count(at as i64);
            }
            let off = |one: i64, other: i64| (one - other).abs();
            prop_assert!(off(forecast.finish_at, at as i64) <= MINUTE, "{forecast:?}, not {at}");
            for (one, other) in [(forecast.stops_at, stops_at), (forecast.continues_at, continues_at)] {
                prop_assert_eq!(one.is_some(), other.is_some());
                prop_assert!(one.zip(other).is_none_or(|(one, other)| off(one, other) <= 1_000));
            }
        }
    }
}
