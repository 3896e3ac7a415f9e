#!/bin/sh
# What `docker run id-connector WORD ...` means: a command of id-connector, `demo`, or a program of the image such as sh or
# schedule_user. Root gives its rights up where it does not need them: where the mounted directories belong to root, as App Center
# hosts have them, it stays root.
set -eu

user=10001

case "${1:-serve}" in
  demo) shift; set -- node /opt/id-connector/apps/demo/dist/bin.js "$@" ;;
  -*) set -- id-connector "$@" ;;
  *)
    if ! command -v "${1:-serve}" >/dev/null 2>&1 || [ "${1:-serve}" = serve ]; then
      set -- id-connector "${@:-serve}"
    fi
    ;;
esac

[ "$(id -u)" = 0 ] || exec "$@"

as_user() { setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"; }

# Everything that the connector reads and writes.
app="${IDC_APP_DIR:-/var/lib/univention-appcenter/apps/ucsschool-id-connector}"
logs="${LOG_DIR:-/var/log/univention/ucsschool-id-connector}"
triggers="${IDC_LISTENER_TRIGGER_DIR:-/var/lib/univention-appcenter/listener}"
for place in "$app" "$app/conf" "$app/data" "$logs" "$triggers"; do
  if [ -e "$place" ] && ! as_user test -r "$place" -a -w "$place" -a -x "$place"; then exec "$@"; fi
done
for place in "$app/conf/tokens.secret" "$app/conf/schools_authorities_mapping.json" "$app"/conf/school_authorities \
  "$app"/data/id-connector.db "${IDC_MACHINE_SECRET_FILE:-/etc/machine.secret}" "${IDC_UCR_FILE:-/etc/univention/base.conf}"; do
  if [ -e "$place" ] && ! as_user test -r "$place"; then exec "$@"; fi
done
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"
