// What outlives the page: in this browser (the name, the settings), and in this
// window (what store.js saves).  Where storage is forbidden or full, nothing is
// remembered and nothing breaks.

function attempt(action) {
  try {
    return action() ?? undefined;
  } catch {}
}

export const browser = {
  get: (key) => attempt(() => localStorage.getItem(key)),
  set: (key, value) => attempt(() => localStorage.setItem(key, value)),
};

// One record for each name (folded) under which this window was here.
export const here = {
  load: (name) => attempt(() =>
    JSON.parse(sessionStorage.getItem(`window ${name}`))),
  save: (name, saved) => attempt(() =>
    sessionStorage.setItem(`window ${name}`, JSON.stringify(saved))),
};
