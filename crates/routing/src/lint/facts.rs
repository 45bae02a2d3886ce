//! What is known of a conversation for which some tests hold.

use std::collections::BTreeSet;

use triage::model::{MailboxId, Status, TagId, UserId};

use super::{
    terms::{Literal, Test},
    texts,
};
use crate::{
    model::{AssigneeTest, Hours, Span, TagsTest, TextCondition, Weekday},
    warning::Impossible,
};

/// Minutes of a day and of a week.
const DAY: usize = 24 * 60;
const WEEK: usize = 7 * DAY;

/// What is known. What is not restricted is open.
#[derive(Debug, Clone)]
pub(super) struct Facts<'r> {
    pub(super) mailbox: Among<'r, MailboxId>,
    pub(super) status: Among<'r, Status>,
    pub(super) may_be_nobody: bool,
    pub(super) may_be_somebody: bool,
    pub(super) user: Among<'r, UserId>,
    pub(super) with: BTreeSet<&'r TagId>,
    pub(super) without: BTreeSet<&'r TagId>,
    pub(super) with_any: Vec<&'r [TagId]>,
    pub(super) untagged: bool,
    pub(super) tagged: bool,
    pub(super) age: Between,
    pub(super) unchanged: Between,
    /// The minutes of the week; `None` is all.
    pub(super) minutes: Option<Vec<bool>>,
    pub(super) texts: Vec<(&'r TextCondition, bool)>,
}

/// One of some, but none of others.
#[derive(Debug, Clone)]
pub(super) struct Among<'r, T> {
    pub(super) allowed: Option<BTreeSet<&'r T>>,
    pub(super) excluded: BTreeSet<&'r T>,
}

impl<'r, T: Ord> Among<'r, T> {
    pub(super) fn anything() -> Self {
        Self {
            allowed: None,
            excluded: BTreeSet::new(),
        }
    }

    pub(super) fn restrict(&mut self, to: &'r [T], positive: bool) {
        if positive {
            let to: BTreeSet<&T> = to.iter().collect();
            self.allowed = Some(match self.allowed.take() {
                Some(allowed) => allowed.intersection(&to).copied().collect(),
                None => to,
            });
        } else {
            self.excluded.extend(to);
        }
        if let Some(allowed) = &mut self.allowed {
            let excluded = &self.excluded;
            allowed.retain(|one| !excluded.contains(one));
        }
    }

    fn is_impossible(&self) -> bool {
        self.allowed.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether it may be this one.
    pub(super) fn allows(&self, one: &T) -> bool {
        let is_allowed = |allowed: &BTreeSet<&T>| allowed.contains(one);
        self.allowed.as_ref().is_none_or(is_allowed) && !self.excluded.contains(one)
    }

    fn implies(&self, list: &[T], positive: bool) -> bool {
        match &self.allowed {
            Some(allowed) => allowed.iter().all(|one| list.contains(one) == positive),
            None => !positive && list.iter().all(|one| self.excluded.contains(one)),
        }
    }
}

/// From a bound up to, not including, another, in minutes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Between {
    pub(super) const ALWAYS: Self = Self {
        from: i64::MIN,
        to: i64::MAX,
    };

    fn restrict(&mut self, span: Span, positive: bool) {
        let least = span.at_least_minutes.map(i64::from);
        let under = span.under_minutes.map(i64::from);
        match (positive, least, under) {
            (true, _, _) => {
                self.from = self.from.max(least.unwrap_or(i64::MIN));
                self.to = self.to.min(under.unwrap_or(i64::MAX));
            }
            (false, Some(least), None) => self.to = self.to.min(least),
            (false, None, Some(under)) => self.from = self.from.max(under),
            // What lies outside of two bounds are two pieces; nothing is concluded from that.
            (false, _, _) => {}
        }
    }

    fn implies(self, span: Span, positive: bool) -> bool {
        let least = span.at_least_minutes.map_or(i64::MIN, i64::from);
        let under = span.under_minutes.map_or(i64::MAX, i64::from);
        if positive {
            self.from >= least && self.to <= under
        } else {
            self.to <= least || self.from >= under
        }
    }
}

impl<'r> Facts<'r> {
    pub(super) fn none() -> Self {
        Self {
            mailbox: Among::anything(),
            status: Among::anything(),
            may_be_nobody: true,
            may_be_somebody: true,
            user: Among::anything(),
            with: BTreeSet::new(),
            without: BTreeSet::new(),
            with_any: Vec::new(),
            untagged: false,
            tagged: false,
            age: Between::ALWAYS,
            unchanged: Between::ALWAYS,
            minutes: None,
            texts: Vec::new(),
        }
    }

