import { WriteProgress } from './write-progress';

const kinds = (...all: readonly string[]) => all.map((kind) => ({ kind }) as { kind: 'failed' });

describe('whether anything becomes of what is written', () => {
  let time: number;
  let progress: WriteProgress;
  beforeEach(() => {
    time = 100;
    progress = new WriteProgress({ monotonic: () => time });
  });

  it('flushes that are refused add up from the first of them, and only what is stored ends that', () => {
    expect(progress.failing).toBeNull();
    progress.refused(kinds('failed', 'lost'));
    time = 900;
    progress.moved();
    progress.refused(kinds('conflict'));
    expect(progress.failing).toEqual({ since: 100, triedAt: 900 });
    progress.answered(kinds('failed'));
    expect(progress.failing).not.toBeNull();
    progress.answered(kinds('failed', 'committed'));
    expect(progress.failing).toBeNull();
  });

  it('a flush that was refused, and is found stored, has got on', () => {
    progress.refused(kinds('lost'));
    progress.refused(kinds('lost', 'accepted'));
    expect(progress.failing).toBeNull();
  });

  it('a write that cannot be stored for a reason of its own is no failure of the store', () => {
    progress.answered(kinds('failed'));
    expect(progress.failing).toBeNull();
  });
});
