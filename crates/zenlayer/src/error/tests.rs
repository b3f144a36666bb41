use vmbroker_core::{Effect, Retry};

use super::*;

fn dialect() -> Zc2Dialect {
    Zc2Dialect::new(&Credentials::key(Secret::new("id-0123456789"), Secret::new("password-0123")))
}

fn refusal(nature: Nature, status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
    dialect().refusal("x", nature, &answer, "2026-11-21T08:00:00Z".parse().unwrap())
}

fn said(code: &str) -> String {
    format!(r#"{{"requestId": "T1", "code": "{code}", "message": "because"}}"#)
}

/// Code, documented status, kind for a look or an end, kind for a create.
#[rustfmt::skip]
const ROWS: &[(&str, u16, ErrorKind, ErrorKind)] = {
    use ErrorKind::{
        Conflict, IncompatibleOffer as Incompatible, NotFound, OutOfCapacity, PermissionDenied, QuotaExceeded,
        RateLimited, Unauthenticated, Unavailable, Unsupported,
    };
    &[
        ("MISSING_PARAMETER", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_TYPE", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_EXCEED_MAXIMUM", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_LESS_MINIMUM", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_EXCEED_LENGTH", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_LESS_LENGTH", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_PATTERN_ERROR", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_DATE_FORMAT_ERROR", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_VALUE", 400, Incompatible, Incompatible),
        ("AUTHFAILURE_INVALID_AUTHORIZATION", 401, Unauthenticated, Unauthenticated),
        ("AUTHFAILURE_SIGNATURE_FAILURE", 401, Unauthenticated, Unauthenticated),
        ("AUTHFAILURE_SIGNATURE_EXPIRED", 401, Unauthenticated, Unauthenticated),
        ("AUTHFAILURE_UNAUTHORIZED_OPERATION", 401, PermissionDenied, PermissionDenied),
        ("OPERATION_FAILED_FOR_RECYCLE_RESOURCE", 403, Conflict, Conflict),
        ("OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND", 404, Incompatible, Incompatible),
        ("OPERATION_FAILED_RESOURCE_NOT_FOUND", 404, NotFound, Incompatible),
        ("REQUEST_LIMIT_EXCEEDED", 429, RateLimited, RateLimited),
        ("INTERNAL_SERVER_ERROR", 500, Unavailable, Unavailable),
        ("SERVICE_TEMPORARY_UNAVAILABLE", 503, Unavailable, Unavailable),
        ("REQUEST_TIMED_OUT", 503, Unavailable, Unavailable),
        ("INVALID_OPERATION_TIMEOUT", 400, Unavailable, Unavailable),
        ("INVALID_ZONE_NOT_FOUND", 404, Incompatible, Incompatible),
        ("INVALID_INSTANCE_TYPE_NOT_FOUND", 404, Incompatible, Incompatible),
        ("IMAGE_NOT_FOUND", 404, Incompatible, Incompatible),
        ("INVALID_IMAGE_NOT_FOUND", 404, Incompatible, Incompatible),
        ("INVALID_PARTITION_IMAGE_NOT_SET", 400, Incompatible, Incompatible),
        ("INVALID_REGION_SECURITY_GROUP_NOT_SUPPORT", 403, Incompatible, Incompatible),
        ("INVALID_SECURITY_GROUP_NOT_FOUND", 404, Incompatible, Incompatible),
        ("OPERATION_DENIED_IPV4_CIDR_NOT_FOUND", 404, Incompatible, Incompatible),
        ("OPERATION_DENIED_SUBNET_ZONE_MISMATCH", 403, Incompatible, Incompatible),
        ("INVALID_SUBNET_ZONE_MISMATCH", 400, Incompatible, Incompatible),
        ("INVALID_SUBNET_NOT_FOUND", 404, Incompatible, Incompatible),
        ("INVALID_SUBNET_PRIVATE_IP_INSUFFICIENT", 400, OutOfCapacity, OutOfCapacity),
        ("INVALID_SYSTEM_DISK_SIZE", 400, Incompatible, Incompatible),
        ("INVALID_PASSWORD_MALFORMED", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_VALUE_PASSWORD_MALFORMED", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_INSTANCE_LOGIN_CONFLICT", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_SSH_KEY_DUPLICATE", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_NIC_NAME_CONFLICT", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_NIC_NAME_MALFORMED", 400, Incompatible, Incompatible),
        ("INVALID_BANDWIDTH_VALUE_EXCEED_MAXIMUM", 400, Incompatible, Incompatible),
        ("INVALID_PARAMETER_BANDWIDTH_EXCEED", 400, Incompatible, Incompatible),
        ("INVALID_INSTANCE_BANDWIDTH_ZONE_NO_SELL", 400, Incompatible, Incompatible),
        ("OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT", 403, Incompatible, Incompatible),
        ("OPERATION_DENIED_INTERNET_CHARGE_TYPE_NOT_SUPPORT", 403, Incompatible, Incompatible),
        ("OPERATION_DENIED_CHARGE_TYPE_NOT_SUPPORT", 403, Incompatible, Incompatible),
        ("INVALID_CHARGE_TYPE_NOT_SUPPORT", 400, Incompatible, Incompatible),
        ("RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT", 400, OutOfCapacity, OutOfCapacity),
        ("RESOURCES_SOLDOUT_INSTANCE_TYPE", 400, OutOfCapacity, OutOfCapacity),
        ("INVALID_INSTANCE_TYPE_ZONE_NO_SELL", 400, OutOfCapacity, OutOfCapacity),
        ("INVALID_DISK_ZONE_NO_SELL", 400, OutOfCapacity, OutOfCapacity),
        ("INVALID_INSTANCE_NOT_FOUND", 404, NotFound, Incompatible),
        ("OPERATION_DENIED_INSTANCE_RECYCLED", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_NOT_RECYCLED", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_CREATING", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_STATUS_INSTALLING", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_STATUS", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_NOT_STOPPED", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_NOT_RUNNING", 403, Conflict, Conflict),
        ("OPERATION_DENIED_INSTANCE_SUBSCRIPTION", 403, Unsupported, Unsupported),
        ("OPERATION_DENIED_POSTPAID_PROMISE", 403, Unsupported, Unsupported),
        ("OPERATION_DENIED_DOWNGRADE_NOT_EXIST", 403, Conflict, Conflict),
        ("INVALID_KEY_PAIR_ALGORITHM", 400, Incompatible, Incompatible),
        ("INVALID_KEY_PAIR_MALFORMED", 400, Incompatible, Incompatible),
        ("INVALID_PUBLIC_KEY_EXCEED_LIMIT", 400, Incompatible, Incompatible),
        ("INVALID_KEY_PAIR_EXCEED_LIMIT", 400, QuotaExceeded, QuotaExceeded),
        ("INVALID_KEY_PAIR_NAME_EXIST", 409, Conflict, Conflict),
    ]
};

#[test]
fn every_documented_code_has_its_kind() {
    assert_eq!(ROWS.len(), CODES.len());
    for ((code, status, look, create), (known, _)) in ROWS.iter().zip(CODES) {
        assert_eq!(code, known);
        let read = refusal(Nature::Read, *status, &[], &said(code));
        assert_eq!((read.kind, read.code.as_deref()), (*look, Some(*code)));
        assert_eq!(refusal(Nature::Once, *status, &[], &said(code)).kind, *create, "{code}");
        assert_eq!((read.message.as_str(), read.request_id.as_deref()), ("because", Some("T1")));
        assert_eq!(read.before_work, *code == "REQUEST_LIMIT_EXCEEDED", "{code}");
        assert!(!read.send_again, "{code}");
    }
}

#[test]
fn each_code_stands_in_the_table_once() {
    let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), CODES.len());
}

