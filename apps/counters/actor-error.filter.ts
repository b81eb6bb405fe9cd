import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus, Logger } from '@nestjs/common';
import { PlexSpacesError } from 'plexspaces';
import { retryAfterSeconds, statusOf } from './error-status';

/** The part of a response that Express and Fastify share. */
interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Tells an HTTP client what an actor's error means: status, stable code, sentence with a remedy. */
@Catch(PlexSpacesError)
export class ActorErrorFilter implements ExceptionFilter<PlexSpacesError> {
  private readonly logger = new Logger(ActorErrorFilter.name);

  catch(error: PlexSpacesError, host: ArgumentsHost): void {
    const statusCode = statusOf(error);
    if (statusCode === HttpStatus.INTERNAL_SERVER_ERROR) this.logger.error(error.message, error.stack);
    const reply = host.switchToHttp().getResponse<Reply>().status(statusCode);
    const seconds = retryAfterSeconds(error);
    if (seconds !== null) reply.header('Retry-After', String(seconds));
    reply.send({ statusCode, code: error.code, message: error.message });
  }
}
