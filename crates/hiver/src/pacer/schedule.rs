//! When the next request may leave. Pure: time is given.

use tokio::time::Instant;

use super::rate::Pace;

/// The schedule of departures.
///
/// Each departure is scheduled one interval after the previous *scheduled* one, so small delays do not
/// add up. A request that left later than the slack moves the schedule.
///
/// Why that satisfies an upstream that runs GCRA (burst 1, tolerance of twice the slack): it keeps
/// `tat' = max(tat, arrival) + 1/rate` and refuses arrivals before `tat - tolerance`. Here
/// `next' = max(next + interval, left + interval - slack)` with `interval >= 1/rate`, so by induction
/// `next >= tat - slack`, and nobody leaves before `next`.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    scheduled: Instant,
    left: Instant,
}

impl Schedule {
    /// The earliest instant of the next departure; `None` before the first one.
    pub(super) fn next(&self, pace: Pace) -> Option<Instant> {
        self.last.map(|last| {
            (last.scheduled + pace.interval).max(last.left + pace.interval - pace.slack)
        })
    }

    /// A request leaves at `now`, which is not before [`Schedule::next`].
    pub(super) fn departed(&mut self, pace: Pace, now: Instant) {
        self.last = Some(Last {
            scheduled: self.next(pace).unwrap_or(now),
            left: now,
        });
    }

    /// The latest request really left at `now`.
    pub(super) fn left_late(&mut self, now: Instant) {
        if let Some(last) = &mut self.last {
            last.left = last.left.max(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::pacer::Rate;

    /// An upstream as strict as they come.
    struct Gcra {
        tat: Option<Instant>,
        every: Duration,
    }

    impl Gcra {
        fn admits(&mut self, arrival: Instant) -> bool {
            let tat = self.tat.unwrap_or(arrival);
            if arrival + Duration::from_millis(10) < tat {
                return false;
            }
            self.tat = Some(tat.max(arrival) + self.every);
            true
        }
    }

    proptest! {
        #[test]
        fn a_strict_upstream_admits_every_departure(
            rate in 0.2f64..50.0,
            delays in prop::collection::vec(prop_oneof![0u64..6_000, 0u64..400_000], 1..300),
        ) {
            let pace = Rate::per_second(rate).unwrap().pace(1.0, Duration::ZERO);
            let mut upstream = Gcra { tat: None, every: Duration::from_secs_f64(1.0 / rate) };
            let mut schedule = Schedule::default();
            let start = Instant::now();
            for late in delays {
                let now = schedule.next(pace).unwrap_or(start) + Duration::from_micros(late);
                schedule.departed(pace, now);
                prop_assert!(upstream.admits(now));
            }
        }

        #[test]
        fn delays_within_the_slack_cost_nothing(delays in prop::collection::vec(0u64..5_000, 1..300)) {
            let pace = Rate::per_second(20.0).unwrap().pace(1.0, Duration::ZERO);
            let start = Instant::now();
            let mut schedule = Schedule::default();
            schedule.departed(pace, start);
            for (index, late) in (1u32..).zip(delays) {
                let next = schedule.next(pace).unwrap();
                prop_assert_eq!(next, start + pace.interval * index);
                schedule.departed(pace, next + Duration::from_micros(late));
            }
        }
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let pace = Rate::per_second(1.0).unwrap().pace(1.0, Duration::ZERO);
        let mut schedule = Schedule::default();
        let start = Instant::now();
        schedule.departed(pace, start);
        let much_later = start + Duration::from_secs(100);
        schedule.departed(pace, much_later);
        assert_eq!(
            schedule.next(pace),
            Some(much_later + pace.interval - pace.slack)
        );
    }
}
