import { CorruptRecordError, type EntryRecord } from '#spi';
import { type TurnMark, decodeVerified, readTurnMark, verifyEntry } from './entries/entry-codec';
import type { ActivationStarted, EntryHeader, EntryKind, JournalEntry, MessageReceived } from './entries/journal-entry';
import { StateImage } from './state/state-image';

/** A turn that has records and no end: its message runs again on them. */
export interface OpenTurn {
  readonly received: EntryHeader & MessageReceived;
  /** Code version of the activation that began the turn. */
  readonly codeVersion: string;
  /** What the turn did after that, in recorded order. Activations in between are left out. */
  readonly records: readonly JournalEntry[];
}

/** Where a fold begins: nowhere, or at a checkpoint. */
export interface FoldStart {
  readonly seq: number;
  /** Changed by the fold. */
  readonly image: StateImage;
  readonly activation: ActivationStarted | null;
  readonly schema: number;
}

interface OpenRecords {
  readonly messageId: string;
  readonly codeVersion: string;
  readonly received: EntryRecord;
  readonly inTurn: Verified[];
}

interface Verified {
  readonly record: EntryRecord;
  readonly kind: EntryKind;
}

/**
 * Turns a journal into state, entry by entry. No I/O and no clock, so recovery, `stateAt` and tools agree.
 *
 *   F1  Entries follow one another without a gap, each intact and in its place.
 *   F2  A turn is everything from MessageReceived to the MessageProcessed or MessageParked of the same message. Its
 *       changes count when it ends well, and then all at once; of one that failed or was parked, none do.
 *   F3  A change outside any turn counts at once.
 *   F4  An activation may begin in the middle of a turn (crash and resume). One that resets begins from nothing.
 *   F5  A turn that begins while another is open is a broken journal: the open one would never be answered.
 *
 * What nobody looks at is checked and not decoded: of an ended turn, only its changes are.
 */
export class JournalFold {
  readonly image: StateImage;
  /** The last activation so far. */
  activation: ActivationStarted | null;
  /** Schema of the image: that of the activation that last changed it. */
  schema: number;
  /** Last entry folded. */
  seq: number;
  /** Last entry at which no turn was open: what the image stands at. */
  boundary: number;
  /** Turns that ended, one way or another. */
  turns = 0;
  private open: OpenRecords | null = null;

  constructor(
    private readonly actor: string,
    start: FoldStart = { seq: 0, image: new StateImage(), activation: null, schema: 0 },
  ) {
    this.image = start.image;
    this.activation = start.activation;
    this.schema = start.schema;
    this.seq = start.seq;
    this.boundary = start.seq;
  }

  /** @throws CorruptRecordError, SchemaTooNewError */
  step(record: EntryRecord): void {
    if (record.seq !== this.seq + 1) throw this.corrupt(record, `it follows entry ${this.seq}`);
    const kind = verifyEntry(this.actor, record);
    this.seq = record.seq;
    switch (kind) {
      case 'ActivationStarted':
        this.activate(decodeVerified(this.actor, record, kind));
        break;
      case 'MessageReceived':
        this.begin(record);
        break;
      case 'MessageProcessed':
      case 'MessageParked':
        this.end(record, readTurnMark(this.actor, record, kind));
        break;
      default:
        if (this.open !== null) this.open.inTurn.push({ record, kind });
        else this.apply(record, kind);
    }
    if (this.open === null) this.boundary = this.seq;
  }

  /** The open turn decoded, if there is one. */
  openTurn(): OpenTurn | null {
    if (this.open === null) return null;
    const { received, codeVersion, inTurn } = this.open;
    return {
      codeVersion,
      received: decodeVerified(this.actor, received, 'MessageReceived'),
      records: inTurn.map(({ record, kind }) => decodeVerified(this.actor, record, kind)),
    };
  }

  private activate({ kind, epoch, node, codeVersion, facetChain, reset, schema }: ActivationStarted): void {
    this.activation = { kind, epoch, node, codeVersion, facetChain, reset, schema };
    if (reset) this.image.clear();
    if (this.image.isEmpty) this.schema = schema;
  }

  private begin(record: EntryRecord): void {
    if (this.open !== null) {
      throw this.corrupt(record, `it begins a turn while that of message ${this.open.messageId} has no end`);
    }
    const { messageId } = readTurnMark(this.actor, record, 'MessageReceived');
    this.open = { messageId, codeVersion: this.activation?.codeVersion ?? '', received: record, inTurn: [] };
  }

  private end(record: EntryRecord, { messageId, failed }: TurnMark): void {
    const { open } = this;
    if (open !== null && open.messageId !== messageId) {
      throw this.corrupt(record, `it ends message ${messageId} in the turn of ${open.messageId}`);
    }
    this.open = null;
    this.turns++;
    if (open === null || failed) return;
    for (const { record, kind } of open.inTurn) this.apply(record, kind);
  }

  private apply(record: EntryRecord, kind: EntryKind): void {
    switch (kind) {
      case 'StateChanged':
        this.image.apply(decodeVerified(this.actor, record, kind).changes);
        this.schema = this.activation?.schema ?? this.schema;
        break;
      case 'FacetAttached':
        this.image.attach(decodeVerified(this.actor, record, kind));
        break;
      case 'FacetDetached':
        this.image.detach(decodeVerified(this.actor, record, kind).name);
        break;
      default: // a record of what happened, not a change
    }
  }

  private corrupt({ seq }: { readonly seq: number }, reason: string): CorruptRecordError {
    return new CorruptRecordError(this.actor, `Entry ${seq}`, reason);
  }
}
