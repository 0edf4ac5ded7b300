// What the page knows. One store, changed by frames of the server, watched by the parts that draw it.
// Discord's objects are kept raw; a message is wrapped in an entry that carries the page's own view of it.

const KEEP_PER_CHANNEL = 300;
const DISMISSALS_KEPT = 200;

let revision = 0;

/** One row of a channel's log. No two states of a row share a `rev`, so that drawing can skip what did not change. */
export class Entry {
  constructor(raw, phase = "sent") {
    this.raw = raw;
    this.touch();
    this.phase = phase; // "sent", or for a command on its way: "sending", "failed"
    this.busy = new Set(); // custom_ids that were pressed and are not acknowledged yet
    this.notice = null; // what went wrong with the last press
  }
  get id() {
    return this.raw.id;
  }
  touch() {
    this.rev = revision += 1;
  }
}

class Log {
  entries = [];
  loaded = false;
  loading = false;
  hasMore = false;
  newFrom = null; // id of the first message that came while the reader was elsewhere

  find(id) {
    return this.entries.find((entry) => entry.id === id) ?? null;
  }
}

const isLater = (a, b) => (a.length === b.length ? a > b : a.length > b.length);

export class Store {
  #listeners = new Map();

  constructor() {
    this.reset();
    this.link = "connecting";
  }

  reset() {
    this.me = null;
    this.members = [];
    this.roles = {};
    this.users = new Map();
    this.bot = { user: null, online: false };
    this.guild = null;
    this.server = null;
    this.channels = new Map();
    this.order = [];
    this.dms = [];
    this.commands = [];
    this.logs = new Map();
    this.unread = new Map();
    this.typing = new Map();
    this.activeId = null;
  }

  on(topic, listener) {
    if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
    this.#listeners.get(topic).add(listener);
  }

