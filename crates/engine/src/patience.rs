//! How long to wait before something that did not work is tried again.

use std::time::Duration;

/// Stretches or shortens every pause after trouble: between tries of reading, of sending a change again, and of
/// writing to a database that fails. Intervals of regular work and what Hiver itself asks for are not touched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience(f64);

impl Patience {
    /// The usual pauses times `factor`; anything that is not a positive number counts as 1.
    #[must_use]
    pub fn times(factor: f64) -> Self {
        Self(if factor.is_finite() && factor > 0.0 {
            factor
        } else {
            1.0
        })
    }

    pub(crate) fn of(self, usual: Duration) -> Duration {
        Duration::try_from_secs_f64(usual.as_secs_f64() * self.0).unwrap_or(usual)
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self(1.0)
    }
}
