//! Reading `Retry-After` (RFC 9110 §10.2.3): seconds, or an HTTP date.

use std::time::{Duration, SystemTime};

/// Longer than anybody means; keeps the arithmetic safe.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;

/// How long to wait, or `None` where the value cannot be read.
///
/// A date is measured against the answer's own `Date` where there is one, so that two clocks that
/// differ do not matter, else against `now`. Fractions of a second are accepted. The past is zero.
pub(crate) fn parse(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        return Some(Duration::from_secs(
            value.parse().unwrap_or(LONGEST).min(LONGEST),
        ));
    }
    if let Ok(seconds) = value.parse::<f64>() {
        let sane = seconds.is_finite() && seconds >= 0.0;
        return sane.then(|| Duration::from_secs_f64(seconds.min(LONGEST as f64)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from = date
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_dates_and_nonsense() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |value| parse(value, None, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds("7"), Some(7.0));
        assert_eq!(seconds(" 0 "), Some(0.0));
        assert_eq!(seconds("1.5"), Some(1.5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10.0));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:47 GMT"), Some(10.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:07 GMT"), Some(0.0));
        assert_eq!(seconds("99999999999999999999999999"), Some(LONGEST as f64));
        for nonsense in ["", "soon", "-5", "NaN", "inf", "7 seconds"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_date_is_measured_by_the_clock_that_wrote_it() {
        let ours = httpdate::parse_http_date("Sun, 06 Nov 1994 09:00:00 GMT").unwrap();
        let wait = parse(
            "Sun, 06 Nov 1994 08:49:47 GMT",
            Some("Sun, 06 Nov 1994 08:49:37 GMT"),
            ours,
        );
        assert_eq!(wait, Some(Duration::from_secs(10)));
    }
}
