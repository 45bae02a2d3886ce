//! The address bar is the state of the list: filter, order, page.

use leptos_router::params::ParamsMap;
use serde::Serialize;

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
    pub(super) fn of_query(query: &ParamsMap) -> Self {
        Self {
            filter: query.get("q").unwrap_or_default(),
            sort: query.get("sort").unwrap_or_default(),
            descending: query.get_str("dir") == Some("desc"),
            page: query
                .get_str("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
                .max(1),
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
        let address = Address {
            filter: r#"tag:"needs reply" a&b"#.to_owned(),
            sort: "subject".to_owned(),
            descending: true,
            page: 3,
        };
        let href = address.href();
        let query = href.split_once('?').map(|(_, query)| query).unwrap();
        let map: std::collections::HashMap<String, String> = serde_qs::from_str(query).unwrap();
        let params: ParamsMap = map.into_iter().collect();
        assert_eq!(Address::of_query(&params), address);
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
