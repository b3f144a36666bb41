use vmbroker_core::ErrorKind as K;

use super::*;

fn refusal(nature: Nature, status: u16, body: &str) -> Refusal {
    let dialect = TokenDialect { token: Secret::new("0123456789abcdef") };
    let answer = Answer { status, headers: Vec::new(), body: body.into() };
    dialect.refusal("test", nature, &answer, Timestamp::UNIX_EPOCH)
}

/// Every refusal that was seen of a running Waldur, for an order.
#[test]
fn each_refusal_of_an_order_has_its_kind() {
    let link = "Invalid hyperlink - Object does not exist.";
    let rows: &[(u16, &str, K)] = &[
        (401, r#"{"detail":"Authentication credentials were not provided."}"#, K::Unauthenticated),
        (401, r#"{"detail":"Invalid token."}"#, K::Unauthenticated),
        (401, r#"{"detail":"Invalid token. No credentials provided."}"#, K::Unauthenticated),
        (401, r#"{"detail":"Token has expired."}"#, K::Unauthenticated),
        (401, r#"{"detail":"Invalid username/password."}"#, K::Unauthenticated),
        (401, "", K::Unauthenticated),
        (403, r#"{"detail":"You do not have permission to perform this action."}"#, K::PermissionDenied),
        (404, r#"{"detail":"Not found."}"#, K::IncompatibleOffer),
        (405, r#"{"detail":"Method \"POST\" not allowed."}"#, K::Unsupported),
        (400, r#"{"detail":"JSON parse error - Expecting property name"}"#, K::IncompatibleOffer),
        (415, r#"{"detail":"Unsupported media type \"text/plain\" in request."}"#, K::IncompatibleOffer),
        (406, r#"{"detail":"Could not satisfy the request Accept header."}"#, K::IncompatibleOffer),
        (
            400,
            r#"{"offering":["This field is required."],"project":["This field is required."]}"#,
            K::InvalidConfig,
        ),
        (400, &format!(r#"{{"project":["{link}"]}}"#), K::InvalidConfig),
        (400, r#"{"plan":["This plan is not available for selected offering."]}"#, K::InvalidConfig),
        (400, r#"{"plan":["Invalid hyperlink - Incorrect URL match."]}"#, K::InvalidConfig),
        (400, r#"{"image":["Incorrect type. Expected URL string, received int."]}"#, K::IncompatibleOffer),
        (400, r#"{"image":["Invalid hyperlink - No URL match."]}"#, K::IncompatibleOffer),
        (400, r#"{"ports":[{"subnet":["Invalid hyperlink - No URL match."]}]}"#, K::IncompatibleOffer),
        (400, &format!(r#"{{"floating_ips":[["{link}"]]}}"#), K::IncompatibleOffer),
        (400, r#"{"name":{"name":"'x!' not a valid PQDN or FQDN."}}"#, K::IncompatibleOffer),
        (400, r#"{"limits":{"ram":["A valid integer is required."]}}"#, K::IncompatibleOffer),
        (400, r#"{"limits":["Invalid types: gpu"]}"#, K::IncompatibleOffer),
        (400, r#"{"attributes":["This field may not be null."]}"#, K::IncompatibleOffer),
        (
            400,
            r#"{"system_volume_size":["System volume size has to be greater than 10240 MiB"]}"#,
            K::IncompatibleOffer,
        ),
        (400, r#"{"non_field_errors":["Please specify at least one network."]}"#, K::IncompatibleOffer),
        (
            400,
            r#"{"non_field_errors":["One or more quotas were exceeded: vcpu quota limit: 20, requires 22"]}"#,
            K::QuotaExceeded,
        ),
        (
            400,
            r#"{"non_field_errors":["Terms of service for offering 'X' have not been accepted."]}"#,
            K::PermissionDenied,
        ),
        (402, "{}", K::InsufficientFunds),
        (429, r#"{"detail":"quota of calls"}"#, K::RateLimited),
        (500, "<!doctype html><title>Server Error (500)</title>", K::Unavailable),
        (502, "", K::Unavailable),
    ];
    for (status, body, kind) in rows {
        assert_eq!(refusal(Nature::Once, *status, body).kind, *kind, "{status} {body}");
    }
}

#[test]
fn each_refusal_of_a_step_has_its_kind() {
    let rows: &[(u16, &str, K)] = &[
        (404, r#"{"detail":"No Order matches the given query."}"#, K::NotFound),
        (404, r#"{"detail":"No Resource matches the given query."}"#, K::NotFound),
        (404, r#"{"detail":"Invalid page."}"#, K::NotFound),
        (404, "<!doctype html><html><title>Not Found</title></html>", K::Unsupported),
        (404, "", K::Unsupported),
        (405, "", K::Unsupported),
        (409, r#"{"detail":"Please stop the instance before its removal."}"#, K::Conflict),
        (409, r#"{"detail":"Valid states for operation: OK, Erred."}"#, K::Conflict),
        (409, r#"{"detail":"Instance is already stopped."}"#, K::Conflict),
        (409, r#"{"detail":"Instance is already active."}"#, K::Conflict),
        (405, r#"{"detail":"Method \"DELETE\" not allowed."}"#, K::Unsupported),
        (
            405,
            r#"{"detail":"Method \"The order's offering with OpenStack.Instance type does not support this action\" not allowed."}"#,
            K::Unsupported,
        ),
        (400, r#"{"project_uuid":["Enter a valid UUID."]}"#, K::Protocol),
        (404, r#"{"detail":"No Project matches the given query."}"#, K::NotFound),
        (400, r#"["Pending order for resource already exists."]"#, K::Conflict),
        (400, r#"{"name":["This field must be unique."]}"#, K::Conflict),
        (
            400,
            r#"{"state":["Select a valid choice. Creating is not one of the available choices."]}"#,
            K::Protocol,
        ),
        (403, r#"{"detail":"You do not have permission to perform this action."}"#, K::PermissionDenied),
        (503, "", K::Unavailable),
    ];
    for (status, body, kind) in rows {
        assert_eq!(refusal(Nature::Repeatable, *status, body).kind, *kind, "{status} {body}");
    }
}

#[test]
fn all_six_shapes_become_one_sentence() {
    let rows = [
        (r#"{"detail":"Invalid token."}"#, "Invalid token."),
        (r#"{"a":["x"],"b":["y","z"]}"#, "a: x; b: y; b: z"),
        (r#"{"ports":[{"subnet":["No URL match."]}]}"#, "ports.subnet: No URL match."),
        (r#"{"name":{"name":"bad"}}"#, "name.name: bad"),
        (r#"{"non_field_errors":["quota"]}"#, "quota"),
        (r#"["Pending order"]"#, "Pending order"),
        ("<html><TITLE> Server Error (500) </TITLE></html>", "no JSON but a page: Server Error (500)"),
        ("oops", "no JSON but a page: oops"),
        ("", ""),
        ("{}", ""),
    ];
    for (body, sentence) in rows {
        assert_eq!(refusal(Nature::Read, 400, body).message, sentence, "{body}");
    }
}

#[test]
fn a_hostile_refusal_stays_small() {
    let wide = format!("[{}\"x\"]", "\"y\",".repeat(100_000));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let long = format!(r#"{{"{}":"{}"}}"#, "k".repeat(50_000), "v".repeat(50_000));
    for body in [wide, deep, long] {
        assert!(refusal(Nature::Once, 400, &body).message.len() < 1_000);
    }
}
