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

/// The count of a connection's day.
#[derive(Debug, Default)]
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

    /// Counts a request that left at `now`, in milliseconds since 1970.
    pub(crate) fn count(&mut self, now: i64) {
        // A clock that was set back must not make the past count twice as long.
        let minute = (now / MINUTE).max(self.minutes.back().map_or(i64::MIN, |(last, _)| *last));
        match self.minutes.back_mut() {
            Some((last, requests)) if *last == minute => *requests += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
        self.used += 1;
    }

    /// How long a lane has to wait; nothing when it may send now.
    ///
    /// Near the end of the day reading stops first, then runs; the last requests are for clicks.
    pub(crate) fn wait(&mut self, lane: Lane, now: i64) -> Option<Duration> {
        let limit = self.limit?;
        self.forget(now);
        let kept = FOR_CLICKS.min(limit / 4);
        let cap = match lane {
            Lane::Click => limit,
            Lane::Rules | Lane::Bulk => limit - kept,
            Lane::Sync => limit - kept - limit / 10,
        };
        let room = cap.saturating_sub(ABOUT_TO_LEAVE.min(limit / 4)).max(1);
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
    }
}
