//! How lines are told apart: by colour, by dashes and by the shape of their marks, each of which is enough alone.

/// How one line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Readable on both backgrounds.
    pub colour: &'static str,
    /// Lengths of dashes and gaps; empty: drawn through.
    pub dashes: &'static str,
    pub shape: Shape,
}

/// The mark of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
    Down,
}

/// The background by day and by night.
pub(super) const BACKGROUNDS: [&str; 2] = ["#ffffff", "#16191f"];

/// Colours that people with any colour vision tell apart best, none of which is lost on either background.
const COLOURS: [&str; 6] = ["#2f7fc1", "#cf5a14", "#0b8f6c", "#b8609f", "#8f7a10", "#7a7f8c"];
const DASHES: [&str; 6] = ["", "9 4", "3 3", "12 4 3 4", "6 3", "14 3 3 3 3 3"];
const SHAPES: [Shape; 6] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross, Shape::Down];

/// The look of the line at this place: of 36 lines no two look the same.
pub(super) fn style(place: usize) -> Style {
    let (round, at) = (place / 6, place % 6);
    Style { colour: COLOURS[at], dashes: DASHES[(at + round) % 6], shape: SHAPES[(at + 2 * round) % 6] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.212_6 * part(1) + 0.715_2 * part(3) + 0.072_2 * part(5)
    }

    #[test]
    fn every_colour_stands_out_on_both_backgrounds() {
        for background in BACKGROUNDS.map(luminance) {
            for colour in COLOURS {
                let (a, b) = (luminance(colour).max(background), luminance(colour).min(background));
                let contrast = (a + 0.05) / (b + 0.05);
                assert!(contrast >= 3.0, "{colour}: {contrast}");
            }
        }
    }

    #[test]
    fn lines_are_told_apart_without_colour() {
        let looks: Vec<Style> = (0..36).map(style).collect();
        for (at, look) in looks.iter().enumerate() {
            assert!(!looks[..at].contains(look), "{at}");
        }
        for (at, look) in looks.iter().enumerate().take(6) {
            let alike = |other: &&Style| other.dashes == look.dashes || other.shape == look.shape;
            assert_eq!(looks[..at].iter().filter(alike).count(), 0, "{at}");
        }
    }
}
