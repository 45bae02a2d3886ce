//! The pacer as its users see it, on a clock that moves by itself.

use std::future::Future;
use std::sync::Mutex;
use std::time::SystemTime;

use futures::FutureExt as _;
use futures::future::join_all;
use proptest::prelude::*;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn pacer(per_second: f64) -> Pacer {
    Pacer::new(PacerSettings::new(Rate::per_second(per_second).unwrap()))
}

async fn leave(pacer: &Pacer, lane: Lane) -> Departure {
    pacer.slot(lane).await.depart().await
}

/// Runs on a paused clock, for use inside proptest.
fn on_paused_clock<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

fn closest(departures: &[Instant]) -> Duration {
    departures
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .min()
        .unwrap_or(Duration::MAX)
}

#[tokio::test(start_paused = true)]
async fn an_hour_at_one_a_second_is_used_to_99_percent() {
    let pacer = pacer(1.0);
    let end = Instant::now() + SECOND * 3600;
    let mut departures = Vec::new();
    loop {
        let slot = pacer.slot(Lane::Bulk).await;
        // Writing the intent to disk takes less than the lead.
        sleep(Duration::from_millis(8)).await;
        let at = slot.depart().await.at;
        if at >= end {
            break;
        }
        departures.push(at);
    }
    assert!(departures.len() >= 3564, "{}", departures.len());
    assert!(closest(&departures) >= SECOND);
}

