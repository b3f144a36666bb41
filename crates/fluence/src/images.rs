//! From a neutral name to the URL of a disk image.

use url::Url;

/// A public image that needs no configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInImage {
    /// The neutral name.
    pub name: &'static str,
    /// Where its distribution publishes the newest build for x86-64.
    pub url: &'static str,
    /// The name to log in with, as the distribution documents it.
    pub login_user: &'static str,
}

/// Public images that need no configuration: the distributions' own cloud images for x86-64, always the newest
/// build. An account that wants a fixed build names it in its configuration.
pub const BUILT_IN_IMAGES: &[BuiltInImage] = &[
    BuiltInImage {
        name: "ubuntu-20.04",
        url: "https://cloud-images.ubuntu.com/focal/current/focal-server-cloudimg-amd64.img",
        login_user: "ubuntu",
    },
    BuiltInImage {
        name: "ubuntu-22.04",
        url: "https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64.img",
        login_user: "ubuntu",
    },
    BuiltInImage {
        name: "ubuntu-24.04",
        url: "https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img",
        login_user: "ubuntu",
    },
    BuiltInImage {
        name: "debian-11",
        url: "https://cloud.debian.org/images/cloud/bullseye/latest/debian-11-genericcloud-amd64.qcow2",
        login_user: "debian",
    },
    BuiltInImage {
        name: "debian-12",
        url: "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2",
        login_user: "debian",
    },
];

/// The endings that the document on deploying names.
const SUFFIXES: [&str; 7] = [".qcow2", ".img", ".raw", ".raw.xz", ".raw.gz", ".img.xz", ".img.gz"];

/// Whether Fluence could take this as an image; else what it must be.
pub(crate) fn check_url(text: &str) -> Result<(), &'static str> {
    const ALLOWED: &str = "an http or https URL, without user name and password, whose path ends in .qcow2, \
                           .img, .raw, .raw.xz, .raw.gz, .img.xz or .img.gz";
    let url = Url::parse(text).map_err(|_| ALLOWED)?;
    let public = url.username().is_empty() && url.password().is_none() && url.has_host();
    let fits = SUFFIXES.iter().any(|suffix| url.path().ends_with(suffix));
    if public && fits && matches!(url.scheme(), "http" | "https") { Ok(()) } else { Err(ALLOWED) }
}

/// Whether Fluence's slug of an image (`ubuntu-22-04-x64`) is what this neutral name (`ubuntu-22.04`) means.
pub(crate) fn slug_is(slug: &str, name: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['.', '_'], "-");
    let (slug, name) = (plain(slug), plain(name));
    slug.strip_prefix(&name).is_some_and(|rest| matches!(rest, "" | "-x64" | "-amd64" | "-x86-64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_endings_and_no_other_are_images() {
        for suffix in SUFFIXES {
            check_url(&format!("https://x.example/disk{suffix}")).unwrap();
            check_url(&format!("http://x.example/disk{suffix}?sig=1")).unwrap();
        }
        for bad in [
            "https://x.example/disk.iso",
            "https://x.example/disk.qcow2.xz",
            "https://x.example/",
            "https://x.example/a?b=.img",
            "ftp://x.example/disk.img",
            "https://me:pw@x.example/disk.img",
            "/disk.img",
            "",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn built_in_images_pass_our_own_check() {
        for image in BUILT_IN_IMAGES {
            check_url(image.url).unwrap();
        }
    }

    #[test]
    fn a_slug_is_compared_without_punctuation() {
        assert!(slug_is("ubuntu-22-04-x64", "ubuntu-22.04"));
        assert!(slug_is("Debian-12", "debian-12"));
        assert!(!slug_is("ubuntu-22-04-arm64", "ubuntu-22.04"));
        assert!(!slug_is("debian-12", "debian-1"));
    }
}
