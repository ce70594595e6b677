//! Why a file cannot be used.

/// Why a file cannot be read as asked: one line that names the thing, the cause and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Refusal {
    /// The file, as the caller named it.
    pub file: String,
    /// What is wrong with it, and the way out.
    pub cause: String,
}

impl Refusal {
    pub(crate) fn new(file: &str, cause: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            cause: cause.into(),
        }
    }
}

/// The text as a message can hold it: without control characters and marks that turn the direction of
/// writing, and not longer than is read.
#[must_use]
pub fn in_one_line(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        if character.is_control() || turns {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_on_one_line_and_in_their_direction() {
        assert_eq!(in_one_line("a\nb\u{202e}c"), "a\\nb\\u{202e}c");
        assert_eq!(in_one_line(&"x".repeat(500)).chars().count(), 401);
    }
}
