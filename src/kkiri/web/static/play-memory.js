// What the player keeps in this browser: places in films, and how a person likes it.
const NAME = "kkiri play";
const PLACES_MAX = 200; // films of a year or two
const NEAR_BEGIN = 15; // seconds; nobody needs to be brought back there
const NEAR_END = 0.96; // the credits: the film was seen

function read() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
}

function write(all) {
  try {
    localStorage.setItem(NAME, JSON.stringify(all));
  } catch { /* a full or closed store only forgets */ }
}

export const kept = (name, other) => read().likes?.[name] ?? other;

export function keep(name, value) {
  const all = read();
  all.likes = { ...all.likes, [name]: value };
  write(all);
}

// Where a film was left, 0 when it was not begun or is over.
export const placeOf = (film) => read().places?.[film] ?? 0;

export function keepPlace(film, seconds, duration) {
  const all = read();
  const { [film]: _, ...others } = all.places ?? {};
  const over = duration > 0 && seconds > duration * NEAR_END;
  const mine = seconds < NEAR_BEGIN || over ? {} : { [film]: Math.round(seconds) };
  all.places = Object.fromEntries([...Object.entries(others), ...Object.entries(mine)].slice(-PLACES_MAX));
  write(all);
}
