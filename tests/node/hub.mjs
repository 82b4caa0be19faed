// What nostr-tools does with a hub: write, read, follow, search, authenticate, compare. Prints one JSON object.
// usage: node hub.mjs URL
import WebSocket from 'ws';
import { finalizeEvent, generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { NegentropyStorageVector, NegentropySync } from './node_modules/nostr-tools/lib/esm/nip77.js';
import { fetchRelayInformation, useFetchImplementation } from 'nostr-tools/nip11';
import { wrapEvent, unwrapEvent } from 'nostr-tools/nip17';

useWebSocketImplementation(WebSocket);
useFetchImplementation(fetch);
const url = process.argv[2];
const secret = generateSecretKey();
const pubkey = getPublicKey(secret);
const now = Math.floor(Date.now() / 1000);
const sign = (kind, content, tags = [], at = now) => finalizeEvent({ kind, content, tags, created_at: at }, secret);

const ask = (relay, ...filters) => new Promise((resolve) => {
  const events = [];
  const sub = relay.subscribe(filters, {
    onevent: (event) => events.push(event),
    oneose: () => { sub.close(); resolve(events); },
    onclose: () => resolve(events),
    eoseTimeout: 10000,
  });
});

const out = { pubkey };
out.info = await fetchRelayInformation(url);
const relay = await Relay.connect(url);
relay.onauth = async (template) => finalizeEvent(template, secret);

const notes = [];
for (let number = 0; number < 300; number++) notes.push(sign(1, `노트 ${number}`, [], now - number));
await Promise.all(notes.map((note) => relay.publish(note)));
out.read = (await ask(relay, { kinds: [1], authors: [pubkey], limit: 500 })).filter(verifyEvent).length;
out.newest = (await ask(relay, { kinds: [1], authors: [pubkey], limit: 3 })).map((event) => event.content);

await relay.publish(sign(2003, '', [['title', '소리바다의 노래'], ['x', 'a'.repeat(40)], ['t', 'music']]));
out.search = (await ask(relay, { kinds: [2003], search: '바다' })).map((event) => event.tags[0][1]);

const live = new Promise((resolve) => {
  const sub = relay.subscribe([{ kinds: [7], authors: [pubkey] }], { onevent: resolve, oneose: () => relay.publish(sign(7, '+')) });
});
out.live = (await live).content;

out.refused = await relay.publish({ ...sign(1, 'x'), content: 'forged' }).then(() => 'accepted', (error) => String(error.message ?? error));
await relay.publish(sign(5, '', [['e', notes[0].id]]));
out.deleted = (await ask(relay, { ids: [notes[0].id] })).length === 0;
out.count = await relay.count([{ kinds: [1], authors: [pubkey] }], {});

const other = generateSecretKey();
const wrap = wrapEvent(other, { publicKey: pubkey }, '둘만의 말');
await relay.publish(wrap);
await relay.auth(async (template) => finalizeEvent(template, secret)).catch((error) => { out.auth = String(error); });
const wraps = await ask(relay, { kinds: [1059], '#p': [pubkey] });
out.wrap = wraps.map((event) => unwrapEvent(event, secret).content);

const storage = new NegentropyStorageVector();
for (const note of notes.slice(0, 100)) storage.insert(note.created_at, note.id);
const extra = sign(1, 'only here', [], now - 5000);
storage.insert(extra.created_at, extra.id);
storage.seal();
const have = [], need = [];
await new Promise((resolve, reject) => {
  const sync = new NegentropySync(relay, storage, { kinds: [1], authors: [pubkey] }, {
    onhave: (id) => have.push(id),
    onneed: (id) => need.push(id),
    onclose: (reason) => (reason ? reject(new Error(reason)) : resolve()),
  });
  sync.start();
});
out.have = have.sort().join() === [extra.id, notes[0].id].sort().join();
out.need = need.length;

relay.close();
console.log(JSON.stringify(out));
process.exit(0);
