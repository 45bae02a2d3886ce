//! What a `429` does: everybody is held, and the rate goes down for a while. Pure: time is given.

use std::time::Duration;

use tokio::time::Instant;

/// Held without a `Retry-After`: this long at first …
const FIRST_HOLD: Duration = Duration::from_secs(5);
/// … doubling up to this.
const LONGEST_HOLD: Duration = Duration::from_secs(60);
/// A `Retry-After` of 0 (or a date that has passed) still means that this request was one too many.
const SHORTEST_ASKED: Duration = Duration::from_secs(1);
/// Nobody means more than a day; without a bound a typo on the other side would stop us for years.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
/// The share of the allowed rate that always remains.
const SMALLEST_SHARE: f64 = 1.0 / 32.0;
/// After this long without a `429` …
const RECOVERY_STEP_EVERY: Duration = Duration::from_secs(30);
/// … a success gives this share of the allowed rate back.
const RECOVERY_STEP: f64 = 0.1;

/// Why nobody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// Hiver answered `429` and said how long to wait.
    AskedToWait,
    /// Hiver answered `429` without saying how long.
    RefusedWithoutTime,
}

/// A hold: nobody leaves before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it ends.
    pub until: Instant,
    /// Why it is.
    pub reason: HoldReason,
}

impl Held {
    /// How long it still lasts; zero when it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Remembers refusals.
#[derive(Debug)]
pub(super) struct Brake {
    halves: bool,
    share: f64,
    /// Refusals since the last success.
    streak: u32,
    /// When the last refusal became known.
    refused_at: Option<Instant>,
    /// Since when nothing spoke against a higher rate.
    calm_since: Option<Instant>,
    held: Option<Held>,
}

impl Brake {
    pub(super) fn new(halves: bool) -> Self {
        Self {
            halves,
            share: 1.0,
            streak: 0,
            refused_at: None,
            calm_since: None,
            held: None,
        }
    }

    /// The share of the allowed rate to use, above 0 and at most 1.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    /// The hold that is in force at `now`.
    pub(super) fn held(&self, now: Instant) -> Option<Held> {
        self.held.filter(|held| held.until > now)
    }

    /// Hiver refused a request that had left at `departed`. Returns how long everybody is held from `now`.
    pub(super) fn refused(
        &mut self,
        departed: Instant,
        now: Instant,
        asked: Option<Duration>,
    ) -> Duration {
        // While held nobody leaves, so whoever left before the last refusal was known was on its way already.
        if self.refused_at.is_none_or(|last| departed > last) {
            self.streak = self.streak.saturating_add(1);
            if self.halves {
                self.share = (self.share / 2.0).max(SMALLEST_SHARE);
            }
        }
        let (wait, reason) = match asked {
            Some(asked) => (
                asked.clamp(SHORTEST_ASKED, LONGEST_ASKED),
                HoldReason::AskedToWait,
            ),
            None => (self.hold_without_time(), HoldReason::RefusedWithoutTime),
        };
        let held = Held {
            until: now + wait,
            reason,
        };
        let held = self
            .held(now)
            .filter(|current| current.until > held.until)
            .unwrap_or(held);
        self.refused_at = Some(now);
        self.calm_since = Some(held.until);
        self.held = Some(held);
        held.until - now
    }

    /// Hiver let a request through that had left at `departed`.
    pub(super) fn succeeded(&mut self, departed: Instant, now: Instant) {
        if self.refused_at.is_some_and(|last| departed <= last) {
            return;
        }
        self.streak = 0;
        let calm = self
            .calm_since
            .is_some_and(|since| now.saturating_duration_since(since) >= RECOVERY_STEP_EVERY);
        if self.share < 1.0 && calm {
            let share = self.share + RECOVERY_STEP;
            // Tenths do not add up to exactly one.
            self.share = if share > 0.999 { 1.0 } else { share };
            self.calm_since = Some(now);
        }
    }

    fn hold_without_time(&self) -> Duration {
        let doublings = self.streak.saturating_sub(1).min(8);
        (FIRST_HOLD * 2u32.pow(doublings)).min(LONGEST_HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn holds_double_to_a_minute_and_a_success_resets_them() {
        let mut brake = Brake::new(true);
        let mut now = Instant::now();
        for expected in [5, 10, 20, 40, 60, 60, 60] {
            let wait = brake.refused(now, now, None);
            assert_eq!(wait, SECOND * expected);
            now += wait + SECOND;
        }
        brake.succeeded(now, now);
        assert_eq!(brake.refused(now, now, None), SECOND * 5);
    }

    #[test]
    fn what_hiver_asks_for_is_kept_within_reason() {
        let mut brake = Brake::new(true);
        let now = Instant::now();
        assert_eq!(brake.refused(now, now, Some(SECOND * 7)), SECOND * 7);
        assert_eq!(brake.held(now).unwrap().reason, HoldReason::AskedToWait);
        assert_eq!(brake.held(now + SECOND * 7), None);
        let later = now + SECOND * 10;
        assert_eq!(brake.refused(later, later, Some(Duration::ZERO)), SECOND);
        let later = now + SECOND * 20;
        assert_eq!(
            brake.refused(later, later, Some(Duration::MAX)),
            LONGEST_ASKED
        );
    }

    #[test]
    fn refusals_of_requests_already_on_their_way_are_one_refusal() {
        let mut brake = Brake::new(true);
        let start = Instant::now();
        let known = start + SECOND;
        assert_eq!(brake.refused(start, known, None), SECOND * 5);
        assert_eq!(brake.refused(start, known + SECOND, None), SECOND * 5);
        assert!((brake.share() - 0.5).abs() < 1e-9);
        // A shorter wish does not end the hold early.
        let remaining = brake.refused(start, known + SECOND * 2, Some(SECOND));
        assert_eq!(remaining, SECOND * 4);
        // A success of one that left before says nothing about now.
        brake.succeeded(start, known + SECOND * 2);
        let after = known + SECOND * 10;
        assert_eq!(brake.refused(after, after, None), SECOND * 10);
    }

    #[test]
    fn the_rate_halves_and_comes_back_slowly() {
        let mut brake = Brake::new(true);
        let mut now = Instant::now();
        for _ in 0..10 {
            now += brake.refused(now, now, Some(SECOND)) + SECOND;
        }
        assert!((brake.share() - SMALLEST_SHARE).abs() < 1e-9);
        let mut steps = 0;
        let began = now;
        while brake.share() < 1.0 {
            let before = brake.share();
            now += SECOND;
            brake.succeeded(now, now);
            if brake.share() > before {
                steps += 1;
            }
        }
        assert_eq!(steps, 10);
        assert!(now - began >= SECOND * 290);

        let mut steady = Brake::new(false);
        steady.refused(now, now, None);
        assert!((steady.share() - 1.0).abs() < 1e-9);
    }
}
