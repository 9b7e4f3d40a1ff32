// REST. Every call resolves with the body, or rejects with an ApiError that has the server's stable code.

import { Refused, session } from "./session.js";

const API = "/api/v1/";

export class ApiError extends Error {
  constructor(status, code, detail, fields = {}) {
    super(detail);
    Object.assign(this, { status, code, fields });
  }
}

async function call(method, path, { body, headers = {}, query, form, read = answer } = {}, again = true) {
  const url = path.startsWith("http") ? new URL(path) : new URL(API + path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== "") url.searchParams.append(name, one);
    }
  }
  const token = await session.token().catch(signedOut);
  const response = await fetch(url.pathname + url.search, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
  }).catch(() => {
    throw new ApiError(0, "offline", "The server can’t be reached.");
  });
  if (response.status === 401 && again) {
    await session.token({ refresh: true }).catch(signedOut);
    return call(method, path, { body, headers, query, form, read }, false);
  }
  return response.ok ? read(response) : answer(response);
}

async function answer(response) {
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    const detail = body?.detail ?? `The server answered ${response.status}.`;
    throw Object.assign(new ApiError(response.status, body?.code ?? "error", detail, body?.fields), { body });
  }
  if (body && typeof body === "object") Object.defineProperty(body, "etag", { value: response.headers.get("ETag") });
  return body;
}

function signedOut(error) {
  if (error instanceof Refused) {
    session.forget();
    session.tell("out", "Your session has ended. Sign in again.");
    throw new ApiError(401, "unauthorized", "Your session has ended.");
  }
  throw new ApiError(0, "offline", "The server can’t be reached.");
}

export const api = {
  get: (path, query) => call("GET", path, { query }),
  /** The rows of all pages of a list. */
  all: async (path) => {
    const rows = [];
    for (let next = path, query = { page_size: 200 }; next; query = undefined) {
      const page = await call("GET", next, { query });
      rows.push(...page.results);
      next = page.next;
    }
    return rows;
  },
  post: (path, body = {}, headers) => call("POST", path, { body, headers }),
  patch: (path, body, headers) => call("PATCH", path, { body, headers }),
  put: (path, body) => call("PUT", path, { body }),
  delete: (path) => call("DELETE", path),
  blob: (path) => call("GET", path, { read: (response) => response.blob() }),
  upload: (path, file, fields = {}) => {
    const form = new FormData();
    form.append("file", file);
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return call("POST", path, { form });
  },
};
