//! Rules that act.

mod firing;
mod loops;
mod planning;
mod restarts;
mod sending;
mod support;
mod trust;
mod trying;
