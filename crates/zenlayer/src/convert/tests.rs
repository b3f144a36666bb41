use vmbroker_core::Owner;

use super::*;
use crate::wire::ModelSet;

fn provider() -> ProviderId {
    "zen".parse().unwrap()
}

fn read(text: &str) -> Instance {
    let row: Row<Listed> = serde_json::from_str(text).unwrap();
    instance(row, 0, &provider(), &mut Places::default())
}

#[test]
fn every_documented_word_has_its_state_whatever_its_spelling() {
    let rows = [
        ("PENDING", State::Provisioning),
        ("DEPLOYING", State::Provisioning),
        ("REBUILDING", State::Provisioning),
        ("REBOOT", State::Provisioning),
        ("RUNNING", State::Running),
        ("STOPPED", State::Stopped),
        ("BOOTING", State::Provisioning),
        ("RELEASING", State::Deleting),
        ("STOPPING", State::Stopping),
        ("RECYCLE", State::Recycled),
        ("RECYCLING", State::Deleting),
        ("CREATE_FAILED", State::Failed),
        ("IMAGING", State::Provisioning),
        ("CREATING", State::Provisioning),
        ("INSTALLING", State::Provisioning),
    ];
    assert_eq!(rows.len(), STATES.len());
    for (word, wanted) in rows {
        for spelling in [word.to_owned(), word.to_lowercase(), word.replace('_', "-"), word.replace('_', " ")]
        {
            assert_eq!(state(&spelling), wanted, "{spelling}");
        }
    }
    for word in ["", "RUNNING2", "GONE", "_", "RUN NING NOT"] {
        assert_eq!(state(word), State::Unrecognised, "{word}");
    }
    assert_eq!(read(r#"{"instanceId": "1", "instanceStatus": "HIBERNATED"}"#).word, "HIBERNATED");
}

#[test]
fn every_documented_field_reaches_the_instance() {
    let it = read(&crate::wire::tests::whole_instance().to_string());
    assert_eq!(it.handle.to_string(), "zen/instance:1234567890123456789");
    assert_eq!((it.name.as_str(), it.state, it.word.as_str()), ("web", State::Running, "RUNNING"));
    assert_eq!(it.size, Size { vcpus: 4, memory_mib: 8_192 });
    assert_eq!(it.location.to_string(), "DE Frankfurt FRA-A");
    let image = it.image.unwrap();
    assert_eq!((image.id.as_deref(), image.name.as_deref()), (Some("img-1"), Some("Ubuntu 22.04")));
    assert_eq!(
        it.public_addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["203.0.113.7", "2001:db8::7"]
    );
    assert_eq!(it.private_addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.7"]);
    assert_eq!(it.created_at.unwrap().to_string(), "2026-11-21T08:00:00Z");
    assert_eq!(it.expires_at.unwrap().to_string(), "2026-12-21T08:00:00Z");
    let disk = |id: &str, gib: u64, system| Disk {
        id: Some(id.to_owned()),
        size_mib: gib * 1_024,
        kind: Some("SSD".to_owned()),
        system,
    };
    assert_eq!(it.disks, [disk("d-1", 40, true), disk("d-2", 100, false)]);
    assert_eq!(it.labels, BTreeMap::from([("role".to_owned(), "web".to_owned())]));
    let extras: Vec<(&str, &str)> = it.extras.iter().collect();
    assert_eq!(
        extras,
        [
            ("autoRenew", "true"),
            ("dataDisks.d-2.diskName", "data"),
            ("dataDisks.d-2.portable", "false"),
            ("instanceChargeType", "PREPAID"),
            ("instanceType", "c.4c8g"),
            ("internetChargeType", "ByBandwidth"),
            ("internetMaxBandwidthOut", "10"),
            ("keyId", "key-1"),
            ("nic.lanName", "eth1"),
            ("nic.wanName", "eth0"),
            ("period", "1"),
            ("resourceGroupId", "r-1"),
            ("resourceGroupName", "default"),
            ("securityGroupIds", "sg-1,sg-2"),
            ("subnetId", "914782535395847474"),
            ("trafficPackageSize", "1.5"),
        ]
    );
}

#[test]
fn what_cannot_be_read_is_kept_as_text() {
    let it = read(
        r#"{"instanceId": "1", "publicIpAddresses": ["203.0.113.7", "pending", "", "x"], "createTime": "yesterday",
            "publicIpv6Addresses": ["2001:db8::/64"], "cpuCount": -1, "memory": 99999999999999999}"#,
    );
    assert_eq!(it.public_addresses.len(), 1);
    assert_eq!(it.extras["publicIpAddresses"], "pending,x");
    assert_eq!(it.extras["publicIpv6Addresses"], "2001:db8::/64");
    assert_eq!(it.extras["createTime"], "yesterday");
    assert_eq!((it.state, it.size.vcpus), (State::Unrecognised, 0));
}

#[test]
fn a_row_that_cannot_be_read_is_a_machine_with_an_id_that_nobody_can_type() {
    for text in ["null", "3", "{}", r#"{"instanceId": ""}"#, r#"{"instanceId": {}}"#] {
        let it = read(text);
        assert_eq!(it.state, State::Unrecognised, "{text}");
        assert_eq!(it.handle.to_string(), "zen/instance:?unreadable-row-0");
        assert!(it.handle.to_string().parse::<Handle>().is_err());
    }
}

#[test]
fn the_marker_is_found_in_the_name_and_else_in_its_tag() {
    let marker = Marker::new(Owner::of_installation("one"), [1; 10]);
    let other = Marker::new(Owner::of_installation("one"), [2; 10]);
    let tagged = |name: &str, value: &str| {
        read(&format!(
            r#"{{"instanceId": "1", "instanceName": "{name}",
                "tags": {{"tags": [{{"key": "{MARKER_TAG}", "value": "{value}"}}]}}}}"#
        ))
    };
    let it = tagged(&format!("web-{marker}"), other.as_str());
    assert_eq!((it.marker, it.handle.marker), (Some(marker), Some(marker)));
    assert!(it.labels.is_empty());
    let renamed = tagged("renamed", marker.as_str());
    assert_eq!((renamed.marker, renamed.handle.marker), (Some(marker), Some(marker)));
    let forged = tagged("renamed", "nonsense");
    assert_eq!(forged.marker, None);
    assert_eq!(forged.labels[MARKER_TAG], "nonsense");
}

