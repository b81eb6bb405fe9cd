/** One secret for each place a value goes to. None of them is a piece of another word. */
export const CANARIES = {
  argument: 'canary-kx31-argument',
  result: 'canary-kx32-result',
  state: 'canary-kx33-state',
  stateKey: 'canary-kx34-state-key',
  delta: 'canary-kx35-delta',
  effect: 'canary-kx36-effect',
  effectArgument: 'canary-kx37-effect-argument',
  error: 'canary-kx38-error',
  errorDetail: 'canary-kx39-error-detail',
  send: 'canary-kx40-send',
  waiting: 'canary-kx41-waiting',
  snapshot: 'canary-kx42-snapshot',
} as const;

/** Hashed wherever it goes. */
export const NEVER_STORED: readonly string[] = [CANARIES.effectArgument];
