// What stands in a conversation while nothing has been said in it.

import { EVERYONE } from './store.js';
import { copy, h, icon, quietButton, setText } from './dom.js';
import { texts } from './texts.js';

const t = texts.log;

// Returns { element, update(state, isEmpty) }.
export function emptyView() {
  const words = h('p');
  const address = h('code', location.host);
  const button = quietButton(t.copyAddress,
    () => copy(location.origin, button, address));
  const invitation = h('p', address, button);
  const element = h('div.empty', { hidden: true }, icon('mark'),
    words, invitation);
  return {
    element,
    update({ current, conversations, log }, isEmpty) {
      const isRoom = current === EVERYONE;
      element.hidden = !isEmpty || !log.held || log.more;
      setText(words, isRoom ? t.emptyRoom
        : t.emptyPrivate(conversations.get(current).name));
      invitation.hidden = !isRoom;
    },
  };
}
