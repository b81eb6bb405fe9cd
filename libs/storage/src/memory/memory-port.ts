import { StoreClosedError } from '#spi';

/** Whether a handle on the store is open. Closing one leaves the others, and the data, alone. */
export class MemoryPort {
  private isOpen = true;

  /** @throws StoreClosedError */
  check(): void {
    if (!this.isOpen) throw new StoreClosedError('memory');
  }

  close(): void {
    this.isOpen = false;
  }
}
