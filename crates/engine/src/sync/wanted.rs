//! Those who want the mirror read: what of it, and telling them how that ended.

use std::sync::{MutexGuard, PoisonError};

use tokio::sync::mpsc;
use triage::model::MailboxId;

use crate::Engine;
use crate::status::Trouble;

/// A reading that somebody asked for.
pub(crate) struct Wanted {
    /// One mailbox whole; without it, what is due and everything open.
    only: Option<MailboxId>,
    /// Whom to tell.
    tell: Option<mpsc::UnboundedSender<Ended>>,
}

impl Wanted {
    /// Everything, without anybody who waits for the end.
    pub(crate) fn by_nobody() -> Self {
        Self {
            only: None,
            tell: None,
        }
    }

    fn is_waited_for(&self) -> bool {
        self.tell.as_ref().is_some_and(|tell| !tell.is_closed())
    }
}

/// How a reading ended.
#[derive(Debug, Clone)]
pub(super) enum Ended {
    /// Everything that may be read was read; what may not, where there is any.
    Read(Option<Trouble>),
    /// It was given up.
    Failed(Trouble),
}

/// What is wanted of one reading.
#[derive(Default)]
pub(super) struct Wants(Vec<Wanted>);

impl Wants {
    /// Whether it is about more than single mailboxes: somebody wants everything, or nobody wants anything.
    pub(super) fn include_all(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(|one| one.only.is_none())
    }

    /// Whether somebody asked for it.
    pub(super) fn include_somebodys(&self) -> bool {
        !self.0.is_empty()
    }

    /// The mailboxes that somebody wants whole.
    pub(super) fn mailboxes(&self) -> impl Iterator<Item = &MailboxId> {
        self.0.iter().filter_map(|one| one.only.as_ref())
    }

    /// Tells those who wait how the reading ended; what is left over for the next try is what those want who may
    /// go on waiting after a failure.
    pub(super) fn tell(self, ended: &Ended) -> Self {
        let mut left_over = self.0;
        left_over.retain(|wanted| {
            let tell = wanted.tell.as_ref();
            tell.is_some_and(|tell| tell.send(ended.clone()).is_ok())
                && matches!(ended, Ended::Failed(_))
        });
        Self(left_over)
    }
}

impl Engine {
    /// Asks for a reading.
    pub(crate) fn want(&self, wanted: Wanted) {
        self.wanted().push(wanted);
        self.0.refresh.notify_one();
    }

    /// Waits until somebody wants a reading.
    pub(super) async fn until_wanted(&self) {
        while self.wanted().is_empty() {
            self.0.refresh.notified().await;
        }
    }

    /// What is wanted of the reading that begins now, after one that left some of it over.
    pub(super) fn take_wants(&self, left_over: Wants) -> Wants {
        let mut wants = left_over.0;
        wants.retain(Wanted::is_waited_for);
        wants.append(&mut self.wanted());
        Wants(wants)
    }

    /// The reading did not come to an end: whoever waits for it waits for the next.
    pub(super) fn want_again(&self, wants: Wants) {
        for wanted in wants.0 {
            self.want(wanted);
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Vec<Wanted>> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the mirror again, all that is due of it or one mailbox whole, and waits until that is done; what was
    /// wrong, where something was.
    pub async fn refresh_and_wait(&self, only: Option<MailboxId>) -> Option<Trouble> {
        self.wait_for_reading(only, false).await
    }

    /// As [`refresh_and_wait`](Self::refresh_and_wait), but trouble that passes by itself is waited out: what is
    /// returned is for a person to mend.
    pub async fn refresh_until_read(&self, only: Option<MailboxId>) -> Option<Trouble> {
        self.wait_for_reading(only, true).await
    }

    async fn wait_for_reading(&self, only: Option<MailboxId>, patient: bool) -> Option<Trouble> {
        loop {
            let (tell, mut told) = mpsc::unbounded_channel();
            self.want(Wanted {
                only: only.clone(),
                tell: Some(tell),
            });
            loop {
                let ended = tokio::select! {
                    () = self.0.stop.cancelled() => return Some(stopping()),
                    ended = told.recv() => ended,
                };
                match ended {
                    Some(Ended::Read(trouble)) => return trouble,
                    Some(Ended::Failed(trouble)) if patient && !trouble.about_key => {}
                    Some(Ended::Failed(trouble)) => return Some(trouble),
                    // The link was replaced in the middle of it.
                    None => break,
                }
            }
        }
    }
}

fn stopping() -> Trouble {
    Trouble {
        message: "The console was stopped before everything was read.".to_owned(),
        remedy: "Ask again once it runs.".to_owned(),
        about_key: false,
    }
}
