"""What nostr-sdk does with a hub: write, read, follow, search, compare. Prints one JSON object.

A process of its own that ends without cleaning up: the library may crash at interpreter exit.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta

import nostr_sdk as sdk

NOTES = 300
WAIT = timedelta(seconds=15)
ROUNDS_MAX = 10  # it moved 200 of 500 in one round against its own relay


def note(keys: sdk.Keys, kind: int, content: str, *tags: list[str]) -> sdk.Event:
    """Sign one event."""
    built = sdk.EventBuilder(sdk.Kind(kind), content).tags([sdk.Tag.parse(tag) for tag in tags])
    return built.finalize(keys)


async def ask(client: sdk.Client, **wanted: object) -> list[sdk.Event]:
    """Fetch stored events of one filter."""
    target = sdk.ReqTarget.auto([sdk.Filter.from_json(json.dumps(wanted))])
    return await client.fetch_events(target, WAIT)


async def main(url: str, folder: str) -> dict[str, object]:
    """Do everything once, and tell what came out."""
    sdk.uniffi_set_event_loop(asyncio.get_running_loop())
    out: dict[str, object] = {}
    keys = sdk.Keys.generate()
    author = keys.public_key().to_hex()
    relay = sdk.RelayUrl.parse(url)
    client = sdk.ClientBuilder().build()
    await client.add_relay(relay)
    await client.connect(WAIT)
    events = [note(keys, 1, f"노트 {number}") for number in range(NOTES)]
    accepted = 0
    for event in events:
        sent = await client.send_event(event)
        accepted += len(sent.success)
    out["accepted"] = accepted
    found = await ask(client, kinds=[1], authors=[author], limit=500)
    out["read"] = len({event.id().to_hex() for event in found if event.verify()})

    listing = note(keys, 2003, "", ["title", "소리바다의 노래"], ["x", "a" * 40])
    await client.send_event(listing)
    out["search"] = [event.id().to_hex() for event in await ask(client, search="바다")] == [
        listing.id().to_hex()
    ]
    await client.send_event(note(keys, 5, "", ["e", events[0].id().to_hex()]))
    out["deleted"] = await ask(client, ids=[events[0].id().to_hex()]) == []

    database = await sdk.NostrLmdb.open(folder)
    fresh = sdk.ClientBuilder().database(database).build()
    await fresh.add_relay(relay)
    await fresh.connect(WAIT)
    own = note(keys, 1, "only in the other's database")
    await database.save_event(own)
    wanted = sdk.Filter.from_json(json.dumps({"kinds": [1], "authors": [author]}))
    both = sdk.SyncOptions().direction(sdk.SyncDirection.BOTH)
    held = 0
    rounds = 0
    while held < NOTES and rounds < ROUNDS_MAX:
        rounds += 1
        await fresh.sync(wanted, opts=both)
        held = len(await database.query(wanted))
    out["synced"] = held  # all but the deleted one, and the one that only we had
    out["rounds"] = rounds
    out["uploaded"] = len(await ask(client, ids=[own.id().to_hex()])) == 1
    return out


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2]))), flush=True)  # noqa: T201
    os._exit(0)
