//! What actions make of what is known, and what they leave of it for the time before.

use triage::model::TagId;

use super::{
    facts::{Among, Between, Facts},
    terms::{Literal, Test},
};
use crate::model::{Actions, Assign, TextCondition, TextField};

impl<'r> Facts<'r> {
    /// What is known after a rule with these `actions` acted.
    pub(super) fn after(&self, actions: &'r Actions) -> Self {
        let mut after = self.clone();
        let written = Written::by(actions);
        if let Some(status) = &actions.set_status {
            after.status = Among::anything();
            after.status.restrict(std::slice::from_ref(status), true);
        }
        if let Some(assign) = &actions.assign {
            after.may_be_nobody = false;
            after.may_be_somebody = true;
            after.user = Among {
                allowed: Some(assign.users().collect()),
                ..Among::anything()
            };
        }
        if written.tags {
            after.untagged = false;
            after.tagged = false;
            after.with_any.clear();
            for tag in &actions.add_tags {
                after.without.remove(tag);
                after.with.insert(tag);
            }
            for tag in &actions.remove_tags {
                after.with.remove(tag);
                after.without.insert(tag);
            }
        }
        after.texts.retain(|(text, _)| !written.reads_text(text));
        after
    }

    /// What is still known when some time has passed in which nothing happened.
    pub(super) fn later(&self) -> Self {
        let mut later = self.clone();
        later.age.to = i64::MAX;
        later.unchanged = Between::ALWAYS;
        later.minutes = None;
        later
    }

    /// Whether something may be as is known when a rule with these `actions` has just acted on it.
    pub(super) fn allows(&self, actions: &Actions) -> bool {
        self.allows_assign(actions) && self.allows_status_and_tags(actions)
    }

    fn allows_assign(&self, actions: &Actions) -> bool {
        actions.assign.as_ref().is_none_or(|assign| {
            self.may_be_somebody && assign.users().any(|user| self.user.allows(user))
        })
    }

    fn allows_status_and_tags(&self, actions: &Actions) -> bool {
        let Actions {
            add_tags,
            remove_tags,
            set_status,
            ..
        } = actions;
        let status = set_status.as_ref();
        let is_lacking = |tag| self.untagged || self.without.contains(tag);
        let all_removed = |any: &&[TagId]| any.iter().all(|tag| remove_tags.contains(tag));
        status.is_none_or(|status| self.status.allows(status))
            && !add_tags.iter().any(is_lacking)
            && !remove_tags.iter().any(|tag| self.with.contains(tag))
            && !self.with_any.iter().any(all_removed)
    }

    /// Leaves what is known of the time before a rule with these `actions` looked at it, whether that acted or not.
    pub(super) fn undo(&mut self, actions: &Actions) {
        let gave = self.allows_assign(actions);
        // Whoever shares out may have found nobody free, and done the rest.
        let shares = matches!(actions.assign, Some(Assign::Share(_)));
        if !self.allows_status_and_tags(actions) || !(gave || shares) {
            // It did not act: this would be otherwise.
            return;
        }
        let mut written = Written::by(actions);
        written.assignee &= gave;
        if written.status {
            self.status = Among::anything();
        }
        if written.assignee {
            self.may_be_nobody = true;
            self.user = Among::anything();
        }
        if written.tags {
            let added = &actions.add_tags;
            self.tagged &= added.is_empty();
            self.untagged = false;
            self.with_any
                .retain(|any| !any.iter().any(|tag| added.contains(tag)));
            for tag in added {
                self.with.remove(tag);
            }
            for tag in &actions.remove_tags {
                self.without.remove(tag);
            }
        }
        self.texts.retain(|(text, _)| !written.reads_text(text));
    }
}

/// What of a conversation actions write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) status: bool,
    pub(super) assignee: bool,
    pub(super) tags: bool,
}

impl Written {
    pub(super) fn by(actions: &Actions) -> Self {
        Self {
            status: actions.set_status.is_some(),
            assignee: actions.assign.is_some(),
            tags: !actions.add_tags.is_empty() || !actions.remove_tags.is_empty(),
        }
    }

    /// Whether a test looks at what is written.
    pub(super) fn is_read_by(self, literal: &Literal<'_>) -> bool {
        match literal.test {
            Test::Status(_) => self.status,
            Test::Assignee(_) => self.assignee,
            Test::Tags(_) => self.tags,
            Test::Text(text) => self.reads_text(text),
            Test::Mailbox(_) | Test::Age(_) | Test::Unchanged(_) | Test::Time(_) => false,
        }
    }

    fn reads_text(self, text: &TextCondition) -> bool {
        match text.field {
            TextField::Assignee => self.assignee,
            TextField::Tag => self.tags,
            _ => false,
        }
    }
}
