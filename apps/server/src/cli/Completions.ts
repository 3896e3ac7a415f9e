/** Scripts that make a shell complete commands, options and their values. One line installs each: see docs/commands.md. */
import type { Shell } from "./CommandLine.js"
import type { CommandShape, Parameter } from "./CommandShape.js"
import { firstSentence } from "./Help.js"

/** The script of a shell for a command and all below it. */
export const script = (root: CommandShape, shell: Shell): string => {
  const places = placesOf(root, [])
  const name = root.name
  const id = name.replaceAll(/\W/g, "_")
  switch (shell) {
    case "bash":
      return bash(name, id, places)
    case "zsh":
      return zsh(name, id, places)
    case "fish":
      return fish(name, id, places)
  }
}

/** What may follow some words. */
interface Place {
  readonly path: ReadonlyArray<string>
  readonly commands: ReadonlyArray<CommandShape>
  readonly options: ReadonlyArray<Parameter>
}

const placesOf = (shape: CommandShape, path: ReadonlyArray<string>): ReadonlyArray<Place> => [
  { path, commands: shape.commands, options: shape.options },
  ...shape.commands.flatMap((command) => placesOf(command, [...path, command.name]))
]

/** Words as single-quoted text of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const key = (path: ReadonlyArray<string>): string => path.join(" ")

const known = (places: ReadonlyArray<Place>): string =>
  places
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quoted(key(path)))
    .join("|")

const optionNames = ({ options, path }: Place): ReadonlyArray<string> => [
  ...options.flatMap(({ aliases, name }) => [...aliases, name]),
  "--help",
  ...(path.length === 0 ? ["--version", "--completions"] : [])
]

const choices = (places: ReadonlyArray<Place>) =>
  places.flatMap(({ options, path }) =>
    options.flatMap(({ name, value }) => (value._tag === "Choice" ? [{ path, name, words: value.choices }] : []))
  )

const bash = (name: string, id: string, places: ReadonlyArray<Place>): string => `_${id}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place="" next word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${place:+$place }$word"
    case "$next" in ${known(places)}) place=$next ;; esac
  done
  case "$place/$prev" in
${choices(places)
  .map(({ name, path, words }) => `    ${quoted(`${key(path)}/${name}`)}) words=${quoted(words.join(" "))} ;;`)
  .join("\n")}
    */--*-file|*/--file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    *) case "$place" in
${places
  .map((place) => {
    const words = [...place.commands.map(({ name }) => name), ...optionNames(place)]
    return `      ${quoted(key(place.path))}) words=${quoted(words.join(" "))} ;;`
  })
  .join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${id} ${name}`

const zsh = (name: string, id: string, places: ReadonlyArray<Place>): string => `#compdef ${name}
_${id}() {
  local place="" next word prev=\${words[CURRENT-1]}
  local -a found
  for word in \${words[2,CURRENT-1]}; do
    next="\${place:+$place }$word"
    case "$next" in ${known(places)}) place=$next ;; esac
  done
  case "$place/$prev" in
${choices(places)
  .map(({ name, path, words }) => `    ${quoted(`${key(path)}/${name}`)}) found=(${words.map(quoted).join(" ")}) ;;`)
  .join("\n")}
    */--*-file|*/--file) _files; return ;;
    *) case "$place" in
${places
  .map(
    (place) =>
      `      ${quoted(key(place.path))}) found=(${[
        ...place.commands.map((command) => quoted(`${command.name}:${firstSentence(command)}`)),
        ...place.options.map(({ description, name }) => quoted(`${name}:${description}`)),
        quoted("--help:prints what it is for")
      ].join(" ")}) ;;`
  )
  .join("\n")}
    esac ;;
  esac
  _describe ${quoted(name)} found || _files
}
compdef _${id} ${name}`

const fish = (name: string, id: string, places: ReadonlyArray<Place>): string => `function __${id}_place
  set -l place ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$place $word")
    switch $next
      case ${known(places).replaceAll("|", " ")}
        set place $next
    end
  end
  echo $place
end
${places
  .flatMap((place) => {
    const where = `complete -c ${name} -n ${quoted(`test (__${id}_place) = "${key(place.path)}"`)}`
    return [
      ...place.commands.map((command) => `${where} -f -a ${command.name} -d ${quoted(firstSentence(command))}`),
      ...place.options.map((option) => {
        const { description, name, value } = option
        const values = value._tag === "Choice" ? ` -x -a ${quoted(value.choices.join(" "))}` : ""
        return `${where} -l ${name.slice(2)}${value._tag === "Flag" || values !== "" ? values : " -r"} -d ${quoted(description)}`
      })
    ]
  })
  .join("\n")}
complete -c ${name} -l help -s h -d 'prints what it is for'`
