//! "Did you mean": the nearest of some known words.

/// The candidate nearest to `word`, if one is near enough to be a slip of the hand. Both are compared
/// as they come, so fold them first where case should not matter.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    // One slip in a short word, a third of a long one.
    let allowed = (word.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let candidate: Vec<char> = candidate.chars().collect();
            // A very different length cannot be near; this also bounds the work on long names.
            if candidate.len().abs_diff(word.len()) > allowed {
                let begun = word.len() >= 3 && candidate.starts_with(&word);
                return begun.then_some((allowed + 1, index));
            }
            let distance = distance(&word, &candidate);
            (distance <= allowed).then_some((distance, index))
        })
        .min()
        .map(|(_, index)| index)
}

/// Slips between two words: letters added, left out, replaced, or two neighbours swapped (the
/// "optimal string alignment" distance).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(from != to))
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && *from == right[column - 1] && left[row - 1] == *to {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["open", "pending", "closed", "billing"];
        let cases = [
            ("opne", Some("open")),
            ("opn", Some("open")),
            ("oopen", Some("open")),
            ("clsoed", Some("closed")),
            ("bil", Some("billing")),
            ("bilng", None),
            ("biling", Some("billing")),
            ("pendant", Some("pending")),
            ("read", None),
            ("", None),
        ];
        for (word, expected) in cases {
            let found = nearest(word, known).map(|index| known[index]);
            assert_eq!(found, expected, "{word}");
        }
    }

    #[test]
    fn distance_counts_slips() {
        let cases = [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("ab", "ba", 1),
            ("abc", "abd", 1),
            ("kitten", "sitting", 3),
        ];
        for (left, right, expected) in cases {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            assert_eq!(distance(&letters(left), &letters(right)), expected);
        }
    }
}
