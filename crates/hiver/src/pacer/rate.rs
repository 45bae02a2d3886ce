//! A rate that can be kept.

use std::time::Duration;

use thiserror::Error;

/// The interval is this much longer than `1 / rate`: clocks differ, and the upstream counts arrivals. At one a
/// second these are 10 ms, as much again as strict upstreams let a request come early. With 4 ms, a jitter of 20 ms
/// in the network brought a refusal every three minutes, and those took a quarter of the rate; this takes a hundredth.
const MARGIN: f64 = 1.01;

/// Requests per second, between 0.001 and 1,000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A number that cannot be a rate.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("`{0}` requests per second cannot be kept: give a number from 0.001 to 1000")]
pub struct InvalidRate(pub f64);

impl Rate {
    /// A rate in requests per second.
    ///
    /// # Errors
    ///
    /// [`InvalidRate`] below 0.001, above 1,000, and for what is no number.
    pub fn per_second(requests: f64) -> Result<Self, InvalidRate> {
        if (0.001..=1000.0).contains(&requests) {
            Ok(Self(requests))
        } else {
            Err(InvalidRate(requests))
        }
    }

    /// In requests per second.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        self.0
    }

    /// A share of this rate as distances; `share` is above 0 and at most 1.
    pub(super) fn pace(self, share: f64, lead: Duration) -> Pace {
        let interval = Duration::from_secs_f64(MARGIN / (self.0 * share));
        Pace {
            interval,
            slack: Pace::LARGEST_SLACK.min(interval / 10),
            lead: lead.min(interval / 3),
        }
    }
}

/// A rate as distances in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// From one scheduled departure to the next.
    pub(super) interval: Duration,
    /// How late a request may leave without moving those after it.
    pub(super) slack: Duration,
    /// How long before its departure a slot is handed out.
    pub(super) lead: Duration,
}

impl Pace {
    /// Half of the 10 ms by which strict upstreams let a request come early; the other half is left
    /// to the network.
    const LARGEST_SLACK: Duration = Duration::from_millis(5);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rates_that_can_be_kept() {
        for bad in [0.0, -1.0, 0.0005, 1000.5, f64::NAN, f64::INFINITY] {
            assert!(Rate::per_second(bad).is_err(), "{bad}");
        }
        let pace = Rate::per_second(1.0)
            .unwrap()
            .pace(1.0, Duration::from_millis(12));
        assert_eq!(pace.interval, Duration::from_millis(1010));
        assert_eq!(pace.slack, Duration::from_millis(5));
        assert_eq!(pace.lead, Duration::from_millis(12));
        let fast = Rate::per_second(100.0)
            .unwrap()
            .pace(1.0, Duration::from_millis(12));
        assert!(fast.lead < Duration::from_millis(4) && fast.slack < Duration::from_millis(2));
    }
}
