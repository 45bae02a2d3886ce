//! Behaviour as the other crates see it, in one binary so that it links once.
#![cfg(feature = "eval")]

mod filter_language;
mod history;
mod matching;
mod planning;
mod sending;
mod sending_chains;
mod sending_runs;
#[cfg(test)]
mod support;
mod texts;
mod undoing;
