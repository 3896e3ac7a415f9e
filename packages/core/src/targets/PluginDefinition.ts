/**
 * From what an author writes to a plugin that the connector can rely on. An author gives a name and a handler that delivers;
 * everything else has a default. Hooks may answer at once, with a promise or with an effect, and whatever they do wrong is a
 * {@link PluginFailed} of the one call.
 */
import { Context, type Duration, Effect, Either, Option, type Scope } from "effect"
import type { ListenerObject } from "../changes/ListenerObject.js"
import type { Configuration } from "../config/ConfigStore.js"
import * as Similar from "../input/Similar.js"
import type { SchoolAuthority } from "../schools/SchoolAuthority.js"
import { type DeletionLimit, defaultDeletionLimit } from "./DeletionLimit.js"
import * as DeliveryError from "./DeliveryError.js"
import { say } from "./Findings.js"
import * as Hook from "./Hook.js"
import type * as Plugin from "./Plugin.js"
import * as PluginAnswers from "./PluginAnswers.js"

/** What an author gives of a handler: the plugin at one school authority. */
export interface HandlerDefinition {
  /** Brings one object to the target. Repeating it must be harmless. Must hold on to what `Delivery` says of deletions. */
  readonly deliver: (
    delivery: Plugin.Delivery
  ) => Hook.Answer<PluginAnswers.DeliveredAnswer, DeliveryError.DeliveryError>
  /** Default: the target is taken to be there. */
  readonly ping?: () => Hook.Answer<unknown, DeliveryError.DeliveryError>
  /** Default: says that there is none. */
  readonly preview?: (
    undelivered: Plugin.Undelivered
  ) => Hook.Answer<PluginAnswers.PreviewAnswer, DeliveryError.DeliveryError>
  /** Default: says that there is none, and what the ping came to. */
  readonly check?: () => Hook.Answer<ReadonlyArray<Plugin.Finding>>
}

/** What an author gives of a plugin. */
export interface Definition<R = never> {
  /** As named in `plugins` and `plugin_configs` of a school authority. */
  readonly name: string
  readonly handler: (
    authority: SchoolAuthority
  ) => Hook.Answer<HandlerDefinition, DeliveryError.ConfigurationUnusable, R | Scope.Scope>
  /** Default: all objects. */
  readonly handles?: (object: ListenerObject) => boolean
  readonly preprocess?: (object: ListenerObject) => Hook.Answer<ListenerObject, never, R>
  readonly distribute?: (object: ListenerObject, configuration: Configuration) => Iterable<string>
  /** Deliveries to an authority at the same time. Default 4. */
  readonly concurrency?: (authority: SchoolAuthority) => number
  /** Default: see `DeletionProtection`. */
  readonly deletionLimit?: (authority: SchoolAuthority) => DeletionLimit | null
  /** Default: nothing is wrong. */
  readonly check?: (authority: SchoolAuthority) => PluginAnswers.FindingsAnswer
  /** Default: {@link name}. See `Plugin.receipts`. */
  readonly receipts?: string
  readonly timeLimits?: Plugin.TimeLimits
  /** The file it was loaded from. */
  readonly origin?: string | null
  /** The hooks that {@link Plugin.Plugin.hooks} names. Default: those of this definition. */
  readonly hooks?: ReadonlyArray<string>
  /** See {@link Plugin.Plugin.mistakes}. Default: keys that are none of these. */
  readonly mistakes?: ReadonlyArray<string>
}

/** All that a definition may have. */
const keys: { readonly [key in keyof Required<Definition>]: true } = {
  name: true,
  handler: true,
  handles: true,
  preprocess: true,
  distribute: true,
  concurrency: true,
  deletionLimit: true,
  check: true,
  receipts: true,
  timeLimits: true,
  origin: true,
  hooks: true,
  mistakes: true
}

/** The plugins that were made here, each with the way to make it as one of a file. */
const made = new WeakMap<object, (origin: string) => object>()

const defaultConcurrency = 4

