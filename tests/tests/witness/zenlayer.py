"""Lets the vendor's own Zenlayer SDK, as it was installed, speak to a cloud on this machine.

usage: zenlayer.py HOST:PORT

Each line of standard input is one call, each line of standard output what the SDK made of it, both JSON:

    {"action": "DescribeZones", "request": {}, "key": ["id", "password"]}

    "product": "vm" (default) or "ccs"    "version": a folder of the SDK, such as "v20260401"
    "token": in place of "key"            "retries": how often the SDK may repeat what was throttled (default: 0)

    {"answer": {…}, "attributes": 31, "absent": ["dataSet[].period"], "unread": [], "unsent": []}
    {"refused": {"code": "…", "message": "…", "request_id": "T…"}}
    {"broken": "…"}

`absent` are attributes of the SDK's models that the answer left empty, `unread` what the answer says and no model has,
`unsent` what the request says and no model has. Nothing of the SDK is replaced: this file only listens to what its
transport got.
"""

import importlib
import json
import logging
import sys

from zenlayercloud.common.abstract_model import AbstractModel
from zenlayercloud.common.config import Config
from zenlayercloud.common.credential import Credential, TokenCredential
from zenlayercloud.common.excpetion.zenlayer_cloud_sdk_exception import ZenlayerCloudSdkException

NEWEST = {"vm": "v20260401", "ccs": "v20250901"}


def main(address):
    if not address.startswith("127.0.0.1:"):
        sys.exit("this speaks to this machine only")
    logging.disable()
    for line in sys.stdin:
        try:
            answer = call(address, json.loads(line))
        except Exception as error:  # Whatever the SDK stumbles over is for the judge.
            answer = {"broken": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def call(address, wish):
    product = wish.get("product", "vm")
    folder = f"zenlayercloud.{product}.{wish.get('version', NEWEST[product])}"
    models = importlib.import_module(f"{folder}.models")
    module = importlib.import_module(f"{folder}.{product}_client")
    credential = TokenCredential(wish["token"]) if "token" in wish else Credential(*wish["key"])
    config = Config(
        scheme="http",
        domain=address,
        request_timeout=20,
        rate_limit_max_retries=wish.get("retries", 0),
        rate_limit_retry_duration=lambda _: 0,
    )
    client = getattr(module, f"{product.capitalize()}Client")(credential, config)
    heard = listen(client)
    request = getattr(models, f"{wish['action']}Request")()
    request.from_json_string(json.dumps(wish["request"]))
    unsent = sorted(difference(wish["request"], request.serialize(), ""))
    try:
        model = getattr(client, wish["action"])(request)
    except ZenlayerCloudSdkException as error:
        return {"refused": {"code": error.code, "message": error.message, "request_id": error.request_id}}
    shown = model.serialize(allow_none=True)
    known = json.loads(heard[-1])["response"]
    attributes, absent = walk(model, "")
    return {
        "answer": shown,
        "attributes": attributes,
        "absent": sorted(absent),
        "unread": sorted(difference(known, shown, "")),
        "unsent": unsent,
    }


def listen(client):
    """Keeps the text of each answer that the client's transport gets."""
    heard, send = [], client.proxy.request

    def sending(request):
        answer = send(request)
        heard.append(answer.text)
        return answer

    client.proxy.request = sending
    return heard


def walk(value, path):
    """How many attributes the models have here and below, and those of them that are empty."""
    if isinstance(value, list):
        below = [walk(item, f"{path}[]") for item in value]
    elif isinstance(value, AbstractModel):
        # A model that read an answer has no attribute at all where a list or a model is missing; a new one has all.
        names = vars(type(value)())
        below = [walk(getattr(value, name, None), join(path, name)) for name in names]
        below.append((len(names), set()))
    else:
        return 0, {path} if value is None else set()
    return sum(count for count, _ in below), set().union(*(absent for _, absent in below))


def difference(said, read, path):
    """The paths at which something is said and not, or not so, read."""
    if isinstance(said, dict) and isinstance(read, dict):
        return set().union(*(difference(said[name], read.get(name), join(path, name)) for name in said))
    if isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        return set().union(*(difference(*pair, f"{path}[]") for pair in zip(said, read)))
    return set() if said == read else {path}


def join(path, name):
    return f"{path}.{name}" if path else name


if __name__ == "__main__":
    main(*sys.argv[1:])
