import { StateImage } from '#journal';
import type { PersistentStorage } from '#spi';
import { ignore } from '../facet/is-promise';
import { LiveState } from '../runtime/live-state';
import type { Turn } from '../turn/turn';
import { saveSnapshot } from './save-snapshot';

/**
 * `ctx.saveSnapshot`. What a turn of a durable actor has changed is not durable yet and may not leave (P4); a checkpoint
 * is taken of what it commits.
 */
export function saveFromTurn(turn: Turn, storage: PersistentStorage): Promise<void> {
  const saved = save(turn, storage);
  saved.catch(ignore); // a handler may leave it unawaited
  return saved;
}

async function save(turn: Turn, storage: PersistentStorage): Promise<void> {
  turn.assertRunning('saveSnapshot');
  if (turn.host.system.keepsInbox(turn.host.address)) {
    turn.checkpointWanted = true;
    return;
  }
  const { definition, instance, actorId, host } = turn;
  const image = new StateImage();
  const changes = LiveState.writing(definition.state, instance, null).wholeState();
  if (changes !== null) image.apply(changes);
  await saveSnapshot(storage, host.system.options, {
    actor: actorId,
    schema: definition.schema,
    time: host.env.now(),
    image,
  });
}
