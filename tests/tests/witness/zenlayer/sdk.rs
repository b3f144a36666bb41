//! The SDK, call by call, and what every answer to it must be like.

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use crate::python::{Python, Speaker};
use crate::tally::Tally;

/// The vendor's SDK with an access key.
#[derive(Debug)]
pub(crate) struct Sdk {
    speaker: Speaker,
    tally: Tally,
    access: Value,
}

/// What the SDK made of a refusal.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) request_id: Option<String>,
}

impl Sdk {
    /// Starts it; it calls the cloud at this address, such as `127.0.0.1:8080`.
    pub(crate) fn start(python: &Python, tally: Tally, address: &str, access: Value) -> anyhow::Result<Self> {
        let speaker = Speaker::start(python, "zenlayer.py", address)?;
        Ok(Self { speaker, tally, access })
    }

    /// The answer to this action, every attribute of which was found where the documents say that it is.
    pub(crate) async fn ask(&mut self, action: &str, request: Value) -> anyhow::Result<Value> {
        self.ask_with(json!({}), action, request).await
    }

    /// The same said otherwise: `product`, `version`, `key`, `token`, `retries`.
    pub(crate) async fn ask_with(
        &mut self,
        how: Value,
        action: &str,
        request: Value,
    ) -> anyhow::Result<Value> {
        match self.say(how, action, request).await? {
            Ok(answer) => Ok(answer),
            Err(refused) => bail!("{action} is refused: {refused:?}"),
        }
    }

    /// The refusal of this action.
    pub(crate) async fn refused(
        &mut self,
        how: Value,
        action: &str,
        request: Value,
    ) -> anyhow::Result<Refused> {
        match self.say(how, action, request).await? {
            Ok(answer) => bail!("{action} is not refused: {answer}"),
            Err(refused) => Ok(refused),
        }
    }

    async fn say(
        &mut self,
        how: Value,
        action: &str,
        request: Value,
    ) -> anyhow::Result<Result<Value, Refused>> {
        let mut call =
            Map::from_iter([("action".to_owned(), action.into()), ("request".to_owned(), request)]);
        for more in [&self.access, &how] {
            call.extend(more.as_object().context("an object is wanted")?.clone());
        }
        let told = self.speaker.say(&Value::Object(call)).await?;
        if let Some(why) = told.get("broken") {
            bail!("the SDK cannot read the answer to {action}: {why}");
        }
        self.tally.call(told["attributes"].as_u64().unwrap_or_default());
        if let Some(refused) = told.get("refused") {
            let text = |name: &str| refused[name].as_str().map(str::to_owned);
            let code = text("code").with_context(|| format!("{action} is refused without a code"))?;
            return Ok(Err(Refused { code, request_id: text("request_id") }));
        }
        for strange in ["unread", "unsent"] {
            ensure!(told[strange] == json!([]), "{action}: {strange} by the SDK: {}", told[strange]);
        }
        let absent: Vec<String> = serde_json::from_value(told["absent"].clone())?;
        let missing: Vec<&String> = absent.iter().filter(|path| !may_be_absent(action, path)).collect();
        ensure!(missing.is_empty(), "{action}: absent from the answer: {missing:?}");
        check_request_id(&told["answer"]["requestId"])?;
        Ok(Ok(told["answer"].clone()))
    }
}

/// Every answer has one: `T` and a UUID in capitals (…/api-introduction/instruction/response).
pub(crate) fn check_request_id(id: &Value) -> anyhow::Result<()> {
    let text = id.as_str().unwrap_or_default();
    let is_one = text.len() == 37 && text.starts_with('T') && text.to_uppercase() == text;
    ensure!(is_one, "the request's id is {id}");
    Ok(())
}

/// What the documents allow an answer to leave out: `…/vm/datastructure`, in the SDK's names.
fn may_be_absent(action: &str, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    match action {
        // A text that nobody wrote; the documents' examples show null.
        "DescribeImages" => path == "dataSet[].imageDescription",
        "DescribeSubnets" => path == "dataSet[].subnetDescription",
        "DescribeSecurityGroups" => last == "description",
        "DescribeKeyPairs" => path == "dataSet[].keyDescription",
        // Both are of subscriptions. Amount and price of a disk are words of other questions that share its model.
        "DescribeInstances" => {
            ["dataSet[].period", "dataSet[].expiredTime"].contains(&path)
                || ["dataSet[].dataDisks[].diskAmount", "dataSet[].dataDisks[].diskPrice"].contains(&path)
        }
        // A price is by the hour, or of a term, or in steps: which of them is for the judge of prices. No disk is there
        // yet that could have an id.
        "InquiryPriceCreateInstance" => {
            path.starts_with("dataDiskPrice.")
                || ["diskId", "diskName", "portable"].contains(&last)
                || [
                    "originalPrice",
                    "discountPrice",
                    "unitPrice",
                    "discountUnitPrice",
                    "chargeUnit",
                    "stepPrices",
                    "amountUnit",
                    "category",
                    "excessUnitPrice",
                    "excessDiscountUnitPrice",
                    "excessAmountUnit",
                ]
                .contains(&last)
        }
        _ => false,
    }
}
