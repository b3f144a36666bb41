//! Who is let in, and who is not.

use jiff::Timestamp;
use vmbroker_sim::{Cloud, Dialect, Request};

use crate::support::{HOST, cloud_at, code, sign, signed};

/// The vendor's published example, and vectors that its own kits made: password, second, action, content type,
/// host, body, signature.
const VECTORS: [(&str, i64, &str, &str, &str, &str, &str); 7] = [
    (
        "Gu5t9xGARNpq86cd98joQYCN3",
        1_673_361_177,
        "DescribeInstances",
        "application/json; charset=utf-8",
        HOST,
        r#"{"pageSize":10,"pageNum":1,"zoneId":"HKG-A"}"#,
        "efb356c32e55c781e10dc676da59462c22596d82e91c57803666243379555b2f",
    ),
    (
        EXAMPLE_SECRET,
        1_767_225_600,
        "DescribeZones",
        "application/json",
        HOST,
        "{}",
        "c765225a6a2e777f79fc705559a1a84f7f199ab356bc82f013084b8ca0696472",
    ),
    (
        EXAMPLE_SECRET,
        1_767_225_600,
        "DescribeInstances",
        "application/json",
        HOST,
        "{}",
        "c765225a6a2e777f79fc705559a1a84f7f199ab356bc82f013084b8ca0696472",
    ),
    (
        EXAMPLE_SECRET,
        1_767_225_601,
        "DescribeZones",
        "application/json",
        HOST,
        "{}",
        "9dd89a87bfcf1cabcd46ba3afe3a7397f9e282c3bcb14cc1902c809b3631ed14",
    ),
    (
        EXAMPLE_SECRET,
        1_767_225_600,
        "DescribeInstances",
        "application/json",
        "127.0.0.1:18080",
        ONE_SPACED,
        "4791e9831e1833927a02e36e535418fd2e18ce337e55e6ca29c4a77fd17c13b0",
    ),
    (
        EXAMPLE_SECRET,
        1_767_225_600,
        "DescribeInstances",
        "application/json",
        HOST,
        r#"{"instanceIds":["1234567890123456789"],"pageSize":20,"pageNum":1}"#,
        "097f20dfa1be4c6a89c1ef5bceaea79158f31a43941a6f916a1a7f7179d81f2f",
    ),
    (
        EXAMPLE_SECRET,
        1_767_229_200,
        "TerminateInstance",
        "application/json",
        HOST,
        r#"{"instanceId": "1234567890123456789"}"#,
        "8b8c5906e8f721d55e81e7622570ea0383901cbad409c1658c7e8745e88d7651",
    ),
];
const EXAMPLE_SECRET: &str = "exampleSecretPassword/+=abcdEFGH";
const EXAMPLE_ID: &str = "AKIDEXAMPLE0123456789";
const ONE_SPACED: &str = r#"{"instanceIds": ["1234567890123456789"], "pageSize": 20, "pageNum": 1}"#;
const ONE_SIGNATURE: &str = "7c4ad54423f7802a14776b3420cae4b18e93adb2759e4d24b4585a07ad939b3b";

/// A cloud whose clock shows this second and whose credentials are the example's.
fn example_cloud(second: i64, secret: &str) -> Cloud {
    let cloud = cloud_at(&Timestamp::from_second(second).unwrap().to_string());
    let mut account = cloud.account();
    account.credentials.id = EXAMPLE_ID.to_owned();
    account.credentials.secret = secret.to_owned();
    drop(account);
    cloud
}

fn auth_of(cloud: &Cloud, request: &Request) -> Option<String> {
    let answer = Dialect::Zenlayer.face().answer(cloud, request, None);
    (answer.status == 401).then(|| code(&answer).1)
}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_signatures_are_accepted() {
    for (secret, second, action, content_type, host, body, signature) in VECTORS {
        let cloud = example_cloud(second, secret);
        let request = signed(action, second, content_type, host, EXAMPLE_ID, signature, body);
        assert_eq!(auth_of(&cloud, &request), None, "{action} {body}");
        assert_eq!(sign(secret, second, content_type, host, body.as_bytes()), signature);
    }
}

