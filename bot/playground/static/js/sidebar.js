// The left side: the server, its channels, the talk with the bot, and who one is. A drawer on a phone.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatarUrl, displayName } from "./state.js";

const narrow = matchMedia("(max-width: 760px)");

export class Sidebar {
  /** @param {{onChannel: (id: string) => void, onMember: (id: string) => void, onOpenDm: () => void}} hooks */
  constructor(store, hooks) {
    Object.assign(this, { store, hooks });
    const byId = (id) => document.getElementById(id);
    this.root = byId("sidebar");
    this.scrim = byId("scrim");
    this.toggle = byId("menu-button");
    this.nav = byId("channels");
    this.head = byId("guild");
    this.meButton = byId("me");
    this.meTop = byId("me-top");
    this.members = byId("members");
    this.toggle.addEventListener("click", () => this.#drawer(true));
    this.scrim.addEventListener("click", () => this.#drawer(false));
    for (const button of [this.meButton, this.meTop]) button.addEventListener("click", () => this.#openMembers(button));
    this.members.addEventListener("toggle", (event) => {
      for (const button of [this.meButton, this.meTop]) button.setAttribute("aria-expanded", String(event.newState === "open"));
    });
    this.members.addEventListener("keydown", (event) => this.#memberKey(event));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && narrow.matches) this.#drawer(false);
    });
    narrow.addEventListener("change", () => this.#drawer(false));
    this.#drawer(false);
    for (const topic of ["hello", "channels", "unread", "active", "presence"]) store.on(topic, () => this.draw());
  }

  draw() {
    const { store } = this;
    if (!store.me) return;
    this.#drawGuild();
    const top = store.order.map((id) => store.channels.get(id)).filter((channel) => !channel.parent_id || !store.channels.has(channel.parent_id));
    const rows = top.flatMap((channel) => [
      this.#channel(channel),
      ...store.order.map((id) => store.channels.get(id)).filter((c) => c.parent_id === channel.id && c.type >= 10 && c.type <= 12).map((c) => this.#channel(c)),
    ]);
    const dms = store.dms.map((id) => this.#channel(store.channels.get(id)));
    const focused = document.activeElement?.dataset?.channel;
    this.nav.replaceChildren(
      h("h2", { id: "channels-heading" }, "Channels"), h("ul", { "aria-labelledby": "channels-heading" }, rows),
      h("h2", { id: "dms-heading" }, "Direct messages"),
      h("ul", { "aria-labelledby": "dms-heading" }, dms.length ? dms : this.#newDm()),
    );
    if (focused) this.nav.querySelector(`[data-channel="${focused}"]`)?.focus();
    this.#drawMe();
  }

  #drawGuild() {
    const { guild, bot } = this.store;
    const name = guild?.name ?? "Playground";
    const mark = guild?.icon
      ? h("img.guild-icon", { src: `/cdn/icons/${guild.id}/${guild.icon}.png`, alt: "" })
      : h("span.guild-icon", { "aria-hidden": "true" }, icon("pin", 20));
    const state = bot.online ? "online" : "offline";
    this.head.replaceChildren(mark, h("div", null, h("h1", null, name), h("p", null, "Waypoint playground")));
    document.getElementById("bot-state").replaceChildren(
      h(`span.dot.${state}`, { "aria-hidden": "true" }), `${displayName(bot.user) ?? "The bot"} is ${state}`);
  }

  #channel(channel) {
    const { store } = this;
    const dm = store.isDm(channel);
    const thread = channel.type >= 10 && channel.type <= 12;
    const unread = store.unread.get(channel.id) ?? 0;
    const current = channel.id === store.activeId;
    const name = store.channelName(channel);
    const mark = dm ? h("img.avatar.tiny", { src: avatarUrl(store.bot.user), alt: "" }) : icon(thread ? "thread" : "hash", 19);
    return h(`li${thread ? ".thread" : ""}`, null,
      h(`button.channel${unread ? ".unread" : ""}${current ? ".current" : ""}`, {
        type: "button", "data-channel": channel.id, "aria-current": current ? "page" : null, "data-testid": "channel",
        "aria-label": `${name}${unread ? `, ${unread} unread` : ""}`, onclick: () => this.#go(channel.id),
      }, mark, h("span.name", null, name), unread > 0 && h("span.badge", { "aria-hidden": "true" }, unread > 99 ? "99+" : String(unread))));
  }

  #newDm() {
    return h("li", null, h("button.channel", { type: "button", onclick: () => { this.hooks.onOpenDm(); this.#drawer(false); } },
      h("img.avatar.tiny", { src: avatarUrl(this.store.bot.user), alt: "" }), h("span.name", null, `Message ${displayName(this.store.bot.user) ?? "the bot"}`)));
  }

  #go(channelId) {
    this.hooks.onChannel(channelId);
    this.#drawer(false);
  }

  // --- who one is ------------------------------------------------------------------------------

  #drawMe() {
    const { me } = this.store;
    this.meButton.replaceChildren(
      h("img.avatar", { src: avatarUrl(me), alt: "" }),
      h("span.me-words", null, h("small", null, "You are"), h("strong", null, displayName(me)), h("small", { "data-testid": "my-roles" }, this.#roles(me))),
      h("span.me-switch", null, icon("swap", 16), "Switch"));
    this.meButton.setAttribute("aria-label", `You are ${displayName(me)}. Be somebody else`);
    this.meTop.replaceChildren(h("img.avatar", { src: avatarUrl(me), alt: "" }));
    this.meTop.setAttribute("aria-label", `You are ${displayName(me)}. Be somebody else`);
  }

  #openMembers(button) {
    if (this.members.matches(":popover-open")) {
      this.members.hidePopover();
      return;
    }
    const { store } = this;
    this.members.replaceChildren(
      h("p.members-title", null, "Be another member of this server"),
      ...store.members.map((user) => {
        const on = user.id === store.me.id;
        return h(`button.member${on ? ".on" : ""}`, {
          type: "button", role: "menuitemradio", "aria-checked": String(on), "data-testid": "member", onclick: () => {
            this.members.hidePopover();
            this.#drawer(false);
            if (!on) this.hooks.onMember(user.id);
          },
        }, h("img.avatar", { src: avatarUrl(user), alt: "" }),
        h("span.me-words", null, h("strong", null, displayName(user)), h("small", null, this.#about(user))), on && icon("check", 18));
      }));
    this.members.showPopover();
    const box = button.getBoundingClientRect();
    const width = Math.min(280, innerWidth - 16);
    this.members.style.width = `${width}px`;
    this.members.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    const up = box.top > innerHeight / 2;
    this.members.style.top = up ? "auto" : `${box.bottom + 8}px`;
    this.members.style.bottom = up ? `${innerHeight - box.top + 8}px` : "auto";
    (this.members.querySelector("[aria-checked=true]") ?? this.members.querySelector("button")).focus();
  }

  #about(user) {
    return [`@${user.username}`, this.#roles(user)].filter(Boolean).join(" · ");
  }

  #roles(user) {
    return (this.store.roles[user.id] ?? []).join(" · ");
  }

  #memberKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.members.querySelectorAll("button")];
    all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
  }

  // --- the drawer ------------------------------------------------------------------------------

  #drawer(open) {
    const wasOpen = document.body.classList.contains("drawer-open");
    document.body.classList.toggle("drawer-open", open);
    this.toggle.setAttribute("aria-expanded", String(open));
    // Out of sight is out of reach: a closed drawer takes no focus.
    this.root.inert = narrow.matches && !open;
    document.getElementById("main").inert = narrow.matches && open;
    if (open) (this.nav.querySelector(".current") ?? this.nav.querySelector("button"))?.focus();
    else if (wasOpen && narrow.matches) this.toggle.focus();
  }
}
