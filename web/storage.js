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

// One record for each name (folded) under which this window was here, and the
// name under which it is.
export const here = {
  name: () => attempt(() => sessionStorage.getItem('name')) ?? null,
  enter(name) {
    attempt(() => sessionStorage.setItem('name', name));
    return here.name() === name;
  },
  leave: () => attempt(() => sessionStorage.removeItem('name')),
  load: (name) => attempt(() =>
    JSON.parse(sessionStorage.getItem(`window ${name}`))),
  save: (name, saved) => attempt(() =>
    sessionStorage.setItem(`window ${name}`, JSON.stringify(saved))),
};
