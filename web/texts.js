// Everything that the page says, and how it writes times.  A translation
// replaces this file.

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const clock = format({ timeStyle: 'short' });
const full = format({ dateStyle: 'full', timeStyle: 'medium' });
const date = format({ dateStyle: 'full' });

const DAY = 24 * 60 * 60 * 1000;
const isDay = (time, other) =>
  new Date(time).toDateString() === new Date(other).toDateString();

export const times = {
  clock: clock.format,
  // Hours and minutes only, where there is little room.
  brief: (time) => clock.formatToParts(time)
    .filter(({ type }) => type !== 'dayPeriod')
    .map(({ value }) => value).join('').trim(),
  full: full.format,
  day: (time, now) => isDay(time, now) ? 'Today'
    : isDay(time, now - DAY) ? 'Yesterday' : date.format(time),
};

// "bob joined, 3 left": one alone is named, several are counted.
const counted = (...groups) => groups.filter(([names]) => names.length)
  .map(([names, did]) => `${names[1] ? names.length : names[0]} ${did}`)
  .join(', ');

export const texts = {
  everyone: 'Everyone',
  you: '(you)',
  privately: (name) => `${name}, privately`,
  changeName: 'Change name',
  close: 'Close',

  join: {
    title: 'Join the chat',
    label: 'Your name',
    button: 'Join',
    hint: 'There is no password: anyone can use any name.',
    faults: {
      none: 'Please enter a name.',
      long: 'This name is too long. Names have at most 32 letters.',
      character: 'Names can\'t contain / ? # %, two spaces in a row or ' +
        'invisible characters.',
    },
    joining: (name) => `Joining as ${name}`,
  },

  header: {
    online: (n) => `${n} online`,
    isOnline: 'online',
    isOffline: 'offline',
    conversations: 'Conversations',
    people: 'People',
    settings: 'Settings',
    typing: 'Tell others when I type',
    notices: 'Notify me when I\'m mentioned',
    theme: 'Theme',
    themes: { auto: 'Automatic', light: 'Light', dark: 'Dark' },
  },

  conversations: {
    heading: 'Conversations',
    unread: 'unread',
    draft: 'draft',
  },

  people: {
    heading: (n) => n === null ? 'Online' : `Online, ${n}`,
    filter: 'Filter people',
    clear: 'Clear filter',
    nobody: (filter) => `No one matches “${filter}”`,
    more: (n) => `and ${n} more`,
    left: '(left)',
  },

  log: {
    label: 'Messages',
    older: 'Load older messages',
    loading: 'Loading older messages',
    begin: 'This is the beginning of the chat',
    notKept: 'Older messages were not kept',
    gap: 'Messages are missing here',
    new: 'New',
    crowd: (came, went) => counted([came, 'joined'], [went, 'left']),
    names: (came, went) => [[came, 'Joined'], [went, 'Left']]
      .filter(([names]) => names.length)
      .map(([names, what]) => `${what}: ${names.join(', ')}`).join('. '),
    privateTo: (name) => `private, to ${name}`,
    privateFrom: 'private, to you',
    emptyRoom: 'No messages yet. Say hello.',
    copyAddress: 'Copy address',
    emptyPrivate: (name) => `Private chat with ${name}. ` +
      `Messages arrive only while ${name} is online.`,
    latest: 'Jump to latest',
    fresh: ' new',
  },

  sending: {
    sending: 'Sending',
    maybe: 'Maybe sent',
    retry: 'Retry',
    remove: 'Delete',
    dismiss: 'Dismiss',
    failed: 'Not sent',
    // The reason after "Not sent", by the code of the refusal.
    reasons: {
      offline: (name) => `${name} is offline`,
      too_long: () => 'too long',
    },
  },

  composer: {
    toEveryone: 'Write to everyone',
    toOne: (name) => `Write to ${name}, privately`,
    send: 'Send',
    left: (n) => `${n} left`,
    over: (n) => `${n} over the limit`,
    later: 'Will be sent when connected',
    typing: ([first, second, ...rest]) => !second ? `${first} is typing`
      : !rest.length ? `${first} and ${second} are typing`
        : `${first} and ${rest.length + 1} others are typing`,
    who: (names) => `Online: ${names.join(', ')}`,
    unknown: (name) => `/${name} is not a command; /help lists them. ` +
      'To send it as text, put a space before it.',
    help: `/me waves: say what you do
/msg name text: send a private message
/who: show who is online
/clear: clear this window`,
  },

  banner: {
    connecting: 'Reconnecting',
    within: (seconds) => ` in ${seconds} s`,
    refused: 'The server, or a proxy, does not accept this page. Trying again',
    now: 'Now',
  },

  stopped: {
    badName: 'This name can\'t be used here',
    badNameAdvice: 'The server did not accept it. Choose another one.',
    otherName: 'Choose another name',
    refused: 'The server does not accept this name',
    refusedAdvice: 'Try again later, or ask whoever runs the server.',
    again: 'Try again',
    code: (code) => `Code ${code}`,
    unsent: 'Your unsent messages are saved:',
  },

  copy: 'Copy',
};
