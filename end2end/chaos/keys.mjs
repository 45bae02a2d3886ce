// One name for a change wherever it turns up: in the plan, in the console's account, in Hiver's ledger.

export const keyOf = ({ conversation, kind, value }) => `${conversation} ${kind} ${value}`;

const ROUTES = [
  ["POST", /^\/api\/v1\/conversations\/([^/]+)\/assign$/, "assign", (_, body) => body?.user_id],
  ["POST", /^\/api\/v1\/conversations\/([^/]+)\/tags$/, "add_tag", (_, body) => body?.tag_id],
  ["DELETE", /^\/api\/v1\/conversations\/([^/]+)\/tags\/([^/]+)$/, "remove_tag", (match) => match[2]],
  ["PUT", /^\/api\/v1\/conversations\/([^/]+)\/status$/, "set_status", (_, body) => body?.status],
  ["POST", /^\/api\/v1\/conversations\/([^/]+)\/notes$/, "add_note", (_, body) => body?.body],
];

/** The change that a request of the ledger asks for; nothing where it asks for none that could be planned. */
export function changeOf({ method, path, body }) {
  for (const [its, pattern, kind, value] of ROUTES) {
    const match = method === its && path.match(pattern);
    if (match) return { conversation: match[1], kind, value: value(match, body) };
  }
  return undefined;
}

/** What of a conversation a change is about. No two changes of a plan have the same. */
export function fieldOf({ kind, value }) {
  if (kind === "add_note") return `note ${value}`;
  if (kind === "set_status") return "status";
  return kind === "assign" ? kind : `tag ${value}`;
}

/** How that field, but for notes, stands in a conversation of the simulator. */
export function valueOf(conversation, field) {
  if (field.startsWith("tag ")) return conversation.tags.includes(field.slice("tag ".length));
  return conversation[field === "assign" ? "assignee" : field];
}

/** How it stands once a change is made. */
export const wished = ({ kind, value }) => (kind.endsWith("_tag") ? kind === "add_tag" : value);
