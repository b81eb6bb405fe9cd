import { isCompressing } from '#spi';

/** Work the event loop comes back with by itself. It does not tell of worker threads or zlib. */
const ON_ITS_WAY = new Set(['FSReqCallback', 'FSReqPromise', 'CloseReq']);

/** Is file work under way that this thread will hear of, or a checkpoint being packed or unpacked? */
export function isWorkOnItsWay(): boolean {
  return isCompressing() || process.getActiveResourcesInfo().some((resource) => ON_ITS_WAY.has(resource));
}
