export type { MessageStorage } from './builders';
export { callerCases, noCallerCases } from './caller-transactions.suite';
export {
  type Backend,
  type Bench,
  type Case,
  failuresOf,
  type JournalBackend,
  type TestRunner,
  type UserTables,
  type UserTransactions,
} from './case';
export { checkpointCases, describeCheckpointStorage } from './checkpoint-storage.suite';
export { describeInboxStorage, inboxCases } from './inbox-storage.suite';
export { describeJournalStorage, journalCases } from './journal-storage.suite';
export { describeLeaseStorage, type LeaseBackend, leaseCases } from './lease-storage.suite';
export { noRowCases, rowCases } from './user-rows.suite';
export { describePersistentStorage, persistentCases } from './persistent-storage.suite';
