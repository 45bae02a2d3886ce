//! What requests cost in time and in the day's budget.

use serde::{Deserialize, Serialize};

/// The cost of a number of requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The requests.
    pub requests: u64,
    /// How long they take at the allowed rate; always finite.
    pub seconds: f64,
    /// Their share of what a day allows (1.0 is all of it); `None` when there is no limit.
    pub share_of_day: Option<f64>,
    /// Whether they fit in what is left of the day.
    pub fits_today: bool,
}

/// Prices `requests` at `rate_per_second`, with `per_day` allowed (`None`: no limit) of which
/// `used_today` are gone. The day is a rolling 24 hours, so this is an estimate.
#[must_use]
pub fn price(requests: u64, rate_per_second: f64, per_day: Option<u32>, used_today: u32) -> Price {
    let exact = requests as f64;
    let seconds = if requests == 0 {
        0.0
    } else {
        exact / rate_per_second.max(f64::MIN_POSITIVE)
    };
    Price {
        requests,
        // JSON has no infinity, and a rate of nothing takes forever.
        seconds: seconds.min(f64::MAX),
        share_of_day: per_day.map(|per_day| exact / f64::from(per_day.max(1))),
        fits_today: per_day
            .is_none_or(|per_day| u64::from(used_today).saturating_add(requests) <= per_day.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_become_time_and_share() {
        let cases = [
            (624, 1.0, Some(5_000), 0, 624.0, Some(0.1248), true),
            (624, 5.0, None, 99, 124.8, None, true),
            (100, 1.0, Some(5_000), 4_900, 100.0, Some(0.02), true),
            (101, 1.0, Some(5_000), 4_900, 101.0, Some(0.0202), false),
            (0, 1.0, Some(10), 10, 0.0, Some(0.0), true),
            (0, 0.0, None, 0, 0.0, None, true),
            (1, 1.0, Some(0), 0, 1.0, Some(1.0), false),
        ];
        for (requests, rate, per_day, used, seconds, share_of_day, fits_today) in cases {
            let expected = Price {
                requests,
                seconds,
                share_of_day,
                fits_today,
            };
            assert_eq!(price(requests, rate, per_day, used), expected);
        }
    }

    #[test]
    fn a_senseless_rate_still_gives_a_number() {
        for rate in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE] {
            let seconds = price(7, rate, None, 0).seconds;
            assert!(seconds.is_finite() && seconds > 1e9, "{rate}: {seconds}");
        }
    }
}
