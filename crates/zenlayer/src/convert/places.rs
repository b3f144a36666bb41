//! Where zones stand.

use vmbroker_core::Location;

/// Cities by the three letters before a zone's hyphen, with their countries.
///
/// The provider tells a zone's id and the name of its city, never its country. The letters are those of the
/// documents' zones and, for the other cities that the documents name, the codes that air traffic has for them.
#[rustfmt::skip]
const CITIES: &[(&str, &str, &str)] = &[
    ("BOM", "IN", "Mumbai"), ("CCU", "IN", "Kolkata"), ("CHI", "US", "Chicago"), ("DEL", "IN", "New Delhi"),
    ("FRA", "DE", "Frankfurt"), ("HAN", "VN", "Hanoi"), ("HKG", "HK", "Hong Kong"), ("IAD", "US", "Washington DC"),
    ("IST", "TR", "Istanbul"), ("JED", "SA", "Jeddah"), ("LAX", "US", "Los Angeles"), ("LON", "GB", "London"),
    ("MEL", "AU", "Melbourne"), ("MEX", "MX", "Mexico City"), ("MOW", "RU", "Moscow"), ("NRT", "JP", "Tokyo"),
    ("PAR", "FR", "Paris"), ("RUH", "SA", "Riyadh"), ("SAO", "BR", "Sao Paulo"), ("SEL", "KR", "Seoul"),
    ("SIN", "SG", "Singapore"), ("TPE", "TW", "Taipei"), ("TYO", "JP", "Tokyo"), ("WAS", "US", "Washington DC"),
    ("WDC", "US", "Washington DC"), ("ZRH", "CH", "Zurich"),
];

/// Where a zone stands: by its first three letters, else in the city that the provider names it after, in a country
/// that is not known.
pub(crate) fn location(zone: String, name: Option<&str>) -> Location {
    let letters = zone.split('-').next().unwrap_or_default();
    let row = CITIES.iter().find(|(code, ..)| code.eq_ignore_ascii_case(letters));
    let (country, city) = match row {
        Some((_, country, city)) => (country.parse().ok(), Some(*city)),
        None => (None, name),
    };
    let city = city.filter(|city| !city.is_empty()).map(str::to_owned);
    Location { country, city, zone: Some(zone).filter(|zone| !zone.is_empty()), data_centre: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_city_in_a_country() {
        for (letters, country, city) in CITIES {
            let at = location(format!("{letters}-A"), Some("elsewhere"));
            assert_eq!(at.country.map(|it| it.code().to_owned()).as_deref(), Some(*country));
            assert_eq!(at.city.as_deref(), Some(*city));
            assert_eq!(at.zone, Some(format!("{letters}-A")));
        }
        assert!(CITIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn an_unknown_zone_stands_in_the_city_of_its_name_and_in_no_country() {
        let at = location("XYZ-B".to_owned(), Some("Atlantis"));
        assert_eq!((at.country, at.city.as_deref()), (None, Some("Atlantis")));
        assert_eq!(location(String::new(), None), Location::default());
        assert!(location("fra-a".to_owned(), None).country.is_some());
    }
}
