import type { Case } from '../harness/case';
import { measureDurable } from './durable-ask';

/** No effect: one append per ask. */
export const run: Case = (bench) => measureDurable('add', bench);
