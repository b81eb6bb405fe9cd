import type { Case } from '../harness/case';
import { measureDurable } from './durable-ask';

/** What an encrypted ask is compared with, in the same section: they are run in turns. */
export const run: Case = (bench) => measureDurable('addRated', bench);
