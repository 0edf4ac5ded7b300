// Pictures, films, files and embeds of a message, and the viewer that shows a picture large.

import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { inline, markdown } from "./markdown.js";
import { bytes, headerTime } from "./times.js";

const kindOf = (item) => {
  const type = item.content_type ?? "";
  const name = (item.filename ?? item.url ?? "").split("?")[0].toLowerCase();
  if (type.startsWith("image/") || (!type && /\.(png|jpe?g|gif|webp|avif|svg)$/.test(name))) return "image";
  if (type.startsWith("video/") || (!type && /\.(mp4|webm|mov)$/.test(name))) return "video";
  if (type.startsWith("audio/") || (!type && /\.(mp3|ogg|wav|m4a)$/.test(name))) return "audio";
  return "file";
};

/** Turns a component's media reference into something with an address, through the message's attachments. */
export function resolveMedia(media, attachments = []) {
  const url = media?.url ?? "";
  if (!url.startsWith("attachment://")) {
    const twin = attachments.find((a) => a.url === url || a.id === media?.attachment_id);
    return { ...twin, ...media, url };
  }
  const name = url.slice("attachment://".length);
  return { ...media, ...attachments.find((a) => a.filename === name) };
}

/** A picture that can be pressed to see it large. */
export function picture(item, { alt, spoiler = false, small = false } = {}) {
  const src = safeUrl(item.url);
  if (!src) return null;
  const words = alt || item.description || item.filename || "Picture";
  const img = h("img", {
    src, alt: words, decoding: "async", width: item.width || null, height: item.height || null, draggable: "false",
  });
  const shape = { "aria-label": `${words}. Show it large`, "data-src": src, "data-alt": words };
  const frame = h("button.picture", { type: "button", "data-act": "zoom", ...shape }, img);
  if (small) frame.classList.add("small");
  if (spoiler) {
    frame.classList.add("veiled");
    frame.dataset.act = "reveal";
    frame.setAttribute("aria-label", "Hidden picture: show it");
  }
  return frame;
}

/** A file with its size and a way to save it. */
export function fileCard(item) {
  const href = safeUrl(item.url);
  const name = item.filename ?? item.url?.split("?")[0].split("/").at(-1) ?? "file";
  const size = item.size === undefined ? null : h("span.size", null, bytes(item.size));
  return h(
    "div.file", { "data-testid": "file" }, icon("file", 28),
    h("div.about", null, href ? h("a.name", { href, target: "_blank", rel: "noopener" }, name) : h("span.name", null, name), size),
    href && h("a.icon-button", { href, download: name, "aria-label": `Download ${name}`, title: "Download" }, icon("download")),
  );
}

/** An attachment as what it is: picture, film, sound or file. */
export function attachment(item) {
  const src = safeUrl(item.url);
  switch (src ? kindOf(item) : "file") {
    case "image":
      return picture(item, { spoiler: item.filename?.startsWith("SPOILER_") });
    case "video":
      return h("video", { src, controls: true, preload: "metadata", "aria-label": item.description ?? item.filename });
    case "audio":
      return h("audio", { src, controls: true, preload: "metadata", "aria-label": item.description ?? item.filename });
    default:
      return fileCard(item);
  }
}

/** Several pictures or films side by side. */
export function gallery(items, attachments) {
  const shown = items.map((item) => {
    const media = resolveMedia(item.media, attachments);
    const film = kindOf(media) === "video";
    if (film) return attachment({ ...media, description: item.description });
    return picture(media, { alt: item.description, spoiler: item.spoiler });
  });
  return h("div.gallery", { "data-count": Math.min(items.length, 4) }, shown);
}

/** A classic embed. */
export function embed(data, people, attachments) {
  const colour = data.color === undefined || data.color === null ? null : `#${data.color.toString(16).padStart(6, "0")}`;
  const href = data.url && safeUrl(data.url);
  const title = data.title && inline(data.title, people);
  const image = data.image && resolveMedia(data.image, attachments);
  const thumb = data.thumbnail && resolveMedia(data.thumbnail, attachments);
  const footer = [data.footer?.text, data.timestamp && headerTime(data.timestamp)].filter(Boolean).join(" · ");
  return h(
    "div.embed", { style: colour ? { "--accent": colour } : null },
    h("div.embed-body", null,
      data.author?.name && h("div.embed-author", null, data.author.name),
      title && h("div.embed-title", null, href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, title) : title),
      data.description && h("div.markdown", null, markdown(data.description, people)),
      data.fields?.length && h("dl.fields", null, data.fields.map((field) =>
        h(`div${field.inline ? ".inline" : ""}`, null,
          h("dt", null, inline(field.name, people)), h("dd.markdown", null, markdown(field.value, people))))),
    ),
    thumb && picture(thumb, { small: true, alt: "Thumbnail" }),
    image && picture(image, { alt: data.title }),
    footer && h("div.embed-footer", null, footer),
  );
}

/** Shows a picture large until Escape, a press outside it, or the close button. */
export function zoom(src, alt) {
  const dialog = h(
    "dialog.lightbox", { "aria-label": alt },
    h("img", { src, alt }),
    h("div.lightbox-bar", null,
      h("span", null, alt),
      h("a.icon-button", { href: src, target: "_blank", rel: "noopener", "aria-label": "Open the original", title: "Open the original" }, icon("external")),
      h("button.icon-button", { type: "button", "aria-label": "Close", "data-close": true, title: "Close" }, icon("close"))),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
