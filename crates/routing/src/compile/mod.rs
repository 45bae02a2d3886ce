//! A rule set made ready: the words of all rules in one automaton, so that a rule costs nothing where none of its
//! words is there.

pub(crate) mod text;
pub(crate) mod tree;
pub(crate) mod view;
pub(crate) mod words;

use triage::model::Directory;

use self::{
    tree::Tree,
    view::Names,
    words::{Automaton, Interner},
};
use crate::{
    check::check_keeping,
    model::{Mode, Rule, RuleSet, When},
    moment::Occasion,
    problem::{Problem, ProblemKind},
};

/// A rule set that is ready to be evaluated. Evaluate with [`Evaluator`](crate::evaluate::Evaluator).
#[derive(Debug)]
pub struct Compiled {
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) names: Names,
    pub(crate) automaton: Automaton,
    /// For each word, the rules that need it.
    pub(crate) rules_of_word: Vec<Vec<u32>>,
    /// Rules that need no word.
    pub(crate) wordless: Bits,
    active: [Bits; SIMPLE.len()],
    scheduled: Bits,
}

/// One rule that is ready.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) rule: Rule,
    pub(crate) conditions: Tree,
}

/// The occasions for which it is known beforehand which rules take part.
const SIMPLE: [Occasion; 10] = [
    Occasion::Created,
    Occasion::Assigned,
    Occasion::Opened,
    Occasion::Pending,
    Occasion::Closed,
    Occasion::NoteAdded,
    Occasion::Changed,
    Occasion::Sweep,
    Occasion::OnDemand,
    Occasion::Any,
];

impl Compiled {
    /// Makes `rules` ready; `directory` gives the names that conditions and notes speak of.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with `rules`, as [`check`](crate::check::check) says it.
    pub fn new(rules: &RuleSet, directory: &Directory) -> Result<Self, Vec<Problem>> {
        let (problems, patterns) = check_keeping(rules);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut words = Interner::default();
        let compiled: Vec<CompiledRule> = rules
            .rules
            .iter()
            .map(|rule| CompiledRule {
                conditions: Tree::new(&rule.conditions, &patterns, &mut words),
                rule: rule.clone(),
            })
            .collect();
        let mut rules_of_word: Vec<Vec<u32>> = Vec::new();
        let mut wordless = Bits::of(compiled.len());
        for (index, rule) in compiled.iter().enumerate() {
            let Some(needed) = rule.conditions.needed_words(&words) else {
                wordless.set(index);
                continue;
            };
            for word in needed {
                let word = word as usize;
                if rules_of_word.len() <= word {
                    rules_of_word.resize_with(word + 1, Vec::new);
                }
                rules_of_word[word].push(index as u32);
            }
        }
        let takes_part = |fits: &dyn Fn(&When) -> bool| {
            let mut bits = Bits::of(compiled.len());
            for (index, CompiledRule { rule, .. }) in compiled.iter().enumerate() {
                if rule.mode != Mode::Off && rule.when.iter().any(fits) {
                    bits.set(index);
                }
            }
            bits
        };
        let active = SIMPLE.map(|occasion| takes_part(&|when| when.fits(occasion)));
        let scheduled = takes_part(&|when| matches!(when, When::Schedule(_)));
        let automaton = words.into_automaton().map_err(|error| {
            vec![Problem {
                path: "rules".to_owned(),
                kind: ProblemKind::Automaton(error.to_string()),
            }]
        })?;
        Ok(Self {
            rules: compiled,
            names: Names::of(directory),
            automaton,
            rules_of_word,
            wordless,
            active,
            scheduled,
        })
    }

    /// The rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &rule.rule)
    }

    /// The rules that may take part at `occasion`; of scheduled ones, also those that are not due.
    pub(crate) fn active(&self, occasion: Occasion) -> &Bits {
        SIMPLE
            .iter()
            .position(|simple| *simple == occasion)
            .map_or(&self.scheduled, |index| &self.active[index])
    }
}

/// A set of rules by their place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits {
    pub(crate) words: Vec<u64>,
}

impl Bits {
    pub(crate) fn of(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(64)],
        }
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        self.words
            .get(index / 64)
            .is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    pub(crate) fn set(&mut self, index: usize) {
        self.words[index / 64] |= 1 << (index % 64);
    }
}
