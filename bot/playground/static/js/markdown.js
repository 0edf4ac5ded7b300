// Discord's markdown to DOM nodes. `people` answers {user(id), channel(id)} for mentions.

import { h, safeUrl } from "./dom.js";
import { full, timestamp } from "./times.js";

const FENCE = /```(?:([\w+\-.#]*)\n)?([\s\S]+?)\n?```/g;
const LIST_ITEM = /^(\s*)([-*]|\d{1,9}\.)\s+(.*)$/;
const MAX_DEPTH = 12;

/** Renders a message's text. @returns {DocumentFragment} */
export function markdown(text, people) {
  const out = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(FENCE)) {
    out.append(...blocks(text.slice(from, match.index).replace(/\n$/, ""), people));
    out.append(h("pre.code", { "data-language": match[1] || null, tabindex: 0 }, h("code", null, match[2])));
    from = match.index + match[0].length;
    if (text[from] === "\n") from += 1;
  }
  out.append(...blocks(text.slice(from), people));
  return out;
}

function blocks(text, people) {
  if (!text) return [];
  const lines = text.split("\n");
  const out = [];
  let plain = [];
  const flush = () => {
    if (plain.some((line) => line.trim())) out.push(h("div.text", null, inline(plain.join("\n"), people)));
    plain = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const heading = /^(#{1,3}) +(\S.*)$/.exec(line);
    if (line.startsWith(">>> ")) {
      flush();
      const rest = [line.slice(4), ...lines.slice(i + 1)].join("\n");
      out.push(h("blockquote", null, blocks(rest, people)));
      break;
    } else if (line.startsWith("> ")) {
      flush();
      const quoted = [];
      for (; i < lines.length && lines[i].startsWith("> "); i += 1) quoted.push(lines[i].slice(2));
      i -= 1;
      out.push(h("blockquote", null, blocks(quoted.join("\n"), people)));
    } else if (heading) {
      flush();
      // A message is an article under the page's own h1 and h2, so its largest heading is an h3.
      out.push(h(`h${heading[1].length + 2}.h${heading[1].length}`, null, inline(heading[2], people)));
    } else if (/^-# +\S/.test(line)) {
      flush();
      out.push(h("small.subtext", null, inline(line.replace(/^-# +/, ""), people)));
    } else if (LIST_ITEM.test(line)) {
      flush();
      const items = [];
      for (; i < lines.length && (LIST_ITEM.test(lines[i]) || (items.length && /^\s{2,}\S/.test(lines[i]))); i += 1) {
        const item = LIST_ITEM.exec(lines[i]);
        if (item) items.push({ indent: item[1].length, mark: item[2], text: item[3] });
        else items.at(-1).text += `\n${lines[i].trim()}`;
      }
      i -= 1;
      out.push(...list(items, people));
    } else {
      plain.push(line);
    }
  }
  flush();
  return out;
}

function list(items, people) {
  const out = [];
  let current = null;
  for (let i = 0; i < items.length; i += 1) {
    const ordered = /\d/.test(items[i].mark);
    if (!current || (current.nodeName === "OL") !== ordered) {
      current = h(ordered ? "ol" : "ul", { start: ordered ? parseInt(items[i].mark, 10) : null });
      out.push(current);
    }
    const nested = [];
    const indent = items[i].indent;
    const item = h("li", null, inline(items[i].text, people));
    while (i + 1 < items.length && items[i + 1].indent > indent) nested.push(items[(i += 1)]);
    if (nested.length) item.append(...list(nested, people));
    current.append(item);
  }
  return out;
}

// Each rule: a sticky-free regular expression tried at the current place, and what it becomes.
const wrap = (tag) => (match, people, depth) => h(tag, null, inline(match[1], people, depth + 1));
const RULES = [
  [/^\\([^\sA-Za-z0-9])/, (m) => m[1]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (m) => h("code.inline", null, m[2].replace(/^ (.*) $/s, "$1"))],
  [/^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/, (m) => time(Number(m[1]), m[2])],
  [/^<@!?(\d{1,20})>/, (m, people) => mention(`@${people.user(m[1]) ?? "unknown member"}`)],
  [/^<@&(\d{1,20})>/, (m, people) => mention(`@${people.role?.(m[1]) ?? "role"}`)],
  [/^<#(\d{1,20})>/, (m, people) => channelMention(m[1], people)],
  [/^<\/([^:<>\n]{1,100}):(\d{1,20})>/, (m) =>
    h("button.mention", { type: "button", "data-act": "use-command", "data-command": m[1] }, `/${m[1]}`)],
  [/^<(a?):(\w{2,32}):(\d{1,20})>/, (m) =>
    h("img.emoji", { src: `/cdn/emojis/${m[3]}.${m[1] ? "gif" : "png"}`, alt: `:${m[2]}:`, title: `:${m[2]}:` })],
  [/^<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], m[1])],
  [/^\[((?:\\.|[^\]\n\\])+)\]\(<?((?:[^\s()<>]|\([^\s()]*\))+)>?(?:\s+["'][^"'\n]*["'])?\)/, maskedLink],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"'\]!?*_~|]/, (m) => link(balance(m), m[0])],
  [/^\|\|([\s\S]+?)\|\|/, (m, people, depth) =>
    h("span.spoiler", { role: "button", tabindex: 0, "data-act": "reveal", "aria-label": "Hidden text: show it" },
      h("span", null, inline(m[1], people, depth + 1)))],
  [/^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, wrap("strong")],
  [/^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, wrap("u")],
  [/^~~((?:\\[\s\S]|[^\\])+?)~~/, wrap("s")],
  [/^\*(?=\S)((?:\\[\s\S]|\*\*|[^\\*])+?)\*(?!\*)/, wrap("em")],
  [/^_((?:\\[\s\S]|__|[^\\_])+?)_(?!\w)/, wrap("em")],
  [/^@(?:everyone|here)\b/, (m) => mention(m[0])],
];
const SPECIAL = /[\\`<[|*_~@]|https?:\/\//;

/** Renders one run of text. @returns {(Node|string)[]} */
export function inline(text, people, depth = 0) {
  if (depth > MAX_DEPTH) return [text];
  const out = [];
  let buffer = "";
  const flush = () => {
    if (buffer) out.push(buffer);
    buffer = "";
  };
  for (let rest = text; rest; ) {
    let taken = null;
    for (const [pattern, make] of RULES) {
      const match = pattern.exec(rest);
      // snake_case stays as it is: an underscore inside a word is no emphasis.
      if (!match || (match[0][0] === "_" && /\w$/.test(buffer))) continue;
      const made = make(match, people, depth);
      if (made === null) continue;
      if (typeof made === "string") buffer += made;
      else {
        flush();
        out.push(made);
      }
      taken = match[0].length;
      if (made.nodeName === "A" && made.dataset.taken) taken = Number(made.dataset.taken);
      break;
    }
    if (taken === null) {
      const next = rest.slice(1).search(SPECIAL);
      taken = next < 0 ? rest.length : next + 1;
      buffer += rest.slice(0, taken);
    }
    rest = rest.slice(taken);
  }
  flush();
  return out;
}

const mention = (text) => h("span.mention", null, text);

function channelMention(id, people) {
  const name = people.channel(id);
  if (!name) return mention("#unknown");
  return h("button.mention", { type: "button", "data-act": "open-channel", "data-channel": id }, `#${name}`);
}

function time(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const iso = date.toISOString();
  const live = style === "R" ? unix : null;
  return h("time.stamp", { datetime: iso, title: full(iso), "data-relative": live }, timestamp(unix, style));
}

function link(url, text) {
  const href = safeUrl(url);
  if (!href) return null;
  const attributes = { href, target: "_blank", rel: "noopener noreferrer", title: text === url ? null : href };
  // A bare address that ends in a closing bracket of the sentence around it takes less than it matched.
  const taken = text.length === url.length ? null : url.length;
  return h("a", { ...attributes, "data-taken": taken }, taken === null ? text : url);
}

function balance(match) {
  let url = match[0];
  while (url.endsWith(")") && url.split(")").length > url.split("(").length) url = url.slice(0, -1);
  return url;
}

function maskedLink(match, people, depth) {
  // Only real web addresses: [x](javascript:…) and relative paths stay the text that was typed.
  if (!/^https?:\/\//i.test(match[2]) || !safeUrl(match[2])) return null;
  const href = safeUrl(match[2]);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }, inline(match[1], people, depth + 1));
}

/** True when a text is nothing but a few emoji: they are shown large. */
export function isJumbo(text) {
  const bare = text.replace(/<a?:\w+:\d+>/g, "😀").replace(/\s/g, "");
  return bare.length > 0 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f){1,60}$/u.test(bare) && [...bare].length <= 27;
}
