//! Behaviour as the other crates see it, in one binary so that it links once.
#![cfg(feature = "evaluate")]

mod differing;
mod documents;
mod evaluating;
mod explaining;
mod random;
mod reference;
mod support;
mod tutorial;
