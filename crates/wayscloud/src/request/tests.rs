use serde_json::{Value, json};
use vmbroker_core::{DataDisk, ErrorKind, Marker, Owner, Port, Protocol, Size};

use super::*;

const PROJECT: &str = "8295674fca01429c81fe10863dbfdefd";
const OFFERING: &str = "5d3ed594914344d7bcbd56d120d26dde";
const PLAN: &str = "d8ed4a79b28d4885b0ddc925473ab49f";
const OTHER: &str = "749f8eb6-bb2c-4f08-9787-11ba7bfa12e9";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

fn config(dialect: Dialect) -> Config {
    Config {
        dialect,
        project: Some(PROJECT.into()),
        offering: Some(OFFERING.into()),
        plan: Some(PLAN.into()),
        country: Some("NO".parse().unwrap()),
        ..Config::default()
    }
}

fn wish() -> CreateRequest {
    let marker = Marker::new(Owner::of_installation("test"), [1; 10]);
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker, size, "ubuntu-24.04".parse().unwrap(), KEY.parse().unwrap())
}

fn resolved() -> Resolved {
    Resolved {
        project: PROJECT.into(),
        offering: OFFERING.into(),
        image: "image1".into(),
        flavor: Some("flavor1".into()),
        subnet: "subnet1".into(),
        key: "key1".into(),
        plan: Some(PLAN.into()),
        disk_mib: 10_240,
        limits: BTreeMap::new(),
    }
}

fn documented(request: &CreateRequest) -> Value {
    let config = config(Dialect::Documented);
    let order = DocumentedOrder::new(&check(request, &config).unwrap(), resolved());
    serde_json::to_value(order).unwrap()
}

fn waldur(request: &CreateRequest, config: &Config) -> Value {
    let root = "https://w.example/api/".parse().unwrap();
    let order = WaldurOrder::new(check(request, config).unwrap(), resolved(), config, &root);
    serde_json::to_value(order).unwrap()
}

#[test]
fn the_documented_request_round_trips_and_is_what_is_sent() {
    let mut document = json!({
        "project": "<project_uuid>",
        "offering": "<offering_uuid>",
        "plan": "<plan_uuid>",
        "attributes": {
            "name": "my-vm",
            "image": "<image_uuid>",
            "flavor": "<flavor_uuid>",
            "ssh_public_key": "<your_ssh_public_key>",
            "networks": [{ "subnet": "<subnet_uuid>", "floating_ip": "auto" }]
        }
    });
    let order: DocumentedOrder = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(order).unwrap(), document);
    // What is really sent for the same wish has the same keys; the name also carries the marker.
    let mut request = wish();
    request.name = Some("my-vm".into());
    document["project"] = json!(PROJECT);
    document["offering"] = json!(OFFERING);
    document["plan"] = json!(PLAN);
    document["attributes"]["name"] = json!(format!("my-vm-{}", request.marker));
    document["attributes"]["image"] = json!("image1");
    document["attributes"]["flavor"] = json!("flavor1");
    document["attributes"]["ssh_public_key"] = json!(KEY);
    document["attributes"]["networks"][0]["subnet"] = json!("subnet1");
    assert_eq!(documented(&request), document);
    request.public_address = PublicAddress::None;
    assert_eq!(documented(&request)["attributes"]["networks"][0]["floating_ip"], "none");
    request.public_address = PublicAddress::Given(OTHER.into());
    assert_eq!(documented(&request)["attributes"]["networks"][0]["floating_ip"], OTHER);
}

#[test]
fn a_waldur_order_is_made_of_hyperlinks() {
    let request = wish();
    let order = waldur(&request, &config(Dialect::Waldur));
    assert_eq!(
        order,
        json!({
            "project": format!("/api/projects/{PROJECT}/"),
            "offering": format!("/api/marketplace-public-offerings/{OFFERING}/"),
            "plan": format!("/api/marketplace-public-offerings/{OFFERING}/plans/{PLAN}/"),
            "attributes": {
                "name": request.marker.to_string(),
                "description": format!("vmbroker {}", request.marker),
                "image": "/api/openstack-images/image1/",
                "flavor": "/api/openstack-flavors/flavor1/",
                "system_volume_size": 10_240,
                "ssh_public_key": "/api/keys/key1/",
                "ports": [{ "subnet": "/api/openstack-subnets/subnet1/" }],
                "floating_ips": [{ "subnet": "/api/openstack-subnets/subnet1/" }]
            }
        })
    );
}

