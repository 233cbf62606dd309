# A worker: the command without the embedded server, with what py>, rb> and sh>
# tasks need.
#
#   docker build -t dig2temporal .
#
# builds the command in the image BUILDER_IMAGE. The target "prebuilt" takes one
# that lies in the folder already, and needs neither that image nor the network
# when BASE_IMAGE has the programs and PACKAGES is empty:
#
#   CGO_ENABLED=0 go build -tags noserver,disable_grpc_modules -ldflags "-s -w" -trimpath ./cmd/dig2temporal
#   docker build -t dig2temporal --target prebuilt .
#
# Tasks that need more get an image of their own: FROM dig2temporal, USER root,
# RUN pip install …, USER 10001.

ARG BASE_IMAGE=debian:trixie-slim
ARG BUILDER_IMAGE=golang:1.26

FROM ${BASE_IMAGE} AS base
ARG PACKAGES="ca-certificates procps python3 ruby tini tzdata"
RUN set -e; \
    if [ -n "$PACKAGES" ]; then \
      apt-get update; \
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $PACKAGES; \
      rm -rf /var/lib/apt/lists/*; \
    fi; \
    echo 'dig2temporal:x:10001:' >>/etc/group; \
    echo 'dig2temporal:x:10001:10001::/home/dig2temporal:/bin/sh' >>/etc/passwd; \
    mkdir -p /home/dig2temporal/.cache /var/lib/dig2temporal; \
    chmod 0700 /var/lib/dig2temporal; \
    chown -R 10001:10001 /home/dig2temporal /var/lib/dig2temporal
ENV HOME=/home/dig2temporal
WORKDIR /home/dig2temporal
# Numbers, so that whoever starts it can see that it is not root.
USER 10001:10001
# Cached projects, and logs until they are stored.
VOLUME ["/home/dig2temporal/.cache"]
# What tasks leave behind has to be reaped by somebody.
ENTRYPOINT ["tini", "--", "dig2temporal"]
CMD ["worker"]

FROM base AS prebuilt
ARG BINARY=dig2temporal
COPY ${BINARY} /usr/local/bin/dig2temporal

FROM ${BUILDER_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The second tag leaves out a part of Google's client that finds its servers by
# other means than names; it is a fifth of the command.
RUN CGO_ENABLED=0 go build -tags noserver,disable_grpc_modules -ldflags "-s -w" -trimpath -o /out/dig2temporal ./cmd/dig2temporal

FROM base AS worker
COPY --from=build /out/dig2temporal /usr/local/bin/dig2temporal
