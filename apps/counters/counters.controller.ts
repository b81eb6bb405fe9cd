import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  UseFilters,
} from '@nestjs/common';
import { type ActorClient, InjectActor, describeEntry } from 'plexspaces';
import { ActorErrorFilter } from './actor-error.filter';
import { Counter } from './counter';
import { WholeNumber } from './whole-number';

const PAGE = 1_000;

@Controller('counters')
@UseFilters(ActorErrorFilter)
export class CountersController {
  constructor(@InjectActor(Counter) private readonly counters: ActorClient<Counter>) {}

  /** Creates the counter; harmless when it is there. */
  @Post(':key')
  async create(@Param('key') key: string) {
    const counter = await this.counters.ref(key).orCreate();
    return { key, value: await counter.ask.current() };
  }

  /** Equal idempotency keys are one increment, for 24 hours: a repeat gets the first answer. */
  @Post(':key/increment')
  @HttpCode(200)
  async increment(
    @Param('key') key: string,
    @Body('by', new WholeNumber()) by: number,
    @Headers('idempotency-key') idempotencyKey?: string,
  ) {
    return { key, value: await this.counters.ref(key).with({ idempotencyKey }).ask.increment(by) };
  }

  @Get(':key')
  async current(@Param('key') key: string) {
    return { key, value: await this.counters.ref(key).ask.current() };
  }

  /** What happened, entry by entry; `next` is the `from` of the page after this one. */
  @Get(':key/journal')
  async journal(@Param('key') key: string, @Query('from', new WholeNumber({ min: 1, fallback: 1 })) from: number) {
    const { history } = this.counters.ref(key);
    const entries = await history.entries({ fromSeq: from, throughSeq: from + PAGE });
    const page = entries.slice(0, PAGE);
    return { key, entries: page.map(describeEntry), next: entries[PAGE]?.seq ?? null };
  }

  /** The state as it was after entry `seq`. The live counter is not disturbed. */
  @Get(':key/state')
  async state(@Param('key') key: string, @Query('seq', new WholeNumber({ min: 1 })) seq: number) {
    const { history } = this.counters.ref(key);
    const [entry] = await history.entries({ fromSeq: seq, throughSeq: seq });
    if (entry === undefined) throw new NotFoundException(`${key} has no entry ${seq}: its journal ends before.`);
    return { key, seq, state: await history.stateAt({ seq }) };
  }
}
