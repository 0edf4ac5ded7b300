// The page's beginning: one store, one socket, and the parts that draw.

import { Actions } from "./actions.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { MessageList } from "./messages.js";
import { ModalHost } from "./modal.js";
import { closeSelect } from "./select.js";
import { Sidebar } from "./sidebar.js";
import { Socket } from "./socket.js";
import { Store, displayName } from "./state.js";
import { keepRelativeTimesFresh } from "./times.js";

const byId = (id) => document.getElementById(id);
const store = new Store();
const socket = new Socket(onFrame, onLink);
const actions = new Actions(store, socket);
const composer = new Composer(store, actions);
let lostAt = 0;

new MessageList(store, actions, {
  onReply: (entry) => composer.replyTo(entry),
  onCommand: (name) => composer.startCommand(name),
  onChannel: openChannel,
});
new ModalHost(store, actions);
new Sidebar(store, { onChannel: openChannel, onMember: become, onOpenDm: openDm });

function onFrame(type, d) {
  if (actions.handle(type, d)) return;
  switch (type) {
    case "HELLO":
      hello(d);
      break;
    case "MESSAGE_CREATE":
      store.putMessage(d);
      break;
    case "MESSAGE_UPDATE":
      store.updateMessage(d);
      break;
    case "MESSAGE_DELETE":
      store.removeMessage(d);
      break;
    case "TYPING_START":
      store.setTyping(d);
      break;
    case "CHANNEL_CREATE":
    case "CHANNEL_UPDATE":
      store.putChannel(d);
      if (wantsDm && store.isDm(d)) openChannel(d.id);
      break;
    case "CHANNEL_DELETE":
      store.removeChannel(d);
      break;
    case "MEMBER_UPDATE":
      store.roles[d.user_id] = d.roles;
      store.emit("presence");
      break;
    case "PRESENCE":
      store.bot = { ...store.bot, online: d.online };
      store.emit("presence");
      break;
    case "COMMANDS":
      store.commands = d.commands;
      break;
  }
}

function hello(d) {
  store.hello(d);
  localStorage.setItem("as", d.me.id);
  const wanted = new URLSearchParams(location.search).get("channel");
  if (store.channels.has(store.activeId)) remember();
  else openChannel([wanted, lastChannel(), store.order[0]].find((id) => store.channels.has(id)), true);
  store.emit("presence");
}

// --- where the reader is -------------------------------------------------------------------------

const lastChannel = () => localStorage.getItem(`channel:${store.me?.id}`);

function openChannel(channelId, replace = false) {
  if (!store.channels.has(channelId)) return;
  wantsDm = false;
  closeSelect();
  const same = store.activeId === channelId;
  if (!same) store.open(channelId);
  remember(replace || same);
}

/** Writes member and channel into the address, so that it can be kept, shared and gone back to. */
function remember(replace = true) {
  const url = new URL(location.href);
  url.searchParams.set("as", store.me.id);
  url.searchParams.set("channel", store.activeId);
  localStorage.setItem(`channel:${store.me.id}`, store.activeId);
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
}

function become(memberId) {
  closeSelect();
  actions.linkLost();
  const url = new URL(location.href);
  url.searchParams.set("as", memberId);
  history.pushState(null, "", url);
  socket.connect(memberId);
}

let wantsDm = false;
function openDm() {
  wantsDm = true;
  actions.openDm();
}

addEventListener("popstate", () => {
  const params = new URLSearchParams(location.search);
  if (params.get("as") !== store.me?.id) socket.connect(params.get("as"));
  else openChannel(params.get("channel"), true);
});

// --- the top and the edges -----------------------------------------------------------------------

function onLink(link) {
  store.link = link;
  if (link === "lost") {
    lostAt ||= Date.now();
    actions.linkLost();
    // A blink of a connection is not worth a word.
    setTimeout(drawBanner, 600);
  } else {
    lostAt = 0;
  }
  drawBanner();
}

function drawBanner() {
  const banner = byId("banner");
  const bot = displayName(store.bot.user) ?? "The bot";
  let text = null;
  if (store.link === "lost" && Date.now() - lostAt >= 500) {
    text = "The playground is away. This page connects again by itself as soon as it is back.";
  } else if (store.link === "open" && store.me && !store.bot.online) {
    text = `${bot} is offline. You can read and write; commands and buttons work again when it is back.`;
  }
  banner.hidden = !text;
  if (text && banner.dataset.text !== text) banner.replaceChildren(icon("warn", 18), h("span", null, text));
  banner.dataset.text = text ?? "";
}

function drawHeader() {
  const channel = store.active;
  if (!channel) return;
  const dm = store.isDm(channel);
  byId("channel-title").replaceChildren(dm ? "" : icon(channel.type >= 10 ? "thread" : "hash", 20), h("span", null, store.channelName(channel)));
  byId("channel-topic").textContent = dm ? "Only you and the bot read this" : (channel.topic ?? "");
  byId("messages").setAttribute("aria-label", `Messages in ${store.channelName(channel)}`);
  drawTitle();
}

function drawTitle() {
  const count = store.totalUnread;
  const place = store.active ? `${store.isDm(store.active) ? "" : "#"}${store.channelName(store.active)} · ` : "";
  document.title = `${count ? `(${count}) ` : ""}${place}Waypoint playground`;
}

function drawTyping() {
  const names = store.activeId ? store.typersIn(store.activeId) : [];
  const verb = names.length === 1 ? "is" : "are";
  byId("typing").textContent = names.length ? `${names.slice(0, 3).join(", ")} ${verb} typing…` : "";
}

function drawThemeButton() {
  const dark = document.documentElement.dataset.theme === "dark";
  const button = byId("theme");
  button.replaceChildren(icon(dark ? "sun" : "moon"));
  button.setAttribute("aria-label", dark ? "Use the light theme" : "Use the dark theme");
  button.title = button.getAttribute("aria-label");
}

byId("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  document.documentElement.dataset.theme = next;
  drawThemeButton();
});
byId("menu-button").append(icon("menu"));
byId("attach").append(icon("plus"));
byId("send").append(icon("send"));

for (const topic of ["hello", "active", "channels"]) store.on(topic, drawHeader);
for (const topic of ["presence", "hello"]) store.on(topic, drawBanner);
for (const topic of ["typing", "active"]) store.on(topic, drawTyping);
store.on("unread", drawTitle);
document.addEventListener("visibilitychange", () => document.hidden || store.markRead());
// Typing anywhere goes to the composer, as people expect of a chat.
addEventListener("keydown", (event) => {
  const busy = event.target.closest("input, textarea, dialog, .menu, [popover], button, a");
  if (busy || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  composer.focus();
});

drawThemeButton();
keepRelativeTimesFresh();
socket.connect(new URLSearchParams(location.search).get("as") ?? localStorage.getItem("as"));
