// Everything a member does that the server answers later: each request carries a nonce, and the answers
// (created, done, failed, choices, a modal, a refusal) are led back to whoever asked.

import { newNonce } from "./socket.js";

const AWAY = "The playground is not connected right now. This page tries again by itself.";
const UNANSWERED_MS = 20_000;

export class Actions {
  #waiting = new Map();

  constructor(store, socket) {
    this.store = store;
    this.socket = socket;
    /** Called with a MODAL frame; set by the page. */
    this.onModal = () => {};
    /** Called with {text, message} when a plain message was refused; set by the composer. */
    this.onMessageRefused = () => {};
  }

  // --- what a member can do --------------------------------------------------------------------

  history(channelId, before = null) {
    const log = this.store.log(channelId);
    if (log.loading) return;
    log.loading = true;
    const nonce = this.#ask(
      "HISTORY",
      { channel_id: channelId, limit: 50, ...(before && { before }) },
      { history: (d) => this.store.history(d, before), failed: () => (log.loading = false) },
    );
    if (!nonce) log.loading = false;
  }

  message({ content, uploads, replyTo }) {
    const channelId = this.store.activeId;
    const data = { channel_id: channelId, content };
    if (uploads.length) data.attachments = uploads.map((file) => file.id);
    if (replyTo) data.reply_to = replyTo;
    return this.#ask("MESSAGE", data, {
      failed: (why) => this.onMessageRefused({ content, message: why }),
      quiet: true,
    });
  }

  /** Sends a slash command; its row in the log says how it goes. */
  command({ name, commandId, options, attachments }) {
    const { store } = this;
    const channelId = store.activeId;
    const row = store.addLocal(
      {
        id: `local-${newNonce()}`, channel_id: channelId, author: store.bot.user, content: "",
        timestamp: new Date().toISOString(), type: 20, attachments: [], embeds: [], components: [], flags: 64,
        interaction_metadata: { type: 2, user: store.me, name },
      },
      "sending",
    );
    row.retry = () => {
      store.removeMessage(row.raw);
      this.command({ name, commandId, options, attachments });
    };
    const fail = (why) => {
      Object.assign(row, { phase: "failed", notice: why });
      store.changed(row);
    };
    const data = { channel_id: channelId, command_id: commandId, options };
    if (attachments && Object.keys(attachments).length) data.attachments = attachments;
    const done = () => store.removeMessage(row.raw);
    return this.#ask("COMMAND", data, { done, failed: fail }) ?? fail(AWAY);
  }

  autocomplete({ commandId, options }) {
    return new Promise((resolve) => {
      const data = { channel_id: this.store.activeId, command_id: commandId, options };
      const nonce = this.#ask("AUTOCOMPLETE", data, { choices: resolve, failed: () => resolve(null) });
      if (!nonce) resolve(null);
    });
  }

  /** A button was pressed or a select was set on a message of the bot. */
  component(entry, { customId, type, values }) {
    const { store } = this;
    entry.busy.add(customId);
    entry.notice = null;
    store.changed(entry);
    const settle = (notice) => {
      entry.busy.delete(customId);
      entry.notice = notice;
      store.changed(entry);
    };
    const data = {
      channel_id: entry.raw.channel_id, message_id: entry.id, custom_id: customId, component_type: type,
      ...(values && { values }),
    };
    if (!this.#ask("COMPONENT", data, { done: () => settle(null), failed: settle })) settle(AWAY);
  }

  submitModal({ interactionId, customId, components }, { done, failed }) {
    const data = { interaction_id: interactionId, custom_id: customId, components };
    if (!this.#ask("MODAL_SUBMIT", data, { done, failed })) failed(AWAY);
  }

  typing() {
    this.socket.send("READY_TYPING", { channel_id: this.store.activeId });
  }

  openDm() {
    this.socket.send("OPEN_DM");
  }

  // --- what the server answers -----------------------------------------------------------------

  /** Takes a frame if it is an answer to a request. @returns {boolean} whether it was one */
  handle(type, d) {
    switch (type) {
      case "INTERACTION_CREATED":
        return true;
      case "INTERACTION_DONE":
        return this.#finish(d.nonce, "done");
      case "INTERACTION_FAILED":
        return this.#finish(d.nonce, "failed", d.message);
      case "ERROR":
        return this.#finish(d.nonce, "failed", d.message);
      case "MESSAGE_PENDING":
        this.#finish(d.nonce, "done");
        if (d.message) this.store.putMessage(d.message);
        return true;
      case "AUTOCOMPLETE":
        return this.#finish(d.nonce, "choices", d.choices);
      case "HISTORY":
        return this.#finish(d.nonce, "history", d);
      case "MODAL":
        this.#finish(d.nonce, "done");
        this.onModal(d);
        return true;
      default:
        return false;
    }
  }

  /** The connection went: nobody will answer what is still open. */
  linkLost() {
    for (const nonce of [...this.#waiting.keys()]) {
      this.#finish(nonce, "failed", "The connection was lost before the answer came. Please try again.");
    }
  }

  #ask(type, data, hooks) {
    const nonce = newNonce();
    if (!this.socket.send(type, { nonce, ...data })) return null;
    const timer = hooks.quiet
      ? 0
      : setTimeout(() => this.#finish(nonce, "failed", "No answer came. Please try again."), UNANSWERED_MS);
    this.#waiting.set(nonce, { ...hooks, timer });
    // A plain message is only answered when it is refused; a refusal comes at once.
    if (hooks.quiet) setTimeout(() => this.#waiting.delete(nonce), UNANSWERED_MS);
    return nonce;
  }

  #finish(nonce, how, value) {
    const hooks = this.#waiting.get(nonce);
    this.#waiting.delete(nonce);
    clearTimeout(hooks?.timer);
    hooks?.[how]?.(value);
    return true;
  }
}
