// Discord's message components (V2 and the older rows) to DOM nodes. Nothing here listens: a press is found by
// its data-act, so that a live edit can patch these nodes in place.

import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { fileCard, gallery, picture, resolveMedia } from "./media.js";
import { displayName } from "./state.js";

export const C = {
  ROW: 1, BUTTON: 2, STRING_SELECT: 3, TEXT_INPUT: 4, USER_SELECT: 5, ROLE_SELECT: 6, MENTIONABLE_SELECT: 7,
  CHANNEL_SELECT: 8, SECTION: 9, TEXT: 10, THUMBNAIL: 11, GALLERY: 12, FILE: 13, SEPARATOR: 14, CONTAINER: 17,
  LABEL: 18, FILE_UPLOAD: 19, RADIO: 21, CHECKBOXES: 22, CHECKBOX: 23,
};
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary" };
const PLACEHOLDERS = { 3: "Choose an option", 5: "Choose a member", 6: "Choose a role", 7: "Choose somebody", 8: "Choose a channel" };

export const isSelect = (component) => [3, 5, 6, 7, 8].includes(component.type);

/**
 * Renders a message's components.
 * @param {object[]} components Discord's raw components
 * @param {{people: object, attachments: object[], busy: Set<string>, store: object}} context
 */
export function renderComponents(components, context) {
  return components.map((component) => renderOne(component, context)).filter(Boolean);
}

function renderOne(component, context) {
  switch (component.type) {
    case C.CONTAINER:
      return container(component, context);
    case C.TEXT:
      return h("div.markdown.text-display", null, markdown(component.content ?? "", context.people));
    case C.SECTION:
      return h("div.section", null,
        h("div.section-text", null, renderComponents(component.components ?? [], context)),
        component.accessory && h("div.section-accessory", null, renderOne(component.accessory, context)));
    case C.THUMBNAIL:
      return picture(resolveMedia(component.media, context.attachments), {
        small: true, alt: component.description, spoiler: component.spoiler,
      });
    case C.GALLERY:
      return gallery(component.items ?? [], context.attachments);
    case C.FILE:
      return fileCard({ ...resolveMedia(component.file, context.attachments), ...(component.name && { filename: component.name }), ...(component.size && { size: component.size }) });
    case C.SEPARATOR:
      return h(`hr.separator${component.spacing === 2 ? ".large" : ""}${component.divider === false ? ".plain" : ""}`);
    case C.ROW:
      return h("div.row", null, renderComponents(component.components ?? [], context));
    case C.BUTTON:
      return button(component, context);
    default:
      return isSelect(component) ? select(component, context) : null;
  }
}

function container(component, context) {
  const colour = component.accent_color;
  const accent = colour === null || colour === undefined ? null : `#${colour.toString(16).padStart(6, "0")}`;
  const veil = component.spoiler ? { "data-act": "reveal", role: "button", tabindex: 0, "aria-label": "Hidden card: show it" } : {};
  return h(
    `div.container${accent ? ".accented" : ""}${component.spoiler ? ".veiled" : ""}`,
    { style: accent ? { "--accent": accent } : null, ...veil },
    renderComponents(component.components ?? [], context),
  );
}

/** An emoji as Discord sends it in a component: a character, or a picture of the server's. */
export function emoji(data) {
  if (!data) return null;
  if (!data.id) return h("span.emoji-char", { "aria-hidden": "true" }, data.name);
  return h("img.emoji", { src: `/cdn/emojis/${data.id}.${data.animated ? "gif" : "png"}`, alt: data.name ?? "" });
}

function button(component, { busy }) {
  const style = STYLES[component.style] ?? "secondary";
  const label = [emoji(component.emoji), component.label && h("span.label", null, component.label)];
  const name = component.label ? null : component.emoji?.name;
  if (component.style === 5) {
    const href = safeUrl(component.url);
    const off = component.disabled || !href;
    return h("a.button.link", {
      href: off ? null : href, target: "_blank", rel: "noopener noreferrer", role: "link",
      "aria-disabled": off ? "true" : null, "aria-label": name,
    }, label, icon("external", 15));
  }
  const waiting = busy.has(component.custom_id);
  return h(`button.button.${style}`, {
    type: "button", "data-act": "component", "data-custom-id": component.custom_id, disabled: Boolean(component.disabled),
    "aria-busy": waiting ? "true" : null, "aria-label": name, "data-testid": "component-button",
  }, label, waiting && h("span.spinner", { "aria-hidden": "true" }));
}

/** What is chosen in a select before anyone touches it: [value…]. */
export function defaultValues(component) {
  if (component.type === C.STRING_SELECT) return (component.options ?? []).filter((o) => o.default).map((o) => o.value);
  return (component.default_values ?? []).map((value) => value.id);
}

/** The options of any select as [{value, label, description, emoji, user}]. */
export function selectOptions(component, store) {
  const users = () => [...store.members, store.bot.user].filter(Boolean)
    .map((user) => ({ value: user.id, label: displayName(user), description: `@${user.username}`, user }));
  const roles = () => (store.guild?.roles ?? []).map((role) => ({ value: role.id, label: role.name }));
  switch (component.type) {
    case C.USER_SELECT:
      return users();
    case C.ROLE_SELECT:
      return roles();
    case C.MENTIONABLE_SELECT:
      return [...users(), ...roles()];
    case C.CHANNEL_SELECT:
      return store.order.map((id) => store.channels.get(id))
        .filter((channel) => !component.channel_types?.length || component.channel_types.includes(channel.type))
        .map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
    default:
      return component.options ?? [];
  }
}

/** The closed state of a select: what is chosen, or what to do. */
export function select(component, { busy, store, chosen = defaultValues(component), id = null }) {
  const labels = selectOptions(component, store).filter((o) => chosen.includes(o.value));
  const waiting = busy.has(component.custom_id);
  const placeholder = component.placeholder || PLACEHOLDERS[component.type];
  const words = labels.length ? labels.map((o) => o.label).join(", ") : placeholder;
  return h(`button.select${labels.length ? ".set" : ""}`, {
    type: "button", id, "data-act": "select", "data-custom-id": component.custom_id, disabled: Boolean(component.disabled),
    "aria-haspopup": "listbox", "aria-expanded": "false", "aria-busy": waiting ? "true" : null,
    "aria-label": labels.length ? `${placeholder}: ${words}` : placeholder, "data-testid": "component-select",
  }, labels.length === 1 && emoji(labels[0].emoji), h("span.label", null, words), waiting ? h("span.spinner", { "aria-hidden": "true" }) : icon("down", 18));
}

/** Finds an interactive component by its custom_id, however deep it lies. */
export function findComponent(components, customId) {
  for (const component of components ?? []) {
    if (component.custom_id === customId) return component;
    const nested = [...(component.components ?? []), component.accessory, component.component].filter(Boolean);
    const hit = nested.length ? findComponent(nested, customId) : null;
    if (hit) return hit;
  }
  return null;
}
