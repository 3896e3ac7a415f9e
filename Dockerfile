# syntax=docker/dockerfile:1

# --- build: compiles the database driver and the sources --------------------------------------------------------------
FROM node:20-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY packages/core/package.json packages/core/
COPY packages/kelvin/package.json packages/kelvin/
COPY packages/sql/package.json packages/sql/
COPY packages/testkit/package.json packages/testkit/
COPY apps/server/package.json apps/server/
COPY apps/server/bin apps/server/bin
COPY apps/demo/package.json apps/demo/
# The sources come later, so that a change of them does not compile the driver again.
RUN npm ci --ignore-scripts && npm rebuild better-sqlite3
COPY tsconfig.base.json tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY packages packages
COPY apps apps
RUN npm run build
# Only what the server needs at run time stays.
RUN npm prune --omit=dev --ignore-scripts --workspace @id-connector/server --include-workspace-root=false \
  && rm -rf packages/testkit apps/demo packages/*/test apps/*/test

# --- run --------------------------------------------------------------------------------------------------------------
FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/id-connector
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/packages packages
COPY --from=build /build/apps apps
COPY --from=build /build/package.json ./
RUN ln -s /opt/id-connector/apps/server/bin/id-connector.js /usr/local/bin/id-connector \
  && mkdir -p /var/lib/univention-appcenter/apps/ucsschool-id-connector /var/log/univention/ucsschool-id-connector
VOLUME ["/var/lib/univention-appcenter/apps/ucsschool-id-connector", "/var/log/univention/ucsschool-id-connector"]
EXPOSE 8911
STOPSIGNAL SIGTERM
# node itself is process 1's child of nobody: no shell and no npm stand between it and the signals.
CMD ["node", "/opt/id-connector/apps/server/bin/id-connector.js", "serve"]
