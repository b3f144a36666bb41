//! Whether each bill lies inside its receipt: the receipt is the broker's, the bill the cloud's.

use rust_decimal::Decimal;
use serde::Serialize;
use vmbroker::deploy::{Receipt, ReceiptLine};
use vmbroker::{Marker, Money, ProviderId};

use crate::sandbox::CloudBill;
use crate::table::{Table, column};

/// One machine's receipt beside its bill.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Checked {
    /// The number of the machine; absent: no receipt knows it.
    pub number: Option<u32>,
    pub provider: ProviderId,
    pub marker: Option<Marker>,
    /// What it was to cost, in the buyer's currency.
    pub quoted: Option<Money>,
    /// What it cost at least and at most, by the receipt.
    pub least: Option<Money>,
    pub most: Option<Money>,
    /// What the cloud's ledger says; absent: it knows no such machine.
    pub billed: Option<Money>,
    pub verdict: Verdict,
}

/// What became of a comparison of receipt and bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The bill lies inside the receipt.
    Inside,
    /// It does not.
    Outside,
    /// The cloud billed a machine that is on no receipt.
    NotOnReceipt,
    /// The receipt names a machine that the cloud never billed.
    NotBilled,
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "OUTSIDE",
            Self::NotOnReceipt => "ON NO RECEIPT",
            Self::NotBilled => "NEVER BILLED",
        }
    }
}

/// Lays each bill beside its line of the receipt.
pub(crate) fn check(receipt: &Receipt, bills: &[CloudBill]) -> Vec<Checked> {
    let mut open: Vec<&ReceiptLine> = receipt.lines.iter().collect();
    let mut checked = Vec::new();
    for bill in bills {
        let is_its =
            |line: &&ReceiptLine| line.account == bill.account && bill.name.contains(line.leg.as_str());
        let has_its_id = |line: &ReceiptLine| {
            let instance = line.handle.as_ref().and_then(|handle| handle.instance.as_deref());
            instance.is_some_and(|id| id.eq_ignore_ascii_case(&bill.id))
        };
        // More than one machine with one marker is told apart by its id.
        let place = open.iter().position(|line| is_its(line) && has_its_id(line));
        match place.or_else(|| open.iter().position(is_its)) {
            Some(place) => checked.push(beside(open.remove(place), Some(bill.charged))),
            None => checked.push(Checked {
                number: None,
                provider: bill.account.clone(),
                marker: None,
                quoted: None,
                least: None,
                most: None,
                billed: Some(bill.charged),
                verdict: Verdict::NotOnReceipt,
            }),
        }
    }
    checked.extend(open.into_iter().map(|line| beside(line, None)));
    checked.sort_by_key(|it| it.number.unwrap_or(u32::MAX));
    checked
}

fn beside(line: &ReceiptLine, billed: Option<Money>) -> Checked {
    let verdict = match (line.least, line.most, billed) {
        (_, _, None) => Verdict::NotBilled,
        (Some(least), Some(most), Some(billed)) if holds(least, most, billed) => Verdict::Inside,
        (_, _, Some(_)) => Verdict::Outside,
    };
    Checked {
        number: Some(line.number),
        provider: line.account.clone(),
        marker: Some(line.leg),
        quoted: Some(line.quoted),
        least: line.least,
        most: line.most,
        billed,
        verdict,
    }
}

fn holds(least: Money, most: Money, billed: Money) -> bool {
    let currency = billed.currency;
    least.currency == currency
        && most.currency == currency
        && (least.amount..=most.amount).contains(&billed.amount)
        && billed.amount > Decimal::ZERO
}

/// Receipts and bills as a table.
pub(crate) fn table(checked: &[Checked]) -> Table {
    let mut table = Table::new(&[
        column("#").right(),
        column("CLOUD"),
        column("QUOTED").right(),
        column("AT LEAST").right(),
        column("AT MOST").right(),
        column("BILLED").right(),
        column("BILL"),
    ]);
    let cell = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
    for it in checked {
        table.row([
            it.number.map_or("-".to_owned(), |number| number.to_string()),
            it.provider.to_string(),
            cell(it.quoted),
            cell(it.least),
            cell(it.most),
            cell(it.billed),
            it.verdict.words().to_owned(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use vmbroker::{Currency, Handle, Owner};

    use super::*;

    const AT: &str = "2026-01-01T00:00:00Z";

    fn dollars(hundredths: i64) -> Money {
        Money::new(Decimal::new(hundredths, 2), Currency::USD)
    }

    fn marker(number: u8) -> Marker {
        Marker::new(Owner::of_installation("test"), [number; 10])
    }

    fn line(number: u8) -> ReceiptLine {
        let handle: Handle = format!("here/instance:i-{number}").parse().unwrap();
        ReceiptLine {
            number: number.into(),
            leg: marker(number),
            account: "here".parse().unwrap(),
            offer: vmbroker::OfferId("small".to_owned()),
            handle: Some(handle),
            quoted: dollars(10),
            least: Some(dollars(10)),
            most: Some(dollars(12)),
            from: Some(AT.parse().unwrap()),
            until: Some(AT.parse().unwrap()),
        }
    }

    fn bill(number: u8, charged: Money) -> CloudBill {
        let name = format!("web-{}", marker(number));
        CloudBill { account: "here".parse().unwrap(), id: format!("I-{number}"), name, charged }
    }

    #[test]
    fn only_a_bill_inside_its_own_receipt_passes() {
        let receipt =
            Receipt { name: "demo".to_owned(), at: AT.parse().unwrap(), lines: vec![line(1), line(2)] };
        let verdicts = |bills: &[CloudBill]| -> Vec<Verdict> {
            check(&receipt, bills).into_iter().map(|it| it.verdict).collect()
        };
        let good = bill(2, dollars(12));
        let euros = Money::new(Decimal::new(10, 2), "EUR".parse().unwrap());
        for (wrong, verdict) in [
            (bill(1, dollars(9)), Verdict::Outside),
            (bill(1, dollars(13)), Verdict::Outside),
            (bill(1, euros), Verdict::Outside),
            (bill(1, dollars(11)), Verdict::Inside),
        ] {
            assert_eq!(verdicts(&[wrong.clone(), good.clone()]), [verdict, Verdict::Inside], "{wrong:?}");
        }
        assert_eq!(verdicts(std::slice::from_ref(&good)), [Verdict::NotBilled, Verdict::Inside]);
        let twin = bill(2, dollars(12));
        let doubled = [bill(1, dollars(10)), good, twin];
        assert_eq!(verdicts(&doubled), [Verdict::Inside, Verdict::Inside, Verdict::NotOnReceipt]);
    }
}
