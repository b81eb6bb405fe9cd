/** What has begun and has to end: says who hangs when it does not. */
export class OpenList {
  private readonly open = new Set<{ readonly what: string }>();

  add(what: string): { close(): void } {
    const item = { what };
    this.open.add(item);
    return { close: () => void this.open.delete(item) };
  }

  get all(): readonly string[] {
    return [...this.open].map(({ what }) => what);
  }
}
