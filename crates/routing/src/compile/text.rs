//! Tests of texts, ready to be asked.

use std::{borrow::Cow, cell::OnceCell};

use regex::Regex;
use triage::fold;

use super::{
    view::View,
    words::{Interner, Seen},
};
use crate::{
    check::Patterns,
    form::{Form, has_word, needle},
    model::{TextCondition, TextField, TextTest},
};

/// With more texts than this, the ones whose words were found are asked, not all.
const FEW: usize = 12;

/// A [`TextCondition`], ready to be asked.
#[derive(Debug)]
pub(crate) struct TextLeaf {
    pub(crate) field: TextField,
    test: TextTest,
    form: Form,
    pub(crate) negated: bool,
    sought: Box<[Sought]>,
    /// Of a long list: which texts have a word, sorted; and those that have none.
    by_word: Vec<(u32, u32)>,
    wordless: Vec<u32>,
}

/// One text that is looked for.
#[derive(Debug)]
struct Sought {
    /// As it is written in the rule.
    written: String,
    /// In the form of the condition.
    needle: String,
    regex: Option<Regex>,
    /// One of these words is in every subject in which it is found; none given is not known.
    words: Box<[u32]>,
}

impl TextLeaf {
    pub(crate) fn new(
        condition: &TextCondition,
        patterns: &Patterns,
        words: &mut Interner,
    ) -> Self {
        let form = Form::of(condition);
        let sought: Box<[Sought]> = condition
            .texts
            .iter()
            .map(|text| {
                let key = (text.clone(), condition.match_case, condition.match_accents);
                let pattern = patterns
                    .get(&key)
                    .filter(|_| condition.test == TextTest::Regex);
                let folded = match pattern {
                    Some(pattern) => pattern.words.clone().unwrap_or_default(),
                    None => vec![fold(text)],
                };
                let known =
                    condition.field.is_subject() && folded.iter().all(|word| !word.is_empty());
                let numbers = folded.iter().filter(|_| known);
                Sought {
                    written: text.clone(),
                    needle: needle(text, form),
                    regex: pattern.map(|pattern| pattern.regex.clone()),
                    words: numbers.map(|word| words.number(word)).collect(),
                }
            })
            .collect();
        let mut by_word = Vec::new();
        let mut wordless = Vec::new();
        if sought.len() > FEW {
            for (index, one) in (0..).zip(&sought) {
                by_word.extend(one.words.iter().map(|word| (*word, index)));
                if one.words.is_empty() {
                    wordless.push(index);
                }
            }
            by_word.sort_unstable();
        }
        Self {
            field: condition.field.clone(),
            test: condition.test,
            form,
            negated: condition.negated,
            sought,
            by_word,
            wordless,
        }
    }

    /// Words of which one is in every subject for which this is true; `None` where that cannot be told.
    pub(crate) fn needed_words(&self) -> Option<Vec<u32>> {
        if self.negated || self.sought.iter().any(|sought| sought.words.is_empty()) {
            return None;
        }
        Some(
            self.sought
                .iter()
                .flat_map(|sought| sought.words.iter().copied())
                .collect(),
        )
    }

    pub(crate) fn holds(&self, view: &View<'_>) -> Option<bool> {
        self.is_found(view).map(|found| found != self.negated)
    }

    fn is_found(&self, view: &View<'_>) -> Option<bool> {
        if self.field.is_subject() {
            let subject = view.subject?;
            return Some(self.in_subject(subject, view.seen).is_some());
        }
        let (texts, all) = view.texts(&self.field)?;
        let found = texts.iter().any(|text| self.first_in(text).is_some());
        (found || all).then_some(found)
    }

    /// The first of its texts that is found, as it is written; of a pattern, the part that fits.
    pub(crate) fn matched(&self, view: &View<'_>) -> Option<String> {
        let (text, sought) = if self.field.is_subject() {
            let subject = view.subject?;
            let sought = self.in_subject(subject, view.seen)?;
            (Cow::Borrowed(subject.form(self.form)), sought)
        } else {
            let (texts, _) = view.texts(&self.field)?;
            let mut found = texts
                .into_iter()
                .filter_map(|text| Some((text, self.first_in(text)?)));
            let (text, sought) = found.next()?;
            (self.form.apply(text), sought)
        };
        Some(match &sought.regex {
            Some(regex) => regex.find(&text)?.as_str().to_owned(),
            None => sought.written.clone(),
        })
    }

    fn in_subject(&self, subject: &Subject<'_>, seen: &Seen) -> Option<&Sought> {
        if self.sought.len() <= FEW {
            return self.sought.iter().find(|sought| {
                let promising =
                    sought.words.is_empty() || sought.words.iter().any(|word| seen.has(*word));
                promising && self.is_in(sought, subject)
            });
        }
        let mut first = self.sought.len() as u32;
        let mut ask = |index: u32| {
            if index < first && self.is_in(&self.sought[index as usize], subject) {
                first = index;
            }
        };
        self.wordless.iter().copied().for_each(&mut ask);
        for word in seen.found() {
            let from = self.by_word.partition_point(|(other, _)| other < word);
            let same = self.by_word[from..]
                .iter()
                .take_while(|(other, _)| other == word);
            same.for_each(|(_, index)| ask(*index));
        }
        self.sought.get(first as usize)
    }

    /// Whether a text of which a word was found is in the subject.
    fn is_in(&self, sought: &Sought, subject: &Subject<'_>) -> bool {
        // Its only word is the text itself.
        let settled = self.test == TextTest::Contains
            && self.form == Form::Folded
            && !sought.words.is_empty();
        settled || self.fits(sought, subject.form(self.form))
    }

    fn first_in(&self, text: &str) -> Option<&Sought> {
        let text = self.form.apply(text);
        self.sought.iter().find(|sought| self.fits(sought, &text))
    }

    fn fits(&self, sought: &Sought, text: &str) -> bool {
        let needle = sought.needle.as_str();
        match self.test {
            TextTest::Contains | TextTest::LowercaseContains => text.contains(needle),
            TextTest::Word => has_word(text, needle),
            TextTest::Equals => text == needle,
            TextTest::Starts => text.starts_with(needle),
            TextTest::Ends => text.ends_with(needle),
            TextTest::Regex => sought
                .regex
                .as_ref()
                .is_some_and(|regex| regex.is_match(text)),
        }
    }
}

/// A subject in the forms in which it is asked about, each worked out when it is first needed.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) raw: &'a str,
    folded: Cow<'a, str>,
    /// `None` where the form is the raw text.
    forms: [OnceCell<Option<String>>; Form::COUNT],
}

impl<'a> Subject<'a> {
    pub(crate) fn new(raw: &'a str, folded: Option<&'a str>) -> Self {
        Self {
            raw,
            folded: folded.map_or_else(|| Form::Folded.apply(raw), Cow::Borrowed),
            forms: [const { OnceCell::new() }; Form::COUNT],
        }
    }

    pub(crate) fn folded(&self) -> &str {
        &self.folded
    }

    pub(crate) fn form(&self, form: Form) -> &str {
        match form {
            Form::Folded => &self.folded,
            other => self.forms[other as usize]
                .get_or_init(|| match other.apply(self.raw) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(text) => Some(text),
                })
                .as_deref()
                .unwrap_or(self.raw),
        }
    }
}
