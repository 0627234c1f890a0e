// The entries that this window holds, in order of (epoch, seq), each once; an
// epoch is one log of the server as this window met it:
//
//   epoch 0: 8 9 12 | gap | epoch 1: 1 2 crowd 5 |
//
// Everyone's list has them all, one for each private conversation has its own
// and every gap; ALWAYS is where a new one begins.  Lists are changed in place:
// one that is copied for each message costs more with every message.

// The key of the conversation with everyone.  That of a private one is the
// folded name of the other.
export const EVERYONE = '';
const ALWAYS = null;

export const newLists = () => new Map([[EVERYONE, []], [ALWAYS, []]]);

export const listOf = (lists, key) => lists.get(key) ?? lists.get(ALWAYS);

const follows = (a, b) =>
  a.epoch === b.epoch ? a.seq > b.seq : a.epoch > b.epoch;

// How many of a list stand up to entry's place, itself included.
export function placeOf(list, entry) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (follows(list[middle], entry))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

// Puts an entry at its place; whether it was not there before.
export function insert(lists, entry) {
  const { key, gap } = entry;
  if (!gap && !lists.has(key))
    lists.set(key, [...lists.get(ALWAYS)]);
  let isNew = false;
  for (const list of gap ? lists.values()
    : new Set([lists.get(EVERYONE), lists.get(key)])) {
    const place = placeOf(list, entry);
    const before = list[place - 1];
    if (!before || follows(entry, before)) {
      list.splice(place, 0, entry);
      isNew = true;
    }
  }
  return isNew;
}

// A gap stands before seq, and no message does.
export const insertGap = (lists, epoch, id, seq) =>
  insert(lists, { gap: true, id: `gap ${id} ${seq}`, epoch, seq: seq - 0.5 });

// Who came and who went, both as [folded name, name], after everything else.
// What has nothing in between is one entry, without those who did both.
export function insertCrowd(lists, epoch, id, time, joined, left) {
  const list = lists.get(EVERYONE);
  const last = list.at(-1);
  const { seq = 0, came, went } = last ?? {};
  const crowd = came ? { ...last }
    : { epoch, seq: seq + 0.25, id: `crowd ${id} ${seq}`, key: EVERYONE, time };
  crowd.came = new Map(came);
  crowd.went = new Map(went);
  for (const [names, others, changed] of [
    [crowd.came, crowd.went, joined], [crowd.went, crowd.came, left]])
    for (const [key, name] of changed)
      others.delete(key) || names.set(key, name);
  list.splice(came ? -1 : list.length, 1, crowd);
}

// Leaves the last n of everyone's list; the first of them that is a message.
export function trim(lists, n) {
  const list = lists.get(EVERYONE);
  list.splice(0, list.length - n);
  return list.find((e) => e.text !== undefined);
}
