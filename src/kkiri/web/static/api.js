// The local API as the page uses it; a refusal becomes an Error with its sentence.
import { language, words } from "/static/words.js";

export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
  } catch {
    throw new Error(words.gone);
  }
  return read(await response.text());
}

export async function ask(path) {
  const response = await fetch(path);
  return read(await response.text());
}

function read(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  let last = {};
  try {
    last = JSON.parse(lines[lines.length - 1] ?? "{}");
  } catch {
    throw new Error(text.slice(0, 200));
  }
  if (last.error?.[language]) throw new Error(last.error[language]);
  return last;
}

export function listen(path, tell, failed) {
  const source = new EventSource(path);
  source.addEventListener("message", (event) => tell(JSON.parse(event.data), source));
  source.addEventListener("error", () => failed?.(source));
  return source;
}
