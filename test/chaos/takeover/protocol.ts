/** What the driver asks of a node. */
export type RequestBody =
  | { readonly op: 'ownership' | 'end' }
  | { readonly op: 'stopAt'; readonly point: string; readonly hits: number }
  | { readonly op: 'read'; readonly key: string }
  | { readonly op: 'add'; readonly key: string; readonly what: string; readonly isNoted: boolean };

export type Request = RequestBody & { readonly id: number };

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: string; readonly message: string };
