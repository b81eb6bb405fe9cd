import { type AnsweredClaim, decideNext, isRenewed, marginOf, retryPause } from './lease-decisions';

const TTL = 1_000;
const granted: AnsweredClaim = {
  claimant: 'a/1',
  ttlMs: TTL,
  sentAt: 5_000,
  answeredAt: 5_020,
  answer: { holder: 'a/1', leftMs: TTL },
};

describe('a claim that was granted', () => {
  it.each([
    ['an answer at once', {}, { kind: 'hold', until: 5_900, askAt: 5_333 }],
    ['a slow answer: the right is not longer for it', { answeredAt: 5_800 }, { until: 5_900, askAt: 5_800 }],
    ['an answer at the end of the right', { answeredAt: 5_900 }, { kind: 'tooLate' }],
    ['an answer after it', { answeredAt: 9_000 }, { kind: 'tooLate' }],
    ['less left than asked for', { answer: { holder: 'a/1', leftMs: 400 } }, { until: 5_300, askAt: 5_300 }],
    ['more left than asked for', { answer: { holder: 'a/1', leftMs: 9_000 } }, { until: 5_900 }],
    ['nothing left', { answer: { holder: 'a/1', leftMs: 0 } }, { kind: 'tooLate' }],
    ['nonsense', { answer: { holder: 'a/1', leftMs: NaN } }, { kind: 'tooLate' }],
  ])('%s', (_, given, expected) => {
    expect(decideNext({ ...granted, ...given }, 0.5)).toMatchObject(expected);
  });

  it('ends before the lease does in the store, wherever in between the store granted it', () => {
    for (let appliedAt = granted.sentAt; appliedAt <= granted.answeredAt; appliedAt++) {
      const step = decideNext(granted, 0);
      expect(step).toMatchObject({ kind: 'hold' });
      expect((step as { until: number }).until).toBeLessThanOrEqual(appliedAt + TTL - marginOf(TTL));
    }
  });

  it('leaves time for two more tries', () => {
    const { until, askAt } = decideNext(granted, 0) as { until: number; askAt: number };
    expect((until - askAt) / retryPause(TTL, 1)).toBeGreaterThan(2);
  });
});

describe('a claim that was not', () => {
  const held = (leftMs: number): AnsweredClaim => ({ ...granted, answer: { holder: 'b/7', leftMs } });

  it.each([
    ['much is left: asks now and then, since the owner may end before', 900, 0, 100],
    ['much is left, with jitter', 900, 1, 120],
    ['little is left: asks when it ends', 40, 0, 40],
    ['next to nothing is left: not at once, since clocks differ', 0.5, 0, 10],
    ['it ends now', 0, 0, 10],
    ['it has ended meanwhile', -50, 0, 10],
  ])('%s', (_, leftMs, random, pauseMs) => {
    expect(decideNext(held(leftMs), random)).toEqual({
      kind: 'wait',
      owner: 'b/7',
      endsAt: granted.answeredAt + Math.max(0, leftMs),
      askAt: granted.answeredAt + pauseMs,
    });
  });

  it('spreads those who wait', () => {
    expect(retryPause(TTL, 0.9)).toBeGreaterThan(retryPause(TTL, 0.1));
  });
});

describe('whether the holder of a lease lives', () => {
  it.each([
    ['time passed', { holder: 'a', leftMs: 80 }, false],
    ['no time passed', { holder: 'a', leftMs: 100 }, false],
    ['there is more than before', { holder: 'a', leftMs: 101 }, true],
    ['somebody else has it', { holder: 'b', leftMs: 50 }, true],
  ])('%s', (_, after, expected) => {
    expect(isRenewed({ holder: 'a', leftMs: 100 }, after)).toBe(expected);
  });
});
