// Whether the program in this container lives, for Docker's health checks. A store that is away is told by /ready instead:
// restarting a program would not bring the store back.
const port = process.env.PORT || '8080';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
