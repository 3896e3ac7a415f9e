# syntax=docker/dockerfile:1

# --- manifests: what says which packages are needed, and nothing else, so that a change of the sources installs nothing again ---
FROM node:24-bookworm-slim AS manifests
WORKDIR /sources
COPY . .
RUN mkdir /manifests \
  && find . -name node_modules -prune -o -name dist -prune -o -type f \
    \( -name package.json -o -name package-lock.json -o -name .npmrc -o -path './drivers/*' -o -path './apps/server/bin/*' \) -print \
    | tar -c -T - | tar -x -C /manifests

# --- build: compiles the sources ------------------------------------------------------------------------------------------------
FROM node:24-bookworm AS build
WORKDIR /build
COPY --from=manifests /manifests ./
# Compiling needs no database driver.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

# --- site: the documentation that the connector serves. A stage of its own, beside the tests ------------------------------------
FROM build AS site
RUN npm run docs

# --- test: `docker build --target test .` runs all tests. What else they need they install --------------------------------------
FROM build AS test
RUN CI=true npm test

# --- dependencies: what is needed at run time -----------------------------------------------------------------------------------
FROM node:24-bookworm-slim AS dependencies
WORKDIR /dependencies
COPY --from=manifests /manifests ./
# The database driver is apart, and comes with its binaries; the other one is for Nodes that are not here. Of redoc one file is served:
# its own dependencies are not. And nobody tests with vitest here, which npm takes for a peer.
RUN npm ci --omit=dev --ignore-scripts \
  && npm ci --ignore-scripts --prefix drivers/better-sqlite3-13 \
  && rm -rf drivers/better-sqlite3-12 \
  && cp -a node_modules/redoc /tmp/redoc && cp apps/server/package.json /tmp/server.json \
  && npm uninstall --workspace apps/server --omit=dev --ignore-scripts redoc \
  && cp /tmp/server.json apps/server/package.json \
  && mkdir -p node_modules/redoc/bundles \
  && cp /tmp/redoc/package.json /tmp/redoc/LICENSE* node_modules/redoc/ \
  && cp /tmp/redoc/bundles/redoc.standalone.js* node_modules/redoc/bundles/ \
  && rm -rf node_modules/vitest node_modules/vite node_modules/vite-node node_modules/esbuild node_modules/rollup \
    node_modules/@esbuild node_modules/@rollup node_modules/@vitest node_modules/@effect/vitest examples ~/.npm

# --- run ------------------------------------------------------------------------------------------------------------------------
FROM node:24-bookworm-slim AS run
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends tini ca-certificates && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /opt/id-connector
COPY --from=dependencies /dependencies ./
COPY --from=build /build/packages/core/dist packages/core/dist
COPY --from=build /build/packages/kelvin/dist packages/kelvin/dist
COPY --from=build /build/packages/api/dist packages/api/dist
COPY --from=build /build/packages/ldap/dist packages/ldap/dist
COPY --from=build /build/packages/sql/dist packages/sql/dist
COPY --from=build /build/packages/testkit/dist packages/testkit/dist
COPY --from=build /build/apps/server/dist apps/server/dist
COPY --from=build /build/apps/demo/dist apps/demo/dist
COPY apps/server/monitoring apps/server/monitoring
COPY README.md CHANGELOG.md LICENSE ./
COPY docs docs
COPY --from=site /build/docs/.vitepress/dist docs/.vitepress/dist
COPY container container
# Directories that are not mounted belong to the user that the connector runs as, see container/entrypoint.sh.
RUN for command in id-connector schedule_user schedule_group schedule_school listener_trash_cleaner; do \
    ln -s "/opt/id-connector/apps/server/bin/$command.js" "/usr/local/bin/$command"; done \
  && groupadd --gid 10001 id-connector \
  && useradd --uid 10001 --gid 10001 --home-dir /opt/id-connector --shell /usr/sbin/nologin id-connector \
  && for directory in apps/ucsschool-id-connector/conf apps/ucsschool-id-connector/data listener/ucsschool-id-connector; do \
    mkdir -p "/var/lib/univention-appcenter/$directory"; done \
  && mkdir -p /var/log/univention/ucsschool-id-connector \
  && chown -R id-connector:id-connector /var/lib/univention-appcenter/apps/ucsschool-id-connector \
    /var/lib/univention-appcenter/listener /var/log/univention/ucsschool-id-connector
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG URL=unknown
LABEL org.opencontainers.image.title="ID Connector" \
  org.opencontainers.image.description="Brings users and school classes of a state directory to the Kelvin REST API of each school authority" \
  org.opencontainers.image.url="$URL" \
  org.opencontainers.image.documentation="file:///opt/id-connector/docs" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.created="$CREATED"
VOLUME ["/var/lib/univention-appcenter/apps/ucsschool-id-connector", "/var/log/univention/ucsschool-id-connector"]
EXPOSE 8911
STOPSIGNAL SIGTERM
# The first start on a large directory of the Python connector may take minutes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m CMD ["node", "/opt/id-connector/container/healthcheck.mjs"]
ENTRYPOINT ["/usr/bin/tini", "--", "/opt/id-connector/container/entrypoint.sh"]
CMD ["serve"]

# --- ldap: what compose.yaml has as the source directory, the small school on Debian's slapd -------------------------------------
FROM run AS ldap
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slapd \
  && rm -rf /var/lib/apt/lists/*

# --- the image ------------------------------------------------------------------------------------------------------------------
FROM run
