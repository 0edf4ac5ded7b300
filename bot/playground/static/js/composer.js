// Where a member types: plain messages with files, and the way into slash commands.

import { CommandForm } from "./command-form.js";
import { check, commandAtStart, describe, flatten, parse, search, wrapOptions } from "./commands.js";
import { announce, h } from "./dom.js";
import { icon } from "./icons.js";
import { summary } from "./message.js";
import { upload } from "./socket.js";
import { displayName } from "./state.js";
import { Picker } from "./picker.js";
import { bytes } from "./times.js";

const TYPING_EVERY_MS = 8000;
const MAX_FILES = 10;
const MAX_LENGTH = 2000;

export class Composer {
  #form = null;
  #files = []; // [{file, record|null, error|null}]
  #replyTo = null;
  #last = null; // the last command, for the up arrow: {name, values}
  #drafts = new Map();
  #channelId = null;
  #typedAt = 0;

  constructor(store, actions) {
    Object.assign(this, { store, actions });
    const byId = (id) => document.getElementById(id);
    this.root = byId("composer");
    this.input = byId("message-input");
    this.slot = byId("command-slot");
    this.staged = byId("staged");
    this.replyBar = byId("reply-bar");
    this.problem = byId("composer-problem");
    this.send = byId("send");
    this.picker = new Picker(byId("picker"));
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("paste", (event) => this.#paste(event));
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.picker.hide();
    });
    byId("attach").addEventListener("click", () => this.#chooseFiles());
    this.#acceptDrops(byId("main"));
    store.on("active", () => this.#switchChannel());
    store.on("hello", () => this.#labels());
    actions.onMessageRefused = ({ content, message }) => {
      if (!this.input.value && !this.#form) this.input.value = content;
      this.#say(message);
      this.#grow();
    };
  }

  get #entries() {
    return flatten(this.store.commands, this.store.isDm(this.store.active));
  }

  focus() {
    if (this.#form) this.#form.focus();
    else this.input.focus();
  }

  /** Opens a command as pills, with nothing sent yet. */
  startCommand(name, values = new Map(), focusOn = null) {
    const entry = this.#entries.find((e) => e.name === name);
    if (!entry) {
      this.#leaveCommand(`/${name} `);
      return null;
    }
    this.#say(null);
    this.#form?.node.remove();
    this.input.value = "";
    this.#grow();
    this.#form = new CommandForm({
      entry, values, picker: this.picker, store: this.store, actions: this.actions,
      onSend: (filled) => this.#sendCommand(entry, filled, this.#form.snapshot()),
      onLeave: (text) => this.#leaveCommand(text),
    });
    this.root.classList.add("commanding");
    this.slot.replaceChildren(this.#form.node);
    this.#form.focus(focusOn);
    this.#sendState();
    return this.#form;
  }

  replyTo(entry) {
    this.#leaveCommand(this.input.value);
    this.#replyTo = entry.id;
    this.replyBar.hidden = false;
    this.replyBar.replaceChildren(
      h("span", null, "Replying to ", h("strong", null, displayName(entry.raw.author)), ` ${summary(entry.raw).slice(0, 90)}`),
      h("button.icon-button", { type: "button", "aria-label": "Do not reply", onclick: () => this.#endReply() }, icon("close", 16)));
    this.input.focus();
  }

  // --- typing ----------------------------------------------------------------------------------

  #typed() {
    this.#say(null);
    this.#grow();
    this.#suggest();
    if (!this.input.value.startsWith("/") && this.input.value && Date.now() - this.#typedAt > TYPING_EVERY_MS) {
      this.#typedAt = Date.now();
      this.actions.typing();
    }
  }

  #suggest() {
    const text = this.input.value;
    if (!text.startsWith("/") || text.includes("\n")) {
      this.picker.hide();
      return;
    }
    const entries = this.#entries;
    const begun = commandAtStart(text, entries);
    if (begun && text.replace(/\s+/g, " ").length > begun.name.length + 1) {
      this.#suggestOptions(begun, entries);
      return;
    }
    const found = search(text.slice(1), entries);
    const items = found.map((entry) => ({
      main: `/${entry.name}`, detail: entry.description,
      aside: entry.options.filter((o) => o.required).map((o) => o.name).join(" "),
      onPick: () => this.#choose(entry),
    }));
    const offline = !this.store.bot.online;
    const note = items.length ? null : offline ? "The bot is offline, so there are no commands right now." : `No command fits “${text}”.`;
    this.picker.show({ input: this.input, title: [h("strong", null, "Commands")], note, items, label: "Commands" });
  }

  /** A whole command stands in the text: the panel shows its options and which of them are set. */
  #suggestOptions(entry, entries) {
    const values = new Map([...parse(this.input.value, entries).values].map(([name, text]) => [name, { text }]));
    const items = entry.options.map((option) => ({
      main: option.name, detail: option.description, aside: describe(option),
      mark: values.has(option.name) ? icon("check", 16) : null,
      onPick: () => {
        if (!values.has(option.name)) values.set(option.name, { text: "" });
        this.startCommand(entry.name, values, option.name);
      },
    }));
    const title = [h("strong", null, `/${entry.name}`), h("span", null, entry.description), h("small", null, "Enter sends, Tab fills in")];
    const note = items.length ? null : "This command has no options.";
    this.picker.show({ input: this.input, title, note, items, active: -1, label: `Options of ${entry.name}` });
  }

  #choose(entry) {
    const typedWhole = this.input.value.trim() === `/${entry.name}`;
    this.startCommand(entry.name);
    if (typedWhole && !entry.options.length) this.#form.submit();
  }

  #key(event) {
    if (event.isComposing) return;
    const commanding = this.input.value.startsWith("/");
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!this.picker.pick()) this.#submit();
    } else if (event.key === "Tab" && commanding && !event.shiftKey) {
      event.preventDefault();
      if (this.picker.pick()) return;
      const read = parse(this.input.value, this.#entries);
      if (read) this.startCommand(read.entry.name, new Map([...read.values].map(([name, text]) => [name, { text }])));
    } else if (event.key === "Escape") {
      if (this.picker.open) this.picker.hide();
      else if (this.#replyTo) this.#endReply();
    } else if (event.key === "ArrowUp" && !this.input.value && this.#last) {
      event.preventDefault();
      this.startCommand(this.#last.name, this.#last.values);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.picker.move(event.key === "ArrowDown" ? 1 : -1)) {
      event.preventDefault();
    }
  }

  // --- sending ---------------------------------------------------------------------------------

  #submit() {
    if (this.#form) this.#form.submit();
    else if (this.input.value.startsWith("/")) this.#submitTyped();
    else this.#sendMessage();
  }

  /** "/run cnn epochs:3" typed out: sent as it is when every option is right, else shown as pills with the errors. */
  #submitTyped() {
    const read = parse(this.input.value, this.#entries);
    if (!read) {
      this.picker.hide();
      const near = search(this.input.value.slice(1).split(" ")[0], this.#entries)[0];
      this.#say(`There is no command ${this.input.value.split(/\s/)[0]} here.${near ? ` Did you mean /${near.name}?` : ""}`);
      return;
    }
    const { entry, values } = read;
    const results = entry.options.map((option) => [option, check(option, values.get(option.name), null, this.store)]);
    const given = new Map([...values].map(([name, text]) => [name, { text }]));
    const usesFile = entry.options.some((option) => option.type === 11 && values.has(option.name));
    if (usesFile || results.some(([, result]) => result.error)) {
      this.startCommand(entry.name, given)?.submit();
      return;
    }
    const leaves = results.filter(([, r]) => !r.empty).map(([option, r]) => ({ name: option.name, type: option.type, value: r.value }));
    this.#sendCommand(entry, { options: wrapOptions(entry, leaves), attachments: {} }, given);
  }

  #sendCommand(entry, { options, attachments }, values) {
    this.#last = { name: entry.name, values };
    this.#leaveCommand("");
    this.picker.hide();
    this.actions.command({ name: entry.name, commandId: entry.commandId, options, attachments });
  }

  #leaveCommand(text) {
    this.#form?.node.remove();
    this.#form = null;
    this.root.classList.remove("commanding");
    this.input.value = text;
    this.#grow();
    this.#sendState();
    this.input.focus();
    if (text.startsWith("/")) this.#suggest();
    else this.picker.hide();
  }

  #sendMessage() {
    const content = this.input.value.trim();
    const waiting = this.#files.some((f) => !f.record && !f.error);
    const uploads = this.#files.filter((f) => f.record).map((f) => f.record);
    if (waiting) return this.#say("A file is still on its way up. One moment.");
    if (!content && !uploads.length) return null;
    if (content.length > MAX_LENGTH) return this.#say(`A message has at most ${MAX_LENGTH} characters; this one has ${content.length}.`);
    if (!this.actions.message({ content, uploads, replyTo: this.#replyTo })) {
      return this.#say("The playground is not connected right now. Your message stays here until it is.");
    }
    this.input.value = "";
    this.#files = [];
    this.#drawFiles();
    this.#endReply();
    this.#grow();
    return null;
  }

  // --- files -----------------------------------------------------------------------------------

  #chooseFiles() {
    const chooser = h("input", { type: "file", multiple: true });
    chooser.addEventListener("change", () => this.#stage([...chooser.files]));
    chooser.click();
  }

  #paste(event) {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    this.#stage(files);
  }

  #acceptDrops(zone) {
    zone.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("dropping");
    });
    zone.addEventListener("dragleave", (event) => zone.contains(event.relatedTarget) || zone.classList.remove("dropping"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("dropping");
      this.#stage([...event.dataTransfer.files]);
    });
  }

  #stage(files) {
    // With a command open a file is meant for the option that wants one.
    if (this.#form && files.length && this.#form.takeFile(files[0])) return;
    const room = MAX_FILES - this.#files.length;
    if (files.length > room) this.#say(`A message carries at most ${MAX_FILES} files.`);
    for (const file of files.slice(0, room)) {
      const staged = { file, record: null, error: null };
      this.#files.push(staged);
      upload([file])
        .then(([record]) => (staged.record = record))
        .catch((error) => (staged.error = error.message))
        .finally(() => this.#drawFiles());
    }
    this.#drawFiles();
    this.input.focus();
  }

  #drawFiles() {
    this.staged.hidden = !this.#files.length;
    this.staged.replaceChildren(...this.#files.map((staged) => {
      const { file, record, error } = staged;
      const drop = () => {
        this.#files = this.#files.filter((f) => f !== staged);
        this.#drawFiles();
      };
      return h(`li.staged-file${error ? ".wrong" : ""}`, null, icon("file", 18), h("span.name", null, file.name),
        h("small", null, error ?? (record ? bytes(file.size) : "uploading…")),
        h("button.icon-button", { type: "button", "aria-label": `Take ${file.name} away`, onclick: drop }, icon("close", 16)));
    }));
    this.#sendState();
  }

  // --- the small things ------------------------------------------------------------------------

  #say(text) {
    this.problem.textContent = text ?? "";
    this.problem.hidden = !text;
    if (text) announce(text);
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, innerHeight / 3)}px`;
    this.#sendState();
  }

  #sendState() {
    this.send.disabled = !this.#form && !this.input.value.trim() && !this.#files.some((f) => f.record);
  }

  #endReply() {
    this.#replyTo = null;
    this.replyBar.hidden = true;
  }

  #switchChannel() {
    if (this.#channelId) this.#drafts.set(this.#channelId, this.#form ? "" : this.input.value);
    this.#channelId = this.store.activeId;
    this.#form?.node.remove();
    this.#form = null;
    this.root.classList.remove("commanding");
    this.#endReply();
    this.#say(null);
    this.picker.hide();
    this.input.value = this.#drafts.get(this.#channelId) ?? "";
    this.#labels();
    this.#grow();
    if (matchMedia("(hover: hover)").matches) this.input.focus();
  }

  #labels() {
    const { store } = this;
    if (!store.active) return;
    const place = store.isDm(store.active) ? store.channelName(store.active) : `#${store.active.name}`;
    const roomy = matchMedia("(min-width: 600px)").matches;
    this.input.placeholder = roomy ? `Message ${place}, or / for commands` : "Message, or / for commands";
    this.input.setAttribute("aria-label", `Message ${place}`);
  }
}
