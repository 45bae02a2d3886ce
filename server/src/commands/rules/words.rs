//! Differences of rule sets as lines of text.

use routing::diff::{Difference, Line};

/// What differs, in one line: `+ “Refunds”, as rule 3: When a conversation is created: …`.
pub(super) fn line(line: &Line) -> String {
    let name = routing::words::quoted(&line.name);
    match &line.difference {
        Difference::Added { place, sentence } => format!("+ {name}, as rule {place}: {sentence}"),
        Difference::Removed { sentence } => format!("- {name}: {sentence}"),
        Difference::Moved { from, to } => format!("~ {name} moves from place {from} to {to}"),
        Difference::Changed {
            part,
            before,
            after,
        } => format!("~ {name}, {}: {before} → {after}", part.word()),
    }
}
