//! The line on a terminal that says how far it is.

use std::io::{IsTerminal, Write};

use engine::Trouble;

/// Standard error: one line that is written over and over where a person watches, and remarks.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
    /// What stands in the line.
    shown: String,
    /// The trouble that was told last, by what is to be done about it: how long it still lasts changes all the time.
    told: Option<String>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            shown: String::new(),
            told: None,
        }
    }

    /// Writes the line anew.
    pub(crate) fn show(&mut self, line: String) {
        if self.terminal && line != self.shown {
            write(&format!("\r\x1b[2K{line}"));
            self.shown = line;
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if !self.shown.is_empty() {
            write("\r\x1b[2K");
            self.shown.clear();
        }
    }

    /// Says something in a line that stays.
    pub(crate) fn say(&mut self, text: &str) {
        self.clear();
        write(&format!("{text}\n"));
    }

    /// Says what is wrong, once when it begins.
    pub(crate) fn trouble(&mut self, trouble: Option<&Trouble>) {
        let remedy = trouble.map(|trouble| trouble.remedy.clone());
        if self.told == remedy {
            return;
        }
        if let Some(Trouble {
            message, remedy, ..
        }) = trouble
        {
            self.say(&format!("{message} {remedy}"));
        }
        self.told = remedy;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut error = std::io::stderr();
    // Where nobody can be told anything, the work goes on all the same.
    let _ = error
        .write_all(text.as_bytes())
        .and_then(|()| error.flush());
}