#[test]
fn an_unknown_code_counts_by_its_status() {
    let rows = [
        (400, ErrorKind::Protocol, ErrorKind::IncompatibleOffer),
        (401, ErrorKind::Unauthenticated, ErrorKind::Unauthenticated),
        (402, ErrorKind::InsufficientFunds, ErrorKind::InsufficientFunds),
        (403, ErrorKind::PermissionDenied, ErrorKind::PermissionDenied),
        // Something is not there, but nobody says that it is the machine.
        (404, ErrorKind::Protocol, ErrorKind::IncompatibleOffer),
        (409, ErrorKind::Conflict, ErrorKind::Conflict),
        (429, ErrorKind::RateLimited, ErrorKind::RateLimited),
        (500, ErrorKind::Unavailable, ErrorKind::Unavailable),
    ];
    for (status, look, create) in rows {
        let read = refusal(Nature::Read, status, &[], &said("SOMETHING_NEW"));
        assert_eq!((read.kind, read.code.as_deref(), read.before_work), (look, Some("SOMETHING_NEW"), false));
        assert_eq!(refusal(Nature::Once, status, &[], &said("SOMETHING_NEW")).kind, create, "{status}");
    }
    for (code, look) in [
        ("INVALID_VM_INSTANCE_NOT_FOUND", ErrorKind::NotFound),
        ("INVALID_RESOURCE_QUOTA", ErrorKind::QuotaExceeded),
        ("INSUFFICIENT_BALANCE", ErrorKind::InsufficientFunds),
    ] {
        assert_eq!(refusal(Nature::Read, 404, &[], &said(code)).kind, look, "{code}");
    }
    // A server that fails does not know what is there.
    assert_eq!(
        refusal(Nature::Read, 500, &[], &said("INVALID_INSTANCE_NOT_FOUND")).kind,
        ErrorKind::Unavailable
    );
}

