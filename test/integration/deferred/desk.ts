import {
  type ActorContext,
  Ctx,
  Handle,
  type OnCreate,
  type ReplyToken,
  SideEffect,
  State,
  TerminalError,
} from 'plexspaces';

/** Requests wait here for somebody's decision. Its members are decorated; what it is made of besides is the test's. */
export class Desk implements OnCreate {
  @State() waiting: Record<string, ReplyToken<string>> = {};
  @State() spent: ReplyToken<string>[] = [];
  @State() requests = 0;
  @State() decisions = 0;

  onCreate(@Ctx() ctx?: ActorContext, defer = false): void {
    if (defer) ctx?.deferReply();
  }

  @Handle() request(name: string, @Ctx() ctx: ActorContext): ReplyToken<string> {
    this.requests++;
    return (this.waiting[name] = ctx.deferReply<string>());
  }
  @Handle() async requestWithEffect(name: string, @Ctx() ctx: ActorContext): Promise<ReplyToken<string>> {
    const token = ctx.deferReply<string>();
    await this.announce(token);
    this.requests++;
    return (this.waiting[name] = token);
  }
  @SideEffect() protected async announce(token: ReplyToken<string>): Promise<string> {
    return token.messageId;
  }
  @Handle() decide(name: string, verdict: string, @Ctx() ctx: ActorContext): number {
    const token = this.waiting[name];
    if (token === undefined) throw new TerminalError(`${name} is not waiting`);
    Reflect.deleteProperty(this.waiting, name);
    this.spent.push(token);
    ctx.reply(token, verdict);
    return ++this.decisions;
  }
  @Handle() refuse(name: string, @Ctx() ctx: ActorContext): void {
    ctx.replyError(this.waiting[name] as ReplyToken, new TerminalError('refused', { name }, { code: 'REFUSED' }));
  }
  @Handle() decideAndFail(name: string, @Ctx() ctx: ActorContext): void {
    ctx.reply(this.waiting[name] as ReplyToken<string>, 'never seen');
    throw new TerminalError('changed its mind');
  }
  @Handle() atOnce(@Ctx() ctx: ActorContext): ReplyToken<string> {
    const token = ctx.deferReply<string>();
    ctx.reply(token, 'at once');
    return token;
  }
  @Handle() requestAndFail(@Ctx() ctx: ActorContext): ReplyToken<string> {
    this.spent.push(ctx.deferReply<string>());
    throw new TerminalError('no');
  }
  @Handle() requestTwice(@Ctx() ctx: ActorContext): ReplyToken<string> {
    ctx.deferReply();
    return ctx.deferReply<string>();
  }
  @Handle() async requestInEffect(@Ctx() ctx: ActorContext): Promise<string | undefined> {
    return ctx.sideEffect('defer', () => void ctx.deferReply()).then(String, (error: { code?: string }) => error.code);
  }
  /** Misuse: a token as it came, whatever it is. */
  @Handle() replyTo(token: unknown, @Ctx() ctx: ActorContext): void {
    this.decisions++;
    ctx.reply(token as ReplyToken<string>, 'misused');
  }
  /** The answer is what a message to itself comes to. */
  @Handle() async passOn(name: string, fails: boolean, @Ctx() ctx: ActorContext): Promise<void> {
    const replyTo = this.waiting[name];
    Reflect.deleteProperty(this.waiting, name);
    const self = ctx.actor(this.constructor as typeof Desk, ctx.self.key);
    await self.with({ replyTo }).tell.workOn(name, fails);
  }
  @Handle() async passOnToBroken(name: string, @Ctx() ctx: ActorContext): Promise<void> {
    const replyTo = this.waiting[name];
    const self = ctx.actor(this.constructor as typeof Desk, ctx.self.key);
    await self.with({ replyTo }).tell.breakOn();
  }
  @Handle({ retry: { maxAttempts: 1 } }) breakOn(): string {
    throw new Error('a bug');
  }
  /** The same, much later: `workOn`, or `request`, which puts it off once more. */
  @Handle() async passOnLater(name: string, how: 'workOn' | 'request', @Ctx() ctx: ActorContext): Promise<void> {
    const replyTo = this.waiting[name];
    const later = ctx.actor(this.constructor as typeof Desk, ctx.self.key).with({ replyTo, delay: '30h' }).tell;
    await (how === 'workOn' ? later.workOn(name, false) : later.request(name));
  }
  /** Passed on, and put off once more by who it was passed on to. */
  @Handle() async passOnAndWait(name: string, @Ctx() ctx: ActorContext): Promise<void> {
    const replyTo = this.waiting[name];
    await ctx
      .actor(this.constructor as typeof Desk, ctx.self.key)
      .with({ replyTo })
      .tell.request(name);
  }
  @Handle() workOn(name: string, fails: boolean): string {
    if (fails) throw new TerminalError('could not be done');
    this.decisions++;
    return `${name} is done`;
  }
  @Handle({ readOnly: true }) seen(): { requests: number; decisions: number; spent: readonly ReplyToken<string>[] } {
    const { requests, decisions, spent } = this;
    return { requests, decisions, spent };
  }
  @Handle({ readOnly: true }) deferWhileReading(@Ctx() ctx: ActorContext): ReplyToken<string> {
    return ctx.deferReply<string>();
  }
}
