/** A host of the App Center in a directory of its own: scripts run there with stand-ins of the host's commands, which note each call. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The package as it stands in the repository. */
export const source = fileURLToPath(new URL("../../appcenter/", import.meta.url))

export const read = (name: string): string => Fs.readFileSync(join(source, name), "utf8")

const conf = "var/lib/univention-appcenter/apps/ucsschool-id-connector/conf"

/** Notes itself and its arguments. Fails when a test says so. */
const noted = `#!/bin/bash
{ printf '%s' "\${0##*/}"; printf ' [%s]' "$@"; echo; } >>"$HOST_ROOT/calls"
if [ -e "$HOST_ROOT/broken/\${0##*/}" ]; then exit 1; fi
`

/** Values are lines \`key=value\` of one file. */
const ucr = `${noted}
values="$HOST_ROOT/ucr"
without() { awk -v key="$1" 'index($0, key "=") != 1' "$values" >"$values.new"; mv "$values.new" "$values"; }
action="$1"
shift
case "$action" in
get) awk -v key="$1" 'index($0, key "=") == 1 { print substr($0, length(key) + 2) }' "$values" ;;
set) for pair in "$@"; do without "\${pair%%=*}"; echo "$pair" >>"$values"; done ;;
unset) for key in "$@"; do without "$key"; done ;;
commit | update) ;;
*) exit 1 ;;
esac
`

/** As the host's: a script whose version has run ends in joinscript_init. */
const library = `
status="$HOST_ROOT/status.\${0##*/}"
die() { echo "$*" >&2; exit 1; }
joinscript_init() {
	JS_LAST_EXECUTED_VERSION="$(cat "$status" 2>/dev/null || echo 0)"
	if [ "$VERSION" -le "$JS_LAST_EXECUTED_VERSION" ]; then exit 0; fi
}
joinscript_save_current_version() { echo "$VERSION" >"$status"; }
joinscript_remove_script_from_status_file() { echo "joinscript_remove_script_from_status_file [$1]" >>"$HOST_ROOT/calls"; rm -f "$HOST_ROOT/status.inst"; }
`

/** Places that the scripts write to or read from. What they write into other files stays as it is. */
const places =
  /(?<![\w./])\/(?=etc\/(?:univention|ca-certificates)\/|usr\/share\/univention-|var\/lib\/univention-appcenter\/)/g

export class Host {
  readonly root = Fs.mkdtempSync(join(tmpdir(), "id-connector-host-"))

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.write(
      "ucr",
      ["ldap/base=dc=example,dc=com", ...Object.entries(values).map((pair) => pair.join("="))].join("\n")
    )
    Fs.appendFileSync(this.path("ucr"), "\n")
    for (const name of ["univention-app", "univention-directory-manager", "chown"]) this.command(name, noted)
    this.command("ucr", ucr)
    this.write("usr/share/univention-join/joinscripthelper.lib", library)
    this.write("usr/share/univention-appcenter/joinscripthelper.sh", "")
  }

  readonly path = (name: string): string => join(this.root, name)
  readonly conf = (name: string): string => join(conf, name)
  readonly exists = (name: string): boolean => Fs.existsSync(this.path(name))
  readonly content = (name: string): string => Fs.readFileSync(this.path(name), "utf8")
  readonly mode = (name: string): string => (Fs.statSync(this.path(name)).mode & 0o777).toString(8)

  readonly write = (name: string, content: string, mode = 0o644): void => {
    Fs.mkdirSync(dirname(this.path(name)), { recursive: true })
    Fs.writeFileSync(this.path(name), content)
    Fs.chmodSync(this.path(name), mode)
  }

  /** From now on this command fails. */
  readonly breakDown = (command: string): void => this.write(`broken/${command}`, "")

  /** Pretends that a script of this version has run. */
  readonly hasRun = (script: string, version: number): void => this.write(`status.${script}`, `${version}\n`)

  readonly ucr = (): ReadonlyArray<string> => this.content("ucr").trim().split("\n").sort()

  /** The calls since the last look, without those that only read. */
  readonly calls = (): ReadonlyArray<string> => {
    const lines = this.exists("calls") ? this.content("calls").trim().split("\n") : []
    Fs.rmSync(this.path("calls"), { force: true })
    return lines.filter((line) => !line.startsWith("ucr [get]"))
  }

  /** Runs a script of the package, or what it has installed. */
  readonly run = (script: string, args: ReadonlyArray<string> = [], installed?: string) => {
    const text = installed === undefined ? read(script).replace(places, `${this.root}/`) : this.content(installed)
    this.write(`scripts/${script}`, text, 0o755)
    const done = spawnSync("bash", [this.path(`scripts/${script}`), ...args], {
      encoding: "utf8",
      env: { PATH: `${this.path("bin")}:${process.env.PATH}`, HOST_ROOT: this.root }
    })
    return { status: done.status, stderr: done.stderr, stdout: done.stdout }
  }

  readonly remove = (): void => Fs.rmSync(this.root, { recursive: true, force: true })

  private readonly command = (name: string, text: string): void => this.write(`bin/${name}`, text, 0o755)
}
