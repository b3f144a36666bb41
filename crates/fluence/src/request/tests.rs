use serde_json::{Value, json};
use vmbroker_core::{DataDisk, LocationWish, Marker, Money, OfferId, Owner, Period, Port};

use super::*;
use crate::KIND;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";
const SLUG: &str = "cpu-4-ram-8gb-storage-25gb";
const RULE: NameRule = NameRule { longest: 25, capitals: false, full_stop: false };

fn wish() -> CreateRequest {
    let marker = Marker::new(Owner::of_installation("test"), [1; 10]);
    let size = Size { vcpus: 4, memory_mib: 8_192 };
    CreateRequest::new(marker, size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
}

fn config(contract: Contract) -> Config {
    Config { contract, ..Config::default() }
}

fn options(wish: &mut CreateRequest, options: Value) {
    let Value::Object(options) = options else { panic!("options are an object") };
    wish.options.insert(KIND.to_owned(), options);
}

fn listed() -> Hardware {
    serde_json::from_value(json!({
        "cpu":[{"manufacturer":"AMD","architecture":"Zen"},{"manufacturer":"AMD","architecture":"Zen 4"},
               {"manufacturer":"Intel (R)","architecture":"ICE LAKE"}],
        "memory":[{"type":"DDR","generation":"4"},{"type":"DDR","generation":"5"}],
        "storage":[{"type":"SSD"},{"type":"NVMe"},{"type":"Tape"}]}))
    .unwrap()
}

/// What would be sent for this wish and the basic configuration `SLUG`, or why not.
fn sent(wish: &CreateRequest, contract: Contract) -> Result<Value> {
    let plan = Plan::of(wish, &config(contract), &RULE)?;
    let listed = plan.needs_hardware().then(listed);
    let hardware = match &listed {
        Some(listed) => completed(&plan.options.hardware, listed)?,
        None => Hardware::default(),
    };
    let constraints = plan.constraints(Some(SLUG), &hardware, listed.as_ref())?;
    Ok(serde_json::to_value(plan.body(constraints, "https://x.example/a.img".to_owned())).unwrap())
}

/// The wish of the document's own example, as far as it can be told in neutral words.
fn documents_wish() -> CreateRequest {
    let mut wish = wish();
    wish.name = Some("web-server".to_owned());
    wish.data_disks = vec![DataDisk { size_gib: 20, kind: Some("nvme".to_owned()) }];
    wish.ports = vec!["80".parse().unwrap(), "443".parse().unwrap(), "22".parse().unwrap()];
    wish.price_limit =
        Some(PriceLimit { amount: Money::new("1.50".parse().unwrap(), Currency::USD), per: Period::DAY });
    wish
}

/// Differences from the document's example: `instances` is 1, because one wish is one machine; the name is the
/// marker, because both together are too long; 22/tcp is sent, because a later change of ports would close it;
/// `hardware.storage` is sent, because additional storage works only with it; what is null there is left out.
#[test]
fn the_documents_example_is_sent_like_this_in_april() {
    insta::assert_json_snapshot!(sent(&documents_wish(), Contract::April2025).unwrap(), @r#"
    {
      "constraints": {
        "additionalResources": {
          "storage": [
            {
              "megabytes": 20480,
              "type": "NVMe"
            }
          ]
        },
        "basicConfiguration": "cpu-4-ram-8gb-storage-25gb",
        "hardware": {
          "storage": [
            {
              "type": "NVMe"
            }
          ]
        },
        "maxTotalPricePerEpochUsd": "1.5"
      },
      "instances": 1,
      "vmConfiguration": {
        "name": "vbt6dn-aeaqcaibaeaqcaib",
        "openPorts": [
          {
            "port": 22,
            "protocol": "tcp"
          },
          {
            "port": 80,
            "protocol": "tcp"
          },
          {
            "port": 443,
            "protocol": "tcp"
          }
        ],
        "osImage": "https://x.example/a.img",
        "sshKeys": [
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home"
        ]
      }
    }
    "#);
}

#[test]
fn the_same_wish_in_may_has_its_unit_and_may_have_a_host_name() {
    let mut wish = documents_wish();
    wish.location =
        LocationWish { countries: vec!["FR".parse().unwrap(), "DE".parse().unwrap()], zone: None };
    wish.disk_gib = Some(40);
    options(
        &mut wish,
        json!({"hostname":"my-vm","storage_type":"ssd",
                              "hardware":{"cpu":[{"manufacturer":"amd"}],"memory":[{"generation":"5"}]}}),
    );
    let body = sent(&wish, Contract::May2025).unwrap();
    assert_eq!(
        body["constraints"],
        json!({
            "basicConfiguration": SLUG,
            "additionalResources": {"storage": [
                {"type": "SSD", "supply": 15, "units": "GiB"},
                {"type": "NVMe", "supply": 20, "units": "GiB"},
            ]},
            "hardware": {
                "cpu": [
                    {"manufacturer": "AMD", "architecture": "Zen"},
                    {"manufacturer": "AMD", "architecture": "Zen 4"},
                ],
                "memory": [{"type": "DDR", "generation": "5"}],
                "storage": [{"type": "SSD"}, {"type": "NVMe"}],
            },
            "datacenter": {"countries": ["FR", "DE"]},
            "maxTotalPricePerEpochUsd": "1.5",
        })
    );
    assert_eq!((&body["instances"], &body["vmConfiguration"]["hostname"]), (&json!(1), &json!("my-vm")));
}

#[test]
fn a_bare_wish_sends_nothing_that_nobody_asked_for() {
    let body = sent(&wish(), Contract::April2025).unwrap();
    assert_eq!(body["constraints"], json!({"basicConfiguration":SLUG}));
    assert_eq!(body["vmConfiguration"]["openPorts"], json!([{"port":22,"protocol":"tcp"}]));
    assert_eq!(body["instances"], 1);
}

#[test]
fn a_limit_is_never_raised_by_its_conversion() {
    let limit =
        |amount: &str, per| PriceLimit { amount: Money::new(amount.parse().unwrap(), Currency::Usdc), per };
    let rows = [
        ("1.5", Period::DAY, Some("1.5")),
        ("1.23456789", Period::DAY, Some("1.234567")),
        ("100", Period::DAY, Some("100")),
        ("0.05", Period::HOUR, Some("1.2")),
        ("31", Period::MONTH, Some("1")),
        ("10", Period::MONTH, Some("0.32258")),
        ("0.00000001", Period::DAY, None),
        ("79228162514264337593543950335", Period::HOUR, None),
    ];
    for (amount, per, wanted) in rows {
        let sent = max_price(&limit(amount, per));
        assert_eq!(sent.as_ref().ok().map(String::as_str), wanted, "{amount} {per}");
        if let Ok(sent) = sent {
            let daily: Decimal = sent.parse().unwrap();
            let days = match per {
                Period::HOUR => Decimal::ONE / Decimal::from(24),
                Period::DAY => Decimal::ONE,
                _ => Decimal::from(31),
            };
            assert!(daily * days <= amount.parse().unwrap(), "{amount} {per}");
        }
    }
    let mut euros = limit("1", Period::DAY);
    euros.amount.currency = "EUR".parse().unwrap();
    assert_eq!(max_price(&euros).unwrap_err().kind(), ErrorKind::IncompatibleOffer);
}

#[test]
fn each_thing_this_wire_lacks_is_refused_by_name() {
    type Spoil = fn(&mut CreateRequest);
    let spoil: [(&str, Spoil); 10] = [
        ("user_data", |wish| wish.user_data = Some("#!/bin/sh".into())),
        ("location.zone", |wish| wish.location.zone = Some("FRA-1".into())),
        ("charge", |wish| wish.charge = ChargeType::Prepaid { months: 1 }),
        ("public_address", |wish| wish.public_address = PublicAddress::None),
        ("public_address", |wish| wish.public_address = PublicAddress::Given("ip-1".into())),
        ("ports", |wish| wish.ports = vec!["10250".parse().unwrap()]),
        ("ports", |wish| wish.ports = vec!["10250/udp".parse().unwrap()]),
        ("ports", |wish| {
            wish.ports = (1..=51).map(|n| Port { number: 1_000 + n, protocol: Protocol::Tcp }).collect();
        }),
        ("ssh_keys", |wish| {
            let key = "ssh-dss AAAAB3NzaC1kc3MAAAA=";
            wish.ssh_keys = vec![key.parse().unwrap()];
        }),
        ("price_limit", |wish| {
            let amount = Money::new(Decimal::ONE, "NOK".parse().unwrap());
            wish.price_limit = Some(PriceLimit { amount, per: Period::DAY });
        }),
    ];
    for (field, spoil) in spoil {
        let mut wish = wish();
        spoil(&mut wish);
        let error = sent(&wish, Contract::May2025).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IncompatibleOffer, "{error}");
        assert!(error.message().contains(&format!("`{field}`")), "{error}");
    }
}

#[test]
fn fifty_ports_and_ssh_are_allowed() {
    let mut wish = wish();
    wish.ports = (1..=50).map(|n| Port { number: 1_000 + n, protocol: Protocol::Udp }).collect();
    wish.ports.push("22".parse().unwrap());
    let body = sent(&wish, Contract::April2025).unwrap();
    assert_eq!(body["vmConfiguration"]["openPorts"].as_array().unwrap().len(), 51);
}

#[test]
fn wrong_images_offers_and_options_are_refused_before_any_call() {
    type Spoil = fn(&mut CreateRequest);
    let spoil: [(&str, Spoil); 9] = [
        ("`image`", |wish| wish.image = ImageWish::Id("https://x.example/a.iso".into())),
        ("`image`", |wish| wish.image = ImageWish::Id("ftp://x.example/a.img".into())),
        ("`offer`", |wish| wish.machine = MachineWish::Offer(OfferId(String::new()))),
        ("`offer`", |wish| wish.machine = MachineWish::Offer(OfferId("cpu-2@XX".into()))),
        ("`offer`", |wish| wish.machine = MachineWish::Offer(OfferId("cpu 2@DE".into()))),
        ("unknown field `hostnam`, expected one of `hardware`, `storage_type`, `hostname`", |wish| {
            options(wish, json!({"hostnam":"x"}));
        }),
        ("`options.fluence.hostname`", |wish| options(wish, json!({"hostname":"-x"}))),
        ("`options.fluence.hardware.cpu[0]`", |wish| options(wish, json!({"hardware":{"cpu":[{}]}}))),
        ("`options.fluence.hardware.memory[0].generation`", |wish| {
            options(wish, json!({"hardware":{"memory":[{"generation":5}]}}));
        }),
    ];
    for (part, spoil) in spoil {
        let mut wish = wish();
        spoil(&mut wish);
        let error = Plan::of(&wish, &config(Contract::May2025), &RULE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.message().contains(part), "{error}");
    }
    let mut early = wish();
    options(&mut early, json!({"hostname":"x"}));
    let error = Plan::of(&early, &config(Contract::April2025), &RULE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleOffer, "{error}");
}

#[test]
fn an_offers_country_is_sent_and_must_be_one_that_is_wished_for() {
    let mut wish = wish();
    wish.machine = MachineWish::Offer(OfferId(format!("{SLUG}@de")));
    assert_eq!(
        sent(&wish, Contract::April2025).unwrap()["constraints"]["datacenter"]["countries"],
        json!(["DE"])
    );
    wish.location.countries = vec!["FR".parse().unwrap()];
    assert_eq!(sent(&wish, Contract::April2025).unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    wish.machine = MachineWish::Offer(OfferId(SLUG.to_owned()));
    let body = sent(&wish, Contract::April2025).unwrap();
    assert_eq!(body["constraints"]["datacenter"]["countries"], json!(["FR"]));
}

#[test]
fn hardware_is_completed_from_the_list_or_refused() {
    let mut wish = wish();
    options(&mut wish, json!({"hardware":{"cpu":[{"manufacturer":"intel (r)"}],"storage":[{"type":"ssd"}]}}));
    wish.data_disks =
        vec![DataDisk { size_gib: 5, kind: None }, DataDisk { size_gib: 6, kind: Some("tape".into()) }];
    let body = sent(&wish, Contract::April2025).unwrap();
    assert_eq!(
        body["constraints"]["hardware"],
        json!({"cpu":[{"manufacturer":"Intel (R)","architecture":"ICE LAKE"}],
               "storage":[{"type":"SSD"},{"type":"Tape"}]})
    );
    assert_eq!(
        body["constraints"]["additionalResources"]["storage"],
        json!([{"type":"SSD","megabytes":5_120},{"type":"Tape","megabytes":6_144}])
    );
    for hardware in
        [json!({"cpu":[{"manufacturer":"Arm"}]}), json!({"cpu":[{"manufacturer":"AMD","brand":"EPYC"}]})]
    {
        options(&mut wish, json!({ "hardware": hardware }));
        let error = sent(&wish, Contract::April2025).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IncompatibleOffer);
        assert!(error.message().contains("ICE LAKE"), "{error}");
    }
    wish.options.clear();
    wish.data_disks = vec![DataDisk { size_gib: 5, kind: Some("punch cards".into()) }];
    let error = sent(&wish, Contract::April2025).unwrap_err();
    assert!(error.message().contains("`punch cards`"), "{error}");
}

#[test]
fn only_what_exceeds_the_configuration_is_additional() {
    let mut wish = wish();
    for (gib, wanted) in
        [(20, Value::Null), (25, Value::Null), (30, json!([{"type":"NVMe","megabytes":5_120}]))]
    {
        wish.disk_gib = Some(gib);
        let body = sent(&wish, Contract::April2025).unwrap();
        let storage =
            body["constraints"].get("additionalResources").map_or(&Value::Null, |it| &it["storage"]);
        assert_eq!(storage, &wanted, "{gib}");
    }
    let plan = Plan::of(&wish, &config(Contract::April2025), &RULE).unwrap();
    let error = plan.constraints(Some("special"), &Hardware::default(), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IncompatibleOffer);
}

#[test]
fn the_name_is_the_marker_alone_unless_both_fit() {
    let mut wish = wish();
    let marker = wish.marker.to_string();
    wish.name = Some("web".to_owned());
    assert_eq!(sent(&wish, Contract::April2025).unwrap()["vmConfiguration"]["name"], json!(marker));
    wish.name = Some("w".to_owned());
    assert_eq!(
        sent(&wish, Contract::April2025).unwrap()["vmConfiguration"]["name"],
        json!(format!("w-{marker}"))
    );
}
