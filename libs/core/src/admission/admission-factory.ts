import { Inject, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, ModulesContainer, type NestContainer } from '@nestjs/core';
import type { HandlerDefinition } from '../actor/actor-definition';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../plexspaces.options';
import { ACTOR_CONTEXT } from './actor-execution-context';
import type { Admission } from './admission';
import { ArgumentPipeline, type ProcessArguments } from './argument-pipeline';
import { copyMetadata, customParameters, FILTERS, GUARDS, hasEnhancer, INTERCEPTORS, PIPES } from './enhancer-metadata';
import { deliverCall, NestAdmission, type PendingCall } from './nest-admission';

type Method = (...args: unknown[]) => unknown;
/** No method has this name, so Nest finds no parameters: those have a pipeline of their own. */
const WITHOUT_PARAMETERS = '$admission';

/** Finds what Nest has to do around the messages of a handler, and builds it once. */
@Injectable()
export class AdmissionFactory {
  private readonly creator: ExternalContextCreator;

  constructor(
    modules: ModulesContainer,
    external: ExternalContextCreator,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'globalEnhancers'>,
  ) {
    this.creator = options.globalEnhancers ? external : withoutGlobals(modules);
  }

  /** `null` when nothing stands around the handler: its messages go straight to the actor. */
  create(cls: Type<object>, handler: Pick<HandlerDefinition, 'property' | 'contextAt'>): Admission | null {
    const { globalEnhancers } = this.options;
    const method = (cls.prototype as Record<string, Method>)[handler.property] as Method;
    const has = (key: string): boolean => globalEnhancers || hasEnhancer(cls, method, key);
    const hasParameters = has(PIPES) || Object.keys(customParameters(cls, handler.property)).length > 0;
    const hasFilters = has(FILTERS);
    if (!hasParameters && !hasFilters && !has(GUARDS) && !has(INTERCEPTORS)) return null;

    // Nest looks enhancers up by the class of this object. It is never constructed and runs nothing.
    const standIn = Object.create(cls.prototype as object) as object;
    const pipeline: ProcessArguments | null = hasParameters
      ? new ArgumentPipeline(this.creator, cls, standIn, handler, method).build()
      : null;
    const deliver = async (call: PendingCall): Promise<unknown> =>
      deliverCall(call, pipeline === null ? call.args : await pipeline(call));
    Object.defineProperty(deliver, 'name', { value: method.name });
    copyMetadata(method, deliver);
    const enter = this.creator.create(
      standIn,
      deliver as Method,
      WITHOUT_PARAMETERS,
      undefined,
      undefined,
      undefined,
      undefined,
      // Nest logs every error that passes through filters, handled or not: without filters there is nothing to say.
      { guards: true, interceptors: true, filters: hasFilters },
      ACTOR_CONTEXT,
    );
    return new NestAdmission(enter);
  }
}

/** Nest's own machinery over the application's modules, with none of the application's global enhancers. */
function withoutGlobals(modules: ModulesContainer): ExternalContextCreator {
  const container: Pick<NestContainer, 'applicationConfig' | 'getModules'> = {
    applicationConfig: new ApplicationConfig(),
    getModules: () => modules,
  };
  return ExternalContextCreator.fromContainer(container as NestContainer);
}
