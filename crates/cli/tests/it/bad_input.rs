//! Bad input: each with its sentence and exit code, and never with a secret.

use crate::cloud::{Cloud, Mood};
use crate::world::World;

/// Stands wherever a secret is given where none should be.
const CANARY: &str = "canary-5f2e";
const PRIVATE_KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-5f2e\n";

/// What is given.
enum Given {
    /// These arguments, with an account `one` and a good key.
    Arguments(&'static [&'static str]),
    /// This configuration, and `list`.
    Config(&'static str),
    /// These variables, and `list`.
    Variables(&'static [(&'static str, &'static str)]),
}
use Given::{Arguments, Config, Variables};

const CASES: &[Given] = &[
    Arguments(&["lst"]),
    Arguments(&["create", "--vcpus", "2", "--ssh-key", "key.pub"]),
    Arguments(&["create", "--offer", "small", "--vcpus", "2", "--ssh-key", "key.pub"]),
    Arguments(&["create", "--vcpus", "two", "--memory", "4GiB"]),
    Arguments(&["create", "--vcpus", "0", "--memory", "4GiB", "--ssh-key", "key.pub"]),
    Arguments(&["create", "--vcpus", "2", "--memory", "4GB"]),
    Arguments(&["create", "--offer", "small", "--country", "XX"]),
    Arguments(&["create", "--offer", "small", "--port", "0/tcp"]),
    Arguments(&["create", "--offer", "small", "--max-price", "1.5 dollars"]),
    Arguments(&["create", "--offer", "small", "--label", "role"]),
    Arguments(&["create", "--offer", "small", "--image", "Ubuntu 22"]),
    Arguments(&["create", "--offer", "small", "--timeout", "soon"]),
    Arguments(&["create", "--offer", "small", "--name", "Wéb", "--ssh-key", "key.pub"]),
    Arguments(&["create", "--offer", "small"]),
    Arguments(&["create", "--offer", "small", "--ssh-key", "nowhere.pub"]),
    Arguments(&["create", "--offer", "small", "--ssh-key", "private.key"]),
    Arguments(&["create", "--offer", "small", "--ssh-key", "key.pub", "--option", "aws.region=x"]),
    Arguments(&[
        "create",
        "--offer",
        "small",
        "--ssh-key",
        "key.pub",
        "--option",
        "zenlayer.password=canary-5f2e",
    ]),
    Arguments(&["list", "--api-key=canary-5f2e"]),
    Arguments(&["list", "--provider", "two"]),
    Arguments(&["list", "--marker", "web"]),
    Arguments(&["offers", "--for", "soon"]),
    Arguments(&["offers", "--for", "4000d"]),
    Arguments(&["offers", "--from", "tomorrow"]),
    Arguments(&["offers", "--from", "2026-12-01T17:50:00"]),
    Arguments(&["offers", "--currency", "XYZ"]),
    Arguments(&["offers", "--max-total", "5"]),
    Arguments(&["offers", "--sort", "colour"]),
    Arguments(&["offers", "--limit", "0"]),
    Arguments(&["offers", "--deadline", "0s"]),
    Arguments(&["offers", "--chart", "key.pub"]),
    Arguments(&["offers", "--chart", "nowhere/costs.svg"]),
    Arguments(&["offers", "--vcpus", "2", "history"]),
    Arguments(&["offers", "--explain", "history", "--vcpus", "2"]),
    Arguments(&["offers", "history", "--for", "3h"]),
    Arguments(&["list", "--output", "csv"]),
    Arguments(&["deploy"]),
    Arguments(&["deploy", "nowhere.toml"]),
    Arguments(&["deploy", "key.pub"]),
    Arguments(&["deploy", "typo.toml"]),
    Arguments(&["deploy", "nobody.toml"]),
    Arguments(&["destroy", "wbe"]),
    Arguments(&["events", "wbe"]),
    Arguments(&["receipt", "wbe"]),
    Arguments(&["resolve", "web"]),
    Arguments(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa"]),
    Arguments(&["resolve", "adopt", "one/instance:m1"]),
    Arguments(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "confirm-absent"]),
    Arguments(&["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "adopt", "one/instance:m1", "--into", "My Web"]),
    Arguments(&["status", "m1"]),
    Arguments(&["delete", "two/instance:m1"]),
    Arguments(&["list", "--config", "elsewhere.toml"]),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key = \"canary-5f2e"),
    Config("[acounts.a]\nprovider = \"fluence\""),
    Config("[accounts.My_Account]\nprovider = \"fluence\""),
    Config("accounts = 5"),
    Config("owner = \"\""),
    Config("state = 5"),
    Config("owner = \"me\""),
    Config("exchange = 5"),
    Config("[[exchange]]\nfrom = \"EUR\"\nto = \"USD\"\nrate = 1.08\ndate = 2026-11-20\nsource = \"ECB\""),
    Config("[[exchange]]\nfrm = \"EUR\""),
    Config("[accounts.a]\nprovider = \"fluence\"\noffers_fresh_for = 5"),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\noffer_fresh_for = \"5m\""),
    Config("[accounts.a]\napi_key_env = \"KEY\""),
    Config("[accounts.a]\nprovider = \"fluense\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key = \"canary-5f2e\""),
    Config("[accounts.a]\nprovider = \"zenlayer\"\npassword = \"canary-5f2e\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"UNSET\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_file = \"open.key\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_file = \"no.key\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"A\"\napi_key_file = \"b\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\ncontarct = \"2025-05\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_evn = \"KEY\"\napi_key_env = \"KEY\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nhttp.red_timeout = \"5s\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nhttp.read_timeout = \"soon\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nhttp.read_timeout = \"-5s\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\ncontract = \"2024-01\""),
    Config("[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nurl = \"http://example.com\""),
    Config(
        "[accounts.a]\nprovider = \"fluence\"\napi_key_env = \"KEY\"\nurl = \"https://me:canary-5f2e@example.com\"",
    ),
    Config("[accounts.a]\nprovider = \"wayscloud\"\ntoken_env = \"KEY\"\nproject = \"standard\""),
    Variables(&[]),
    Variables(&[("WALDUR_ACCESS_TOKEN", CANARY)]),
    Variables(&[("VMBROKER_CONFIG", "elsewhere.toml")]),
    Variables(&[("FLUENCE_API_KEY", CANARY), ("VMBROKER_LOG", "vmbroker=loud")]),
];

/// A deployment's file with these lines more.
fn deployment(top: &str, more: &str) -> String {
    format!(
        "name = \"web\"\ncount = 1\nfor = \"2h\"\n{top}\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = \
         [\"key.pub\"]\n{more}"
    )
}

#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "the table is the test")]
async fn each_bad_input_has_its_sentence_and_its_exit_code() {
    let mut text = String::new();
    for case in CASES {
        let mut world = World::new();
        world.file("private.key", PRIVATE_KEY, 0o600);
        world.file("open.key", CANARY, 0o644);
        world.file("typo.toml", &deployment("budgte = \"5 USD\"", ""), 0o644);
        world.file("nobody.toml", &deployment("", "[where]\nproviders = [\"two\"]\n"), 0o644);
        let shown = match case {
            Arguments(args) => {
                world = world.with(Cloud::new("one", Mood::Well));
                format!("vmbroker {}", args.join(" "))
            }
            Config(config) => {
                world = world.env("KEY", CANARY);
                world.file("vmbroker.toml", config, 0o644);
                config.replace('\n', "; ")
            }
            Variables(variables) => {
                for (name, value) in *variables {
                    world = world.env(name, value);
                }
                format!("{variables:?}")
            }
        };
        let args = if let Arguments(args) = case { args } else { &["list"][..] };
        let outcome = world.run(args).await;
        assert_eq!(outcome.out, "", "{shown}");
        assert!(!outcome.err.contains(CANARY), "{shown}: {}", outcome.err);
        let said = first_words(&outcome.err);
        text.push_str(&format!("{}\n{} {said}\n", shown.replace(CANARY, "SECRET"), outcome.code));
    }
    insta::assert_snapshot!(text, @r#"
    vmbroker lst
    2 error: unrecognized subcommand 'lst'
    hint: a similar subcommand exists: 'list'
    hint: usage: vmbroker [OPTIONS] <COMMAND>

    vmbroker create --vcpus 2 --ssh-key key.pub
    2 error: the following required arguments were not provided: --memory <SIZE>
    hint: usage: vmbroker create --vcpus <COUNT> --ssh-key <FILE> --memory <SIZE>

    vmbroker create --offer small --vcpus 2 --ssh-key key.pub
    2 error: the argument '--offer <OFFER>' cannot be used with '--vcpus <COUNT>'
    hint: usage: vmbroker create --offer <OFFER> --ssh-key <FILE>

    vmbroker create --vcpus two --memory 4GiB
    2 error: invalid value 'two' for '--vcpus <COUNT>': invalid digit found in string

    vmbroker create --vcpus 0 --memory 4GiB --ssh-key key.pub
    2 error: invalid request: `size.vcpus` is `0`, but it must be from 1 to 1024

    vmbroker create --vcpus 2 --memory 4GB
    2 error: invalid value '4GB' for '--memory <SIZE>': a whole number and a unit are wanted, such as 512MiB or 4GiB

    vmbroker create --offer small --country XX
    2 error: invalid value 'XX' for '--country <CODE>': it must be a two-letter ISO 3166-1 code such as DE

    vmbroker create --offer small --port 0/tcp
    2 error: invalid value '0/tcp' for '--port <PORT>': a port is a number from 1 to 65535, then `/tcp` or `/udp` (tcp where absent)

    vmbroker create --offer small --max-price 1.5 dollars
    2 error: invalid value '1.5 dollars' for '--max-price <PRICE>': an amount, a currency and a period (hour, day, month) are wanted, such as '1.5 USD/day'

    vmbroker create --offer small --label role
    2 error: invalid value 'role' for '--label <KEY=VALUE>': a label is key=value

    vmbroker create --offer small --image Ubuntu 22
    2 error: invalid value 'Ubuntu 22' for '--image <IMAGE>': it must be a name such as ubuntu-22.04, or `id:` and the provider's own id

    vmbroker create --offer small --timeout soon
    2 error: invalid value 'soon' for '--timeout <TIME>': a time of more than zero is wanted, such as 90s, 15m or 1h30m

    vmbroker create --offer small --name Wéb --ssh-key key.pub
    2 error: invalid request: `name` is `Wéb`, but a name is 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end

    vmbroker create --offer small
    2 error: `--ssh-key` is missing: without a public key nobody can log in
    hint: `--ssh-key ~/.ssh/id_ed25519.pub`; `ssh-keygen -t ed25519` makes one

    vmbroker create --offer small --ssh-key nowhere.pub
    2 error: the public key `nowhere.pub` cannot be read
      caused by: No such file or directory (os error 2)

    vmbroker create --offer small --ssh-key private.key
    2 error: `--ssh-key private.key` is no public key: `ssh_keys` is `[a private key]`, but the public half is wanted: the file ending in .pub

    vmbroker create --offer small --ssh-key key.pub --option aws.region=x
    2 error: `--option aws.region` names no cloud: it begins with one of `fluence`, `wayscloud`, `zenlayer`

    vmbroker create --offer small --ssh-key key.pub --option zenlayer.password=SECRET
    2 error: `--option zenlayer.password` is refused: a secret is never an argument, because every program on this machine can read arguments, and a wish is kept and shown
    hint: secrets belong to the account: `…_env` or `…_file` in vmbroker.toml, which `vmbroker init` explains

    vmbroker list --api-key=SECRET
    2 error: `--api-key` is refused: a secret is never an argument, because every program on this machine can read arguments
    hint: set the vendor's environment variable, such as `FLUENCE_API_KEY`
    hint: or put the secret into a file of mode 600 and name it in vmbroker.toml: `api_key_file`

    vmbroker list --provider two
    2 error: invalid request: `account` is `two`, but the accounts are: `one`

    vmbroker list --marker web
    2 error: invalid value 'web' for '--marker <MARKER>': a marker is `vb`, 4 characters, a hyphen and 16 characters of a-z2-7

    vmbroker offers --for soon
    2 error: invalid value 'soon' for '--for <TIME>': whole numbers with a unit (s, m, h, d, w) are wanted, such as 40m, 3h, 30d or 1d12h

    vmbroker offers --for 4000d
    2 error: invalid value '4000d' for '--for <TIME>': it must be at most 3650d

    vmbroker offers --from tomorrow
    2 error: invalid value 'tomorrow' for '--from <TIME>': `now`, a date, or a time with its zone is wanted, such as 2026-12-01 or 2026-12-01T17:50:00Z

    vmbroker offers --from 2026-12-01T17:50:00
    2 error: invalid value '2026-12-01T17:50:00' for '--from <TIME>': `now`, a date, or a time with its zone is wanted, such as 2026-12-01 or 2026-12-01T17:50:00Z

    vmbroker offers --currency XYZ
    2 error: invalid value 'XYZ' for '--currency <CODE>': it must be an ISO 4217 code such as EUR, or USDC

    vmbroker offers --max-total 5
    2 error: invalid value '5' for '--max-total <MONEY>': an amount of more than zero and a currency are wanted, such as '0.5 EUR' or 1.2USD

    vmbroker offers --sort colour
    2 error: invalid value 'colour' for '--sort <KEY>' [possible values: total, size, provider, place]

    vmbroker offers --limit 0
    2 error: invalid value '0' for '--limit <COUNT>': 0 is not in 1..=1000000

    vmbroker offers --deadline 0s
    2 error: invalid value '0s' for '--deadline <TIME>': a time of more than zero is wanted, such as 90s, 15m or 1h30m

    vmbroker offers --chart key.pub
    2 error: `--chart key.pub` is there already and is no chart: it stays as it is
    hint: name another file

    vmbroker offers --chart nowhere/costs.svg
    2 error: `--chart nowhere/costs.svg` is in a folder that does not exist

    vmbroker offers --vcpus 2 history
    2 error: `--vcpus` stands before `history`, where it says nothing
    hint: the options of `vmbroker offers history` stand after it; `vmbroker offers history --help` has all

    vmbroker offers --explain history --vcpus 2
    2 error: `--explain` stands before `history`, where it says nothing
    hint: the options of `vmbroker offers history` stand after it; `vmbroker offers history --help` has all

    vmbroker offers history --for 3h
    2 error: unexpected argument '--for' found
    hint: usage: vmbroker offers history [OPTIONS]

    vmbroker list --output csv
    2 error: `--output csv` is for `vmbroker offers` alone
    hint: `--output json` is for programs at every command

    vmbroker deploy
    2 error: the following required arguments were not provided: <FILE>
    hint: usage: vmbroker deploy <FILE>

    vmbroker deploy nowhere.toml
    3 error: the deployment's file `[folder]/nowhere.toml` cannot be read
      caused by: No such file or directory (os error 2)
    hint: `vmbroker init --deployment FILE` writes one to fill in

    vmbroker deploy key.pub
    3 error: [folder]/key.pub: line 1, column 13: key with no value, expected `=`

    vmbroker deploy typo.toml
    3 error: [folder]/typo.toml: `budgte` is not a known key
    hint: did you mean `budget`?

    vmbroker deploy nobody.toml
    3 error: nobody.toml: `where.providers` names `two`, but the accounts are: `one`

    vmbroker destroy wbe
    2 error: `wbe` is no deployment in the journal
    hint: `vmbroker deployments` lists those that there are

    vmbroker events wbe
    2 error: `wbe` is no deployment in the journal
    hint: `vmbroker deployments` lists those that there are

    vmbroker receipt wbe
    2 error: `wbe` is no deployment in the journal
    hint: `vmbroker deployments` lists those that there are

    vmbroker resolve web
    2 error: invalid value 'web' for '[MARKER]': a marker is `vb`, 4 characters, a hyphen and 16 characters of a-z2-7

    vmbroker resolve vbaaaa-aaaaaaaaaaaaaaaa
    2 error: the decision is missing: what of this machine?
    hint: it is one of `adopt HANDLE`, `confirm-absent`, `keep-both`

    vmbroker resolve adopt one/instance:m1
    2 error: the machine's marker is missing: it stands before the decision
    hint: `vmbroker resolve` lists what waits for a decision

    vmbroker resolve vbaaaa-aaaaaaaaaaaaaaaa confirm-absent
    2 error: invalid request: the journal knows no machine with marker `vbaaaa-aaaaaaaaaaaaaaaa`
    hint: `vmbroker resolve` lists what waits for a decision, `vmbroker sweep` what the journal does not know

    vmbroker resolve vbaaaa-aaaaaaaaaaaaaaaa adopt one/instance:m1 --into My Web
    2 error: `--into My Web` is no name of a deployment: it is 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end

    vmbroker status m1
    2 error: invalid value 'm1' for '<HANDLE>...': a handle is `account/instance:id` or `account/order:id`

    vmbroker delete two/instance:m1
    2 error: `two/instance:m1` belongs to account `two`, but the accounts are: `one`

    vmbroker list --config elsewhere.toml
    3 error: the configuration file `[folder]/elsewhere.toml`, named by `--config`, does not exist
    hint: `vmbroker init` writes one

    [accounts.a]; provider = "fluence"; api_key = "SECRET
    3 error: [folder]/vmbroker.toml: line 3, column 23: invalid basic string, expected `"`

    [acounts.a]; provider = "fluence"
    3 error: [folder]/vmbroker.toml: `acounts` is not a known key
    hint: did you mean `accounts`?

    [accounts.My_Account]; provider = "fluence"
    3 error: [folder]/vmbroker.toml: `account` is `My_Account`, but an account's name is 1 to 32 characters of a-z, 0-9 and `-`, with no hyphen at either end

    accounts = 5
    3 error: [folder]/vmbroker.toml: `accounts` must be a table
    hint: an account begins with `[accounts.NAME]`

    owner = ""
    3 error: [folder]/vmbroker.toml: `owner` must be a text that is not empty

    state = 5
    3 error: [folder]/vmbroker.toml: `state` must be the path of a folder

    owner = "me"
    3 error: `[folder]/vmbroker.toml` describes no account
    hint: `vmbroker demo` shows everything on simulated clouds, without any account
    hint: `--sandbox` lets any command use simulated clouds
    hint: fill one in: take the `#` away before a table such as `[accounts.fluence]` and what belongs to it

    exchange = 5
    3 error: [folder]/vmbroker.toml: `exchange` must be a list of tables
    hint: a rate begins with `[[exchange]]`

    [[exchange]]; from = "EUR"; to = "USD"; rate = 1.08; date = 2026-11-20; source = "ECB"
    3 error: [folder]/vmbroker.toml: `exchange[1].rate` is `1.08`, but it must be an amount of more than zero in quotes, such as "1.08", so that no digit is lost

    [[exchange]]; frm = "EUR"
    3 error: [folder]/vmbroker.toml: `exchange[1].frm` is not a known key
    hint: did you mean `from`?

    [accounts.a]; provider = "fluence"; offers_fresh_for = 5
    3 error: [folder]/vmbroker.toml: `accounts.a.offers_fresh_for` is `5`, but it must be a time of more than zero, such as "10m"

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; offer_fresh_for = "5m"
    3 error: [folder]/vmbroker.toml: `accounts.a.offer_fresh_for` is not a known key
    hint: did you mean `offers_fresh_for`?

    [accounts.a]; api_key_env = "KEY"
    3 error: [folder]/vmbroker.toml: `accounts.a.provider` is missing: it says which cloud this account is at
    hint: it is one of "fluence", "wayscloud", "zenlayer"

    [accounts.a]; provider = "fluense"
    3 error: [folder]/vmbroker.toml: `accounts.a.provider` is `fluense`, but it must be one of "fluence", "wayscloud", "zenlayer"
    hint: did you mean "fluence"?

    [accounts.a]; provider = "fluence"; api_key = "SECRET"
    3 error: [folder]/vmbroker.toml: `accounts.a.api_key` holds a secret: secrets come from the environment or from a file of their own, never from the configuration
    hint: `api_key_file = "PATH"` names a file of mode 600, `api_key_env = "NAME"` a variable

    [accounts.a]; provider = "zenlayer"; password = "SECRET"
    3 error: [folder]/vmbroker.toml: `accounts.a.password` holds a secret: secrets come from the environment or from a file of their own, never from the configuration
    hint: `access_key_password_file = "PATH"` names a file of mode 600, `access_key_password_env = "NAME"` a variable

    [accounts.a]; provider = "fluence"; api_key_env = "UNSET"
    3 error: a open: invalid configuration: the environment variable `UNSET` is not set

    [accounts.a]; provider = "fluence"; api_key_file = "open.key"
    3 error: a open: invalid configuration: the secret file `[folder]/open.key` has mode 644, so that others may use it; run: chmod 600 [folder]/open.key

    [accounts.a]; provider = "fluence"; api_key_file = "no.key"
    3 error: a open: invalid configuration: the secret file `[folder]/no.key` cannot be read: No such file or directory (os error 2)

    [accounts.a]; provider = "fluence"; api_key_env = "A"; api_key_file = "b"
    3 error: [folder]/vmbroker.toml: `accounts.a.api_key_env` and `accounts.a.api_key_file` are both given: one is enough

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; contarct = "2025-05"
    3 error: [folder]/vmbroker.toml: `accounts.a.contarct` is not a known key
    hint: did you mean `contract`?

    [accounts.a]; provider = "fluence"; api_key_evn = "KEY"; api_key_env = "KEY"
    3 error: [folder]/vmbroker.toml: `accounts.a.api_key_evn` is not a known key
    hint: did you mean `api_key_env`?

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; http.red_timeout = "5s"
    3 error: [folder]/vmbroker.toml: `accounts.a.http.red_timeout` is not a known key
    hint: did you mean `read_timeout`?

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; http.read_timeout = "soon"
    3 error: a open: invalid configuration: http.read_timeout: failed to parse input in the "friendly" duration format: expected duration to start with a unit value (a decimal integer) after an optional sign, but no integer was found

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; http.read_timeout = "-5s"
    3 error: a open: invalid configuration: `http.read_timeout` is `-5s`, but it must be more than zero, such as `30s`

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; contract = "2024-01"
    3 error: a open: invalid configuration: contract: unknown variant `2024-01`, expected `2025-04` or `2025-05`

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; url = "http://example.com"
    3 error: a open: invalid configuration: `url` is `http://example.com`, but it must be https: plain http is for this machine only (127.0.0.1, localhost)

    [accounts.a]; provider = "fluence"; api_key_env = "KEY"; url = "https://me:SECRET@example.com"
    3 error: a open: invalid configuration: `url` must not hold a user name or password

    [accounts.a]; provider = "wayscloud"; token_env = "KEY"; project = "standard"
    3 error: a open: invalid configuration: `project` is `standard`, but it must be a UUID such as 68308972a32c419a956a63aae54d0c7a

    []
    3 error: no account is configured: there is no vmbroker.toml and no vendor's environment variable is set
    hint: `vmbroker demo` shows everything on simulated clouds, without any account
    hint: `--sandbox` lets any command use simulated clouds
    hint: `vmbroker init` writes a vmbroker.toml to fill in; `FLUENCE_API_KEY` alone is enough for Fluence

    [("WALDUR_ACCESS_TOKEN", "SECRET")]
    3 error: the environment variable `WALDUR_API_URL` is not set: `WALDUR_API_URL` and `WALDUR_ACCESS_TOKEN` belong together

    [("VMBROKER_CONFIG", "elsewhere.toml")]
    3 error: the configuration file `[folder]/elsewhere.toml`, named by `VMBROKER_CONFIG`, does not exist
    hint: `vmbroker init` writes one

    [("FLUENCE_API_KEY", "SECRET"), ("VMBROKER_LOG", "vmbroker=loud")]
    3 error: `VMBROKER_LOG` is `vmbroker=loud`, which says no level of logging
      caused by: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    hint: `VMBROKER_LOG=vmbroker=debug` shows each call, `trace` shows all
    "#);
}

/// The error and its hints, without the usage that follows some.
fn first_words(err: &str) -> String {
    let lines = err.lines().take_while(|line| !line.starts_with("Usage:"));
    lines.filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[tokio::test(start_paused = true)]
async fn errors_for_programs_are_json_too() {
    for args in
        [&["list", "--output", "json"][..], &["lst", "--output=json"], &["--output", "json", "status", "x"]]
    {
        let outcome = World::new().run(args).await;
        let document: serde_json::Value = serde_json::from_str(&outcome.err).unwrap();
        assert_eq!(document["error"]["exit_code"], outcome.code, "{args:?}");
        assert!(document["error"]["message"].is_string() && outcome.out.is_empty());
    }
}
