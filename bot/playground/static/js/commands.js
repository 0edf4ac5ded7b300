// Slash commands as rules without a screen: flattening, searching, reading typed text, checking values.

export const TYPE = {
  STRING: 3, INTEGER: 4, BOOLEAN: 5, USER: 6, CHANNEL: 7, ROLE: 8, MENTIONABLE: 9, NUMBER: 10, ATTACHMENT: 11,
};
const GROUPS = new Set([1, 2]);
const TYPE_WORDS = {
  3: "text", 4: "whole number", 5: "true or false", 6: "member", 7: "channel", 8: "role", 9: "member or role",
  10: "number", 11: "file",
};

/**
 * Flattens commands and their subcommands to what can be run: [{name: "run cnn", path, commandId, description, options}].
 * Only what Discord would offer here: chat input commands whose contexts include this place.
 */
export function flatten(commands, inDm) {
  const place = inDm ? 1 : 0;
  const out = [];
  const walk = (node, path, commandId) => {
    const children = (node.options ?? []).filter((option) => GROUPS.has(option.type));
    if (children.length) for (const child of children) walk(child, [...path, child.name], commandId);
    else out.push({ name: path.join(" "), path, commandId, description: node.description, options: node.options ?? [] });
  };
  for (const command of commands) {
    if ((command.type ?? 1) !== 1) continue;
    const offered = command.contexts ? command.contexts.includes(place) : !inDm || command.dm_permission !== false;
    if (offered) walk(command, [command.name], command.id);
  }
  return out.sort((a, b) => a.name.localeCompare(b.name));
}