#[tokio::test(start_paused = true)]
async fn what_must_not_pass_does_not_pass() {
    let at = 1_767_225_600;
    let good =
        |action: &str| signed(action, at, "application/json", HOST, EXAMPLE_ID, ONE_SIGNATURE, ONE_SPACED);
    let cloud = example_cloud(at, EXAMPLE_SECRET);
    assert_eq!(auth_of(&cloud, &good("DescribeInstances")), None);
    // The action is not signed: the same signature releases what it was made to look at.
    assert_eq!(auth_of(&cloud, &good("DescribeInstancesStatus")), None);
    let json = "application/json";
    let tampered = ONE_SPACED.replace("\"pageNum\": 1", "\"pageNum\": 2");
    let upper = ONE_SIGNATURE.to_uppercase();
    let rows = [
        ("body", signed("DescribeInstances", at, json, HOST, EXAMPLE_ID, ONE_SIGNATURE, &tampered)),
        ("timestamp", signed("DescribeInstances", at + 1, json, HOST, EXAMPLE_ID, ONE_SIGNATURE, ONE_SPACED)),
        (
            "content type",
            signed(
                "DescribeInstances",
                at,
                "application/json; charset=utf-8",
                HOST,
                EXAMPLE_ID,
                ONE_SIGNATURE,
                ONE_SPACED,
            ),
        ),
        (
            "host",
            signed("DescribeInstances", at, json, "127.0.0.1:9999", EXAMPLE_ID, ONE_SIGNATURE, ONE_SPACED),
        ),
        ("upper case", signed("DescribeInstances", at, json, HOST, EXAMPLE_ID, &upper, ONE_SPACED)),
        ("key id", signed("DescribeInstances", at, json, HOST, "AKIDOTHER", ONE_SIGNATURE, ONE_SPACED)),
        ("cut", signed("DescribeInstances", at, json, HOST, EXAMPLE_ID, &ONE_SIGNATURE[..62], ONE_SPACED)),
    ];
    for (what, request) in rows {
        assert_eq!(auth_of(&cloud, &request).as_deref(), Some("AUTHFAILURE_SIGNATURE_FAILURE"), "{what}");
    }
    let mut nothing = good("DescribeInstances");
    nothing.headers.retain(|(name, _)| name != "authorization");
    assert_eq!(auth_of(&cloud, &nothing).as_deref(), Some("AUTHFAILURE_INVALID_AUTHORIZATION"));
    let mut token = good("DescribeInstances");
    token.headers.retain(|(name, _)| name != "authorization");
    token.headers.push(("authorization".into(), "Bearer something".into()));
    assert_eq!(auth_of(&cloud, &token).as_deref(), Some("AUTHFAILURE_INVALID_AUTHORIZATION"));
    assert_eq!(
        auth_of(&cloud, &good("DescribeNothing")).as_deref(),
        Some("AUTHFAILURE_UNAUTHORIZED_OPERATION")
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_more_than_five_minutes_off_is_told_the_time() {
    let at = 1_767_225_600;
    for (off, wanted) in [
        (300, None),
        (-299, None),
        (302, Some("AUTHFAILURE_SIGNATURE_EXPIRED")),
        (-301, Some("AUTHFAILURE_SIGNATURE_EXPIRED")),
    ] {
        let cloud = example_cloud(at, EXAMPLE_SECRET);
        let signature = sign(EXAMPLE_SECRET, at + off, "application/json", HOST, b"{}");
        let request =
            signed("DescribeZones", at + off, "application/json", HOST, EXAMPLE_ID, &signature, "{}");
        let answer = Dialect::Zenlayer.face().answer(&cloud, &request, None);
        assert_eq!((answer.status == 401).then(|| code(&answer).1).as_deref(), wanted, "{off}");
        assert!(
            answer.headers.iter().any(|(name, value)| *name == "date"
                && value.starts_with("Thu, 01 Jan 2026 00:00:0")
                && value.ends_with(" GMT")),
            "{:?}",
            answer.headers
        );
    }
}
