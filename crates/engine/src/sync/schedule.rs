//! When lists are read again, and what that costs. Pure: no clock, no requests.

use std::time::Duration;

use triage::model::Status;

/// How often open and pending conversations are read again where nobody tells of changes.
const OPEN_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often closed ones are.
const CLOSED_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// How often mailboxes, users and tags are.
const DIRECTORY_EVERY: Duration = Duration::from_secs(60 * 60);
/// So many times rarer where events tell of changes: sweeps then only look for what events left out.
const WITH_EVENTS: f64 = 4.0;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A time further ahead than this was noted by a clock that has since been set back.
pub(crate) const AHEAD_MS: i64 = 60_000;

/// What sweeps may spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Means {
    /// The share of the day that sweeps may use, in percent.
    pub(crate) share: u8,
    /// Requests in 24 hours, if that is limited.
    pub(crate) per_day: Option<u32>,
    /// Requests per second.
    pub(crate) per_second: f64,
}

impl Means {
    /// Requests that sweeps may use in 24 hours.
    pub(crate) fn allowance(&self) -> f64 {
        let by_rate = self.per_second * DAY.as_secs_f64();
        let day = self
            .per_day
            .map_or(by_rate, |per_day| by_rate.min(f64::from(per_day)));
        (day * f64::from(self.share) / 100.0).max(1.0)
    }
}

/// How often what is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// Whether events tell of changes.
    pub(crate) events: bool,
    /// So many times rarer than usual, for sweeps to keep within their share. 1 where they do anyway.
    pub(crate) stretch: f64,
    /// Requests in 24 hours at this pace.
    pub(crate) price: f64,
}

impl Pace {
    /// The pace for lists whose last readings took so many requests; the directory counts as one more.
    pub(crate) fn of(
        means: &Means,
        events: bool,
        lists: impl Iterator<Item = (Status, u32)>,
        directory: u32,
    ) -> Self {
        let usual = Self {
            events,
            stretch: 1.0,
            price: 0.0,
        };
        let mut price = f64::from(directory) * times_a_day(usual.directory_every());
        for (status, requests) in lists {
            price += f64::from(requests) * times_a_day(usual.every(&status));
        }
        let stretch = (price / means.allowance()).max(1.0);
        Self {
            stretch,
            price: price / stretch,
            ..usual
        }
    }

    /// How long after a reading of a list the next one begins.
    pub(crate) fn every(&self, status: &Status) -> Duration {
        let usual = if *status == Status::Closed {
            CLOSED_EVERY
        } else {
            OPEN_EVERY
        };
        let rarer = if self.events { WITH_EVENTS } else { 1.0 };
        usual.mul_f64(rarer * self.stretch)
    }

    /// How long after a reading of mailboxes, users and tags the next one begins.
    pub(crate) fn directory_every(&self) -> Duration {
        DIRECTORY_EVERY.mul_f64(self.stretch)
    }
}

fn times_a_day(every: Duration) -> f64 {
    DAY.as_secs_f64() / every.as_secs_f64()
}

/// When what was read at `read` is due again, in milliseconds since 1970; at once where it never was.
pub(crate) fn due_at(read: Option<i64>, every: Duration, now: i64) -> i64 {
    match read {
        Some(read) if read <= now.saturating_add(AHEAD_MS) => {
            read.saturating_add(i64::try_from(every.as_millis()).unwrap_or(i64::MAX))
        }
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn means(share: u8, per_day: Option<u32>, per_second: f64) -> Means {
        Means {
            share,
            per_day,
            per_second,
        }
    }

    #[test]
    fn a_small_account_is_read_as_often_as_usual() {
        let lists = [
            (Status::Open, 3),
            (Status::Pending, 1),
            (Status::Closed, 20),
        ];
        let pace = Pace::of(
            &means(30, Some(5_000), 1.0),
            false,
            lists.iter().cloned(),
            3,
        );
        assert_eq!(pace.stretch, 1.0);
        assert_eq!(pace.every(&Status::Open), Duration::from_secs(600));
        assert_eq!(pace.price.round(), f64::from(4 * 144 + 20 * 4 + 3 * 24));
    }

    #[test]
    fn a_large_one_is_read_less_often_so_that_it_keeps_within_the_share() {
        let lists = [(Status::Open, 40), (Status::Closed, 1_000)];
        let pace = Pace::of(
            &means(30, Some(5_000), 1.0),
            false,
            lists.iter().cloned(),
            3,
        );
        assert_eq!(pace.price.round(), 1_500.0);
        assert!(pace.every(&Status::Open) > Duration::from_secs(60 * 60));
        let with_events = Pace::of(&means(30, Some(5_000), 1.0), true, lists.into_iter(), 3);
        assert!(with_events.stretch < pace.stretch);
    }

    #[test]
    fn the_rate_is_a_limit_where_the_day_is_none() {
        assert_eq!(means(50, None, 1.0).allowance(), 43_200.0);
        assert_eq!(means(50, Some(1_000_000), 1.0).allowance(), 43_200.0);
        assert_eq!(means(0, Some(5_000), 1.0).allowance(), 1.0);
    }

    #[test]
    fn what_a_clock_ahead_of_time_noted_is_due_at_once() {
        let every = Duration::from_secs(600);
        assert_eq!(due_at(None, every, 1_000), 1_000);
        assert_eq!(due_at(Some(1_000), every, 2_000), 601_000);
        assert_eq!(due_at(Some(i64::MAX), every, 2_000), 2_000);
        assert_eq!(due_at(Some(100_000), every, 2_000), 2_000);
    }

    proptest! {
        #[test]
        fn sweeps_never_cost_more_than_their_share(
            share in 0_u8..=100,
            per_day in proptest::option::of(1_u32..100_000),
            per_second in 0.01_f64..50.0,
            events: bool,
            lists in prop::collection::vec((0_usize..3, 1_u32..5_000), 0..40),
        ) {
            let means = means(share, per_day, per_second);
            let lists: Vec<_> = lists.into_iter().map(|(status, requests)| (Status::KNOWN[status].clone(), requests)).collect();
            let pace = Pace::of(&means, events, lists.iter().cloned(), 3);
            prop_assert!(pace.stretch >= 1.0);
            prop_assert!(pace.price <= means.allowance() * 1.000_001);
            let spent: f64 = lists.iter().map(|(status, requests)| f64::from(*requests) * times_a_day(pace.every(status))).sum();
            prop_assert!(spent <= means.allowance() * 1.000_001);
        }
    }
}
