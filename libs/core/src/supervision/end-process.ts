/** As an operator would: Nest closes the application first, where shutdown hooks are enabled. */
export function endProcess(): void {
  process.kill(process.pid, 'SIGTERM');
}
