// Lines that were sent from this window, and that the arrows bring back.  Pure.

export function recallOf() {
  // After the last one comes the empty line.
  const sent = [''];
  // Which of them is in the field.
  let at = 0;
  return {
    add: (line) => sent.splice(-1, 0, line),

    // The line so many steps away from the one in the field; undefined if there
    // is none, or if the field holds something else.
    go(field, steps) {
      if (field === '')
        at = sent.length - 1;
      const line = sent[at + steps];
      if (field !== sent[at] || line === undefined)
        return undefined;
      at += steps;
      return line;
    },
  };
}
