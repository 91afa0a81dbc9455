/** Why a role could not be assumed: another server than S3 was asked, and may be in trouble. */
export class RoleError extends Error {
  override readonly name = 'RoleError';

  constructor(
    readonly role: string,
    readonly endpoint: string,
    override readonly cause: unknown,
  ) {
    super(`cannot assume ${role} at ${endpoint}`);
  }

  /** What went wrong on the way to whichever server. */
  static causeOf(error: unknown): unknown {
    return error instanceof RoleError ? error.cause : error;
  }
}
