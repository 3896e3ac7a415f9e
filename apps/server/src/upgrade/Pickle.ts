/**
 * Reads the values that the Python connector has pickled: texts, lists, dictionaries with texts as keys, and None, pickled with
 * protocol 2 to 5 (https://docs.python.org/3/library/pickletools.html). Whatever could make an object of a class, or call a
 * function, is refused by its name: the connector has written none.
 */
import { Either } from "effect"

export type Value = string | null | ReadonlyArray<Value> | { readonly [key: string]: Value }

/** What is wrong with a pickle, in words. */
export const decode = (bytes: Uint8Array): Either.Either<Value, string> => {
  try {
    return Either.right(new Machine(bytes).run())
  } catch (problem) {
    if (problem instanceof Refused) return Either.left(problem.message)
    throw problem
  }
}

/** Never seen outside: how the machine stops. */
class Refused extends Error {}

type Building = string | null | Array<Building> | Map<string, Building>

const mark = Symbol("mark")

const refusedNames: { readonly [opcode: number]: string } = {
  99: "GLOBAL",
  105: "INST",
  111: "OBJ",
  80: "PERSID",
  81: "BINPERSID",
  82: "REDUCE",
  98: "BUILD",
  129: "NEWOBJ",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  146: "NEWOBJ_EX",
  147: "STACK_GLOBAL",
  151: "NEXT_BUFFER",
  152: "READONLY_BUFFER"
}

class Machine {
  private at = 0
  private readonly stack: Array<Building | typeof mark> = []
  private readonly memo = new Map<number, Building>()
  private readonly view: DataView
  private readonly utf8 = new TextDecoder("utf-8", { fatal: true })

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  run(): Value {
    for (;;) {
      const opcode = this.byte()
      switch (opcode) {
        case 0x80: {
          const protocol = this.byte()
          if (protocol < 2 || protocol > 5) throw new Refused(`protocol ${protocol} is not known`)
          break
        }
        case 0x95: // FRAME
          this.number(8)
          break
        case 0x7d: // EMPTY_DICT
          this.stack.push(new Map())
          break
        case 0x5d: // EMPTY_LIST
          this.stack.push([])
          break
        case 0x28: // MARK
          this.stack.push(mark)
          break
        case 0x4e: // NONE
          this.stack.push(null)
          break
        case 0x8c: // SHORT_BINUNICODE
          this.stack.push(this.text(this.byte()))
          break
        case 0x58: // BINUNICODE
          this.stack.push(this.text(this.number(4)))
          break
        case 0x8d: // BINUNICODE8
          this.stack.push(this.text(this.number(8)))
          break
        case 0x94: // MEMOIZE
          this.memo.set(this.memo.size, this.top())
          break
        case 0x71: // BINPUT
          this.memo.set(this.byte(), this.top())
          break
        case 0x72: // LONG_BINPUT
          this.memo.set(this.number(4), this.top())
          break
        case 0x68: // BINGET
          this.stack.push(this.remembered(this.byte()))
          break
        case 0x6a: // LONG_BINGET
          this.stack.push(this.remembered(this.number(4)))
          break
        case 0x61: // APPEND
          this.append([this.pop()])
          break
        case 0x65: // APPENDS
          this.append(this.sinceMark())
          break
        case 0x73: {
          // SETITEM
          const value = this.pop()
          this.set([this.pop(), value])
          break
        }
        case 0x75: // SETITEMS
          this.set(this.sinceMark())
          break
        case 0x2e: // STOP
          return plain(this.pop(), 0)
        default:
          throw new Refused(
            `holds the instruction ${refusedNames[opcode] ?? `0x${opcode.toString(16).padStart(2, "0")}`}, which the Python connector never wrote`
          )
      }
    }
  }

  private byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new Refused("breaks off")
    return byte
  }

  private number(length: 4 | 8): number {
    const at = this.at
    this.at += length
    if (this.at > this.bytes.length) throw new Refused("breaks off")
    if (length === 4) return this.view.getUint32(at, true)
    const high = this.view.getUint32(at + 4, true)
    if (high > 0) throw new Refused("holds a length that can't be")
    return this.view.getUint32(at, true)
  }

  private text(length: number): string {
    const end = this.at + length
    if (end > this.bytes.length) throw new Refused("breaks off")
    const bytes = this.bytes.subarray(this.at, end)
    this.at = end
    try {
      return this.utf8.decode(bytes)
    } catch {
      throw new Refused("holds a text that is not UTF-8")
    }
  }

  private top(): Building {
    const top = this.stack.at(-1)
    if (top === undefined || top === mark) throw new Refused("is damaged")
    return top
  }

  private pop(): Building {
    const top = this.top()
    this.stack.pop()
    return top
  }

  private sinceMark(): ReadonlyArray<Building> {
    const from = this.stack.lastIndexOf(mark)
    if (from < 0) throw new Refused("is damaged")
    return this.stack.splice(from).filter((one): one is Building => one !== mark)
  }

  private remembered(key: number): Building {
    const found = this.memo.get(key)
    if (found === undefined) throw new Refused("is damaged")
    return found
  }

  private append(values: ReadonlyArray<Building>): void {
    const list = this.top()
    if (!Array.isArray(list)) throw new Refused("is damaged")
    for (const value of values) list.push(value)
  }

  private set(pairs: ReadonlyArray<Building>): void {
    const into = this.top()
    if (!(into instanceof Map) || pairs.length % 2 !== 0) throw new Refused("is damaged")
    for (let index = 0; index < pairs.length; index += 2) {
      const key = pairs[index]
      if (typeof key !== "string") throw new Refused("holds a key that is no text")
      into.set(key, pairs[index + 1] ?? null)
    }
  }
}

/** A value within itself, or one that is nested deeper than any that was written, is refused. */
const plain = (value: Building, depth: number): Value => {
  if (depth > 10) throw new Refused("is nested too deeply")
  if (Array.isArray(value)) return value.map((one) => plain(one, depth + 1))
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one, depth + 1)]))
  return value
}
