//! Notes that are known again when they are delivered.

/// Whether what an event tells of a note may be this text; nothing where it tells no text.
pub(crate) fn tells(told: &[String], text: &str) -> Option<bool> {
    let told: Vec<String> = told
        .iter()
        .map(|text| bare(text))
        .filter(|text| !text.is_empty())
        .collect();
    // It may come back as it was sent, or with what looks like markup in it written out.
    (!told.is_empty()).then(|| told.contains(&bare(text)) || told.contains(&letters(text)))
}

/// The letters and digits of a text without its markup: who shows a note may set it differently.
fn bare(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        match tag.split_once('>') {
            Some((_, after)) => rest = after,
            None => {
                rest = tag;
                break;
            }
        }
    }
    plain.push_str(rest);
    for entity in [
        "&nbsp;", "&quot;", "&apos;", "&#39;", "&amp;", "&lt;", "&gt;",
    ] {
        plain = plain.replace(entity, " ");
    }
    letters(&plain)
}

fn letters(text: &str) -> String {
    text.chars().filter(|one| one.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_known_again_however_it_is_shown() {
        let ours = "Auto-assigned: subject matched \"a < b & c\".";
        let shown = "<p>Auto-assigned:<br>subject matched &quot;a &lt; b &amp; c&quot;.</p>";
        assert_eq!(bare(shown), "Autoassignedsubjectmatchedabc");
        assert!(bare(ours).ends_with("matchedabc"), "{}", bare(ours));
        assert_eq!(bare("5 < 6"), "56");
        assert_eq!(bare(""), "");
    }
}
