//! Canned answers: 10,000 machines as each provider lists them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// How many machines the account has.
pub(crate) const MACHINES: usize = 10_000;
/// The largest page of Zenlayer's DescribeInstances.
pub(crate) const ZENLAYER_PAGE: usize = 1_000;
/// The largest page of a Waldur.
pub(crate) const WALDUR_PAGE: usize = 300;

/// Whole answers, header and all, each built when it is first asked for: the first round of every figure does not
/// count.
pub(crate) struct Canned {
    zenlayer: Vec<String>,
    waldur: Vec<String>,
    built: Mutex<HashMap<String, Arc<[u8]>>>,
}

impl Canned {
    pub(crate) fn new() -> Self {
        let rows = |of: fn(usize) -> Value| (0..MACHINES).map(|n| of(n).to_string()).collect();
        Self { zenlayer: rows(zenlayer), waldur: rows(waldur), built: Mutex::default() }
    }

    /// The answer to a request for this target, with this body.
    pub(crate) fn answer(&self, target: &str, body: &[u8]) -> Arc<[u8]> {
        let key = format!("{target} {}", String::from_utf8_lossy(body));
        if let Some(answer) = self.built.lock().unwrap().get(&key) {
            return Arc::clone(answer);
        }
        let answer: Arc<[u8]> = self.build(target, body).into();
        self.built.lock().unwrap().insert(key, Arc::clone(&answer));
        answer
    }

    fn build(&self, target: &str, body: &[u8]) -> Vec<u8> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let whole = |of: fn(usize) -> Value| Value::Array((0..MACHINES).map(of).collect()).to_string();
        match path {
            "/vms/v2" => ok("", &whole(fluence_2025_04)),
            "/vms/v3" => ok("", &whole(fluence_2025_05)),
            "/api/v2/vm" => {
                let asked: Value = serde_json::from_slice(body).unwrap();
                assert_eq!(asked["pageSize"], ZENLAYER_PAGE, "the largest page is asked for");
                let page = usize::try_from(asked["pageNum"].as_u64().unwrap_or(1)).unwrap();
                let id = "T05992D0C-0000-4000-8000-000000000000";
                let rows = cut(&self.zenlayer, ZENLAYER_PAGE, page).join(",");
                ok(
                    "",
                    &format!(
                        r#"{{"requestId":"{id}","response":{{"requestId":"{id}","totalCount":{MACHINES},"dataSet":[{rows}]}}}}"#
                    ),
                )
            }
            "/api/marketplace-resources/" => {
                let number = |key: &str| {
                    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                    pairs.find(|pair| pair.0 == key).map(|pair| pair.1.parse::<usize>().unwrap())
                };
                let (size, page) = (number("page_size").unwrap(), number("page").unwrap_or(1));
                assert!((200..=WALDUR_PAGE).contains(&size), "large pages are asked for");
                let mut headers = format!("x-result-count: {MACHINES}\r\n");
                if size * page < MACHINES {
                    let next = page + 1;
                    headers +=
                        &format!("link: <http://127.0.0.1{path}?{query}&page={next}>; rel=\"next\"\r\n");
                }
                ok(&headers, &format!("[{}]", cut(&self.waldur, size, page).join(",")))
            }
            "/api/openstack-flavors/" => ok("", "[]"),
            path if path.starts_with("/api/marketplace-public-offerings/") => ok("", "{}"),
            other => panic!("nothing is canned for {other}"),
        }
    }
}

fn cut(rows: &[String], size: usize, page: usize) -> &[String] {
    &rows[size * (page - 1)..rows.len().min(size * page)]
}

