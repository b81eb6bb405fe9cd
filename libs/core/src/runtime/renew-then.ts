import type { Activation } from './activation';

/** A new instance, then `next`. While a supervisor has the line stand still, the instance comes when it says so (T1). */
export function renewThen(host: Activation, next: () => void): void {
  host.closeLine();
  if (host.reins?.isTight === true) return next();
  host.makeInstance().then(
    (isLatest) => {
      if (host.released || !isLatest) return;
      if (host.state === 'Failed') host.become('Active', 'restart');
      next();
    },
    (error: unknown) => host.cannotRenew(error),
  );
}
