//! What stands where, before it is written out.

use super::style::Style;
use super::text::{harmless, width};

/// A place: from the left, from the top.
pub(super) type Spot = (f64, f64);

/// Everything in the picture, in the order in which it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub width: f64,
    pub height: f64,
    /// What the picture is called, for those who do not see it.
    pub title: String,
    /// What it says, for those who do not see it.
    pub summary: String,
    pub marks: Vec<Mark>,
}

/// One thing that is drawn.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// A straight line that belongs to no offer.
    Rule {
        from: Spot,
        to: Spot,
        ink: Ink,
    },
    /// A filled area behind the lines.
    Area(Area),
    /// A line through these places, broken where a total is not known.
    Line {
        pieces: Vec<Vec<Spot>>,
        look: Look,
    },
    /// An offer's mark.
    Sign {
        at: Spot,
        style: Style,
    },
    /// Where the cheapest changes.
    Ring {
        at: Spot,
    },
    /// The run time that was asked for, pointed at from below.
    Pointer {
        at: Spot,
    },
    Text(Text),
}

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// The offer's own line.
    Offer(Style),
    /// From the end of a line to its name.
    Leader(Style),
    /// Behind whatever is cheapest.
    Cheapest,
}

/// The inks that change with the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Strong,
    Weak,
    Grid,
    Guide,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// Whether the two share any point, when `gap` is to be left between them.
    pub(super) fn meets(&self, other: &Self, gap: f64) -> bool {
        self.left < other.right + gap
            && other.left < self.right + gap
            && self.top < other.bottom + gap
            && other.top < self.bottom + gap
    }
}

/// A line of text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub words: String,
    /// The whole text where `words` had to be cut.
    pub whole: Option<String>,
    /// Where it is anchored, on its base line.
    pub at: Spot,
    pub anchor: Anchor,
    pub size: f64,
    pub bold: bool,
    pub ink: Ink,
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Text {
    pub(super) fn new(words: &str, at: Spot, anchor: Anchor, size: f64) -> Self {
        Self { words: harmless(words), whole: None, at, anchor, size, bold: false, ink: Ink::Strong }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) fn weak(self) -> Self {
        Self { ink: Ink::Weak, ..self }
    }

    /// Cut to this width where it is wider.
    pub(super) fn within(self, most: f64) -> Self {
        let cut = super::text::fitted(&self.words, self.size, self.bold, most);
        if cut == self.words { self } else { Self { whole: Some(self.words), words: cut, ..self } }
    }

    /// The room it takes at most.
    pub(super) fn area(&self) -> Area {
        let width = width(&self.words, self.size, self.bold);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        let (top, bottom) = (self.at.1 - 0.8 * self.size, self.at.1 + 0.25 * self.size);
        Area { left, top, right: left + width, bottom }
    }
}
