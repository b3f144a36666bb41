//! Text that is made to hurt, through the real wires: it stays text, on whatever it is shown and wherever it is kept.

mod judged;
mod names;
mod payloads;
mod refusals;
mod words;

use serde_json::json;

use self::payloads::{PAYLOADS, Which, spoil};
use crate::judge::{FORGED, complaint, csv_complaint, json_complaint, svg_complaint};

#[test]
fn each_payload_as_it_is_would_be_found() {
    for payload in PAYLOADS {
        let shown = format!("a name: {payload}");
        let harmless = ["../", "C:\\", "=cmd", "@SUM", "</title>", "%s", "\",\""]
            .iter()
            .any(|it| payload.starts_with(it));
        let noncharacter = payload.starts_with('\u{fffe}');
        assert_eq!(
            complaint(&shown, false).is_some(),
            !harmless && !noncharacter,
            "{}",
            payload.escape_unicode()
        );
    }
    assert!(complaint(&"A".repeat(1 << 20), false).is_some());
    assert!(complaint(&format!("x\n  {FORGED}"), true).is_some());
    assert!(
        json_complaint("{\"a\":\"\n\"}").is_some() && json_complaint("{\"a\":\"\\u001b\u{202e}\"}").is_some()
    );
    assert!(csv_complaint("a,b\n=1+1,2").is_some() && csv_complaint("a,b\n1,2,3").is_some());
    assert_eq!(csv_complaint("a,b\n\"1,\"\"x\"\"\",-2"), None);
    for svg in [
        "<svg><a/></svg>",
        "<svg>&</svg>",
        "<svg><text onload='x'/></svg>",
        "<svg><title></svg>",
        "<svg><script/></svg>",
    ] {
        assert!(svg_complaint(svg).is_some(), "{svg}");
    }
    let spoilt = |payload: &str| {
        let mut value = json!({ "name": "x", "id": "1", "rows": [{ "state": "on", "cityName": "y" }] });
        spoil(&mut value, "", Which::Shown, payload, &mut 100);
        value
    };
    let short = json!({ "name": "!x !", "id": "1", "rows": [{ "state": "on", "cityName": "!y !" }] });
    assert_eq!(spoilt("!"), short);
    let long = "!".repeat(100);
    assert_eq!(spoilt(&long)["name"], format!("x {long}"), "every other one begins as it did");
}
