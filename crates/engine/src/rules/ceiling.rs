//! What keeps rules from doing harm by themselves: a ceiling, and things that are gone. Either puts a rule into shadow,
//! and says so until somebody has read it.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use routing::lint::gone;
use routing::model::{Mode, Rule, RuleId, RuleSet};
use routing::warning::{Named, Warning};
use store::{Error, RuleNotice};
use triage::model::Directory;

use super::keeping::Saving;
use super::{LiveRules, SaveRulesError};
use crate::Engine;
use crate::live::Live;

/// Where the ceiling is kept.
const CEILING: &str = "rule-ceiling";
/// On how many conversations a rule acts within an hour, unless an admin says otherwise.
const USUAL_CEILING: u32 = 200;
/// Who saves what the console does by itself.
const CONSOLE: &str = "the console";

impl Engine {
    /// On how many conversations a rule acts by itself within an hour, at most. What people ask for is not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_ceiling(&self) -> Result<u32, Error> {
        let set = self.store().setting(CEILING).await?;
        Ok(set.unwrap_or(USUAL_CEILING))
    }

    /// Sets on how many conversations a rule acts by itself within an hour; at least one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_rule_ceiling(&self, ceiling: u32) -> Result<(), Error> {
        self.store().set_setting(CEILING, &ceiling.max(1)).await?;
        self.tell(Live::Rules);
        Ok(())
    }

    /// What the console did to rules by itself and nobody has dismissed, newest first. For admins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_notices(&self) -> Result<Vec<RuleNotice>, Error> {
        match self.mirror().connection() {
            Some(connection) => self.store().rule_notices(connection).await,
            None => Ok(Vec::new()),
        }
    }

    /// Dismisses a notice; `false` where there is none of that number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dismiss_rule_notice(&self, id: i64, by: &str) -> Result<bool, Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(false);
        };
        let dismissed = self.store().dismiss_rule_notice(connection, id, by).await?;
        if dismissed {
            self.tell(Live::Rules);
        }
        Ok(dismissed)
    }

    /// A rule came to its ceiling.
    pub(super) async fn stop_at_ceiling(
        &self,
        rule: &RuleId,
        ceiling: usize,
    ) -> Result<(), SaveRulesError> {
        let number = triage::text::plural(ceiling as u64, "conversation");
        let why = format!("it was about to act on more than {number} within an hour");
        self.put_into_shadow(rule, &why).await
    }

    /// Keeps what users or tags were called that Hiver no longer lists: notices say more than ids.
    pub(crate) fn keep_former_names<'n>(&self, gone: impl IntoIterator<Item = (&'n str, &'n str)>) {
        let gone = gone
            .into_iter()
            .map(|(id, name)| (id.to_owned(), name.to_owned()));
        let former = self.0.rules.former_names.lock();
        former.unwrap_or_else(PoisonError::into_inner).extend(gone);
    }

    /// `“Ana Ruiz” (usr_1)`, or the id where it was never called anything else.
    fn former_name(&self, id: &str) -> String {
        let former = self.0.rules.former_names.lock();
        let former = former.unwrap_or_else(PoisonError::into_inner);
        match former.get(id) {
            Some(name) => format!("“{name}” (`{id}`)"),
            None => format!("`{id}`"),
        }
    }

    /// The names were read: rules that name a user or a tag that is gone do no more.
    pub(crate) fn names_were_read(&self) {
        self.0.rules.names_read.store(true, Ordering::Release);
        self.wake_rules();
    }

    /// Puts rules into shadow that name a user or a tag that is gone, if rules were saved or the names were read since
    /// the last time.
    pub(super) async fn look_for_names_that_are_gone(&self) -> Result<(), SaveRulesError> {
        let Some(live) = self.rules().await? else {
            return Ok(());
        };
        let rules = &self.0.rules;
        let names = &live.directory;
        let were_ever_read = !names.users.is_empty() || !names.tags.is_empty();
        let is_new = rules.names_checked.load(Ordering::Acquire) != live.number();
        let were_just_read = rules.names_read.swap(false, Ordering::AcqRel);
        let is_due = were_just_read || (is_new && were_ever_read);
        if !is_due {
            return Ok(());
        }
        let looked = self.shadow_what_names_the_gone(&live).await;
        match &looked {
            Ok(()) => rules.names_checked.store(live.number(), Ordering::Release),
            Err(_) => rules.names_read.store(true, Ordering::Release),
        }
        looked
    }

    async fn shadow_what_names_the_gone(&self, live: &LiveRules) -> Result<(), SaveRulesError> {
        let on = live.set.rules.iter().filter(|rule| rule.mode == Mode::On);
        for rule in on {
            if let Some(Warning::Gone { what, id, .. }) = gone_name(rule, &live.directory) {
                let kind = if what == Named::User { "user" } else { "tag" };
                let named = format!("the {kind} {}", self.former_name(&id));
                let why = format!("it names {named}, which Hiver does not have, or not any more");
                self.put_into_shadow(&rule.id, &why).await?;
            }
        }
        Ok(())
    }

    /// Puts a rule that is on into shadow by a new version, and leaves a notice.
    async fn put_into_shadow(&self, rule: &RuleId, why: &str) -> Result<(), SaveRulesError> {
        loop {
            let Some(live) = self.rules().await? else {
                return Ok(());
            };
            let mut set = live.set.as_ref().clone();
            let Some(found) = set.rules.iter_mut().find(|one| one.id == *rule) else {
                return Ok(());
            };
            if found.mode != Mode::On {
                return Ok(());
            }
            found.mode = Mode::Shadow;
            let name = found.name.clone();
            let text = format!("“{name}” was put into shadow: {why}.");
            tracing::warn!(rule = %rule, why, "a rule was put into shadow");
            let saving = Saving {
                author: CONSOLE,
                base: live.number(),
                note: &text,
                notices: vec![(rule.to_string(), name, text.clone())],
            };
            match self.save(saving, set).await {
                // Somebody else was faster: theirs is put into shadow.
                Err(SaveRulesError::Moved { .. }) => {}
                saved => return saved.map(drop),
            }
        }
    }
}

/// The first user or tag that a rule names and Hiver does not have: what it does could not be done.
pub(super) fn gone_name(rule: &Rule, directory: &Directory) -> Option<Warning> {
    let is_acted_with = |warning: &Warning| matches!(warning, Warning::Gone { what, .. } if *what != Named::Mailbox);
    gone(rule, directory).into_iter().find(is_acted_with)
}

/// Rules as they would be in force: those that are on and name a user or a tag that is gone are in shadow.
pub(super) fn shadowed(mut set: RuleSet, directory: &Directory) -> RuleSet {
    for rule in &mut set.rules {
        if rule.mode == Mode::On && gone_name(rule, directory).is_some() {
            rule.mode = Mode::Shadow;
        }
    }
    set
}
