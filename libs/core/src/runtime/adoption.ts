import type { FacetAttached, FacetDetached, StateImage } from '#journal';
import { failpoint } from '#spi';
import { DURABILITY } from '../facet/durability.facet';
import type { Message } from './message';
import { ATTACH } from './system-messages';
import type { PassiveState } from './plain-instance';

/**
 * `durability` was attached to a running actor: its state becomes the first entries of a journal. Until those are
 * durable this is the only copy, so it is kept; when they are refused, the next turn that succeeds records them.
 */
export class Adoption {
  private state: PassiveState | null = null;
  private by: Message | null = null;
  /** Its sender was told that nothing came of `$attach`, yet the actor stays what it has become: a second one is welcome. */
  isOwed = false;

  begin(state: PassiveState | null): void {
    this.state = state;
  }

  /** What the journal lacks still. */
  get image(): StateImage | null {
    return this.state?.image ?? null;
  }

  /** The same, as long as it is not on its way there either. */
  get dueImage(): StateImage | null {
    return this.by === null ? this.image : null;
  }

  /** The turn of `message` stores all its state; with it go the facets, of which these are the entries. */
  recordWith(message: Message): readonly (FacetAttached | FacetDetached)[] {
    const image = this.dueImage;
    if (image === null) return [];
    this.by = message;
    return [
      ...image.detached.map((name): FacetDetached => ({ kind: 'FacetDetached', name })),
      ...image.facets.map((facet): FacetAttached => ({ kind: 'FacetAttached', ...facet })),
    ];
  }

  refused(): void {
    if (this.by?.handler === ATTACH) this.isOwed = true;
    this.by = null;
  }

  committed(message: Message): void {
    if (message !== this.by) return;
    failpoint('attach.afterCommit');
    this.forget();
  }

  /** The journal decides from here on. */
  forget(): void {
    this.state = this.by = null;
  }

  /** The activation ends, and nothing was recorded or may yet be: what the actor goes on from, as one without a journal. */
  takeBack(): PassiveState | null {
    const { state, by } = this;
    if (state === null || by !== null) return null;
    this.forget();
    const image = state.image.clone();
    image.detach(DURABILITY);
    return { ...state, image };
  }
}
