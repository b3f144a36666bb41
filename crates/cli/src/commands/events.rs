//! `vmbroker events`.

use serde_json::{Value, json};

use super::unknown_deployment;
use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::story::Story;

/// Tell the story of a deployment from its journal, oldest first.
///
/// It is read beside whatever runs. A machine from `create` is a deployment of one whose name is its marker.
///
/// JSON: `{"deployment", "events": [{"at", "what", …, "text", "machine", "provider"}]}`: each event as it stands in the
/// journal, with its sentence.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker events web")]
pub(crate) struct Args {
    /// The deployment, as `vmbroker deployments` lists it.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let reader = context.reader().await?;
    let events = match &reader {
        Some(broker) => broker.events(&args.name).await?,
        None => Vec::new(),
    };
    if events.is_empty() {
        return Err(unknown_deployment(reader.as_ref(), &args.name).await);
    }
    let mut story = Story::default();
    let terminal = &context.terminal;
    if terminal.is_json() {
        let document = |event| {
            let told = story.tell(event);
            let mut value = json!(event);
            value["text"] = json!(told.sentence);
            value["machine"] = json!(told.machine);
            value["provider"] = json!(told.account);
            value
        };
        let events: Vec<Value> = events.iter().map(document).collect();
        terminal.print_json(&json!({ "deployment": args.name, "events": events }))?;
    } else {
        let text: String = events.iter().map(|event| story.tell(event).line(true)).collect();
        terminal.print(&text)?;
    }
    Ok(OK)
}
