// The local API as the page uses it; a refusal becomes an Error with its sentence.
import { language, words } from "/static/words.js";

// Asks for a change. With `each`, every line of an answer that comes bit by bit is told.
export async function post(path, body, each) {
  return answer(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  }, each);
}

export const ask = (path, signal) => answer(path, { signal });

async function answer(path, how, each) {
  let response;
  try {
    response = await fetch(path, how);
    if (!each) return read(await response.text());
    return await readEach(response, each);
  } catch (error) {
    if (error.name === "AbortError" || error.refusal) throw error;
    throw new Error(words.gone);
  }
}

async function readEach(response, each) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last = {};
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines.filter((text) => text.trim())) {
      last = read(line);
      each(last);
    }
    if (done) return last;
  }
}

function read(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  let last;
  try {
    last = JSON.parse(lines[lines.length - 1] ?? "{}");
  } catch {
    throw refusal(text.slice(0, 200));
  }
  if (last?.error?.[language]) throw refusal(last.error[language], last.error.number);
  return last;
}

function refusal(sentence, number) {
  return Object.assign(new Error(sentence), { refusal: true, number });
}

export function listen(path, tell, failed) {
  const source = new EventSource(path);
  source.addEventListener("message", (event) => tell(JSON.parse(event.data), source));
  source.addEventListener("error", () => failed?.(source));
  return source;
}

// What the peer tells by itself, by topic: status, transfers, news, notice, message, together; and `up`,
// whether the peer answers. All tabs share one connection: whoever holds the lock has it.
const listeners = new Map();
const last = new Map(); // of topics that are a state, for those who come later
const STATES = new Set(["status", "up", "transfers"]);
const tabs = new BroadcastChannel("kkiri");
const AGAIN_MS = 1000;

export const live = {
  // Calls `tell` with every value of a topic, the present state at once; gives what ends it.
  on(topic, tell) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(tell);
    if (last.has(topic)) tell(whole(topic, last.get(topic)));
    return () => listeners.get(topic).delete(tell);
  },
  status: () => last.get("status"),
  start,
};

function tell(topic, said) {
  const value = topic === "transfers" ? merged(said) : said;
  if (STATES.has(topic)) last.set(topic, value);
  for (const one of [...(listeners.get(topic) ?? [])]) one(value);
}

// Transfers come whole once, then only what changed of them; a listener gets all of them in a map
// by info-hash, and which ones are news: {all, changed, gone}.
function merged(said) {
  const all = last.get("transfers")?.all ?? new Map();
  const gone = said.all ? [...all.keys()] : said.gone;
  for (const hash of gone) all.delete(hash);
  const changed = said.all ?? said.changed;
  for (const one of changed) all.set(one.info_hash, { ...all.get(one.info_hash), ...one });
  return { all, changed: changed.map((one) => one.info_hash), gone: gone.filter((hash) => !all.has(hash)) };
}

// What somebody who comes later, or another tab, is told of a state.
function whole(topic, value) {
  if (topic !== "transfers") return value;
  return { all: value.all, changed: [...value.all.keys()], gone: [] };
}

function tellAll(topic, value) {
  tabs.postMessage([topic, value]);
  tell(topic, value);
}

function start() {
  let leads = false;
  tabs.addEventListener("message", ({ data: [topic, value] }) => {
    if (topic !== "who") tell(topic, value);
    else if (leads) {
      for (const [state, now] of last) {
        tabs.postMessage([state, state === "transfers" ? { all: [...now.all.values()] } : now]);
      }
    }
  });
  tabs.postMessage(["who", null]);
  navigator.locks.request("kkiri live", () => {
    leads = true;
    connect();
    return new Promise(() => {}); // held until this tab closes
  });
}

function connect() {
  const source = new EventSource("/api/live");
  source.addEventListener("message", (event) => {
    if (last.get("up") !== true) tellAll("up", true);
    const said = JSON.parse(event.data);
    for (const [topic, value] of Object.entries(said)) tellAll(topic, value);
  });
  source.addEventListener("error", () => {
    source.close();
    if (last.get("up") !== false) tellAll("up", false);
    setTimeout(connect, AGAIN_MS);
  });
}
