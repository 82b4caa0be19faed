// A person of nostr-tools talks with a kkiri person over a hub. Prints one JSON object.
// usage: node talk.mjs URL SECRET ACTION [ARGUMENTS…]
//   say PUBKEY TEXT…      a private message (NIP-17), after saying where one reads (10050)
//   hear                  all private messages for this person
//   write KIND TAGS TEXT  any record, tags as JSON
//   read PUBKEY           profile, follow list and message hubs of a person
import WebSocket from 'ws';
import { finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { wrapManyEvents, unwrapEvent } from 'nostr-tools/nip17';

useWebSocketImplementation(WebSocket);
const [url, hex, action, ...rest] = process.argv.slice(2);
const secret = Uint8Array.from(Buffer.from(hex, 'hex'));
const pubkey = getPublicKey(secret);
const now = Math.floor(Date.now() / 1000);
const sign = (kind, content, tags) => finalizeEvent({ kind, content, tags, created_at: now }, secret);
const relay = await Relay.connect(url);
relay.onauth = async (template) => finalizeEvent(template, secret);
await new Promise((resolve) => setTimeout(resolve, 100)); // the challenge comes first
await relay.auth(async (template) => finalizeEvent(template, secret));

const ask = (...filters) => new Promise((resolve) => {
  const events = [];
  const sub = relay.subscribe(filters, {
    onevent: (event) => events.push(event),
    oneose: () => { sub.close(); resolve(events); },
    onclose: () => resolve(events),
  });
});

const out = { pubkey };
if (action === 'say') {
  await relay.publish(sign(10050, '', [['relay', url]]));
  const [receiver, ...texts] = rest;
  for (const text of texts) {
    for (const wrap of wrapManyEvents(secret, [{ publicKey: receiver }], text)) await relay.publish(wrap);
  }
} else if (action === 'hear') {
  const wraps = await ask({ kinds: [1059], '#p': [pubkey] });
  const rumors = wraps.filter(verifyEvent).map((wrap) => unwrapEvent(wrap, secret));
  out.heard = rumors.sort((one, two) => one.created_at - two.created_at)
    .map(({ pubkey: author, kind, content, tags }) => ({ author, kind, content, tags }));
} else if (action === 'write') {
  const [kind, tags, text] = rest;
  await relay.publish(sign(Number(kind), text, JSON.parse(tags)));
} else if (action === 'read') {
  for (const kind of [0, 3, 10050]) {
    const [event] = (await ask({ kinds: [kind], authors: [rest[0]] })).filter(verifyEvent);
    out[kind] = event ? { content: event.content, tags: event.tags } : null;
  }
}
relay.close();
console.log(JSON.stringify(out));
process.exit(0);
