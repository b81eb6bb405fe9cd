export { timer, TimerFacet, type TimerOptions } from './timer.facet';
export { type TimerInfo, type Timers, timers } from './timers';
export { InvalidTimerError, TimerLimitError, TimerNotFoundError } from '../errors';
