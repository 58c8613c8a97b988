//! The lines of a receipt, and how text is laid out in them.

/// Characters a line holds: what a receipt printer's 80 mm roll takes in its usual face.
pub const COLUMNS: usize = 42;
/// A big character is as wide as two.
pub(crate) const BIG_COLUMNS: usize = COLUMNS / 2;

/// One line of a receipt, short enough for its paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Text from the left.
    Text(String),
    /// Something and its amount.
    Pair {
        /// From the left.
        left: String,
        /// To the right.
        right: String,
    },
    /// A pair that must be seen: the total.
    Strong {
        /// From the left.
        left: String,
        /// To the right.
        right: String,
    },
    /// Text in the middle.
    Centred(String),
    /// Twice as large, in the middle, at most 21 characters.
    Big(String),
    /// A line across.
    Rule,
    /// Nothing.
    Blank,
    /// A QR code of this text; as text it is left out.
    Qr(String),
    /// A Code 128 of this text; as text it is the text.
    Barcode(String),
}

/// Builds lines, wrapping what is too long.
#[derive(Debug, Default)]
pub(crate) struct Paper(pub(crate) Vec<Line>);

impl Paper {
    pub(crate) fn text(&mut self, text: &str) {
        self.0
            .extend(wrap(text, COLUMNS).into_iter().map(Line::Text));
    }

    /// Text moved in by two columns.
    pub(crate) fn indented(&mut self, text: &str) {
        let lines = wrap(text, COLUMNS - 2);
        self.0
            .extend(lines.into_iter().map(|l| Line::Text(format!("  {l}"))));
    }

    pub(crate) fn centred(&mut self, text: &str) {
        self.0
            .extend(wrap(text, COLUMNS).into_iter().map(Line::Centred));
    }

    pub(crate) fn big(&mut self, text: &str) {
        self.0
            .extend(wrap(text, BIG_COLUMNS).into_iter().map(Line::Big));
    }

    /// A pair; where the left side is too long, it takes lines of its own and the amount stands on its last one.
    pub(crate) fn pair(&mut self, left: &str, right: &str) {
        let right = clean(right);
        let room = COLUMNS.saturating_sub(right.chars().count() + 1).max(8);
        let mut lines = wrap_keeping_indent(left, room);
        let last = lines.pop().unwrap_or_default();
        self.0.extend(lines.into_iter().map(Line::Text));
        self.0.push(Line::Pair { left: last, right });
    }

    pub(crate) fn strong(&mut self, left: &str, right: &str) {
        self.0.push(Line::Strong {
            left: clean(left),
            right: clean(right),
        });
    }

    pub(crate) fn rule(&mut self) {
        self.0.push(Line::Rule);
    }
}

/// A receipt as lines of text, each at most [`COLUMNS`] characters.
#[must_use]
pub fn text(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .filter_map(|line| match line {
            Line::Text(text) => Some(text.clone()),
            Line::Pair { left, right } | Line::Strong { left, right } => Some(spread(left, right)),
            Line::Centred(text) | Line::Big(text) | Line::Barcode(text) => Some(centre(text)),
            Line::Rule => Some("-".repeat(COLUMNS)),
            Line::Blank => Some(String::new()),
            Line::Qr(_) => None,
        })
        .collect()
}

pub(crate) fn spread(left: &str, right: &str) -> String {
    let used = left.chars().count() + right.chars().count();
    format!(
        "{left}{}{right}",
        " ".repeat(COLUMNS.saturating_sub(used).max(1))
    )
}

fn centre(text: &str) -> String {
    let margin = COLUMNS.saturating_sub(text.chars().count()) / 2;
    format!("{}{text}", " ".repeat(margin))
}

/// One line without control characters, which would upset a printer, and without runs of blanks.
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn wrap_keeping_indent(text: &str, columns: usize) -> Vec<String> {
    let indent = text
        .chars()
        .take_while(|c| *c == ' ')
        .count()
        .min(columns / 2);
    wrap(text, columns - indent)
        .into_iter()
        .map(|line| format!("{}{line}", " ".repeat(indent)))
        .collect()
}

/// Breaks text between words, and within a word that is longer than a line; nothing for blank text.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for word in clean(text).split(' ').filter(|w| !w.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > columns {
            lines.push(std::mem::take(&mut current));
            length = 0;
        }
        while word.len() > columns {
            let rest = word.split_off(columns);
            lines.push(word.iter().collect());
            word = rest;
        }
        if length > 0 {
            current.push(' ');
            length += 1;
        }
        length += word.len();
        current.extend(word);
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}
