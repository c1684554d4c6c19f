/** A request of the REST API, ready to be written to a connection. */
export function requestBytes(
  base: string,
  method: 'GET' | 'POST',
  path: string,
  token: string,
  body?: unknown,
): Buffer {
  const { host } = new URL(base);
  const text = body === undefined ? '' : JSON.stringify(body);
  const about =
    body === undefined
      ? ''
      : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\n` +
      `Connection: keep-alive\r\nAuthorization: Bearer ${token}\r\n${about}\r\n${text}`,
  );
}