const defaultLimits: { readonly [hook in Plugin.TimedHook]: Plugin.TimeLimits[hook] } = {
  preprocess: "60 seconds",
  handler: "60 seconds",
  ping: "60 seconds",
  deliver: "5 minutes",
  preview: "60 seconds",
  check: "60 seconds"
}

/** A plugin of a definition. What is a plugin already stays as it is. `from`: makes it as one of a file. */
export const make = <R = never>(
  definition: Definition<R>,
  from: (origin: string) => object = (origin) => make({ ...definition, origin })
): Plugin.Plugin<Exclude<R, Scope.Scope>> => {
  if (made.has(definition)) return definition as unknown as Plugin.Plugin<Exclude<R, Scope.Scope>>
  const { name, origin = null, preprocess, receipts } = definition
  const owner: Hook.Owner = { name, origin }
  const limitOf = (hook: Plugin.TimedHook) => {
    const own = definition.timeLimits?.[hook]
    return own === undefined ? (defaultLimits[hook] ?? null) : own
  }
  /** Its mistakes are told by {@link Plugin.Plugin.check}. */
  const concurrency = (authority: SchoolAuthority) =>
    Hook.callSync(
      owner,
      "concurrency",
      () => definition.concurrency?.(authority) ?? defaultConcurrency,
      PluginAnswers.positive
    )
  const deletionLimit = (authority: SchoolAuthority) =>
    Hook.callSync(
      owner,
      "deletionLimit",
      () => (definition.deletionLimit === undefined ? defaultDeletionLimit : definition.deletionLimit(authority)),
      PluginAnswers.deletionLimit
    )
  const handles = (object: ListenerObject) =>
    Hook.callSync(owner, "handles", () => definition.handles?.(object) ?? true, PluginAnswers.yesOrNo)
  const { distribute, mistakes = Similar.unknownKeys(definition, Object.keys(keys)) } = definition

  const plugin: Plugin.Plugin<Exclude<R, Scope.Scope>> = {
    name,
    origin,
    hooks: definition.hooks ?? hooksOf(definition),
    mistakes,
    ...(receipts === undefined ? {} : { receipts }),
    // What can't say whether it is responsible is asked to deliver, which fails with the reason.
    handles: (object) => Either.getOrElse(handles(object), () => true),
    ...(distribute === undefined
      ? {}
      : {
          distribute: (object: ListenerObject, configuration: Configuration) =>
            Hook.callSync(owner, "distribute", () => distribute(object, configuration), PluginAnswers.names)
        }),
    ...(preprocess === undefined
      ? {}
      : {
          preprocess: (object: ListenerObject) =>
            Hook.call<ListenerObject, never, Exclude<R, Scope.Scope>>(
              owner,
              "preprocess",
              { limit: limitOf("preprocess"), read: PluginAnswers.object(object), isExpected: Hook.none },
              () => preprocess(object)
            )
        }),
    concurrency: (authority) => Either.getOrElse(concurrency(authority), () => defaultConcurrency),
    deletionLimit: (authority) => Either.getOrElse(deletionLimit(authority), () => defaultDeletionLimit),
    check: (authority) => {
      const checked = Hook.callSync(owner, "check", () => definition.check?.(authority) ?? {}, PluginAnswers.findings)
      const faults = [checked, concurrency(authority), deletionLimit(authority)]
        .flatMap((one) => Option.toArray(Either.getLeft<unknown, DeliveryError.PluginFailed>(one)))
        .map(({ message }) => `plugins: ${message}`)
        .concat(mistakes.map((mistake) => `plugins: ${name} ${mistake}`))
      const { errors, warnings } = Either.getOrElse(checked, () => ({ errors: [], warnings: [] }))
      return { errors, warnings: [...faults, ...warnings] }
    },
    handler: (authority) =>
      Effect.map(
        Hook.call<HandlerDefinition, DeliveryError.ConfigurationUnusable, Exclude<R, Scope.Scope> | Scope.Scope>(
          owner,
          "handler",
          { limit: limitOf("handler"), read: PluginAnswers.handler, isExpected: isUnusable },
          () => definition.handler(authority)
        ),
        (handler) => handlerOf(owner, handler, handles, limitOf)
      )
  }
  made.set(plugin, from)
  return plugin
}

