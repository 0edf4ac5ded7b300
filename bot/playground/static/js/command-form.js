// A chosen command with its options as pills: required ones first, the others to be added.

import { TYPE, check, describe, narrow, suggestions, wrapOptions } from "./commands.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { upload } from "./socket.js";
import { avatarUrl } from "./state.js";
import { bytes } from "./times.js";

const AUTOCOMPLETE_PAUSE_MS = 160;
const LISTED = 25;

export class CommandForm {
  #fields = new Map();
  #lookup = 0; // the newest autocomplete question: older answers are dropped
  #timer = 0;

  /**
   * @param {{entry: object, values: Map<string, {text: string, picked?: object}>, picker: object, store: object,
   *   actions: object, onSend: (filled: object) => void, onLeave: (text: string) => void}} config
   */
  constructor(config) {
    Object.assign(this, config);
    this.tail = h("input.tail", { type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false", "aria-label": "Add an option", "data-testid": "option-tail" });
    this.pills = h("div.pills", null, this.tail);
    this.node = h("div.command-form", { role: "group", "aria-label": `Command /${this.entry.name}`, "data-testid": "command-form" },
      h("span.command-name", null, `/${this.entry.name}`), this.pills);
    this.tail.addEventListener("focus", () => this.#tailList());
    this.tail.addEventListener("input", () => this.#tailInput());
    this.node.addEventListener("keydown", (event) => this.#key(event));
    for (const option of this.entry.options) {
      if (option.required || this.values.has(option.name)) this.#add(option, this.values.get(option.name));
    }
    this.#tailHint();
  }

  /** Puts the caret where something is missing, or at `name`, or behind the pills. */
  focus(name = null) {
    const missing = [...this.#fields.values()].find((f) => f.option.required && !f.input.value && !f.file);
    (this.#fields.get(name) ?? missing ?? { input: this.tail }).input.focus();
  }

  /** What is filled in now, so that the command can be brought back later. */
  snapshot() {
    const kept = [...this.#fields].filter(([, f]) => f.input.value && f.option.type !== TYPE.ATTACHMENT);
    return new Map(kept.map(([name, f]) => [name, { text: f.input.value, picked: f.picked }]));
  }

  /** Checks every option; sends when all are right, and shows what is wrong otherwise. */
  submit() {
    const leaves = [];
    const attachments = {};
    let wrong = null;
    for (const [name, field] of this.#fields) {
      const result = field.option.type === TYPE.ATTACHMENT ? fileResult(field) : check(field.option, field.input.value, field.picked, this.store);
      this.#setError(field, result.error ?? null);
      if (result.error) wrong ??= field;
      else if (!result.empty) leaves.push({ name, type: field.option.type, value: result.value });
      if (field.file?.id) attachments[name] = field.file.id;
    }
    if (wrong) {
      wrong.input.focus();
      return;
    }
    this.picker.hide();
    this.onSend({ options: wrapOptions(this.entry, leaves), attachments });
  }

  // --- pills -----------------------------------------------------------------------------------

  get #left() {
    return this.entry.options.filter((option) => !this.#fields.has(option.name));
  }

  #add(option, given = null) {
    const id = `option-${option.name}`;
    const isFile = option.type === TYPE.ATTACHMENT;
    const input = isFile
      ? h("button.pill-file", { type: "button", id, "data-testid": id }, "Choose a file")
      : h("input", {
          type: "text", id, role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false", "aria-describedby": `${id}-error`,
          inputmode: [TYPE.INTEGER, TYPE.NUMBER].includes(option.type) ? "decimal" : null, "data-testid": id, value: given?.text ?? "",
        });
    const error = h("span.pill-error", { id: `${id}-error`, role: "alert" });
    const remove = !option.required && h("button.pill-remove", { type: "button", tabindex: -1, "aria-label": `Remove ${option.name}`, onclick: () => this.#remove(option.name) }, icon("close", 14));
    const pill = h("div.pill", { "data-option": option.name }, h("label", { for: id }, option.name), input, remove, error);
    const field = { option, input, pill, error, picked: given?.picked ?? null, file: null, sending: null };
    this.#fields.set(option.name, field);
    this.pills.insertBefore(pill, this.tail);
    this.#fit(input);
    input.addEventListener("focus", () => this.#fieldList(field));
    input.addEventListener("click", () => (isFile ? this.#chooseFile(field) : this.#fieldList(field)));
    input.addEventListener("input", () => {
      field.picked = null;
      this.#setError(field, null);
      this.#fit(input);
      this.#fieldList(field);
    });
    input.addEventListener("blur", () => {
      if (input.value && !isFile) this.#setError(field, check(option, input.value, field.picked, this.store).error ?? null);
    });
    this.#tailHint();
    return field;
  }

  #remove(name) {
    const field = this.#fields.get(name);
    const all = [...this.#fields.keys()];
    const before = all[all.indexOf(name) - 1];
    this.#fields.delete(name);
    field.pill.remove();
    this.#tailHint();
    (this.#fields.get(before)?.input ?? this.tail).focus();
  }

  #setError(field, text) {
    field.error.textContent = text ?? "";
    field.pill.classList.toggle("wrong", Boolean(text));
    field.input.setAttribute("aria-invalid", String(Boolean(text)));
  }

  #fit(input) {
    if (input.nodeName === "INPUT") input.size = Math.max(3, Math.min(input.value.length + 1, 34));
  }

  #tailHint() {
    const count = this.#left.length;
    this.tail.placeholder = count ? `+${count} optional` : "";
    this.tail.size = Math.max(6, this.tail.placeholder.length);
  }

  #next(field) {
    const rest = [...this.#fields.values()];
    const later = rest.slice(rest.indexOf(field) + 1).find((f) => !f.input.value && !f.file);
    (later?.input ?? this.tail).focus();
  }

  // --- what the panel shows --------------------------------------------------------------------

  #title(option) {
    return [h("strong", null, option.name), h("span", null, option.description), h("small", null, describe(option))];
  }

  #fieldList(field) {
    if (document.activeElement !== field.input) return;
    const { option, input } = field;
    const title = this.#title(option);
    if (option.autocomplete) {
      this.#ask(field, title);
      return;
    }
    // A chosen value is no filter: coming back to it shows all there is to choose from.
    const all = option.type === TYPE.ATTACHMENT ? [] : suggestions(option, this.store);
    const list = narrow(all, field.picked ? "" : input.value).slice(0, LISTED);
    const note = all.length && !list.length ? "Nothing fits what you typed." : null;
    this.#showList(field, title, list, note);
  }

  #showList(field, title, list, note) {
    const items = list.map((choice) => ({
      main: choice.name, detail: choice.detail,
      mark: choice.user && h("img.avatar.tiny", { src: avatarUrl(choice.user), alt: "" }),
      onPick: () => this.#choose(field, choice),
    }));
    const at = field.picked ? list.findIndex((c) => c.value === field.picked.value) : 0;
    this.picker.show({ input: field.input, title, note, items, active: at, label: `Choices for ${field.option.name}` });
  }

  #choose(field, choice) {
    field.input.value = choice.name;
    field.picked = { name: choice.name, value: choice.value };
    this.#setError(field, null);
    this.#fit(field.input);
    this.#next(field);
  }

  #ask(field, title) {
    const question = (this.#lookup += 1);
    clearTimeout(this.#timer);
    this.#showList(field, title, [], "Looking…");
    this.#timer = setTimeout(async () => {
      const { option, input } = field;
      const leaves = [];
      for (const [name, other] of this.#fields) {
        if (other === field) {
          leaves.push({ name, type: option.type, value: field.picked ? "" : input.value, focused: true });
          continue;
        }
        const result = check(other.option, other.input.value, other.picked, this.store);
        if ("value" in result && !other.file) leaves.push({ name, type: other.option.type, value: result.value });
      }
      const choices = await this.actions.autocomplete({ commandId: this.entry.commandId, options: wrapOptions(this.entry, leaves) });
      if (question !== this.#lookup || document.activeElement !== input) return;
      const note = choices === null ? "The choices could not be loaded. What you type is sent as it is." : choices.length ? null : "Nothing fits what you typed.";
      this.#showList(field, title, choices ?? [], note);
    }, AUTOCOMPLETE_PAUSE_MS);
  }

  #tailList() {
    const wanted = this.tail.value.trim().toLowerCase();
    const fits = this.#left.filter((o) => o.name.includes(wanted));
    const items = fits.map((option) => ({
      main: option.name, detail: option.description, aside: describe(option),
      onPick: () => {
        this.tail.value = "";
        this.#add(option).input.focus();
      },
    }));
    const note = this.#left.length ? (fits.length ? null : "No option of that name is left.") : "Everything is set. Enter sends it.";
    const title = [h("strong", null, `/${this.entry.name}`), h("span", null, this.entry.description), h("small", null, "Enter sends")];
    this.picker.show({ input: this.tail, title, note, items, active: wanted ? 0 : -1, label: "Options to add" });
  }

  #tailInput() {
    const typed = /^\s*([\w-]+):\s*(.*)$/s.exec(this.tail.value);
    const option = typed && this.#left.find((o) => o.name === typed[1].toLowerCase());
    if (option) {
      this.tail.value = "";
      const field = this.#add(option, { text: typed[2] });
      field.input.focus();
    } else this.#tailList();
  }

  /** Takes a file that was dropped or pasted, if an option wants one: true if it found its place. */
  takeFile(file) {
    const open = [...this.#fields.values()].find((f) => f.option.type === TYPE.ATTACHMENT && !f.file);
    const left = this.#left.find((option) => option.type === TYPE.ATTACHMENT);
    const field = open ?? (left && this.#add(left));
    if (field) this.#upload(field, file);
    return Boolean(field);
  }

  #chooseFile(field) {
    const chooser = h("input", { type: "file" });
    chooser.addEventListener("change", () => chooser.files[0] && this.#upload(field, chooser.files[0]));
    chooser.click();
  }

  async #upload(field, file) {
    field.file = null;
    field.sending = file; // the newest choice counts: an upload that was overtaken is dropped
    field.input.textContent = `Uploading ${shortName(file.name)}…`;
    this.#setError(field, null);
    try {
      const [record] = await upload([file]);
      if (field.sending !== file) return;
      field.file = record;
      field.input.textContent = `${shortName(record.filename)} · ${bytes(file.size)}`;
      this.#next(field);
    } catch (error) {
      if (field.sending !== file) return;
      field.input.textContent = "Choose a file";
      this.#setError(field, error.message);
    }
    field.sending = null;
  }

  // --- keys ------------------------------------------------------------------------------------

  #key(event) {
    const field = [...this.#fields.values()].find((f) => f.input === event.target);
    const act = this.#actionFor(event, field);
    if (!act) return;
    event.preventDefault();
    act();
  }

  #actionFor(event, field) {
    const { target, key } = event;
    const isInput = target.nodeName === "INPUT";
    if (event.isComposing) return null;
    switch (key) {
      case "ArrowDown":
      case "ArrowUp":
        return () => this.picker.move(key === "ArrowDown" ? 1 : -1);
      case "Enter":
        if (!isInput && field) return null;
        return () => (this.picker.hasActive && !field?.picked && this.picker.pick()) || this.submit();
      case "Tab":
        if (event.shiftKey || !isInput) return null;
        if (field && !field.picked && field.input.value && this.picker.hasActive) return () => this.picker.pick();
        if (field) return () => this.#next(field);
        return this.picker.hasActive ? () => this.picker.pick() : null;
      case "Escape":
        return () => (this.picker.open ? this.picker.hide() : this.onLeave(""));
      case " ":
        // A number or a choice has no spaces: the next word is the next option.
        if (field?.input.value && [TYPE.INTEGER, TYPE.NUMBER, TYPE.BOOLEAN].includes(field.option.type)) return () => this.#next(field);
        return null;
      case "Backspace":
        if (target.value) return null;
        return () => this.#back(field);
      case "ArrowLeft":
        if (!isInput || target.selectionStart || target.selectionEnd) return null;
        return () => this.#step(target, -1);
      case "ArrowRight":
        if (!isInput || target.selectionStart < target.value.length) return null;
        return () => this.#step(target, 1);
      default:
        return null;
    }
  }

  #back(field) {
    if (field && !field.option.required) this.#remove(field.option.name);
    else if (!field && this.#fields.size) [...this.#fields.values()].at(-1).input.focus();
    else if (!field || [...this.#fields.values()][0] === field) this.onLeave(`/${this.entry.name}`);
    else this.#step(field.input, -1);
  }

  #step(target, by) {
    const stops = [...this.pills.querySelectorAll("input, .pill-file")];
    stops[stops.indexOf(target) + by]?.focus();
  }
}

/** A long name with its end, which says what kind of file it is. */
const shortName = (name) => (name.length > 28 ? `${name.slice(0, 15)}…${name.slice(-10)}` : name);

function fileResult(field) {
  if (field.sending) return { error: "The file is still on its way up. One moment." };
  if (field.file) return { value: field.file.id };
  return field.option.required ? { error: "Choose a file first." } : { empty: true };
}
