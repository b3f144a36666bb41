//! Creating: look-ups first, then one request, once.

use std::sync::{Arc, PoisonError};

use vmbroker_core::{CreateRequest, Error, ErrorKind, Handle, Result, Size};
use vmbroker_http::{Call, Method, Nature};

use super::Fluence;
use crate::Contract;
use crate::convert::{Basic, admitted};
use crate::error::operation;
use crate::images::{BUILT_IN_IMAGES, slug_is};
use crate::request::{ImagePick, Pick, Plan, completed, incompatible};
use crate::wire::{self, Constraints, Created, DefaultImage, Hardware};

impl Fluence {
    pub(super) async fn order(&self, request: &CreateRequest) -> Result<Handle> {
        let plan = Plan::of(request, &self.config, &self.semantics.name)?;
        let os_image = match &plan.image {
            ImagePick::Url(url) => url.clone(),
            ImagePick::Name(name) => self.image_url(name).await?,
        };
        let constraints = self.constraints(&plan).await?;
        let url = self.url(operation::CREATE, Contract::CREATE)?;
        let body = plan.body(constraints, os_image);
        let call = Call::new(operation::CREATE, Nature::Once, Method::POST, url).json(&body)?;
        let reply = self.channel.send(call).await?;
        let mut created: Vec<Created> = reply.json()?;
        let (Some(one), true) = (created.pop(), created.is_empty()) else {
            return Err(reply.protocol("one machine was ordered, but the answer does not name exactly one"));
        };
        if one.vm_id.trim().is_empty() {
            return Err(reply.protocol("the answer names a machine without an id"));
        }
        let handle = Handle::of_instance(&self.id, one.vm_id);
        if handle.to_string().parse::<Handle>().is_err() {
            return Err(reply.protocol("the answer names a machine by what is no id"));
        }
        Ok(handle.made(self.channel.clock().now(), request.marker))
    }

    /// What is wanted, with everything looked up that must be. Under 2025-04 the offers have then been looked at
    /// with exactly these constraints, since a create that nothing fits is answered with a 500 there.
    async fn constraints(&self, plan: &Plan<'_>) -> Result<Constraints> {
        let listed = if plan.needs_hardware() { Some(self.hardware().await?) } else { None };
        let hardware = match &listed {
            Some(listed) => completed(&plan.options.hardware, listed)?,
            None => Hardware::default(),
        };
        let build = |slug: Option<&str>| plan.constraints(slug, &hardware, listed.as_deref());
        let (constraints, looked_at) = match &plan.pick {
            Pick::Slug(slug) => (build(Some(slug))?, false),
            Pick::AtLeast(size) => {
                let any = build(None)?;
                let slug = self.smallest(*size, &any).await?;
                let chosen = build(Some(&slug))?;
                // But for the choice itself the very same was asked, unless the system disk had to grow.
                let same = any == Constraints { basic_configuration: None, ..chosen.clone() };
                (chosen, same)
            }
        };
        if self.config.contract == Contract::April2025 && !looked_at {
            let rows = self.look_at_offers(operation::CREATE, &constraints).await?;
            if admitted(&rows).next().is_none() {
                return Err(sold_out(&constraints));
            }
        }
        Ok(constraints)
    }

    /// The smallest basic configuration on offer that is at least this large.
    async fn smallest(&self, size: Size, any: &Constraints) -> Result<String> {
        let rows = self.look_at_offers(operation::CREATE, any).await?;
        if let Some(slug) = smallest_of(admitted(&rows), size) {
            return Ok(slug.to_owned());
        }
        // Nothing now: is it sold out, or does Fluence have none so large?
        let reply = self.read(operation::OFFERS, Contract::BASIC_CONFIGURATIONS).await?;
        let all: Vec<String> = reply.json()?;
        if all.is_empty() || smallest_of(all.iter().map(String::as_str), size).is_some() {
            return Err(sold_out(any));
        }
        let Size { vcpus, memory_mib } = size;
        Err(incompatible(format!(
            "Fluence has no basic configuration with {vcpus} virtual processors and {memory_mib} MiB of memory"
        )))
    }

    /// The URL of an image that has a neutral name: Fluence's own, else the distribution's.
    async fn image_url(&self, name: &str) -> Result<String> {
        let mut known: Vec<String> = self.config.images.keys().cloned().collect();
        if let Some(path) = self.config.contract.default_images() {
            let images = self.images.get(self.channel.clock(), self.ask_images(path)).await?;
            let own =
                images.iter().find(|image| image.slug.as_deref().is_some_and(|slug| slug_is(slug, name)));
            if let Some(url) = own.and_then(|image| image.download_url.as_ref()) {
                return Ok(url.clone());
            }
            known.extend(images.iter().filter_map(|image| image.slug.clone()));
        }
        if let Some(image) = BUILT_IN_IMAGES.iter().find(|image| image.name == name) {
            return Ok(image.url.to_owned());
        }
        known.extend(BUILT_IN_IMAGES.iter().map(|image| image.name.to_owned()));
        known.truncate(40);
        Err(incompatible(format!(
            "no image is known as `{name}`; known are {}; others by `id:` and their URL, or by a name in the \
             account's `images`",
            vmbroker_core::printable(&known.join(", "))
        )))
    }

    async fn ask_images(&self, path: &str) -> Result<Vec<DefaultImage>> {
        let reply = self.read(operation::IMAGES, path).await?;
        let rows = wire::rows(&reply, Some, |_, error| {
            tracing::debug!(%error, "an image cannot be read");
            None
        })?;
        let images: Vec<DefaultImage> = rows.into_iter().flatten().collect();
        let mut users = self.login_users.write().unwrap_or_else(PoisonError::into_inner);
        for image in &images {
            if let (Some(url), Some(user)) = (&image.download_url, &image.username) {
                users.entry(url.clone()).or_insert_with(|| user.clone());
            }
        }
        Ok(images)
    }

    pub(super) async fn hardware(&self) -> Result<Arc<Hardware>> {
        let ask = async { self.read(operation::HARDWARE, Contract::HARDWARE).await?.json() };
        self.hardware.get(self.channel.clock(), ask).await
    }
}

fn smallest_of<'a>(slugs: impl Iterator<Item = &'a str>, size: Size) -> Option<&'a str> {
    let large_enough = slugs.filter_map(|slug| Some((Basic::parse(slug).filter(|it| it.holds(size))?, slug)));
    large_enough.min().map(|(_, slug)| slug)
}

fn sold_out(constraints: &Constraints) -> Error {
    let wanted = serde_json::to_string(constraints).unwrap_or_default();
    let wanted = vmbroker_core::clip(&vmbroker_core::printable(&wanted), 300);
    Error::new(ErrorKind::OutOfCapacity, format!("Fluence has no offer now that meets {wanted}"))
}
