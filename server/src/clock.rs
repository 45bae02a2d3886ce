//! The clock that the engine goes by.

use std::path::PathBuf;

use engine::Clock;

/// The variable that names a file with the milliseconds by which tests set the clock forward. It is for tests that
/// need another day, and is not documented for users.
const TEST_CLOCK: &str = "CONSOLE_TEST_CLOCK";

/// The machine's clock, unless a test sets it.
pub(crate) fn clock() -> Clock {
    let system = Clock::system();
    match std::env::var_os(TEST_CLOCK).map(PathBuf::from) {
        None => system,
        Some(path) => Clock::from_fn(move || {
            let ahead = std::fs::read_to_string(&path).ok();
            let ahead = ahead.and_then(|text| text.trim().parse::<i64>().ok());
            system.now() + ahead.unwrap_or(0)
        }),
    }
}
