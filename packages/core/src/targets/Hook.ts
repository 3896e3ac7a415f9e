// @effect-diagnostics anyUnknownInErrorContext:off unknownInEffectCatch:off unsafeEffectTypeAssertion:off
// Plugins are JavaScript from elsewhere: what they fail with is unknown until it was read.
/**
 * Calls a hook of a plugin. Whatever it does, throw, reject, never end, interrupt itself, or answer nonsense, is a
 * {@link PluginFailed} of this one call. Only what keeps JavaScript's one thread busy can't be taken away from it; that is said.
 */
import { Cause, Duration, Effect, Either, Exit, Fiber, Option } from "effect"
import { describePlugin, PluginFailed } from "./DeliveryError.js"

/** Whose hook it is. */
export interface Owner {
  readonly name: string
  readonly origin: string | null
}

/** What hooks may answer: authors need not know Effect. */
export type Answer<A, E = never, R = never> = A | Promise<A> | Effect.Effect<A, E, R>

/** What an answer is made of, or what is wrong with it: `answered with 7, a list of names is expected`. */
export type Reader<A> = (answer: unknown) => Either.Either<A, string>

/** A hook that keeps the thread busy for so long is named, in milliseconds. */
const busyFor = 1_000

/** The failure of one call of a hook. */
export const failure = (owner: Owner, hook: string, detail: string) =>
  new PluginFailed({ plugin: owner.name, origin: owner.origin, hook, detail })

const thrown = (cause: unknown): string => (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause))

/** A hook that answers at once: a promise is nonsense here, and nobody waits for it. */
export const callSync = <A>(owner: Owner, hook: string, call: () => unknown, read: Reader<A>) =>
  Either.flatMap(
    Either.try({ try: call, catch: (cause) => failure(owner, hook, `threw ${thrown(cause)}`) }),
    (answer) => {
      // Otherwise its rejection would end the process.
      if (isPromise(answer)) answer.then(undefined, () => undefined)
      return Either.mapLeft(read(answer), (detail) => failure(owner, hook, detail))
    }
  )

/** What a hook that may take time is called with. */
export interface Options<A, E> {
  /** Null: it may take as long as it likes. */
  readonly limit: Duration.DurationInput | null
  readonly read: Reader<A>
  /** Errors that hooks like this one may fail with, or a promise be rejected with. */
  readonly isExpected: (error: unknown) => error is E
}

/** No error is expected. */
export const none = (_: unknown): _ is never => false

/** A hook that may take time. */
export const call = <A, E, R>(
  owner: Owner,
  hook: string,
  { isExpected, limit, read }: Options<A, E>,
  run: () => unknown
): Effect.Effect<A, E | PluginFailed, R> =>
  Effect.gen(function* () {
    const exit = yield* ended(begun<R>(owner, hook, run), limit)
    if (Option.isNone(exit)) {
      const time = limit === null ? "its time" : Duration.format(Duration.decode(limit))
      return yield* failure(owner, hook, `did not end within ${time}`)
    }
    if (Exit.isSuccess(exit.value)) {
      return yield* Either.mapLeft(read(exit.value.value), (detail) => failure(owner, hook, detail))
    }
    const { cause } = exit.value
    const failed = Cause.failureOption(cause)
    if (Option.isSome(failed)) {
      if (isExpected(failed.value)) return yield* Effect.fail(failed.value)
      return yield* failure(owner, hook, `failed with ${thrown(failed.value)}`)
    }
    const isInterruption = Cause.isInterruptedOnly(cause)
    // The sentence says what happened; who writes the plugin wants to know where.
    if (!isInterruption) yield* Effect.logDebug(`The hook ${hook} of the plugin ${owner.name} threw.`, cause)
    return yield* failure(owner, hook, isInterruption ? "interrupted itself" : `threw ${thrown(Cause.squash(cause))}`)
  })

const begun = <R>(owner: Owner, hook: string, run: () => unknown): Effect.Effect<unknown, unknown, R> =>
  Effect.clockWith((clock) => {
    const before = clock.unsafeCurrentTimeMillis()
    const answer = Either.try({ try: run, catch: (cause) => cause })
    const busy = clock.unsafeCurrentTimeMillis() - before
    const answered = Either.isLeft(answer) ? Effect.die(answer.left) : asEffect<R>(answer.right)
    return busy < busyFor ? answered : Effect.zipRight(sayBusy(owner, hook, busy), answered)
  })

const sayBusy = ({ name, origin }: Owner, hook: string, millis: number) =>
  Effect.logWarning(
    `The plugin ${describePlugin(name, origin)} kept the whole connector waiting for ${(millis / 1_000).toFixed(1)} s in its hook ${hook}. Long work belongs into a promise, an effect or a worker thread.`
  )

/** Plugins are called with what they need around them: the types of {@link Answer} say what that is. */
const asEffect = <R>(answer: unknown): Effect.Effect<unknown, unknown, R> =>
  Effect.isEffect(answer)
    ? (answer as Effect.Effect<unknown, unknown, R>)
    : isPromise(answer)
      ? Effect.tryPromise({ try: () => answer, catch: (cause) => cause })
      : Effect.succeed(answer)

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

/**
 * In a fiber of its own, which may interrupt itself, and which nobody waits for when its time is over: perhaps it can't be
 * interrupted. None: it was over.
 */
const ended = <R>(effect: Effect.Effect<unknown, unknown, R>, limit: Duration.DurationInput | null) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkDaemon(restore(effect))
      const exit = limit === null ? Effect.asSome(Fiber.await(fiber)) : Effect.timeoutOption(Fiber.await(fiber), limit)
      return yield* restore(exit).pipe(
        Effect.tap((found) => (Option.isNone(found) ? Fiber.interruptFork(fiber) : Effect.void)),
        Effect.onInterrupt(() => Fiber.interruptFork(fiber))
      )
    })
  )