fn ok(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn hex(n: usize, digits: usize) -> String {
    format!("{n:0digits$x}")
}

fn fluence_2025_04(n: usize) -> Value {
    json!({
        "id": format!("0x{}", hex(n, 40)), "vmName": format!("vbabcd-machine{n:09}"), "status": "ACTIVE",
        "pricePerEpoch": 298_160, "reservedBalance": "359440", "totalSpent": "17846000",
        "resources": [
            { "type": "VCPU", "quantity": 2, "metadata": { "manufacturer": "AMD", "brand": "EPYC", "architecture": "Zen", "generation": "4" }, "details": {} },
            { "type": "RAM", "quantity": 4_096, "metadata": { "type": "DDR", "generation": "5" }, "details": {} },
            { "type": "STORAGE", "quantity": 25_600, "metadata": { "type": "NVMe" }, "details": {} },
            { "type": "PUBLIC_IP", "quantity": 1, "metadata": { "version": "4" }, "details": {} }
        ],
        "createdAt": "+002025-04-01T16:50:57.000000000Z", "nextBillingAt": "+002025-04-16T17:59:55.000000000Z",
        "osImage": "https://images.example.com/jammy-server-cloudimg-amd64.img",
        "datacenter": { "id": format!("0x{}", hex(7, 64)), "countryCode": "FR", "cityCode": "PAR", "cityIndex": 1, "tier": 4, "certifications": ["ISO 27001", "SOC 2"] },
        "publicIp": format!("203.0.{}.{}", n / 250 % 250, n % 250),
        "ports": [{ "port": 22, "protocol": "tcp" }, { "port": 443, "protocol": "tcp" }]
    })
}

fn fluence_2025_05(n: usize) -> Value {
    let mut row = fluence_2025_04(n);
    row["status"] = json!("Active");
    row["pricePerEpoch"] = json!("0.29816");
    row["reservedBalance"] = json!(".35944");
    row["totalSpent"] = json!("17.846");
    row["resources"][1] = json!({ "type": "RAM", "supply": 4, "units": "GiB", "metadata": { "type": "DDR", "generation": "5" } });
    row["resources"][2] =
        json!({ "type": "STORAGE", "supply": 25, "units": "GiB", "metadata": { "type": "NVMe" } });
    row["createdAt"] = json!("2025-04-30T11:23:05Z");
    row["nextBillingAt"] = json!("2025-04-30T11:55:09Z");
    row
}

fn zenlayer(n: usize) -> Value {
    json!({
        "instanceId": format!("{}", 1_000_000_000_000_000_000_usize + n), "zoneId": "FRA-A",
        "instanceName": format!("web-vbabcd-machine{n:09}"), "instanceType": "c.4c8g", "cpuCount": 4, "memory": 8,
        "imageId": "img-Ab3dEfGh1jKlMn0pQrStUvWxYz", "imageName": "Ubuntu Server 22.04 LTS", "instanceChargeType": "POSTPAID",
        "internetMaxBandwidthOut": 100, "internetChargeType": "ByBandwidth", "period": null,
        "publicIpAddresses": [format!("203.0.{}.{}", n / 250 % 250, n % 250)], "publicIpv6Addresses": [],
        "privateIpAddresses": ["10.0.0.7"], "subnetId": "914782535395847474", "createTime": "2026-10-01T10:00:00Z",
        "expiredTime": null, "resourceGroupId": "rg-1", "resourceGroupName": "Default", "instanceStatus": "RUNNING",
        "trafficPackageSize": 0.0, "securityGroupIds": ["1234567890123456789"],
        "systemDisk": { "diskId": format!("{}", 2_000_000_000_000_000_000_usize + n), "diskSize": 40, "diskCategory": "SSD" },
        "dataDisks": [], "autoRenew": false, "keyId": "key-abcdefgh", "nic": { "wanName": "eth0", "lanName": "eth1" },
        "tags": { "tags": [{ "key": "vmbroker", "value": format!("vbabcd-machine{n:09}") }] }
    })
}

fn waldur(n: usize) -> Value {
    let offering = "http://127.0.0.1/api/marketplace-public-offerings/68308972a32c419a956a63aae54d0c7a/";
    json!({
        "url": format!("http://127.0.0.1/api/marketplace-resources/{}/", hex(n, 32)), "uuid": hex(n, 32),
        "name": format!("web-vbabcd-machine{n:09}"), "slug": format!("web-{n}"), "description": "", "state": "OK",
        "resource_uuid": hex(n + 1_000_000, 32), "resource_type": "OpenStack.Instance", "backend_id": "",
        "offering": offering, "offering_uuid": "68308972a32c419a956a63aae54d0c7a", "offering_name": "Virtual machine in tenant",
        "offering_type": "OpenStack.Instance", "offering_shared": false, "offering_billable": true,
        "project": "http://127.0.0.1/api/projects/11111111a32c419a956a63aae54d0c7a/", "project_uuid": "11111111a32c419a956a63aae54d0c7a",
        "project_name": "Project", "customer_uuid": "22222222a32c419a956a63aae54d0c7a", "customer_name": "Customer",
        "plan": null, "limits": {}, "current_usages": {}, "parent_name": "tenant", "effective_id": "", "error_message": "",
        "created": "2026-10-01T10:00:00.012159Z", "modified": "2026-10-01T10:01:00.012159Z", "end_date": null,
        "attributes": { "name": format!("web-vbabcd-machine{n:09}"), "system_volume_size": 10_240,
            "image": "http://127.0.0.1/api/openstack-images/33333333a32c419a956a63aae54d0c7a/",
            "flavor": "http://127.0.0.1/api/openstack-flavors/44444444a32c419a956a63aae54d0c7a/" },
        "backend_metadata": { "state": "OK", "runtime_state": "ACTIVE", "action": "", "internal_ips": ["192.168.42.72"],
            "external_ips": [format!("203.0.{}.{}", n / 250 % 250, n % 250)] }
    })
}
