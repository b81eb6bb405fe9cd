/** How the tour's counter is durable; the tour prints it. */
export const TOUR_DURABILITY = {
  checkpointEvery: 10,
  replayOnActivation: true,
  cacheSideEffects: true,
  keepCheckpoints: 1_000,
} as const;
