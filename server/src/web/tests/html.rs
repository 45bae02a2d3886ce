//! Just enough of HTML to see tags and attributes in what our own pages are made of.

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// What follows it, up to the next tag; the whole text of a script.
    pub(super) text: String,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(name, _)| name.as_str())
    }
}

/// All start tags of a document.
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with("!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            continue;
        }
        let name_end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
            .unwrap_or(rest.len());
        let name = rest[..name_end].to_ascii_lowercase();
        let (attributes, after) = attributes(&rest[name_end..]);
        let end = match name.as_str() {
            "script" => after.find("</script"),
            "textarea" => after.find("</textarea"),
            _ => after.find('<'),
        };
        let end = end.unwrap_or(after.len());
        found.push(Tag {
            name,
            attributes,
            text: after[..end].to_owned(),
        });
        rest = &after[end..];
    }
    found
}

/// The attributes of a tag, unescaped, and what comes after the tag.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if rest.is_empty() {
            return (found, "");
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest
            .find(|letter: char| letter.is_whitespace() || "=/>".contains(letter))
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after
                .chars()
                .next()
                .filter(|letter| "\"'".contains(*letter));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => {
                    let end = after.find(|letter: char| letter.is_whitespace() || letter == '>');
                    after.split_at(end.unwrap_or(after.len()))
                }
            };
        }
        found.push((name, unescape(value)));
    }
}

/// The text behind the entities that our pages use.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn tags_and_their_attributes_are_seen() {
    let html = r#"<!DOCTYPE html><!-- <b> --><input name="a" value="&quot;>x" checked><script nonce=n>if (1<2) {}</script>"#;
    let tags = tags(html);
    assert_eq!(tags.len(), 2, "{tags:?}");
    assert_eq!(tags[0].get("value"), Some("\">x"));
    assert_eq!(
        tags[0].names().collect::<Vec<_>>(),
        ["name", "value", "checked"]
    );
    assert_eq!(
        (tags[1].get("nonce"), tags[1].text.as_str()),
        (Some("n"), "if (1<2) {}")
    );
}
