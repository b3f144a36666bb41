use serde_json::{Value, json};
use vmbroker_core::{Availability, Currency, Total};

use super::*;
use crate::wire::tests::OFFER;

fn provider() -> ProviderId {
    "fluence".parse().unwrap()
}

fn offered(rows: Vec<OfferRow>) -> Vec<Offer> {
    offers(&provider(), rows, &OfferQuery::default()).into_iter().map(|it| it.offer).collect()
}

fn row(slug: &str, datacenter: Value, left: Value) -> OfferRow {
    let row = json!({"configuration":{"slug":slug},"datacenter":datacenter,
                     "servers":[{"availableBasicInstances":left}]});
    serde_json::from_value(row).unwrap()
}

#[test]
fn the_documents_offer_becomes_one_that_can_be_ordered() {
    let row: OfferRow = serde_json::from_str(OFFER).unwrap();
    insta::assert_json_snapshot!(offered(vec![row]), @r#"
    [
      {
        "provider": "fluence",
        "id": "cpu-2-ram-4gb-storage-25gb@FR",
        "size": {
          "vcpus": 2,
          "memory_mib": 4096
        },
        "disk_gib": 25,
        "location": {
          "country": "FR",
          "city": "PAR",
          "data_centre": {
            "tier": 2,
            "certifications": [
              "ISO 200027",
              "SOC2",
              "ISO 50001:2011",
              "PCI DSS 3.2"
            ]
          }
        },
        "charge": "pay_as_you_go",
        "price": {
          "currency": "USDC",
          "charges": [
            {
              "item": "machine",
              "amount": "0.30698",
              "due": {
                "rate": {
                  "per": "day",
                  "billing": {
                    "increment": "day",
                    "alignment": {
                      "clock": {
                        "offset_seconds": 64500
                      }
                    }
                  }
                }
              }
            }
          ]
        },
        "availability": {
          "count": 5
        },
        "extras": {
          "RAM": "4 DDR at 0.002",
          "VCPU": "AMD EPYC Zen 2 at 0.005",
          "maxAdditionalSupply": "NVMe 128000, 204800 a machine"
        }
      }
    ]
    "#);
}

#[test]
fn rows_that_one_wish_cannot_tell_apart_are_one_offer_and_say_only_what_holds_for_all() {
    let place = |city: &str, tier: u8, held: &[&str]| json!({"countryCode":"DE","cityCode":city,"tier":tier,"certifications":held});
    let slug = "cpu-2-ram-4gb-storage-25gb";
    let rows = vec![
        row(slug, place("FRA", 4, &["ISO 9001", "SOC2"]), json!(2)),
        row(slug, place("BER", 3, &["SOC2"]), json!("3")),
        row(slug, json!(null), json!(null)),
        row("cpu-8-ram-16gb-storage-25gb", place("FRA", 4, &[]), json!(0)),
        serde_json::from_str("{}").unwrap(),
    ];
    let all = offered(rows);
    let ids: Vec<&str> = all.iter().map(|offer| offer.id.0.as_str()).collect();
    assert_eq!(ids, [slug, "cpu-2-ram-4gb-storage-25gb@DE", "cpu-8-ram-16gb-storage-25gb@DE"]);
    let left: Vec<Availability> = all.iter().map(|offer| offer.availability).collect();
    assert_eq!(left, [Availability::Unknown, Availability::Count(5), Availability::Count(0)]);
    let building = all[1].location.data_centre.as_ref().unwrap();
    assert_eq!(
        (building.tier, building.certifications.as_slice()),
        (Some(3), ["SOC2".to_owned()].as_slice())
    );
    assert_eq!((all[1].location.city.as_deref(), all[1].extras["cityCode"].as_str()), (None, "BER, FRA"));
}

#[test]
fn a_query_is_honoured() {
    let rows = || {
        let de = json!({"countryCode":"DE"});
        vec![
            row("cpu-2-ram-4gb-storage-25gb", de.clone(), json!(1)),
            row("cpu-4-ram-8gb-storage-25gb", de, json!(1)),
            row("cpu-4-ram-8gb-storage-25gb", json!({"countryCode":"US"}), json!(1)),
            row("gpu-special", json!({"countryCode":"US"}), json!(1)),
        ]
    };
    let count = |query: OfferQuery| offers(&provider(), rows(), &query).len();
    assert_eq!(count(OfferQuery::default()), 4);
    assert_eq!(count(OfferQuery { vcpus: Some(4), ..OfferQuery::default() }), 2);
    assert_eq!(count(OfferQuery { memory_mib: Some(8_193), ..OfferQuery::default() }), 0);
    assert_eq!(count(OfferQuery { countries: vec!["DE".parse().unwrap()], ..OfferQuery::default() }), 2);
}

#[test]
fn sold_out_rows_are_not_on_offer() {
    let rows = [
        row("a", json!(null), json!(0)),
        row("b", json!(null), json!(1)),
        row("c", json!(null), json!(null)),
        serde_json::from_value(json!({"configuration":{"slug":"d"},"servers":[]})).unwrap(),
        serde_json::from_value(json!({"configuration":{"slug":"e"}})).unwrap(),
    ];
    assert_eq!(admitted(&rows).collect::<Vec<_>>(), ["b", "c", "e"]);
}

/// Rows of one configuration and country: each a price in JSON, and how many are left.
fn priced(rows: &[(&str, u64)]) -> Listed {
    let row = |(price, left): &(&str, u64)| {
        let row = format!(
            r#"{{"configuration":{{"slug":"cpu-2-ram-4gb-storage-25gb","price":{price}}},
                "datacenter":{{"countryCode":"DE"}},"servers":[{{"availableBasicInstances":{left}}}]}}"#
        );
        serde_json::from_str(&row).unwrap()
    };
    let mut listed = offers(&provider(), rows.iter().map(row).collect(), &OfferQuery::default());
    assert_eq!(listed.len(), 1);
    listed.remove(0)
}

