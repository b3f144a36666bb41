use serde_json::{Value, json};
use vmbroker_core::{ChargeType, DataDisk, Marker, OfferId, Owner};

use super::*;
use crate::wire::{ImageInfo, ModelInfo, ZoneInfo};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

fn marker() -> Marker {
    Marker::new(Owner::of_installation("test"), [1; 10])
}

fn wish() -> CreateRequest {
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker(), size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
}

fn with(options: Value) -> CreateRequest {
    let mut wish = wish();
    wish.options.insert("zenlayer".into(), options.as_object().unwrap().clone());
    wish
}

fn credentials() -> Credentials {
    let secret = |text: &str| Secret::new(text);
    Credentials::key(secret("id-0123456789"), secret("0123456789")).with_machine_password(secret("Abcdef1!"))
}

fn market() -> Market {
    let zones: Vec<ZoneInfo> = serde_json::from_value(json!([
        { "zoneId": "FRA-A", "zoneName": "Frankfurt", "supportSecurityGroup": true, "supportIpv6": true },
        { "zoneId": "SEL-A", "zoneName": "Seoul", "supportSecurityGroup": false, "supportIpv6": false,
          "supportCpuPassThrough": false }
    ]))
    .unwrap();
    let model = |zone: &str, name: &str, cpus: u32, gib: u32, types: &[&str]| {
        json!({ "zoneId": zone, "instanceType": name, "cpuCount": cpus, "memory": gib,
                "internetMaxBandwidthOutLimit": 100, "internetChargeTypes": types })
    };
    let models: Vec<ModelInfo> = serde_json::from_value(json!([
        model("SEL-A", "c.2c4g", 2, 4, &["ByTrafficPackage", "ByBandwidth"]),
        model("FRA-A", "c.8c16g", 8, 16, &["ByBandwidth"]),
        model("FRA-A", "c.4c8g", 4, 8, &["ByTrafficPackage", "BandwidthCluster"]),
        model("FRA-A", "c.1c2g", 1, 2, &["ByBandwidth"]),
        model("FRA-A", "c.cluster", 3, 6, &["BandwidthCluster"])
    ]))
    .unwrap();
    Market::new(zones, models)
}

fn image_row() -> Image {
    let info: ImageInfo = serde_json::from_value(json!({
        "imageId": "img-1", "imageName": "Ubuntu 22.04", "category": "Ubuntu", "imageSize": "30", "osType": "linux",
        "imageStatus": "AVAILABLE", "imageType": "PUBLIC_IMAGE"
    }))
    .unwrap();
    Image::new(info).unwrap()
}

/// What is sent for this wish, with key `key-1` and subnet `sub-1`.
fn sent(request: &CreateRequest, config: &Config) -> Result<Value> {
    let credentials = credentials();
    let wish = check(request, config, &credentials)?;
    let market = market();
    let model = candidates(&wish, &market, config)?[0].clone();
    let image = image(&wish, &[image_row()], &model.zone, config)?;
    let login = match wish.options.login {
        Some(Login::Password) => ResolvedLogin::Password(credentials.machine_password.unwrap()),
        _ => ResolvedLogin::Key("key-1".into()),
    };
    let resolved = Resolved { model, image, subnet_id: "sub-1".into(), login };
    Ok(serde_json::to_value(CreateInstances::new(wish, resolved, config)?).unwrap())
}

fn refused(request: &CreateRequest, config: &Config) -> Error {
    sent(request, config).unwrap_err()
}

#[test]
fn what_is_sent_for_the_documented_example_and_how_it_differs() {
    let mut wish = wish();
    wish.machine = MachineWish::Offer(OfferId("SEL-A/c.2c4g".into()));
    let sent = sent(&wish, &Config::default()).unwrap();
    let marker = marker().to_string();
    let expected = json!({
        // As in the document's example.
        "zoneId": "SEL-A", "instanceType": "c.2c4g", "imageId": "img-1",
        "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth",
        // The example lacks these two, which the document's own table calls required.
        "instanceCount": 1, "subnetId": "sub-1",
        // The example names no machine and no way to log in: the marker must be found, and exactly one of key and
        // password is needed.
        "instanceName": marker, "tags": { "tags": [{ "key": "vmbroker-marker", "value": marker }] },
        "keyId": "key-1",
        // Defaults that the document leaves open, or names twice, are said.
        "internetMaxBandwidthOut": 1, "enableIpv4": true, "systemDisk": { "diskSize": 40 }
    });
    assert_eq!(sent, expected);
}

