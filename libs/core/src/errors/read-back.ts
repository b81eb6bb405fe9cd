import { HttpException } from '@nestjs/common';
import { type ErrorRecord, registerErrorFactory } from '#journal';
import { RowsRejectedError, type RowsRejection } from './rows-errors';
import { DeadlockError, TerminalError } from './turn-errors';

// Errors that a caller, or Nest's filters, look at by class: read back from a record they are what they were.

registerErrorFactory('TerminalError', (record, cause) => {
  const facts = record.details as { readonly details?: unknown } | null;
  return new TerminalError(record.message, facts?.details, {
    code: record.code,
    ...(cause === undefined ? {} : { cause }),
  });
});

registerErrorFactory('PS_ROWS_REJECTED', (record) => {
  const facts = record.details as { readonly actor: string; readonly method: string; readonly details: RowsRejection };
  return new RowsRejectedError(facts.actor, facts.method, facts.details);
});

registerErrorFactory('PS_DEADLOCK', (record) => {
  const { actor, path, method, messageId } = record.details as DeadlockError;
  return new DeadlockError(actor, path, method, messageId);
});

/** Every subclass of it: looked up by its status. */
registerErrorFactory('HttpException', (record: ErrorRecord, cause) => {
  const body = (record.details ?? record.message) as string | Record<string, unknown>;
  const error = new HttpException(body, record.status, cause === undefined ? {} : { cause });
  error.name = record.name;
  error.message = record.message;
  return error;
});
