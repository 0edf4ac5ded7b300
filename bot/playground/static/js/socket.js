// The page's websocket: JSON frames {t, d}, and a connection that comes back by itself.

const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 6000;

export class Socket {
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #timer = 0;
  #memberId = null;

  /**
   * @param {(type: string, data: object) => void} onFrame called for each frame of the server
   * @param {(link: "connecting"|"open"|"lost") => void} onLink called when the connection changes
   */
  constructor(onFrame, onLink) {
    this.onFrame = onFrame;
    this.onLink = onLink;
    // A laptop that wakes up should not sit out the rest of a pause.
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#retryNow());
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens a socket as this member (null: whoever the server picks) and drops the one before it. */
  connect(memberId) {
    clearTimeout(this.#timer);
    this.#memberId = memberId;
    const previous = this.#socket;
    this.#socket = null;
    previous?.close();
    const url = new URL("/page/ws", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (memberId) url.searchParams.set("as", memberId);
    const socket = new WebSocket(url);
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      opened = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.onLink("open");
    };
    socket.onmessage = (event) => {
      if (this.#socket !== socket) return;
      const { t, d } = JSON.parse(event.data);
      this.onFrame(t, d);
    };
    socket.onclose = async () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (!opened && memberId && (await isUnknown(url))) {
        // An old address or another playground's member: start as whoever is there.
        this.connect(null);
        return;
      }
      this.onLink("lost");
      this.#timer = setTimeout(() => this.connect(this.#memberId), this.#retryMs * (0.75 + Math.random() / 2));
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    };
  }

  /** Sends a frame; false when there is no connection, so that the caller can say so. */
  send(type, data = {}) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify({ t: type, d: data }));
    return true;
  }

  #retryNow() {
    if (this.#socket) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.connect(this.#memberId);
  }
}

/** A browser does not tell why a websocket was refused; a plain request for the same address does. */
async function isUnknown(url) {
  const response = await fetch(url.href.replace(/^ws/, "http")).catch(() => null);
  return response?.status === 404;
}

let counter = 0;
/** A number for a request, so that its answers find their way back. */
export const newNonce = () => `${Date.now().toString(36)}-${(counter++).toString(36)}`;

/** Uploads files and gives the server's records: [{id, filename, size, url, content_type}]. */
export async function upload(files) {
  const form = new FormData();
  files.forEach((file, index) => form.append(`files[${index}]`, file, file.name));
  const response = await fetch("/page/upload", { method: "POST", body: form });
  if (!response.ok) {
    const said = await response.json().catch(() => ({}));
    throw new Error(said.message ?? `The upload was refused (${response.status}).`);
  }
  return (await response.json()).files;
}
