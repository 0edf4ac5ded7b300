// One message as a node. Drawing is a function of the entry: no listeners, no state of its own.

import { h } from "./dom.js";
import { renderComponents } from "./components.js";
import { icon } from "./icons.js";
import { isJumbo, markdown } from "./markdown.js";
import { attachment, embed } from "./media.js";
import { avatarUrl, displayName } from "./state.js";
import { clock, full, headerTime } from "./times.js";

const FLAG = { EPHEMERAL: 64, LOADING: 128, COMPONENTS_V2: 32768 };
const GROUP_MS = 7 * 60 * 1000;

export const isEphemeral = (raw) => Boolean(raw.flags & FLAG.EPHEMERAL);

/** True when this message continues the one above it and needs no name of its own. */
export function continues(raw, previous) {
  return Boolean(
    previous &&
      previous.author?.id === raw.author?.id &&
      !header(raw) &&
      isEphemeral(raw) === isEphemeral(previous) &&
      new Date(raw.timestamp) - new Date(previous.timestamp) < GROUP_MS,
  );
}

const header = (raw) => raw.message_reference || commandOf(raw);

function commandOf(raw) {
  const meta = raw.interaction_metadata ?? raw.interaction;
  const name = raw.interaction_metadata?.name ?? raw.interaction?.name;
  // A later message to the same command is a reply to the first one, as in Discord.
  return meta?.type === 2 && name && raw.type !== 19 ? { user: meta.user, name } : null;
}

/** A message without its pictures and cards, in one line: for replies and screen readers. */
export function summary(raw) {
  const texts = [];
  const walk = (components) => {
    for (const c of components ?? []) {
      if (c.type === 10) texts.push(c.content);
      walk(c.components);
    }
  };
  if (raw.content) texts.push(raw.content);
  for (const e of raw.embeds ?? []) texts.push(e.title ?? e.description ?? "");
  walk(raw.components);
  if (!texts.length && raw.attachments?.length) texts.push(raw.attachments.map((a) => a.filename).join(", "));
  return texts.join(" ").replace(/\|\|[\s\S]+?\|\|/g, "hidden text").replace(/[*_~`#>]|^-# /gm, "").replace(/\s+/g, " ").trim();
}

/** Draws a message. @returns {HTMLLIElement} */
export function renderMessage(entry, { compact, store }) {
  const { raw } = entry;
  const name = displayName(raw.author) ?? "Unknown";
  const classes = ["message", compact && "compact", isEphemeral(raw) && entry.phase === "sent" && "ephemeral", entry.phase !== "sent" && entry.phase];
  const isBot = raw.author?.bot;
  const avatar = h("img.avatar", { src: avatarUrl(raw.author), alt: "", draggable: "false" });
  return h(
    `li.${classes.filter(Boolean).join(".")}`,
    { "data-key": entry.id, "data-testid": "message", "data-message-id": entry.id },
    h("article", { "aria-label": `${name}, ${headerTime(raw.timestamp)}` },
      context(raw, store),
      h("div.gutter", null, compact ? h("time.gutter-time", { datetime: raw.timestamp, title: full(raw.timestamp) }, clock(raw.timestamp)) : avatar),
      h("div.body", null,
        !compact && h("div.byline", null,
          h("span.name", null, name), isBot && h("span.tag", null, "APP"),
          h("time", { datetime: raw.timestamp, title: full(raw.timestamp) }, headerTime(raw.timestamp))),
        entry.phase === "sent" ? content(entry, store) : onItsWay(entry),
        entry.phase === "sent" && entry.notice && h("p.notice", { role: "alert" }, icon("warn", 16), h("span", null, h("strong", null, "This interaction failed. "), entry.notice)),
        entry.phase === "sent" && isEphemeral(raw) && h("p.only-you", null, icon("eye", 15), "Only you can see this · ",
          h("button.plain", { type: "button", "data-act": "dismiss" }, "Dismiss message"))),
      entry.phase === "sent" && !(raw.flags & FLAG.LOADING) && !isEphemeral(raw) && h("div.tools", null,
        h("button.icon-button", { type: "button", "data-act": "reply", "aria-label": `Reply to ${name}`, title: "Reply" }, icon("reply", 18))),
    ),
  );
}

function context(raw, store) {
  const command = commandOf(raw);
  if (command) {
    return h("div.context", null, h("img.avatar.tiny", { src: avatarUrl(command.user), alt: "" }),
      h("strong", null, command.user?.id === store.me?.id ? "You" : displayName(command.user)), " used ",
      h("button.mention", { type: "button", "data-act": "use-command", "data-command": command.name }, `/${command.name}`));
  }
  if (!raw.message_reference || raw.type !== 19) return null;
  const origin = raw.referenced_message ?? store.log(raw.channel_id).find(raw.message_reference.message_id)?.raw;
  if (!origin) return h("div.context", null, h("em", null, "The message this replies to is gone."));
  return h("div.context", null, h("img.avatar.tiny", { src: avatarUrl(origin.author), alt: "" }),
    h("button.plain.quoted", { type: "button", "data-act": "jump", "data-message": origin.id, "aria-label": `Replies to ${displayName(origin.author)}: go there` },
      h("strong", null, displayName(origin.author)), " ", summary(origin).slice(0, 140) || "a message"));
}

function content(entry, store) {
  const { raw } = entry;
  if (raw.flags & FLAG.LOADING) {
    return h("p.thinking", { role: "status" }, h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), `${displayName(raw.author)} is thinking…`);
  }
  const people = store.people;
  const attachments = raw.attachments ?? [];
  const edited = raw.edited_timestamp && h("span.edited", { title: full(raw.edited_timestamp) }, "(edited)");
  const text = raw.content ? h(`div.markdown.content${isJumbo(raw.content) ? ".jumbo" : ""}`, { "data-testid": "content" }, markdown(raw.content, people)) : null;
  const own = raw.type === 18 ? h("p.system", null, "started a thread: ", h("strong", null, raw.content)) : text;
  const shown = { people, attachments, busy: entry.busy, store };
  return [
    own,
    // A V2 message shows its files through its components; elsewhere attachments stand on their own.
    !(raw.flags & FLAG.COMPONENTS_V2) && attachments.length > 0 && h("div.attachments", null, attachments.map(attachment)),
    (raw.embeds ?? []).map((data) => embed(data, people, attachments)),
    raw.components?.length > 0 && h("div.components", null, renderComponents(raw.components, shown)),
    edited,
    raw.reactions?.length > 0 && h("div.reactions", null, raw.reactions.map((r) =>
      h(`span.reaction${r.me ? ".mine" : ""}`, null, r.emoji.name, h("span", null, String(r.count))))),
    raw.thread && h("button.thread-link", { type: "button", "data-act": "open-channel", "data-channel": raw.thread.id }, icon("thread", 16), raw.thread.name),
  ];
}

function onItsWay(entry) {
  if (entry.phase === "sending") {
    return h("p.thinking", { role: "status" }, h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), "Sending the command…");
  }
  return h("div.failure", { role: "alert", "data-testid": "failure" }, h("p.notice", null, icon("warn", 16), entry.notice),
    h("div.row", null,
      h("button.button.secondary", { type: "button", "data-act": "retry" }, "Try again"),
      h("button.button.secondary", { type: "button", "data-act": "dismiss" }, "Dismiss")));
}
