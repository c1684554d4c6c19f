export function acquireInstallLock(
  file: string,
  work?: string,
): Promise<{ include(pid: number): void; release(): void }>;
