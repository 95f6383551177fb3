// Sends requests to the site's API, authenticated by the session cookie.

// A network that disappears during a request never answers.
const REQUEST_TIMEOUT_MS = 30_000;

export class RequestFailed extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const csrfToken = () =>
  document.cookie
    .split("; ")
    .find((cookie) => cookie.startsWith("csrftoken="))
    ?.slice("csrftoken=".length) ?? "";

export const request = async (
  method,
  path,
  body,
  signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS),
) => {
  const response = await fetch(`/api${path}`, {
    method,
    credentials: "same-origin",
    signal,
    headers: {
      ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }),
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
    body: body && JSON.stringify(body),
  });
  if (response.status === 204) return null;
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new RequestFailed(response.status, content.code ?? "", content.detail ?? "");
  }
  return content;
};

// Uploads a file by XMLHttpRequest, because fetch reports no upload progress.
export const upload = (path, file, { onProgress, signal }) =>
  new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("file", file);
    const sending = new XMLHttpRequest();
    sending.open("POST", `/api${path}`);
    sending.setRequestHeader("X-CSRFToken", csrfToken());
    sending.responseType = "json";
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    sending.onload = () => {
      const { status, response } = sending;
      if (status === 200 && response) resolve(response);
      else reject(new RequestFailed(status, response?.code ?? "", response?.detail ?? ""));
    };
    sending.onerror = () => reject(new RequestFailed(0, "", ""));
    sending.onabort = () => reject(new RequestFailed(0, "", ""));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });

export const get = (path, signal) => request("GET", path, undefined, signal);
export const post = (path, body, signal) => request("POST", path, body, signal);
export const patch = (path, body) => request("PATCH", path, body);
export const put = (path, body) => request("PUT", path, body);
export const remove = (path) => request("DELETE", path);
