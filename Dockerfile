# syntax=docker/dockerfile:1

# --- build: compiles the sources ----------------------------------------------------------------------------------------
FROM node:24-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY packages/core/package.json packages/core/
COPY packages/kelvin/package.json packages/kelvin/
COPY packages/api/package.json packages/api/
COPY packages/ldap/package.json packages/ldap/
COPY packages/sql/package.json packages/sql/
COPY packages/testkit/package.json packages/testkit/
COPY apps/server/package.json apps/server/
COPY apps/demo/package.json apps/demo/
COPY apps/server/bin apps/server/bin
COPY drivers/better-sqlite3 drivers/better-sqlite3
# The sources come later, so that a change of them installs nothing again. Compiling them needs no database driver.
RUN npm ci --ignore-scripts
COPY tsconfig.base.json tsconfig.json tsconfig.build.json ./
COPY packages packages
COPY apps apps
RUN npm run build

# --- dependencies: what the server needs at run time --------------------------------------------------------------------
FROM node:24-bookworm-slim AS dependencies
WORKDIR /dependencies
COPY package.json package-lock.json .npmrc ./
COPY packages/core/package.json packages/core/
COPY packages/kelvin/package.json packages/kelvin/
COPY packages/api/package.json packages/api/
COPY packages/ldap/package.json packages/ldap/
COPY packages/sql/package.json packages/sql/
COPY apps/server/package.json apps/server/
COPY apps/server/bin apps/server/bin
COPY drivers drivers
# The database driver is apart, and comes with its binaries.
RUN npm ci --omit=dev --ignore-scripts && npm ci --ignore-scripts --prefix drivers/better-sqlite3-13

# --- run ----------------------------------------------------------------------------------------------------------------
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/id-connector
COPY --from=dependencies /dependencies ./
COPY --from=build /build/packages/core/dist packages/core/dist
COPY --from=build /build/packages/kelvin/dist packages/kelvin/dist
COPY --from=build /build/packages/api/dist packages/api/dist
COPY --from=build /build/packages/ldap/dist packages/ldap/dist
COPY --from=build /build/packages/sql/dist packages/sql/dist
COPY --from=build /build/apps/server/dist apps/server/dist
COPY README.md CHANGELOG.md ./
RUN for command in id-connector schedule_user schedule_group schedule_school listener_trash_cleaner; do \
    ln -s "/opt/id-connector/apps/server/bin/$command.js" "/usr/local/bin/$command"; done \
  && mkdir -p /var/lib/univention-appcenter/apps/ucsschool-id-connector /var/log/univention/ucsschool-id-connector
VOLUME ["/var/lib/univention-appcenter/apps/ucsschool-id-connector", "/var/log/univention/ucsschool-id-connector"]
EXPOSE 8911
STOPSIGNAL SIGTERM
# Neither a shell nor npm stands between the signals and the connector.
CMD ["/opt/id-connector/apps/server/bin/id-connector.js", "serve"]
