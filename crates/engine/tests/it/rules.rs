//! Rules that act.

mod firing;
mod loops;
mod planning;
mod support;
mod trust;