#[test]
fn a_page_of_the_edge_is_not_the_provider() {
    let page = "<html><title>Just a moment</title></html>";
    let challenge = refusal(Nature::Read, 403, &[("cf-mitigated", "challenge")], page);
    assert_eq!((challenge.kind, challenge.code), (ErrorKind::Unavailable, None));
    assert!(challenge.message.contains("robot"));
    assert_eq!(refusal(Nature::Read, 451, &[], page).kind, ErrorKind::Unavailable);
    assert_eq!(refusal(Nature::Read, 502, &[], page).kind, ErrorKind::Unavailable);
    for nature in [Nature::Read, Nature::Repeatable] {
        assert_eq!(refusal(nature, 404, &[], page).kind, ErrorKind::Protocol);
        assert_eq!(refusal(nature, 404, &[], "{}").kind, ErrorKind::Protocol);
    }
    let throttled = refusal(Nature::Once, 429, &[], page);
    assert_eq!((throttled.kind, throttled.before_work), (ErrorKind::RateLimited, false));
}

#[test]
fn an_expired_signature_is_sent_again_once_the_clock_is_learnt() {
    let dated = [("date", "Sat, 21 Nov 2026 09:00:00 GMT")];
    assert!(refusal(Nature::Read, 401, &dated, &said(EXPIRED)).send_again);
    assert!(!refusal(Nature::Read, 401, &[], &said(EXPIRED)).send_again);
    assert!(!refusal(Nature::Read, 401, &dated, &said("AUTHFAILURE_SIGNATURE_FAILURE")).send_again);
}

#[test]
fn codes_are_compared_whole() {
    let error = |code: &str| Error::new(ErrorKind::Conflict, "x").with_code(code);
    assert!(is_one_of(&error("OPERATION_DENIED_INSTANCE_RECYCLED"), RECYCLED));
    assert!(!is_one_of(&error("OPERATION_DENIED_INSTANCE_NOT_RECYCLED"), RECYCLED));
    assert!(!is_one_of(&Error::new(ErrorKind::Conflict, "x"), RECYCLED));
    assert_eq!((error("x").effect(), error("x").retry()), (Effect::None, Retry::Never));
}
