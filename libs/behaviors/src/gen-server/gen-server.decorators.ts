import type { Type } from '@nestjs/common';
import {
  CLASS_CHECK,
  declareMetadata,
  declaredMetadata,
  Handle,
  type HandleOptions,
  lineageOf,
  type NoReply,
} from '#core';
import { InvalidBehaviorError } from '../errors';

const MEMBER = Symbol.for('plexspaces:gen-server');

/** Options of `@Cast()`. @publicApi */
export type CastOptions = Omit<HandleOptions, 'only' | 'unknown' | 'readOnly'>;

/** Options of `@Info()`. @publicApi */
export interface InfoOptions extends CastOptions {
  /** Takes all messages whose name the class does not handle: `(name, args)`. */
  readonly unknown?: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any parameters: nothing is said of them
type Method = (...args: any[]) => unknown;
type IsTold<R> = [Extract<R, Exclude<NoReply, void>>] extends [never] ? false : true;
/** What the compiler names when a method's type does not fit its decorator. */
type Told<F extends Method> =
  IsTold<Awaited<ReturnType<F>>> extends true ? unknown : { readonly 'declare the return type NoReply': never };
type Answers<F extends Method> =
  IsTold<Awaited<ReturnType<F>>> extends true ? { readonly 'a call answers: NoReply is for @Cast()': never } : unknown;
/** A decorator of methods whose type fits. */
type CallDecorator = <F extends Method>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<F> & Answers<F>,
) => void;
type ToldDecorator = <F extends Method>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<F> & Told<F>,
) => void;

/**
 * Marks a class beside `@Actor` as a server in OTP's sense: `@Call()` is asked and answers, `@Cast()` is told, `@Info()` gets what
 * the system sends. It is checked at start that the class has at least one of them. Plain `@Handle()` may stand beside them.
 * @publicApi
 */
export function GenServer(): ClassDecorator {
  return (target) => declareMetadata(CLASS_CHECK, target, checkServer);
}

/** A message that is answered. It may be told too: then nobody waits for the answer. @publicApi */
export function Call(options: Omit<HandleOptions, 'only' | 'unknown'> = {}): CallDecorator {
  return (target, property, descriptor) => member('Call', options, {}, target, property, descriptor);
}

/** A message that is told and never asked: by its type, `NoReply` or a promise of it, and at run time (`MessageKindError`). @publicApi */
export function Cast(options: CastOptions = {}): ToldDecorator {
  return (target, property, descriptor) => member('Cast', options, { only: 'tell' }, target, property, descriptor);
}

/** What the system sends: timers, ends of others; with `unknown: true` also tells of names the class does not handle. Never asked. @publicApi */
export function Info(options: InfoOptions = {}): ToldDecorator {
  return (target, property, descriptor) => member('Info', options, { only: 'tell' }, target, property, descriptor);
}

/** Options of `@Handle()` that its siblings do without, as their types say. */
const REFUSED: Readonly<Record<Member['kind'], readonly string[]>> = {
  Call: ['only', 'unknown'],
  Cast: ['only', 'unknown'],
  Info: ['only'],
};

interface Member {
  readonly kind: 'Call' | 'Cast' | 'Info';
  readonly property: string;
  readonly options: object;
}

function member(
  kind: Member['kind'],
  options: HandleOptions,
  fixed: HandleOptions,
  target: object,
  property: string | symbol,
  descriptor: PropertyDescriptor,
): void {
  Handle({ ...options, ...fixed })(target, property, descriptor);
  declareMetadata(MEMBER, target, { kind, property: String(property), options } satisfies Member);
}

function checkServer(cls: Type<object>): void {
  const members = lineageOf(cls).flatMap((ancestor) => declaredMetadata<Member>(MEMBER, ancestor));
  const problems = members.flatMap(({ kind, property, options }) =>
    REFUSED[kind].filter((name) => name in options).map((name) => `@${kind} ${property} has the option ${name}`),
  );
  if (members.length === 0) problems.push('it has no @Call(), @Cast() or @Info() method');
  if (problems.length > 0) throw new InvalidBehaviorError(cls.name, 'GenServer', problems);
}