#[test]
fn everything_a_waldur_order_knows_can_be_said() {
    let mut config = config(Dialect::Waldur);
    config.security_groups = vec![OTHER.into()];
    let mut request = wish();
    request.public_address = PublicAddress::Given(OTHER.into());
    request.ports = vec![Port { number: 443, protocol: Protocol::Tcp }];
    request.user_data = Some("#cloud-config".into());
    request.data_disks = vec![DataDisk { size_gib: 20, kind: Some(OTHER.into()) }];
    let options = json!({
        "description": "web", "availability_zone": OTHER, "server_group": OTHER, "system_volume_type": OTHER,
        "connect_directly_to_external_network": true, "accepting_terms_of_service": true,
        "limits": { "ram": 4 }, "callback_url": "https://me.example/"
    });
    request.options.insert("wayscloud".into(), options.as_object().unwrap().clone());
    let order = waldur(&request, &config);
    let attributes = &order["attributes"];
    assert_eq!(attributes["floating_ips"][0]["url"], format!("/api/openstack-floating-ips/{OTHER}/"));
    assert_eq!(
        attributes["security_groups"],
        json!([{ "url": format!("/api/openstack-security-groups/{OTHER}/") }])
    );
    assert_eq!(attributes["user_data"], "#cloud-config");
    assert_eq!(attributes["data_volume_size"], 20_480);
    assert_eq!(attributes["data_volume_type"], format!("/api/openstack-volume-types/{OTHER}/"));
    assert_eq!(attributes["server_group"]["url"], format!("/api/openstack-server-groups/{OTHER}/"));
    assert_eq!(attributes["description"], format!("web {}", request.marker));
    assert_eq!(attributes["connect_directly_to_external_network"], true);
    assert_eq!(
        (&order["limits"], &order["accepting_terms_of_service"]),
        (&json!({ "ram": 4 }), &json!(true))
    );
    assert_eq!(order["callback_url"], "https://me.example/");
    assert!(order.get("type").is_none());
    request.public_address = PublicAddress::None;
    assert!(waldur(&request, &config)["attributes"].get("floating_ips").is_none());
}

#[test]
fn what_cannot_be_met_is_refused_by_name() {
    type Spoil = fn(&mut CreateRequest);
    let both: &[(&str, Spoil)] = &[
        ("charge", |it| it.charge = ChargeType::Prepaid { months: 1 }),
        ("ssh_keys", |it| it.ssh_keys.push(it.ssh_keys[0].clone())),
        ("ports", |it| it.ports = vec![Port { number: 80, protocol: Protocol::Tcp }]),
        ("public_address", |it| it.public_address = PublicAddress::Given("203.0.113.1".into())),
        ("location.countries", |it| it.location.countries = vec!["DE".parse().unwrap()]),
        ("location.zone", |it| it.location.zone = Some("oslo-1".into())),
    ];
    let documented: &[(&str, Spoil)] = &[
        ("user_data", |it| it.user_data = Some("x".into())),
        ("data_disks", |it| it.data_disks = vec![DataDisk { size_gib: 1, kind: None }]),
    ];
    let waldur: &[(&str, Spoil)] = &[
        ("data_disks", |it| it.data_disks = vec![DataDisk { size_gib: 1, kind: None }; 2]),
        ("data_disks.kind", |it| it.data_disks = vec![DataDisk { size_gib: 1, kind: Some("fast".into()) }]),
    ];
    for (dialect, rows) in [(Dialect::Documented, documented), (Dialect::Waldur, waldur)] {
        for (field, spoil) in both.iter().chain(rows) {
            let mut request = wish();
            spoil(&mut request);
            let error = check(&request, &config(dialect)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IncompatibleOffer, "{field}");
            assert!(error.message().starts_with(&format!("`{field}` ")), "{error}");
        }
    }
}

#[test]
fn unknown_options_are_refused_with_the_known_ones() {
    for (dialect, options, said) in [
        (Dialect::Waldur, json!({ "subnett": OTHER }), "subnet"),
        (Dialect::Waldur, json!({ "server_group": "web" }), "server_group"),
        (Dialect::Waldur, json!({ "limits": { "ram": "x" } }), "limits"),
        (Dialect::Documented, json!({ "description": "web" }), "documented"),
    ] {
        let mut request = wish();
        request.options.insert("wayscloud".into(), options.as_object().unwrap().clone());
        let error = check(&request, &config(dialect)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains(said), "{error}");
    }
    let mut request = wish();
    request.options.insert("zenlayer".into(), json!({ "x": 1 }).as_object().unwrap().clone());
    check(&request, &config(Dialect::Waldur)).unwrap();
}

#[test]
fn the_disk_is_as_small_as_wish_and_image_allow() {
    let config = config(Dialect::Waldur);
    let image = |min_disk| wire::Image { min_disk, ..wire::Image::default() };
    let disk = |gib, min_disk| {
        let mut request = wish();
        request.disk_gib = gib;
        disk_mib(&check(&request, &config).unwrap(), &image(min_disk)).ok()
    };
    assert_eq!(disk(None, Some(10_240)), Some(10_240));
    assert_eq!(disk(None, Some(500)), Some(1_024));
    assert_eq!(disk(None, None), Some(10_240));
    assert_eq!(disk(None, Some(0)), Some(10_240));
    assert_eq!(disk(Some(40), Some(10_240)), Some(40_960));
    assert_eq!(disk(Some(1), None), Some(1_024));
    assert_eq!(disk(Some(9), Some(10_240)), None);
}

#[test]
fn the_name_is_a_hostname_label_that_ends_in_the_marker() {
    let config = config(Dialect::Waldur);
    for name in [None, Some("web"), Some("a123456789012345678901234567890123456789")] {
        let mut request = wish();
        request.name = name.map(str::to_owned);
        let wish = check(&request, &config).unwrap();
        assert!(wish.name.len() <= 63 && wish.name.ends_with(request.marker.as_str()), "{}", wish.name);
        assert_eq!(Marker::find_in(&wish.name), Some(request.marker));
    }
}
