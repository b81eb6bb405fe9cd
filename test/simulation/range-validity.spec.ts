import { ENOUGH_SEEDS, whyInvalid } from './range-validity';

const faults = Object.fromEntries(
  ['processCrash', 'powerLoss', 'pause', 'gracefulRestart', 'clockJump', 'slowProcess', 'requestLost', 'replyLost']
    .concat(['effectFails', 'flush.failsUnapplied', 'flush.failsApplied', 'flush.neverAnswers', 'flush.outOfSpace'])
    .concat([
      'read.fails',
      'checkpoint.rots',
      'claim.slow',
      'power.lostWrites',
      'power.tornCheckpoint',
      'knob.checkpointEvery',
    ])
    .concat([
      'knob.compression',
      'knob.idleTimeoutMs',
      'knob.maxMessages',
      'knob.lease',
      'knob.overlap',
      'leaseOutlasted',
    ])
    .map((name) => [name, 1]),
);
const sound = { runs: ENOUGH_SEEDS, requests: { all: 10, ok: 8 }, faults };

describe('a range of seeds', () => {
  it('is valid when every fault struck and enough was done', () => {
    expect(whyInvalid(sound)).toEqual([]);
  });

  it.each(Object.keys(faults))('is invalid when %s never struck', (name) => {
    expect(whyInvalid({ ...sound, faults: { ...faults, [name]: 0 } })).toEqual([
      expect.stringMatching(/^\S+ never struck in 1000 seeds$/),
    ]);
  });

  it('is invalid when fewer than 80 % of requests were ok', () => {
    expect(whyInvalid({ ...sound, requests: { all: 10, ok: 7 } })).toEqual([
      '7 of 10 requests were ok, 80 % are asked for',
    ]);
    expect(whyInvalid({ ...sound, requests: { all: 0, ok: 0 } })).toHaveLength(1);
  });

  it('of few seeds is not held to that', () => {
    expect(whyInvalid({ runs: 10, requests: { all: 10, ok: 0 }, faults: {} })).toEqual([]);
  });
});
