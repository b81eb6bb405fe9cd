import type { MachineState, Place } from './machine-state';

/** What becomes of an event that has come: it is run now, or sent again behind those that came before it. */
interface Turnout {
  readonly runs: boolean;
  /** Rank counts where it is sent again. */
  readonly place: Place;
  readonly state: MachineState;
}

/**
 * Pure: an event runs when none that came before it is under way, else it goes behind them. Messages of the machine to
 * itself come in the order of their ranks, so those of a lower rank than one that has come are over, whatever became of them.
 * @param sent its place, when it is one that was sent again; `null` for one that has just come
 */
export function decideOrder(state: MachineState, sent: Place | null): Turnout {
  const arrival = sent === null ? state.arrivals + 1 : sent.arrival;
  const next = { ...noteComing(state, sent), arrivals: Math.max(state.arrivals, arrival) };
  if (!next.underWay.some((other) => other.arrival < arrival))
    return { runs: true, place: { rank: 0, arrival }, state: next };
  return { runs: false, ...takePlace(next, arrival) };
}

/** What was sent again has come: it and those before it are under way no more. */
export function noteComing(state: MachineState, sent: Place | null): MachineState {
  return sent === null ? state : { ...state, underWay: state.underWay.filter(({ rank }) => rank > sent.rank) };
}

/** Gives an event that is sent again its place. */
export function takePlace(
  state: MachineState,
  arrival: number,
): { readonly place: Place; readonly state: MachineState } {
  const place = { rank: state.sent + 1, arrival };
  return { place, state: { ...state, sent: place.rank, underWay: [...state.underWay, place] } };
}
