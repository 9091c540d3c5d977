FROM node:22-bookworm-slim

ENV NODE_ENV=production SCARF_ANALYTICS=false NPM_CONFIG_UPDATE_NOTIFIER=false
WORKDIR /app

# Dependencies first: they change less often than the code.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force

COPY . .

# What workflows run from: built here, a worker is back at once after it was killed.
RUN node --import tsx workers/prebuild.ts

# The build is named here, since the image holds no checkout; the product refuses to start without it.
ARG DIRIGENT_COMMIT
ARG DIRIGENT_BUILD_TIME
RUN test -n "$DIRIGENT_COMMIT" || { echo 'Set DIRIGENT_COMMIT to the commit being built.' >&2; exit 1; }; \
    node scripts/build-info.mjs
LABEL org.opencontainers.image.title=dirigent \
      org.opencontainers.image.revision=$DIRIGENT_COMMIT \
      org.opencontainers.image.created=$DIRIGENT_BUILD_TIME

ENV PORT=3000 DATA_DIR=/data
RUN install -d -o node -g node /data
VOLUME /data
USER node
EXPOSE 3000

# Alive, not ready: whoever restarts what is unhealthy does not cure a database that is down.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Not through npm, which would be one more process between a signal and the product. All roles, unless told one.
CMD ["node", "--import", "tsx", "workers/main.ts"]
