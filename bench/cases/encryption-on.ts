import { startEncryptedOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { measureDurable } from './durable-ask';

/** One recorded effect: entries, message and answer are sealed, each with a nonce and a tag of its own. */
export const run: Case = (bench) => measureDurable('addRated', bench, startEncryptedOn);