    pub(super) fn of(way: &[Literal<'r>]) -> Self {
        let mut facts = Self::none();
        way.iter().for_each(|literal| facts.learn(*literal));
        facts
    }

    pub(super) fn learn(&mut self, Literal { test, positive }: Literal<'r>) {
        match test {
            Test::Text(text) => self.texts.push((text, positive)),
            Test::Mailbox(ids) => self.mailbox.restrict(ids, positive),
            Test::Status(statuses) => self.status.restrict(statuses, positive),
            Test::Assignee(test) => self.learn_assignee(test, positive),
            Test::Tags(test) => self.learn_tags(test, positive),
            Test::Age(span) => self.age.restrict(span, positive),
            Test::Unchanged(span) => self.unchanged.restrict(span, positive),
            Test::Time(hours) => {
                let minutes = self.minutes.get_or_insert_with(|| vec![true; WEEK]);
                for (minute, open) in minutes.iter_mut().enumerate() {
                    *open &= contains(hours, minute) == positive;
                }
            }
        }
    }

    fn learn_assignee(&mut self, test: &'r AssigneeTest, positive: bool) {
        match (test, positive) {
            (AssigneeTest::Nobody, true) | (AssigneeTest::Somebody, false) => {
                self.may_be_somebody = false;
            }
            (AssigneeTest::Nobody, false) | (AssigneeTest::Somebody, true) => {
                self.may_be_nobody = false;
            }
            (AssigneeTest::OneOf(users), _) => {
                self.user.restrict(users, positive);
                self.may_be_nobody &= !positive;
            }
        }
        self.may_be_somebody &= !self.user.is_impossible();
    }

    fn learn_tags(&mut self, test: &'r TagsTest, positive: bool) {
        match (test, positive) {
            (TagsTest::All(tags), true) => self.with.extend(tags),
            (TagsTest::Any(tags), true) | (TagsTest::None(tags), false) => match tags.as_slice() {
                [only] => drop(self.with.insert(only)),
                tags => self.with_any.push(tags),
            },
            (TagsTest::None(tags), true) | (TagsTest::Any(tags), false) => {
                self.without.extend(tags);
            }
            (TagsTest::All(tags), false) => {
                if let [only] = tags.as_slice() {
                    self.without.insert(only);
                }
            }
            (TagsTest::Untagged, true) => self.untagged = true,
            (TagsTest::Untagged, false) => self.tagged = true,
        }
    }

    /// What cannot be, if something cannot.
    pub(super) fn impossible(&self) -> Option<Impossible> {
        let some_tag = self.tagged || !self.with.is_empty() || !self.with_any.is_empty();
        let tags = (self.untagged && some_tag)
            || !self.with.is_disjoint(&self.without)
            || self
                .with_any
                .iter()
                .any(|any| any.iter().all(|tag| self.without.contains(tag)));
        let never = |minutes: &Vec<bool>| !minutes.contains(&true);
        [
            (self.mailbox.is_impossible(), Impossible::Mailbox),
            (self.status.is_impossible(), Impossible::Status),
            (
                !self.may_be_nobody && !self.may_be_somebody,
                Impossible::Assignee,
            ),
            (tags, Impossible::Tags),
            (self.age.from >= self.age.to, Impossible::Age),
            (
                self.unchanged.from >= self.unchanged.to,
                Impossible::Unchanged,
            ),
            (self.minutes.as_ref().is_some_and(never), Impossible::Time),
        ]
        .into_iter()
        .find_map(|(is_so, what)| is_so.then_some(what))
        .or_else(|| texts::impossible(&self.texts))
    }

    /// Each day and minute of it at which it may be so.
    pub(super) fn open_minutes(&self) -> impl Iterator<Item = (Weekday, usize)> {
        let is_open = |minute: &usize| self.minutes.as_ref().is_none_or(|open| open[*minute]);
        let minutes = (0..WEEK).filter(is_open);
        minutes.map(|minute| (Weekday::ALL[minute / DAY], minute % DAY))
    }

    /// Whether `literal` holds for every conversation of which this is known.
    pub(super) fn implies(&self, Literal { test, positive }: Literal<'_>) -> bool {
        match test {
            Test::Text(text) => texts::implied(&self.texts, text, positive),
            Test::Mailbox(ids) => self.mailbox.implies(ids, positive),
            Test::Status(statuses) => self.status.implies(statuses, positive),
            Test::Assignee(test) => self.implies_assignee(test, positive),
            Test::Tags(test) => self.implies_tags(test, positive),
            Test::Age(span) => self.age.implies(span, positive),
            Test::Unchanged(span) => self.unchanged.implies(span, positive),
            Test::Time(hours) => (0..WEEK).all(|minute| {
                let open = self.minutes.as_ref().is_none_or(|minutes| minutes[minute]);
                !open || contains(hours, minute) == positive
            }),
        }
    }

    fn implies_assignee(&self, test: &AssigneeTest, positive: bool) -> bool {
        match (test, positive) {
            (AssigneeTest::Nobody, true) | (AssigneeTest::Somebody, false) => !self.may_be_somebody,
            (AssigneeTest::Nobody, false) | (AssigneeTest::Somebody, true) => !self.may_be_nobody,
            (AssigneeTest::OneOf(users), true) => {
                !self.may_be_nobody && self.user.implies(users, true)
            }
            (AssigneeTest::OneOf(users), false) => {
                !self.may_be_somebody || self.user.implies(users, false)
            }
        }
    }

    fn implies_tags(&self, test: &TagsTest, positive: bool) -> bool {
        let has_any = |tags: &[TagId]| {
            let one_of_these = |any: &&[TagId]| any.iter().all(|tag| tags.contains(tag));
            tags.iter().any(|tag| self.with.contains(tag)) || self.with_any.iter().any(one_of_these)
        };
        let lacks = |tag: &TagId| self.untagged || self.without.contains(tag);
        match (test, positive) {
            (TagsTest::Any(tags), true) | (TagsTest::None(tags), false) => has_any(tags),
            (TagsTest::Any(tags), false) | (TagsTest::None(tags), true) => tags.iter().all(lacks),
            (TagsTest::All(tags), true) => tags.iter().all(|tag| self.with.contains(tag)),
            (TagsTest::All(tags), false) => tags.iter().any(lacks),
            (TagsTest::Untagged, true) => self.untagged,
            (TagsTest::Untagged, false) => {
                self.tagged || !self.with.is_empty() || !self.with_any.is_empty()
            }
        }
    }
}

fn contains(hours: &Hours, minute: usize) -> bool {
    let weekday = Weekday::ALL[minute / DAY];
    hours.contain(weekday, (minute % DAY) as u16)
}
