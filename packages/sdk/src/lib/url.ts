/** A server's address without a slash at its end, so that paths can be put behind it. */
export function baseOf(url: URL): string {
  return url.href.replace(/\/+$/, '');
}
