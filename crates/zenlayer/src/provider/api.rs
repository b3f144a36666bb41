//! The actions of the provider, one function for all: every action is a POST whose header names it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use vmbroker_core::{Error, ErrorKind, Result, Retry};
use vmbroker_http::{Call, Channel, Header, Method, Nature, Reply, Url, read_pages};

use crate::wire::{Envelope, Page};
use vmbroker_http::scalar::Row;

/// One of the provider's services: its path and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Virtual machines.
    Vm,
    /// Key pairs.
    Ccs,
}

impl Service {
    fn path(self) -> &'static str {
        match self {
            Self::Vm => "api/v2/vm",
            Self::Ccs => "api/v2/ccs",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Vm => "2026-04-01",
            Self::Ccs => "2025-09-01",
        }
    }
}

/// One action and what it is called for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    pub(super) service: Service,
    /// The provider's name of it.
    pub(super) name: &'static str,
    /// Our name of what it is called for.
    pub(super) operation: &'static str,
    pub(super) nature: Nature,
}

impl Action {
    /// A read of the `vm` service.
    pub(super) fn read(name: &'static str, operation: &'static str) -> Self {
        Self { service: Service::Vm, name, operation, nature: Nature::Read }
    }
}

/// What a list is narrowed to. The page size is always sent: by default it is 20, even where 100 ids are asked for.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instance_ids: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zone_id: Option<&'a str>,
    pub(super) page_size: usize,
    pub(super) page_num: usize,
}

/// One page's rows as they were read, and the total named with it.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    pub(super) total: Option<usize>,
}

/// More pages than this are not believed.
const MOST_PAGES: usize = 2_000;

/// The account's way to the provider's actions.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) channel: Channel,
    vm: Url,
    ccs: Url,
}

impl Api {
    pub(super) fn new(channel: Channel, root: &Url) -> Result<Self> {
        let join = |service: Service| {
            root.join(service.path()).map_err(|_| Error::new(ErrorKind::InvalidConfig, "`url` takes no path"))
        };
        Ok(Self { channel, vm: join(Service::Vm)?, ccs: join(Service::Ccs)? })
    }

    /// Sends one action. What it holds of a machine's user data is shown nowhere.
    pub(super) async fn send(
        &self,
        action: Action,
        body: impl Serialize,
        user_data: Option<&str>,
    ) -> Result<Reply> {
        let call = self.call(action, &body)?.hiding(user_data);
        drop(body);
        self.channel.send(call).await
    }

    /// Sends one action and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, action: Action, body: impl Serialize) -> Result<T> {
        let call = self.call(action, &body)?;
        drop(body);
        response(&self.channel.send(call).await?)
    }

    /// Reads every page of a list, those after the first side by side.
    ///
    /// `read` gets each row and its number, with which no other row comes. A row is made what it is wanted for as soon
    /// as its page is here: the wire structs of a whole account are never kept together.
    pub(super) async fn pages<T: DeserializeOwned, U>(
        &self,
        action: Action,
        filter: Filter<'_>,
        mut read: impl FnMut(usize, Row<T>) -> U,
    ) -> Result<Vec<Rows<U>>> {
        let (_, reply) = self.page(action, Filter { page_num: 1, ..filter.clone() }).await?;
        let first = rows(&reply, 0, &mut read)?;
        drop(reply);
        let (got, total) = (first.rows.len(), first.total.unwrap_or(first.rows.len()));
        // An empty page with more to come is for the reader to complain of.
        if got == 0 || got >= total {
            return Ok(vec![first]);
        }
        // The provider may hold pages smaller than asked for.
        let last = total.div_ceil(got);
        if last > MOST_PAGES {
            let message = format!("a list of {total} rows came in pages of {got}");
            return Err(self.incomplete(action.operation, ErrorKind::Protocol, &message));
        }
        let ask = |page_num| self.page(action, Filter { page_num, ..filter.clone() });
        let rest = read_pages(2..=last, ask, |(page_num, reply)| {
            rows(&reply, (page_num - 1).saturating_mul(filter.page_size), &mut read)
        });
        Ok(std::iter::once(first).chain(rest.await?).collect())
    }

    /// An error of a list whose pages do not add up.
    pub(super) fn incomplete(&self, operation: &'static str, kind: ErrorKind, complaint: &str) -> Error {
        Error::new(kind, complaint).with_retry(Retry::Backoff).at(self.channel.provider(), operation)
    }

    async fn page(&self, action: Action, filter: Filter<'_>) -> Result<(usize, Reply)> {
        let mut call = self.call(action, &filter)?;
        if action.service == Service::Vm {
            call = call.listing();
        }
        Ok((filter.page_num, self.channel.send(call).await?))
    }

    fn call(&self, action: Action, body: &impl Serialize) -> Result<Call> {
        let url = match action.service {
            Service::Vm => self.vm.clone(),
            Service::Ccs => self.ccs.clone(),
        };
        let mut call = Call::new(action.operation, action.nature, Method::POST, url).json(body)?;
        call.headers.push(Header::new("x-zc-action", action.name));
        call.headers.push(Header::new("x-zc-version", action.service.version()));
        Ok(call)
    }
}

/// The rows of one page, each read with its number; the first has the number `from`.
fn rows<T: DeserializeOwned, U>(
    reply: &Reply,
    from: usize,
    read: &mut impl FnMut(usize, Row<T>) -> U,
) -> Result<Rows<U>> {
    let page: Page<T> = response(reply)?;
    let total = match page.total_count.map(usize::try_from) {
        None => None,
        Some(Ok(total)) => Some(total),
        Some(Err(_)) => return Err(reply.protocol("the count is negative")),
    };
    match page.data_set {
        Some(rows) => {
            Ok(Rows { rows: (from..).zip(rows).map(|(number, row)| read(number, row)).collect(), total })
        }
        None if total == Some(0) => Ok(Rows { rows: Vec::new(), total }),
        None => Err(reply.protocol("the answer has no `dataSet`")),
    }
}

/// What stands inside a successful answer. An answer with an error's code, or with nothing inside, is no success,
/// whatever its status says.
pub(super) fn response<T: DeserializeOwned>(reply: &Reply) -> Result<T> {
    let envelope: Envelope<T> = reply.json()?;
    let said = |error: Error| match envelope.request_id.as_deref() {
        Some(id) => error.with_request_id(reply.shown(id)),
        None => error,
    };
    match (envelope.code, envelope.response) {
        (None, Some(response)) => Ok(response),
        (Some(code), _) => {
            let message = envelope.message.unwrap_or_default();
            let error = reply.protocol(&format!("a success that says `{code}`: {message}"));
            Err(said(error.with_code(reply.shown(&code))))
        }
        (None, None) => Err(said(reply.protocol("the answer has no `response`"))),
    }
}
