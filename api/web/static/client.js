// Requests to the server that this page came from, and their errors in words.

const KEPT = "aion-r.token";

/** What the server answered instead of what was asked for: a problem document, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `The server answered ${status}.`);
    this.status = status;
    this.errors = document.errors ?? [];
    this.document = document;
  }
}

/** Asks for a token when one is needed; `onToken` returns it, or `null` to give up. */
export class Client {
  constructor(onToken) {
    this.onToken = onToken;
    this.asking = null;
    this.refused = false;
  }

  /** Whether requests carry a token: plain links do not. */
  get hasToken() {
    return Boolean(sessionStorage.getItem(KEPT));
  }

  async get(path, signal) {
    return (await this.send(path, { signal })).json();
  }

  async post(path, body, headers = {}) {
    const given = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
    const response = await this.send(path, { method: "POST", ...given });
    return response.status === 204 ? null : response.json();
  }

  /** The response to a request that the server took. Raises `Problem`. */
  async send(path, options = {}) {
    const response = await this.fetched(path, options);
    if (response.status === 401 && (await this.signedIn())) return this.send(path, options);
    if (!response.ok) throw new Problem(response.status, await documentOf(response));
    return response;
  }

  async fetched(path, options) {
    const token = sessionStorage.getItem(KEPT);
    const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    try {
      return await fetch(path, { cache: "no-store", ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, { detail: "The server does not answer. Is `aion-r serve` still running?" });
    }
  }

  /** One question at a time, however many requests wait for it; who gives up is not asked again. */
  async signedIn() {
    if (this.refused) return false;
    sessionStorage.removeItem(KEPT);
    this.asking ??= this.onToken().finally(() => (this.asking = null));
    const token = await this.asking;
    this.refused = !token;
    if (token) sessionStorage.setItem(KEPT, token);
    return Boolean(token);
  }
}

async function documentOf(response) {
  try {
    return await response.json();
  } catch {
    return { title: response.statusText };
  }
}
