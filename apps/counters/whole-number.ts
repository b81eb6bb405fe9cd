import { type ArgumentMetadata, BadRequestException, type PipeTransform } from '@nestjs/common';

interface WholeNumberOptions {
  readonly min?: number;
  readonly max?: number;
  /** Taken when the field is absent; without it the field is required. */
  readonly fallback?: number;
}

/**
 * A whole number that JavaScript holds exactly. In a body it must be a JSON number, in a query decimal digits.
 * What does not fit is a 400 that names the field and says what to send instead.
 */
export class WholeNumber implements PipeTransform<unknown, number> {
  private readonly min: number;
  private readonly max: number;

  constructor(private readonly options: WholeNumberOptions = {}) {
    this.min = options.min ?? Number.MIN_SAFE_INTEGER;
    this.max = options.max ?? Number.MAX_SAFE_INTEGER;
  }

  transform(given: unknown, { type, data: field = 'value' }: ArgumentMetadata): number {
    if (given === undefined) {
      if (this.options.fallback !== undefined) return this.options.fallback;
      throw this.refusal(field, type === 'body' ? 'is missing in the JSON body' : 'is missing');
    }
    const value = type === 'query' ? fromText(given) : given;
    if (typeof value !== 'number') throw this.refusal(field, `is ${describe(given)}, not a number`);
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw this.refusal(field, 'is beyond 2^53, where JSON numbers lose digits');
    }
    if (!Number.isSafeInteger(value)) throw this.refusal(field, `is ${value}, not a whole number`);
    if (value < this.min || value > this.max) throw this.refusal(field, `is ${value}`);
    return value;
  }

  private refusal(field: string, reason: string): BadRequestException {
    const message = `${field} ${reason}. Send a whole number from ${this.min} to ${this.max}.`;
    return new BadRequestException({ statusCode: 400, code: 'INVALID_FIELD', field, message });
  }
}

function fromText(given: unknown): unknown {
  return typeof given === 'string' && /^-?\d{1,400}$/.test(given) ? Number(given) : given;
}

function describe(given: unknown): string {
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'string') return given.length > 40 ? 'a long text' : `the text ${JSON.stringify(given)}`;
  return typeof given === 'boolean' ? String(given) : 'an object';
}
