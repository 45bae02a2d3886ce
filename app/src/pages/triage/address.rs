//! The address bar is the state of the list: filter, order, page.

use serde::{Deserialize, Serialize};

/// What the list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// Text in the filter language.
    pub(super) filter: String,
    /// By what it is ordered; empty is by age.
    pub(super) sort: String,
    /// Whether the greatest comes first.
    pub(super) descending: bool,
    /// The page, from 1.
    pub(super) page: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Given {
    q: String,
    sort: String,
    dir: String,
    page: String,
}

#[derive(Serialize)]
struct Query<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    q: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    sort: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dir: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<usize>,
}

impl Address {
    /// Reads it from the part of an address behind `?`. The router's own map of it decodes everything twice, which
    /// would turn a search for `50%25` into one for `50%`.
    pub(super) fn of_search(search: &str) -> Self {
        let search = search.trim_start_matches('?');
        let given: Given = serde_qs::Config::new(5, false)
            .deserialize_str(search)
            .unwrap_or_default();
        Self {
            filter: given.q,
            sort: given.sort,
            descending: given.dir == "desc",
            page: given.page.parse().unwrap_or(1).max(1),
        }
    }

    /// The link to it.
    pub(super) fn href(&self) -> String {
        let query = Query {
            q: &self.filter,
            sort: &self.sort,
            dir: self.descending.then_some("desc"),
            page: (self.page > 1).then_some(self.page),
        };
        match serde_qs::to_string(&query) {
            Ok(query) if !query.is_empty() => format!("/triage?{query}"),
            _ => "/triage".to_owned(),
        }
    }

    /// The same list under another filter, from its first page.
    pub(super) fn filtered(&self, filter: String) -> Self {
        Self {
            filter,
            page: 1,
            ..self.clone()
        }
    }

    /// The same list on another page.
    pub(super) fn on_page(&self, page: usize) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The same list by another order; by the same one the other way round.
    pub(super) fn sorted(&self, sort: &str) -> Self {
        let descending = self.sort == sort && !self.descending;
        Self {
            sort: sort.to_owned(),
            descending,
            page: 1,
            ..self.clone()
        }
    }
}

/// The filter with a term added, or taken out where it was. A term of the same kind goes.
pub(super) fn toggled(filter: &str, term: &str, kinds: &[&str]) -> String {
    let terms = terms(filter);
    let had = terms.contains(&term);
    let mut kept: Vec<&str> = terms
        .into_iter()
        .filter(|one| *one != term && !kinds.iter().any(|kind| one.starts_with(kind)))
        .collect();
    if !had {
        kept.push(term);
    }
    kept.join(" ")
}

/// Whether the filter has this very term.
pub(super) fn has_term(filter: &str, term: &str) -> bool {
    terms(filter).contains(&term)
}

/// The terms of a filter, split at spaces outside quotes.
fn terms(filter: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    filter
        .split(|letter: char| {
            let splits = letter.is_whitespace() && !quoted;
            if letter == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = quoted && letter == '\\' && !escaped;
            splits
        })
        .filter(|term| !term.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_switched_on_and_off() {
        let status = ["status:", "is:open"];
        for (filter, term, kinds, expected) in [
            ("", "status:open", status.as_slice(), "status:open"),
            ("status:open", "status:open", &status, ""),
            (
                "refund status:closed",
                "status:open",
                &status,
                "refund status:open",
            ),
            (
                r#"mailbox:"Big Box" x"#,
                r#"mailbox:"Big Box""#,
                &["mailbox:"],
                "x",
            ),
            (
                r#"mailbox:"a \" b" x"#,
                "mailbox:Cards",
                &["mailbox:"],
                "x mailbox:Cards",
            ),
        ] {
            assert_eq!(toggled(filter, term, kinds), expected, "{filter} {term}");
        }
    }

    #[test]
    fn an_address_leads_to_itself() {
        for filter in [r#"tag:"needs reply" a&b=c"#, "50%25", "1+1 #1", "é/ü?", ""] {
            let address = Address {
                filter: filter.to_owned(),
                sort: "subject".to_owned(),
                descending: true,
                page: 3,
            };
            let href = address.href();
            let search = href.split_once('?').map(|(_, search)| search).unwrap();
            assert_eq!(Address::of_search(search), address, "{href}");
        }
        assert_eq!(Address::of_search("?page=x&other=1").page, 1);
        assert_eq!(
            Address {
                page: 1,
                ..Address::default()
            }
            .href(),
            "/triage"
        );
    }
}