  emit(topic, detail) {
    for (const listener of this.#listeners.get(topic) ?? []) listener(detail);
  }

  // --- reading ---------------------------------------------------------------------------------

  get active() {
    return this.channels.get(this.activeId) ?? null;
  }

  isDm(channel) {
    return channel?.type === 1;
  }

  channelName(channel) {
    return this.isDm(channel) ? displayName(this.bot.user) : channel.name;
  }

  log(channelId) {
    if (!this.logs.has(channelId)) this.logs.set(channelId, new Log());
    return this.logs.get(channelId);
  }

  /** Answers a mention's id with a name, for markdown. */
  get people() {
    return {
      user: (id) => displayName(this.users.get(id)),
      channel: (id) => (this.channels.has(id) ? this.channelName(this.channels.get(id)) : null),
      role: (id) => this.guild?.roles?.find((role) => role.id === id)?.name,
    };
  }

  get totalUnread() {
    return [...this.unread.values()].reduce((sum, count) => sum + count, 0);
  }

  // --- frames ----------------------------------------------------------------------------------

  hello(d) {
    // After a lost connection the same member's open channels keep their place; their logs are asked for again.
    const sameMember = this.me?.id === d.me.id;
    if (!sameMember) this.reset();
    Object.assign(this, { me: d.me, members: d.members, roles: d.roles ?? {}, bot: d.bot, guild: d.guild, server: d.server });
    this.users = new Map([...d.members, d.bot.user, d.me].filter(Boolean).map((user) => [user.id, user]));
    this.commands = d.commands ?? [];
    this.order = d.channels.map((channel) => channel.id);
    this.dms = (d.dms ?? []).map((channel) => channel.id);
    this.channels = new Map([...d.channels, ...(d.dms ?? [])].map((channel) => [channel.id, channel]));
    for (const log of this.logs.values()) log.loaded = false;
    for (const channel of this.channels.values()) {
      const last = channel.last_message_id;
      const read = this.#readMark(channel.id);
      if (last && read && isLater(last, read) && channel.id !== this.activeId) this.unread.set(channel.id, 1);
      if (last && !read) this.#setReadMark(channel.id, last);
    }
    this.emit("hello");
    this.emit("channels");
    this.emit("unread");
  }

  putChannel(channel) {
    const known = this.channels.get(channel.id);
    this.channels.set(channel.id, { ...known, ...channel });
    const list = this.isDm(channel) ? this.dms : this.order;
    if (!list.includes(channel.id)) list.push(channel.id);
    this.emit("channels");
  }

  removeChannel({ id }) {
    this.channels.delete(id);
    this.order = this.order.filter((known) => known !== id);
    this.dms = this.dms.filter((known) => known !== id);
    this.unread.delete(id);
    if (this.activeId === id && this.order.length) this.open(this.order[0]);
    this.emit("channels");
    this.emit("unread");
  }

  putMessage(raw) {
    this.#learn(raw);
    const log = this.log(raw.channel_id);
    const known = log.find(raw.id);
    if (known) {
      known.raw = { ...known.raw, ...raw };
      known.busy = new Set([...known.busy].filter((id) => JSON.stringify(raw.components ?? []).includes(id)));
      known.touch();
      this.emit("log", raw.channel_id);
      return;
    }
    const entry = new Entry(raw);
    log.entries.push(entry);
    this.#sort(log);
    if (log.entries.length > KEEP_PER_CHANNEL) {
      log.entries.splice(0, log.entries.length - KEEP_PER_CHANNEL);
      log.hasMore = true;
    }
    const mine = raw.author?.id === this.me?.id;
    const seen = raw.channel_id === this.activeId && !document.hidden;
    if (mine || seen) this.#setReadMark(raw.channel_id, raw.id);
    else {
      log.newFrom ??= raw.id;
      this.unread.set(raw.channel_id, (this.unread.get(raw.channel_id) ?? 0) + 1);
      this.emit("unread");
    }
    this.typing.delete(`${raw.channel_id}:${raw.author?.id}`);
    this.emit("typing");
    this.emit("message", entry);
    this.emit("log", raw.channel_id);
  }

  updateMessage(raw) {
    // An edit of a message that was never loaded is no news: it comes with the history.
    const known = this.log(raw.channel_id).find(raw.id);
    if (known || raw.flags & 64) this.putMessage(raw);
  }

  removeMessage({ id, channel_id: channelId }) {
    const log = this.log(channelId);
    log.entries = log.entries.filter((entry) => entry.id !== id);
    this.emit("log", channelId);
  }

  /** Takes a message that only this member sees out of the log for good: a reload does not bring it back. */
  dismiss(entry) {
    const kept = [...this.#dismissed(), entry.id].slice(-DISMISSALS_KEPT);
    if (entry.phase === "sent") localStorage.setItem(`dismissed:${this.me.id}`, JSON.stringify(kept));
    this.removeMessage(entry.raw);
  }

  #dismissed() {
    return JSON.parse(localStorage.getItem(`dismissed:${this.me?.id}`) ?? "[]");
  }

  history({ channel_id: channelId, messages, has_more: hasMore }, before) {
    const log = this.log(channelId);
    if (!before) {
      // The newest page replaces what is there, but rows that only this page has stay.
      const fresh = new Set(messages.map((raw) => raw.id));
      const oldest = messages[0]?.id;
      log.entries = log.entries.filter(
        (e) => !fresh.has(e.id) && (e.phase !== "sent" || e.raw.flags & 64 || (oldest && isLater(oldest, e.id))),
      );
    }
    const known = new Set(log.entries.map((entry) => entry.id));
    const dismissed = new Set(this.#dismissed());
    for (const raw of messages) {
      this.#learn(raw);
      if (!known.has(raw.id) && !dismissed.has(raw.id)) log.entries.push(new Entry(raw));
    }
    this.#sort(log);
    Object.assign(log, { loaded: true, loading: false, hasMore });
    const last = messages.at(-1)?.id;
    if (last && !before && channelId === this.activeId) this.#setReadMark(channelId, last);
    this.emit("log", channelId);
  }

  /** A row of the page's own, such as a command that is on its way. */
  addLocal(raw, phase) {
    const entry = new Entry(raw, phase);
    this.log(raw.channel_id).entries.push(entry);
    this.emit("log", raw.channel_id);
    return entry;
  }

  changed(entry) {
    entry.touch();
    this.emit("log", entry.raw.channel_id);
  }

  open(channelId) {
    if (!this.channels.has(channelId)) return;
    const left = this.logs.get(this.activeId);
    if (left) left.newFrom = null;
    this.activeId = channelId;
    this.markRead();
    this.emit("active");
  }

  /** The reader looks at the open channel now. */
  markRead() {
    if (!this.activeId) return;
    const last = this.log(this.activeId).entries.findLast((entry) => entry.phase === "sent")?.id;
    const latest = last ?? this.active?.last_message_id;
    if (latest) this.#setReadMark(this.activeId, latest);
    if (this.unread.delete(this.activeId)) this.emit("unread");
  }

  setTyping({ channel_id: channelId, user_id: userId }) {
    if (userId === this.me?.id) return;
    this.typing.set(`${channelId}:${userId}`, Date.now() + 9000);
    this.emit("typing");
    setTimeout(() => this.emit("typing"), 9100);
  }

  typersIn(channelId) {
    const now = Date.now();
    return [...this.typing]
      .filter(([key, until]) => until > now && key.startsWith(`${channelId}:`))
      .map(([key]) => displayName(this.users.get(key.split(":")[1])) ?? "Somebody");
  }

  #sort(log) {
    const rank = (entry) => (entry.phase === "sent" ? 0 : 1);
    log.entries.sort((a, b) => rank(a) - rank(b) || (a.id === b.id ? 0 : isLater(a.id, b.id) ? 1 : -1));
  }

  #learn(raw) {
    for (const user of [raw.author, raw.interaction_metadata?.user, ...(raw.mentions ?? [])]) {
      if (user && !this.users.has(user.id)) this.users.set(user.id, user);
    }
  }

  #readKey = (channelId) => `read:${this.me?.id}:${channelId}`;

  #readMark(channelId) {
    return localStorage.getItem(this.#readKey(channelId));
  }

  #setReadMark(channelId, messageId) {
    localStorage.setItem(this.#readKey(channelId), messageId);
  }
}

/** The name that people read: the display name, else the user name; null for nobody. */
export const displayName = (user) => (user ? user.global_name || user.username : null);

/** The address of a user's picture. */
export function avatarUrl(user) {
  if (user?.avatar) return `/cdn/avatars/${user.id}/${user.avatar}.png?size=80`;
  return `/cdn/embed/avatars/${user ? Number(BigInt(user.id) >> 22n) % 6 : 0}.png`;
}
