//! Whole hours at one request a second, against an upstream that counts arrivals: GCRA, no burst, 10 ms tolerance.
//!
//! Between departure and arrival lies a network that is never the same twice. It may shorten the gap between two
//! requests by all of its jitter, and such an upstream forgives 10 ms of it: the rest must be put on the interval
//! beforehand. So whoever is not told when a request arrives uses at most `1 s / (1 s + jitter - 10 ms)` of the
//! rate. With the pacer's 1 % that is a jitter of 20 ms, less what a caller itself is late.

use std::ops::RangeInclusive;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const TOLERANCE: Duration = Duration::from_millis(10);

/// Bounds of something that is drawn anew each time, in milliseconds.
type Millis = RangeInclusive<u64>;

fn draw(random: &mut StdRng, bounds: &Millis) -> Duration {
    Duration::from_micros(random.random_range(bounds.start() * 1_000..=bounds.end() * 1_000))
}

/// An upstream with its network.
struct Upstream {
    random: StdRng,
    one_way: Millis,
    due: Option<Instant>,
    refused: usize,
}

impl Upstream {
    fn new(one_way: Millis) -> Self {
        Self {
            random: StdRng::seed_from_u64(1),
            one_way,
            due: None,
            refused: 0,
        }
    }

    /// Judges a request that left at `left`: when the answer is back, and the `Retry-After` of a 429.
    fn ask(&mut self, left: Instant) -> (Instant, Option<Duration>) {
        let arrived = left + draw(&mut self.random, &self.one_way);
        let answered = arrived + draw(&mut self.random, &self.one_way);
        let due = self.due.unwrap_or(arrived);
        if arrived + TOLERANCE < due {
            self.refused += 1;
            return (answered, Some(SECOND));
        }
        self.due = Some(due.max(arrived) + SECOND);
        (answered, None)
    }
}

/// A pacer, its upstream, and who left when.
struct World {
    pacer: Pacer,
    upstream: Mutex<Upstream>,
    left: Mutex<Vec<(Instant, Lane)>>,
    end: Instant,
}

impl World {
    /// An hour, through a network that takes so long each way.
    fn through(one_way: Millis) -> Self {
        Self {
            pacer: Pacer::new(PacerSettings::new(Rate::per_second(1.0).unwrap())),
            upstream: Mutex::new(Upstream::new(one_way)),
            left: Mutex::default(),
            end: Instant::now() + HOUR,
        }
    }

    /// Sends one request, keeping its slot for `held` first, and hears the answer. Returns when it was asked for
    /// and when it left; nothing at the end of the hour.
    async fn send(&self, lane: Lane, held: Duration) -> Option<(Instant, Instant)> {
        let asked = Instant::now();
        let leaving = async {
            let slot = self.pacer.slot(lane).await;
            sleep(held).await;
            slot.depart().await
        };
        let departure = timeout_at(self.end, leaving).await.ok()?;
        self.left.lock().unwrap().push((departure.at, lane));
        let (answered, refused) = self.upstream.lock().unwrap().ask(departure.at);
        sleep_until(answered).await;
        match refused {
            Some(wait) => {
                self.pacer.rate_limited(&departure, Some(wait));
            }
            None => self.pacer.succeeded(&departure),
        }
        Some((asked, departure.at))
    }

    /// Bulk requests without end, each keeping its slot for so long.
    async fn always_busy(&self, held: Millis) {
        let mut random = StdRng::seed_from_u64(2);
        while self
            .send(Lane::Bulk, draw(&mut random, &held))
            .await
            .is_some()
        {}
    }

    fn refused(&self) -> usize {
        self.upstream.lock().unwrap().refused
    }

    /// Requests that were let through, out of 3,600.
    fn used(&self) -> usize {
        self.left.lock().unwrap().len() - self.refused()
    }

    /// Who left after `since`, up to and including `until`.
    fn left_between(&self, since: Instant, until: Instant) -> Vec<Lane> {
        let left = self.left.lock().unwrap();
        left.iter()
            .filter(|(at, _)| *at > since && *at <= until)
            .map(|(_, lane)| *lane)
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_through_20_ms_of_jitter_is_used_to_99_percent_and_nothing_is_refused() {
    // Writing the intent to disk takes less than the lead.
    let world = World::through(20..=40);
    world.always_busy(2..=11).await;
    assert_eq!(world.refused(), 0);
    assert!(world.used() >= 3_564, "{}", world.used());
}

#[tokio::test(start_paused = true)]
async fn callers_that_are_5_ms_late_leave_15_ms_to_the_network() {
    let world = World::through(20..=35);
    world.always_busy(8..=17).await;
    assert_eq!(world.refused(), 0);
    assert!(world.used() >= 3_564, "{}", world.used());
}

/// What it costs where the network is worse than that: about a third of the rate, as each refusal halves it.
#[tokio::test(start_paused = true)]
async fn more_jitter_than_can_be_absorbed_costs_a_third_and_settles() {
    for jitter in [30, 60, 200] {
        let world = World::through(20..=20 + jitter);
        world.always_busy(2..=11).await;
        assert!(world.used() >= 2_300, "{jitter} ms: {}", world.used());
        assert!(world.refused() <= 30, "{jitter} ms: {}", world.refused());
    }
}

#[tokio::test(start_paused = true)]
async fn a_click_waits_for_one_departure_at_most_and_reading_takes_what_is_left() {
    let world = World::through(20..=40);
    let bulk_until = Instant::now() + HOUR / 2;
    // Two at a time, so that one always waits while the other's answer is on its way.
    let bulk = async || {
        while Instant::now() < bulk_until {
            world.send(Lane::Bulk, Duration::from_millis(8)).await;
        }
    };
    let reading = async || {
        while world.send(Lane::Sync, Duration::ZERO).await.is_some() {}
    };
    let clicks = async {
        let mut random = StdRng::seed_from_u64(3);
        let mut clicked = 0;
        loop {
            sleep(draw(&mut random, &(3_000..=40_000))).await;
            let click = async || world.send(Lane::Click, Duration::ZERO).await;
            // Three people at once: each waits for those before, and for whoever had a slot already.
            let (first, second, third) = tokio::join!(click(), click(), click());
            let (Some(first), Some(second), Some(third)) = (first, second, third) else {
                break clicked;
            };
            for (others, (asked, left)) in [first, second, third].into_iter().enumerate() {
                let meanwhile = world.left_between(asked, left);
                assert!(meanwhile.len() <= others + 2, "{meanwhile:?}");
                assert!(left - asked <= SECOND * 102 / 100 * (2 + others as u32));
            }
            clicked += 3;
        }
    };
    let (clicked, ..) = tokio::join!(clicks, bulk(), bulk(), reading(), reading());
    assert!(clicked >= 300, "{clicked}");
    assert_eq!(world.refused(), 0);
    assert!(world.used() >= 3_564, "{}", world.used());
    // The very first to ask may be anybody; from then on reading waits while a run has work.
    let first_half = world.left_between(world.end - HOUR + SECOND * 2, bulk_until - SECOND * 3);
    assert!(!first_half.contains(&Lane::Sync));
    let second_half = world.left_between(bulk_until + SECOND * 3, world.end);
    assert!(!second_half.contains(&Lane::Bulk));
    assert!(second_half.len() >= 1_775, "{}", second_half.len());
}
