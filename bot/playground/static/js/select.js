// The open state of a select menu: a listbox beside its button, or a sheet from below on a small screen.

import { h } from "./dom.js";
import { emoji } from "./components.js";
import { icon } from "./icons.js";
import { avatarUrl } from "./state.js";

const FILTER_FROM = 9;
let openMenu = null;
let counter = 0;

/** Closes the menu that is open, if any, as if the reader had pressed Escape. */
export const closeSelect = () => openMenu?.close(false);

/**
 * Opens a listbox at `anchor`.
 * @param {{anchor: HTMLElement, title: string, options: object[], chosen: string[], min: number, max: number,
 *   onCommit: (values: string[]) => void}} config  With max 1 a choice commits; with more, closing commits.
 */
export function openSelect({ anchor, title, options, chosen, min, max, onCommit }) {
  openMenu?.close(false);
  const id = `listbox-${(counter += 1)}`;
  const before = [...chosen];
  let values = [...chosen];
  let shown = options;
  let active = Math.max(0, options.findIndex((o) => values.includes(o.value)));
  const many = max > 1;

  const hint = many ? (min === max ? `Choose ${max}` : `Choose ${min ? `${min} to ${max}` : `up to ${max}`}`) : null;
  const filter = h("input.menu-filter", {
    type: "text", placeholder: "Type to narrow down", "aria-label": `${title}: type to narrow down`, role: "combobox",
    "aria-controls": id, "aria-expanded": "true", autocomplete: "off",
  });
  const list = h("ul.menu-list", { id, role: "listbox", "aria-label": title, "aria-multiselectable": many ? "true" : null, tabindex: -1 });
  const done = many && h("button.button.primary", { type: "button", onclick: () => close(true) }, "Done");
  const menu = h("div.menu", { "data-testid": "select-menu" },
    options.length >= FILTER_FROM && h("div.menu-head", null, filter), list,
    many && h("div.menu-foot", null, h("span", null, hint), done));
  const veil = h("div.menu-veil", { onpointerdown: (event) => { event.preventDefault(); close(true); } });
  const host = anchor.closest("dialog") ?? document.body;
  const focusable = options.length >= FILTER_FROM ? filter : list;

  function draw() {
    list.replaceChildren(...shown.map((option, index) => {
      const on = values.includes(option.value);
      return h(`li.menu-option${index === active ? ".active" : ""}`, {
        id: `${id}-${index}`, role: "option", "aria-selected": String(on), onpointermove: () => index !== active && move(index),
        onclick: () => toggle(index),
      }, option.user ? h("img.avatar.tiny", { src: avatarUrl(option.user), alt: "" }) : emoji(option.emoji),
      h("span.menu-words", null, h("span.menu-label", null, option.label), option.description && h("small", null, option.description)),
      many ? h(`span.tick.box${on ? ".on" : ""}`, null, on && icon("check", 14)) : on && h("span.tick", null, icon("check", 16)));
    }));
    if (!shown.length) list.append(h("li.menu-empty", { role: "presentation" }, "Nothing fits."));
    focusable.setAttribute("aria-activedescendant", shown.length ? `${id}-${active}` : "");
    if (done) done.disabled = values.length < min;
    place();
  }

  function move(index) {
    active = shown.length ? (index + shown.length) % shown.length : 0;
    for (const [i, node] of [...list.children].entries()) node.classList.toggle("active", i === active);
    list.children[active]?.scrollIntoView({ block: "nearest" });
    focusable.setAttribute("aria-activedescendant", `${id}-${active}`);
  }

  function toggle(index) {
    const option = shown[index];
    if (!option) return;
    if (!many) {
      // Pressing what is chosen takes it back where nothing may be chosen.
      values = values.includes(option.value) && min === 0 ? [] : [option.value];
      close(true);
      return;
    }
    if (values.includes(option.value)) values = values.filter((v) => v !== option.value);
    else if (values.length < max) values = [...values, option.value];
    active = index;
    draw();
  }

  function close(commit) {
    if (openMenu?.menu !== menu) return;
    openMenu = null;
    menu.remove();
    veil.remove();
    removeEventListener("resize", place);
    anchor.setAttribute("aria-expanded", "false");
    if (anchor.isConnected) anchor.focus();
    const changed = !many || values.length !== before.length || values.some((v) => !before.includes(v));
    if (commit && changed && values.length >= min) onCommit(values);
  }

  function place() {
    if (matchMedia("(max-width: 640px)").matches) {
      menu.classList.add("sheet");
      menu.removeAttribute("style");
      return;
    }
    menu.classList.remove("sheet");
    const box = anchor.getBoundingClientRect();
    const below = innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < Math.min(menu.scrollHeight, 320) && above > below;
    menu.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - Math.max(box.width, 240) - 8))}px`);
    menu.style.setProperty("width", `${Math.max(box.width, 240)}px`);
    menu.style.setProperty("max-height", `${Math.min(up ? above : below, 380)}px`);
    if (up) menu.style.setProperty("bottom", `${innerHeight - box.top + 4}px`);
    else menu.style.setProperty("top", `${box.bottom + 4}px`);
  }

  menu.addEventListener("keydown", (event) => {
    const act = {
      ArrowDown: () => move(active + 1), ArrowUp: () => move(active - 1),
      Enter: () => (event.target === done ? close(true) : toggle(active)), Tab: () => close(true), Escape: () => close(false),
      Home: () => event.target !== filter && move(0), End: () => event.target !== filter && move(shown.length - 1),
    }[event.key] ?? (event.key === " " && event.target === list ? () => toggle(active) : null);
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    } else if (event.target === list && event.key.length === 1) {
      const at = shown.findIndex((o) => o.label.toLowerCase().startsWith(event.key.toLowerCase()));
      if (at >= 0) move(at);
    }
  });
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    shown = options.filter((o) => `${o.label} ${o.description ?? ""}`.toLowerCase().includes(wanted));
    active = 0;
    draw();
  });

  openMenu = { menu, close };
  anchor.setAttribute("aria-expanded", "true");
  host.append(veil, menu);
  addEventListener("resize", place);
  draw();
  focusable.focus();
  move(active);
}