fn images(rows: serde_json::Value) -> Vec<Image> {
    let rows: Vec<ImageInfo> = serde_json::from_value(rows).unwrap();
    rows.into_iter().filter_map(Image::new).collect()
}

#[test]
fn a_neutral_image_name_finds_the_plainest_public_image_of_that_family_and_version() {
    let row = |id: &str, name: &str, category: &str| {
        serde_json::json!({ "imageId": id, "imageName": name, "category": category, "imageType": "PUBLIC_IMAGE",
                "imageStatus": "AVAILABLE", "imageSize": "30", "osType": "linux" })
    };
    let mut own = row("own", "Ubuntu 22.04", "Ubuntu");
    own["imageType"] = "CUSTOM_IMAGE".into();
    let mut gone = row("gone", "Ubuntu 22.04", "Ubuntu");
    gone["imageStatus"] = "UNAVAILABLE".into();
    let images = images(serde_json::json!([
        own,
        gone,
        row("docker", "Ubuntu 22.04 with Docker", "Ubuntu"),
        row("plain", "Ubuntu Server 22.04 LTS", "Ubuntu"),
        row("old", "Ubuntu 122.04", "Ubuntu"),
        row("24", "Ubuntu 24.04", "UBUNTU"),
        row("deb", "debian-12", "Debian"),
        row("rocky", "Rocky Linux 9.2", "OTHERS"),
        row("oracle", "OL 8.6", "ORACLE_LINUX"),
        { "imageName": "no id" }
    ]));
    let rows = [
        ("ubuntu-22.04", Some("plain")),
        ("ubuntu-22.04-docker", Some("docker")),
        ("ubuntu-24.04", Some("24")),
        ("ubuntu-4.04", None),
        ("debian-12", Some("deb")),
        ("debian", Some("deb")),
        ("ubuntu", None),
        ("ubunt-22.04", None),
        ("u-22.04", None),
        ("22.04", None),
        ("rocky", Some("rocky")),
        ("rockylinux-9.2", Some("rocky")),
        ("linux-9.2", None),
        ("rocky-9.2", Some("rocky")),
        ("oraclelinux-8.6", Some("oracle")),
        ("fedora-40", None),
    ];
    for (name, wanted) in rows {
        assert_eq!(Image::named(name, &images).map(|it| it.id.as_str()), wanted, "{name}");
    }
    assert_eq!(images[0].size_gib, Some(30));
}

#[test]
fn a_model_in_a_zone_is_an_offer() {
    let zones =
        serde_json::from_str(r#"[{"zoneId": "XYZ-A", "zoneName": "Atlantis"}, {"zoneName": "nowhere"}]"#)
            .unwrap();
    let models: ModelSet = serde_json::from_str(
        r#"{"instanceTypeQuotaSet": [
            {"zoneId": "FRA-A", "instanceType": "c.4c8g", "cpuCount": 4, "memory": 8, "internetMaxBandwidthOutLimit": 1500,
             "instanceTypeName": "Compute Optimized 4C8G", "frequency": "2.5", "internetChargeTypes": ["ByBandwidth"]},
            {"zoneId": "XYZ-A", "instanceType": "c.1c2g", "cpuCount": 1, "memory": 2, "internetMaxBandwidthOutLimit": -1},
            {"zoneId": "XYZ-A"}, null]}"#,
    )
    .unwrap();
    let market = Market::new(zones, models.instance_type_quota_set);
    let offers: Vec<Offer> =
        market.models.iter().map(|it| market.offer(it, &provider(), ChargeType::PayAsYouGo)).collect();
    assert_eq!(offers.len(), 2);
    assert_eq!(offers[0].id.0, "FRA-A/c.4c8g");
    assert_eq!(offers[0].location.to_string(), "DE Frankfurt FRA-A");
    assert_eq!(offers[0].extras["internetMaxBandwidthOutLimit"], "1500");
    assert_eq!(offers[0].price, Price::untold());
    assert_eq!(offers[1].location.to_string(), "Atlantis XYZ-A");
    assert_eq!(market.models[1].bandwidth_limit, None);
    assert!(offers[1].extras.is_empty());
}
