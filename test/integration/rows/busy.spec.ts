import { Seller, Shop, removeFolder } from './shop';

// The application's own transaction holds the write lock of the file that the journal is in.

let shop: Shop;
beforeEach(async () => {
  shop = await Shop.open();
  await shop.add('a');
});
afterEach(() => shop.close());
afterAll(removeFolder);

describe('a transaction of the application', () => {
  it('is waited for', async () => {
    const runner = shop.dataSource.createQueryRunner();
    await runner.query('BEGIN IMMEDIATE');
    const answer = shop.ref(Seller).ask.charge('a');
    await runner.query("UPDATE stock SET in_stock = 5 WHERE sku = 'a'");
    await runner.query('COMMIT');
    await expect(answer).resolves.toBe(1);
    await expect(shop.stock()).resolves.toEqual({ a: 0 });
    await runner.release();
  });

  it('that lasts too long is a StoreBusyError to who asks, and accepted work is done when it is over', async () => {
    let open = (): void => undefined;
    Seller.gate = new Promise((resolve) => (open = resolve));
    const seller = shop.ref(Seller);
    await seller.tell.wait(); // accepted
    const runner = shop.dataSource.createQueryRunner();
    await runner.query('BEGIN IMMEDIATE');
    open();
    const [asked, told] = await Promise.allSettled([
      shop.ref(Seller, 'b').ask.charge('a'),
      shop.ref(Seller, 'c').tell.bump(),
    ]);
    for (const result of [asked, told])
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PS_STORE_BUSY', retryable: true } });
    await runner.query('COMMIT');
    await runner.release();
    await expect(seller.ask.bump()).resolves.toBe(2); // behind what was accepted
    await expect(shop.ref(Seller, 'b').ask.charge('a')).resolves.toBe(1);
    await expect(shop.ref(Seller, 'c').ask.bump()).resolves.toBe(1);
    await expect(shop.stock()).resolves.toEqual({ a: 0 });
  });
});
