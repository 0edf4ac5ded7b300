// Times as a reader in this time zone says them. Unix times are in seconds, as in <t:1700000000:R>.

const formats = new Map();
const intl = (options) => {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(undefined, options));
  return formats.get(key);
};

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { day: "2-digit", month: "2-digit", year: "numeric" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};

const STEPS = [
  ["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1],
];
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "in 3 days", "2 minutes ago". */
export function relative(unix, now = Date.now() / 1000) {
  const distance = unix - now;
  const [unit, seconds] = STEPS.find(([, size]) => Math.abs(distance) >= size) ?? STEPS.at(-1);
  return relativeFormat.format(Math.round(distance / seconds), unit);
}

/** A <t:…> timestamp in one of Discord's styles; an unknown style reads like none. */
export function timestamp(unix, style) {
  if (style === "R") return relative(unix);
  return intl(STYLES[style] ?? STYLES.f).format(new Date(unix * 1000));
}

export const clock = (iso) => intl(STYLES.t).format(new Date(iso));
export const full = (iso) => intl(STYLES.F).format(new Date(iso));
export const longDay = (iso) => intl(STYLES.D).format(new Date(iso));
export const dayKey = (iso) => new Date(iso).toDateString();

/** "Today at 14:03", "Yesterday at 09:10", "23/11/2026, 09:10". */
export function headerTime(iso, now = new Date()) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (dayKey(iso) === now.toDateString()) return `Today at ${clock(iso)}`;
  if (dayKey(iso) === yesterday.toDateString()) return `Yesterday at ${clock(iso)}`;
  return intl(STYLES.s).format(new Date(iso));
}

/** Keeps every relative time on the page true. */
export function keepRelativeTimesFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-relative]")) {
      const text = relative(Number(node.dataset.relative));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 5000);
}

/** "4.2 MB" from a number of bytes. */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const unit = ["kB", "MB", "GB"].find((_, i) => size < 1000 ** (i + 2)) ?? "GB";
  const value = size / 1000 ** (["kB", "MB", "GB"].indexOf(unit) + 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