#[tokio::test(start_paused = true)]
async fn twenty_a_second_is_used_to_97_percent_though_timers_are_coarse() {
    let pacer = pacer(20.0);
    let began = Instant::now();
    for _ in 0..12_000 {
        let slot = pacer.slot(Lane::Bulk).await;
        sleep(Duration::from_millis(6)).await;
        slot.depart().await;
    }
    assert!(began.elapsed() < SECOND * 618, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn slow_holders_share_the_full_rate() {
    let pacer = pacer(20.0);
    let began = Instant::now();
    let workers = (0..8).map(|_| async {
        let mut departures = Vec::new();
        for _ in 0..100 {
            let slot = pacer.slot(Lane::Bulk).await;
            sleep(Duration::from_millis(150)).await;
            departures.push(slot.depart().await.at);
        }
        departures
    });
    let mut departures: Vec<_> = join_all(workers).await.concat();
    departures.sort();
    assert!(began.elapsed() < SECOND * 42, "{:?}", began.elapsed());
    assert!(closest(&departures) >= Duration::from_millis(40));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the callers do between taking and using their slots, departures keep their distance,
    /// and an upstream with GCRA, burst 1 and a tolerance of 10 ms refuses none of them.
    #[test]
    fn departures_keep_their_distance(
        rate in 0.5f64..40.0,
        steps in prop::collection::vec((0usize..4, 0u64..120, 0u64..120, any::<bool>()), 1..60),
    ) {
        let departures = on_paused_clock(async {
            let pacer = pacer(rate);
            let all = steps.iter().map(|&(lane, before, between, drops)| {
                let pacer = &pacer;
                async move {
                    sleep(Duration::from_millis(before * 7)).await;
                    let slot = pacer.slot(Lane::ALL[lane]).await;
                    sleep(Duration::from_millis(between)).await;
                    if drops {
                        return None;
                    }
                    Some(slot.depart().await.at)
                }
            });
            let mut departures: Vec<_> = join_all(all).await.into_iter().flatten().collect();
            departures.sort();
            departures
        });
        let every = Duration::from_secs_f64(1.0 / rate);
        let tolerance = Duration::from_millis(10);
        if departures.len() > 1 {
            prop_assert!(closest(&departures) + tolerance >= every);
        }
        let mut tat: Option<Instant> = None;
        for at in departures {
            let expected = tat.unwrap_or(at);
            prop_assert!(at + tolerance >= expected);
            tat = Some(expected.max(at) + every);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn higher_lanes_overtake_and_a_lane_keeps_its_order() {
    let pacer = pacer(10.0);
    leave(&pacer, Lane::Sync).await;
    let order = Mutex::new(Vec::new());
    let join = |lane, name| {
        let (pacer, order) = (&pacer, &order);
        async move {
            leave(pacer, lane).await;
            order.lock().unwrap().push(name);
        }
    };
    tokio::join!(
        join(Lane::Sync, "sync"),
        join(Lane::Bulk, "bulk 1"),
        join(Lane::Bulk, "bulk 2"),
        join(Lane::Rules, "rules"),
        async {
            // Comes when the others wait already.
            sleep(Duration::from_millis(30)).await;
            assert_eq!(pacer.state().waiting.bulk, 2);
            join(Lane::Click, "click").await;
        },
    );
    assert_eq!(
        order.into_inner().unwrap(),
        ["click", "rules", "bulk 1", "bulk 2", "sync"]
    );
    assert_eq!(pacer.state().waiting, Waiting::default());
}

#[tokio::test(start_paused = true)]
async fn a_slot_comes_a_little_before_its_instant() {
    let pacer = pacer(1.0);
    let first = leave(&pacer, Lane::Click).await;
    let slot = pacer.slot(Lane::Click).await;
    let early = slot.planned() - Instant::now();
    assert!(early > Duration::from_millis(10) && early <= Duration::from_millis(12));
    let second = slot.depart().await;
    assert_eq!(second.at - first.at, Duration::from_millis(1010));
}

#[tokio::test(start_paused = true)]
async fn giving_up_loses_no_rate() {
    let pacer = pacer(1.0);
    let first = leave(&pacer, Lane::Bulk).await;
    // One gives up while it waits, one with its slot in hand, one while it departs.
    let waiting = timeout(SECOND / 2, pacer.slot(Lane::Click)).await;
    assert!(waiting.is_err());
    drop(pacer.slot(Lane::Click).await);
    let slot = pacer.slot(Lane::Click).await;
    assert!(slot.depart().now_or_never().is_none());
    let second = leave(&pacer, Lane::Bulk).await;
    assert_eq!(second.at - first.at, Duration::from_millis(1010));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_gives_up_calls_the_next() {
    let pacer = pacer(1.0);
    leave(&pacer, Lane::Bulk).await;
    let began = Instant::now();
    let mut head = Box::pin(pacer.slot(Lane::Click));
    assert!(head.as_mut().now_or_never().is_none());
    let other = tokio::spawn({
        let pacer = pacer.clone();
        async move { leave(&pacer, Lane::Sync).await.at }
    });
    yield_now().await;
    drop(head);
    assert_eq!(other.await.unwrap() - began, Duration::from_millis(1010));
}

#[tokio::test(start_paused = true)]
async fn while_held_nobody_leaves_not_even_with_a_slot_in_hand() {
    let pacer = pacer(1.0);
    let refused = leave(&pacer, Lane::Bulk).await;
    let in_hand = pacer.slot(Lane::Bulk).await;
    let mut watch = pacer.watch();
    let until = Instant::now() + SECOND * 7;
    assert_eq!(pacer.rate_limited(&refused, Some(SECOND * 7)), SECOND * 7);
    watch.changed().await.unwrap();
    let held = watch.borrow().held.unwrap();
    assert_eq!((held.until, held.reason), (until, HoldReason::AskedToWait));
    let (first, second) = tokio::join!(in_hand.depart(), leave(&pacer, Lane::Click));
    assert_eq!(first.at, until);
    assert!(second.at >= until + SECOND);
    assert_eq!(pacer.state().held, None);
}

#[tokio::test(start_paused = true)]
async fn refusals_halve_the_rate_and_successes_bring_it_back() {
    let pacer = pacer(4.0);
    let refused = leave(&pacer, Lane::Bulk).await;
    pacer.rate_limited(&refused, Some(SECOND));
    assert!((pacer.state().current_per_second - 2.0).abs() < 1e-9);
    let recovering = Instant::now();
    while pacer.state().current_per_second < 4.0 {
        let left = leave(&pacer, Lane::Bulk).await;
        pacer.succeeded(&left);
    }
    let took = recovering.elapsed();
    assert!(took >= SECOND * 150 && took < SECOND * 160, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_changes_live() {
    let pacer = pacer(0.01);
    leave(&pacer, Lane::Bulk).await;
    let began = Instant::now();
    let faster = async {
        sleep(SECOND).await;
        pacer.set_rate(Rate::per_second(10.0).unwrap());
    };
    tokio::join!(leave(&pacer, Lane::Bulk), faster);
    assert!(began.elapsed() < SECOND * 2);

    // Also for one that is already departing.
    pacer.set_rate(Rate::per_second(0.01).unwrap());
    let slot = pacer.slot(Lane::Bulk);
    let faster = async {
        sleep(SECOND).await;
        pacer.set_rate(Rate::per_second(10.0).unwrap());
    };
    tokio::join!(async { slot.await.depart().await }, faster);
    assert!(began.elapsed() < SECOND * 4);
    assert!((pacer.state().allowed_per_second - 10.0).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_left_late_keeps_the_next_one_away() {
    let pacer = pacer(1.0);
    leave(&pacer, Lane::Bulk).await;
    sleep(Duration::from_millis(300)).await;
    let really = Instant::now();
    pacer.left_late(really);
    let next = leave(&pacer, Lane::Bulk).await;
    assert_eq!(next.at - really, Duration::from_millis(1005));
}

/// Lets bulk go at a given instant only, counts all.
struct Reserve {
    bulk_from: Instant,
    left: Mutex<Vec<Lane>>,
}

impl Meter for Reserve {
    fn departed(&self, lane: Lane, _at: SystemTime) {
        self.left.lock().unwrap().push(lane);
    }

    fn allowance(&self, lane: Lane) -> Allowance {
        match lane {
            Lane::Bulk => Allowance::Until(self.bulk_from),
            _ => Allowance::Now,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_meter_stops_one_lane_and_not_the_others() {
    let meter = Arc::new(Reserve {
        bulk_from: Instant::now() + SECOND * 100,
        left: Mutex::default(),
    });
    let settings = PacerSettings::new(Rate::per_second(1.0).unwrap());
    let pacer = Pacer::with_meter(settings, Arc::clone(&meter) as Arc<dyn Meter>);
    leave(&pacer, Lane::Rules).await;
    let (bulk, sync, click) = tokio::join!(
        leave(&pacer, Lane::Bulk),
        leave(&pacer, Lane::Sync),
        leave(&pacer, Lane::Click),
    );
    assert!(click.at < sync.at && sync.at < bulk.at);
    assert_eq!(bulk.at, meter.bulk_from);
    assert_eq!(
        *meter.left.lock().unwrap(),
        [Lane::Rules, Lane::Click, Lane::Sync, Lane::Bulk]
    );
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_may_go_again_is_served_in_order() {
    let meter = Arc::new(Reserve {
        bulk_from: Instant::now() + SECOND * 3 / 2,
        left: Mutex::default(),
    });
    let settings = PacerSettings::new(Rate::per_second(1.0).unwrap());
    let pacer = Pacer::with_meter(settings, Arc::clone(&meter) as Arc<dyn Meter>);
    let syncs = (0..5).map(|_| leave(&pacer, Lane::Sync));
    tokio::join!(leave(&pacer, Lane::Bulk), join_all(syncs));
    let order = meter.left.lock().unwrap().clone();
    let place = order.iter().position(|lane| *lane == Lane::Bulk);
    assert_eq!(place, Some(2));
}
