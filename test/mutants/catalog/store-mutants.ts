import type { Mutant } from '../mutant';

const MEMORY_WRITER = 'libs/storage/src/memory/memory-writer.ts';
const GROUP_COMMIT = 'libs/journal/src/writer.ts';

/** A store, or the one writer in front of it, that does less than it says. */
export const STORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledgement before sync',
    breaks: 'P4',
    what: 'the store answers a commit that is written and not on the disk yet, and syncs it afterwards',
    edits: [
      {
        file: 'libs/testing/src/simulation/disk/sim-journal-storage.ts',
        find: 'if (isAnswered) await this.line.synced(engine.log.mark());',
        put: 'if (isAnswered) this.line.synced(engine.log.mark()).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'one checkpoint only',
    breaks: 'P11',
    what: 'a new checkpoint leaves none to fall back to when it turns out to be damaged',
    edits: [
      {
        file: 'libs/core/src/runtime/checkpointer.ts',
        find: 'system.storage.checkpoints.save(record, keepCheckpoints);',
        put: 'system.storage.checkpoints.save(record, keepCheckpoints - 1);',
      },
    ],
  },
  {
    name: 'no dedupe',
    breaks: 'P5',
    what: 'a message id that is known is taken for a new one',
    edits: [
      {
        file: MEMORY_WRITER,
        find: "if (known !== undefined) return { kind: 'duplicate', row: copyOfRow(known) };",
        put: '',
      },
      {
        file: MEMORY_WRITER,
        find: "    if (verdict === 'duplicate') {",
        put: "    if (verdict === 'duplicate' && row !== undefined) continue;\n    if (verdict === 'duplicate') {",
      },
      {
        file: 'libs/core/src/runtime/known-messages.ts',
        find: '    const twin = this.byId.get(message.id);',
        put: '    const twin = undefined as Message | undefined;',
      },
      {
        file: 'libs/core/src/runtime/known-messages.ts',
        find: "if (message.repeats && message.row === 'none') {",
        put: "if (message.repeats && message.row === 'none' && this.byId.size < 0) {",
      },
    ],
  },
  {
    name: 'no expected-seq check',
    breaks: 'P10',
    what: 'an append is taken wherever the head stands',
    edits: [
      {
        file: MEMORY_WRITER,
        find: 'if (seq !== expected.seq || actualEpoch !== expected.epoch || isOthers) {',
        put: 'if (seq < 0) {',
      },
    ],
  },
  {
    name: 'sends outside the commit',
    breaks: 'P3',
    what: 'messages of a turn are kept in memory until they are delivered, not written with its commit',
    edits: [
      {
        file: MEMORY_WRITER,
        find: 'for (const row of sends) {',
        put: 'for (const row of sends.slice(sends.length)) {',
      },
    ],
  },
  {
    name: 'half an append',
    breaks: 'P3',
    what: 'the answer is written in a commit of its own after the entries, and lost when a message was sent too',
    edits: [
      {
        file: MEMORY_WRITER,
        find: 'for (const change of inbox) this.change(id, actor, change);',
        put: 'if (sends.length === 0) for (const change of inbox) this.change(id, actor, change);',
      },
    ],
  },
  {
    name: 'unknown commit taken for done',
    breaks: 'P10',
    what: 'a flush that was rejected is answered as committed, without reading anything back',
    edits: [
      {
        file: GROUP_COMMIT,
        find: ': await this.readBack.settle(writes, cause); // W4',
        put: `: writes.map((write): Settled =>
        write.kind === 'accept'
          ? { kind: 'accepted' }
          : { kind: 'committed', head: { seq: write.expected.seq + write.entries.length, epoch: write.epoch } },
      );`,
      },
    ],
  },
  {
    name: 'unknown commit taken for failed',
    breaks: 'P5, P10',
    what: 'a flush that was rejected is answered as refused, without reading anything back',
    edits: [
      {
        file: GROUP_COMMIT,
        find: ': await this.readBack.settle(writes, cause); // W4',
        put: ": writes.map((): Settled => ({ kind: 'failed', reason: String(cause) }));",
      },
    ],
  },
  {
    name: 'second flush beside the first',
    breaks: 'P2',
    what: 'the writer does not wait for one flush before it starts the next',
    edits: [
      {
        file: GROUP_COMMIT,
        find: '    this.waiting.push({ write, settle, bytes: sizeOfWrite(write) });\n    if (this.running) return;',
        put: '    this.waiting.push({ write, settle, bytes: sizeOfWrite(write) });',
      },
    ],
  },
  {
    name: 'the other half is forgotten',
    breaks: 'P8',
    what: 'where answers overlap with the next flush, those that were to be given meanwhile are not given',
    edits: [
      {
        file: GROUP_COMMIT,
        find: '    this.tellFrom(told, batch, results);\n    if (next !== null) return next;\n',
        put: '    if (next !== null) return next;\n    this.tellFrom(told, batch, results);\n',
      },
    ],
  },
  {
    name: 'checkpoint without checksum',
    breaks: 'P11',
    what: 'a damaged checkpoint is read as if it were sound',
    edits: [
      {
        file: 'libs/journal/src/checkpoint.ts',
        find: '  if (bytes.readUInt32LE(8) !== sumOf(bytes, actor, seq)) {',
        put: '  if (bytes.length < 0 && bytes.readUInt32LE(8) !== sumOf(bytes, actor, seq)) {',
      },
    ],
  },
  {
    name: 'no older checkpoint',
    breaks: 'P8, P11',
    what: 'an unreadable checkpoint is taken for none, also when the journal no longer begins at entry 1',
    edits: [
      {
        file: 'libs/journal/src/load-checkpoint.ts',
        find: '      passOver(found);\n      continue;',
        put: '      return null;',
      },
      {
        file: 'libs/journal/src/load-checkpoint.ts',
        find: '      passOver(error);',
        put: '      return null;',
      },
      {
        file: 'libs/journal/src/recovery.ts',
        find: '  if (fold.seq >= throughSeq) return;',
        put: '  if (fold.seq >= throughSeq || fold.seq === 0) return;',
      },
    ],
  },
];
