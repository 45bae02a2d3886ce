//! Which request goes wrong.

use super::{FaultKind, Faults, NextFault};
use crate::rng::Random;

/// What a fault may look at.
pub(crate) struct Target<'a> {
    pub(crate) method: &'a str,
    /// Without `/api/v1`.
    pub(crate) path: &'a str,
}

impl Target<'_> {
    fn allows(&self, kind: FaultKind) -> bool {
        const LISTS: [&str; 4] = ["/mailboxes", "/conversations", "/users", "/tags"];
        match kind {
            FaultKind::BrokenRow => self.method == "GET" && LISTS.contains(&self.path),
            FaultKind::OtherId => self.path.starts_with("/conversations/"),
            _ => true,
        }
    }
}

/// Decides which request goes wrong.
pub(crate) struct FaultPlan {
    random: Random,
    /// A stream of its own, so that requests beyond a limit do not change what happens to those within.
    beyond_limit: Random,
    pub(crate) by_chance: Faults,
    pub(crate) next: Vec<NextFault>,
}

impl FaultPlan {
    pub(crate) fn new(seed: u64, by_chance: Faults) -> Self {
        Self {
            random: Random::for_item(seed, "faults", 0),
            beyond_limit: Random::for_item(seed, "faults", 1),
            by_chance,
            next: Vec::new(),
        }
    }

    /// The fault of this request, if any. Called once per admitted request, in order of arrival.
    pub(crate) fn decide(&mut self, request: &Target<'_>) -> Option<FaultKind> {
        if let Some(kind) = self.take_next(request, |_| true) {
            return Some(kind);
        }
        if self.by_chance.0.is_empty() {
            return None;
        }
        // One draw for all kinds, so that each has exactly the probability it was given.
        let mut draw = self.random.fraction();
        for (kind, probability) in &self.by_chance.0 {
            if draw < *probability {
                return request.allows(*kind).then_some(*kind);
            }
            draw -= probability;
        }
        None
    }

    /// Whether the refusal of a request beyond the day's limit comes without a `Retry-After`: where
    /// [`RateLimitedBare`](FaultKind::RateLimitedBare) is in line for it, or by its chance.
    pub(crate) fn refuse_bare(&mut self, request: &Target<'_>) -> bool {
        let bare = FaultKind::RateLimitedBare;
        self.take_next(request, |kind| kind == bare).is_some()
            || self.beyond_limit.chance(self.by_chance.probability(bare))
    }

    fn take_next(
        &mut self,
        request: &Target<'_>,
        wanted: impl Fn(FaultKind) -> bool,
    ) -> Option<FaultKind> {
        let next = self.next.iter_mut().find(|next| {
            next.count > 0
                && wanted(next.kind)
                && next.matches(request)
                && request.allows(next.kind)
        })?;
        next.count -= 1;
        let kind = next.kind;
        self.next.retain(|next| next.count > 0);
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const NOTE: Target<'_> = Target {
        method: "POST",
        path: "/conversations/cnv_1/notes",
    };
    const LIST: Target<'_> = Target {
        method: "GET",
        path: "/conversations",
    };

    #[test]
    fn each_kind_gets_its_share() {
        let faults = Faults::from_names([("429", 0.1), ("cut", 0.3)]).unwrap();
        let mut plan = FaultPlan::new(1, faults);
        let mut count = BTreeMap::new();
        for _ in 0..10_000 {
            *count.entry(plan.decide(&NOTE)).or_insert(0) += 1;
        }
        assert!(
            (900..1_100).contains(&count[&Some(FaultKind::RateLimited)]),
            "{count:?}"
        );
        assert!(
            (2_850..3_150).contains(&count[&Some(FaultKind::Cut)]),
            "{count:?}"
        );
    }

    #[test]
    fn the_next_requests_are_met_exactly() {
        let mut plan = FaultPlan::new(1, Faults::none());
        let next = NextFault::new(FaultKind::Cut).method("post").count(2);
        plan.next.push(
            next.path_prefix("/api/v1/conversations")
                .path_suffix("/notes"),
        );
        assert_eq!(plan.decide(&LIST), None);
        assert_eq!(plan.decide(&NOTE), Some(FaultKind::Cut));
        assert_eq!(plan.decide(&NOTE), Some(FaultKind::Cut));
        assert_eq!(plan.decide(&NOTE), None);
    }

    #[test]
    fn only_a_list_can_have_a_broken_row() {
        let mut plan = FaultPlan::new(1, Faults::none());
        plan.next.push(NextFault::new(FaultKind::BrokenRow));
        assert_eq!(plan.decide(&NOTE), None);
        assert_eq!(plan.decide(&LIST), Some(FaultKind::BrokenRow));
    }

    #[test]
    fn only_an_answer_about_one_conversation_can_name_another() {
        let mut plan = FaultPlan::new(1, Faults::none());
        plan.next.push(NextFault::new(FaultKind::OtherId));
        assert_eq!(plan.decide(&LIST), None);
        assert_eq!(plan.decide(&NOTE), Some(FaultKind::OtherId));
    }

    #[test]
    fn beyond_the_limit_only_a_bare_refusal_is_taken_and_the_rest_stays() {
        let mut plan = FaultPlan::new(1, Faults::none());
        plan.next.push(NextFault::new(FaultKind::Cut));
        plan.next.push(NextFault::new(FaultKind::RateLimitedBare));
        assert!(plan.refuse_bare(&NOTE));
        assert!(!plan.refuse_bare(&NOTE));
        assert_eq!(plan.decide(&NOTE), Some(FaultKind::Cut));
        plan.by_chance = Faults::from_names([("429-bare", 0.25)]).unwrap();
        let bare = (0..1_000).filter(|_| plan.refuse_bare(&NOTE)).count();
        assert!((200..300).contains(&bare), "{bare}");
    }
}
