// The fields of a modal. Each is {node, isGroup, focus(), error() → string|null, value() → {value}|{values}}.

import { C, defaultValues, isSelect, select, selectOptions } from "./components.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openSelect } from "./select.js";
import { upload } from "./socket.js";
import { bytes } from "./times.js";

/** Makes the field for a raw component of a modal. */
export function renderField(component, context) {
  switch (component.type) {
    case C.TEXT_INPUT:
      return textInput(component, context);
    case C.RADIO:
    case C.CHECKBOXES:
      return optionGroup(component, context);
    case C.CHECKBOX:
      return checkbox(component, context);
    case C.FILE_UPLOAD:
      return fileUpload(component, context);
    default:
      if (isSelect(component)) return selectField(component, context);
      throw new Error(`This page does not know modal components of type ${component.type}.`);
  }
}

const REQUIRED = "Please fill this in.";
const isRequired = (component) => component.required ?? true;

function textInput(component, { id, described }) {
  const paragraph = component.style === 2;
  const input = h(paragraph ? "textarea" : "input", {
    id, type: paragraph ? null : "text", rows: paragraph ? 5 : null, placeholder: component.placeholder, autocomplete: "off",
    maxlength: component.max_length ?? 4000, "aria-describedby": described, "aria-required": String(isRequired(component)),
  });
  input.value = component.value ?? "";
  const limit = component.max_length;
  const counter = limit && h("small.counter", { "aria-hidden": "true" });
  const count = () => counter && (counter.textContent = `${input.value.length} / ${limit}`);
  input.addEventListener("input", count);
  count();
  return {
    node: h("div.text-input", null, input, counter),
    focus: () => input.focus(),
    value: () => ({ value: input.value }),
    error: () => {
      const length = input.value.trim().length;
      if (!length) return isRequired(component) ? REQUIRED : null;
      if (component.min_length && length < component.min_length) return `At least ${component.min_length} characters, please; this has ${length}.`;
      return null;
    },
  };
}

function selectField(component, { id, label, store }) {
  let chosen = defaultValues(component);
  const node = h("div.select-field");
  const draw = () => node.replaceChildren(select(component, { busy: new Set(), store, chosen, id }));
  const min = isRequired(component) ? (component.min_values ?? 1) : 0;
  node.addEventListener("click", (event) => {
    const anchor = event.target.closest("[data-act=select]");
    if (!anchor) return;
    openSelect({
      anchor, title: label, options: selectOptions(component, store), chosen, min, max: component.max_values ?? 1,
      onCommit: (values) => {
        chosen = values;
        draw();
        node.firstChild.focus();
        node.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
  });
  draw();
  return {
    node,
    focus: () => node.firstChild.focus(),
    value: () => ({ values: chosen }),
    error: () => (chosen.length < min ? (min === 1 ? "Please choose one." : `Please choose at least ${min}.`) : null),
  };
}

function optionGroup(component, { id, described }) {
  const single = component.type === C.RADIO;
  const inputs = component.options.map((option, index) =>
    h("input", { type: single ? "radio" : "checkbox", name: id, id: `${id}-${index}`, value: option.value, checked: Boolean(option.default) }));
  const node = h("div.option-group", { id, role: single ? "radiogroup" : "group", "aria-labelledby": `${id}-label`, "aria-describedby": described },
    component.options.map((option, index) =>
      h("label.option-line", { for: `${id}-${index}` }, inputs[index], h("span", null, option.label, option.description && h("small", null, option.description)))));
  const picked = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const min = isRequired(component) ? (component.min_values ?? 1) : 0;
  const max = component.max_values ?? component.options.length;
  return {
    node,
    isGroup: true,
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0]).focus(),
    value: () => (single ? { value: picked()[0] ?? null } : { values: picked() }),
    error: () => {
      const count = picked().length;
      if (count < min) return min === 1 ? "Please choose one." : `Please choose at least ${min}.`;
      return !single && count > max ? `Please choose at most ${max}.` : null;
    },
  };
}

function checkbox(component, { id, label, described }) {
  const input = h("input", { type: "checkbox", id, checked: Boolean(component.default), "aria-label": label, "aria-describedby": described });
  return {
    node: h("div.checkbox-field", null, input),
    focus: () => input.focus(),
    value: () => ({ value: input.checked }),
    error: () => null,
  };
}

function fileUpload(component, { id, described }) {
  const max = component.max_values ?? 1;
  const min = isRequired(component) ? (component.min_values ?? 1) : 0;
  let files = []; // the server's records
  let problem = null;
  let uploading = false;
  const input = h("input.unseen", { type: "file", id, multiple: max > 1, "aria-describedby": described });
  const list = h("ul.staged");
  const drop = h("label.drop", { for: id }, icon("plus", 18), max > 1 ? `Choose up to ${max} files` : "Choose a file");
  const draw = () => list.replaceChildren(...files.map((file) =>
    h("li.staged-file", null, icon("file", 18), h("span.name", null, file.filename), h("small", null, bytes(file.size)),
      h("button.icon-button", { type: "button", "aria-label": `Take ${file.filename} away`, onclick: () => { files = files.filter((f) => f !== file); draw(); } }, icon("close", 16)))));
  input.addEventListener("change", async () => {
    const wanted = [...input.files];
    if (!wanted.length) return;
    uploading = true;
    drop.classList.add("busy");
    try {
      const records = await upload(wanted);
      files = (max > 1 ? [...files, ...records] : records).slice(0, max);
      problem = null;
    } catch (error) {
      problem = error.message;
    }
    uploading = false;
    drop.classList.remove("busy");
    input.value = "";
    draw();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return {
    node: h("div.file-field", null, input, drop, list),
    focus: () => input.focus(),
    value: () => ({ values: files.map((file) => file.id) }),
    error: () => {
      if (problem) return problem;
      if (uploading) return "A file is still on its way up. One moment.";
      return files.length < min ? (min === 1 ? "Please choose a file." : `Please choose at least ${min} files.`) : null;
    },
  };
}
