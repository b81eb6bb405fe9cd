export * from './errors/crash-point-errors';
export * from './errors/history-errors';
export * from './errors/kit-errors';
export * from './errors/network-errors';
export * from './errors/simulation-errors';
