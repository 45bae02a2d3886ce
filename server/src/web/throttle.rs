//! Attempts to sign in, throttled by name and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures are remembered for so long.
const WINDOW: Duration = Duration::from_secs(60);
/// Failures with one name within the window.
const PER_NAME: usize = 5;
/// Failures from one address within the window.
const PER_ADDRESS: usize = 20;
/// Beyond so many names and addresses, what has passed is swept out.
const SWEEP_AT: usize = 10_000;

/// Remembers failures. In memory: a restart forgives.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    failures: Mutex<HashMap<Who, Vec<Instant>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Name(String),
    Address(IpAddr),
}

impl Throttle {
    /// Takes an attempt; `false` when there were too many. An attempt counts as failed until it is forgiven, so
    /// that many at once cannot slip through.
    pub(super) fn attempt(&self, name: &str, address: IpAddr) -> bool {
        self.attempt_at(name, address, Instant::now())
    }

    fn attempt_at(&self, name: &str, address: IpAddr, now: Instant) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() > SWEEP_AT {
            failures.retain(|_, times| times.iter().any(|at| now.duration_since(*at) < WINDOW));
        }
        let limits = [
            (named(name), PER_NAME),
            (Who::Address(address), PER_ADDRESS),
        ];
        for (who, limit) in &limits {
            let times = failures.entry(who.clone()).or_default();
            times.retain(|at| now.duration_since(*at) < WINDOW);
            if times.len() >= *limit {
                return false;
            }
        }
        for (who, _) in limits {
            failures.entry(who).or_default().push(now);
        }
        true
    }

    /// Forgets the failures of a name and address that have just signed in.
    pub(super) fn forgive(&self, name: &str, address: IpAddr) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&named(name));
        if let Some(times) = failures.get_mut(&Who::Address(address)) {
            times.pop();
        }
    }
}

fn named(name: &str) -> Who {
    Who::Name(name.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_sixth_try_in_a_minute_waits_and_a_success_forgives() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for _ in 0..PER_NAME {
            assert!(throttle.attempt_at("Ana", HERE, start));
        }
        assert!(!throttle.attempt_at(" ana ", HERE, start));
        assert!(
            throttle.attempt_at("Ben", HERE, start),
            "another name is not Ana's fault"
        );
        assert!(throttle.attempt_at("Ana", HERE, start + WINDOW));
        throttle.forgive("Ana", HERE);
        for _ in 0..PER_NAME {
            assert!(throttle.attempt_at("Ana", HERE, start + WINDOW));
        }
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let taken = (0..100)
            .filter(|name| throttle.attempt_at(&name.to_string(), HERE, start))
            .count();
        assert_eq!(taken, PER_ADDRESS);
    }
}
