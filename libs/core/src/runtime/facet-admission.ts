import type { FacetChain } from '../facet/facet-chain';
import type { Message } from './message';

/** Shows the message to the facets' `admit`, once, before anything is stored. A throw there leaves nothing. */
export async function admitByFacets(chain: FacetChain, message: Message): Promise<void> {
  await chain.admit(
    {
      messageId: message.id,
      senderId: message.trail.sender,
      messageType: message.handler.name,
      payload: message.args,
      metadata: message.trail.headers,
      principal: message.trail.principal,
      correlationId: message.correlationId,
    },
    message.to.id,
  );
}
