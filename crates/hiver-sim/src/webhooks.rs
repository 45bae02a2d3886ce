//! Delivering events to a registered address, as late, as often and in whatever order is asked for.
//!
//! Nothing is retried, as no contract promises it. Events leave in the order in which they happened, each after the
//! delay, at most `at_once` at a time; one that is held back waits for two delays more, so that later ones overtake it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::{
    Error, Simulator,
    account::{Account, Happening},
    rng::Random,
    wire,
};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// What one that is held back waits for where there is no delay.
const HELD_BACK: Duration = Duration::from_millis(100);

/// Where events go, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// How long each event takes.
    #[serde(default)]
    pub delay_ms: u64,
    /// The probability that an event is delivered twice.
    #[serde(default)]
    pub repeat: f64,
    /// The probability that an event is held back.
    #[serde(default)]
    pub reorder: f64,
    /// The names of those that are delivered; all where nothing is said. The ping always is.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    /// How many are on their way at a time.
    #[serde(default = "one")]
    pub at_once: usize,
}

impl Webhook {
    /// All events, at once, in order.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            delay_ms: 0,
            repeat: 0.0,
            reorder: 0.0,
            events: None,
            at_once: 1,
        }
    }

    fn check(&self) -> Result<(), Error> {
        let value = |what, value: String| Err(Error::Value { what, value });
        if self.url.parse::<reqwest::Url>().is_err() {
            return value("url", format!("`{}`", self.url));
        }
        for (what, probability) in [("repeat", self.repeat), ("reorder", self.reorder)] {
            if !(0.0..=1.0).contains(&probability) {
                return value(what, probability.to_string());
            }
        }
        if !(1..=1_000).contains(&self.at_once) {
            return value("at_once", self.at_once.to_string());
        }
        Ok(())
    }

    fn wants(&self, event: &Value) -> bool {
        let name = event["event"].as_str().unwrap_or_default();
        self.events
            .as_ref()
            .is_none_or(|wanted| wanted.iter().any(|one| one == name))
    }
}

/// What became of the events.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WebhookState {
    /// Where they go; none while nothing is registered.
    pub webhook: Option<Webhook>,
    /// On their way, or waiting.
    pub waiting: usize,
    /// Answered with success.
    pub delivered: u64,
    /// Refused, or not answered. They are not sent again.
    pub failed: u64,
}

impl Simulator {
    /// Sends a ping to an address, and from then on what happens; in place of the one that was registered, if any.
    ///
    /// # Errors
    /// [`Error::Value`] for an address, probability or number that cannot be, and where no HTTP client can be made.
    pub fn register_webhook(&self, webhook: Webhook) -> Result<WebhookState, Error> {
        webhook.check()?;
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Error::Value {
                what: "url",
                value: error.to_string(),
            })?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut core = self.core();
        core.webhooks.webhook = Some(webhook.clone());
        core.webhooks.waiting += 1;
        let seed = core.account.world.seed;
        core.account.tell = Some(sender);
        drop(core);
        let sending = Sending {
            simulator: self.clone(),
            client,
            permits: Arc::new(Semaphore::new(webhook.at_once)),
            random: Random::for_item(seed, "webhooks", 0),
            waiting: BTreeMap::new(),
            number: 0,
            webhook,
        };
        tokio::spawn(sending.work(receiver));
        Ok(self.webhooks())
    }

    /// Nothing is delivered any more of what happens from now on.
    pub fn forget_webhook(&self) -> WebhookState {
        let mut core = self.core();
        core.webhooks.webhook = None;
        core.account.tell = None;
        drop(core);
        self.webhooks()
    }

    /// Where events go, and what became of them.
    #[must_use]
    pub fn webhooks(&self) -> WebhookState {
        self.core().webhooks.clone()
    }

    /// Waits until no event is on its way.
    pub async fn until_webhooks_are_delivered(&self) {
        self.until(|core| core.webhooks.waiting == 0 && core.account.untold == 0)
            .await;
    }
}

/// Hands what happened to whoever delivers it.
pub(crate) fn tell(account: &mut Account, happening: Happening) {
    // Whoever delivered may have ended with its runtime.
    if account
        .tell
        .as_ref()
        .is_some_and(|tell| tell.send(happening).is_ok())
    {
        account.untold += 1;
    }
}

struct Sending {
    simulator: Simulator,
    webhook: Webhook,
    client: Client,
    permits: Arc<Semaphore>,
    random: Random,
    /// Events by when they leave, then by number.
    waiting: BTreeMap<(Instant, u64), String>,
    number: u64,
}

impl Sending {
    async fn work(mut self, mut happenings: mpsc::UnboundedReceiver<Happening>) {
        self.waiting
            .insert((Instant::now(), 0), wire::ping().to_string());
        let mut registered = true;
        while registered || !self.waiting.is_empty() {
            let next = self.waiting.keys().next().map(|(at, _)| *at);
            tokio::select! {
                happening = happenings.recv(), if registered => match happening {
                    Some(happening) => self.take(&happening),
                    None => registered = false,
                },
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => self.send().await,
            }
        }
    }

    fn take(&mut self, (effect, conversation): &Happening) {
        let mut core = self.simulator.core();
        core.account.untold -= 1;
        let event = wire::event(effect, conversation, &core.account.world, core.wire);
        if !self.webhook.wants(&event) {
            drop(core);
            self.simulator.has_moved();
            return;
        }
        let delay = Duration::from_millis(self.webhook.delay_ms);
        let mut due = Instant::now() + delay;
        if self.random.chance(self.webhook.reorder) {
            due += delay.max(HELD_BACK) * 2;
        }
        let copies = if self.random.chance(self.webhook.repeat) {
            2
        } else {
            1
        };
        core.webhooks.waiting += copies;
        for _ in 0..copies {
            self.number += 1;
            self.waiting.insert((due, self.number), event.to_string());
        }
    }

    /// Sends the first in line, as soon as there is room on the way.
    async fn send(&mut self) {
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return;
        };
        let Some((_, body)) = self.waiting.pop_first() else {
            return;
        };
        let request = self
            .client
            .post(&self.webhook.url)
            .header("content-type", "application/json")
            .body(body);
        let simulator = self.simulator.clone();
        tokio::spawn(async move {
            let answer = request.send().await;
            let arrived = answer.is_ok_and(|answer| answer.status().is_success());
            let mut core = simulator.core();
            core.webhooks.waiting -= 1;
            if arrived {
                core.webhooks.delivered += 1;
            } else {
                core.webhooks.failed += 1;
            }
            drop(core);
            drop(permit);
            simulator.has_moved();
        });
    }
}

fn one() -> usize {
    1
}