/** The commands that fit what was typed after the slash, best first. */
export function search(query, entries) {
  const wanted = query.trim().toLowerCase().replace(/\s+/g, " ");
  if (!wanted) return entries;
  const score = ({ name, description }) => {
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.split(" ").some((word) => word.startsWith(wanted))) return 2;
    if (name.includes(wanted)) return 3;
    return wanted.length > 2 && description?.toLowerCase().includes(wanted) ? 4 : null;
  };
  return entries
    .map((entry) => ({ entry, rank: score(entry) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
}

/** The longest command whose whole name stands at the start of "/run cnn epochs:3", or null. */
export function commandAtStart(text, entries) {
  const line = text.slice(1).replace(/\s+/g, " ");
  const fits = entries.filter(({ name }) => line === name || line.startsWith(`${name} `));
  return fits.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
}

/**
 * Reads "/run cnn epochs:3 note:two words" into raw texts per option.
 * Words before the first "name:" belong to the command's first option.
 * @returns {{entry: object, values: Map<string, string>}|null}
 */
export function parse(text, entries) {
  const entry = commandAtStart(text, entries);
  if (!entry) return null;
  const rest = text.slice(1).replace(/^\s+/, "").split(/\s+/).slice(entry.path.length).join(" ");
  const values = new Map();
  const names = entry.options.map((option) => option.name).sort((a, b) => b.length - a.length);
  const marker = new RegExp(`(?:^|\\s)(${names.map((n) => n.replace(/[^\w-]/g, "\\$&")).join("|")}):\\s*`, "g");
  const marks = names.length ? [...rest.matchAll(marker)] : [];
  const lead = rest.slice(0, marks[0]?.index ?? rest.length).trim();
  marks.forEach((mark, i) => {
    const value = rest.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? rest.length).trim();
    values.set(mark[1], value.replace(/^"(.*)"$/s, "$1"));
  });
  const first = entry.options[0];
  if (lead && first && !values.has(first.name)) values.set(first.name, lead);
  return { entry, values };
}

/** What an option wants, in words: "whole number, 1 to 50, required". */
export function describe(option) {
  const words = [TYPE_WORDS[option.type] ?? "value"];
  const [low, high] = [option.min_value, option.max_value];
  if (low !== undefined && high !== undefined) words.push(`${low} to ${high}`);
  else if (low !== undefined) words.push(`at least ${low}`);
  else if (high !== undefined) words.push(`at most ${high}`);
  if (option.min_length) words.push(`at least ${count(option.min_length)}`);
  if (option.max_length && option.max_length < 6000) words.push(`at most ${count(option.max_length)}`);
  words.push(option.required ? "required" : "optional");
  return words.join(", ");
}

const count = (n) => `${n} character${n === 1 ? "" : "s"}`;
const norm = (text) => text.trim().toLowerCase().replace(/^[@#]/, "");

/** The fixed suggestions of an option: its choices, true/false, members, channels, roles. [{name, value}] */
export function suggestions(option, store) {
  const users = () => store.members.concat(store.bot.user ?? []).map((u) => ({
    name: u.global_name || u.username, value: u.id, detail: `@${u.username}`, user: u,
  }));
  const roles = () => (store.guild?.roles ?? []).map((role) => ({ name: role.name, value: role.id }));
  switch (option.type) {
    case TYPE.BOOLEAN:
      return [{ name: "True", value: true }, { name: "False", value: false }];
    case TYPE.USER:
      return users();
    case TYPE.CHANNEL:
      return store.order.map((id) => store.channels.get(id))
        .filter((c) => !option.channel_types?.length || option.channel_types.includes(c.type))
        .map((c) => ({ name: `#${c.name}`, value: c.id }));
    case TYPE.ROLE:
      return roles();
    case TYPE.MENTIONABLE:
      return [...users(), ...roles()];
    default:
      return option.choices ?? [];
  }
}

/** Suggestions that fit what was typed: those that start with it first. */
export function narrow(list, typed) {
  const wanted = norm(String(typed));
  if (!wanted) return list;
  const hits = list.filter((c) => norm(c.name).includes(wanted) || norm(c.detail ?? "").includes(wanted));
  return hits.sort((a, b) => norm(b.name).startsWith(wanted) - norm(a.name).startsWith(wanted));
}

/**
 * Checks what was typed for an option. `picked` is a suggestion that was chosen rather than typed.
 * @returns {{value: unknown}|{error: string}|{empty: true}}
 */
export function check(option, typed, picked, store) {
  if (picked) return { value: picked.value };
  const text = String(typed ?? "").trim();
  if (!text) return option.required ? { error: "This option is required." } : { empty: true };
  const listed = suggestions(option, store);
  const isFixed = option.choices?.length || [5, 6, 7, 8, 9].includes(option.type);
  if (isFixed) {
    const id = /^<[@#]!?&?(\d+)>$/.exec(text)?.[1] ?? text;
    const hit = listed.find((c) => norm(c.name) === norm(text) || String(c.value) === id || norm(c.detail ?? "") === norm(text));
    if (hit) return { value: hit.value };
    return { error: `“${text}” is not one of the choices${listed.length <= 6 ? `: ${listed.map((c) => c.name).join(", ")}` : ""}.` };
  }
  if (option.type === TYPE.INTEGER || option.type === TYPE.NUMBER) return checkNumber(option, text);
  if (option.min_length && text.length < option.min_length) return { error: `At least ${count(option.min_length)}, please.` };
  if (option.max_length && text.length > option.max_length) {
    return { error: `At most ${count(option.max_length)}; this has ${text.length}.` };
  }
  return { value: text };
}

function checkNumber(option, text) {
  const value = Number(text.replace(/^([-+]?\d+),(\d+)$/, "$1.$2"));
  if (!Number.isFinite(value)) return { error: `“${text}” is not a number.` };
  if (option.type === TYPE.INTEGER && !Number.isSafeInteger(value)) return { error: `“${text}” is not a whole number.` };
  if (option.min_value !== undefined && value < option.min_value) return { error: `At least ${option.min_value}, please.` };
  if (option.max_value !== undefined && value > option.max_value) return { error: `At most ${option.max_value}, please.` };
  return { value };
}

/** The raw option structure of an interaction: leaves wrapped in their subcommand and group. */
export function wrapOptions(entry, leaves) {
  const [, ...subs] = entry.path;
  if (!subs.length) return leaves;
  const inner = [{ name: subs.at(-1), type: 1, options: leaves }];
  return subs.length === 1 ? inner : [{ name: subs[0], type: 2, options: inner }];
}
