//! Behaviour as the other crates see it, in one binary so that it links once.
#![cfg(feature = "evaluate")]

#[cfg(test)]
mod clashing;
#[cfg(test)]
mod differing;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod evaluating;
#[cfg(test)]
mod explaining;
#[cfg(test)]
mod following;
#[cfg(test)]
mod linting;
#[cfg(test)]
mod measuring;
#[cfg(test)]
mod misreading;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tutorial;
