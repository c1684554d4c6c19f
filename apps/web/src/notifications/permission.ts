/** Whether the browser allows notifications. */

/** `missing`: it has none. */
export type Allowed = NotificationPermission | 'missing';

export function permission(): Allowed {
  return typeof Notification === 'undefined' ? 'missing' : Notification.permission;
}

/** Asks the person, if they were not asked yet; must be called in answer to something they did. */
export async function askPermission(): Promise<Allowed> {
  const now = permission();
  return now === 'default' ? Notification.requestPermission() : now;
}