#[test]
fn every_documented_parameter_can_be_said() {
    let mut wish = with(json!({
        "resourceGroupId": "r-1", "internetChargeType": "ByTrafficPackage", "trafficPackageSize": 1.5,
        "internetMaxBandwidthOut": 20, "diskCategory": "SSD", "enableIpv6": true, "cpuPassThrough": true,
        "networkMode": "Virtio", "diskPreAllocated": true, "nic": { "wanName": "wan0", "lanName": "lan0" },
        "securityGroupId": "sg-1", "clusterId": "c-1", "cidrBlockId": "cidr-1", "startCidrIpv4": "192.0.2.1",
        "marketingOptions": { "discountCode": "X", "usePocVoucher": true }, "tags": [{ "key": "a", "value": "b" }]
    }));
    wish.name = Some("web".into());
    wish.machine = MachineWish::Offer(OfferId("FRA-A/c.4c8g".into()));
    wish.charge = ChargeType::Prepaid { months: 3 };
    wish.disk_gib = Some(50);
    wish.data_disks = vec![
        DataDisk { size_gib: 100, kind: None },
        DataDisk { size_gib: 200, kind: Some("STANDARD".into()) },
    ];
    wish.user_data = Some("#!/bin/sh\necho é\n".into());
    wish.labels = BTreeMap::from([("role".into(), "web".into()), ("empty".into(), String::new())]);
    wish.ports = vec!["80".parse().unwrap()];
    let mut whole = sent(&wish, &Config::default()).unwrap();
    let marker = marker().to_string();
    let expected = json!({
        "zoneId": "FRA-A", "imageId": "img-1", "instanceType": "c.4c8g", "instanceName": format!("web-{marker}"),
        "keyId": "key-1", "resourceGroupId": "r-1", "instanceChargeType": "PREPAID",
        "instanceChargePrepaid": { "period": 3 }, "internetChargeType": "ByTrafficPackage",
        "trafficPackageSize": 1.5, "internetMaxBandwidthOut": 20, "instanceCount": 1,
        "systemDisk": { "diskSize": 50, "diskCategory": "SSD" },
        "dataDisks": [
            { "diskSize": 100, "diskAmount": 1, "diskCategory": "SSD" },
            { "diskSize": 200, "diskAmount": 1, "diskCategory": "STANDARD" }
        ],
        "subnetId": "sub-1", "enableIpv4": true, "enableIpv6": true, "cpuPassThrough": true,
        "initScript": "#!/bin/sh\necho é\n", "networkMode": "Virtio", "diskPreAllocated": true,
        "nic": { "wanName": "wan0", "lanName": "lan0" }, "securityGroupId": "sg-1", "clusterId": "c-1",
        "cidrBlockId": "cidr-1", "startCidrIpv4": "192.0.2.1",
        "marketingOptions": { "discountCode": "X", "usePocVoucher": true },
        "tags": { "tags": [
            { "key": "a", "value": "b" }, { "key": "role", "value": "web" },
            { "key": "vmbroker-marker", "value": marker }
        ] }
    });
    assert_eq!(whole, expected);
    // The two that exclude the above: a password in place of the key, a promised term in place of a prepaid one.
    let exclusive = with(json!({ "login": "password", "instanceChargePostpaid": { "period": 2 } }));
    let other = sent(&exclusive, &Config::default()).unwrap();
    for (key, value) in other.as_object().unwrap() {
        whole.as_object_mut().unwrap().entry(key).or_insert_with(|| value.clone());
    }
    assert_eq!((&other["password"], other.get("keyId")), (&json!("Abcdef1!"), None));
    assert_eq!(other["instanceChargePostpaid"], json!({ "period": 2 }));
    assert_eq!(whole.as_object().unwrap().len(), 30);
}

