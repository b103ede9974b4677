//! A sentence with holes, and a text that is it. PURE.

/// What a hole takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{name}`: any text, as it is.
    Any,
    /// `{#name}`: figures.
    Figures,
    /// `{+name}`: a text that is translated by itself.
    Sentence,
}

/// A hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    /// Its name, without the sign of its kind.
    pub name: String,
    /// What it takes.
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Hole),
}

/// A sentence, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pieces: Vec<Piece>,
}

impl Sentence {
    /// Takes it apart; `{{` and `}}` are braces of the text itself.
    ///
    /// # Errors
    /// What is wrong with its braces.
    pub fn parse(text: &str) -> Result<Sentence, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain += &rest[..at];
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(doubled) = after.strip_prefix(brace) {
                plain += brace;
                rest = doubled;
                continue;
            }
            let hole = after.split_once('}').filter(|_| brace == "{");
            let Some((name, behind)) = hole else {
                return Err("a brace stands alone: a hole is {name}, a brace {{".to_owned());
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Hole(hole_of(name)?));
            rest = behind;
        }
        plain += rest;
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Sentence { pieces })
    }

    /// Its holes, in their order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) => None,
        })
    }

    /// Two holes stand side by side: nobody can say where one ends.
    pub fn has_neighbours(&self) -> bool {
        let hole = |piece: &Piece| matches!(piece, Piece::Hole(_));
        self.pieces.windows(2).any(|pair| pair.iter().all(hole))
    }

    /// How much of its own it says, in letters and other characters.
    pub fn weight(&self) -> usize {
        let texts = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Hole(_) => 0,
        });
        texts.sum()
    }

    /// Its text where it has no holes; of holes nothing.
    pub fn plain(&self) -> String {
        self.filled(|_| None)
    }

    /// With its holes filled.
    pub fn filled(&self, mut content: impl FnMut(&str) -> Option<String>) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out += text,
                Piece::Hole(hole) => out += &content(&hole.name).unwrap_or_default(),
            }
        }
        out
    }

    /// What stands in the holes where the text is this sentence; `None`: it is another one.
    pub fn matched<'t>(&self, text: &'t str) -> Option<Vec<(&Hole, &'t str)>> {
        let mut found: Vec<(&Hole, &str)> = Vec::new();
        let mut rest = text;
        let mut open: Option<&Hole> = None;
        for (at, piece) in self.pieces.iter().enumerate() {
            let text = match piece {
                Piece::Hole(hole) => {
                    open = Some(hole);
                    continue;
                }
                Piece::Text(text) => text,
            };
            let Some(hole) = open.take() else {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            };
            let last = at + 1 == self.pieces.len();
            let (inside, behind) = match last {
                true => (rest.strip_suffix(text.as_str())?, ""),
                false => rest.split_once(text.as_str())?,
            };
            found.push((hole, inside));
            rest = behind;
        }
        match open {
            Some(hole) => found.push((hole, rest)),
            None if !rest.is_empty() => return None,
            None => {}
        }
        let fits = found.iter().all(|(hole, content)| {
            let same = |other: &&(&Hole, &str)| other.0.name == hole.name && other.1 != *content;
            let figures = hole.kind != Kind::Figures || are_figures(content);
            figures && !found.iter().any(|other| same(&other))
        });
        fits.then_some(found)
    }
}

fn hole_of(text: &str) -> Result<Hole, String> {
    let (kind, name) = match text.split_at_checked(1) {
        Some(("#", name)) => (Kind::Figures, name),
        Some(("+", name)) => (Kind::Sentence, name),
        _ => (Kind::Any, text),
    };
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !name.is_empty() && name.chars().all(letters) {
        true => Ok(Hole {
            name: name.to_owned(),
            kind,
        }),
        false => Err(format!(
            "the hole {{{text}}} has no name: small letters, digits and _"
        )),
    }
}

fn are_figures(text: &str) -> bool {
    let figure = |c: char| c.is_ascii_digit() || " .,:/+-~×%".contains(c);
    text.chars().all(figure) && text.chars().any(|c| c.is_ascii_digit())
}

/// There is something to translate in it: two letters side by side.
pub(super) fn is_worded(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(char::is_alphabetic).collect();
    letters.windows(2).any(|pair| pair == [true, true])
}
