import type { QueryRunner } from 'typeorm';
import { TransactEndError } from '#spi';
import { depthOf } from './commit-watch';

const ENDS = ['commitTransaction', 'rollbackTransaction', 'release'] as const;

/** Nested transactions of TypeORM, which are savepoints, end as they like. @returns how to take it off again */
export function guardEnds(runner: QueryRunner): () => void {
  for (const call of ENDS) {
    const end = runner[call].bind(runner);
    const isOurs = (): boolean => call === 'release' || depthOf(runner) <= 1;
    runner[call] = () => (isOurs() ? Promise.reject(new TransactEndError(call)) : end());
  }
  return () => {
    for (const call of ENDS) Reflect.deleteProperty(runner, call); // back to those of its class
  };
}
