// The open channel's log: draws only the rows that changed, keeps the reader's place, acts on presses.

import { announce, h, morph } from "./dom.js";
import { findComponent, isSelect, selectOptions, defaultValues } from "./components.js";
import { icon } from "./icons.js";
import { zoom } from "./media.js";
import { continues, renderMessage, summary } from "./message.js";
import { openSelect } from "./select.js";
import { displayName } from "./state.js";
import { dayKey, longDay } from "./times.js";

const NEAR_BOTTOM_PX = 80;

export class MessageList {
  #drawn = new Map(); // key → {node, signature}
  #channelId = null;
  #stuck = true;
  #lastTop = 0;
  #unseen = 0;

  /** @param {{onReply: Function, onCommand: Function, onChannel: Function}} hooks */
  constructor(store, actions, hooks) {
    Object.assign(this, { store, actions, hooks });
    this.scroller = document.getElementById("scroller");
    this.list = document.getElementById("messages");
    this.empty = document.getElementById("empty");
    this.pill = document.getElementById("new-pill");
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.pill.addEventListener("click", () => this.toBottom(true));
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Pictures that load and cards that grow must not push the newest message out of sight.
    for (const grows of [this.list, this.scroller]) {
      new ResizeObserver(() => this.#sticks() && this.toBottom()).observe(grows);
    }
    store.on("active", () => this.#open());
    store.on("log", (channelId) => channelId === this.#channelId && this.draw());
    store.on("message", (entry) => this.#arrived(entry));
    // Names, channels and the like can change how messages read.
    store.on("hello", () => this.store.activeId && this.#load());
  }

  #open() {
    this.#channelId = this.store.activeId;
    this.#drawn.clear();
    this.list.replaceChildren();
    this.#stuck = true;
    this.#setUnseen(0);
    this.#load();
    this.draw();
    this.toBottom();
  }

  #load() {
    const log = this.store.log(this.#channelId);
    if (!log.loaded) this.actions.history(this.#channelId);
  }

  draw() {
    const log = this.store.log(this.#channelId);
    const rows = this.#rows(log);
    const anchor = this.#sticks() ? null : this.#anchor();
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.#drawn) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#drawn.delete(key);
    }
    let place = this.list.firstChild;
    for (const row of rows) {
      const drawn = this.#drawn.get(row.key);
      let node = drawn?.node;
      if (!drawn) node = row.make();
      else if (drawn.signature !== row.signature) node = morph(drawn.node, row.make());
      this.#drawn.set(row.key, { node, signature: row.signature });
      if (node === place) place = place.nextSibling;
      else this.list.insertBefore(node, place);
    }
    this.list.setAttribute("aria-busy", String(!log.loaded));
    this.#drawEmpty(log, rows);
    if (this.#stuck) this.toBottom();
    else if (anchor?.node.isConnected) {
      this.scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
    }
  }

  #rows(log) {
    const rows = [];
    if (log.hasMore) {
      rows.push({ key: "older", signature: "", make: () => h("li.older", { "data-key": "older" }, h("button.plain", { type: "button", "data-act": "older" }, "Show older messages")) });
    }
    let previous = null;
    for (const entry of log.entries) {
      const { raw } = entry;
      const day = dayKey(raw.timestamp);
      if (!previous || dayKey(previous.timestamp) !== day) {
        const key = `day-${day}`;
        rows.push({ key, signature: "", make: () => h("li.divider", { "data-key": key, role: "separator" }, h("span", null, longDay(raw.timestamp))) });
        previous = null;
      }
      if (log.newFrom === entry.id) {
        rows.push({ key: "new", signature: "", make: () => h("li.divider.new", { "data-key": "new", role: "separator" }, h("span", null, "New")) });
        previous = null;
      }
      const compact = continues(raw, previous);
      const make = () => renderMessage(entry, { compact, store: this.store });
      rows.push({ key: entry.id, signature: `${entry.rev}|${entry.phase}|${compact}`, make });
      previous = entry.phase === "sent" ? raw : null;
    }
    return rows;
  }

  #drawEmpty(log, rows) {
    const nothing = log.loaded && rows.length === 0;
    this.empty.hidden = !nothing;
    if (!nothing) return;
    const { store } = this;
    const channel = store.active;
    const dm = store.isDm(channel);
    const bot = displayName(store.bot.user) ?? "the bot";
    this.empty.replaceChildren(
      h("span.empty-mark", null, icon(dm ? "user" : "hash", 34)),
      h("h2", null, dm ? `You and ${bot}` : `Nothing in #${channel.name} yet`),
      h("p", null, "This is the Waypoint playground, a small Discord on this machine. The bot in it is the real one, and nobody outside sees what you try."),
      h("p", null, "Begin with ", h("button.mention", { type: "button", onclick: () => this.hooks.onCommand("start") }, "/start"), ", or type ", h("kbd", null, "/"), " to see every command."),
    );
  }

  /** Scrolls to the newest message. */
  toBottom(smooth = false) {
    this.#stuck = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    this.#lastTop = this.scroller.scrollTop;
    this.#setUnseen(0);
  }

  #anchor() {
    const edge = this.scroller.getBoundingClientRect().top;
    for (const node of this.list.children) {
      const box = node.getBoundingClientRect();
      if (box.bottom > edge) return { node, top: box.top };
    }
    return null;
  }

  /** Whether the reader is at the log's end: asked of the page and not of the last scroll event, which comes a frame late. */
  #sticks() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // Only a reader scrolls up; a log that grew meanwhile has not moved anybody away from its end.
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX) this.#stuck = true;
    else if (scrollTop < this.#lastTop) this.#stuck = false;
    this.#lastTop = scrollTop;
    return this.#stuck;
  }

  #scrolled() {
    if (this.#sticks()) this.#setUnseen(0);
    const log = this.store.logs.get(this.#channelId);
    if (this.scroller.scrollTop < 200 && log?.loaded && log.hasMore) this.#older(log);
  }

  #older(log) {
    const oldest = log.entries.find((entry) => entry.phase === "sent");
    if (oldest) this.actions.history(this.#channelId, oldest.id);
  }

  #arrived(entry) {
    const { raw } = entry;
    if (raw.channel_id !== this.#channelId) return;
    const mine = raw.author?.id === this.store.me?.id;
    if (mine) this.#stuck = true;
    else {
      if (!this.#sticks()) this.#setUnseen(this.#unseen + 1);
      announce(`${displayName(raw.author)}: ${summary(raw).slice(0, 300) || "sent a message"}`);
    }
  }

  #setUnseen(count) {
    this.#unseen = count;
    this.pill.hidden = count === 0;
    if (count) this.pill.replaceChildren(icon("arrow", 16), `${count} new message${count === 1 ? "" : "s"}`);
  }

  #key(event) {
    const target = event.target.closest("[role=button][data-act]");
    if (target === event.target && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      target.click();
    }
  }

  #click(event) {
    const link = event.target.closest('a[href^="https://discord.com/channels/"]');
    if (link) return this.#follow(event, link);
    const target = event.target.closest("[data-act]");
    if (!target || target.getAttribute("aria-busy") === "true") return;
    const id = target.closest("[data-message-id]")?.dataset.messageId;
    const entry = id && this.store.log(this.#channelId).find(id);
    switch (target.dataset.act) {
      case "component":
        return this.actions.component(entry, { customId: target.dataset.customId, type: 2 });
      case "select":
        return this.#openSelect(target, entry);
      case "reveal":
        return this.#reveal(target);
      case "zoom":
        return zoom(target.dataset.src, target.dataset.alt);
      case "dismiss":
        return this.store.dismiss(entry);
      case "retry":
        return entry.retry();
      case "reply":
        return this.hooks.onReply(entry);
      case "use-command":
        return this.hooks.onCommand(target.dataset.command);
      case "open-channel":
        return this.hooks.onChannel(target.dataset.channel);
      case "jump":
        return this.#jump(target.dataset.message);
      case "older":
        return this.#older(this.store.log(this.#channelId));
    }
  }

  #reveal(target) {
    target.dataset.revealed = "true";
    if (!target.classList.contains("picture")) return;
    target.dataset.act = "zoom";
  }

  #openSelect(target, entry) {
    const component = findComponent(entry.raw.components, target.dataset.customId);
    if (!component || !isSelect(component)) return;
    openSelect({
      anchor: target,
      title: component.placeholder || "Choose",
      options: selectOptions(component, this.store),
      chosen: defaultValues(component),
      min: component.min_values ?? 1,
      max: component.max_values ?? 1,
      onCommit: (values) => this.actions.component(entry, { customId: component.custom_id, type: component.type, values }),
    });
  }

  /** A link to a message of this server opens it here, as a chat client does, and not in a browser tab. */
  #follow(event, link) {
    const [, , , channelId, messageId] = new URL(link.href).pathname.split("/");
    if (!this.store.channels.has(channelId)) return;
    event.preventDefault();
    if (channelId !== this.#channelId) this.hooks.onChannel(channelId);
    setTimeout(() => this.#jump(messageId), 50);
  }

  #jump(messageId) {
    const node = this.#drawn.get(messageId)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("flash");
    setTimeout(() => node.classList.remove("flash"), 1600);
  }
}