#[test]
fn the_price_is_what_the_dearest_row_costs_that_a_create_may_get() {
    type Row<'a> = (&'a [(&'a str, u64)], &'a str, &'a str);
    let rows: [Row<'_>; 5] = [
        (&[(r#""0.30698""#, 1)], "0.30698", "0"),
        (&[(r#"".30697""#, 1), (r#""0.35793""#, 1), (r#""0.32""#, 9)], "0.35793", "0.05096"),
        // What is sold out cannot be got, unless nothing can.
        (&[(r#""0.30697""#, 1), (r#""0.9""#, 0), (r#""NaN""#, 0)], "0.30697", "0"),
        (&[(r#""0.30697""#, 0), (r#""0.9""#, 0)], "0.9", "0.59303"),
        (&[("0.30698", 1), ("0.306980", 1)], "0.30698", "0"),
    ];
    for (rows, wanted, spread) in rows {
        let listed = priced(rows);
        let price = &listed.offer.price;
        assert_eq!(price.charges()[0].amount.normalize().to_string(), wanted, "{rows:?}");
        assert_eq!((price.currency(), price.is_known()), (Some(Currency::Usdc), true));
        assert_eq!(listed.spread.normalize().to_string(), spread, "{rows:?}");
    }
    let several = priced(&[(r#""0.30698""#, 1), (r#""0.35793""#, 1)]);
    assert_eq!(several.offer.extras["price"], "0.30698, 0.35793");
}

/// The price examples of the documents, each to its amount, and every way in which there is none.
#[test]
fn a_price_is_read_to_the_last_digit_or_marked() {
    let amounts = [
        (r#""0.30698""#, "0.30698"),
        (r#"".30697""#, "0.30697"),
        (r#""1.5""#, "1.5"),
        ("1.5", "1.5"),
        (r#""359440""#, "359440"),
        ("298160", "298160"),
        (r#""17846000""#, "17846000"),
        (r#""25.0000000000""#, "25"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
    ];
    for (json, wanted) in amounts {
        let price = priced(&[(json, 1)]).offer.price;
        assert_eq!(price.charges()[0].amount.normalize().to_string(), wanted, "{json}");
    }
    let marks = [
        ("null", "the provider tells no price"),
        (r#""NaN""#, "`configuration.price`: `NaN` is no amount"),
        (r#""""#, "`configuration.price`: `` is no amount"),
        ("true", "`configuration.price`: `true` is no amount"),
        (r#"{"amount":1}"#, "is no amount"),
        ("0", "it is said to cost nothing"),
        (r#""0.00""#, "it is said to cost nothing"),
        (r#""-0.30698""#, "the machine is said to cost -0.30698 USDC"),
        ("0.12345678901234567890123456789", "has more digits than the 28 that are kept exactly"),
        (r#""0.12345678901234567890123456789""#, "has more digits than the 28 that are kept exactly"),
    ];
    for (json, wanted) in marks {
        // Beside a row with a price: the create may get the other.
        for rows in [vec![(json, 1)], vec![(r#""0.30698""#, 1), (json, 1)], vec![(json, 1), ("9", 1)]] {
            let listed = priced(&rows);
            let price = &listed.offer.price;
            assert!(price.unknown_parts()[0].contains(wanted), "{rows:?}: {price:?}");
            let total = price.total(jiff::Timestamp::UNIX_EPOCH, std::time::Duration::from_secs(60));
            assert_eq!((total, price.charges().len()), (Total::Unknown, 0), "{rows:?}");
        }
    }
    let unpriced = json!({"configuration":{"slug":"cpu-2-ram-4gb-storage-25gb"}});
    let price = &offered(vec![serde_json::from_value(unpriced).unwrap()])[0].price;
    assert_eq!(price.unknown_parts(), ["the provider tells no price"]);
}
