//! Canned answers: 10,000 machines as each provider lists them, served by another process.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// How many machines the account has.
pub(crate) const MACHINES: usize = 10_000;
/// The largest page of Zenlayer's DescribeInstances.
pub(crate) const ZENLAYER_PAGE: usize = 1_000;
/// The largest page of a Waldur.
pub(crate) const WALDUR_PAGE: usize = 300;

/// The answers' bodies, shared and not copied: the time of serving them counts as the adapter's where the clock on the
/// wall is looked at.
struct Canned {
    delay: Duration,
    fluence_2025_04: Bytes,
    fluence_2025_05: Bytes,
    zenlayer: Vec<Bytes>,
    waldur: Vec<Bytes>,
}

/// Serves until the parent process closes our standard input; prints the port first.
pub(crate) async fn serve(delay: Duration) {
    let pages = |page: usize, of: fn(usize) -> Value, wrap: fn(Vec<Value>) -> Value| -> Vec<Bytes> {
        let numbers: Vec<usize> = (0..MACHINES).collect();
        numbers
            .chunks(page)
            .map(|chunk| wrap(chunk.iter().map(|n| of(*n)).collect()).to_string().into())
            .collect()
    };
    let whole = |of| pages(MACHINES, of, Value::Array).remove(0);
    let canned = Arc::new(Canned {
        delay,
        fluence_2025_04: whole(fluence_2025_04),
        fluence_2025_05: whole(fluence_2025_05),
        zenlayer: pages(ZENLAYER_PAGE, zenlayer, |rows| {
            let id = "T05992D0C-0000-4000-8000-000000000000";
            json!({ "requestId": id, "response": { "requestId": id, "totalCount": MACHINES, "dataSet": rows } })
        }),
        waldur: pages(WALDUR_PAGE, waldur, Value::Array),
    });
    let router = axum::Router::new().fallback(answer).with_state(canned);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    axum::serve(listener, router).await.unwrap();
}

async fn answer(State(canned): State<Arc<Canned>>, uri: Uri, body: String) -> impl IntoResponse {
    tokio::time::sleep(canned.delay).await;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = match uri.path() {
        "/vms/v2" => canned.fluence_2025_04.clone(),
        "/vms/v3" => canned.fluence_2025_05.clone(),
        "/api/v2/vm" if body.contains("pageSize") => {
            let asked: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(asked["pageSize"], ZENLAYER_PAGE, "the largest page is asked for");
            let page = usize::try_from(asked["pageNum"].as_u64().unwrap_or(1)).unwrap();
            canned.zenlayer[page - 1].clone()
        }
        path if path.starts_with("/api/marketplace-public-offerings/") => Bytes::from_static(b"{}"),
        "/api/openstack-flavors/" => Bytes::from_static(b"[]"),
        "/api/marketplace-resources/" => {
            let query = uri.query().unwrap_or_default();
            assert!(query.contains(&format!("page_size={WALDUR_PAGE}")), "the largest page is asked for");
            let page = query
                .split('&')
                .find_map(|pair| pair.strip_prefix("page="))
                .map_or(1, |page| page.parse().unwrap());
            headers.insert("x-result-count", HeaderValue::from(MACHINES));
            if page < canned.waldur.len() {
                let next =
                    format!("<http://127.0.0.1{}?{query}&page={}>; rel=\"next\"", uri.path(), page + 1);
                headers.insert(header::LINK, next.parse().unwrap());
            }
            canned.waldur[page - 1].clone()
        }
        other => panic!("nothing is canned for {other}"),
    };
    (headers, body)
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
