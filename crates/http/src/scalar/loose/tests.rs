use serde_json::json;

use super::*;

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "one")]
    name: Option<String>,
    #[serde(deserialize_with = "one")]
    count: Option<u64>,
}

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
struct Whole {
    #[serde(deserialize_with = "object")]
    part: Option<Part>,
    #[serde(deserialize_with = "objects")]
    parts: Vec<Part>,
    #[serde(deserialize_with = "many")]
    words: Vec<String>,
}

/// Every JSON that could stand where a scalar is meant.
const ODD: [&str; 12] =
    ["null", "true", "4", "-4", "4.0", "4.5", "1e2", r#""4""#, r#"" 4 ""#, r#""x""#, "[4]", r#"{"a":4}"#];

fn read<T: Loose>() -> Vec<Option<T>> {
    ODD.iter().map(|json| one(&mut serde_json::Deserializer::from_str(json)).unwrap()).collect()
}

#[test]
fn each_scalar_is_read_as_what_it_ought_to_be_or_is_absent() {
    let texts = ["", "true", "4", "-4", "4", "4.5", "100", "4", " 4 ", "x", "", ""];
    let wanted = texts.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
    assert_eq!(read::<String>(), wanted);
    let (n, four) = (None, Some(4));
    assert_eq!(read::<i64>(), [n, n, four, Some(-4), four, n, Some(100), four, four, n, n, n]);
    let (n, four) = (None, Some(4));
    assert_eq!(read::<u64>(), [n, n, four, n, four, n, Some(100), four, four, n, n, n]);
    let (n, four) = (None, Some(4.0));
    let reals = [n, n, four, Some(-4.0), four, Some(4.5), Some(100.0), four, four, n, n, n];
    assert_eq!(read::<f64>(), reals);
    assert_eq!(read::<bool>().into_iter().flatten().collect::<Vec<_>>(), [true]);
    let one_of = |json: &str| one::<_, bool>(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!((one_of(r#""FALSE""#), one_of("0")), (Some(false), None));
}

#[test]
fn an_id_is_text_or_a_whole_number_and_never_what_a_float_or_a_truth_value_made_of_it() {
    let id = |json: &str| id(&mut serde_json::Deserializer::from_str(json)).unwrap();
    for (json, wanted) in
        [(r#""a-1""#, "a-1"), ("7", "7"), ("-7", "-7"), ("18446744073709551615", "18446744073709551615")]
    {
        assert_eq!(id(json).as_deref(), Some(wanted));
    }
    for json in ["true", "1.0", "1e3", "18446744073709551616", "12345678901234567890123", "null", "[1]", "{}"]
    {
        assert_eq!(id(json), None, "{json}");
    }
    let ids = |json: &str| ids(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!(ids(r#"["1",true,2.5,3]"#), [Some("1".to_owned()), None, None, Some("3".to_owned())]);
    assert_eq!((ids("5"), ids("{}").len(), ids("null").len()), (vec![Some("5".to_owned())], 0, 0));
}

#[test]
fn what_a_float_cannot_hold_exactly_is_absent_and_not_another_number() {
    let whole = |json: &str| one::<_, i64>(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!(whole("4503599627370495.0"), Some(4_503_599_627_370_495));
    assert_eq!((whole("4503599627370496.0"), whole("9007199254740991.0")), (None, None));
    assert_eq!((whole("1e-40"), whole("-0.0"), whole("4.000001")), (None, Some(0), None), "nothing is cut");
    let text = |json: &str| one::<_, String>(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!((text("22.04").as_deref(), text("123456789012345678901234567890")), (Some("22.04"), None));
}

#[test]
fn the_largest_numbers_are_kept_and_larger_ones_absent() {
    let read = |json: &str| one::<_, u64>(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!(read("18446744073709551615"), Some(u64::MAX));
    assert_eq!(read(r#""18446744073709551615""#), Some(u64::MAX));
    assert_eq!(read("18446744073709551616"), None);
    let read = |json: &str| one::<_, i64>(&mut serde_json::Deserializer::from_str(json)).unwrap();
    assert_eq!((read("-9223372036854775808"), read("9223372036854775808")), (Some(i64::MIN), None));
}

#[test]
fn a_bad_field_or_row_sinks_nothing() {
    for odd in ODD {
        let text = format!(r#"{{"part":{odd},"parts":[{odd},{{"name":"n","count":{odd}}}],"words":{odd}}}"#);
        let whole: Whole = serde_json::from_str(&text).unwrap();
        assert_eq!(whole.parts.last().unwrap().name.as_deref(), Some("n"), "{text}");
        let is_object = odd.starts_with('{');
        assert_eq!(
            (whole.part.is_some(), whole.parts.len()),
            (is_object, 1 + usize::from(is_object)),
            "{text}"
        );
        let whole: Whole = serde_json::from_str(&format!(r#"{{"parts":{odd}}}"#)).unwrap();
        assert!(whole.parts.is_empty(), "{text}");
    }
}

#[test]
fn a_list_keeps_its_scalars_and_counts_its_rows() {
    let mixed = json!({ "words": ["a", null, 3, {"b": 1}, ["c"], true] });
    let whole: Whole = serde_json::from_value(mixed).unwrap();
    assert_eq!(whole.words, ["a", "3", "true"]);
    let whole: Whole = serde_json::from_value(json!({ "words": "alone" })).unwrap();
    assert_eq!(whole.words, ["alone"]);
    let rows: Vec<Row<Part>> = serde_json::from_value(json!([{ "name": 1 }, null, "x", {}])).unwrap();
    assert_eq!(rows.iter().map(|row| row.0.is_some()).collect::<Vec<_>>(), [true, false, false, true]);
}
