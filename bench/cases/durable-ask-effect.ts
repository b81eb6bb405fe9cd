import type { Case } from '../harness/case';
import { measureDurable } from './durable-ask';

/** One recorded effect: two appends per ask. */
export const run: Case = (bench) => measureDurable('addRated', bench);