#[test]
fn the_accounts_settings_stand_in_for_what_the_wish_leaves_open() {
    let config = Config {
        security_group_id: Some("sg-9".into()),
        resource_group_id: Some("r-9".into()),
        internet_charge_type: Some("ByTrafficPackage".into()),
        bandwidth_mbps: Some(50),
        disk_category: Some("SSD".into()),
        ..Config::default()
    };
    let mut wish = wish();
    wish.ports = vec!["80".parse().unwrap()];
    wish.public_address = PublicAddress::None;
    let sent = sent(&wish, &config).unwrap();
    assert_eq!(sent["zoneId"], "FRA-A");
    assert_eq!(sent["securityGroupId"], "sg-9");
    assert_eq!(sent["resourceGroupId"], "r-9");
    assert_eq!(sent["internetChargeType"], "ByTrafficPackage");
    assert_eq!(sent["internetMaxBandwidthOut"], 50);
    assert_eq!(sent["systemDisk"], json!({ "diskSize": 40, "diskCategory": "SSD" }));
    assert_eq!(sent["enableIpv4"], false);
}

#[test]
fn a_wrong_option_is_an_invalid_request_that_names_it() {
    let rows = [
        (json!({ "zone": "FRA-A" }), "options.zenlayer"),
        (json!({ "instanceCount": 2 }), "options.zenlayer"),
        (json!({ "password": "canary-secret" }), "options.zenlayer.password"),
        (json!({ "login": "none" }), "options.zenlayer.login"),
        (json!({ "login": "password", "keyId": "key-1" }), "options.zenlayer.keyId"),
        (json!({ "keyId": "" }), "options.zenlayer.keyId"),
        (json!({ "subnetId": 914_782_535 }), "options.zenlayer.subnetId"),
        (json!({ "internetMaxBandwidthOut": 0 }), "options.zenlayer.internetMaxBandwidthOut"),
        (json!({ "internetMaxBandwidthOut": -1 }), "options.zenlayer.internetMaxBandwidthOut"),
        (json!({ "trafficPackageSize": 1 }), "options.zenlayer.trafficPackageSize"),
        (
            json!({ "trafficPackageSize": -0.5, "internetChargeType": "ByTrafficPackage" }),
            "options.zenlayer.trafficPackageSize",
        ),
        (
            json!({ "trafficPackageSize": 1, "internetChargeType": "ByTrafficPackage" }),
            "options.zenlayer.trafficPackageSize",
        ),
        (
            json!({ "instanceChargePostpaid": { "period": 0 } }),
            "options.zenlayer.instanceChargePostpaid.period",
        ),
        (json!({ "instanceChargePostpaid": {} }), "options.zenlayer.instanceChargePostpaid"),
        (json!({ "startCidrIpv4": "192.0.2.1" }), "options.zenlayer.startCidrIpv4"),
        (json!({ "startCidrIpv4": "2001:db8::1", "cidrBlockId": "c" }), "options.zenlayer.startCidrIpv4"),
        (json!({ "networkMode": "vf" }), "options.zenlayer.networkMode"),
        (json!({ "nic": { "wanName": "wan" } }), "options.zenlayer.nic.wanName"),
        (json!({ "nic": { "lanName": "Lan0" } }), "options.zenlayer.nic.lanName"),
        (json!({ "nic": { "lanName": "0lan" } }), "options.zenlayer.nic.lanName"),
        (json!({ "nic": { "lanName": "abcdefghijklmnop" } }), "options.zenlayer.nic.lanName"),
        (json!({ "nic": { "wanName": "eth0", "lanName": "eth0" } }), "options.zenlayer.nic.lanName"),
        (json!({ "nic": { "name": "eth0" } }), "options.zenlayer.nic"),
        (json!({ "tags": [{ "key": "", "value": "x" }] }), "options.zenlayer.tags"),
        (json!({ "tags": [{ "key": "k", "value": "" }] }), "options.zenlayer.tags"),
        (json!({ "tags": [{ "key": "k".repeat(65), "value": "v" }] }), "options.zenlayer.tags"),
        (
            json!({ "tags": [{ "key": "k", "value": "v" }, { "key": "k", "value": "w" }] }),
            "options.zenlayer.tags",
        ),
        (json!({ "tags": [{ "key": "vmbroker-marker", "value": "v" }] }), "options.zenlayer.tags"),
        (json!({ "tags": { "tags": [] } }), "options.zenlayer.tags"),
    ];
    for (options, field) in rows {
        let error = refused(&with(options.clone()), &Config::default());
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{options}: {error}");
        assert!(error.message().starts_with(&format!("`{field}")), "{options}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let unknown = refused(&with(json!({ "zone": "FRA-A" })), &Config::default());
    assert!(
        unknown.message().contains("`zone`") && unknown.message().contains("`securityGroupId`"),
        "{unknown}"
    );
    let mut twice = with(json!({ "tags": [{ "key": "role", "value": "v" }] }));
    twice.labels.insert("role".into(), "web".into());
    assert_eq!(refused(&twice, &Config::default()).kind(), ErrorKind::InvalidRequest);
}

#[test]
fn a_name_that_would_count_is_refused() {
    for name in ["web-[1,3]", "server_1", "Web", "wéb", "", "-web"] {
        let mut wish = wish();
        wish.name = Some(name.into());
        let error = refused(&wish, &Config::default());
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{name}");
        assert!(error.message().starts_with("`name`"), "{error}");
    }
    let mut long = wish();
    long.name = Some("a".repeat(40));
    assert_eq!(sent(&long, &Config::default()).unwrap()["instanceName"], marker().to_string());
    long.name = Some("a".repeat(39));
    assert!(NAME.allows(sent(&long, &Config::default()).unwrap()["instanceName"].as_str().unwrap()));
}

#[test]
fn a_sound_wish_that_cannot_be_met_here_is_an_incompatible_offer_that_names_the_field() {
    type Spoil = fn(&mut CreateRequest);
    let rows: [(&str, Spoil); 12] = [
        ("`disk_gib`", |it| it.disk_gib = Some(45)),
        ("`disk_gib`", |it| it.disk_gib = Some(20)),
        ("`data_disks`", |it| it.data_disks = vec![DataDisk { size_gib: 10, kind: None }; 11]),
        ("`user_data`", |it| it.user_data = Some("é".repeat(16_001))),
        ("`ports`", |it| it.ports = vec!["80".parse().unwrap()]),
        ("`public_address`", |it| it.public_address = PublicAddress::Given("192.0.2.1".into())),
        ("`public_address`", |it| it.public_address = PublicAddress::Given("eip-1".into())),
        ("`ssh_keys`", |it| it.ssh_keys = vec![KEY.parse().unwrap(); 6]),
        ("`location.zone`", |it| it.location.zone = Some("XYZ-A".into())),
        ("no model", |it| it.machine = MachineWish::Size(Size { vcpus: 64, memory_mib: 1_024 })),
        ("no model", |it| it.location.countries = vec!["US".parse().unwrap()]),
        ("`image`", |it| it.image = ImageWish::Id("img-2".into())),
    ];
    for (field, spoil) in rows {
        let mut wish = wish();
        spoil(&mut wish);
        let error = refused(&wish, &Config::default());
        assert_eq!(error.kind(), ErrorKind::IncompatibleOffer, "{error}");
        assert!(error.message().starts_with(field), "{field}: {error}");
    }
    let mut fits = wish();
    fits.user_data = Some("x".repeat(32_000));
    fits.data_disks = vec![DataDisk { size_gib: 10, kind: None }; 10];
    sent(&fits, &Config::default()).unwrap();
    let mut given = with(json!({ "cidrBlockId": "cidr-1" }));
    given.public_address = PublicAddress::Given("192.0.2.1".into());
    assert_eq!(sent(&given, &Config::default()).unwrap()["startCidrIpv4"], "192.0.2.1");
}

#[test]
fn options_that_the_model_or_the_zone_does_not_allow_are_incompatible() {
    let rows = [
        json!({ "internetChargeType": "ByInstanceBandwidth95" }),
        json!({ "internetMaxBandwidthOut": 101 }),
        json!({ "enableIpv6": true }),
        json!({ "cpuPassThrough": true }),
        json!({ "securityGroupId": "sg-1" }),
    ];
    for options in rows {
        let mut wish = with(options.clone());
        wish.location.zone = Some("SEL-A".into());
        assert_eq!(refused(&wish, &Config::default()).kind(), ErrorKind::IncompatibleOffer, "{options}");
    }
    // A model that allows bandwidth clusters only is passed over, unless the wish names a cluster.
    let sized = |options: Value| {
        let mut wish = with(options);
        wish.machine = MachineWish::Size(Size { vcpus: 3, memory_mib: 1_024 });
        sent(&wish, &Config::default()).unwrap()["instanceType"].clone()
    };
    assert_eq!(sized(json!({})), "c.4c8g");
    assert_eq!(sized(json!({ "clusterId": "c-1" })), "c.cluster");
}

#[test]
fn the_smallest_model_is_taken_and_one_of_each_zone_is_a_candidate() {
    let config = Config::default();
    let credentials = credentials();
    let market = market();
    let request = wish();
    let wish = check(&request, &config, &credentials).unwrap();
    let ids = |wish: &Wish<'_>| -> Vec<String> {
        candidates(wish, &market, &config).unwrap().iter().map(|model| model.offer_id().0).collect()
    };
    assert_eq!(ids(&wish), ["SEL-A/c.2c4g", "FRA-A/c.4c8g"]);
    let mut german = request.clone();
    german.location.countries = vec!["DE".parse().unwrap()];
    assert_eq!(ids(&check(&german, &config, &credentials).unwrap()), ["FRA-A/c.4c8g"]);
    let mut offered = request.clone();
    offered.machine = MachineWish::Offer(OfferId("FRA-A/c.8c16g".into()));
    assert_eq!(ids(&check(&offered, &config, &credentials).unwrap()), ["FRA-A/c.8c16g"]);
    offered.location.zone = Some("SEL-A".into());
    assert_eq!(refused(&offered, &config).kind(), ErrorKind::IncompatibleOffer);
    offered.machine = MachineWish::Offer(OfferId("SEL-A/c.none".into()));
    assert_eq!(refused(&offered, &config).kind(), ErrorKind::OutOfCapacity);
}

#[test]
fn images_are_configured_for_a_zone_before_all_zones() {
    let images = [("ubuntu-22.04", "img-all"), ("ubuntu-22.04@FRA-A", "img-fra")];
    let images = images.map(|(name, id)| (name.to_owned(), id.to_owned())).into();
    let config = Config { images, ..Config::default() };
    assert_eq!(configured_image(&config, "ubuntu-22.04", "FRA-A"), Some("img-fra"));
    assert_eq!(configured_image(&config, "ubuntu-22.04", "SEL-A"), Some("img-all"));
    assert_eq!(configured_image(&config, "debian-12", "SEL-A"), None);
    assert!(refused(&wish(), &config).message().starts_with("`image`"));
}

#[test]
fn windows_takes_a_password_and_no_key() {
    let info =
        json!({ "imageId": "img-w", "imageName": "Windows 2022", "osType": "Windows", "imageSize": 50 });
    let images = [Image::new(serde_json::from_value(info).unwrap()).unwrap()];
    let config = Config::default();
    let credentials = credentials();
    let mut request = wish();
    request.image = ImageWish::Id("img-w".into());
    let with_key = check(&request, &config, &credentials).unwrap();
    let error = image(&with_key, &images, "FRA-A", &config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleOffer);
    assert!(error.message().contains("login"), "{error}");
    request.options = with(json!({ "login": "password" })).options;
    let with_password = check(&request, &config, &credentials).unwrap();
    image(&with_password, &images, "FRA-A", &config).unwrap();
    let mut without = credentials.clone();
    without.machine_password = None;
    assert_eq!(check(&request, &config, &without).unwrap_err().kind(), ErrorKind::InvalidConfig);
}

#[test]
fn a_key_pair_holds_exactly_the_wished_keys_whatever_their_comments() {
    let bodies = key_bodies(["ssh-rsa BBBB b@c", "ssh-ed25519 AAAA", ""]);
    assert_eq!(bodies, key_bodies("ssh-ed25519 AAAA other\r\nssh-rsa  BBBB\n\nssh-rsa BBBB".lines()));
    assert_ne!(bodies, key_bodies(["ssh-ed25519 AAAA"]));
}
