// The panel above the composer: a heading and a listbox that an input drives with its arrow keys.

import { h } from "./dom.js";

export class Picker {
  #items = [];
  #active = -1;
  #input = null;

  constructor(node) {
    this.node = node;
    // Pressing an item must not take the focus from the input that owns the list.
    node.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get open() {
    return !this.node.hidden;
  }

  /** True when Enter would choose an item. */
  get hasActive() {
    return this.open && this.#active >= 0;
  }

  /**
   * Shows a heading and items for an input.
   * @param {{input: HTMLElement, title?: Node|string, note?: string, items: {main: any, detail?: any, aside?: any, mark?: Node,
   *   onPick: () => void}[], active?: number, label: string}} content
   */
  show({ input, title = null, note = null, items, active = 0, label }) {
    this.#items = items;
    this.#active = items.length ? active : -1;
    this.#own(input);
    const list = h("ul.picker-list", { id: "picker-list", role: "listbox", "aria-label": label },
      items.map((item, index) =>
        h("li.picker-item", { id: `picker-${index}`, role: "option", "aria-selected": "false", onclick: () => this.#pickAt(index), onpointermove: () => this.#mark(index) },
          item.mark, h("span.picker-main", null, item.main), item.detail && h("span.picker-detail", null, item.detail),
          item.aside && h("span.picker-aside", null, item.aside))));
    this.node.replaceChildren(...[title && h("div.picker-title", null, title), note && h("p.picker-note", null, note), items.length > 0 && list].filter(Boolean));
    this.node.hidden = false;
    this.#expanded(items.length > 0);
    this.#mark(this.#active);
  }

  hide() {
    this.node.hidden = true;
    this.#items = [];
    this.#active = -1;
    this.#expanded(false);
    this.#input?.removeAttribute("aria-activedescendant");
  }

  /** Moves the highlight. @returns {boolean} whether there was anything to move in */
  move(step) {
    if (!this.open || !this.#items.length) return false;
    const count = this.#items.length;
    const next = this.#active < 0 && step < 0 ? count - 1 : (this.#active + step + count) % count;
    this.#mark(next);
    this.node.querySelector(`#picker-${next}`)?.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Chooses the highlighted item. @returns {boolean} whether there was one */
  pick() {
    if (!this.hasActive) return false;
    this.#pickAt(this.#active);
    return true;
  }

  #pickAt(index) {
    this.#items[index].onPick();
  }

  /** Only a combobox may say whether it is expanded; the message box is a textbox with a list beside it. */
  #expanded(open) {
    if (this.#input?.getAttribute("role") === "combobox") this.#input.setAttribute("aria-expanded", String(open));
  }

  #own(input) {
    if (this.#input !== input) this.#expanded(false);
    this.#input = input;
    input.setAttribute("aria-controls", "picker-list");
    input.setAttribute("aria-autocomplete", "list");
  }

  #mark(index) {
    this.#active = index;
    for (const [i, node] of [...this.node.querySelectorAll("[role=option]")].entries()) {
      node.classList.toggle("active", i === index);
      node.setAttribute("aria-selected", String(i === index));
    }
    if (index < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", `picker-${index}`);
  }
}
