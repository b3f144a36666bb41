//! Hyperlinks in bodies: any host, or the path alone; the last slash must be there.

use serde_json::Value;

use super::route::id;

const NO_MATCH: &str = "Invalid hyperlink - No URL match.";
const WRONG_MATCH: &str = "Invalid hyperlink - Incorrect URL match.";
/// What a link to something unknown is told, and one to something that the caller may not see.
pub(super) const NO_OBJECT: &str = "Invalid hyperlink - Object does not exist.";
pub(super) const REQUIRED: &str = "This field is required.";
pub(super) const NOT_NULL: &str = "This field may not be null.";

/// What can be linked to, besides what is wanted.
const KNOWN: [&str; 15] = [
    "projects",
    "customers",
    "keys",
    "users",
    "marketplace-public-offerings",
    "marketplace-provider-offerings",
    "marketplace-plans",
    "marketplace-orders",
    "marketplace-resources",
    "openstack-images",
    "openstack-flavors",
    "openstack-subnets",
    "openstack-floating-ips",
    "openstack-instances",
    "openstack-tenants",
];

/// The ids in a link to this kind of thing: one, or two for a plan below its offering.
pub(super) fn ids(value: Option<&Value>, kind: &str, below: Option<&str>) -> Result<Vec<String>, String> {
    let text = match value {
        None => return Err(REQUIRED.to_owned()),
        Some(Value::Null) => return Err(NOT_NULL.to_owned()),
        Some(Value::String(text)) => text,
        Some(other) => {
            return Err(format!("Incorrect type. Expected URL string, received {}.", python_type(other)));
        }
    };
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let path = match rest {
        Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => text,
    };
    let path = path.strip_prefix("/api/").and_then(|path| path.strip_suffix('/')).ok_or(NO_MATCH)?;
    let segments: Vec<&str> = path.split('/').collect();
    let found = match (segments.as_slice(), below) {
        ([first, one], None) if *first == kind => id(one).map(|one| vec![one]),
        ([first, one, second, two], Some(below)) if *first == kind && *second == below => {
            id(one).zip(id(two)).map(|(one, two)| vec![one, two])
        }
        ([first, one, ..], _) if KNOWN.contains(first) && id(one).is_some() => {
            return Err(WRONG_MATCH.to_owned());
        }
        _ => None,
    };
    found.ok_or_else(|| NO_MATCH.to_owned())
}

/// The id in a link to one thing.
pub(super) fn one(value: Option<&Value>, kind: &str) -> Result<String, String> {
    Ok(ids(value, kind, None)?.swap_remove(0))
}

fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
