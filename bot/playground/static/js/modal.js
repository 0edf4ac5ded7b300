// A modal of the bot as a dialog: labels with their fields, checked before they are sent.

import { h, trapTab } from "./dom.js";
import { renderField } from "./fields.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { avatarUrl, displayName } from "./state.js";
import { C } from "./components.js";

export class ModalHost {
  #dialog = null;

  constructor(store, actions) {
    Object.assign(this, { store, actions });
    actions.onModal = (frame) => this.open(frame);
  }

  /** Shows a MODAL frame of the server. */
  open({ interaction_id: interactionId, custom_id: customId, title, components }) {
    this.#dialog?.close();
    const { bot } = this.store;
    const parts = components.map((component) => renderPart(component, this.store)).filter(Boolean);
    const problem = h("p.modal-problem", { role: "alert" });
    const submit = h("button.button.primary", { type: "submit", "data-testid": "modal-submit" }, "Submit");
    const cancel = () => dialog.close();
    const form = h("form", { novalidate: true },
      h("header", null, h("img.avatar", { src: avatarUrl(bot.user), alt: "" }),
        h("h2", { id: "modal-title" }, title),
        h("button.icon-button", { type: "button", "aria-label": "Close", onclick: cancel }, icon("close"))),
      h("div.modal-body", null, parts.map((part) => part.node), problem),
      h("footer", null,
        h("small", null, `This form goes to ${displayName(bot.user)}.`),
        h("button.button.secondary", { type: "button", onclick: cancel }, "Cancel"), submit));
    const dialog = h("dialog.modal", { "aria-labelledby": "modal-title", "data-testid": "modal" }, form);

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      problem.textContent = "";
      const wrong = parts.filter((part) => part.field).filter((part) => !showError(part));
      if (wrong.length) {
        wrong[0].field.focus();
        return;
      }
      submit.disabled = true;
      submit.setAttribute("aria-busy", "true");
      this.actions.submitModal({ interactionId, customId, components: parts.map((part) => part.raw()).filter(Boolean) }, {
        done: () => dialog.close(),
        failed: (why) => {
          submit.disabled = false;
          submit.removeAttribute("aria-busy");
          problem.textContent = why;
        },
      });
    });
    dialog.addEventListener("keydown", (event) => trapTab(event, dialog));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (this.#dialog === dialog) this.#dialog = null;
    });
    this.#dialog = dialog;
    document.body.append(dialog);
    dialog.showModal();
    (parts.find((part) => part.field)?.field ?? submit).focus();
  }
}

/** Shows what is wrong with a part, or takes the words away. @returns {boolean} whether it is right */
function showError(part) {
  const text = part.field.error();
  part.message.textContent = text ?? "";
  part.node.classList.toggle("wrong", Boolean(text));
  return !text;
}

/** One line of a modal: {node, raw(), field?, message?}. */
function renderPart(component, store) {
  switch (component.type) {
    case C.TEXT:
      return {
        node: h("div.markdown", null, markdown(component.content, store.people)),
        raw: () => ({ type: C.TEXT, id: component.id }),
      };
    case C.ROW: {
      // The older shape: a row around one text input that carries its own label.
      const [inner] = component.components;
      return labelled(inner, inner.label, null, store, (value) => ({ type: C.ROW, id: component.id, components: [value] }));
    }
    case C.LABEL:
      return labelled(component.component, component.label, component.description, store, (value) => ({
        type: C.LABEL, id: component.id, component: value,
      }));
    default:
      return null;
  }
}

let counter = 0;

function labelled(inner, label, description, store, wrap) {
  const id = `field-${(counter += 1)}`;
  const message = h("p.field-error", { id: `${id}-error`, role: "alert" });
  const described = [description && `${id}-about`, `${id}-error`].filter(Boolean).join(" ");
  const field = renderField(inner, { id, label, described, store });
  const required = inner.required ?? inner.type !== C.CHECKBOX;
  const words = [label, required && inner.type !== C.CHECKBOX && h("span.required", { "aria-hidden": "true" }, " *")];
  const heading = field.isGroup ? h("span.field-label", { id: `${id}-label` }, words) : h("label.field-label", { for: id, id: `${id}-label` }, words);
  const about = description && h("p.field-about", { id: `${id}-about` }, description);
  const node = h("div.field", { "data-testid": `field-${inner.custom_id}` }, heading, about, field.node, message);
  const part = { node, field, message, raw: () => wrap({ id: inner.id, type: inner.type, custom_id: inner.custom_id, ...field.value() }) };
  node.addEventListener("input", () => node.classList.contains("wrong") && showError(part));
  return part;
}
