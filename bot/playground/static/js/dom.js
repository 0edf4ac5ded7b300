// Building and patching DOM nodes. Nothing in this page ever parses a string as HTML: text that comes
// from a message becomes a text node or an attribute value, so there is no markup to smuggle in.

/**
 * Builds an element from "tag.class.class", properties and children.
 * Properties named on… are listeners, `style` is a map of CSS properties, `true`/`false`/null add or leave out.
 * @returns {HTMLElement}
 */
export function h(spec, props = null, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.classList.add(...value.split(" ").filter(Boolean));
    else if (name === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** Appends strings, nodes and nested arrays of them; null, undefined and false are left out. */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** Only http(s) and our own absolute paths may become a link or a picture; anything else gives null. */
export function safeUrl(url) {
  if (typeof url !== "string") return null;
  try {
    const parsed = new URL(url, location.origin);
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
  } catch {
    return null;
  }
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);
// What the reader did to a message (opened a spoiler) outlives an edit by the bot.
const KEPT_ATTRIBUTES = new Set(["data-revealed"]);

/**
 * Changes `from` into `to` in place and touches only what differs, so that a picture that stayed the same
 * is not loaded again, a focused button keeps its focus and a selection survives a live edit.
 * Listeners do not travel: nodes that are patched must rely on delegation.
 */
export function morph(from, to) {
  const sameKind = from.nodeType === to.nodeType && from.nodeName === to.nodeName && keyOf(from) === keyOf(to);
  if (!sameKind) {
    from.replaceWith(to);
    return to;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return from;
  }
  if (from.isEqualNode(to)) return from;
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) === value) continue;
    // The page's own policy refuses a style attribute, and allows the same through the style object.
    if (name === "style") from.style.cssText = value;
    else from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !KEPT_ATTRIBUTES.has(name)) from.removeAttribute(name);
  }
  morphChildren(from, to);
  return from;
}

function morphChildren(from, to) {
  const keyed = new Map();
  for (const child of from.childNodes) if (keyOf(child)) keyed.set(keyOf(child), child);
  let cursor = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const match = key ? keyed.get(key) : cursor && !keyOf(cursor) ? cursor : null;
    if (!match) {
      from.insertBefore(wanted, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else from.insertBefore(match, cursor);
    morph(match, wanted);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

/** Moves focus around inside `root` so that Tab does not leave it; call it from a keydown listener. */
export function trapTab(event, root) {
  if (event.key !== "Tab") return;
  const stops = [...root.querySelectorAll("a[href],button,input,textarea,select,[tabindex]")].filter(
    (el) => !el.disabled && el.tabIndex >= 0 && el.offsetParent !== null,
  );
  if (!stops.length) return;
  const at = stops.indexOf(document.activeElement);
  const leaving = event.shiftKey ? at <= 0 : at === stops.length - 1;
  if (leaving) {
    event.preventDefault();
    stops[event.shiftKey ? stops.length - 1 : 0].focus();
  }
}

/** Says something to a screen reader without showing it. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.append(h("p", null, text));
  while (region.childElementCount > 4) region.firstElementChild.remove();
}
