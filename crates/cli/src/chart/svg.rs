//! The picture written out as SVG.

use std::fmt::Write as _;

use super::picture::{Anchor, Ink, Look, Mark, Picture, Spot, Text};
use super::style::{BACKGROUNDS, Shape, Style};
use super::text::escaped;

/// The inks by day and by night.
fn inks(ink: Ink) -> (&'static str, [&'static str; 2]) {
    match ink {
        Ink::Strong => ("strong", ["#1b1f27", "#e8eaee"]),
        Ink::Weak => ("weak", ["#5a6270", "#a3abb8"]),
        Ink::Grid => ("grid", ["#e3e6eb", "#2b3039"]),
        Ink::Guide => ("guide", ["#8a93a1", "#7d8694"]),
    }
}

const INKS: [Ink; 4] = [Ink::Strong, Ink::Weak, Ink::Grid, Ink::Guide];

/// The whole document, with a line break at its end.
pub(super) fn document(picture: &Picture) -> String {
    let (width, height) = (number(picture.width), number(picture.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title summary\" \
         font-family=\"'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"summary\">{}</desc>\n",
        escaped(&picture.title),
        escaped(&picture.summary)
    );
    style_sheet(&mut out);
    let _ = writeln!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>");
    for mark in &picture.marks {
        write_mark(&mut out, mark);
    }
    out.push_str("</svg>\n");
    out
}

/// The colours that change with the background the reader prefers. A reader who knows no such preference sees the
/// first ones.
fn style_sheet(out: &mut String) {
    out.push_str("<style>\n");
    for (at, background) in BACKGROUNDS.iter().enumerate() {
        if at == 1 {
            out.push_str("@media (prefers-color-scheme: dark) {\n");
        }
        let _ = writeln!(out, ".paper {{ fill: {background} }}");
        for (class, colours) in INKS.map(inks) {
            let colour = colours[at];
            let _ = writeln!(out, "line.{class} {{ stroke: {colour} }}\n.{class} {{ fill: {colour} }}");
        }
        let _ = writeln!(out, ".ring {{ fill: {background}; stroke: {} }}", inks(Ink::Strong).1[at]);
        let _ = writeln!(out, ".sign {{ stroke: {background} }}");
    }
    out.push_str("}\n</style>\n");
}

fn write_mark(out: &mut String, mark: &Mark) {
    let _ = match mark {
        Mark::Rule { from, to, ink } => {
            let dashes = if *ink == Ink::Guide { " stroke-dasharray=\"2 3\"" } else { "" };
            let (x1, y1, x2, y2) = (number(from.0), number(from.1), number(to.0), number(to.1));
            let class = inks(*ink).0;
            writeln!(out, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{dashes}/>")
        }
        Mark::Area(area) => {
            let (x, y) = (number(area.left), number(area.top));
            let (width, height) = (number(area.right - area.left), number(area.bottom - area.top));
            writeln!(
                out,
                "<rect class=\"guide\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" opacity=\"0.12\"/>"
            )
        }
        Mark::Line { pieces, look } => {
            let path: Vec<String> = pieces.iter().map(|piece| path(piece)).collect();
            writeln!(out, "<path fill=\"none\" {} d=\"{}\"/>", pen(*look), path.join(" "))
        }
        Mark::Sign { at, style } => {
            let shape = shape(*at, style.shape);
            writeln!(out, "<path class=\"sign\" fill=\"{}\" stroke-width=\"1\" d=\"{shape}\"/>", style.colour)
        }
        Mark::Ring { at } => {
            let (x, y) = (number(at.0), number(at.1));
            writeln!(out, "<circle class=\"ring\" cx=\"{x}\" cy=\"{y}\" r=\"5\" stroke-width=\"2\"/>")
        }
        Mark::Pointer { at } => {
            let (x, y) = (number(at.0), number(at.1));
            writeln!(out, "<path class=\"strong\" d=\"M{x} {y}l5 9h-10z\"/>")
        }
        Mark::Text(text) if text.words.is_empty() => Ok(()),
        Mark::Text(text) => write_text(out, text),
    };
}

fn write_text(out: &mut String, text: &Text) -> std::fmt::Result {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let bold = if text.bold { " font-weight=\"bold\"" } else { "" };
    let whole = text.whole.as_ref().map(|it| format!("<title>{}</title>", escaped(it))).unwrap_or_default();
    let (class, x, y) = (inks(text.ink).0, number(text.at.0), number(text.at.1));
    let (size, words) = (number(text.size), escaped(&text.words));
    writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{bold}>{whole}{words}</text>"
    )
}

fn pen(look: Look) -> String {
    let (style, width, opacity) = match look {
        Look::Cheapest => return "stroke=\"#8a93a1\" stroke-width=\"9\" stroke-opacity=\"0.28\"".to_owned(),
        Look::Offer(style) => (style, "2.2", "1"),
        Look::Leader(style) => (style, "1", "0.6"),
    };
    let dashes = match look {
        Look::Offer(Style { dashes, .. }) if !dashes.is_empty() => format!(" stroke-dasharray=\"{dashes}\""),
        Look::Offer(_) | Look::Leader(_) | Look::Cheapest => String::new(),
    };
    let colour = style.colour;
    format!("stroke=\"{colour}\" stroke-width=\"{width}\" stroke-opacity=\"{opacity}\"{dashes}")
}

fn path(piece: &[Spot]) -> String {
    let spot = |(at, spot): (usize, &Spot)| {
        let letter = if at == 0 { "M" } else { "L" };
        format!("{letter}{} {}", number(spot.0), number(spot.1))
    };
    piece.iter().enumerate().map(spot).collect()
}

/// An offer's mark as a path, about ten points across.
fn shape((x, y): Spot, shape: Shape) -> String {
    let (x, y) = (number(x), number(y));
    let around = match shape {
        Shape::Circle => "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
        Shape::Square => "m-4 -4h8v8h-8z",
        Shape::Triangle => "m0 -5.5l5.2 9.5h-10.4z",
        Shape::Diamond => "m0 -5.8l5.8 5.8l-5.8 5.8l-5.8 -5.8z",
        Shape::Cross => "m-1.8 -5.4h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6z",
        Shape::Down => "m0 5.5l5.2 -9.5h-10.4z",
    };
    format!("M{x} {y}{around}")
}

/// A place to a tenth, which is finer than anybody sees.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
