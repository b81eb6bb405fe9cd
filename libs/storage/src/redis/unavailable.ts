import { StorageUnavailableError, isPlexSpacesError } from '#spi';

/** Why a server cannot be used, and what to do. The command stays out of it: its arguments may hold a password. */
export function unavailable(place: string, error: unknown): Error {
  if (isPlexSpacesError(error)) return error;
  const [reason, remedy] = explained(error instanceof Error ? error.message : String(error));
  return new StorageUnavailableError(place, reason, { remedy });
}

function explained(message: string): readonly [reason: string, remedy: string] {
  if (message.startsWith('WRONGPASS'))
    return ['user or password is wrong', 'Check them in the URL; both have to be percent-encoded.'];
  if (message.startsWith('NOAUTH'))
    return ['it wants a password, and the URL has none', 'Put redis://user:password@… into the URL.'];
  if (/AUTH.*without any password configured/.test(message))
    return ['the URL has a password, and the server wants none', 'Take the password out of the URL.'];
  if (/^NOPERM|can't run this command|can't access at least one of the keys/.test(message))
    return [
      `its user may not do what a store needs (${message})`,
      'Let an ACL give it ~<prefix>:* and the commands in the README.',
    ];
  return [message, 'Check that the server runs there, and that this machine may reach it.'];
}
