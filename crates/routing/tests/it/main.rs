//! Behaviour as the other crates see it, in one binary so that it links once.
#![cfg(feature = "evaluate")]

mod documents;
mod evaluating;
mod random;
mod reference;
mod support;
mod tutorial;
