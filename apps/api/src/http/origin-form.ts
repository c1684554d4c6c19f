/**
 * The path and query of a request, however it names its target: a request may give the whole address (RFC 9112 section 3.2.2).
 * What cannot be read becomes a path that does not exist.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const whole = URL.canParse(target) ? new URL(target) : undefined;
  return whole?.pathname.startsWith('/') ? whole.pathname + whole.search : `/${target}`;
}
