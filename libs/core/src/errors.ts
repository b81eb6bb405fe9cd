import './errors/read-back';

export * from './errors/actor-errors';
export * from './errors/deferred-errors';
export * from './errors/facet-errors';
export * from './errors/message-errors';
export * from './errors/ownership-errors';
export * from './errors/rows-errors';
export * from './errors/supervision-errors';
export * from './errors/turn-errors';
export * from './errors/dead-letter-errors';
