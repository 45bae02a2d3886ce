//! The words of all rules in one automaton, which tells in one pass over a subject which of them are in it.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Up to so many bytes of words, the automaton is of the kind that is fastest to run; larger ones would take too much
/// memory and time to build.
const FASTEST_UP_TO_BYTES: usize = 40_000;

/// Folded words, each once, by number.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    numbers: HashMap<String, u32>,
    words: Vec<String>,
}

impl Interner {
    /// The number of `word`, which is not empty.
    pub(crate) fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.numbers.insert(word.to_owned(), number);
        self.words.push(word.to_owned());
        number
    }

    pub(crate) fn length_of(&self, number: u32) -> usize {
        self.words[number as usize].len()
    }

    pub(crate) fn into_automaton(self) -> Result<Automaton, aho_corasick::BuildError> {
        let bytes: usize = self.words.iter().map(String::len).sum();
        let kind = (bytes <= FASTEST_UP_TO_BYTES).then_some(AhoCorasickKind::DFA);
        let automaton = if self.words.is_empty() {
            None
        } else {
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::Standard).kind(kind);
            Some(builder.build(&self.words)?)
        };
        Ok(Automaton {
            automaton,
            words: self.words.len(),
        })
    }
}

/// Finds words.
#[derive(Debug)]
pub(crate) struct Automaton {
    automaton: Option<AhoCorasick>,
    words: usize,
}

impl Automaton {
    /// Notes in `seen` which words are in `text`.
    pub(crate) fn look_for(&self, text: &str, seen: &mut Seen) {
        seen.clear(self.words);
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(text) {
                seen.note(found.pattern().as_u32());
            }
        }
    }

    /// Notes in `seen` that no word is there.
    pub(crate) fn look_for_nothing(&self, seen: &mut Seen) {
        seen.clear(self.words);
    }
}

/// Which words are in the subject at hand.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The round in which each word was last seen: nothing has to be wiped between subjects.
    rounds: Vec<u32>,
    round: u32,
    found: Vec<u32>,
}

impl Seen {
    fn clear(&mut self, words: usize) {
        self.found.clear();
        self.round = self.round.wrapping_add(1);
        if self.rounds.len() != words || self.round == 0 {
            self.rounds.clear();
            self.rounds.resize(words, 0);
            self.round = 1;
        }
    }

    fn note(&mut self, word: u32) {
        let round = &mut self.rounds[word as usize];
        if *round != self.round {
            *round = self.round;
            self.found.push(word);
        }
    }

    pub(crate) fn has(&self, word: u32) -> bool {
        self.rounds[word as usize] == self.round
    }

    /// Every word that was found, once.
    pub(crate) fn found(&self) -> &[u32] {
        &self.found
    }
}
