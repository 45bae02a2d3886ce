//! Rules that act.

mod firing;
mod loops;
mod planning;
mod restarts;
mod support;
mod trust;
mod trying;