const optionalHooks = ["preprocess", "distribute", "handles", "check", "concurrency", "deletionLimit"] as const

const hooksOf = <R>(definition: Definition<R>): ReadonlyArray<string> => [
  ...optionalHooks.filter((hook) => definition[hook] !== undefined),
  "handler"
]

/** What a file has as its plugin: a plugin, or a definition of one. */
export const loadedFrom = <R>(origin: string, loaded: Definition<R>): Plugin.Plugin<Exclude<R, Scope.Scope>> => {
  const from = made.get(loaded)
  return from === undefined ? make({ ...loaded, origin }) : (from(origin) as Plugin.Plugin<Exclude<R, Scope.Scope>>)
}

const isUnusable = (error: unknown): error is DeliveryError.ConfigurationUnusable =>
  error instanceof DeliveryError.ConfigurationUnusable

const handlerOf = (
  owner: Hook.Owner,
  handler: HandlerDefinition,
  handles: (object: ListenerObject) => Either.Either<boolean, DeliveryError.PluginFailed>,
  limitOf: (hook: Plugin.TimedHook) => Duration.DurationInput | null
): Plugin.Handler => {
  const isExpected = DeliveryError.isDeliveryError
  const ping = Hook.call<unknown, DeliveryError.DeliveryError, never>(
    owner,
    "ping",
    { limit: limitOf("ping"), read: Either.right, isExpected },
    () => handler.ping?.()
  )
  return {
    ping,
    deliver: (delivery) =>
      Effect.zipRight(
        handles(delivery.object),
        Hook.call<Plugin.Delivered, DeliveryError.DeliveryError, never>(
          owner,
          "deliver",
          { limit: limitOf("deliver"), read: PluginAnswers.delivered, isExpected },
          () => handler.deliver(delivery)
        )
      ),
    preview: (undelivered) =>
      handler.preview === undefined
        ? Hook.failure(owner, "preview", "does not exist, so nobody can say what it would send")
        : Hook.call<Plugin.Preview, DeliveryError.DeliveryError, never>(
            owner,
            "preview",
            { limit: limitOf("preview"), read: PluginAnswers.preview, isExpected },
            () => handler.preview?.(undelivered)
          ),
    check: Effect.suspend(() => {
      const run = handler.check
      return run === undefined
        ? Effect.map(
            Effect.either(ping),
            (answer): ReadonlyArray<Plugin.Finding> => [
              Either.isRight(answer)
                ? { severity: "ok", about: "ping", ...say("ping_answered") }
                : { severity: "error", about: "ping", text: answer.left.message }
            ]
          )
        : Effect.catchAll(
            Hook.call<ReadonlyArray<Plugin.Finding>, never, never>(
              owner,
              "check",
              { limit: limitOf("check"), read: PluginAnswers.found, isExpected: Hook.none },
              () => run()
            ),
            ({ message }) => Effect.succeed([{ severity: "error", about: "plugins", text: message } as const])
          )
    })
  }
}

/** Gives a plugin what it needs, so that it can stand in `Plugins`. */
export const provide = <R>(plugin: Plugin.Plugin<R>, context: Context.Context<R>): Plugin.Plugin => {
  const { handler, preprocess, ...rest } = plugin
  const provided: Plugin.Plugin = {
    ...rest,
    handler: (authority) =>
      Effect.mapInputContext(handler(authority), (scope: Context.Context<Scope.Scope>) =>
        Context.merge(context, scope)
      ),
    ...(preprocess === undefined
      ? {}
      : { preprocess: (object: ListenerObject) => Effect.provide(preprocess(object), context) })
  }
  made.set(provided, () => provided)
  return provided
}
