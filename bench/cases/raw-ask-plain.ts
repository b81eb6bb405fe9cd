import type { Case } from '../harness/case';
import { measureRaw } from './raw-ask';

export const run: Case = (bench) => measureRaw('add', bench);
