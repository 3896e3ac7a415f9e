// @effect-diagnostics nodeBuiltinImport:off
// This is about the process, before anything else is loaded.
/**
 * Keeps the process small. Left alone, V8 lets its heap grow to a multiple of what is in use before it collects: 530 MB while
 * files are taken over, of which 60 are in use. So it collects when the heap has doubled. Imported for its effect, and
 * first.
 */
import { setFlagsFromString } from "node:v8"

setFlagsFromString("--heap-growing-percent=100")

// V8 puts objects of a kind that often outlives a collection among the old ones at once. Here that kind is a portion of the in
// queue: dead soon, but kept with all it refers to until the old ones are collected. Not doing so halves the pauses of young
// collections.
setFlagsFromString("--no-allocation-site-pretenuring")
