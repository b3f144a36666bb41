"""Lets the vendor's own Waldur client, as it was installed, speak to a cloud on this machine.

usage: waldur.py HOST:PORT

Each line of standard input is one call, each line of standard output what the client made of it, both JSON:

    {"call": "create_instance_via_marketplace", "token": "…", "with": {"name": "web", …}}

    {"answer": …, "values": 40}
    {"refused": {"kind": "ObjectDoesNotExist", "text": "…"}}
    {"broken": "…"}
"""

import json
import sys

from waldur_client import WaldurClient, WaldurClientException


def main(address):
    if not address.startswith("127.0.0.1:"):
        sys.exit("this speaks to this machine only")
    for line in sys.stdin:
        try:
            answer = call(address, json.loads(line))
        except WaldurClientException as error:
            answer = {"refused": {"kind": type(error).__name__, "text": str(error)}}
        except Exception as error:  # Whatever the client stumbles over is for the judge.
            answer = {"broken": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def call(address, wish):
    client = WaldurClient(f"http://{address}/api/", wish["token"])
    answer = getattr(client, wish["call"])(**wish["with"])
    return {"answer": answer, "values": count(answer)}


def count(value):
    """How many single values an answer has."""
    if isinstance(value, dict):
        return sum(count(item) for item in value.values())
    if isinstance(value, list):
        return sum(count(item) for item in value)
    return 1


if __name__ == "__main__":
    main(*sys.argv[1:])
